"""Looks for the canaries of fixtures/hostile/canaries.txt in files and in names of files.

Usage: scan_canaries.py PLACE...   Prints each finding as a line; exits with 1 if there is one.
A place is a file or a folder; what the gateway keeps as evidence (its database, its documents) is left out by the caller.
"""

import pathlib
import sys

CANARIES = pathlib.Path(__file__).parents[2] / "fixtures/hostile/canaries.txt"


def files(place):
    if place.is_dir() and not place.is_symlink():
        yield from (path for path in sorted(place.rglob("*")) if not path.is_symlink())
    else:
        yield place


def findings(place, canaries):
    for path in files(place):
        name = str(path.relative_to(place.parent)).lower().encode()
        octets = path.read_bytes().lower() if path.is_file() else b""
        for canary in canaries:
            if canary in name:
                yield f"{path}: the name has {canary.decode()}"
            at = octets.find(canary)
            if at >= 0:
                line = octets.count(b"\n", 0, at) + 1
                yield f"{path}:{line}: {canary.decode()}"


def main(places):
    canaries = [line.lower().encode() for line in CANARIES.read_text().split()]
    found = [text for place in places for text in findings(pathlib.Path(place).resolve(), canaries)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
