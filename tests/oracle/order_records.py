"""What an XPath script finds in orders, cancellations, returns and inquiries: the part of the oracle for messages whose
records our readers take by a form. Written from the published definitions; it shares no code with the readers.
"""
SPACE = " \t\r\n"


def x(path):
    return "/".join("*[%s]" % " or ".join("local-name()='%s'" % name for name in step.split(","))
                    for step in path.split("/"))


def every(node, path):
    return node.xpath("./" + x(path))


def text_of(node):
    return "".join(node.xpath("text()")).strip(SPACE)


def leaves(node, path):
    return [text_of(found) for found in every(node, path) if not found.xpath("*")]


def leaf(node, *paths):
    for path in paths:
        for value in leaves(node, path):
            return value
    return None


def money(node, *paths, name="amount", currency="currency"):
    for path in paths:
        for found in every(node, path):
            if not found.xpath("*"):
                return {name: text_of(found), currency: found.get("Ccy") or None}
    return {}


def flag(node, path):
    return next((value for value in ({"true": True, "1": True, "false": False, "0": False}.get(text)
                                     for text in leaves(node, path)) if value is not None), None)


def sign(node, path):
    return {"CRDT": "credit", "DBIT": "debit"}.get(leaf(node, path))


def bare(members):
    return {key: value for key, value in members.items() if value is not None and value != [] and value != {}}


def first(node, path, make):
    """The object of the element; of an element that may stand under several names, of whichever is there."""
    return next((made for made in (make(found) for found in every(node, path)) if made), None)


def bank(node, path):
    institution = path + "/FinInstnId"
    old = institution + "/CmbndId"
    return bare({
        "bic": leaf(node, institution + "/BICFI", institution + "/BIC", old + "/BIC"),
        "clearing_system": leaf(node, institution + "/ClrSysMmbId/ClrSysId/Cd", institution + "/ClrSysMmbId/ClrSysId/Prtry"),
        "member_id": leaf(node, institution + "/ClrSysMmbId/MmbId", institution + "/ClrSysMmbId/Id",
                          institution + "/ClrSysMmbId/Prtry", old + "/ClrSysMmbId/Id", old + "/ClrSysMmbId/Prtry"),
        "lei": leaf(node, institution + "/LEI"),
        "name": leaf(node, institution + "/Nm", institution + "/NmAndAdr/Nm", old + "/Nm"),
        "other": leaf(node, institution + "/Othr/Id", institution + "/PrtryId/Id", old + "/PrtryId/Id")})


def account(node, path):
    return bare({"iban": leaf(node, path + "/Id/IBAN"),
                 "other": leaf(node, path + "/Id/Othr/Id", path + "/Id/PrtryAcct/Id", path + "/Id/BBAN", path + "/Id/UPIC")})


def who(node, path):
    """A party, or an institution in its place; version 01 of the investigations has a bare BIC."""
    def at(*ends):
        return leaf(node, *[path + "/" + end for end in ends])
    bic = at("Id/OrgId/AnyBIC", "Id/OrgId/BICOrBEI", "Id/OrgId/BIC", "Id/OrgId/BEI", "Pty/Id/OrgId/AnyBIC",
             "Pty/Id/OrgId/BICOrBEI", "Agt/FinInstnId/BICFI", "Agt/FinInstnId/BIC", "FinInstnId/BICFI", "FinInstnId/BIC",
             "FinInstnId/CmbndId/BIC")
    return bare({
        "name": at("Nm", "Pty/Nm", "Agt/FinInstnId/Nm", "FinInstnId/Nm", "FinInstnId/NmAndAdr/Nm", "FinInstnId/CmbndId/Nm"),
        "bic": bic if bic is not None else leaf(node, path),
        "lei": at("Id/OrgId/LEI", "Pty/Id/OrgId/LEI", "Agt/FinInstnId/LEI", "FinInstnId/LEI"),
        "id": at("Id/OrgId/Othr/Id", "Id/PrvtId/Othr/Id", "Pty/Id/OrgId/Othr/Id", "Pty/Id/PrvtId/Othr/Id",
                 "Id/OrgId/PrtryId/Id", "Id/PrvtId/OthrId/Id"),
        "member_id": at("Agt/FinInstnId/ClrSysMmbId/MmbId", "FinInstnId/ClrSysMmbId/MmbId")})


