"""Reads documents with libxml2 and says what it saw: one JSON line per document, in order.

Input: for each document its length in octets as four octets, little end first, then its octets.
Run by tests/xml. Never looks at anything of ours.
"""

import base64
import json
import struct
import sys

from lxml import etree


def documents(stream):
    while head := stream.read(4):
        yield stream.read(struct.unpack("<I", head)[0])


def begins(element, names):
    attributes = []
    for name, value in element.items():
        if not name.startswith("{"):
            names.add(name)
            attributes.append(f"{name}={value}")
    return "\x00".join(["S", element.tag, *sorted(attributes)])


def events(root):
    """Starts with their unprefixed attributes, texts whole, ends. Blank text is told only in elements without children."""
    told, names, pending = [], set(), []

    def flush(element):
        text = "".join(pending)
        pending.clear()
        bare = not any(isinstance(child.tag, str) for child in element)
        if text and (bare or text.strip(" \t\n\r")):
            told.append("T\x00" + text)

    for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if not isinstance(node.tag, str) and event in ("start", "end"):
            told.append("entity")
        elif event == "start":
            if node.getparent() is not None:
                flush(node.getparent())
            told.append(begins(node, names))
            pending.append(node.text or "")
        elif event == "end":
            flush(node)
            told.append("E")
            if node is not root:
                pending.append(node.tail or "")
        elif node.getparent() is not None:
            pending.append(node.tail or "")
    return told, sorted(names)


def answer(octets):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False)
    try:
        root = etree.fromstring(octets, parser)
    except etree.XMLSyntaxError as error:
        return {"read": False, "why": str(error)}
    except ValueError as error:
        return {"read": False, "why": str(error)}
    # lxml lets some broken rules of namespaces pass; libxml2 has told them all.
    wrong = [entry.message for entry in parser.error_log if entry.level >= 2 and entry.domain_name == "NAMESPACE"]
    if wrong:
        return {"read": False, "why": wrong[0]}
    told, names = events(root)
    about = root.getroottree().docinfo
    if about.doctype or about.internalDTD is not None or about.externalDTD is not None:
        return {"read": False, "why": "a document type, which is not told here"}
    said = {"read": True, "events": told, "names": names}
    try:
        canonical = etree.tostring(root.getroottree(), method="c14n", exclusive=True, with_comments=False)
        said["canonical"] = base64.b64encode(canonical).decode()
    except Exception as error:  # Relative namespaces have no canonical form.
        said["no_canonical"] = str(error)
    return said


for document in documents(sys.stdin.buffer):
    print(json.dumps(answer(document)))
