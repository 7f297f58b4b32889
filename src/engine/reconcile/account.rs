//! What is booked for a whole block, what is nobody's, and statements.

use super::money::{already_marked, amount_of, booking, booking_reference, date};
use super::twice::second_collective;
use super::{Movement, chain, direction_of, identity, payment_information_id, statement_identity};
use crate::domain::amount::{Amount, lexical_decimal};
use crate::domain::currency::Currency;
use crate::domain::entry::{Direction, Evidence, UnmatchedClass};
use crate::domain::fact::Fact;
use crate::domain::lifecycle::State;
use crate::domain::row::{BlockRow, ConfiguredAccount, Key, PayoutRow, StatementRow, Subject};
use crate::engine::book::{Book, Exception};
use crate::engine::ingest::is_booked;
use crate::engine::input::Envelope;
use crate::messages::record::{AccountReport, BankTransactionCode};
use crate::store::view::View;
use rust_decimal::Decimal;

/// An entry without details: the whole block, if total and count equal its executed members.
pub(super) fn collective(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>) {
    if !is_booked(movement.entry, movement.report) {
        return;
    }
    let block = payment_information_id(movement.entry, None)
        .and_then(|id| book.view.by_payment_information_id(&id).cloned())
        .filter(|block| block.debtor_account_ref == movement.account.account_ref);
    let Some(block) = block else {
        return unmatched(book, envelope, movement, UnmatchedClass::NotOurs);
    };
    if direction_of(movement) != Some(Direction::Debit) {
        return unmatched(book, envelope, movement, UnmatchedClass::PossibleReturn);
    }
    let amount = amount_of(movement);
    let Some(amount) = amount.filter(|amount| equals_block(book.view, &block, amount)) else {
        let text = format!(
            "a collective debit of {} is not the sum of the executed payouts of block {}",
            movement.entry.amount.as_deref().unwrap_or("nothing"),
            block.payment_information_id,
        );
        let subject = Subject::Block(block.key);
        let exception =
            Exception { subject, code: "collective_mismatch", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    };
    if let Some(text) = second_collective(book.view, &block, movement) {
        let subject = Subject::Block(block.key);
        let exception =
            Exception { subject, code: "duplicate_debit", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    }
    if amount.value() != block.sum {
        return of_executed(book, envelope, movement, &block);
    }
    let fact = Fact::BlockBooked {
        key: block.key,
        account_ref: movement.account.account_ref.clone(),
        booking: Box::new(booking(movement, amount)),
        mark: movement.mark,
    };
    let refused: Vec<Key> = book
        .view
        .members_of(block.key)
        .filter(|row| matches!(book.view.state_of(row), State::Rejected | State::Cancelled))
        .map(|row| row.key)
        .collect();
    book.write(envelope, fact);
    for key in refused {
        let text = "the debit of its block counts it although it was refused".to_owned();
        let (subject, evidence) = (Subject::Payout(key), Some(movement.evidence));
        book.raise(envelope, Exception { subject, code: "debit_after_reject", text, evidence });
    }
}

/// A collective debit of those members alone that were not refused: each of them is booked for itself, so that nothing is
/// said of the others.
fn of_executed(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>, block: &BlockRow) {
    let executed: Vec<PayoutRow> = book
        .view
        .members_of(block.key)
        .filter(|row| !matches!(book.view.state_of(row), State::Rejected | State::Cancelled))
        .cloned()
        .collect();
    let news = booking_reference(movement);
    let differs = |row: &PayoutRow| {
        let known = row.booking.as_ref().and_then(|known| known.account_servicer_reference.as_ref());
        matches!((known, &news), (Some(known), Some(news)) if known != news)
    };
    if executed.iter().any(differs) {
        let text = format!("block {} is booked under two references", block.payment_information_id);
        let (subject, evidence) = (Subject::Block(block.key), Some(movement.evidence));
        book.raise(envelope, Exception { subject, code: "duplicate_debit", text, evidence });
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    }
    for row in executed.iter().filter(|row| !already_marked(row, movement)) {
        let fact = Fact::EntryBooked {
            key: row.key,
            account_ref: movement.account.account_ref.clone(),
            counter_account: format!("creditor:{}", row.token.base32()),
            on_behalf_of: None,
            booking: Box::new(booking(movement, row.amount)),
            bank_references: Vec::new(),
            mark: movement.mark,
        };
        book.write(envelope, fact);
    }
}

/// Whether an amount is the sum of all members, or of those that were not refused: some banks debit
/// all and give refused ones back later. Source: status life cycle, section 4.2.
fn equals_block(view: &View, block: &BlockRow, amount: &Amount) -> bool {
    if amount.currency() != block.currency {
        return false;
    }
    let executed: Decimal = view
        .members_of(block.key)
        .filter(|row| !matches!(view.state_of(row), State::Rejected | State::Cancelled))
        .map(|row| row.amount.value())
        .sum();
    amount.value() == block.sum || amount.value() == executed
}

pub(super) fn unmatched(
    book: &mut Book<'_>,
    envelope: &Envelope,
    movement: &Movement<'_>,
    class: UnmatchedClass,
) {
    let identity = identity(movement.account, movement.entry, movement.detail, movement.record);
    let known = book.view.by_entry_identity(&identity).map(|row| row.key);
    let Some(currency) =
        movement.entry.currency.as_deref().and_then(|text| Currency::parse(text.trim()).ok())
    else {
        let text = "an entry without a readable currency".to_owned();
        let exception = Exception {
            subject: Subject::Gateway,
            code: "entry_unreadable",
            text,
            evidence: Some(movement.evidence),
        };
        return book.raise(envelope, exception);
    };
    let text =
        movement.detail.and_then(|detail| detail.amount.as_deref()).or(movement.entry.amount.as_deref());
    let code = movement.detail.and_then(|detail| detail.bank_transaction_code.as_ref());
    let fact = Fact::EntryUnmatched {
        key: known.unwrap_or(book.view.counters.entry),
        identity,
        account_ref: movement.account.account_ref.clone(),
        class,
        direction: direction_of(movement).unwrap_or(Direction::Debit),
        amount: text.and_then(lexical_decimal).unwrap_or_default(),
        currency,
        booking_date: date(movement.entry.booking_date.as_deref()),
        transaction_code: code.or(movement.entry.bank_transaction_code.as_ref()).map(code_text),
        account_servicer_reference: booking_reference(movement),
        mark: movement.mark,
        evidence: movement.evidence,
    };
    book.write(envelope, fact);
}

fn code_text(code: &BankTransactionCode) -> String {
    match (&code.domain, &code.proprietary) {
        (Some(domain), _) => {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{domain}/{}/{}", part(&code.family), part(&code.sub_family))
        }
        (None, Some(proprietary)) => proprietary.clone(),
        (None, None) => String::new(),
    }
}

pub(super) fn statement(
    book: &mut Book<'_>,
    envelope: &Envelope,
    (account, report, movement): (&ConfiguredAccount, &AccountReport, Decimal),
    evidence: Evidence,
) {
    let raise = |book: &mut Book<'_>, code, text| {
        let subject = Subject::Gateway;
        book.raise(envelope, Exception { subject, code, text, evidence: Some(evidence) });
    };
    let row = statement_row(book.view.counters.statement, (account, report, movement), evidence);
    if let Some(known) = book.view.by_statement_identity(&row.identity).cloned() {
        if let Some((code, text)) = chain::corrected(&known, &row) {
            raise(book, code, text);
        }
        return;
    }
    book.write(envelope, read_fact(row.clone()));
    if let (Some(opening), Some(closing)) = (row.opening, row.closing)
        && opening.checked_add(movement) != Some(closing)
    {
        let id = report.id.as_deref().unwrap_or("without id");
        let text = format!("statement {id}: {opening} and {movement} do not make {closing}");
        raise(book, "statement_does_not_foot", text);
    }
    if row.kind == chain::STATEMENT {
        for (code, text) in chain::findings(book.view, &row) {
            raise(book, code, text);
        }
    }
}

fn statement_row(
    key: Key,
    (account, report, movement): (&ConfiguredAccount, &AccountReport, Decimal),
    evidence: Evidence,
) -> StatementRow {
    let balance = |kinds: &[&str]| {
        let found =
            report.balances.iter().find(|balance| kinds.contains(&balance.kind.as_deref().unwrap_or("")));
        let amount = found.and_then(|balance| balance.amount.as_deref()).and_then(lexical_decimal);
        let negative = found.and_then(|balance| balance.direction.as_deref()) == Some("debit");
        amount.map(|amount| if negative { -amount } else { amount })
    };
    let closes = report.balances.iter().find(|balance| balance.kind.as_deref() == Some("CLBD"));
    let currency = closes.and_then(|balance| balance.currency.as_deref()).or(report.currency.as_deref());
    StatementRow {
        key,
        identity: statement_identity(account, report),
        account_ref: account.account_ref.clone(),
        id: report.id.clone().unwrap_or_default(),
        kind: report.message.get(..8).unwrap_or_default().to_owned(),
        sequence: report.sequence.clone(),
        date: date(closes.and_then(|balance| balance.date.as_deref()).or(report.to.as_deref())),
        opening: balance(&["OPBD", "PRCD"]),
        closing: balance(&["CLBD"]),
        currency: currency.and_then(|text| Currency::parse(text.trim()).ok()),
        movement,
        document: evidence.document,
    }
}

fn read_fact(row: StatementRow) -> Fact {
    Fact::StatementRead {
        key: row.key,
        identity: row.identity,
        account_ref: row.account_ref,
        id: row.id,
        kind: row.kind,
        sequence: row.sequence,
        date: row.date,
        opening: row.opening,
        closing: row.closing,
        currency: row.currency,
        movement: row.movement,
        document: row.document,
    }
}
