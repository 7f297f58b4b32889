//! What a status report and a part of a document do: roll-up of group, block and payment statuses.
//! Rules of the status life cycle, sections 1, 4 and 7. Pure.

use crate::bank::answers::DUPLICATE_CODES;
use crate::domain::entry::Evidence;
use crate::domain::fact::Fact;
use crate::domain::lifecycle::State;
use crate::domain::reference::PayoutToken;
use crate::domain::row::{Key, PayoutRow, Subject};
use crate::domain::status::{Merge, Reason, StatusNews, merge};
use crate::engine::book::{Book, Exception};
use crate::engine::cancellation;
use crate::engine::decide::Standing;
use crate::engine::decide::unknown::saw_duplicate;
use crate::engine::ingest::{Item, Said};
use crate::engine::input::{Envelope, Part};
use crate::engine::reconcile;
use crate::messages::record::{BatchStatus, Report, Status};
use crate::planted::{self, Defect};
use crate::store::lookup::Lookup;
use crate::store::view::View;

/// End-to-end ids that stand for "none". Source: status life cycle, section 7, key 3.
pub const NO_REFERENCE: &[&str] = &["NOTPROVIDED", "NONREF", "NOTAVAILABLE"];

/// A usable reference: present, and not one of the words for "none".
pub fn reference(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim())
        .filter(|text| !text.is_empty() && !NO_REFERENCE.iter().any(|none| none.eq_ignore_ascii_case(text)))
}

/// The token that a UETR names. Case does not matter.
pub fn token_of_uetr(text: Option<&String>) -> Option<PayoutToken> {
    PayoutToken::parse_uetr(reference(text)?).ok()
}

/// The token that our own instruction id names.
pub fn token_of_instruction(text: Option<&String>) -> Option<PayoutToken> {
    PayoutToken::parse_base32(reference(text)?).ok()
}

/// Whether a report relays what banks told each other: evidence, never the customer's status.
fn is_interbank(report: &Report) -> bool {
    report.message.starts_with("pacs.")
}

/// The lookups that the statuses of a part need.
pub fn needs(view: &View, standing: &Standing, part: &Part, wanted: &mut Vec<Lookup>) {
    for item in &part.items {
        match &item.said {
            Said::Group(report) if !is_interbank(report) => {
                wanted.extend(
                    reference(report.original_message_id.as_ref()).map(|id| Lookup::MessageId(id.to_owned())),
                );
            }
            Said::Batch(_, batch) => {
                let id = reference(batch.original_payment_information_id.as_ref());
                wanted.extend(id.map(|id| Lookup::PaymentInformationId(id.to_owned())));
            }
            Said::Payment { status, batch, .. } => {
                payment_needs(view, standing, part, (status, batch.as_deref()), wanted);
            }
            Said::Cancellation(resolved) => {
                payment_needs(view, standing, part, (&resolved.status, None), wanted);
                cancellation::part_needs(view, standing, (part, resolved), wanted);
            }
            _ => {}
        }
    }
}

fn payment_needs(
    view: &View,
    standing: &Standing,
    part: &Part,
    (status, batch): (&Status, Option<&BatchStatus>),
    wanted: &mut Vec<Lookup>,
) {
    let tokens = [
        token_of_uetr(status.original_uetr.as_ref()),
        token_of_instruction(status.original_instruction_id.as_ref()),
    ];
    wanted.extend(tokens.into_iter().flatten().map(Lookup::Token));
    wanted.extend(bank_references(status).into_iter().map(Lookup::BankReference));
    if let Some(end_to_end) = reference(status.original_end_to_end_id.as_ref()) {
        let block = batch
            .and_then(|batch| batch.original_payment_information_id.as_deref())
            .and_then(|id| view.by_payment_information_id(id));
        match block {
            Some(block) => wanted.push(end_to_end_lookup(&block.debtor_account_ref, end_to_end)),
            None => wanted.extend(
                standing
                    .accounts
                    .of_bank(&part.bank)
                    .map(|account| end_to_end_lookup(&account.account_ref, end_to_end)),
            ),
        }
    }
}

