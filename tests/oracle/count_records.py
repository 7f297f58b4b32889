"""What an XPath script finds in bank reports: the oracle that tests/readers.rs compares our readers with.

Reads file names from standard input, one a line, and prints one JSON object a line:
{"file", "documents": [{"root", "namespace", "valid": true|false|null, "records": [...]}]} or {"file", "error"}.
Works on local names only, so that any namespace or none will do. `valid` is libxml2's verdict on the Document
by the published schema of its namespace (directory in argv[1]); null where none is held.
It shares no code with the readers; where they decide something, this script states the same rule as XPath.
"""
import json
import os
import sys
from lxml import etree

import order_records

STATUS = ["CstmrPmtStsRpt", "FIToFIPmtStsRpt", "pain.002.001.02", "pacs.002.001.02"]
ACCOUNT = [name + end for name in ("BkToCstmrAcctRpt", "BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn") for end in ("", "V01")]
MESSAGES = STATUS + ACCOUNT + list(order_records.READERS)
PREFIX = "urn:iso:std:iso:20022:tech:xsd:"
SPACE = " \t\r\n"


def x(path):
    """`A/B,C/D` -> XPath over local names; a comma gives alternatives."""
    steps = []
    for step in path.split("/"):
        names = " or ".join("local-name()='%s'" % name for name in step.split(","))
        steps.append("*[%s]" % names)
    return "/".join(steps)


def all_of(node, path):
    return node.xpath("./" + x(path))



def own(node):
    """Text of a leaf; of an element with children their first Cd, Prtry, Dt or DtTm."""
    if len([c for c in node if isinstance(c.tag, str)]):
        return next((own(child) for child in all_of(node, "Cd,Prtry,Dt,DtTm")), None)
    return "".join(t for t in node.xpath("text()")).strip(SPACE)


def one(node, *paths):
    for path in paths:
        for found in all_of(node, path):
            value = own(found)
            if value is not None:
                return value
    return None


def many(node, path):
    return [own(found) for found in all_of(node, path)]


def direction(node, path="CdtDbtInd"):
    return {"CRDT": "credit", "DBIT": "debit"}.get(one(node, path))


def boolean(value):
    return {"true": True, "1": True, "false": False, "0": False}.get(value)


def amount(node, path, name="amount", currency="currency"):
    for found in all_of(node, path):
        return {name: own(found), currency: found.get("Ccy") or None}
    return {}


def bare(members):
    return {key: value for key, value in members.items() if value is not None and value != [] and value != {}}


def reasons(node):
    result = []
    for reason in all_of(node, "StsRsnInf"):
        result.append(bare({
            "code": one(reason, "Rsn,StsRsn/Cd"),
            "proprietary": one(reason, "Rsn,StsRsn/Prtry"),
            "originator": one(reason, "Orgtr,StsOrgtr/Nm", "Orgtr,StsOrgtr/Id/OrgId/AnyBIC,BICOrBEI,BIC,BEI"),
            "text": many(reason, "AddtlInf,AddtlStsRsnInf"),
        }))
    return result


def counts(node):
    return [bare({"status": one(count, "DtldSts"), "count": one(count, "DtldNbOfTxs"), "sum": one(count, "DtldCtrlSum")})
            for count in all_of(node, "NbOfTxsPerSts")]


def status_records(root, message):
    header = {"record": "report", "message": message, "message_id": one(root, "GrpHdr/MsgId"),
              "created": one(root, "GrpHdr/CreDtTm")}
    groups = all_of(root, "OrgnlGrpInfAndSts")
    if not groups:
        yield bare(header)
    for group in groups:
        yield bare(dict(header, original_message_id=one(group, "OrgnlMsgId"),
                        original_message_name=one(group, "OrgnlMsgNmId"), group_status=one(group, "GrpSts"),
                        reasons=reasons(group), original_count=one(group, "OrgnlNbOfTxs"),
                        original_sum=one(group, "OrgnlCtrlSum"), counts=counts(group)))
    for node in all_of(root, "OrgnlPmtInfAndSts,TxInfAndSts"):
        if etree.QName(node).localname == "TxInfAndSts":
            yield status(node)
            continue
        yield bare({"record": "batch_status", "original_payment_information_id": one(node, "OrgnlPmtInfId"),
                    "status": one(node, "PmtInfSts"), "reasons": reasons(node), "counts": counts(node)})
        for transaction in all_of(node, "TxInfAndSts"):
            yield status(transaction)


def status(node):
    echo = {}
    for reference in all_of(node, "OrgnlTxRef"):
        echo = dict(amount(reference, "Amt/InstdAmt") or amount(reference, "Amt/EqvtAmt/Amt")
                    or amount(reference, "IntrBkSttlmAmt"),
                    date=one(reference, "ReqdExctnDt", "IntrBkSttlmDt"), creditor=one(reference, "Cdtr/Nm", "Cdtr/Pty/Nm", "Cdtr/Agt/FinInstnId/Nm"))
    return bare({
        "record": "status", "status_id": one(node, "StsId"), "original_instruction_id": one(node, "OrgnlInstrId"),
        "original_end_to_end_id": one(node, "OrgnlEndToEndId"), "original_transaction_id": one(node, "OrgnlTxId"),
        "original_payment_information_id": one(node, "OrgnlPmtInfId"),
        "original_uetr": one(node, "OrgnlUETR"), "original_message_id": one(node, "OrgnlGrpInf/OrgnlMsgId"),
        "status": one(node, "TxSts"), "reasons": reasons(node), "echo": bare(echo),
        "acceptance": one(node, "AccptncDtTm"), "account_servicer_reference": one(node, "AcctSvcrRef"),
        "clearing_system_reference": one(node, "ClrSysRef")})


