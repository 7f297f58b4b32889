"""A mixed run: payouts, misbehaving bank, kills, business days. Conservation is asked of the store in every second of
it and must hold in each; what is accepted never shrinks. At the end the checker judges the whole."""

import pathlib
import random
import time

from kills import FAULTS, judged
from line import Line, Load


def run(program, python, folder, seed, seconds):
    draw = random.Random(seed)
    line = Line(program, folder, seed, FAULTS.format(seed=seed), escalate_ms=20_000)
    line.start_bank()
    line.start_gateway()
    # About twenty payouts a second, so that a day's run stays readable.
    load = Load(line, threads=2, batch=8, pause=0.4)
    told = {"seed": seed, "asked": 0, "broken": [], "kills": 0, "days": 0, "longest_gap_s": 0.0}
    began = last_asked = time.monotonic()
    next_kill, next_day = began + 7, began + 11
    accepted = {}
    try:
        while time.monotonic() - began < seconds:
            if time.monotonic() >= next_kill:
                line.kill_gateway()
                told["kills"] += 1
                line.start_gateway()
                next_kill = time.monotonic() + draw.uniform(8, 25)
            if time.monotonic() >= next_day:
                told["days"] += line.end_day()
                next_day = time.monotonic() + draw.uniform(20, 40)
            accepted = ask(line, accepted, told)
            told["longest_gap_s"] = round(max(told["longest_gap_s"], time.monotonic() - last_asked), 2)
            last_asked = time.monotonic()
            time.sleep(max(0.0, 0.9 - (time.monotonic() - last_asked)))
        answered = load.finish()
        took = line.settle()
        ask(line, accepted, told)
        told["totals"] = line.totals()
        told["exit"] = line.stop()
        evidence = line.gather(pathlib.Path(folder) / "evidence", answered and took is not None)
        told["checker"], told["invariants"], text = judged(python, evidence)
        told["good"] = not told["broken"] and told["checker"] == 0 and took is not None and told["exit"] == 0
        if not told["good"]:
            told["text"] = text
        return told
    finally:
        for child in (line.gateway, line.bank):
            if child is not None and child.poll() is None:
                child.kill()


def ask(line, accepted, told):
    """Asks once; what is wrong goes into `told`."""
    totals = line.totals()
    told["asked"] += 1
    counts = {}
    for currency, entry in totals.items():
        counts[currency] = entry["accepted"]["count"]
        together = sum(row["count"] for row in entry["portions"].values())
        cents = sum(to_cents(row["sum"]) for row in entry["portions"].values())
        whole = to_cents(entry["accepted"]["sum"])
        if together != counts[currency] or cents != whole or not entry["adds_up"]:
            told["broken"].append({"currency": currency, "entry": entry})
        if counts[currency] < accepted.get(currency, 0):
            told["broken"].append({"currency": currency, "shrunk": [accepted[currency], counts[currency]]})
    return counts


def to_cents(text):
    """Minor units of a decimal text with two places, exactly."""
    whole, _, fraction = text.partition(".")
    return int(whole + (fraction + "00")[:2])