/// The lookup of an end-to-end id on an account.
pub fn end_to_end_lookup(account_ref: &str, end_to_end_id: &str) -> Lookup {
    Lookup::EndToEnd { account_ref: account_ref.to_owned(), key: end_to_end_id.to_ascii_uppercase() }
}

fn bank_references(status: &Status) -> Vec<String> {
    [&status.original_transaction_id, &status.clearing_system_reference, &status.account_servicer_reference]
        .into_iter()
        .filter_map(|text| reference(text.as_ref()).map(str::to_owned))
        .collect()
}

/// Applies what a part says, in document order. A part that was applied before changes nothing.
pub fn apply_part(book: &mut Book<'_>, standing: &Standing, envelope: &Envelope, part: &Part) {
    let Some(document) = book.view.documents.get(&part.document) else { return };
    if document.finished || part.part < document.parts_read || !document.authenticated {
        return;
    }
    if part.part == 0 {
        same_id_other_content(book, envelope, part);
    }
    for item in &part.items {
        let evidence = Evidence { document: part.digest, record: item.record };
        apply_item(book, (standing, envelope, part), item, evidence);
    }
    let fact = Fact::DocumentRead {
        key: part.document,
        part: part.part,
        records: u32::try_from(part.items.len()).unwrap_or(u32::MAX),
        message_id: part.message_id.clone(),
        finished: part.finished,
    };
    book.write(envelope, fact);
}

/// What every item is decided with.
pub type Around<'a> = (&'a Standing, &'a Envelope, &'a Part);

fn apply_item(book: &mut Book<'_>, around: Around<'_>, item: &Item, evidence: Evidence) {
    let envelope = around.1;
    match &item.said {
        Said::Group(report) if !is_interbank(report) => group(book, around, report, evidence),
        Said::Group(_) => {}
        Said::Batch(report, batch) => block(book, around, (report, batch), evidence),
        Said::Payment { report, batch, status } => {
            payment(book, around, (report, batch.as_deref(), status), evidence);
        }
        Said::Cancellation(resolved) => cancellation::apply_answer(book, around, resolved, evidence),
        Said::Broken { code, text } => {
            let text = format!("{code}: {text}");
            let subject = Subject::Document(around.2.document);
            book.raise(
                envelope,
                Exception { subject, code: "document_deviates", text, evidence: Some(evidence) },
            );
        }
        _ => reconcile::apply_item(book, around, item, evidence),
    }
}

/// The same message id of the bank with other octets: an alarm, while both are read.
fn same_id_other_content(book: &mut Book<'_>, envelope: &Envelope, part: &Part) {
    let Some(id) = &part.message_id else { return };
    let twice = book.view.documents.values().any(|other| {
        other.key != part.document && other.bank == part.bank && other.message_id.as_ref() == Some(id)
    });
    if twice {
        let text = format!("the bank's message {id} came again with other content");
        let evidence = Some(Evidence { document: part.digest, record: 0 });
        let subject = Subject::Document(part.document);
        book.raise(envelope, Exception { subject, code: "message_id_reused", text, evidence });
    }
}

fn news_of(code: &str, reasons: &[crate::messages::record::Reason], report: &Report) -> StatusNews {
    let reason = reasons.first().map(|reason| Reason {
        code: reason.code.clone(),
        proprietary: reason.proprietary.clone(),
        text: reason.text.clone(),
    });
    StatusNews { code: code.trim().to_owned(), reason, created: report.created.clone().unwrap_or_default() }
}

// ------------------------------------------------------------------------------------ group, block