def name_of(node, role):
    return leaf(node, role + "/Nm", role + "/Pty/Nm", role + "/Agt/FinInstnId/Nm")


def side(node, role):
    return bare({"name": name_of(node, role), "account": account(node, role + "Acct"), "agent": bank(node, role + "Agt")})


def remittance(node):
    return bare({"unstructured": leaves(node, "RmtInf/Ustrd"), "references": leaves(node, "RmtInf/Strd/CdtrRefInf/Ref,CdtrRef")})


def payment_type(node, path="PmtTpInf"):
    return bare({"instruction_priority": leaf(node, path + "/InstrPrty"),
                 "service_levels": leaves(node, path + "/SvcLvl/Cd,Prtry"),
                 "local_instrument": leaf(node, path + "/LclInstrm/Cd", path + "/LclInstrm/Prtry"),
                 "category_purpose": leaf(node, path + "/CtgyPurp/Cd", path + "/CtgyPurp/Prtry", path + "/CtgyPurp"),
                 "clearing_channel": leaf(node, path + "/ClrChanl"), "sequence_type": leaf(node, path + "/SeqTp")})


def reasons(node, path):
    return [bare({"code": leaf(reason, "Rsn,RtrRsn/Cd", "Rsn"), "proprietary": leaf(reason, "Rsn,RtrRsn/Prtry"),
                  "originator": leaf(reason, "Orgtr,RtrOrgtr/Nm", "Orgtr,RtrOrgtr/Id/OrgId/AnyBIC",
                                     "Orgtr,RtrOrgtr/Id/OrgId/BICOrBEI", "RtrOrgtr/Id/OrgId/BIC", "RtrOrgtr/Id/OrgId/BEI"),
                  "text": leaves(reason, "AddtlInf,AddtlRtrRsnInf")}) for reason in every(node, path)]


def charges(node, path):
    return [bare(dict(money(charge, "Amt,ChrgsAmt"), agent=bank(charge, "Agt,Pty,ChrgsPty"),
                      type=leaf(charge, "Tp/Cd", "Tp/Prtry/Id"))) for charge in every(node, path)]


def case(node, path):
    return bare({"id": leaf(node, path + "/Id"), "creator": who(node, path + "/Cretr"),
                 "reopened": flag(node, path + "/ReopCaseIndctn")})


def original_group(node, path=""):
    return {"original_message_id": leaf(node, path + "OrgnlMsgId"), "original_message_name": leaf(node, path + "OrgnlMsgNmId"),
            "original_created": leaf(node, path + "OrgnlCreDtTm")}


def day(node, name):
    return leaf(node, name, name + "/Dt", name + "/DtTm")


def original(node):
    made = {}
    for reference in every(node, "OrgnlTxRef"):
        made = dict(money(reference, "Amt/InstdAmt", "Amt/EqvtAmt/Amt"),
                    **money(reference, "IntrBkSttlmAmt", name="settlement_amount", currency="settlement_currency"),
                    settlement_date=leaf(reference, "IntrBkSttlmDt"), execution_date=day(reference, "ReqdExctnDt"),
                    collection_date=leaf(reference, "ReqdColltnDt"), payment_type=payment_type(reference),
                    payment_method=leaf(reference, "PmtMtd"),
                    ultimate_debtor=name_of(reference, "UltmtDbtr"), debtor=side(reference, "Dbtr"),
                    creditor=side(reference, "Cdtr"), ultimate_creditor=name_of(reference, "UltmtCdtr"),
                    purpose=leaf(reference, "Purp/Cd", "Purp/Prtry"), remittance=remittance(reference))
    return bare(made)


def ids(node):
    return {"original_instruction_id": leaf(node, "OrgnlInstrId"), "original_end_to_end_id": leaf(node, "OrgnlEndToEndId"),
            "original_transaction_id": leaf(node, "OrgnlTxId"), "original_uetr": leaf(node, "OrgnlUETR")}


def settlement(node):
    return bare({"method": leaf(node, "GrpHdr/SttlmInf/SttlmMtd"), "account": account(node, "GrpHdr/SttlmInf/SttlmAcct"),
                 "clearing_system": leaf(node, "GrpHdr/SttlmInf/ClrSys/Cd", "GrpHdr/SttlmInf/ClrSys/ClrSysId",
                                         "GrpHdr/SttlmInf/ClrSys/Prtry")})


