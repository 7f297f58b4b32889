//! Which element of pain.001 fills which field. Knows paths, never XML.

use super::{
    AccountDetails, AgentDetails, Block, Coding, CreditorReference, Gathered, Header, Identifier, Part,
    Party, Transaction,
};
use crate::domain::payout::Code;

/// Where blocks begin, below the message.
const BLOCK: &str = "/PmtInf";
/// Where transactions begin.
const TRANSACTION: &str = "/PmtInf/CdtTrfTxInf";

impl Gathered {
    /// An element begins. `currency` is its `Ccy`.
    pub(super) fn start(&mut self, path: &str, currency: Option<&str>) {
        if path == BLOCK {
            self.block_is_open = true;
        } else if path == TRANSACTION {
            self.hand_out_block();
        } else if let Some(rest) = below(path, TRANSACTION) {
            self.transaction.start(rest, currency);
        } else if let Some(rest) = below(path, BLOCK) {
            start_party(&mut self.block.debtor, below(rest, "Dbtr"));
            start_party(&mut self.block.ultimate_debtor, below(rest, "UltmtDbtr"));
        } else if let Some(rest) = below(path, "/GrpHdr") {
            start_party(&mut self.header.initiating_party, below(rest, "InitgPty"));
        }
    }

    /// The text of the element at `path`.
    pub(super) fn text(&mut self, path: &str, text: &str) {
        if let Some(rest) = below(path, TRANSACTION) {
            self.transaction.text(rest, text);
        } else if let Some(rest) = below(path, BLOCK) {
            self.block.text(rest, text);
        } else if let Some(rest) = below(path, "/GrpHdr") {
            self.header.text(rest, text);
        }
    }

    /// The element at `path` ends.
    pub(super) fn end(&mut self, path: &str) {
        match path {
            "/GrpHdr" => self.ready = Some(Part::Header(std::mem::take(&mut self.header))),
            TRANSACTION => {
                self.ready = Some(Part::Transaction(std::mem::take(&mut self.transaction)));
            }
            // A block without transactions.
            BLOCK => self.hand_out_block(),
            _ => {}
        }
    }

    fn hand_out_block(&mut self) {
        if self.block_is_open {
            self.block_is_open = false;
            self.ready = Some(Part::Block(std::mem::take(&mut self.block)));
        }
    }
}

impl Header {
    fn text(&mut self, rest: &str, text: &str) {
        let (name, inner) = split(rest);
        match name {
            "MsgId" => set(&mut self.message_id, text),
            "CreDtTm" => set(&mut self.created, text),
            "NbOfTxs" => set(&mut self.count, text),
            "CtrlSum" => set(&mut self.sum, text),
            "InitgPty" => fill_party(&mut self.initiating_party, inner, text),
            _ => {}
        }
    }
}

impl Block {
    fn text(&mut self, rest: &str, text: &str) {
        let (name, inner) = split(rest);
        match name {
            "PmtInfId" => set(&mut self.payment_information_id, text),
            "PmtMtd" => set(&mut self.payment_method, text),
            "BtchBookg" => set(&mut self.batch_booking, text),
            "NbOfTxs" => set(&mut self.count, text),
            "CtrlSum" => set(&mut self.sum, text),
            "PmtTpInf" => fill_coding(&mut self.coding, inner, text),
            "ReqdExctnDt" => set(&mut self.execution_date, text),
            "Dbtr" => fill_party(&mut self.debtor, inner, text),
            "DbtrAcct" => fill_account(&mut self.debtor_account, inner, text),
            "DbtrAgt" => fill_agent(&mut self.debtor_agent, inner, text),
            "UltmtDbtr" => fill_party(&mut self.ultimate_debtor, inner, text),
            "ChrgBr" => set(&mut self.charge_bearer, text),
            _ => {}
        }
    }
}

impl Transaction {
    fn start(&mut self, rest: &str, currency: Option<&str>) {
        match rest {
            "Amt/InstdAmt" | "Amt/EqvtAmt/Amt" => self.currency = currency.map(str::to_owned),
            "RmtInf/Strd/CdtrRefInf" => self.creditor_references.push(CreditorReference::default()),
            _ => {
                start_party(&mut self.creditor, below(rest, "Cdtr"));
                start_party(&mut self.ultimate_creditor, below(rest, "UltmtCdtr"));
                start_party(&mut self.ultimate_debtor, below(rest, "UltmtDbtr"));
            }
        }
    }

    fn text(&mut self, rest: &str, text: &str) {
        let (name, inner) = split(rest);
        match name {
            "PmtId" => match inner {
                "InstrId" => set(&mut self.instruction_id, text),
                "EndToEndId" => set(&mut self.end_to_end_id, text),
                "UETR" => set(&mut self.uetr, text),
                _ => {}
            },
            "PmtTpInf" => fill_coding(&mut self.coding, inner, text),
            "Amt" => match inner {
                "InstdAmt" | "EqvtAmt/Amt" => set(&mut self.amount, text),
                "EqvtAmt/CcyOfTrf" => set(&mut self.currency_of_transfer, text),
                _ => {}
            },
            "ChrgBr" => set(&mut self.charge_bearer, text),
            "UltmtDbtr" => fill_party(&mut self.ultimate_debtor, inner, text),
            "CdtrAgt" => fill_agent(&mut self.creditor_agent, inner, text),
            "Cdtr" => fill_party(&mut self.creditor, inner, text),
            "CdtrAcct" => fill_account(&mut self.creditor_account, inner, text),
            "UltmtCdtr" => fill_party(&mut self.ultimate_creditor, inner, text),
            "Purp" => fill_code(&mut self.purpose, inner, text),
            "RmtInf" => self.fill_remittance(inner, text),
            _ => {}
        }
    }

