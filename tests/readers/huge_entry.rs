//! One entry with any number of transactions: what is set aside reads back as it was written, in flat memory, and what cannot
//! be read back is said.

use std::fs::File;
use std::io::{self, Read, Write};

use girogate::messages::reading::{Aside, Spool};
use girogate::messages::record::Record;
use girogate::messages::unwrap::Source;
use girogate::messages::validate::parse_source;

use super::memory_peak_kib;

const HEAD: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>2025-03-14T06:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2025-03-14</Dt></Dt></Bal><Ntry><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BkTxCd/><NtryDtls>";
const TAIL: &str = "</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";

fn document(transactions: usize) -> String {
    let mut text = HEAD.to_owned();
    for number in 0..transactions {
        let currency = ["EUR", "USD", "JPY"][number % 3];
        text.push_str(&format!(
            "<TxDtls><Refs><EndToEndId>E2E-{number}</EndToEndId></Refs><Amt Ccy=\"{currency}\">{number}</Amt><CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Pty><Nm>Żółw {number}</Nm></Pty></Cdtr></RltdPties><RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls>\n",
            "é".repeat(1 + number % 139)
        ));
    }
    text + TAIL
}

fn records(text: &str, spool: Option<Spool>) -> Vec<String> {
    let mut records = Vec::new();
    let mut input = text.as_bytes();
    parse_source(Source::Stream(&mut input), None, spool, &mut |record, origin| {
        records.push(format!(
            "{} {} {}",
            origin.line,
            origin.column,
            serde_json::to_string(&record).unwrap()
        ));
    });
    records
}

fn in_file() -> io::Result<Aside> {
    let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
    Ok(Aside { reader: Box::new(File::open(&path)?), writer: Box::new(file) })
}

fn nowhere() -> io::Result<Aside> {
    Err(io::Error::other("no place"))
}

/// Takes and gives so many octets and then no more.
struct Bounded<T> {
    inner: T,
    room: usize,
}

impl<T> Bounded<T> {
    fn pass(&mut self, length: usize) -> io::Result<()> {
        self.room = self.room.checked_sub(length).ok_or(io::ErrorKind::StorageFull)?;
        Ok(())
    }
}

impl Write for Bounded<Box<dyn Write>> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.pass(octets.len())?;
        self.inner.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Read for Bounded<Box<dyn Read>> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        self.pass(octets.len())?;
        self.inner.read(octets)
    }
}

fn full() -> io::Result<Aside> {
    let Aside { writer, reader } = in_file()?;
    Ok(Aside { writer: Box::new(Bounded { inner: writer, room: 3 << 20 }), reader })
}

fn torn() -> io::Result<Aside> {
    let Aside { writer, reader } = in_file()?;
    Ok(Aside { writer, reader: Box::new(Bounded { inner: reader, room: 3 << 20 }) })
}

#[test]
fn what_is_set_aside_reads_back_wherever_it_was() {
    let text = document(30_000);
    let held = records(&text, None);
    assert_eq!(held.len(), 30_000 + 4);
    assert!(held.last().unwrap().contains("\"valid\":true"));
    for (number, record) in held[3..30_003].iter().enumerate() {
        assert!(record.contains(&format!("\"end_to_end_id\":\"E2E-{number}\"")), "{record}");
    }
    for spool in [in_file as Spool, nowhere, full] {
        assert_eq!(records(&text, Some(spool)), held);
    }
}

#[test]
fn what_cannot_be_read_back_is_said() {
    let text = document(30_000);
    let read = records(&text, Some(torn));
    let transactions = read.iter().filter(|record| record.contains("\"record\":\"transaction\"")).count();
    let said: Vec<&String> = read.iter().filter(|record| record.contains("record.lost")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(transactions < 30_000);
    assert!(
        said[0].contains(&format!("{} transactions of this entry", 30_000 - transactions)),
        "{}",
        said[0]
    );
}

/// Child process of the test below; alone it does nothing.
#[test]
fn huge_entry_child() {
    let Ok(transactions) = std::env::var("GIROGATE_TEST_TRANSACTIONS") else { return };
    let middle = "<TxDtls><Refs><EndToEndId>E2E</EndToEndId></Refs><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RmtInf><Ustrd>Invoice 1234567890</Ustrd></RmtInf></TxDtls>";
    let transactions: u64 = transactions.parse().unwrap();
    let before = memory_peak_kib();
    let mut input = io::BufReader::new(super::flat::message(HEAD, middle, transactions, TAIL));
    let mut seen = 0;
    parse_source(Source::Stream(&mut input), None, Some(in_file), &mut |record, _| {
        seen += u64::from(matches!(record, Record::Transaction(_)));
    });
    assert_eq!(seen, transactions);
    println!("grown {}", memory_peak_kib() - before);
}

#[test]
fn memory_stays_flat_over_a_huge_entry() {
    if !std::path::Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED: no /proc here; memory was not measured");
        return;
    }
    let growth = |transactions| {
        super::flat::growth_kib("huge_entry::huge_entry_child", ("GIROGATE_TEST_TRANSACTIONS", transactions))
    };
    let (few, many) = (growth("30000"), growth("120000"));
    assert!(many < few + 2_048, "{few} KiB for 30,000 transactions, {many} KiB for 120,000");
}
