"""Counts and sums of a pain.001 by XPath and exact decimals: one JSON line per document, in order."""
import json
import sys
from decimal import Decimal, getcontext

from lxml import etree

getcontext().prec = 100
local = '*[local-name()="%s"]'


def find(node, *names):
    return node.xpath("/".join(["."] + [local % name for name in names]))


def wrong(node, transactions):
    """Whether NbOfTxs and CtrlSum of a header contradict the transactions."""
    amounts = [a for t in transactions for a in find(t, "Amt", "InstdAmt") + find(t, "Amt", "EqvtAmt", "Amt")]
    count, total = find(node, "NbOfTxs"), find(node, "CtrlSum")
    try:
        count_wrong = bool(count) and int(count[0].text) != len(transactions)
    except (ValueError, TypeError):
        count_wrong = False
    try:
        sum_wrong = bool(total) and Decimal(total[0].text.strip()) != sum(Decimal(a.text.strip()) for a in amounts)
    except (ArithmeticError, AttributeError):
        sum_wrong = False
    return count_wrong, sum_wrong


for path in sys.argv[1:]:
    root = etree.parse(path).getroot()
    messages = root.xpath("descendant-or-self::" + local % "CstmrCdtTrfInitn")
    result = {"count.group": 0, "control-sum.group": 0, "count.batch": 0, "control-sum.batch": 0}
    for message in messages:
        parts = [("group", header, find(message, "PmtInf", "CdtTrfTxInf")) for header in find(message, "GrpHdr")]
        parts += [("batch", batch, find(batch, "CdtTrfTxInf")) for batch in find(message, "PmtInf")]
        for level, header, transactions in parts:
            count, total = wrong(header, transactions)
            result["count." + level] += count
            result["control-sum." + level] += total
    print(json.dumps(result))
