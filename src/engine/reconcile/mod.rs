//! Account entries against payouts: by the key order of the status life cycle, section 7, never by
//! amount and date alone. A booking outranks every status; what is not ours stays not ours. Pure.

mod account;
mod chain;
mod money;
mod twice;

use crate::domain::account::Account;
use crate::domain::entry::{Direction, Evidence, Mark, UnmatchedClass};
use crate::domain::reference::PayoutToken;
use crate::domain::row::{ConfiguredAccount, Key, PayoutRow, Subject};
use crate::engine::book::{Book, Exception};
use crate::engine::decide::Standing;
use crate::engine::ingest::{Item, Said, is_booked};
use crate::engine::input::{Envelope, Part};
use crate::engine::report::{
    Around, Found, combine, end_to_end_lookup, reference, token_of_instruction, token_of_uetr,
};
use crate::messages::record::{AccountId, AccountReport, Entry, Transaction};
use crate::planted::{self, Defect};
use crate::store::lookup::Lookup;
use crate::store::view::View;
use account::{collective, statement, unmatched};
use money::{credit, debit};

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

/// The lookups that the entries of a part need.
pub fn needs(view: &View, standing: &Standing, part: &Part, wanted: &mut Vec<Lookup>) {
    for item in &part.items {
        match &item.said {
            Said::Detail { account, entry, transaction } => {
                let id = account.account.clone().unwrap_or_default();
                let Some(configured) = standing.accounts.named(&part.bank, &id) else { continue };
                detail_needs(configured, (entry, transaction), wanted);
                if entry.account_servicer_reference.is_none() {
                    wanted.push(Lookup::Statement(statement_identity(configured, account)));
                }
                wanted.push(Lookup::Entry(identity(configured, entry, Some(transaction), item.record)));
            }
            Said::Collective { account, entry } => {
                let id = account.account.clone().unwrap_or_default();
                let Some(configured) = standing.accounts.named(&part.bank, &id) else { continue };
                wanted.push(Lookup::Entry(identity(configured, entry, None, item.record)));
                collective_needs(view, entry, wanted);
                wanted.push(Lookup::Statement(statement_identity(configured, account)));
            }
            Said::ReportEnd { account, .. } => {
                let id = account.account.clone().unwrap_or_default();
                let Some(configured) = standing.accounts.named(&part.bank, &id) else { continue };
                wanted.push(Lookup::Statement(statement_identity(configured, account)));
                if account.message.starts_with(chain::STATEMENT) {
                    wanted.push(Lookup::Statements(configured.account_ref.clone()));
                }
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
        "{}|{}|{}|{}|{}|{}|{}",
        account.account_ref,
        report.message.get(..8).unwrap_or_default(),
        part(&report.id),
        part(&report.sequence),
        part(&report.from),
        part(&report.to),
        part(&report.page),
    )
}

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
        Found::None => match planted_match(book.view, movement) {
            Some(key) => key,
            None => return unmatched(book, envelope, movement, class_of_stranger(book.view, movement)),
        },
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

/// Any payout of the same amount, if that defect is planted.
fn planted_match(view: &View, movement: &Movement<'_>) -> Option<Key> {
    let amount = money::amount_of(movement).filter(|_| planted::is(Defect::MatchedByAmount))?;
    view.payouts.values().find(|row| row.amount == amount && row.booking.is_none()).map(|row| row.key)
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
