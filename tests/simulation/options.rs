//! What a history is made of: number of payouts, the bank's temper and the faults that may happen.
//! Drawn from the seed, fixable by text. Never what a fault does.

use super::random::Stream;
use std::collections::BTreeSet;
use std::fmt;

/// Something that may go wrong or come out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process dies between any two events.
    Crash,
    /// The process dies at a named point of the send path or of ingest.
    CrashAtPoint,
    /// The store does not say whether a commit is durable.
    CommitUnknown,
    /// Another writer changed a row.
    CommitConflict,
    /// Connection refused.
    Refused,
    /// The connection is cut before the first byte.
    CutBefore,
    /// The connection is cut amid the request.
    CutAmid,
    /// The connection is cut after the request; the bank has it.
    CutAfter,
    /// The request lies in a buffer long after the sender gave up.
    RequestDelayed,
    /// The bank gets the same request twice.
    RequestTwice,
    /// The reply comes late.
    ReplyDelayed,
    /// The reply is cut.
    ReplyCut,
    /// The reply is about another message.
    ReplyForeign,
    /// The reply's signature does not hold.
    ReplyUnsigned,
    /// A page instead of a receipt.
    ReplyPage,
    /// 500 after processing.
    FailedAfter,
    /// 500 without processing.
    FailedBefore,
    /// 503 without processing.
    Busy,
    /// 400 without processing.
    RefusedMessage,
    /// Inquiries fail.
    InquiryFails,
    /// The bank answers no inquiries.
    NoInquiry,
    /// Inquiries do not know a message for longer than the bank states.
    InquiryLies,
    /// Callbacks get lost for ever.
    CallbackLost,
    /// Callbacks come twice.
    CallbackTwice,
    /// Callbacks come late and out of order.
    CallbackLate,
    /// Callbacks come before the reply.
    CallbackEarly,
    /// Callbacks carry a signature that does not hold.
    CallbackUnsigned,
    /// Payments are rejected.
    Reject,
    /// The whole message is rejected.
    RejectMessage,
    /// Payments wait at the bank.
    Pending,
    /// Money comes back.
    Return,
    /// Money comes back days later.
    LateReturn,
    /// An earlier status comes again.
    Regress,
    /// A rejection after settlement.
    RejectAfterSettled,
    /// Money leaves although the bank had rejected.
    BookedAfterReject,
    /// The bank calls a message a duplicate in its report.
    DuplicateReport,
    /// The bank says nothing until money moved.
    NoStatus,
    /// The bank books a payment twice.
    BookedTwice,
    /// One entry for a whole block.
    Collective,
    /// A statement comes a second time under another id.
    StatementTwice,
    /// The client asks again with the same key.
    ClientAgain,
    /// The client sends the same at the same time.
    ClientParallel,
    /// The client uses a key for another body.
    ClientOtherBody,
    /// An operator holds, releases, cancels.
    Operator,
    /// People decide about what stays unknown.
    People,
    /// The gateway's clock jumps.
    ClockJump,
    /// CONTROL: acknowledged commits are lost at a crash, as with synchronous=OFF. Never drawn.
    LoseAcknowledged,
}

use Fault as F;

/// Every fault with its name and how many of a hundred seeds have it.
pub const FAULTS: &[(Fault, &str, u64)] = &[
    (F::Crash, "crash", 40),
    (F::CrashAtPoint, "crash_at_point", 40),
    (F::CommitUnknown, "commit_unknown", 30),
    (F::CommitConflict, "commit_conflict", 20),
    (F::Refused, "refused", 15),
    (F::CutBefore, "cut_before", 15),
    (F::CutAmid, "cut_amid", 25),
    (F::CutAfter, "cut_after", 30),
    (F::RequestDelayed, "request_delayed", 15),
    (F::RequestTwice, "request_twice", 10),
    (F::ReplyDelayed, "reply_delayed", 20),
    (F::ReplyCut, "reply_cut", 15),
    (F::ReplyForeign, "reply_foreign", 10),
    (F::ReplyUnsigned, "reply_unsigned", 10),
    (F::ReplyPage, "reply_page", 10),
    (F::FailedAfter, "failed_after", 15),
    (F::FailedBefore, "failed_before", 15),
    (F::Busy, "busy", 15),
    (F::RefusedMessage, "refused_message", 12),
    (F::InquiryFails, "inquiry_fails", 20),
    (F::NoInquiry, "no_inquiry", 25),
    (F::InquiryLies, "inquiry_lies", 10),
    (F::CallbackLost, "callback_lost", 25),
    (F::CallbackTwice, "callback_twice", 25),
    (F::CallbackLate, "callback_late", 25),
    (F::CallbackEarly, "callback_early", 25),
    (F::CallbackUnsigned, "callback_unsigned", 10),
    (F::Reject, "reject", 30),
    (F::RejectMessage, "reject_message", 5),
    (F::Pending, "pending", 20),
    (F::Return, "return", 20),
    (F::LateReturn, "late_return", 20),
    (F::Regress, "regress", 20),
    (F::RejectAfterSettled, "reject_after_settled", 10),
    (F::BookedAfterReject, "booked_after_reject", 10),
    (F::DuplicateReport, "duplicate_report", 10),
    (F::NoStatus, "no_status", 20),
    (F::BookedTwice, "booked_twice", 5),
    (F::Collective, "collective", 20),
    (F::StatementTwice, "statement_twice", 10),
    (F::ClientAgain, "client_again", 30),
    (F::ClientParallel, "client_parallel", 20),
    (F::ClientOtherBody, "client_other_body", 20),
    (F::Operator, "operator", 30),
    (F::People, "people", 50),
    (F::ClockJump, "clock_jump", 10),
    (F::LoseAcknowledged, "lose_acknowledged", 0),
];

