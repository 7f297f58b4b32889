"""What follows from account and status reports by XPath and decimal arithmetic: the oracle of tests/files/prove.rs.

Reads file names from standard input and prints for each one JSON object: {"file", "checks": [[name, holds, expected, found]]},
sorted, or {"file", "error"}. It shares no code with the prover; it states the same definitions over the whole tree.
"""
import json
import re
import sys
from decimal import Decimal, getcontext
from lxml import etree

getcontext().prec = 60
SPACE = " \t\r\n"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)\Z", re.A)


def kids(node, *names):
    return [c for c in node if isinstance(c.tag, str) and etree.QName(c).localname in names]


def walk(nodes, path):
    for step in path.split("/"):
        nodes = [k for n in nodes for k in kids(n, *step.split(","))]
    return nodes


def leaf(node):
    inner = [c for c in node if isinstance(c.tag, str)]
    if inner:
        for c in inner:
            if etree.QName(c).localname in ("Cd", "Prtry", "Dt", "DtTm"):
                return leaf(c)
        return None
    return "".join(node.xpath("text()")).strip(SPACE)


def text(node, *paths):
    for path in paths:
        for found in walk([node], path):
            value = leaf(found)
            if value is not None:
                return value
    return None


def number(value):
    if value is None or not NUMBER.match(value):
        return None
    whole, _, part = value.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > 18 or len(part.rstrip("0")) > 18:
        return None
    return Decimal(value)


def money(node, *paths):
    for path in paths:
        for found in walk([node], path):
            return number(leaf(found)), found.get("Ccy") or None
    return None, None


def side(node):
    return {"CRDT": 1, "DBIT": -1}.get(text(node, "CdtDbtInd"))


def plain(value):
    if value is None:
        return None
    shown = format(value, "f")
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if shown == "-0" else shown


def pick(balances, kinds, last):
    """[balance] or None; 'unclear' where several compete."""
    for kind in kinds:
        found = [b for b in balances if b["kind"] == kind]
        if not found:
            continue
        if len(found) > 1:
            if kind != "ITBD" and any(not b["date"] or len(b["date"]) < 10 for b in found):
                return "unclear"
            found.sort(key=lambda b: (b["date"] or "")[:10])
            best = found[-1] if last else found[0]
            same = [b for b in found if (b["date"] or "")[:10] == (best["date"] or "")[:10]]
            if kind != "ITBD" and any(b["value"] != best["value"] for b in same):
                return "unclear"
            return best
        return found[0]
    return None


def balances_of(report, own):
    for node in kids(report, "Bal"):
        amount, currency = money(node, "Amt")
        sign = side(node)
        value = None
        if amount is not None and (sign or amount == 0):
            value = amount * (sign or 1)
        yield {"kind": text(node, "Tp/CdOrPrtry", "Tp"), "currency": currency or own or "", "amount": amount,
               "value": value, "date": text(node, "Dt")}


def booked_check(kind, report, currency, balances, entries):
    first = pick(balances, ["OPBD", "PRCD", "ITBD"], False)
    last = pick(balances, ["CLBD", "ITBD"], True)
    if last is first and first is not None:
        last = None
    whole = all(isinstance(end, dict) and end["value"] is not None for end in (first, last))
    total, gap = Decimal(0), False
    for entry in entries:
        if entry["status"] not in (None, "BOOK") or entry["currency"] != currency:
            continue
        if entry["status"] is None and kind != "camt.053":
            gap = True
        if entry["amount"] is None or entry["side"] is None:
            gap = True
        else:
            total += entry["amount"] * entry["side"]
    if not whole or gap:
        return ["balance.booked", "not_provable", currency, None, None]
    expected = first["value"] + total
    return ["balance.booked", expected == last["value"], currency, plain(expected), plain(last["value"])]


def charge_sum(node, currency):
    total = Decimal(0)
    for group in kids(node, "Chrgs"):
        records = kids(group, "Rcrd") or ([group] if kids(group, "Amt", "CdtDbtInd", "Tp") else [])
        for record in records:
            amount, own = money(record, "Amt")
            if text(record, "ChrgInclInd") in ("false", "0") or (own and own != currency) or amount is None:
                continue
            total += amount * (side(record) or -1)
        if not records:
            amount, own = money(group, "TtlChrgsAndTaxAmt")
            if amount is not None and (not own or own == currency):
                total -= amount
    return total


def details_result(entry, own):
    node, details = entry["node"], entry["details"]
    if not details:
        return None
    if entry["amount"] is None or entry["side"] is None:
        return "not_provable"
    booked = entry["amount"] * entry["side"]
    total, gap, without, opposite = Decimal(0), False, 0, 0
    alone = len(details) == 1
    for detail in details:
        amount, currency = None, None
        stated = [money(detail, p) for p in ("Amt", "AmtDtls/TxAmt/Amt") if walk([detail], p)]
        instructed = money(detail, "AmtDtls/InstdAmt/Amt") if walk([detail], "AmtDtls/InstdAmt/Amt") else None
        if stated:
            amount, currency = stated[0]
        elif alone:
            amount, currency = entry["amount"], entry["own_currency"]
        elif instructed and instructed[1] and instructed[1] == entry["own_currency"]:
            amount, currency = instructed
        sign = side(detail)
        if sign is None and alone:
            sign = entry["side"]
        without += sign is None
        opposite += sign is not None and sign != entry["side"]
        if currency and currency != entry["currency"]:
            gap = True
        elif amount is None:
            gap = True
        else:
            total += amount * (sign or entry["side"])
    if gap:
        return "not_provable"
    of_entry = charge_sum(node, entry["currency"])
    of_details = sum((charge_sum(detail, entry["currency"]) for detail in details), Decimal(0))
    if booked in (total, total + of_entry, total + of_details, total + of_entry + of_details):
        return True
    return "not_provable" if without and opposite else False


