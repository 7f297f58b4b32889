//! What the bank does on request: each scenario with its trigger, the exact sequence of messages and
//! the state a right client ends in. Data only; `plan` makes steps of it.

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

const RECEIPT: &str = "answer 202";
const CUT: &str = "answer cut";
const ACTC: &str = "pain.002 group ACTC";
const ACSC: &str = "pain.002 block ACSC";
const DEBIT: &str = "camt.054 debit";
const CREDIT: &str = "camt.054 credit";
const ON_STATEMENT: &str = "camt.053 debit";
const CREDIT_ON_STATEMENT: &str = "camt.053 credit";
const STRAIGHT: &[&str] = &[RECEIPT, ACTC, DEBIT, ACSC, ON_STATEMENT];
const BACK: &[&str] = &[RECEIPT, ACTC, DEBIT, ACSC, CREDIT, ON_STATEMENT, CREDIT_ON_STATEMENT];

const fn payment(
    code: &'static str,
    name: &'static str,
    end_state: &'static str,
    effect: Effect,
) -> Scenario {
    Scenario {
        code,
        name,
        scope: Scope::Payment,
        needs: Needs::Nothing,
        sequence: STRAIGHT,
        end_state,
        exception: "",
        effect,
    }
}

const fn message(
    code: &'static str,
    name: &'static str,
    end_state: &'static str,
    effect: Effect,
) -> Scenario {
    Scenario { scope: Scope::Message, ..payment(code, name, end_state, effect) }
}

const fn rejected(
    code: &'static str,
    name: &'static str,
    reason: &'static str,
    sequence: &'static [&'static str],
) -> Scenario {
    Scenario { sequence, ..payment(code, name, "Rejected", Effect::Reject(reason)) }
}

const fn returned(code: &'static str, name: &'static str, how: Returned) -> Scenario {
    Scenario { sequence: BACK, ..payment(code, name, "Returned", Effect::Returned(how)) }
}

const fn stranger(code: &'static str, name: &'static str, what: Stranger) -> Scenario {
    payment(code, name, "Booked", Effect::Stranger(what))
}

const fn instant(
    code: &'static str,
    name: &'static str,
    end_state: &'static str,
    effect: Effect,
) -> Scenario {
    Scenario { needs: Needs::Instant, ..payment(code, name, end_state, effect) }
}

