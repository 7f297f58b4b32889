//! Cancellations that the bank is asked for: what its answers (camt.029) mean, and the request (camt.055) as octets.
//! Never whether somebody may cancel (`decide::operate`), never the sending. Source: status life cycle, section 8.

use super::book::{Book, Exception};
use super::decide::Standing;
use super::input::{Envelope, Part};
use super::report::{self, Around, Found, Spoken, combine};
use super::routing::Bank;
use crate::bank::profile::{CancellationRules, Uetr};
use crate::domain::entry::Evidence;
use crate::domain::fact::Fact;
use crate::domain::lifecycle::State;
use crate::domain::payout::Code;
use crate::domain::row::{BlockRow, CancelStage, ConfiguredAccount, Key, PayoutRow, Subject};
use crate::domain::status::{Reason, StatusNews};
use crate::messages::assignment::{Assignment, Case, Participant};
use crate::messages::emit::{Money, WriteError};
use crate::messages::form::{Fields, Plain};
use crate::messages::record::{Reason as GivenReason, Status};
use crate::messages::write_camt_055::{
    BlockCancellation, Extent, GroupCancellation, Header, TransactionCancellation, write,
};
use crate::messages::write_status::Reason as WrittenReason;
use crate::store::lookup::Lookup;
use crate::store::view::View;
use chrono::{DateTime, Utc};

/// The status code that an accepted cancellation amounts to before settlement.
const CANCELLED: &str = "CANC";

/// What version 01 says without a code.
const REFUSED: &str = "RJCR";

/// Reasons that a request may give; every other text becomes the first. Source: status life cycle, section 8.
const REASONS: &[&str] = &["CUST", "DUPL", "TECH", "FRAD", "AC03", "AM09"];

/// What a code of an answer amounts to. Sources: ISO 20022, investigation execution confirmation and payment
/// cancellation status code sets; status life cycle, section 8.
const CODES: &[(&str, CancelStage)] = &[
    ("CNCL", CancelStage::Accepted),
    ("ACCR", CancelStage::Accepted),
    ("RJCR", CancelStage::Refused),
    ("PDCR", CancelStage::Pending),
    ("CWFW", CancelStage::Pending),
    ("PTNA", CancelStage::Pending),
];

/// Answers that speak of a part only: about one payment they say nothing certain.
const PARTLY: &[&str] = &["PECR", "PACR"];

/// One answer of a camt.029 about one payment, or about a case as a whole.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What names the payment; its `status` is the answer's code.
    pub status: Status,
    /// `RslvdCase/Id` or the request's own id: for requests of ours it is the request's message id.
    pub case: Option<String>,
    /// When the bank wrote it.
    pub created: Option<String>,
}

/// Gathers the answers of a camt.029 from its records; each takes what stands above it.
#[derive(Debug, Default)]
pub struct Resolution {
    created: Option<String>,
    case: Option<String>,
    whole: Option<(String, Vec<GivenReason>)>,
    batch: Option<(String, Vec<GivenReason>)>,
    told: bool,
}

fn owned(fields: &Fields, name: &str) -> Option<String> {
    fields.text(name).map(str::to_owned)
}

fn case_of(fields: &Fields) -> Option<String> {
    fields.one("case").and_then(|case| owned(case, "id"))
}

fn coded(fields: &Fields) -> Option<(String, Vec<GivenReason>)> {
    let reasons = fields.many("reasons").iter().map(|reason| GivenReason {
        code: owned(reason, "code"),
        proprietary: owned(reason, "proprietary"),
        originator: None,
        text: reason.texts("text").to_vec(),
    });
    Some((owned(fields, "status")?, reasons.collect()))
}

/// The refusal of version 01, which has a place of its own for it.
fn refused_at_once(fields: &Fields) -> Option<(String, Vec<GivenReason>)> {
    let code = owned(fields, "rejected_cancellation_code")?;
    let text = owned(fields, "rejected_cancellation_text").into_iter().collect();
    let reason = GivenReason { code: Some(code), proprietary: None, originator: None, text };
    Some((REFUSED.to_owned(), vec![reason]))
}

impl Resolution {
    /// Begins with the record of the whole message.
    pub fn begin(plain: &Plain) -> Resolution {
        let fields = plain.fields();
        Resolution {
            created: owned(fields, "created"),
            case: case_of(fields),
            whole: coded(fields).or_else(|| refused_at_once(fields)),
            ..Resolution::default()
        }
    }