def group_header(root, **more):
    return bare(dict({"record": "group_header", "message": "?", "message_id": leaf(root, "GrpHdr/MsgId"),
                      "created": leaf(root, "GrpHdr/CreDtTm"), "count": leaf(root, "GrpHdr/NbOfTxs"),
                      "sum": leaf(root, "GrpHdr/CtrlSum")}, **more))


def agents(node, path=""):
    return {"instructing_agent": bank(node, path + "InstgAgt"), "instructed_agent": bank(node, path + "InstdAgt")}


def initiation(root):
    yield group_header(root, authorisations=leaves(root, "GrpHdr/Authstn") + leaves(root, "GrpHdr/Authstn/Cd,Prtry"),
                       batch_booking=flag(root, "GrpHdr/BtchBookg"), grouping=leaf(root, "GrpHdr/Grpg"),
                       initiating_party=who(root, "GrpHdr/InitgPty"), forwarding_agent=bank(root, "GrpHdr/FwdgAgt"))
    for block in every(root, "PmtInf"):
        yield bare({"record": "payment_information", "payment_information_id": leaf(block, "PmtInfId"),
                    "payment_method": leaf(block, "PmtMtd"), "batch_booking": flag(block, "BtchBookg"),
                    "count": leaf(block, "NbOfTxs"), "sum": leaf(block, "CtrlSum"), "payment_type": payment_type(block),
                    "execution_date": day(block, "ReqdExctnDt"), "pooling_adjustment_date": leaf(block, "PoolgAdjstmntDt"),
                    "debtor": side(block, "Dbtr"), "account_currency": leaf(block, "DbtrAcct/Ccy"),
                    "ultimate_debtor": name_of(block, "UltmtDbtr"), "charge_bearer": leaf(block, "ChrgBr"),
                    "charges_account": account(block, "ChrgsAcct"),
                    "instruction_for_debtor_agent": leaf(block, "InstrForDbtrAgt")})
        for transfer in every(block, "CdtTrfTxInf"):
            yield bare(dict(transfer_members(transfer), **money(transfer, "Amt/InstdAmt", "Amt/EqvtAmt/Amt"),
                            currency_of_transfer=leaf(transfer, "Amt/EqvtAmt/CcyOfTrf"),
                            exchange_rate=leaf(transfer, "XchgRateInf/XchgRate"),
                            exchange_contract=leaf(transfer, "XchgRateInf/CtrctId"),
                            cheque_type=leaf(transfer, "ChqInstr/ChqTp"),
                            instructions_for_debtor_agent=leaves(transfer, "InstrForDbtrAgt") + leaves(transfer, "InstrForDbtrAgt/Cd,InstrInf"), creditor=side(transfer, "Cdtr")))


def transfer_members(node):
    return {"record": "credit_transfer", "instruction_id": leaf(node, "PmtId/InstrId"),
            "end_to_end_id": leaf(node, "PmtId/EndToEndId"), "uetr": leaf(node, "PmtId/UETR"),
            "payment_type": payment_type(node), "charge_bearer": leaf(node, "ChrgBr"),
            "ultimate_debtor": name_of(node, "UltmtDbtr"), "intermediary_agent": bank(node, "IntrmyAgt1"),
            "ultimate_creditor": name_of(node, "UltmtCdtr"), "purpose": leaf(node, "Purp/Cd", "Purp/Prtry"),
            "remittance": remittance(node)}


