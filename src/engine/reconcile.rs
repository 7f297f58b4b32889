//! Account entries against payouts: by the key order of the status life cycle, section 7, never by
//! amount and date alone. A booking outranks every status; what is not ours stays not ours. Pure.

use crate::domain::account::Account;
use crate::domain::amount::{Amount, lexical_decimal};
use crate::domain::currency::Currency;
use crate::domain::entry::{Booking, Direction, Evidence, Mark, Return, UnmatchedClass};
use crate::domain::fact::Fact;
use crate::domain::lifecycle::State;
use crate::domain::reference::PayoutToken;
use crate::domain::row::{BlockRow, ConfiguredAccount, Key, PayoutRow, Subject};
use crate::engine::book::{Book, Exception};
use crate::engine::decide::Standing;
use crate::engine::ingest::{Item, Said, is_booked};
use crate::engine::input::{Envelope, Part};
use crate::engine::report::{
    Around, Found, combine, end_to_end_lookup, reference, token_of_instruction, token_of_uetr,
};
use crate::messages::record::{AccountId, AccountReport, BankTransactionCode, Charge, Entry, Transaction};
use crate::store::lookup::Lookup;
use crate::store::view::View;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The configured accounts.
#[derive(Clone, Debug, Default)]
pub struct Accounts(pub Vec<ConfiguredAccount>);

impl Accounts {
    /// The accounts at a bank.
    pub fn of_bank<'a>(&'a self, bank: &'a str) -> impl Iterator<Item = &'a ConfiguredAccount> {
        self.0.iter().filter(move |account| account.bank == bank)
    }

    /// The account at a bank that a report names.
    pub fn named(&self, bank: &str, id: &AccountId) -> Option<&ConfiguredAccount> {
        self.0.iter().filter(|account| account.bank == bank).find(|configured| match &configured.account {
            Account::Iban(iban) => id.iban.as_deref().is_some_and(|text| same_account(text, iban.as_str())),
            account => id.other.as_deref().is_some_and(|text| same_account(text, &number_of(account))),
        })
    }
}

/// The number under which a bank's report names an account that has no IBAN.
pub fn number_of(account: &Account) -> String {
    match account {
        Account::Iban(iban) => iban.as_str().to_owned(),
        Account::Uk { account, .. } => account.as_str().to_owned(),
        Account::Us { account, .. } => account.as_str().to_owned(),
        Account::Other { account, .. } => account.as_str().to_owned(),
    }
}

fn same_account(one: &str, other: &str) -> bool {
    let plain =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    plain(one) == plain(other)
}

/// One movement: an entry with one of its details, or alone.
struct Movement<'a> {
    account: &'a ConfiguredAccount,
    report: &'a AccountReport,
    entry: &'a Entry,
    detail: Option<&'a Transaction>,
    mark: Mark,
    evidence: Evidence,
    record: u64,
}

fn mark_of(report: &AccountReport) -> Mark {
    if report.message.starts_with("camt.053") { Mark::OnStatement } else { Mark::Notified }
}

// --------------------------------------------------------------------------------------- lookups

/// The lookups that the entries of a part need.
pub fn needs(view: &View, standing: &Standing, part: &Part, wanted: &mut Vec<Lookup>) {
    for item in &part.items {
        match &item.said {
            Said::Detail { account, entry, transaction } => {
                let id = account.account.clone().unwrap_or_default();
                let Some(configured) = standing.accounts.named(&part.bank, &id) else { continue };
                detail_needs(configured, (entry, transaction), wanted);
                wanted.push(Lookup::Entry(identity(configured, entry, Some(transaction), item.record)));
            }
            Said::Collective { account, entry } => {
                let id = account.account.clone().unwrap_or_default();
                let Some(configured) = standing.accounts.named(&part.bank, &id) else { continue };
                wanted.push(Lookup::Entry(identity(configured, entry, None, item.record)));
                collective_needs(view, entry, wanted);
            }
            Said::ReportEnd { account, .. } => {
                let id = account.account.clone().unwrap_or_default();
                let Some(configured) = standing.accounts.named(&part.bank, &id) else { continue };
                wanted.push(Lookup::Statement(statement_identity(configured, account)));
            }
            _ => {}
        }
    }
}

