"""Makes documents of every message definition in a directory, from the definitions alone: seeded, with several of what
may repeat, each alternative now and then, and texts that all differ, so that a value in the wrong place shows.

Arguments: directory of definitions, directory to write to, seed, documents per definition. Prints the files.
"""
import os
import random
import sys
from xml.sax.saxutils import escape
from lxml import etree

try:
    from re import _parser as patterns
except ImportError:
    import sre_parse as patterns

XS = "{http://www.w3.org/2001/XMLSchema}"
KINDS = ("pain.001.001", "pain.002.001", "pacs.002.001", "pacs.004.001", "pacs.008.001", "pacs.028.001", "camt.029.001",
         "camt.052.001", "camt.053.001", "camt.054.001", "camt.055.001", "camt.056.001", "camt.060.001", "head.001.001")
# Elements of one document, about. Beyond them only what must stand is made.
ELEMENTS_MAX = 2500
# Elements that hold anything at all.
OPEN = ("SplmtryData", "Sgntr")


class Definition:
    def __init__(self, path):
        root = etree.parse(path).getroot()
        self.namespace = root.get("targetNamespace")
        self.types = {node.get("name"): node for node in root if node.tag != XS + "element"}
        elements = [node for node in root if node.tag == XS + "element" and node.get("name") in ("Document", "AppHdr")]
        self.root = elements[0]


class Maker:
    def __init__(self, definition, source):
        self.definition, self.random, self.out, self.made, self.number = definition, source, [], 0, 0

    def document(self):
        root = self.definition.root
        self.out.append('<?xml version="1.0" encoding="UTF-8"?>\n')
        self.element(root.get("name"), root.get("type"), 0, ' xmlns="%s"' % self.definition.namespace)
        return "".join(self.out)

    def element(self, name, kind, depth, attributes=""):
        self.made += 1
        node = self.definition.types.get(kind)
        inner = None if node is None else node.find(XS + "sequence")
        if inner is None and node is not None:
            inner = node.find(XS + "choice")
        if inner is not None:
            self.out.append("<%s%s>" % (name, attributes))
            self.particle(inner, depth)
            self.out.append("</%s>" % name)
            return
        if node is not None and node.tag == XS + "complexType":
            extension = node.find(XS + "simpleContent/" + XS + "extension")
            attributes += "".join(' %s="%s"' % (attribute.get("name"), self.value(attribute.get("type")))
                                  for attribute in extension.findall(XS + "attribute"))
            kind = extension.get("base")
        self.out.append("<%s%s>%s</%s>" % (name, attributes, escape(self.value(kind)), name))

    def particle(self, node, depth):
        if node.tag == XS + "choice":
            parts = [part for part in node if isinstance(part.tag, str)]
            for _ in range(self.times(node, depth)):
                self.part(self.random.choice(parts), depth)
            return
        for part in node:
            if isinstance(part.tag, str):
                self.part(part, depth)

    def part(self, part, depth):
        if part.tag in (XS + "choice", XS + "sequence"):
            return self.particle(part, depth)
        if part.tag == XS + "element":
            for _ in range(self.times(part, depth)):
                self.element(part.get("name"), part.get("type"), depth + 1)

    def times(self, part, depth):
        least, most = int(part.get("minOccurs", "1")), part.get("maxOccurs", "1")
        if self.made > ELEMENTS_MAX or part.get("name") in OPEN:
            return least
        if least == 0 and self.random.random() > (0.9 if depth < 4 else 0.6):
            return 0
        most = 3 if most == "unbounded" else min(int(most), 3)
        return max(least, 1) if depth > 8 else self.random.randint(max(least, 1), max(most, 1))

    def value(self, kind):
        node = self.definition.types.get(kind)
        if node is None:
            return self.plain(kind.split(":")[-1], {})
        restriction = node.find(XS + "restriction")
        facets = {facet.tag[len(XS):]: facet.get("value") for facet in restriction}
        listed = [facet.get("value") for facet in restriction if facet.tag == XS + "enumeration"]
        if listed:
            return self.random.choice(listed)
        if facets.get("pattern") == ".*Z":
            return self.plain("dateTime", facets) + "Z"
        if "pattern" in facets:
            return self.sample(patterns.parse(facets["pattern"]))
        base = restriction.get("base")
        return self.value(base) if base in self.definition.types else self.plain(base.split(":")[-1], facets)

    def plain(self, base, facets):
        self.number += 1
        number = self.number
        if base == "decimal":
            fraction = int(facets.get("fractionDigits", "2"))
            whole = max(int(facets.get("totalDigits", "9")) - fraction, 1)
            value = str(number % 10 ** min(whole, 9))
            if "maxInclusive" in facets:
                value = str(number % (int(facets["maxInclusive"]) + 1))
            return value + ("." + str(number % 100).zfill(2) if fraction >= 2 and "maxInclusive" not in facets else "")
        fixed = {"boolean": ("true", "false", "1", "0")[number % 4], "date": "2025-%02d-%02d" % (number % 12 + 1, number % 28 + 1),
                 "dateTime": "2025-%02d-%02dT%02d:%02d:%02d" % (number % 12 + 1, number % 28 + 1, number % 24, number % 60, number % 60),
                 "time": "%02d:%02d:%02d" % (number % 24, number // 24 % 60, number % 60), "gYear": str(2000 + number % 30),
                 "gYearMonth": "2025-%02d" % (number % 12 + 1), "base64Binary": "QUJD", "integer": str(number), "duration": "P1D",
                 "gMonth": "--03", "gMonthDay": "--03-14", "gDay": "---14", "anyURI": "urn:test:%d" % number}
        if base in fixed:
            return fixed[base]
        most = int(facets.get("maxLength", facets.get("length", "20")))
        least = int(facets.get("minLength", facets.get("length", "1")))
        text = ("%x" % number).rjust(min(max(least, 5), most), "T")
        return text[-most:]

    def sample(self, parsed):
        made = []
        for code, argument in parsed:
            name = str(code).lower()
            if name == "literal":
                made.append(chr(argument))
            elif name == "in":
                made.append(self.member(argument))
            elif name in ("max_repeat", "min_repeat"):
                least, most, inner = argument
                for _ in range(self.random.randint(least, min(int(most), max(least, 8)))):
                    made.append(self.sample(inner))
            elif name == "subpattern":
                made.append(self.sample(argument[-1]))
            elif name == "branch":
                made.append(self.sample(self.random.choice(argument[1])))
            elif name == "any":
                made.append("A")
            else:
                raise ValueError("pattern with " + name)
        return "".join(made)

    def member(self, items):
        for code, argument in self.random.sample(items, len(items)):
            name = str(code).lower()
            if name == "literal":
                return chr(argument)
            if name == "range":
                return chr(self.random.randint(argument[0], argument[1]))
            if name == "category":
                return "7" if "digit" in str(argument).lower() else "A"
        raise ValueError("empty class")


def main():
    definitions, target, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    for file in sorted(os.listdir(definitions)):
        if not (file.startswith(KINDS) and file.endswith(".xsd")):
            continue
        definition = Definition(os.path.join(definitions, file))
        for number in range(count):
            source = random.Random("%s %d %d" % (file, seed, number))
            path = os.path.join(target, "%s-%d.xml" % (file[:-len(".xsd")], number))
            with open(path, "w", encoding="utf-8") as out:
                out.write(Maker(definition, source).document())
            print(path)


main()
