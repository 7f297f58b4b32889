//! Writing and reading messages, with references on quick-xml.

use girogate::messages::reading::Aside;
use girogate::messages::unwrap::Source;
use std::fs::File;
use std::io::{self, Write};

use girogate::domain::account::Account;
use girogate::domain::payout::{Code, Payout, Remittance};
use girogate::messages::pain_001::Version;
use girogate::messages::{own, validate};
use girogate::schema::walk;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::reader::NsReader;

use super::{Stage, inputs};

/// Payments of a pain.001 of about 62 MB.
const PAYMENTS: usize = 100_000;

fn bytes(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut octets = Vec::new();
    write(&mut octets);
    octets
}

/// A pain.001.001.09.
pub fn pain_001(count: usize) -> Vec<u8> {
    let payouts = inputs::payouts(count);
    bytes(|out| {
        inputs::pain_001(out, &payouts, count).expect("our own payouts can be written");
    })
}

/// A camt.054.001.08.
pub fn camt_054(count: usize) -> Vec<u8> {
    bytes(|out| {
        inputs::camt_054(out, count).expect("our own entries can be written");
    })
}

/// A pain.002.001.10.
pub fn pain_002(count: usize) -> Vec<u8> {
    bytes(|out| {
        inputs::pain_002(out, count).expect("our own statuses can be written");
    })
}

/// Writes without looking at the result.
pub fn write_only() -> Stage {
    let payouts = inputs::payouts(PAYMENTS);
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    inputs::pain_001(&mut ours, &payouts, PAYMENTS).expect("our own payouts can be written");
    quick_xml_pain_001(&mut theirs, &payouts, PAYMENTS).expect("memory takes everything");
    assert!(ours == theirs, "both sides must write the same octets");
    let (octets, again) = (ours.len(), payouts.clone());
    Stage {
        items: PAYMENTS,
        octets,
        reference: "quick-xml Writer, the same octets",
        ours: Box::new(move || {
            ours.clear();
            inputs::pain_001(&mut ours, &payouts, PAYMENTS).expect("written before");
        }),
        theirs: Box::new(move || {
            theirs.clear();
            quick_xml_pain_001(&mut theirs, &again, PAYMENTS).expect("written before");
        }),
    }
}

/// Writes and walks the result through its definition, as every message that leaves.
pub fn write_checked() -> Stage {
    let stage = write_only();
    let payouts = inputs::payouts(PAYMENTS);
    let mut octets = Vec::new();
    Stage {
        reference: "quick-xml Writer, the same octets, not validated",
        ours: Box::new(move || {
            octets.clear();
            inputs::pain_001(&mut octets, &payouts, PAYMENTS).expect("written before");
            own::check(&octets, &Version::V09.definition().to_string()).expect("what we write is valid");
        }),
        ..stage
    }
}

/// Walks a document.
pub fn walked(document: Vec<u8>, items: usize) -> Stage {
    let again = document.clone();
    Stage {
        items,
        octets: document.len(),
        reference: "quick-xml events with namespaces, nothing checked",
        ours: Box::new(move || walk_once(document.as_slice())),
        theirs: Box::new(move || quick_xml_events(&again)),
    }
}

/// Walks a document and takes its records.
pub fn parsed(document: Vec<u8>, items: usize) -> Stage {
    let again = document.clone();
    Stage {
        items,
        octets: document.len(),
        reference: "quick-xml events with namespaces, nothing checked",
        ours: Box::new(move || {
            parse_once(document.as_slice());
        }),
        theirs: Box::new(move || quick_xml_events(&again)),
    }
}

/// Validates.
pub fn walk_once(document: impl io::BufRead) {
    let verdict = walk::validate_shipped(document).expect("our own document is well-formed");
    assert!(verdict.valid, "our own document is valid");
}

/// Validates and reads; gives the number of records.
pub fn parse_once(mut document: impl io::BufRead) -> u64 {
    let mut records = 0_u64;
    let parsed =
        validate::parse_lending(Source::Stream(&mut document), None, Some(aside), &mut |record, _| {
            std::hint::black_box(&*record);
            records += 1;
        });
    assert_eq!((parsed.documents, parsed.invalid), (1, 0), "our own document is valid");
    records
}

/// Where a huge entry is set aside.
fn aside() -> io::Result<Aside> {
    let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
    Ok(Aside { reader: Box::new(File::open(&path)?), writer: Box::new(file) })
}

fn quick_xml_events(document: &[u8]) {
    let mut reader = NsReader::from_reader(document);
    let mut events = 0_u64;
    loop {
        match reader.read_resolved_event().expect("our own document is well-formed") {
            (_, Event::Eof) => break,
            event => drop(std::hint::black_box(event)),
        }
        events += 1;
    }
    std::hint::black_box(events);
}

/// One document with quick-xml's writer: what a program would write that has no emitter of its own.
struct Plain<'a>(Writer<&'a mut Vec<u8>>);