fn group(book: &mut Book<'_>, around: Around<'_>, report: &Report, evidence: Evidence) {
    let envelope = around.1;
    let Some(code) = &report.group_status else { return };
    let Some(id) = reference(report.original_message_id.as_ref()) else { return };
    let news = news_of(code, &report.reasons, report);
    let Some(message) = book.view.by_message_id(id) else {
        let text = format!("a status report names the message {id}, which is not ours");
        book.raise(
            envelope,
            Exception { subject: Subject::Gateway, code: "unknown_message", text, evidence: Some(evidence) },
        );
        return;
    };
    if duplicate_refusal(&news) {
        // Something with our identity is at the bank: it never rejects a payout by itself.
        let (key, text) = (message.key, format!("the bank calls message {id} a duplicate"));
        return duplicate(book, envelope, (Subject::Message(key), Some(key), text), (&news, evidence));
    }
    if message.last_code.as_deref() == Some(news.code.as_str()) {
        return;
    }
    let (key, outcome) = (message.key, merge(message.status.as_ref(), &news).0);
    let known = message.last_code.clone();
    if let Some(news) = of_unlisted(around, &news) {
        book.write(envelope, Fact::MessageStatus { key, news, evidence });
    }
    book.write(envelope, Fact::MessageStatus { key, news: news.clone(), evidence });
    contradiction(book, envelope, (Subject::Message(key), outcome), (known.as_deref(), &news.code), evidence);
}

fn block(
    book: &mut Book<'_>,
    around: Around<'_>,
    (report, batch): (&Report, &BatchStatus),
    evidence: Evidence,
) {
    let envelope = around.1;
    let Some(code) = &batch.status else { return };
    let Some(id) = reference(batch.original_payment_information_id.as_ref()) else { return };
    let news = news_of(code, &batch.reasons, report);
    let Some(row) = book.view.by_payment_information_id(id) else {
        let text = format!("a status report names the payment information {id}, which is not ours");
        book.raise(
            envelope,
            Exception { subject: Subject::Gateway, code: "unknown_block", text, evidence: Some(evidence) },
        );
        return;
    };
    if duplicate_refusal(&news) {
        let (subject, message) = (Subject::Block(row.key), Some(row.message));
        let text = format!("the bank calls payment information {id} a duplicate");
        return duplicate(book, envelope, (subject, message, text), (&news, evidence));
    }
    if row.last_code.as_deref() == Some(news.code.as_str()) {
        return;
    }
    let (key, outcome) = (row.key, merge(row.status.as_ref(), &news).0);
    let known = row.last_code.clone();
    if let Some(news) = of_unlisted(around, &news) {
        book.write(envelope, Fact::BlockStatus { key, news, evidence });
    }
    book.write(envelope, Fact::BlockStatus { key, news: news.clone(), evidence });
    contradiction(book, envelope, (Subject::Block(key), outcome), (known.as_deref(), &news.code), evidence);
}

/// What a partly accepted group or block says of those that its report does not list, where the bank lists the exceptions
/// only: accepted. Each that is listed has its own status, which counts. Source: status life cycle, section 4.1.
fn of_unlisted((standing, _, part): Around<'_>, news: &StatusNews) -> Option<StatusNews> {
    (news.code == "PART" && standing.unlisted_is_accepted.contains(&part.bank)).then(|| StatusNews {
        code: "ACCP".to_owned(),
        reason: None,
        created: news.created.clone(),
    })
}

/// A refusal as duplicate is evidence that something with our identity is at the bank.
/// Source: faults and threats, section 2.4.
fn duplicate_refusal(news: &StatusNews) -> bool {
    news.code == "RJCT" && reason_code(news).is_some_and(|code| DUPLICATE_CODES.contains(&code))
}

fn reason_code(news: &StatusNews) -> Option<&str> {
    news.reason.as_ref().and_then(|reason| reason.code.as_deref().or(reason.proprietary.as_deref()))
}