def account(node, path):
    return bare({"iban": one(node, path + "/Id/IBAN"),
                 "other": one(node, path + "/Id/Othr,PrtryAcct/Id", path + "/Id/BBAN,UPIC")})


def bank_code(node):
    return bare({"domain": one(node, "BkTxCd/Domn/Cd"), "family": one(node, "BkTxCd/Domn/Fmly/Cd"),
                 "sub_family": one(node, "BkTxCd/Domn/Fmly/SubFmlyCd"), "proprietary": one(node, "BkTxCd/Prtry"),
                 "issuer": one(node, "BkTxCd/Prtry/Issr")})


def charges(node):
    result = []
    for group in all_of(node, "Chrgs"):
        records = all_of(group, "Rcrd") or ([group] if all_of(group, "Amt,CdtDbtInd,Tp") else [])
        for record in records:
            result.append(bare(dict(amount(record, "Amt"), direction=direction(record),
                                    included=boolean(one(record, "ChrgInclInd")),
                                    type=one(record, "Tp/Cd,PrtryCd", "Tp/Prtry/Id", "Tp/Prtry"))))
        if not records:
            result.append(bare(amount(group, "TtlChrgsAndTaxAmt")))
    return [charge for charge in result if charge]


def summary(report):
    here = "./*[local-name()='TxsSummry'][not(preceding-sibling::*[local-name()='Ntry'])]"
    for node in report.xpath(here):
        lines = {name: bare({"count": one(node, tag + "/NbOfNtries"), "sum": one(node, tag + "/Sum")})
                 for name, tag in (("entries", "TtlNtries"), ("credits", "TtlCdtNtries"), ("debits", "TtlDbtNtries"))}
        return bare(dict(lines, net=one(node, "TtlNtries/TtlNetNtry/Amt", "TtlNtries/TtlNetNtryAmt"),
                         net_direction=direction(node, "TtlNtries/TtlNetNtry/CdtDbtInd")
                         or direction(node, "TtlNtries/CdtDbtInd")))
    return None


def account_records(root, message):
    for report in all_of(root, "Rpt,Stmt,Ntfctn"):
        # A balance behind an entry breaks the schema's order and comes too late for the record.
        balances = [bare(dict(amount(balance, "Amt"), type=one(balance, "Tp/CdOrPrtry", "Tp"),
                              sub_type=one(balance, "Tp/SubTp"), direction=direction(balance), date=one(balance, "Dt")))
                    for balance in report.xpath("./*[local-name()='Bal'][not(preceding-sibling::*[local-name()='Ntry'])]")]
        pages = all_of(report, "RptPgntn,StmtPgntn,NtfctnPgntn") or all_of(root, "GrpHdr/MsgPgntn")
        page, last = (one(pages[0], "PgNb"), one(pages[0], "LastPgInd")) if pages else (None, None)
        yield bare({"record": "account_report", "message": message, "message_id": one(root, "GrpHdr/MsgId"),
                    "id": one(report, "Id"), "account": account(report, "Acct"), "currency": one(report, "Acct/Ccy"),
                    "sequence": one(report, "ElctrncSeqNb"), "legal_sequence": one(report, "LglSeqNb"),
                    "from": one(report, "FrToDt/FrDtTm"), "to": one(report, "FrToDt/ToDtTm"), "page": page,
                    "last_page": boolean(last), "copy": one(report, "CpyDplctInd"), "balances": balances,
                    "summary": summary(report)})
        for entry in all_of(report, "Ntry"):
            yield from entry_records(entry)


def entry_records(entry):
    transactions = all_of(entry, "NtryDtls/TxDtls") + all_of(entry, "TxDtls")
    batches = [bare(dict(amount(batch, "TtlAmt", "total"), message_id=one(batch, "MsgId"),
                         payment_information_id=one(batch, "PmtInfId"), count=one(batch, "NbOfTxs"),
                         direction=direction(batch)))
               for batch in all_of(entry, "NtryDtls/Btch") + all_of(entry, "Btch")]
    record = bare(dict(amount(entry, "Amt"), record="entry", reference=one(entry, "NtryRef"), direction=direction(entry),
                    reversal=boolean(one(entry, "RvslInd")), status=one(entry, "Sts"),
                    booking_date=one(entry, "BookgDt"), value_date=one(entry, "ValDt"),
                    account_servicer_reference=one(entry, "AcctSvcrRef"), bank_transaction_code=bank_code(entry),
                    additional_text=one(entry, "AddtlNtryInf"), more_batches=batches[1:], charges=charges(entry),
                    transactions=len(transactions)))
    # A batch of which nothing is said is one nevertheless.
    yield dict(record, batch=batches[0]) if batches else record
    for node in transactions:
        yield transaction(node, entry, len(transactions) == 1)


