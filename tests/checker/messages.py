"""Reads pain.001, pain.002 and camt.05x with an XML parser of its own. Knows nothing of the gateway's reader.

lxml where it is installed, else the parser of the standard library: both are independent of what is judged.
"""

from decimal import Decimal, InvalidOperation

try:
    from lxml import etree
except ImportError:  # pragma: no cover
    from xml.etree import ElementTree as etree

SPACE = "urn:iso:std:iso:20022:tech:xsd:"


def tree(octets):
    """The root element, or None for octets that are no XML."""
    try:
        return etree.fromstring(octets)
    except (etree.ParseError, ValueError) if etree.__name__.startswith("xml") else (etree.XMLSyntaxError, ValueError):
        return None


def name(element):
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element, *path):
    """Elements at a path of local names below an element."""
    found = [element]
    for step in path:
        found = [child for one in found for child in one if name(child) == step]
    return found


def text(element, *path):
    found = children(element, *path)
    value = (found[0].text or "").strip() if found else ""
    return value or None


def first(element, *paths):
    return next((value for value in (text(element, *path) for path in paths) if value), None)


def descend(element, wanted):
    return [one for one in element.iter() if name(one) == wanted]


def amount(element):
    """Exact value and currency of an amount element."""
    try:
        return Decimal((element.text or "").strip()), element.get("Ccy")
    except InvalidOperation:
        return None, element.get("Ccy")


def kind(root):
    """The message's name, like pain.002.001.10; None if it is none of ISO 20022."""
    for element in root.iter():
        tag = element.tag
        if isinstance(tag, str) and tag.startswith("{" + SPACE):
            return tag[len(SPACE) + 1:].partition("}")[0]
    return None


def account(element):
    return first(element, ("Id", "IBAN"), ("Id", "Othr", "Id"))


class Transfer:
    """One payment of a pain.001 as it stands in the octets."""

    def __init__(self, message_id, block, element):
        self.message_id = message_id
        self.payment_information_id = text(block, "PmtInfId")
        self.debtor_account = account(children(block, "DbtrAcct")[0]) if children(block, "DbtrAcct") else None
        self.date = (first(block, ("ReqdExctnDt", "Dt"), ("ReqdExctnDt", "DtTm"), ("ReqdExctnDt",)) or "")[:10]
        self.end_to_end_id = text(element, "PmtId", "EndToEndId")
        self.instruction_id = text(element, "PmtId", "InstrId")
        self.uetr = text(element, "PmtId", "UETR")
        money = children(element, "Amt", "InstdAmt")
        self.amount, self.currency = amount(money[0]) if money else (None, None)
        payee = children(element, "CdtrAcct")
        self.creditor_account = account(payee[0]) if payee else None

    @property
    def identity(self):
        """What must never change between two sendings of the same payout."""
        return (self.message_id, self.payment_information_id, self.end_to_end_id, self.uetr)


def transfers(octets):
    """All payments of a pain.001 in order; an empty list for other octets."""
    root = tree(octets)
    if root is None:
        return []
    found = []
    for message in descend(root, "CstmrCdtTrfInitn"):
        message_id = text(message, "GrpHdr", "MsgId")
        for block in children(message, "PmtInf"):
            found += [Transfer(message_id, block, one) for one in children(block, "CdtTrfTxInf")]
    return found


class Word:
    """What a bank's message says of one payment, block or message: a status or a movement."""

    def __init__(self, level, ids, code, reason=None, money=None):
        self.level, self.ids, self.code, self.reason, self.money = level, ids, code, reason, money


def reason_of(element):
    return first(element, ("StsRsnInf", "Rsn", "Cd"), ("StsRsnInf", "Rsn", "Prtry"))


def statuses(root):
    """Words of a pain.002: at the level of the message, of blocks and of payments."""
    found = []
    for report in descend(root, "CstmrPmtStsRpt"):
        for group in children(report, "OrgnlGrpInfAndSts"):
            ids = {"message_id": text(group, "OrgnlMsgId")}
            if text(group, "GrpSts"):
                found.append(Word("message", ids, text(group, "GrpSts"), reason_of(group)))
        for block in children(report, "OrgnlPmtInfAndSts"):
            block_id = text(block, "OrgnlPmtInfId")
            if text(block, "PmtInfSts"):
                ids = {"payment_information_id": block_id}
                found.append(Word("block", ids, text(block, "PmtInfSts"), reason_of(block)))
            for one in children(block, "TxInfAndSts"):
                ids = {
                    "payment_information_id": block_id,
                    "instruction_id": text(one, "OrgnlInstrId"),
                    "end_to_end_id": text(one, "OrgnlEndToEndId"),
                    "uetr": text(one, "OrgnlUETR"),
                }
                if text(one, "TxSts"):
                    found.append(Word("payment", ids, text(one, "TxSts"), reason_of(one)))
    return found


def movements(root):
    """Booked movements of a camt.052/053/054 that carry ids of ours: DBIT or CRDT."""
    found = []
    for entry in descend(root, "Ntry"):
        status = first(entry, ("Sts", "Cd"), ("Sts",))
        if status != "BOOK":
            continue
        way = text(entry, "CdtDbtInd")
        money = children(entry, "Amt")
        details = descend(entry, "TxDtls")
        for batch in descend(entry, "Btch"):
            ids = {"payment_information_id": text(batch, "PmtInfId"), "message_id": text(batch, "MsgId")}
            if not details:
                found.append(Word("block", ids, way, None, amount(money[0]) if money else None))
        for one in details:
            ids = {
                "instruction_id": text(one, "Refs", "InstrId"),
                "end_to_end_id": text(one, "Refs", "EndToEndId"),
                "uetr": text(one, "Refs", "UETR"),
                "payment_information_id": text(one, "Refs", "PmtInfId"),
                "bank": [value for value in (text(one, "Refs", "AcctSvcrRef"), text(one, "Refs", "TxId"),
                                             text(one, "Refs", "ClrSysRef"), text(entry, "AcctSvcrRef")) if value],
            }
            paid = children(one, "Amt") or children(one, "AmtDtls", "TxAmt", "Amt") or money
            found.append(Word("payment", ids, text(one, "CdtDbtInd") or way, None, amount(paid[0]) if paid else None))
    return found


def words(octets):
    """Kind of a bank's message and what it says; (None, []) for octets that are none."""
    root = tree(octets)
    if root is None:
        return None, []
    known = kind(root) or ""
    if known.startswith("pain.002"):
        return known, statuses(root)
    if known.startswith("camt.05"):
        return known, movements(root)
    return known or None, []
