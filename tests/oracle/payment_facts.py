"""What a pain.001 orders, in words that all its versions share: the oracle of tests/files/migrate.rs.

Reads lines "file<TAB>schema" from standard input and prints for each {"valid": bool, "errors": [...], "facts": [[...]]}. A fact is one
value with the names around it, by XPath over local names; names that differ between versions are brought together.
"""
import json
import sys
from lxml import etree

SAME = {"BICFI": "BIC", "BICOrBEI": "BIC", "AnyBIC": "BIC"}
# Levels and alternatives that some versions have and others have not.
LEFT_OUT = {"Dt", "DtTm", "Cd", "InstrInf", "RmtLctnDtls", "Pty", "Rcrd"}
RENAMED = {"RmtLctnMtd": "Mtd", "RmtLctnElctrncAdr": "ElctrncAdr", "RmtLctnPstlAdr": "PstlAdr"}
SCHEMAS = {}


def schema(path):
    if path not in SCHEMAS:
        SCHEMAS[path] = etree.XMLSchema(etree.parse(path))
    return SCHEMAS[path]


def facts(document):
    for node in document.iter():
        if not isinstance(node.tag, str) or any(isinstance(child.tag, str) for child in node):
            continue
        names = []
        for step in [node] + list(node.iterancestors()):
            name = etree.QName(step).localname
            if step is document:
                break
            if name not in LEFT_OUT:
                names.append(RENAMED.get(name, SAME.get(name, name)))
        # The message's own element has had other names.
        path = "/".join(list(reversed(names))[1:])
        yield [path, (node.text or "") if not len(node) else "".join(node.xpath("text()")), node.get("Ccy")]


for line in sys.stdin:
    file, definition = line.rstrip("\n").split("\t")
    document = next(n for n in etree.parse(file).iter() if isinstance(n.tag, str) and etree.QName(n).localname == "Document")
    document = etree.ElementTree(etree.fromstring(etree.tostring(document, with_tail=False)))
    judge = schema(definition) if definition else None
    valid = judge.validate(document) if judge else None
    errors = [str(e) for e in judge.error_log][:3] if judge and not valid else []
    print(json.dumps({"valid": valid, "errors": errors, "facts": sorted(facts(document.getroot()), key=str)}))
