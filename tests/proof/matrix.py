"""The fault matrix: for each fault the test that plays it. A row names `FILE::function` of a test in the tree, or
`campaign:PART` for a part of the campaign; `nodes` waits for several gateway nodes, `open` is not automated."""

import pathlib
import re

TABLE = pathlib.Path(__file__).resolve().parent / "matrix.tsv"
PARTS = {"kills", "line", "power", "conservation", "demo", "simulation", "defects", "sweep"}


def read():
    """Rows as (number, fault, invariants, [places])."""
    rows = []
    for line in TABLE.read_text().splitlines()[1:]:
        number, fault, invariants, places = line.split("\t")
        rows.append((int(number), fault, invariants, places.split()))
    return rows


def stands(root, place):
    """Why a place is none, or None."""
    if place.startswith("campaign:"):
        return None if place.partition(":")[2] in PARTS else f"{place} is no part of the campaign"
    file, _, function = place.partition("::")
    path = root / file
    if not path.is_file():
        return f"{file} does not exist"
    if not re.search(rf"\bfn {re.escape(function)}\s*[(<]|^def {re.escape(function)}\(", path.read_text(), re.MULTILINE):
        return f"{file} has no {function}"
    return None


def check(root):
    """Counts the rows and names what does not stand."""
    rows = read()
    found = {"rows": len(rows), "automated": 0, "nodes": 0, "open": 0, "broken": []}
    for number, _, _, places in rows:
        if places in (["nodes"], ["open"]):
            found[places[0]] += 1
            continue
        wrong = [cause for cause in (stands(root, place) for place in places) if cause]
        found["broken"] += [f"row {number}: {cause}" for cause in wrong]
        found["automated"] += not wrong
    return found
