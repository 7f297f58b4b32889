"""Which texts of documents are left in their anonymised copies: the oracle of tests/files/anonymise.rs.

Reads lines "original<TAB>copy" from standard input and prints for each {"file", "kept": [...], "left": [...], "tokens": N}.
kept: texts, attribute values and comments that stand unchanged at their place although they are neither number, date, code nor tag;
left: tokens of four characters or more of the original that occur anywhere in the copy, at their place or at that of another. What is a code, the enumerations of the published schemas say (folder in argv[1]). It parses with lxml and shares no code with what it judges.
"""
import glob
import json
import os
import re
import sys
from lxml import etree

NUMBER = re.compile(r"[\d\s.,:+\-TZ']+\Z")
CODE = re.compile(r"[A-Z0-9]{1,5}\Z")
CODES = re.compile(r"(.*Cd|.*Ccy|CcyOfTrf|.*Ctry|CtryOf.*|.*Sts|DtldSts|.*Ind)\Z")
ENUMERATED = set()
for schema in glob.glob(os.path.join(sys.argv[1], "*.xsd")):
    ENUMERATED.update(re.findall(r'enumeration value="([^"]+)"', open(schema, encoding="utf-8").read()))
assert len(ENUMERATED) > 100, sys.argv[1]
READ = {"OPBD", "CLBD", "PRCD", "ITBD", "OPAV", "CLAV", "ITAV", "FWAV", "XPCD", "INFO", "INTM", "BOOK", "PDNG", "FUTR", "CRDT", "DBIT",
        "DUPL", "COPY", "CODU", "SEPA", "RJCT", "ACCP", "ACTC", "ACSC", "ACSP", "PART",
        "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTAVAILABLE", "NONE"}
DEFINITION = re.compile(r"[a-z]{4}(\.\d{2,3}){1,3}\Z")
# Digits alone are an amount, count or date, but not here.
NAMING = re.compile(r"(.*Id|.*Ref|IBAN|BBAN|Ustrd|Nm|AdrLine|PstCd|BldgNb|PhneNb|MobNb|FaxNb|PAN|Nb|Addtl.*Inf)\Z")
PUBLIC = ("urn:iso:std:iso:20022:", "http://www.w3.org/")


def values(root):
    for node in root.iter():
        if isinstance(node.tag, str):
            name = etree.QName(node).localname
            for key, value in node.attrib.items():
                yield etree.QName(key).localname, "attribute", value
            for text in [node.text] + [child.tail for child in node]:
                if text and text.strip():
                    yield name, "text", text
        else:
            yield "", "aside", node.text or ""


def stays(name, what, value):
    value = value.strip()
    if not re.search(r"[^\W_]", value) or (NUMBER.match(value) and not NAMING.match(name)) or value in READ or DEFINITION.match(value):
        return True
    if what == "attribute":
        if name in ("schemaLocation", "noNamespaceSchemaLocation"):
            return all(part.startswith(PUBLIC) or not re.search(r"[^\W_]", part) for part in value.split())
        return name in ("Ccy", "type", "nil", "lang", "space") or value.startswith(PUBLIC)
    if value in ("true", "false") or value in ENUMERATED:
        return True
    return bool(CODES.match(name) and CODE.match(value))


def words(text):
    return re.findall(r"[^\W_]+", text)


def public(value):
    """Without names that standards publish, and without the tags of a document that is the text of another."""
    return re.sub(r"<[^>]*>|(urn:iso:std:iso:20022:|http://www\.w3\.org/)\S*|[a-z]{4}\.\d{3}\.\d{3}\.\d{2}|https?://", " ", value)


for line in sys.stdin:
    original, copy = line.rstrip("\n").split("\t")
    try:
        before, after = (list(values(etree.parse(file).getroot())) for file in (original, copy))
    except etree.XMLSyntaxError as error:
        print(json.dumps({"file": original, "error": str(error)}))
        continue
    assert len(before) == len(after), original
    kept, tokens, allowed = [], set(), set()
    for (name, what, one), (_, _, two) in zip(before, after):
        if stays(name, what, one):
            allowed.update(words(one))
            continue
        tokens.update(words(public(one)))
        # Masked parts stay.
        if one == two and re.sub(r"\b[A-Z]{2}(?=[xX]{3})|[xX]{3,}|[^\w]|_", "", public(one)):
            kept.append("%s %s" % (name, one.strip()))
    tokens = {token for token in tokens if len(token) >= 4 and not re.match(r"([A-Z]{2})?[xX]+\Z", token)} - allowed
    found = {word for name, what, value in after for word in words(public(value))}
    print(json.dumps({"file": original, "kept": kept, "left": sorted(tokens & found), "tokens": len(tokens)}))