    /// Takes a further record; an answer about a payment comes back.
    pub fn take(&mut self, plain: &Plain) -> Option<Resolved> {
        let fields = plain.fields();
        match plain.record() {
            "group_cancellation_status" => {
                self.case = self.case.take().or_else(|| case_of(fields)).or(owned(fields, "cancellation_id"));
                self.whole = coded(fields).or(self.whole.take());
                None
            }
            "batch_cancellation_status" => {
                self.batch = coded(fields);
                None
            }
            "cancellation_status" => {
                self.told = true;
                let (code, reasons) = coded(fields).or(self.batch.clone()).or(self.whole.clone())?;
                let status = Status {
                    original_instruction_id: owned(fields, "original_instruction_id"),
                    original_end_to_end_id: owned(fields, "original_end_to_end_id"),
                    original_transaction_id: owned(fields, "original_transaction_id"),
                    original_uetr: owned(fields, "original_uetr"),
                    clearing_system_reference: owned(fields, "original_clearing_system_reference"),
                    status: Some(code),
                    reasons,
                    ..Status::default()
                };
                let case = case_of(fields).or(self.case.clone());
                Some(Resolved { status, case, created: self.created.clone() })
            }
            _ => None,
        }
    }

    /// Whether the message listed payments.
    pub fn has_told(&self) -> bool {
        self.told
    }

    /// What the message says as a whole, where it listed no payment.
    pub fn end(self) -> Option<Resolved> {
        let (code, reasons) = self.batch.or(self.whole).filter(|_| !self.told)?;
        let status = Status { status: Some(code), reasons, ..Status::default() };
        Some(Resolved { status, case: self.case, created: self.created })
    }
}

// --------------------------------------------------------------------------------------------- answers

/// Applies an answer: the payout it names, or the one that its case is about.
pub fn apply_answer(book: &mut Book<'_>, around: Around<'_>, resolved: &Resolved, evidence: Evidence) {
    let (standing, envelope, part) = around;
    let raise = |book: &mut Book<'_>, subject, code, text: String| {
        book.raise(envelope, Exception { subject, code, text, evidence: Some(evidence) });
    };
    let mut named = report::names(book.view, standing, part, (&resolved.status, None));
    let about = resolved.case.as_deref().and_then(|case| book.view.by_message_id(case)?.about);
    named.push(("the case", about.into_iter().collect()));
    let key = match combine(&named) {
        Found::One(key) => key,
        Found::None => {
            let text = "an answer to a cancellation names no payment and no request of ours".to_owned();
            return raise(book, Subject::Gateway, "unknown_cancellation", text);
        }
        Found::Conflict(text) => return raise(book, Subject::Gateway, "key_conflict", text),
    };
    let Some(row) = book.view.payouts.get(&key).cloned() else { return };
    let news = news_of(resolved);
    let stage = CODES.iter().find(|(code, _)| *code == news.code).map(|(_, stage)| *stage);
    let Some(stage) = stage else {
        let code =
            if PARTLY.contains(&news.code.as_str()) { "cancellation_partly" } else { "cancellation_unclear" };
        let text = format!("the bank answered {} to the request for cancellation", news.code);
        return raise(book, Subject::Payout(key), code, text);
    };
    take_answer(book, envelope, &row, Answer { stage, news, evidence });
}

struct Answer {
    stage: CancelStage,
    news: StatusNews,
    evidence: Evidence,
}

fn news_of(resolved: &Resolved) -> StatusNews {
    let reason = resolved.status.reasons.first().map(|reason| Reason {
        code: reason.code.clone(),
        proprietary: reason.proprietary.clone(),
        text: reason.text.clone(),
    });
    let code = resolved.status.status.as_deref().unwrap_or_default().trim().to_owned();
    StatusNews { code, reason, created: resolved.created.clone().unwrap_or_default() }
}

fn take_answer(book: &mut Book<'_>, envelope: &Envelope, row: &PayoutRow, answer: Answer) {
    let Answer { stage, news, evidence } = answer;
    let known = row.cancellation.as_ref().map(|known| known.stage);
    if known == Some(stage) {
        return;
    }
    let raise = |book: &mut Book<'_>, code, text: &str| {
        let subject = Subject::Payout(row.key);
        book.raise(envelope, Exception { subject, code, text: text.to_owned(), evidence: Some(evidence) });
    };
    let request = row.cancellation.as_ref().and_then(|known| known.request);
    let fact = Fact::CancellationAnswered { key: row.key, request, stage, news: news.clone(), evidence };
    book.write(envelope, fact);
    match (known, stage) {
        (None, _) => {
            raise(book, "cancellation_unasked", "the bank answers a cancellation that was not asked here")
        }
        (Some(CancelStage::Accepted), CancelStage::Refused)
        | (Some(CancelStage::Refused), CancelStage::Accepted) => {
            raise(book, "cancellation_contradiction", "the bank both refused and granted the cancellation");
        }
        _ => {}
    }
    if stage == CancelStage::Accepted && !has_settled(book.view, row) {
        let news = StatusNews { code: CANCELLED.to_owned(), ..news };
        report::say(book, envelope, row, Spoken { news, bank_references: Vec::new(), evidence });
    }
}