/// Every scenario. A payment without a trigger takes the first, or the second where its block is batch-booked.
const SCENARIOS: &[Scenario] = &[
    payment("S1", "straight through, one booking per payment", "Booked", Effect::Straight),
    Scenario {
        needs: Needs::BatchBooking,
        sequence: &[RECEIPT, ACTC, "camt.054 batch debit", ACSC, "camt.053 batch"],
        ..payment(
            "S2",
            "batch booking: one entry for the block, details only in the notification",
            "Booked",
            Effect::BatchBooked,
        )
    },
    rejected("S3A", "refused: account number", "AC01", &[RECEIPT, ACTC, "pain.002 transaction RJCT AC01"]),
    rejected("S3B", "refused: account closed", "AC04", &[RECEIPT, ACTC, "pain.002 transaction RJCT AC04"]),
    rejected(
        "S3C",
        "refused: creditor's address",
        "BE04",
        &[RECEIPT, ACTC, "pain.002 transaction RJCT BE04"],
    ),
    Scenario {
        sequence: &[
            RECEIPT,
            ACTC,
            "pain.002 transaction RJCT AC04",
            DEBIT,
            CREDIT,
            ON_STATEMENT,
            CREDIT_ON_STATEMENT,
        ],
        exception: "debit of a refused payment, refunded",
        ..payment("S4", "all debited, the refused one refunded", "Returned", Effect::RejectAndRefund("AC04"))
    },
    Scenario {
        sequence: &["answer 400 FF01"],
        ..message("S5A", "message refused by the answer", "Rejected", Effect::RefuseNow("FF01"))
    },
    Scenario {
        sequence: &[RECEIPT, "pain.002 group RJCT CH16"],
        ..message("S5B", "message refused by a report", "Rejected", Effect::RefuseLater("CH16"))
    },
    Scenario {
        sequence: &[RECEIPT, "pain.002 group RJCT AM10"],
        ..message("S6", "control sum found wrong", "Rejected", Effect::RefuseLater("AM10"))
    },
    Scenario {
        needs: Needs::SameAgain,
        sequence: &[CUT, "answer 409 DU01", ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message("S7A", "sent again: refused as a duplicate", "Booked", Effect::RepeatRejected)
    },
    Scenario {
        needs: Needs::SameAgain,
        sequence: &[CUT, RECEIPT, ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message("S7B", "sent again: the first answer again", "Booked", Effect::RepeatReplayed)
    },
    Scenario {
        needs: Needs::SameAgain,
        sequence: &[CUT, RECEIPT, ACTC, DEBIT, ACSC, ACTC, DEBIT, ACSC, ON_STATEMENT, ON_STATEMENT],
        exception: "two debits for one payment",
        ..message("S7C", "sent again: executed again", "Booked", Effect::RepeatExecuted)
    },
    Scenario {
        needs: Needs::OtherMessageId,
        sequence: &[RECEIPT, "pain.002 group PDNG AM05"],
        ..message(
            "S7D",
            "same content under another message identification: held by a person at the bank",
            "InReview",
            Effect::Suspend,
        )
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, DEBIT, "pain.002 transaction ACCC", ON_STATEMENT],
        ..instant("S11A", "instant: credited within seconds", "Booked", Effect::InstantCredited)
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, "pain.002 transaction RJCT AB05"],
        ..instant(
            "S11B",
            "instant: time-out at the creditor's bank",
            "Rejected",
            Effect::InstantRejected("AB05"),
        )
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, "pain.002 transaction RJCT AB06"],
        ..instant(
            "S11C",
            "instant: time-out at the instructed bank",
            "Rejected",
            Effect::InstantRejected("AB06"),
        )
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, "pain.002 transaction RJCT AC04"],
        ..instant("S11D", "instant: account closed", "Rejected", Effect::InstantRejected("AC04"))
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, DEBIT, "pain.002 transaction ACCC", ON_STATEMENT],
        ..instant(
            "S11E",
            "instant: silence, then credited late, the rest in time",
            "Booked",
            Effect::InstantLate,
        )
    },
    Scenario {
        sequence: &[CUT, ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message(
            "S14A",
            "line cut after processing; an inquiry finds nothing for a while",
            "Booked",
            Effect::CutThenNotFound,
        )
    },
    Scenario {
        sequence: &[CUT, DEBIT, ON_STATEMENT],
        ..message(
            "S14B",
            "line cut after processing; a booking without any status",
            "Booked",
            Effect::CutThenBooked,
        )
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, DEBIT, ACSC, "pain.002 block ACSP", ON_STATEMENT],
        ..message("S15A", "completion before being in process", "Booked", Effect::Reversed)
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message("S15B", "the same report twice", "Booked", Effect::ReportTwice)
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, "pain.002 group ACSP", DEBIT, ACSC, ON_STATEMENT],
        exception: "one report identification with two contents",
        ..message("S15C", "one report identification with two contents", "Booked", Effect::SameReportId)
    },
    message("S15D", "the callback arrives before the answer", "Booked", Effect::CallbackFirst),
    Scenario {
        sequence: &[
            RECEIPT,
            ACTC,
            DEBIT,
            "pain.002 group ACSC",
            "pain.002 transaction RJCT AC04",
            CREDIT,
            ON_STATEMENT,
            CREDIT_ON_STATEMENT,
        ],
        exception: "refused after completion",
        ..message(
            "S15E",
            "group completed, then one payment refused and refunded",
            "Returned",
            Effect::RejectAfterCompletion,
        )
    },
    returned("S16A", "returned in full", Returned::Full),
    returned("S16B", "returned less a fee", Returned::LessFee),
    Scenario {
        sequence: &[
            RECEIPT,
            ACTC,
            DEBIT,
            ACSC,
            "camt.054 credit without ids",
            ON_STATEMENT,
            "camt.053 credit without ids",
        ],
        ..returned(
            "S16C",
            "returned without end-to-end identification, by the bank's transaction id only",
            Returned::TransactionIdOnly,
        )
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, DEBIT, ACSC, ON_STATEMENT, CREDIT, CREDIT_ON_STATEMENT],
        ..returned("S16D", "returned after the statement", Returned::AfterStatement)
    },
    Scenario {
        sequence: &[
            RECEIPT,
            ACTC,
            DEBIT,
            ACSC,
            CREDIT,
            CREDIT,
            ON_STATEMENT,
            CREDIT_ON_STATEMENT,
            CREDIT_ON_STATEMENT,
        ],
        exception: "a second return for one payment",
        ..returned("S16E", "returned twice", Returned::Twice)
    },
    stranger("S19A", "an account fee beside it", Stranger::Fee),
    stranger("S19B", "incoming money beside it", Stranger::Incoming),
    stranger("S19C", "a direct debit beside it", Stranger::DirectDebit),
    stranger("S19D", "a payment by another channel: same payee, amount and day", Stranger::OtherChannel),
    Scenario {
        sequence: &[RECEIPT, ACTC, DEBIT, "camt.054 charge", ACSC, ON_STATEMENT, "camt.053 charge"],
        ..stranger("S19E", "a charge with the payment's end-to-end identification", Stranger::ChargeNamed)
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, "pain.002 transaction RJCT AC04", DEBIT, ON_STATEMENT],
        exception: "debit of a refused payment",
        ..payment("S20A", "refused, then debited", "Booked", Effect::DebitDespiteReject)
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, DEBIT, ACSC, "pain.002 transaction RJCT AC04", ON_STATEMENT],
        exception: "refused after completion",
        ..payment("S20B", "completed, then refused", "Booked", Effect::RejectDespiteDebit)
    },
    // The marked charge explains the difference: nothing for a person to look at.
    payment("S20C", "the debit includes a charge", "Booked", Effect::ChargeIncluded),
    // No charge explains the difference, so the debit is not matched and the bank's last word stands.
    Scenario {
        exception: "amount differs after an exchange",
        ..payment("S20D", "the debit differs after an exchange", "Settled", Effect::Exchanged)
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, DEBIT, ACSC, DEBIT, ON_STATEMENT, ON_STATEMENT],
        exception: "two debits for one payment",
        ..payment("S20E", "two debits with one end-to-end identification", "Booked", Effect::DebitTwice)
    },
];

/// Every scenario, in order.
pub fn list() -> &'static [Scenario] {
    SCENARIOS
}

/// The scenario of that code; a family's number alone means its first variant (`S16` is `S16A`).
pub fn find(code: &str) -> Option<&'static Scenario> {
    let exact = SCENARIOS.iter().find(|scenario| scenario.code.eq_ignore_ascii_case(code));
    exact.or_else(|| {
        let first = format!("{code}A");
        SCENARIOS.iter().find(|scenario| scenario.code.eq_ignore_ascii_case(&first))
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
    SCENARIOS.iter().position(|scenario| scenario.code == found.code).map(|position| position as u8)
}

/// The scenario at a position that [`triggered`] gave; the straight line for any other.
pub fn at(position: u8) -> &'static Scenario {
    SCENARIOS.get(usize::from(position)).unwrap_or(&SCENARIOS[0])
}