def interbank(root):
    yield group_header(root, expires=leaf(root, "GrpHdr/XpryDtTm"), batch_booking=flag(root, "GrpHdr/BtchBookg"),
                       **money(root, "GrpHdr/TtlIntrBkSttlmAmt", name="settlement_amount", currency="settlement_currency"),
                       settlement_date=leaf(root, "GrpHdr/IntrBkSttlmDt"), settlement=settlement(root),
                       payment_type=payment_type(root, "GrpHdr/PmtTpInf"), **agents(root, "GrpHdr/"))
    for node in every(root, "CdtTrfTxInf"):
        yield bare(dict(
            transfer_members(node), **money(node, "IntrBkSttlmAmt"), **agents(node),
            **money(node, "InstdAmt", name="instructed_amount", currency="instructed_currency"),
            transaction_id=leaf(node, "PmtId/TxId"), clearing_system_reference=leaf(node, "PmtId/ClrSysRef"),
            settlement_date=leaf(node, "IntrBkSttlmDt"), settlement_priority=leaf(node, "SttlmPrty"),
            exchange_rate=leaf(node, "XchgRate"),
            charges=charges(node, "ChrgsInf"), acceptance=leaf(node, "AccptncDtTm", "AddtlDtTm/AccptncDtTm"),
            previous_instructing_agent=bank(node, "PrvsInstgAgt,PrvsInstgAgt1"), initiating_party=leaf(node, "InitgPty/Nm"),
            debtor=side(node, "Dbtr"), creditor=side(node, "Cdtr")))


def payment_return(root):
    yield group_header(root, batch_booking=flag(root, "GrpHdr/BtchBookg"), group_return=flag(root, "GrpHdr/GrpRtr"),
                       **money(root, "GrpHdr/TtlRtrdIntrBkSttlmAmt", name="settlement_amount", currency="settlement_currency"),
                       settlement_date=leaf(root, "GrpHdr/IntrBkSttlmDt"), settlement=settlement(root),
                       payment_type=payment_type(root, "GrpHdr/PmtTpInf"), **agents(root, "GrpHdr/"),
                       **original_group(root, "OrgnlGrpInf/"), reasons=reasons(root, "OrgnlGrpInf/RtrRsnInf"))
    for node in every(root, "TxInf"):
        chain = {}
        for found in every(node, "RtrChain"):
            chain = bare({"ultimate_debtor": name_of(found, "UltmtDbtr"), "debtor": side(found, "Dbtr"),
                          "creditor": side(found, "Cdtr"), "ultimate_creditor": name_of(found, "UltmtCdtr")})
        yield bare(dict(
            {"record": "payment_return", "return_id": leaf(node, "RtrId")}, **original_group(node, "OrgnlGrpInf/"), **ids(node),
            original_clearing_system_reference=leaf(node, "OrgnlClrSysRef"),
            **money(node, "OrgnlIntrBkSttlmAmt", name="original_amount", currency="original_currency"),
            original_settlement_date=leaf(node, "OrgnlIntrBkSttlmDt"), payment_type=payment_type(node),
            **money(node, "RtrdIntrBkSttlmAmt"), settlement_date=leaf(node, "IntrBkSttlmDt"),
            settlement_priority=leaf(node, "SttlmPrty"),
            **money(node, "RtrdInstdAmt", name="instructed_amount", currency="instructed_currency"),
            exchange_rate=leaf(node, "XchgRate"),
            **money(node, "CompstnAmt", name="compensation_amount", currency="compensation_currency"),
            charge_bearer=leaf(node, "ChrgBr"), charges=charges(node, "ChrgsInf"),
            clearing_system_reference=leaf(node, "ClrSysRef"), **agents(node), return_chain=chain,
            reasons=reasons(node, "RtrRsnInf"), original_transaction=original(node)))


def status_request(root):
    yield group_header(root, **agents(root, "GrpHdr/"))
    for node in every(root, "OrgnlGrpInf,TxInf"):
        if node.tag.endswith("OrgnlGrpInf"):
            yield bare(dict({"record": "group_status_request", "original_count": leaf(node, "OrgnlNbOfTxs"),
                             "original_sum": leaf(node, "OrgnlCtrlSum")}, **original_group(node)))
            continue
        yield bare(dict({"record": "status_request", "status_request_id": leaf(node, "StsReqId"),
                         "acceptance": leaf(node, "AccptncDtTm"), "clearing_system_reference": leaf(node, "ClrSysRef"),
                         "original_transaction": original(node)},
                        **original_group(node, "OrgnlGrpInf/"), **ids(node), **agents(node)))


def assigned(root, record):
    return {"record": record, "message": "?", "assignment_id": leaf(root, "Assgnmt/Id"), "assigner": who(root, "Assgnmt/Assgnr"),
            "assignee": who(root, "Assgnmt/Assgne"), "created": leaf(root, "Assgnmt/CreDtTm")}