fn detail_needs(
    configured: &ConfiguredAccount,
    (entry, detail): (&Entry, &Transaction),
    wanted: &mut Vec<Lookup>,
) {
    let tokens = [token_of_uetr(detail.uetr.as_ref()), token_of_instruction(detail.instruction_id.as_ref())];
    wanted.extend(tokens.into_iter().flatten().map(Lookup::Token));
    if let Some(end_to_end) = reference(detail.end_to_end_id.as_ref()) {
        wanted.push(end_to_end_lookup(&configured.account_ref, end_to_end));
    }
    wanted.extend(detail_references(entry, detail).into_iter().map(Lookup::BankReference));
    wanted.extend(payment_information_id(entry, Some(detail)).map(Lookup::PaymentInformationId));
}

fn collective_needs(view: &View, entry: &Entry, wanted: &mut Vec<Lookup>) {
    let Some(id) = payment_information_id(entry, None) else { return };
    if let Some(block) = view.by_payment_information_id(&id) {
        wanted.push(Lookup::BlockMembers(block.key));
    }
    wanted.push(Lookup::PaymentInformationId(id));
}

fn payment_information_id(entry: &Entry, detail: Option<&Transaction>) -> Option<String> {
    let of_detail = detail.and_then(|detail| detail.payment_information_id.as_ref());
    let of_batch = entry.batch.as_ref().and_then(|batch| batch.payment_information_id.as_ref());
    reference(of_detail).or(reference(of_batch)).map(str::to_owned)
}

/// The bank's own references in a detail. The entry's reference counts only where it has one detail:
/// a collective entry's reference names the collection.
fn detail_references(entry: &Entry, detail: &Transaction) -> Vec<String> {
    let of_entry = entry.account_servicer_reference.as_ref().filter(|_| entry.transactions == 1);
    [
        detail.account_servicer_reference.as_ref(),
        of_entry,
        detail.transaction_id.as_ref(),
        detail.clearing_system_reference.as_ref(),
    ]
    .into_iter()
    .filter_map(|text| reference(text).map(str::to_owned))
    .collect()
}

/// Identity of a movement across reports: the bank's reference, else a composite. `record` tells apart
/// equal movements of one document; it is left out where the bank gives a reference.
fn identity(account: &ConfiguredAccount, entry: &Entry, detail: Option<&Transaction>, record: u64) -> String {
    let own = detail.and_then(|detail| reference(detail.account_servicer_reference.as_ref()));
    let of_entry = reference(entry.account_servicer_reference.as_ref());
    let direction = entry.direction.as_deref().unwrap_or("");
    let amount = detail.and_then(|detail| detail.amount.as_deref()).or(entry.amount.as_deref()).unwrap_or("");
    let date = entry.booking_date.as_deref().unwrap_or("");
    match (own, of_entry) {
        (Some(own), _) => format!("{}|{own}|{direction}|{amount}", account.account_ref),
        (None, Some(of_entry)) => {
            let end_to_end = detail.and_then(|detail| detail.end_to_end_id.as_deref()).unwrap_or("");
            format!("{}|{of_entry}|{end_to_end}|{direction}|{amount}", account.account_ref)
        }
        (None, None) => format!("{}|{date}|{direction}|{amount}|{record}", account.account_ref),
    }
}

fn statement_identity(account: &ConfiguredAccount, report: &AccountReport) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    format!(
        "{}|{}|{}|{}|{}|{}",
        account.account_ref,
        report.message.get(..8).unwrap_or_default(),
        part(&report.id),
        part(&report.sequence),
        part(&report.from),
        part(&report.to),
    )
}

// ----------------------------------------------------------------------------------------- items

/// Decides one item of an account report.
pub fn apply_item(book: &mut Book<'_>, around: Around<'_>, item: &Item, evidence: Evidence) {
    let (standing, envelope, part) = around;
    let (Said::Detail { account: report, .. }
    | Said::Collective { account: report, .. }
    | Said::Unbalanced { account: report, .. }
    | Said::ReportEnd { account: report, .. }) = &item.said
    else {
        return;
    };
    let id = report.account.clone().unwrap_or_default();
    let Some(account) = standing.accounts.named(&part.bank, &id) else {
        return unknown_account(book, envelope, part, (item, evidence));
    };
    let (record, mark) = (item.record, mark_of(report));
    match &item.said {
        Said::Detail { entry, transaction, .. } => {
            let detail = Some(&**transaction);
            movement(book, envelope, &Movement { account, report, entry, detail, mark, evidence, record });
        }
        Said::Collective { entry, .. } => {
            let movement = Movement { account, report, entry, detail: None, mark, evidence, record };
            collective(book, envelope, &movement);
        }
        Said::Unbalanced { entry, details, .. } => {
            let text = format!(
                "the details of entry {} add up to {details}, not to {}",
                entry.account_servicer_reference.as_deref().unwrap_or("without reference"),
                entry.amount.as_deref().unwrap_or("nothing"),
            );
            let subject = Subject::Document(part.document);
            book.raise(
                envelope,
                Exception { subject, code: "details_do_not_add_up", text, evidence: Some(evidence) },
            );
        }
        Said::ReportEnd { movement, .. } => statement(book, envelope, (account, report, *movement), evidence),
        _ => {}
    }
}

