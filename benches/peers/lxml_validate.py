"""Parses a file into a tree and validates it: lxml_validate.py SCHEMA FILE. Never anything else."""

import sys

from lxml import etree

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
schema.assertValid(etree.parse(sys.argv[2], etree.XMLParser(huge_tree=True)))