impl Plain<'_> {
    fn open(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn text(&mut self, path: &[&str], text: &str) -> io::Result<()> {
        for name in path {
            self.open(name)?;
        }
        self.0.write_event(Event::Text(BytesText::new(text)))?;
        path.iter().rev().try_for_each(|name| self.close(name))
    }

    fn transaction(&mut self, payout: &Payout) -> io::Result<()> {
        let instruction = &payout.instruction;
        self.open("CdtTrfTxInf")?;
        self.open("PmtId")?;
        self.text(&["InstrId"], &payout.token.base32())?;
        self.text(&["EndToEndId"], payout.end_to_end_id.as_str())?;
        self.text(&["UETR"], &payout.token.uetr())?;
        self.close("PmtId")?;
        self.open("Amt")?;
        let mut amount = BytesStart::new("InstdAmt");
        amount.push_attribute(("Ccy", instruction.amount.currency().code()));
        self.0.write_event(Event::Start(amount))?;
        self.0.write_event(Event::Text(BytesText::new(&instruction.amount.value().to_string())))?;
        self.close("InstdAmt")?;
        self.close("Amt")?;
        self.creditor(payout)?;
        if let Some(Code::Listed(code)) = &instruction.purpose {
            self.text(&["Purp", "Cd"], code)?;
        }
        if let Remittance::Unstructured(text) = &instruction.remittance {
            self.text(&["RmtInf", "Ustrd"], text)?;
        }
        self.close("CdtTrfTxInf")
    }

    fn creditor(&mut self, payout: &Payout) -> io::Result<()> {
        let creditor = &payout.instruction.creditor;
        self.open("Cdtr")?;
        self.text(&["Nm"], creditor.name.as_str())?;
        if let Some(address) = &creditor.address {
            let parts = address.parts();
            let members = [
                ("StrtNm", &parts.street),
                ("BldgNb", &parts.building_number),
                ("PstCd", &parts.postcode),
                ("TwnNm", &parts.town),
                ("Ctry", &parts.country),
            ];
            self.open("PstlAdr")?;
            for (name, text) in members {
                if let Some(text) = text {
                    self.text(&[name], text)?;
                }
            }
            self.close("PstlAdr")?;
        }
        self.close("Cdtr")?;
        match &payout.instruction.creditor_account {
            Account::Iban(iban) => self.text(&["CdtrAcct", "Id", "IBAN"], iban.as_str()),
            _ => Ok(()),
        }
    }
}

fn quick_xml_pain_001(out: &mut Vec<u8>, payouts: &[Payout], count: usize) -> io::Result<()> {
    let (header, block) = inputs::heads(payouts, count);
    let mut plain = Plain(Writer::new(out));
    plain.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    plain.0.write_event(Event::Text(BytesText::new("\n")))?;
    let mut document = BytesStart::new("Document");
    document.push_attribute(("xmlns", header.version.definition().namespace().as_str()));
    plain.0.write_event(Event::Start(document))?;
    plain.open("CstmrCdtTrfInitn")?;
    plain.open("GrpHdr")?;
    plain.text(&["MsgId"], header.message_id.as_str())?;
    plain.text(&["CreDtTm"], &header.created.format("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    plain.text(&["NbOfTxs"], &header.totals.count.to_string())?;
    plain.text(&["CtrlSum"], &header.totals.sum.to_string())?;
    plain.text(&["InitgPty", "Nm"], &header.initiating_party.name)?;
    plain.close("GrpHdr")?;
    plain.open("PmtInf")?;
    plain.text(&["PmtInfId"], block.payment_information_id.as_str())?;
    plain.text(&["PmtMtd"], "TRF")?;
    plain.text(&["BtchBookg"], "true")?;
    plain.text(&["NbOfTxs"], &block.totals.count.to_string())?;
    plain.text(&["CtrlSum"], &block.totals.sum.to_string())?;
    plain.text(&["PmtTpInf", "SvcLvl", "Cd"], "SEPA")?;
    plain.text(&["ReqdExctnDt", "Dt"], &block.execution_date.to_string())?;
    plain.text(&["Dbtr", "Nm"], &block.debtor.name)?;
    plain.open("DbtrAcct")?;
    if let Account::Iban(iban) = &block.debtor.account {
        plain.text(&["Id", "IBAN"], iban.as_str())?;
    }
    plain.text(&["Ccy"], "EUR")?;
    plain.close("DbtrAcct")?;
    plain.text(&["DbtrAgt", "FinInstnId", "Othr", "Id"], "NOTPROVIDED")?;
    plain.text(&["ChrgBr"], "SLEV")?;
    for payout in payouts.iter().cycle().take(count) {
        plain.transaction(payout)?;
    }
    for name in ["PmtInf", "CstmrCdtTrfInitn", "Document"] {
        plain.close(name)?;
    }
    plain.0.into_inner().flush()
}
