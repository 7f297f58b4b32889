"""Judges a run by its evidence: python3 tests/checker/check.py DIR [--format json] [--same-as OTHER]

Reads what the client, the gateway and the bank wrote down and evaluates the invariants I1-I13, I15-I17 one by one: ok,
broken, not judged (no evidence) or unreadable. A break names the payout, what was expected, what was seen and where it is written.
Exit 0: everything that could be judged holds. 1: a break. 2: nothing could be judged, or evidence cannot be read.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import conduct  # noqa: E402
import money  # noqa: E402
from case import Case  # noqa: E402

INVARIANTS = [
    ("I1", "no loss", money.no_loss),
    ("I2", "no double", money.no_double),
    ("I3", "no phantom", money.no_phantom),
    ("I4", "no false failure", money.no_false_failure),
    ("I5", "no false success", money.no_false_success),
    ("I6", "intent before wire", money.intent_before_wire),
    ("I7", "frozen identity", money.frozen_identity),
    ("I8", "only drawn arrows", conduct.only_drawn_arrows),
    ("I9", "evidence is append-only", conduct.append_only_evidence),
    ("I10", "one writer", conduct.one_writer),
    ("I11", "conservation", money.conservation),
    ("I12", "API idempotency", conduct.idempotent_api),
    ("I13", "confluence", conduct.confluent),
    ("I15", "silence", conduct.silent_logs),
    ("I16", "audit chain", conduct.unbroken_chain),
    ("I17", "liveness", conduct.live),
]
# Breaks of one invariant that are shown; all are counted.
SHOWN_MAX = 20


def judge(case, rule):
    """Verdict, why it is not judged, and the breaks. What was broken before a rule gave up stays broken."""
    breaks = []
    try:
        for found in rule(case):
            breaks.append(found)
    except money.NotJudged as why:
        return ("broken" if breaks else "not judged"), str(why), breaks
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError) as why:
        return ("broken" if breaks else "unreadable"), f"the evidence cannot be read: {why!r}", breaks
    return ("broken" if breaks else "ok"), None, breaks


def evaluate(folder, same_as=None):
    case = Case(folder)
    results = []
    for number, title, rule in INVARIANTS:
        verdict, why, breaks = judge(case, rule)
        if number == "I13" and same_as is not None:
            breaks += list(conduct.same_ends(case, Case(same_as)))
            verdict, why = ("broken" if breaks else "ok"), None
        results.append((number, title, verdict, why, breaks))
    return case, results


def code_of(results):
    verdicts = {verdict for _, _, verdict, _, _ in results}
    if "broken" in verdicts:
        return 1
    return 0 if "ok" in verdicts and "unreadable" not in verdicts else 2


def tell(case, results, write):
    for number, title, verdict, why, breaks in results:
        write(f"{number:<4}{title:<26}{verdict}" + (f": {why}" if why and verdict != "broken" else "")
              + (f" {len(breaks)}" if breaks else ""))
        for one in breaks[:SHOWN_MAX]:
            who = " ".join(part for part in (one.payout, f"({one.external_id})" if one.external_id else None) if part)
            write(f"      {who or 'the run'}: expected {one.expected}; seen {one.seen}; see {one.evidence}")
        if len(breaks) > SHOWN_MAX:
            write(f"      and {len(breaks) - SHOWN_MAX} more")
    for note in case.evidence.notes:
        write(f"note: {note}")
    if case.fold and case.fold.unknown_kinds:
        counts = {kind: len(facts) for kind, facts in case.fold.unknown_kinds.items()}
        write(f"note: kinds of facts that this checker does not know: {counts}")
    judged = [verdict for _, _, verdict, _, _ in results]
    write(f"{judged.count('ok')} ok, {judged.count('broken')} broken, {judged.count('not judged')} not judged; "
          f"{len(case.external)} payouts, {sum(len(rows) for rows in case.debits.values())} debits")


def as_json(results, write):
    for number, title, verdict, why, breaks in results:
        write(json.dumps({
            "invariant": number, "title": title, "verdict": verdict, "why": why, "count": len(breaks),
            "breaks": [vars(one) for one in breaks[:SHOWN_MAX]],
        }, default=str))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("--same-as", help="another run with the same messages: its final states must be the same")
    options = parser.parse_args(arguments)
    if not Path(options.folder).is_dir():
        print(f"{options.folder}: no such folder", file=sys.stderr)
        return 2
    try:
        case, results = evaluate(options.folder, options.same_as)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as why:
        print(f"{options.folder}: the evidence cannot be read: {why!r}", file=sys.stderr)
        return 2
    if options.format == "json":
        as_json(results, print)
    else:
        tell(case, results, print)
    return code_of(results)


if __name__ == "__main__":
    sys.exit(main())