fn unknown_account(
    book: &mut Book<'_>,
    envelope: &Envelope,
    part: &Part,
    (item, evidence): (&Item, Evidence),
) {
    if matches!(item.said, Said::ReportEnd { .. }) {
        let text = "a report is about an account that is not configured for this bank".to_owned();
        let subject = Subject::Document(part.document);
        book.raise(envelope, Exception { subject, code: "unknown_account", text, evidence: Some(evidence) });
    }
}

/// Which way the money went for the account: a reversal turns the meaning, not the sign.
fn direction_of(movement: &Movement<'_>) -> Option<Direction> {
    let text = movement
        .detail
        .and_then(|detail| detail.direction.as_deref())
        .or(movement.entry.direction.as_deref());
    match text {
        Some("debit") => Some(Direction::Debit),
        Some("credit") => Some(Direction::Credit),
        _ => None,
    }
}

fn movement(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>) {
    if !is_booked(movement.entry, movement.report) {
        return;
    }
    let Some(detail) = movement.detail else { return };
    let key = match combine(&names(book.view, movement, detail)) {
        Found::One(key) => key,
        Found::None => return unmatched(book, envelope, movement, class_of_stranger(book.view, movement)),
        Found::Conflict(text) => {
            let exception = Exception {
                subject: Subject::Gateway,
                code: "key_conflict",
                text,
                evidence: Some(movement.evidence),
            };
            book.raise(envelope, exception);
            return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
        }
    };
    let Some(row) = book.view.payouts.get(&key).cloned() else { return };
    if row.debtor_account_ref != movement.account.account_ref {
        let text = "an entry on another account carries the keys of this payout".to_owned();
        return key_conflict(book, envelope, movement, (&row, text));
    }
    match direction_of(movement) {
        Some(Direction::Debit) => debit(book, envelope, movement, &row),
        Some(Direction::Credit) => credit(book, envelope, movement, &row),
        None => {
            key_conflict(book, envelope, movement, (&row, "an entry does not say debit or credit".to_owned()))
        }
    }
}

fn key_conflict(
    book: &mut Book<'_>,
    envelope: &Envelope,
    movement: &Movement<'_>,
    (row, text): (&PayoutRow, String),
) {
    let subject = Subject::Payout(row.key);
    book.raise(
        envelope,
        Exception { subject, code: "key_conflict", text, evidence: Some(movement.evidence) },
    );
    unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
}

/// What each key of a detail names, strongest first.
fn names<'a>(view: &View, movement: &Movement<'_>, detail: &Transaction) -> Vec<(&'a str, Vec<Key>)> {
    let by_token = |token: Option<PayoutToken>| -> Vec<Key> {
        token.and_then(|token| view.by_token(token)).map(|row| row.key).into_iter().collect()
    };
    let mut named = vec![
        ("the UETR", by_token(token_of_uetr(detail.uetr.as_ref()))),
        ("the instruction id", by_token(token_of_instruction(detail.instruction_id.as_ref()))),
    ];
    if let Some(end_to_end) = reference(detail.end_to_end_id.as_ref()) {
        let row = view.by_end_to_end(&movement.account.account_ref, &end_to_end.to_ascii_uppercase());
        named.push(("the end-to-end id", row.map(|row| row.key).into_iter().collect()));
    }
    for reference in detail_references(movement.entry, detail) {
        let rows = view.by_bank_reference(&reference).filter(|row| row.bank == movement.account.bank);
        named.push(("the bank's reference", rows.map(|row| row.key).collect()));
    }
    named
}

