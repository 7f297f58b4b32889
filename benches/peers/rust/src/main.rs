//! Reads a camt.054 into the types of version 12 of `open-payments-iso20022-camt`: typed-peer FILE. No facet is checked.

use std::fs::File;
use std::io::BufReader;

use open_payments_iso20022_camt::camt_054_001_12::BankToCustomerDebitCreditNotificationV12;
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "BkToCstmrDbtCdtNtfctn")]
    notification: BankToCustomerDebitCreditNotificationV12,
}

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let input = BufReader::new(File::open(path).expect("the file can be read"));
    let document: Document = quick_xml::de::from_reader(input).expect("the crate reads it");
    println!("{} notifications", document.notification.ntfctn.len());
}