def batch_result(entry):
    node = entry["node"]
    stated = [text(b, "NbOfTxs") for b in walk([node], "NtryDtls/Btch") + kids(node, "Btch")]
    stated = [s for s in stated if s is not None]
    if not stated:
        return None
    if any(not re.match(r"\+?\d+\Z", s, re.A) for s in stated) or not entry["details"]:
        return "not_provable"
    return sum(int(s) for s in stated) == len(entry["details"])


def tally(name, results):
    results = [r for r in results if r is not None]
    if results:
        counts = [results.count(True), results.count(False), results.count("not_provable")]
        holds = False if counts[1] else (True if counts[0] else "not_provable")
        yield [name, holds, *counts]


def summary_checks(report, entries, partial):
    for summary in kids(report, "TxsSummry"):
        gap = any(e["amount"] is None or e["side"] is None for e in entries)
        sets = [entries, [e for e in entries if e["status"] in (None, "BOOK")]]
        zero = Decimal(0)

        def result(name, stated, values):
            if stated is None:
                return
            if gap:
                return [name, "not_provable"]
            holds = stated in values
            return [name, "not_provable" if partial and not holds else holds]

        for tag, prefix, keep in (("TtlNtries", "", (1, -1, None)), ("TtlCdtNtries", "credit_", (1, None)),
                                  ("TtlDbtNtries", "debit_", (-1,))):
            chosen = [[e for e in group if e["side"] in keep] for group in sets]
            count = text(summary, tag + "/NbOfNtries")
            yield result("summary.%scount" % prefix, int(count) if count else None, [len(c) for c in chosen])
            yield result("summary.%ssum" % prefix, number(text(summary, tag + "/Sum")),
                         [sum((e["amount"] or zero for e in c), zero) for c in chosen])
        net = number(text(summary, "TtlNtries/TtlNetNtry/Amt", "TtlNtries/TtlNetNtryAmt"))
        if net is not None:
            sign = {"DBIT": -1}.get(text(summary, "TtlNtries/TtlNetNtry/CdtDbtInd", "TtlNtries/CdtDbtInd"), 1)
            yield result("summary.net", net * sign,
                         [sum(((e["amount"] or zero) * (e["side"] or 0) for e in c), zero) for c in sets])


def account_checks(root, kind):
    for report in kids(root, "Rpt", "Stmt", "Ntfctn"):
        own = text(report, "Acct/Ccy")
        entries = []
        for node in kids(report, "Ntry"):
            amount, currency = money(node, "Amt")
            entries.append({"node": node, "amount": amount, "own_currency": currency, "side": side(node),
                            "currency": currency or own or "", "status": text(node, "Sts"),
                            "details": walk([node], "NtryDtls/TxDtls") + kids(node, "TxDtls")})
        balances = list(balances_of(report, own))
        currencies = {e["currency"] for e in entries if e["status"] in (None, "BOOK")}
        currencies |= {b["currency"] for b in balances}
        if kind != "camt.054" or balances:
            if not currencies:
                yield ["balance.booked", "not_provable", None, None, None]
            for currency in sorted(currencies):
                mine = [b for b in balances if b["currency"] == currency]
                yield booked_check(kind, report, currency, mine, entries)
        pages = kids(report, "RptPgntn", "StmtPgntn", "NtfctnPgntn") or walk([root], "GrpHdr/MsgPgntn")
        page, last = (text(pages[0], "PgNb"), text(pages[0], "LastPgInd")) if pages else (None, None)
        partial = page is not None and (last not in ("true", "1") or page.lstrip("0") != "1")
        yield from (c for c in summary_checks(report, entries, partial) if c)
        yield from tally("entries.details", [details_result(e, own) for e in entries])
        yield from tally("entries.batch_count", [batch_result(e) for e in entries])


def status_checks(root):
    groups = [(root, kids(root, "OrgnlGrpInfAndSts"), [t for t in root.iter() if isinstance(t.tag, str)
                                                       and etree.QName(t).localname == "TxInfAndSts"])]
    groups += [(b, [b], kids(b, "TxInfAndSts")) for b in kids(root, "OrgnlPmtInfAndSts")]
    for _, holders, listed in groups:
        statuses = [text(t, "TxSts") for t in listed]
        for holder in holders:
            for line in kids(holder, "NbOfTxsPerSts"):
                code, count = text(line, "DtldSts") or "", text(line, "DtldNbOfTxs")
                if not count or not re.match(r"\d+\Z", count, re.A):
                    yield ["status.count", "not_provable", code]
                    continue
                have = statuses.count(code)
                if have == int(count):
                    yield ["status.count", True, code]
                else:
                    yield ["status.count", "not_provable" if None in statuses or have == 0 else False, code]


KINDS = {"BkToCstmrAcctRpt": "camt.052", "BkToCstmrStmt": "camt.053", "BkToCstmrDbtCdtNtfctn": "camt.054"}
for line in sys.stdin:
    file = line.rstrip("\n")
    try:
        checks = []
        for node in etree.parse(file).getroot().iter():
            if not isinstance(node.tag, str):
                continue
            name = etree.QName(node).localname
            if name.removesuffix("V01") in KINDS:
                checks += account_checks(node, KINDS[name.removesuffix("V01")])
            if name in ("CstmrPmtStsRpt", "FIToFIPmtStsRpt"):
                checks += status_checks(node)
        print(json.dumps({"file": file, "checks": checks}))
    except etree.XMLSyntaxError as error:
        print(json.dumps({"file": file, "error": str(error)}))