/// An entry that names none of our payouts. It is unexplained only if it says that it belongs to a
/// block of ours; everything else on a real account is simply not ours.
fn class_of_stranger(view: &View, movement: &Movement<'_>) -> UnmatchedClass {
    let of_our_block = payment_information_id(movement.entry, movement.detail)
        .is_some_and(|id| view.by_payment_information_id(&id).is_some());
    if of_our_block {
        UnmatchedClass::Unexplained
    } else if movement.detail.is_some_and(|detail| detail.returned.is_some()) {
        UnmatchedClass::PossibleReturn
    } else {
        UnmatchedClass::NotOurs
    }
}

// ----------------------------------------------------------------------------------------- debits

/// Money and references of a detail as booked.
fn amount_of(movement: &Movement<'_>) -> Option<Amount> {
    let of_detail =
        movement.detail.and_then(|detail| Some((detail.amount.as_deref()?, detail.currency.as_deref()?)));
    let of_entry = || Some((movement.entry.amount.as_deref()?, movement.entry.currency.as_deref()?));
    let (text, currency) = of_detail.or_else(of_entry)?;
    let currency = Currency::parse(currency.trim()).ok()?;
    Amount::from_decimal(lexical_decimal(text)?, currency).ok()
}

fn debit(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>, row: &PayoutRow) {
    let amount = amount_of(movement);
    if is_charge(movement) && amount.as_ref() != Some(&row.amount) {
        return unmatched(book, envelope, movement, UnmatchedClass::Charge);
    }
    let Some(amount) = amount.filter(|amount| explained(amount, &row.amount, movement)) else {
        let subject = Subject::Payout(row.key);
        let booked =
            movement.detail.and_then(|detail| detail.amount.as_deref()).or(movement.entry.amount.as_deref());
        let text = format!("instructed {}, booked {}", row.amount, booked.unwrap_or("without amount"));
        let exception =
            Exception { subject, code: "amount_mismatch", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    };
    if let Some(text) = second_debit(row, movement) {
        let subject = Subject::Payout(row.key);
        let exception =
            Exception { subject, code: "duplicate_debit", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    }
    if already_marked(row, movement) {
        return;
    }
    let before = book.view.state_of(row);
    let fact = Fact::EntryBooked {
        key: row.key,
        account_ref: movement.account.account_ref.clone(),
        counter_account: format!("creditor:{}", row.token.base32()),
        on_behalf_of: None,
        booking: Box::new(booking(movement, amount)),
        bank_references: movement
            .detail
            .map(|detail| detail_references(movement.entry, detail))
            .unwrap_or_default(),
        mark: movement.mark,
    };
    book.write(envelope, fact);
    if matches!(before, State::Rejected | State::Cancelled) {
        let subject = Subject::Payout(row.key);
        let text = format!("money left although the payout was {}", before.name());
        let exception =
            Exception { subject, code: "debit_after_reject", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
    }
}

/// Entry = instructed + charges marked as included; nothing else explains a difference in one currency.
fn explained(booked: &Amount, instructed: &Amount, movement: &Movement<'_>) -> bool {
    if booked.currency() != instructed.currency() {
        return false;
    }
    if booked == instructed {
        return true;
    }
    let of_detail = movement.detail.map(|detail| detail.charges.as_slice()).unwrap_or_default();
    let of_entry = if movement.entry.transactions <= 1 { movement.entry.charges.as_slice() } else { &[] };
    let charges = if of_detail.is_empty() { of_entry } else { of_detail };
    let included: Option<Decimal> = charges
        .iter()
        .filter(|charge| charge.included != Some(false))
        .map(|charge| charge_amount(charge, instructed.currency()))
        .sum();
    included.is_some_and(|included| {
        !included.is_zero() && instructed.value().checked_add(included) == Some(booked.value())
    })
}

fn charge_amount(charge: &Charge, currency: Currency) -> Option<Decimal> {
    if charge.currency.as_deref().map(str::trim) != Some(currency.code()) {
        return None;
    }
    let amount = lexical_decimal(charge.amount.as_deref()?)?;
    Some(if charge.direction.as_deref() == Some("credit") { -amount } else { amount })
}

/// A fee entry, by its transaction code. Source: status life cycle, section 6.1 (`CHRG`, `FEES`, `COMC`).
fn is_charge(movement: &Movement<'_>) -> bool {
    let code = |code: &BankTransactionCode| {
        code.sub_family
            .as_deref()
            .is_some_and(|sub_family| matches!(sub_family, "CHRG" | "FEES" | "COMC" | "COMM"))
    };
    let of_detail = movement.detail.and_then(|detail| detail.bank_transaction_code.as_ref());
    of_detail.or(movement.entry.bank_transaction_code.as_ref()).is_some_and(code)
}

/// Why a debit is a second one, if it is: two references that differ, or the same kind of report
/// telling of it again in another document without any reference and without being a copy.
fn second_debit(row: &PayoutRow, movement: &Movement<'_>) -> Option<String> {
    let known = row.booking.as_ref()?;
    let news = booking_reference(movement);
    match (&known.account_servicer_reference, &news) {
        (Some(known), Some(news)) if known != news => Some(format!("booked under {known} and under {news}")),
        (Some(_), Some(_)) => None,
        _ => {
            let seen = match movement.mark {
                Mark::Notified => known.notified,
                Mark::OnStatement => known.on_statement,
            };
            let again = seen.is_some_and(|seen| seen != movement.evidence);
            let copy = movement.report.copy.is_some();
            (again && !copy).then(|| "booked twice without a reference of the bank's".to_owned())
        }
    }
}

fn already_marked(row: &PayoutRow, movement: &Movement<'_>) -> bool {
    row.booking.as_ref().is_some_and(|known| match movement.mark {
        Mark::Notified => known.notified.is_some(),
        Mark::OnStatement => known.on_statement.is_some(),
    })
}

fn booking_reference(movement: &Movement<'_>) -> Option<String> {
    let of_detail = movement.detail.and_then(|detail| reference(detail.account_servicer_reference.as_ref()));
    let single = movement.entry.transactions <= 1;
    let of_entry = reference(movement.entry.account_servicer_reference.as_ref()).filter(|_| single);
    of_detail.or(of_entry).map(str::to_owned)
}

fn booking(movement: &Movement<'_>, amount: Amount) -> Booking {
    let marked = |mark: Mark| (movement.mark == mark).then_some(movement.evidence);
    Booking {
        amount,
        account_servicer_reference: booking_reference(movement),
        booking_date: date(movement.entry.booking_date.as_deref()),
        value_date: date(movement.entry.value_date.as_deref()),
        notified: marked(Mark::Notified),
        on_statement: marked(Mark::OnStatement),
    }
}

/// The day of a date or date-time; no zone is assumed.
fn date(text: Option<&str>) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text?.trim().get(..10)?, "%Y-%m-%d").ok()
}

// ---------------------------------------------------------------------------------------- credits

/// Money back: known by `RtrInf`, by its transaction code, or by a reversal that carries our keys.
fn is_return(movement: &Movement<'_>) -> bool {
    let by_code = |code: &BankTransactionCode| {
        code.sub_family.as_deref().is_some_and(|sub_family| matches!(sub_family, "RRTN" | "RPCR"))
    };
    let detail = movement.detail;
    detail.is_some_and(|detail| detail.returned.is_some())
        || detail.and_then(|detail| detail.bank_transaction_code.as_ref()).is_some_and(by_code)
        || movement.entry.bank_transaction_code.as_ref().is_some_and(by_code)
        || movement.entry.reversal == Some(true)
}

fn credit(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>, row: &PayoutRow) {
    let amount = amount_of(movement);
    let plausible = amount.as_ref().is_some_and(|amount| {
        amount.currency() == row.amount.currency() && amount.value() <= row.amount.value()
    });
    let (true, true, Some(amount)) = (is_return(movement), plausible, amount) else {
        let subject = Subject::Payout(row.key);
        let text = "a credit carries the keys of this payout but is no return of it".to_owned();
        book.raise(
            envelope,
            Exception { subject, code: "possible_return", text, evidence: Some(movement.evidence) },
        );
        return unmatched(book, envelope, movement, UnmatchedClass::PossibleReturn);
    };
    let news = booking_reference(movement);
    if let Some(known) = &row.returned {
        let differs = match (&known.account_servicer_reference, &news) {
            (Some(known), Some(news)) => known != news,
            _ => known.evidence.document == movement.evidence.document,
        };
        if differs {
            let subject = Subject::Payout(row.key);
            let text = "the money came back a second time".to_owned();
            let exception =
                Exception { subject, code: "second_return", text, evidence: Some(movement.evidence) };
            book.raise(envelope, exception);
            unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
        }
        return;
    }
    let undebited = book.view.state_of(row) != State::Booked;
    let information = movement.detail.and_then(|detail| detail.returned.as_ref());
    let returned = Return {
        amount,
        reason: information
            .and_then(|returned| returned.reason.clone().or_else(|| returned.proprietary.clone())),
        account_servicer_reference: news,
        booking_date: date(movement.entry.booking_date.as_deref()),
        evidence: movement.evidence,
    };
    let account_ref = movement.account.account_ref.clone();
    book.write(envelope, Fact::EntryReturned { key: row.key, account_ref, returned: Box::new(returned) });
    if undebited {
        let subject = Subject::Payout(row.key);
        let text = "money came back before a debit was seen".to_owned();
        book.raise(
            envelope,
            Exception { subject, code: "return_without_debit", text, evidence: Some(movement.evidence) },
        );
    }
}

// ------------------------------------------------------------------------------------- collective

/// An entry without details: the whole block, if total and count equal its executed members.
fn collective(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>) {
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
    let known = block.booking.as_ref().and_then(|booking| booking.account_servicer_reference.clone());
    let news = booking_reference(movement);
    if let (Some(known), Some(news)) = (&known, &news)
        && known != news
    {
        let text = format!("block booked under {known} and under {news}");
        let subject = Subject::Block(block.key);
        let exception =
            Exception { subject, code: "duplicate_debit", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    }
    let fact = Fact::BlockBooked {
        key: block.key,
        account_ref: movement.account.account_ref.clone(),
        booking: Box::new(booking(movement, amount)),
        mark: movement.mark,
    };
    book.write(envelope, fact);
}

/// Whether an amount is the sum of all members, or of those that were not refused.
fn equals_block(view: &View, block: &BlockRow, amount: &Amount) -> bool {
    if amount.currency() != block.currency {
        return false;
    }
    let executed: Decimal = view
        .members_of(block.key)
        .filter(|row| !matches!(view.state_of(row), State::Rejected | State::Cancelled))
        .map(|row| row.amount.value())
        .sum();
    amount.value() == executed
}

// ------------------------------------------------------------------------- not ours, statements

fn unmatched(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>, class: UnmatchedClass) {
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

fn statement(
    book: &mut Book<'_>,
    envelope: &Envelope,
    (account, report, movement): (&ConfiguredAccount, &AccountReport, Decimal),
    evidence: Evidence,
) {
    let identity = statement_identity(account, report);
    if book.view.by_statement_identity(&identity).is_some() {
        return;
    }
    let balance = |kinds: &[&str]| {
        let found =
            report.balances.iter().find(|balance| kinds.contains(&balance.kind.as_deref().unwrap_or("")));
        let amount = found.and_then(|balance| balance.amount.as_deref()).and_then(lexical_decimal);
        let negative = found.and_then(|balance| balance.direction.as_deref()) == Some("debit");
        amount.map(|amount| if negative { -amount } else { amount })
    };
    let (opening, closing) = (balance(&["OPBD", "PRCD"]), balance(&["CLBD"]));
    let closes = report.balances.iter().find(|balance| balance.kind.as_deref() == Some("CLBD"));
    let currency = closes.and_then(|balance| balance.currency.as_deref()).or(report.currency.as_deref());
    let fact = Fact::StatementRead {
        key: book.view.counters.statement,
        identity,
        account_ref: account.account_ref.clone(),
        id: report.id.clone().unwrap_or_default(),
        kind: report.message.get(..8).unwrap_or_default().to_owned(),
        sequence: report.sequence.clone(),
        date: date(closes.and_then(|balance| balance.date.as_deref()).or(report.to.as_deref())),
        opening,
        closing,
        currency: currency.and_then(|text| Currency::parse(text.trim()).ok()),
        movement,
        document: evidence.document,
    };
    book.write(envelope, fact);
    if let (Some(opening), Some(closing)) = (opening, closing)
        && opening.checked_add(movement) != Some(closing)
    {
        let id = report.id.as_deref().unwrap_or("without id");
        let text = format!("statement {id}: {opening} and {movement} do not make {closing}");
        let exception = Exception {
            subject: Subject::Gateway,
            code: "statement_does_not_foot",
            text,
            evidence: Some(evidence),
        };
        book.raise(envelope, exception);
    }
}
