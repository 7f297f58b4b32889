//! Memory while long messages are read by their forms: flat in the number of transactions, bounded in a list that never ends.

use std::io::{BufReader, Read};
use std::path::Path;
use std::process::Command;

use girogate::messages::record::Record;
use girogate::messages::validate::parse;

use super::memory_peak_kib;

const HEAD: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09\"><PmtRtr><GrpHdr><MsgId>LONG</MsgId><CreDtTm>2025-03-14T06:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>";
const RETURN: &str = "<TxInf><RtrId>R</RtrId><OrgnlEndToEndId>E2E</OrgnlEndToEndId><RtrdIntrBkSttlmAmt Ccy=\"EUR\">12.00</RtrdIntrBkSttlmAmt><RtrRsnInf><Rsn><Cd>AC04</Cd></Rsn></RtrRsnInf><OrgnlTxRef><Cdtr><Pty><Nm>Example Author</Nm></Pty></Cdtr></OrgnlTxRef></TxInf>";
const REASON: &str = "<RtrRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>account closed</AddtlInf></RtrRsnInf>";

/// A message whose middle repeats.
pub fn message(head: &str, middle: &'static str, times: u64, tail: &str) -> impl Read {
    let repeated = Repeated { middle, times, at: 0 };
    std::io::Cursor::new(head.to_owned()).chain(repeated).chain(std::io::Cursor::new(tail.to_owned()))
}

struct Repeated {
    middle: &'static str,
    times: u64,
    at: usize,
}

impl Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.times == 0 {
            return Ok(0);
        }
        let rest = &self.middle.as_bytes()[self.at..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        if self.at == self.middle.len() {
            (self.at, self.times) = (0, self.times - 1);
        }
        Ok(length)
    }
}

/// Child process of the tests below; alone it does nothing.
#[test]
fn form_memory_child() {
    let Ok(what) = std::env::var("GIROGATE_TEST_RETURNS") else { return };
    let before = memory_peak_kib();
    let (mut records, mut cut) = (0_u64, 0_u64);
    let mut sink = |record: Record, _| match record {
        Record::Plain(_) => records += 1,
        Record::Deviation(deviation) => cut += u64::from(deviation.code == "record.cut"),
        _ => {}
    };
    match what.parse::<u64>() {
        Ok(transactions) => {
            let input = message(HEAD, RETURN, transactions, "</PmtRtr></Document>");
            parse(BufReader::new(input), None, &mut sink);
            assert_eq!((records, cut), (transactions + 1, 0));
        }
        Err(_) => {
            let head = format!("{HEAD}<TxInf>");
            let input = message(&head, REASON, 200_000, "</TxInf></PmtRtr></Document>");
            parse(BufReader::new(input), None, &mut sink);
            assert_eq!((records, cut), (2, 1));
        }
    }
    println!("grown {}", memory_peak_kib() - before);
}

/// By how much memory peaks in a child that runs one test of this binary.
pub fn growth_kib(test: &str, (name, what): (&str, &str)) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(name, what)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (_, rest) = text.split_once("grown ").unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

fn growth_of(what: &str) -> u64 {
    growth_kib("flat::form_memory_child", ("GIROGATE_TEST_RETURNS", what))
}

#[test]
fn memory_stays_flat_over_a_long_message_read_by_its_form() {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED: no /proc here; memory was not measured");
        return;
    }
    // The first returns bring the tables of the definition into memory.
    let (few, many) = (growth_of("600"), growth_of("60000"));
    assert!(many < few + 1024, "{many} KiB for 60,000 returns, {few} KiB for 600");
    // 200,000 reasons of one transaction: what a record keeps of its lists is bounded, and said.
    let grown = growth_of("reasons");
    assert!(grown < 64 * 1024, "{grown} KiB more for a list that never ends");
}