def party(node, role):
    return bare({"name": one(node, "RltdPties/%s/Nm" % role, "RltdPties/%s/Pty/Nm" % role,
                             "RltdPties/%s/Agt/FinInstnId/Nm" % role),
                 "account": account(node, "RltdPties/%sAcct" % role)})


def transaction(node, entry, alone):
    booked = amount(entry, "Amt")
    instructed = amount(node, "AmtDtls/InstdAmt/Amt")
    same = instructed.get("currency") and instructed.get("currency") == booked.get("currency")
    money = (amount(node, "Amt") or amount(node, "AmtDtls/TxAmt/Amt") or (booked if alone else {})
             or (instructed if same else {}))
    rates = node.xpath("./" + x("AmtDtls") + "/*/" + x("CcyXchg/XchgRate"))
    returned = None
    for information in all_of(node, "RtrInf"):
        returned = bare({"reason": one(information, "Rsn,RtrRsn/Cd"), "proprietary": one(information, "Rsn,RtrRsn/Prtry"),
                         "text": many(information, "AddtlInf,AddtlRtrRsnInf")})
    result = bare(dict(money, record="transaction", end_to_end_id=one(node, "Refs/EndToEndId"),
                       instruction_id=one(node, "Refs/InstrId"), uetr=one(node, "Refs/UETR"),
                       transaction_id=one(node, "Refs/TxId"), payment_information_id=one(node, "Refs/PmtInfId"),
                       message_id=one(node, "Refs/MsgId"), account_servicer_reference=one(node, "Refs/AcctSvcrRef"),
                       direction=direction(node) or (direction(entry) if alone else None),
                       debtor=party(node, "Dbtr"), creditor=party(node, "Cdtr"),
                       ultimate_debtor=party(node, "UltmtDbtr").get("name"),
                       ultimate_creditor=party(node, "UltmtCdtr").get("name"),
                       remittance=bare({"unstructured": many(node, "RmtInf/Ustrd"),
                                        "references": many(node, "RmtInf/Strd/CdtrRefInf/Ref,CdtrRef")}),
                       bank_transaction_code=bank_code(node), instructed_amount=instructed.get("amount"),
                       instructed_currency=instructed.get("currency"),
                       counter_amount=amount(node, "AmtDtls/CntrValAmt/Amt").get("amount"),
                       exchange_rate=own(rates[0]) if rates else None,
                       clearing_system_reference=one(node, "Refs/ClrSysRef"),
                       proprietary_references=many(node, "Refs/Prtry/Ref"), additional_text=one(node, "AddtlTxInf"),
                       charges=charges(node)))
    if returned is not None:
        result["return"] = returned
    return result


SCHEMAS = {}


def verdict(document, directory):
    namespace = etree.QName(document).namespace or ""
    path = os.path.join(directory, namespace.removeprefix(PREFIX) + ".xsd")
    if not namespace.startswith(PREFIX) or not os.path.exists(path):
        return None
    if path not in SCHEMAS:
        SCHEMAS[path] = etree.XMLSchema(etree.parse(path))
    return SCHEMAS[path].validate(etree.ElementTree(document))


def documents(tree, directory):
    for root in tree.iter():
        if not isinstance(root.tag, str):
            continue
        name = etree.QName(root).localname
        # A document may stand as text in another.
        text = (root.text or "").strip()
        if text.startswith("<") and not len(root):
            try:
                yield from documents(etree.fromstring(text.encode()), directory)
            except etree.XMLSyntaxError:
                pass
        # What a message carries as supplementary data is no document of its own.
        inside = any(etree.QName(above).localname in MESSAGES for above in root.iterancestors())
        if name == "Document" and not inside:
            yield {"root": None, "namespace": etree.QName(root).namespace, "valid": verdict(root, directory)}
        # A header is a document of its own only where it travels alone.
        alone = name == "AppHdr" and root.getparent() is None
        if alone:
            yield {"root": None, "namespace": etree.QName(root).namespace, "valid": verdict(root, directory)}
        if inside:
            continue
        if name in STATUS or name in ACCOUNT:
            read = status_records if name in STATUS else account_records
            yield {"root": name, "namespace": etree.QName(root).namespace, "records": list(read(root, "?"))}
        elif alone or name in order_records.READERS:
            yield {"root": name, "namespace": etree.QName(root).namespace, "records": order_records.read(root)}


for line in sys.stdin:
    file = line.rstrip("\n")
    try:
        found = list(documents(etree.parse(file).getroot(), sys.argv[1]))
        # A message stands right behind the Document around it.
        merged = []
        for document in found:
            if document["root"] and merged and merged[-1]["root"] is None:
                merged[-1].update(root=document["root"], records=document["records"])
            else:
                merged.append(dict({"valid": None, "records": []}, **document))
        print(json.dumps({"file": file, "documents": merged}))
    except etree.XMLSyntaxError as error:
        print(json.dumps({"file": file, "error": str(error)}))