    fn fill_remittance(&mut self, inner: &str, text: &str) {
        if inner == "Ustrd" {
            return self.unstructured.push(text.to_owned());
        }
        let last = self.creditor_references.last_mut();
        if let (Some(rest), Some(reference)) = (inner.strip_prefix("Strd/CdtrRefInf/"), last) {
            match rest.strip_prefix("Tp/CdOrPrtry/") {
                Some(choice) => fill_code(&mut reference.kind, choice, text),
                None if rest == "Ref" => set(&mut reference.reference, text),
                None => {}
            }
        }
    }
}

/// An element begins inside a party: a further identifier makes room for itself.
fn start_party(party: &mut Party, inner: Option<&str>) {
    match inner {
        Some("Id/OrgId/Othr") => party.organisation_ids.push(Identifier::default()),
        Some("Id/PrvtId/Othr") => party.private_ids.push(Identifier::default()),
        _ => {}
    }
}

fn fill_party(party: &mut Party, inner: &str, text: &str) {
    if let Some(part) = inner.strip_prefix("PstlAdr/") {
        return fill_address(party, part, text);
    }
    match inner {
        "Nm" => set(&mut party.name, text),
        "Id/OrgId/LEI" => set(&mut party.lei, text),
        "Id/OrgId/AnyBIC" | "Id/OrgId/BICOrBEI" => set(&mut party.bic, text),
        _ => {
            let (ids, rest) =
                match (inner.strip_prefix("Id/OrgId/Othr/"), inner.strip_prefix("Id/PrvtId/Othr/")) {
                    (Some(rest), _) => (&mut party.organisation_ids, rest),
                    (None, Some(rest)) => (&mut party.private_ids, rest),
                    (None, None) => return,
                };
            if let Some(id) = ids.last_mut() {
                match rest.strip_prefix("SchmeNm/") {
                    Some(choice) => fill_code(&mut id.scheme, choice, text),
                    None if rest == "Id" => set(&mut id.value, text),
                    None => {}
                }
            }
        }
    }
}

fn fill_address(party: &mut Party, part: &str, text: &str) {
    let address = &mut party.address;
    let field = match part {
        "Dept" => &mut address.department,
        "SubDept" => &mut address.sub_department,
        "StrtNm" => &mut address.street,
        "BldgNb" => &mut address.building_number,
        "BldgNm" => &mut address.building_name,
        "Flr" => &mut address.floor,
        "PstBx" => &mut address.post_box,
        "Room" => &mut address.room,
        "PstCd" => &mut address.postcode,
        "TwnNm" => &mut address.town,
        "TwnLctnNm" => &mut address.town_location,
        "DstrctNm" => &mut address.district,
        "CtrySubDvsn" => &mut address.country_subdivision,
        "Ctry" => &mut address.country,
        "AdrLine" => return address.lines.push(text.to_owned()),
        _ => return,
    };
    set(field, text);
}

fn fill_account(account: &mut AccountDetails, inner: &str, text: &str) {
    match split(inner) {
        ("Id", "IBAN") => set(&mut account.id.iban, text),
        ("Id", "Othr/Id") => set(&mut account.id.other, text),
        ("Id", "Othr/SchmeNm/Cd") => fill_code(&mut account.scheme, "Cd", text),
        ("Id", "Othr/SchmeNm/Prtry") => fill_code(&mut account.scheme, "Prtry", text),
        ("Tp", choice) => fill_code(&mut account.kind, choice, text),
        ("Ccy", "") => set(&mut account.currency, text),
        _ => {}
    }
}

fn fill_agent(agent: &mut AgentDetails, inner: &str, text: &str) {
    match inner.strip_prefix("FinInstnId/").unwrap_or_default() {
        "BICFI" | "BIC" => set(&mut agent.bic, text),
        "ClrSysMmbId/ClrSysId/Cd" => fill_code(&mut agent.clearing_system, "Cd", text),
        "ClrSysMmbId/ClrSysId/Prtry" => fill_code(&mut agent.clearing_system, "Prtry", text),
        "ClrSysMmbId/MmbId" => set(&mut agent.member_id, text),
        "PstlAdr/Ctry" => set(&mut agent.country, text),
        "Othr/Id" => set(&mut agent.other, text),
        _ => {}
    }
}

fn fill_coding(coding: &mut Coding, inner: &str, text: &str) {
    match split(inner) {
        // Later versions let it repeat; the first one counts.
        ("SvcLvl", choice) if coding.service_level.is_none() => {
            fill_code(&mut coding.service_level, choice, text);
        }
        ("LclInstrm", choice) => fill_code(&mut coding.local_instrument, choice, text),
        ("CtgyPurp", choice) => fill_code(&mut coding.category_purpose, choice, text),
        _ => {}
    }
}

fn fill_code(field: &mut Option<Code>, choice: &str, text: &str) {
    match choice {
        "Cd" => *field = Some(Code::Listed(text.to_owned())),
        "Prtry" => *field = Some(Code::Proprietary(text.to_owned())),
        _ => {}
    }
}

fn set(field: &mut Option<String>, text: &str) {
    *field = Some(text.to_owned());
}

/// What follows `head` and a slash in a path.
fn below<'a>(path: &'a str, head: &str) -> Option<&'a str> {
    path.strip_prefix(head)?.strip_prefix('/')
}

/// The first name of a path and what follows it.
fn split(rest: &str) -> (&str, &str) {
    rest.split_once('/').unwrap_or((rest, ""))
}
