//! What a bank says about a payment: status codes as text, their rank and plain meaning.
//! Never a state change: that is `lifecycle`.
//! Source: ISO 20022 external code sets, payment group and transaction status (May 2025).

use std::cmp::Ordering;

/// What a code means for the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Has the order: receipt, or a payee check (which never raises execution).
    Received,
    /// A person must act at the bank or at ours.
    AwaitsPerson,
    /// Being checked.
    Review,
    /// Waiting; has no place in the order.
    Pending,
    /// Being executed.
    Process,
    /// Accepted by the payee's bank, not posted. A later reject is an exception that expects money back.
    AcceptedNotPosted,
    /// Settled on the debtor's or the creditor's side.
    Settled,
    /// Frozen after acceptance: a person must act.
    Blocked,
    /// Refused: nothing will happen.
    Rejected,
    /// Cancelled after a request.
    Cancelled,
    /// Says nothing by itself: the members' own statuses count.
    Partial,
    /// Not in our table: informational, not final.
    Unknown,
}

/// One row of the status table.
#[derive(Debug)]
pub struct StatusMeaning {
    /// Four letters.
    pub code: &'static str,
    /// Order of progress, 0 where the code has none.
    pub rank: u8,
    /// What it means for the instruction.
    pub class: Class,
    /// In plain words, for a payments clerk.
    pub meaning: &'static str,
}

const fn row(code: &'static str, rank: u8, class: Class, meaning: &'static str) -> StatusMeaning {
    StatusMeaning { code, rank, class, meaning }
}

/// Every status code we know. Ranks are ours (they order progress), meanings paraphrase the code set.
pub const STATUSES: &[StatusMeaning] = &[
    row("RCVD", 10, Class::Received, "the bank has the order"),
    row("PATC", 15, Class::AwaitsPerson, "the bank waits for further signatures"),
    row("RVNC", 16, Class::Received, "the payee check is not finished"),
    row("RCVC", 17, Class::Received, "the payee check found a match"),
    row("RVMC", 17, Class::Received, "the payee check found a close match"),
    row("RVNM", 17, Class::Received, "the payee check found no match"),
    row("RVNA", 17, Class::Received, "the payee check was not possible"),
    row("RVCM", 17, Class::AwaitsPerson, "the payee check is done and found mismatches"),
    row("ACTC", 20, Class::Review, "authentic and well-formed"),
    row("ACCP", 30, Class::Review, "the customer profile is in order"),
    row("ACFW", 34, Class::AwaitsPerson, "funds are there, your confirmation is missing"),
    row("ACFC", 35, Class::Review, "the funds check was positive"),
    row("ACWC", 36, Class::Review, "accepted with a change: read the reason"),
    row("PDNG", 40, Class::Pending, "waiting at the bank, more will follow"),
    row("PART", 0, Class::Partial, "some transactions were accepted, others not"),
    row("ACSP", 50, Class::Process, "accepted for execution"),
    row("ACIS", 50, Class::Process, "a cheque was issued"),
    row("ACPD", 55, Class::Process, "accepted by the clearing"),
    row("ACSC", 70, Class::Settled, "settled on the debtor's account"),
    row("ACWP", 72, Class::AcceptedNotPosted, "accepted by the payee's bank, not yet posted"),
    row("ACCC", 80, Class::Settled, "settled on the creditor's account"),
    row("CPUC", 80, Class::Settled, "the cash was picked up"),
    row("BLCK", 85, Class::Blocked, "frozen at the payee's bank"),
    row("RJCT", 90, Class::Rejected, "rejected"),
    row("CANC", 90, Class::Cancelled, "cancelled on request"),
];

/// The row of a code; an unlisted code is `Unknown`, rank 0.
pub fn meaning(code: &str) -> &'static StatusMeaning {
    const UNLISTED: StatusMeaning = row("", 0, Class::Unknown, "a code outside the published list");
    STATUSES.iter().find(|status| status.code == code).unwrap_or(&UNLISTED)
}

/// Why the bank says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// ISO external reason code, like `AC04`.
    pub code: Option<String>,
    /// The bank's own code.
    pub proprietary: Option<String>,
    /// Additional information as the bank wrote it, one line per element.
    pub text: Vec<String>,
}

/// One thing a bank said about a payment, block or message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusNews {
    /// As in the message, never changed.
    pub code: String,
    /// First reason given.
    pub reason: Option<Reason>,
    /// The report's creation time as text, for ties only. Banks write it with or without offset.
    pub created: String,
}

impl StatusNews {
    /// Meaning of the code.
    pub fn meaning(&self) -> &'static StatusMeaning {
        meaning(&self.code)
    }

    /// Place in the order in which news win, independent of arrival (confluence).
    /// A reject beats every acceptance below settlement; settlement beats a reject, because
    /// money may have moved: the contradiction becomes an exception item, not a failure.
    pub fn weight(&self) -> u8 {
        let meaning = self.meaning();
        match meaning.class {
            Class::Unknown | Class::Partial => 0,
            Class::Rejected | Class::Cancelled => 69,
            _ => meaning.rank,
        }
    }
}

/// What a piece of news does to what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Becomes the known status.
    Advances,
    /// Kept as evidence only: older, lower, repeated.
    Recorded,
    /// Contradicts what is known; the heavier of the two is the known status.
    Contradicts,
}

/// Compares news with what is known; `true` says that the news becomes the known status.
pub fn merge(known: Option<&StatusNews>, news: &StatusNews) -> (Merge, bool) {
    let Some(known) = known else {
        return if news.weight() == 0 { (Merge::Recorded, false) } else { (Merge::Advances, true) };
    };
    let wins = match news.weight().cmp(&known.weight()) {
        Ordering::Greater => true,
        Ordering::Less => false,
        // Rejected against cancelled: compatible; the earlier word of the bank stands.
        Ordering::Equal => {
            news.code != known.code && (&news.created, &news.code) < (&known.created, &known.code)
        }
    };
    if contradicts(known, news) {
        return (Merge::Contradicts, wins);
    }
    (if wins { Merge::Advances } else { Merge::Recorded }, wins)
}

/// A refusal and a settlement (or acceptance by the payee's bank) of the same payment.
fn contradicts(one: &StatusNews, other: &StatusNews) -> bool {
    let refused = |news: &StatusNews| matches!(news.meaning().class, Class::Rejected | Class::Cancelled);
    let settled = |news: &StatusNews| {
        matches!(news.meaning().class, Class::Settled | Class::AcceptedNotPosted | Class::Blocked)
    };
    (refused(one) && settled(other)) || (settled(one) && refused(other))
}