/// By what the bank recognises a message that it has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recognises {
    /// By nothing.
    Nothing,
    /// By `MsgId`.
    MessageId,
    /// By `EndToEndId` of each payment.
    EndToEndId,
    /// By the header's key, for a window.
    HeaderKey,
    /// By the header's key, answering as before without looking at the body.
    BodyBlind,
}

/// Every temper with its name.
pub const TEMPERS: &[(Recognises, &str)] = &[
    (Recognises::Nothing, "none"),
    (Recognises::MessageId, "message_id"),
    (Recognises::EndToEndId, "end_to_end_id"),
    (Recognises::HeaderKey, "header_key"),
    (Recognises::BodyBlind, "body_blind"),
];

/// What a history is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Payouts, before any is left out.
    pub payouts: u64,
    /// Payouts left out, by their place.
    pub without: BTreeSet<u64>,
    /// The bank's duplicate check.
    pub recognises: Recognises,
    /// What may go wrong.
    pub faults: BTreeSet<Fault>,
    /// Faults end after so many have happened.
    pub budget: u64,
}

impl Options {
    /// What a seed draws.
    pub fn draw(seed: u64) -> Options {
        let mut stream = Stream::of(seed, "options", 0);
        let payouts = stream.range(3, 13);
        let recognises = match stream.range(0, 10) {
            0 | 1 => Recognises::Nothing,
            2 => Recognises::EndToEndId,
            3 => Recognises::HeaderKey,
            4 => Recognises::BodyBlind,
            _ => Recognises::MessageId,
        };
        let budget = stream.range(4, 40);
        let has = |(fault, name, percent): &(Fault, &str, u64)| {
            Stream::of(seed, name, 0).percent(*percent).then_some(*fault)
        };
        let faults = FAULTS.iter().filter_map(has).collect();
        Options { payouts, without: BTreeSet::new(), recognises, faults, budget }
    }

    /// The same with a fault more.
    pub fn with(mut self, fault: Fault) -> Options {
        self.faults.insert(fault);
        self
    }

    /// The options of a text as `Display` writes it.
    pub fn parse(text: &str) -> Result<Options, String> {
        let mut options = Options {
            payouts: 3,
            without: BTreeSet::new(),
            recognises: Recognises::MessageId,
            faults: BTreeSet::new(),
            budget: 40,
        };
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("{part} is no NAME=VALUE"))?;
            let number = || value.parse::<u64>().map_err(|cause| format!("{name}: {cause}"));
            let list = || value.split(',').filter(|item| !item.is_empty());
            match name {
                "payouts" => options.payouts = number()?,
                "budget" => options.budget = number()?,
                "without" => {
                    options.without = list()
                        .map(|item| item.parse().map_err(|cause| format!("without: {cause}")))
                        .collect::<Result<_, _>>()?;
                }
                "bank" => {
                    let known = TEMPERS.iter().find(|(_, known)| *known == value);
                    options.recognises = known.ok_or_else(|| format!("no such bank: {value}"))?.0;
                }
                "faults" => {
                    options.faults = list()
                        .map(|item| {
                            let known = FAULTS.iter().find(|(_, known, _)| *known == item);
                            known.map(|row| row.0).ok_or_else(|| format!("no such fault: {item}"))
                        })
                        .collect::<Result<_, _>>()?;
                }
                _ => return Err(format!("no such option: {name}")),
            }
        }
        Ok(options)
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |fault: &Fault| FAULTS.iter().find(|row| row.0 == *fault).map_or("", |row| row.1);
        let temper = TEMPERS.iter().find(|row| row.0 == self.recognises).map_or("", |row| row.1);
        let faults: Vec<&str> = self.faults.iter().map(name).collect();
        let without: Vec<String> = self.without.iter().map(u64::to_string).collect();
        write!(f, "payouts={};bank={temper};budget={};", self.payouts, self.budget)?;
        write!(f, "without={};faults={}", without.join(","), faults.join(","))
    }
}