def dates(node):
    return {"original_execution_date": day(node, "OrgnlReqdExctnDt"), "original_collection_date": leaf(node, "OrgnlReqdColltnDt"),
            "original_settlement_date": leaf(node, "OrgnlIntrBkSttlmDt"),
            "original_clearing_system_reference": leaf(node, "OrgnlClrSysRef"),
            **money(node, "OrgnlInstdAmt", "OrgnlIntrBkSttlmAmt", name="original_amount", currency="original_currency")}


def cancellation_request(root):
    yield bare(dict(assigned(root, "assignment"), case=case(root, "Case"), count=leaf(root, "CtrlData/NbOfTxs"),
                    sum=leaf(root, "CtrlData/CtrlSum")))
    for node in root.xpath("./%s | ./%s" % (x("Undrlyg/OrgnlGrpInfAndCxl,OrgnlPmtInfAndCxl,TxInf"),
                                            x("Undrlyg/OrgnlPmtInfAndCxl/TxInf"))):
        name = node.xpath("local-name()")
        common = {"case": case(node, "Case"), "reasons": reasons(node, "CxlRsnInf")}
        if name == "OrgnlGrpInfAndCxl":
            yield bare(dict(common, record="group_cancellation", cancellation_id=leaf(node, "GrpCxlId"), **original_group(node),
                            count=leaf(node, "NbOfTxs"), sum=leaf(node, "CtrlSum"), whole=flag(node, "GrpCxl")))
        elif name == "OrgnlPmtInfAndCxl":
            yield bare(dict(common, record="batch_cancellation", cancellation_id=leaf(node, "PmtCxlId"),
                            original_payment_information_id=leaf(node, "OrgnlPmtInfId"), **original_group(node, "OrgnlGrpInf/"),
                            count=leaf(node, "NbOfTxs"), sum=leaf(node, "CtrlSum"), whole=flag(node, "PmtInfCxl")))
        else:
            yield bare(dict(common, record="cancellation", cancellation_id=leaf(node, "CxlId"),
                            **original_group(node, "OrgnlGrpInf/"), **ids(node), **dates(node), assigner=who(node, "Assgnr"),
                            assignee=who(node, "Assgne"), original_transaction=original(node)))


def resolved(node):
    return bare(dict({"end_to_end_id": leaf(node, "EndToEndId"), "transaction_id": leaf(node, "TxId"), "uetr": leaf(node, "UETR"),
                      "settlement_date": leaf(node, "IntrBkSttlmDt"), "clearing_channel": leaf(node, "ClrChanl"),
                      "charges": charges(node, "Chrgs,ChrgsInf")}, **money(node, "IntrBkSttlmAmt"),
                     **money(node, "Compstn/Amt", name="compensation_amount", currency="compensation_currency")))


def resolution(root):
    yield bare(dict(assigned(root, "resolution"), case=case(root, "RslvdCase"), status=leaf(root, "Sts/Conf"),
                    rejected_modifications=leaves(root, "Sts/RjctdMod") + leaves(root, "Sts/RjctdMod/Cd,Prtry"),
                    rejected_cancellation_code=leaf(root, "Sts/RjctdCxl/RsnCd"),
                    rejected_cancellation_text=leaf(root, "Sts/RjctdCxl/Rsn"), duplicate_of=case(root, "Sts/DplctOf"),
                    assignment_cancelled=flag(root, "Sts/AssgnmtCxlConf")))
    for node in root.xpath("./%s | ./%s | ./%s" % (
            x("CxlDtls/OrgnlGrpInfAndSts,OrgnlPmtInfAndSts,TxInfAndSts"), x("CxlDtls/OrgnlPmtInfAndSts/TxInfAndSts"),
            x("ModDtls,ClmNonRctDtls,StmtDtls,CrrctnTx,RsltnRltdInf"))):
        yield bare(RESOLUTION[node.xpath("local-name()")](node))


def group_of(node, record, status, cancellation):
    return {"record": record, "cancellation_id": leaf(node, cancellation), "case": case(node, "RslvdCase"),
            "original_count": leaf(node, "OrgnlNbOfTxs"), "original_sum": leaf(node, "OrgnlCtrlSum"), "status": leaf(node, status),
            "reasons": reasons(node, "CxlStsRsnInf"),
            "counts": [bare({"status": leaf(count, "DtldSts"), "count": leaf(count, "DtldNbOfTxs"),
                             "sum": leaf(count, "DtldCtrlSum")}) for count in every(node, "NbOfTxsPerCxlSts")]}