/// Whether the money has left: then the bank asks it back, and only its return ends the payout.
fn has_settled(view: &View, row: &PayoutRow) -> bool {
    matches!(view.state_of(row), State::Settled | State::Booked | State::Returned)
        || row.status.as_ref().is_some_and(|status| status.weight() >= 70)
}

/// The lookups of an answer, beside those that any status needs: its case, and the request of whom it names.
pub fn part_needs(
    view: &View,
    standing: &Standing,
    (part, resolved): (&Part, &Resolved),
    wanted: &mut Vec<Lookup>,
) {
    let mut keys: Vec<Key> = report::names(view, standing, part, (&resolved.status, None))
        .into_iter()
        .flat_map(|(_, keys)| keys)
        .collect();
    if let Some(case) = resolved.case.as_deref() {
        wanted.push(Lookup::MessageId(case.to_owned()));
        let about = view.by_message_id(case).and_then(|row| row.about);
        wanted.extend(about.map(Lookup::Payout));
        keys.extend(about);
    }
    let requests = keys.iter().filter_map(|key| view.payouts.get(key)?.cancellation.as_ref()?.request);
    wanted.extend(requests.map(Lookup::Message));
}

// --------------------------------------------------------------------------------------------- request

/// What a request is written from.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The bank.
    pub bank: &'a Bank,
    /// How it takes requests.
    pub rules: &'a CancellationRules,
    /// The payout.
    pub payout: &'a PayoutRow,
    /// Its block.
    pub block: &'a BlockRow,
    /// `MsgId` and definition of the message it went out in.
    pub original: (&'a str, &'a str),
    /// The debited account.
    pub account: &'a ConfiguredAccount,
    /// The request's own id.
    pub id: &'a str,
    /// Reason as it was given.
    pub reason: &'a str,
    /// When it is written.
    pub created: DateTime<Utc>,
}

/// The request's octets: one payment of one message.
pub fn octets(asking: &Asking<'_>) -> Result<Vec<u8>, WriteError> {
    let customer = Participant::Party(asking.account.name.clone());
    let assignee = match &asking.account.bic {
        Some(bic) => Participant::Agent(bic.as_str().to_owned()),
        None => Participant::Party(asking.bank.profile.identity.name.clone()),
    };
    let header = Header {
        version: asking.rules.version(),
        assignment: Assignment {
            id: asking.id.to_owned(),
            assigner: customer.clone(),
            assignee,
            created: asking.created,
        },
        case: Some(Case { id: asking.id.to_owned(), creator: customer }),
        count: Some(1),
        sum: None,
    };
    let (message_id, message_name) = asking.original;
    let group = GroupCancellation {
        cancellation_id: Some(asking.id.to_owned()),
        message_id: message_id.to_owned(),
        message_name: message_name.to_owned(),
        extent: Extent::Listed,
        ..GroupCancellation::default()
    };
    let block = BlockCancellation {
        payment_information_id: asking.block.payment_information_id.clone(),
        extent: Extent::Listed,
        ..BlockCancellation::default()
    };
    let mut octets = Vec::new();
    write(&mut octets, &header, Some(&group), [(block, [transaction(asking)])])?;
    Ok(octets)
}

fn transaction(asking: &Asking<'_>) -> TransactionCancellation {
    let payout = asking.payout;
    let given = REASONS.iter().find(|code| code.eq_ignore_ascii_case(asking.reason.trim()));
    let code = given.or(REASONS.first()).copied().unwrap_or_default();
    TransactionCancellation {
        cancellation_id: Some(asking.id.to_owned()),
        instruction_id: Some(payout.token.base32()),
        end_to_end_id: Some(payout.end_to_end_id.clone()),
        uetr: (asking.bank.profile.message.uetr == Uetr::Send).then(|| payout.token.uetr()),
        amount: Some(Money {
            value: payout.amount.value(),
            currency: payout.amount.currency().code().to_owned(),
        }),
        execution_date: Some(payout.execution_date),
        reasons: vec![WrittenReason {
            originator: None,
            code: Some(Code::Listed(code.to_owned())),
            text: Vec::new(),
        }],
    }
}
