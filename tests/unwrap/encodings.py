"""Writes documents in every encoding with Python's codecs into a folder and prints, one JSON object a line, what
lxml reads in each: {"file": name, "text": ... or null if refused}."""

import codecs
import json
import os
import sys

import lxml.etree

FOLDER = sys.argv[1]

ONE_OCTET = [f"iso-8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)]
ONE_OCTET += [f"windows-{page}" for page in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)]


def document(declared, text):
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{declaration}\n<a>{text}</a>"


def cases():
    for name in ONE_OCTET:
        codec = {"iso-8859-11": "iso8859-11"}.get(name, name.replace("windows-", "cp"))
        for octet in range(0x80, 0x100):
            # Each octet alone, whether it has a character or not: these are octets, not text.
            octets = document(name, "-@-").encode("ascii").replace(b"@", bytes([octet]))
            yield f"{name}-{octet:02x}", octets
        characters = "".join(
            character
            for octet in range(0xA0, 0x100)
            for character in [bytes([octet]).decode(codec, "ignore")]
            if character
        )
        yield f"{name}-all", document(name, characters * 500).encode(codec)
        yield f"{name}-upper", document(name.upper(), characters).encode(codec)
    text = "Grüße, Żółć, Ελλάδα, 中文, 😀, €"
    for name, declared, mark in [
        ("utf-8", "UTF-8", b""),
        ("utf-8", None, b""),
        ("utf-8", "utf-8", codecs.BOM_UTF8),
        ("utf-8", None, codecs.BOM_UTF8),
        ("utf-16-le", "UTF-16", codecs.BOM_UTF16_LE),
        ("utf-16-be", "UTF-16", codecs.BOM_UTF16_BE),
        ("utf-16-le", None, codecs.BOM_UTF16_LE),
        ("utf-16-be", None, codecs.BOM_UTF16_BE),
        ("utf-16-le", "UTF-16LE", b""),
        ("utf-16-be", "UTF-16BE", b""),
        ("utf-16-le", "UTF-16", b""),
        ("utf-16-be", "UTF-16", b""),
        ("utf-16-le", "UTF-16LE", codecs.BOM_UTF16_LE),
        ("utf-16-be", "UTF-16BE", codecs.BOM_UTF16_BE),
    ]:
        marked = "mark" if mark else "plain"
        yield f"{name}-{declared}-{marked}", mark + document(declared, text * 800).encode(name)
    # What the declaration says is not what the octets are.
    yield "says-utf-8-is-latin-1", document("UTF-8", "Grüße").encode("latin-1")
    yield "says-nothing-is-latin-1", document(None, "Grüße").encode("latin-1")
    yield "says-ascii-is-latin-1", document("US-ASCII", "Grüße").encode("latin-1")
    yield "says-ascii-is-utf-8", document("US-ASCII", "Grüße").encode("utf-8")
    yield "says-ascii-is-ascii", document("US-ASCII", "Gruesse").encode("ascii")
    yield "says-utf-16-is-utf-8", document("UTF-16", "Gruesse").encode("utf-8")
    yield "says-utf-8-is-cut", document("UTF-8", "Grüße").encode("utf-8").replace(b"\xbc", b"")
    yield "says-utf-8-is-overlong", document("UTF-8", "-@-").encode("utf-8").replace(b"@", b"\xc0\xaf")
    yield "says-utf-8-is-surrogate", document("UTF-8", "-@-").encode("utf-8").replace(b"@", b"\xed\xa0\x80")
    yield "says-utf-16-is-lone-surrogate", codecs.BOM_UTF16_LE + document("UTF-16", "-@-").encode(
        "utf-16-le"
    ).replace(b"@\0", b"\x00\xd8")
    yield "unknown-name", document("KLINGON-1", "x").encode("ascii")
    yield "iso-8859-12", document("ISO-8859-12", "x").encode("ascii")
    yield "ebcdic", document("IBM037", "x").encode("cp037")


for name, octets in cases():
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as file:
        file.write(octets)
    try:
        read = lxml.etree.fromstring(octets, lxml.etree.XMLParser(huge_tree=True)).text or ""
    except (lxml.etree.XMLSyntaxError, ValueError, LookupError):
        read = None
    print(json.dumps({"file": name, "text": read}))