def inner(node):
    return next((resolved(found) for found in every(node, "RsltnRltdInf")), None)


RESOLUTION = {
    "OrgnlGrpInfAndSts": lambda node: dict(group_of(node, "group_cancellation_status", "GrpCxlSts", "OrgnlGrpCxlId"),
                                           **original_group(node)),
    "OrgnlPmtInfAndSts": lambda node: dict(
        group_of(node, "batch_cancellation_status", "PmtInfCxlSts", "OrgnlPmtInfCxlId"), **original_group(node, "OrgnlGrpInf/"),
        original_payment_information_id=leaf(node, "OrgnlPmtInfId")),
    "TxInfAndSts": lambda node: dict(
        {"record": "cancellation_status", "cancellation_status_id": leaf(node, "CxlStsId"), "status": leaf(node, "TxCxlSts")},
        **original_group(node, "OrgnlGrpInf/"), **dict(ids(node), original_uetr=leaf(node, "OrgnlUETR", "UETR")), **dates(node),
        case=case(node, "RslvdCase"), reasons=reasons(node, "CxlStsRsnInf"), resolution=inner(node), assigner=who(node, "Assgnr"),
        assignee=who(node, "Assgne"), original_transaction=original(node)),
    "ModDtls": lambda node: dict(
        {"record": "modification_status", "modification_status_id": leaf(node, "ModStsId"), "case": case(node, "RslvdCase"),
         "original_payment_information_id": leaf(node, "OrgnlPmtInfId")},
        **original_group(node, "OrgnlGrpInf/"), **ids(node), **dates(node), reasons=reasons(node, "ModStsRsnInf"),
        resolution=inner(node), original_transaction=original(node)),
    "ClmNonRctDtls": lambda node: {
        "record": "claim_of_non_receipt", "date_processed": leaf(node, "Accptd/DtPrcd"),
        "original_next_agent": bank(node, "Accptd/OrgnlNxtAgt"), "rejected": leaf(node, "Rjctd/Cd", "Rjctd/Prtry")},
    "StmtDtls": lambda node: dict(
        {"record": "statement_correction", "original_statement_id": leaf(node, "OrgnlStmtId"), "uetr": leaf(node, "UETR"),
         "account_servicer_reference": leaf(node, "AcctSvcrRef"), "purpose": leaf(node, "Purp/Cd", "Purp/Prtry")},
        **original_group(node, "OrgnlGrpInf/"), **money(node, "CrrctdAmt")),
    "CrrctnTx": lambda node: dict(
        {"record": "correction", "message_id": leaf(node, "Initn,IntrBk/GrpHdr/MsgId"),
         "message_name": leaf(node, "Initn,IntrBk/GrpHdr/MsgNmId"), "payment_information_id": leaf(node, "Initn/PmtInfId"),
         "instruction_id": leaf(node, "Initn,IntrBk/InstrId", "AssgnrInstrId"),
         "assignee_instruction_id": leaf(node, "AssgneInstrId"), "end_to_end_id": leaf(node, "Initn,IntrBk/EndToEndId"),
         "transaction_id": leaf(node, "IntrBk/TxId"), "uetr": leaf(node, "Initn,IntrBk/UETR"),
         "execution_date": day(node, "Initn/ReqdExctnDt"), "collection_date": leaf(node, "Initn/ReqdColltnDt"),
         "settlement_date": leaf(node, "IntrBk/IntrBkSttlmDt"), "value_date": leaf(node, "ValDt")},
        **money(node, "Initn/InstdAmt", "IntrBk/IntrBkSttlmAmt", "CcyAmt")),
    "RsltnRltdInf": lambda node: dict(resolved(node), record="resolution_information"),
}


