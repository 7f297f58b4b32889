//! The bank's ledger and the journal it is read back from.

use girogate::domain::currency::Currency;
use girogate::sandbox::journal::{Batch, Journal, JournalError};
use girogate::sandbox::ledger::{Ledger, minor_of, money};
use girogate::sandbox::record::{Kind, PostingLine, Record};
use std::path::Path;

fn posting(
    number: u32,
    debit: &'static str,
    credit: &'static str,
    amount: &'static str,
) -> PostingLine<'static> {
    PostingLine {
        number,
        entry: None,
        debit: debit.into(),
        credit: credit.into(),
        amount: amount.into(),
        currency: "EUR".into(),
        kind: Kind::Payment,
        day: "2026-11-23".into(),
        order: None,
        line: None,
        end_to_end_id: None,
    }
}

#[test]
fn balances_move_in_pairs_and_sum_to_zero() {
    let mut ledger = Ledger::default();
    ledger.apply_posting(&posting(1, "opening", "DE1", "100.00")).unwrap();
    ledger.apply_posting(&posting(2, "DE1", "suspense", "12.34")).unwrap();
    assert_eq!(ledger.account("DE1", Currency::EUR).unwrap().balance_minor, 8766);
    assert_eq!(ledger.accounts().iter().map(|account| account.balance_minor).sum::<i64>(), 0);
    assert!(ledger.apply_posting(&posting(2, "DE1", "suspense", "1.00")).is_err());
}

#[test]
fn money_is_written_with_the_decimals_of_its_currency() {
    assert_eq!(money(5, Currency::EUR), "0.05");
    assert_eq!(money(-123_456, Currency::EUR), "1234.56");
    assert_eq!(money(1000, Currency::parse("JPY").unwrap()), "1000");
    assert_eq!(minor_of("1234.56", Currency::EUR), Some(123_456));
    assert_eq!(minor_of("0.00", Currency::EUR), Some(0));
    assert_eq!(minor_of("x", Currency::EUR), None);
}

fn step(order: u32) -> Batch {
    let mut batch = Batch::default();
    batch.push(&Record::Step { order, step: 0, at: 1 });
    batch.push(&Record::Step { order, step: 1, at: 2 });
    batch
}

fn orders(path: &Path) -> Result<Vec<u32>, JournalError> {
    let mut seen = Vec::new();
    Journal::open(path, &mut |record| {
        if let Record::Step { order, .. } = record {
            seen.push(order);
        }
    })?;
    Ok(seen)
}

#[test]
fn a_torn_tail_is_cut_and_the_whole_batches_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.ndjson");
    let mut journal = Journal::open(&path, &mut |_| ()).unwrap();
    journal.append(step(1)).unwrap();
    let whole = std::fs::metadata(&path).unwrap().len();
    journal.append(step(2)).unwrap();
    drop(journal);
    let octets = std::fs::read(&path).unwrap();
    for cut in whole as usize..octets.len() {
        std::fs::write(&path, &octets[..cut]).unwrap();
        assert_eq!(orders(&path).unwrap(), [1, 1], "cut at {cut}");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole);
    }
    std::fs::write(&path, &octets).unwrap();
    let mut journal = Journal::open(&path, &mut |_| ()).unwrap();
    journal.append(step(3)).unwrap();
    drop(journal);
    assert_eq!(orders(&path).unwrap(), [1, 1, 2, 2, 3, 3]);
}

#[test]
fn a_changed_octet_is_named_by_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.ndjson");
    let mut journal = Journal::open(&path, &mut |_| ()).unwrap();
    journal.append(step(1)).unwrap();
    journal.append(step(2)).unwrap();
    let text = std::fs::read_to_string(&path).unwrap().replacen("\"order\":1", "\"order\":7", 1);
    std::fs::write(&path, text).unwrap();
    let refused = orders(&path).unwrap_err();
    assert!(matches!(&refused, JournalError::Damaged { line: 3, .. }), "{refused}");
}
