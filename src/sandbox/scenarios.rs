//! What the bank does on request: each scenario with its trigger, the exact sequence of messages and
//! the state a right client ends in. Data only; `plan` makes steps of it.

use super::repertoire::REPERTOIRE;

/// Word that, before a scenario code in a creditor's name or remittance text, triggers the scenario.
pub const TRIGGER_WORD: &str = "SANDBOX";

/// How far a scenario reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The payment that carries the trigger.
    Payment,
    /// The whole message with such a payment in it.
    Message,
}

/// What the client has to send or do besides the trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A block that asks for one entry (`BtchBookg` true).
    BatchBooking,
    /// An instant payment (`LclInstrm/Cd` or `SvcLvl/Cd` says so).
    Instant,
    /// Send the same octets again, as after an unknown outcome.
    SameAgain,
    /// Send the same payments under another message identification.
    OtherMessageId,
    /// Ask for the cancellation of the payment (camt.055) before it is executed.
    CancelEarly,
    /// Ask for it after the debit was notified.
    CancelLate,
}

/// Kinds of movements that are not the client's orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// An account fee.
    Fee,
    /// Incoming money.
    Incoming,
    /// A direct debit.
    DirectDebit,
    /// A payment ordered on another channel: same payee, same amount, same day.
    OtherChannel,
    /// A charge that carries the payment's end-to-end identification.
    ChargeNamed,
}

/// How money comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// All of it.
    Full,
    /// Less a fee.
    LessFee,
    /// Without the client's identifiers.
    TransactionIdOnly,
    /// On a later business day.
    AfterStatement,
    /// Reported twice: two credits.
    Twice,
}

/// What the bank does differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Straight,
    /// Books the block in one entry.
    BatchBooked,
    /// Refuses the payment before the debit.
    Reject(&'static str),
    /// Debits, refuses, and gives back.
    RejectAndRefund(&'static str),
    /// Refuses the message by its answer.
    RefuseNow(&'static str),
    /// Refuses the message by a report.
    RefuseLater(&'static str),
    /// Cuts the first answer, knows nothing for a while, and refuses the repetition with DU01.
    RepeatRejected,
    /// As before; the repetition gets the first answer.
    RepeatReplayed,
    /// As before; the repetition is executed again.
    RepeatExecuted,
    /// A person looks at it.
    Suspend,
    /// Final and positive within seconds.
    InstantCredited,
    /// Refused within seconds.
    InstantRejected(&'static str),
    /// Silent, then late and positive.
    InstantLate,
    /// Cuts the answer, knows nothing for a while.
    CutThenNotFound,
    /// Cuts the answer and never says a word; the debit is booked.
    CutThenBooked,
    /// Completion before being in process.
    Reversed,
    /// The same report twice.
    ReportTwice,
    /// Two reports with one identification and different content.
    SameReportId,
    /// The callback arrives before the answer.
    CallbackFirst,
    /// Completed for the group, then one payment refused and given back.
    RejectAfterCompletion,
    /// Comes back.
    Returned(Returned),
    /// Foreign traffic beside it.
    Stranger(Stranger),
    /// Refused and debited all the same.
    DebitDespiteReject,
    /// Completed, debited and then refused.
    RejectDespiteDebit,
    /// The debit includes a charge.
    ChargeIncluded,
    /// The debit names another instructed currency and a rate.
    Exchanged,
    /// Two debits.
    DebitTwice,
    /// Accepted with a change: executed on the next business day.
    Moved,
    /// Accepted for its day, then silence until then.
    Dated,
    /// Waits for money, which comes.
    FundedLate,
    /// Waits for money, which does not come.
    NeverFunded,
    /// Payees are checked first, with this result for the payment.
    Payee(&'static str, Release),
    /// A second signature is waited for.
    Signature(Release),
    /// Held for a person, without a word why.
    Held,
    /// Executed only after a while, so that it can be cancelled before.
    Awaited,
    /// A recall after the debit is passed on to the payee, who agrees.
    RecallAsked,
}

/// Whether what is waited for comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It does.
    Given,
    /// It does not, and the order is refused.
    Missing,
}

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    /// Code that follows the trigger word.
    pub code: &'static str,
    /// In a few words.
    pub name: &'static str,
    /// How far it reaches.
    pub scope: Scope,
    /// What the client has to do besides.
    pub needs: Needs,
    /// What the client sees for this payment, in order: answers to the order, then reports in the order
    /// they are made. Levels are those of the default configuration, with a plain payment in the same block.
    pub sequence: &'static [&'static str],
    /// State (by its stable name) in which a right client ends after the next day-end.
    pub end_state: &'static str,
    /// What a right client raises for a person to look at; empty for nothing.
    pub exception: &'static str,
    /// What the bank does.
    pub effect: Effect,
}

/// Every scenario, in order.
pub fn list() -> &'static [Scenario] {
    REPERTOIRE
}

/// The scenario of that code; a family's number alone means its first variant (`S16` is `S16A`).
pub fn find(code: &str) -> Option<&'static Scenario> {
    let exact = REPERTOIRE.iter().find(|scenario| scenario.code.eq_ignore_ascii_case(code));
    exact.or_else(|| {
        let first = format!("{code}A");
        REPERTOIRE.iter().find(|scenario| scenario.code.eq_ignore_ascii_case(&first))
    })
}

/// Position of the scenario that a text asks for, if it asks for one.
pub fn triggered(text: &str) -> Option<u8> {
    let octets = text.as_bytes();
    let word = TRIGGER_WORD.as_bytes();
    let position = octets.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word))?;
    let rest = text.get(position + word.len()..)?;
    let code = rest.trim_start().split(|letter: char| !letter.is_ascii_alphanumeric()).next()?;
    if code.is_empty() {
        return None;
    }
    let found = find(code)?;
    REPERTOIRE.iter().position(|scenario| scenario.code == found.code).map(|position| position as u8)
}

/// The scenario at a position that [`triggered`] gave; the straight line for any other.
pub fn at(position: u8) -> &'static Scenario {
    REPERTOIRE.get(usize::from(position)).unwrap_or(&REPERTOIRE[0])
}