def reporting_request(root):
    yield group_header(root, message_sender=who(root, "GrpHdr/MsgSndr"))
    for node in every(root, "RptgReq"):
        yield bare({
            "record": "reporting_request", "id": leaf(node, "Id"), "requested_message": leaf(node, "ReqdMsgNmId"),
            "account": account(node, "Acct"), "currency": leaf(node, "Acct/Ccy"), "account_owner": who(node, "AcctOwnr"),
            "account_servicer": bank(node, "AcctSvcr"), "from_date": leaf(node, "RptgPrd/FrToDt/FrDt"),
            "to_date": leaf(node, "RptgPrd/FrToDt/ToDt"), "from_time": leaf(node, "RptgPrd/FrToTm/FrTm"),
            "to_time": leaf(node, "RptgPrd/FrToTm/ToTm"), "period_type": leaf(node, "RptgPrd/Tp"),
            "from_sequence": leaf(node, "RptgSeq/FrSeq"), "to_sequence": leaf(node, "RptgSeq/ToSeq"),
            "sequence_ranges": [bare({"from": leaf(part, "FrSeq"), "to": leaf(part, "ToSeq")})
                                for part in every(node, "RptgSeq/FrToSeq")],
            "sequences": leaves(node, "RptgSeq/EQSeq"), "sequences_excluded": leaves(node, "RptgSeq/NEQSeq"),
            "transaction_status": leaf(node, "ReqdTxTp/Sts", "ReqdTxTp/Sts/Cd", "ReqdTxTp/Sts/Prtry"),
            "direction": sign(node, "ReqdTxTp/CdtDbtInd"),
            "floor_limits": [bare(dict(money(limit, "Amt"), direction=sign(limit, "CdtDbtInd")))
                             for limit in every(node, "ReqdTxTp/FlrLmt")],
            "balance_types": leaves(node, "ReqdBalTp/CdOrPrtry/Cd,Prtry")})


def end(node, path):
    institution = path + "/FIId/FinInstnId"
    organisation = path + "/OrgId"
    return bare({"name": leaf(node, organisation + "/Nm", institution + "/Nm"),
                 "bic": leaf(node, organisation + "/Id/OrgId/AnyBIC", institution + "/BICFI"),
                 "lei": leaf(node, organisation + "/Id/OrgId/LEI", institution + "/LEI"),
                 "id": leaf(node, organisation + "/Id/OrgId/Othr/Id", organisation + "/Id/PrvtId/Othr/Id", institution + "/Othr/Id"),
                 "member_id": leaf(node, institution + "/ClrSysMmbId/MmbId")})


def header_members(node):
    return {"from": end(node, "Fr"), "to": end(node, "To"), "business_message_id": leaf(node, "BizMsgIdr"),
            "message_definition": leaf(node, "MsgDefIdr"), "business_service": leaf(node, "BizSvc"),
            "created": leaf(node, "CreDt"), "copy": leaf(node, "CpyDplct")}


def application_header(root):
    yield bare(dict(header_members(root), record="application_header", message="?", market_practice=leaf(root, "MktPrctc/Id"),
                    processing_date=leaf(root, "BizPrcgDt"), possible_duplicate=flag(root, "PssblDplct"),
                    priority=leaf(root, "Prty"), related=[bare(header_members(node)) for node in every(root, "Rltd")]))


def message_reject(root):
    yield bare({"record": "message_reject", "message": "?", "related_reference": leaf(root, "RltdRef/Ref"),
                "reason": leaf(root, "Rsn/RjctgPtyRsn"), "rejected_at": leaf(root, "Rsn/RjctnDtTm"),
                "error_location": leaf(root, "Rsn/ErrLctn"), "description": leaf(root, "Rsn/RsnDesc"),
                "additional_text": leaf(root, "Rsn/AddtlData")})


READERS = {
    "CstmrCdtTrfInitn": initiation, "pain.001.001.02": initiation, "FIToFICstmrCdtTrf": interbank, "pacs.008.001.01": interbank,
    "PmtRtr": payment_return, "pacs.004.001.01": payment_return, "FIToFIPmtStsReq": status_request,
    "RsltnOfInvstgtn": resolution, "camt.029.001.01": resolution, "CstmrPmtCxlReq": cancellation_request,
    "FIToFIPmtCxlReq": cancellation_request, "AcctRptgReq": reporting_request, "admi.002.001.01": message_reject,
}


def read(root):
    """The records; a message without any element has none."""
    make = READERS.get(root.xpath("local-name()"), application_header)
    return list(make(root)) if root.xpath("*") else []