/// Shows the refusal and has the bank asked what it has; the state stays what it is.
fn duplicate(
    book: &mut Book<'_>,
    envelope: &Envelope,
    (subject, message, text): (Subject, Option<Key>, String),
    (news, evidence): (&StatusNews, Evidence),
) {
    let exception = Exception { subject, code: "duplicate_at_bank", text, evidence: Some(evidence) };
    book.raise(envelope, exception);
    if let Some(message) = message {
        let code = reason_code(news).unwrap_or_default();
        saw_duplicate(book, envelope, message, (code, Some(evidence)));
    }
}

fn contradiction(
    book: &mut Book<'_>,
    envelope: &Envelope,
    (subject, outcome): (Subject, Merge),
    (known, said): (Option<&str>, &str),
    evidence: Evidence,
) {
    if outcome == Merge::Contradicts {
        let text = format!("the bank said {} and {said}", known.unwrap_or("nothing"));
        book.raise(
            envelope,
            Exception { subject, code: "status_contradiction", text, evidence: Some(evidence) },
        );
    }
}

// ----------------------------------------------------------------------------------------- payment

/// What was found for a set of keys.
pub enum Found {
    /// Exactly one payout.
    One(Key),
    /// None of the keys names a payout of ours.
    None,
    /// The keys name different payouts, or one key names several: never "first wins".
    Conflict(String),
}

/// Combines what each key names, strongest first.
pub fn combine(named: &[(&str, Vec<Key>)]) -> Found {
    let mut found: Option<(&str, Key)> = None;
    let mut open: Option<(&str, &Vec<Key>)> = None;
    for (name, keys) in named {
        match (keys.as_slice(), found) {
            ([], _) => {}
            ([key], None) => found = Some((name, *key)),
            ([key], Some((by, other))) if *key != other => {
                return Found::Conflict(format!("{by} and {name} name different payouts"));
            }
            ([_], Some(_)) => {}
            (several, Some((by, other))) if !several.contains(&other) => {
                return Found::Conflict(format!("{by} and {name} name different payouts"));
            }
            (_, Some(_)) => {}
            (_, None) => open = open.or(Some((name, keys))),
        }
    }
    match (found, open) {
        (Some((_, key)), None) => Found::One(key),
        (Some((_, key)), Some((_, several))) if several.contains(&key) => Found::One(key),
        (Some((by, _)), Some((name, _))) => {
            Found::Conflict(format!("{by} and {name} name different payouts"))
        }
        (None, Some((name, several))) => Found::Conflict(format!("{name} names {} payouts", several.len())),
        (None, None) => Found::None,
    }
}

fn payment(
    book: &mut Book<'_>,
    around: Around<'_>,
    (report, batch, status): (&Report, Option<&BatchStatus>, &Status),
    evidence: Evidence,
) {
    let (standing, envelope, part) = around;
    let Some(code) = &status.status else { return };
    let interbank = is_interbank(report) && !standing.relayed_is_status.contains(&part.bank);
    let named = names(book.view, standing, part, (status, batch));
    let key = match combine(&named) {
        Found::One(key) => key,
        Found::None if interbank => return,
        Found::None => {
            let text = "a status names a payment that is not ours".to_owned();
            let exception = Exception {
                subject: Subject::Gateway,
                code: "unknown_payment",
                text,
                evidence: Some(evidence),
            };
            return book.raise(envelope, exception);
        }
        Found::Conflict(text) => {
            let exception =
                Exception { subject: Subject::Gateway, code: "key_conflict", text, evidence: Some(evidence) };
            return book.raise(envelope, exception);
        }
    };
    let Some(row) = book.view.payouts.get(&key).cloned() else { return };
    let news = news_of(code, &status.reasons, report);
    let bank_references = bank_references(status);
    if interbank {
        return book.write(envelope, Fact::InterbankStatus { key, news, bank_references, evidence });
    }
    if duplicate_refusal(&news) {
        let text = "the bank calls the payment a duplicate".to_owned();
        let message = book.view.message_of(&row).map(|message| message.key);
        return duplicate(book, envelope, (Subject::Payout(key), message, text), (&news, evidence));
    }
    if planted::is(Defect::PartIsWhole)
        && news.code == "RJCT"
        && let Some(key) = row.block
    {
        if let Some(news) = of_unlisted(around, &news) {
            book.write(envelope, Fact::BlockStatus { key, news, evidence });
        }
        book.write(envelope, Fact::BlockStatus { key, news: news.clone(), evidence });
    }
    say(book, envelope, &row, Spoken { news, bank_references, evidence });
}

/// What was said about a payout.
pub struct Spoken {
    /// What.
    pub news: StatusNews,
    /// The bank's own references that came with it.
    pub bank_references: Vec<String>,
    /// Where.
    pub evidence: Evidence,
}

/// Writes what was said about a payout, unless it was said before; names contradictions.
pub fn say(book: &mut Book<'_>, envelope: &Envelope, row: &PayoutRow, spoken: Spoken) {
    let Spoken { news, bank_references, evidence } = spoken;
    let repeated = row.status.as_ref().is_some_and(|known| known.code == news.code)
        && bank_references.iter().all(|reference| row.bank_references.contains(reference));
    if repeated {
        return;
    }
    let before = book.view.state_of(row);
    let outcome = merge(row.status.as_ref(), &news).0;
    let refused = matches!(news.code.as_str(), "RJCT" | "CANC");
    let code = news.code.clone();
    book.write(envelope, Fact::PayoutStatus { key: row.key, news, bank_references, evidence });
    let against = match before {
        State::Booked if refused => Some(("reject_after_booking", format!("{code} after a booked debit"))),
        State::Cancelled if row.cancelled && !refused => {
            Some(("status_of_cancelled", format!("{code} for a payout that was cancelled here")))
        }
        _ if outcome == Merge::Contradicts => {
            let known = row.status.as_ref().map_or("nothing", |known| known.code.as_str());
            Some(("status_contradiction", format!("the bank said {known} and {code}")))
        }
        State::Settled if refused => Some(("status_contradiction", format!("{code} after settlement"))),
        _ => None,
    };
    if let Some((name, text)) = against.filter(|_| !planted::is(Defect::ContradictionOverwrites)) {
        let subject = Subject::Payout(row.key);
        book.raise(envelope, Exception { subject, code: name, text, evidence: Some(evidence) });
    }
}

/// What each key of a status names, strongest first. Source: status life cycle, section 7.
pub fn names<'a>(
    view: &View,
    standing: &Standing,
    part: &Part,
    (status, batch): (&Status, Option<&BatchStatus>),
) -> Vec<(&'a str, Vec<Key>)> {
    let by_token = |token: Option<PayoutToken>| -> Vec<Key> {
        token.and_then(|token| view.by_token(token)).map(|row| row.key).into_iter().collect()
    };
    let mut named = vec![
        ("the UETR", by_token(token_of_uetr(status.original_uetr.as_ref()))),
        ("the instruction id", by_token(token_of_instruction(status.original_instruction_id.as_ref()))),
    ];
    if let Some(end_to_end) = reference(status.original_end_to_end_id.as_ref()) {
        let key = end_to_end.to_ascii_uppercase();
        let block = batch
            .and_then(|batch| batch.original_payment_information_id.as_deref())
            .and_then(|id| view.by_payment_information_id(id));
        let keys = match block {
            Some(block) => {
                view.by_end_to_end(&block.debtor_account_ref, &key).map(|row| row.key).into_iter().collect()
            }
            None => standing
                .accounts
                .of_bank(&part.bank)
                .filter_map(|account| view.by_end_to_end(&account.account_ref, &key))
                .map(|row| row.key)
                .collect(),
        };
        named.push(("the end-to-end id", keys));
    }
    for reference in bank_references(status) {
        let keys: Vec<Key> = view
            .by_bank_reference(&reference)
            .filter(|row| row.bank == part.bank)
            .map(|row| row.key)
            .collect();
        named.push(("the bank's reference", keys));
    }
    named
}
