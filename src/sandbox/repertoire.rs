//! The list of what the bank plays, scenario by scenario. Data only.

use super::scenarios::{Effect, Needs, Release, Returned, Scenario, Scope, Stranger};

const RECEIPT: &str = "answer 202";
const CUT: &str = "answer cut";
const ACTC: &str = "pain.002 group ACTC";
const ACSC: &str = "pain.002 block ACSC";
const DEBIT: &str = "camt.054 debit";
const CREDIT: &str = "camt.054 credit";
const ON_STATEMENT: &str = "camt.053 debit";
const CREDIT_ON_STATEMENT: &str = "camt.053 credit";
const RVNC: &str = "pain.002 group RVNC";
const MOVED: &[&str] =
    &[RECEIPT, ACTC, "pain.002 transaction ACWC DT06", DEBIT, "pain.002 transaction ACSC", ON_STATEMENT];
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
pub(super) const REPERTOIRE: &[Scenario] = &[
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
        sequence: MOVED,
        ..payment("S8A", "after the cut-off: accepted for the next business day", "Booked", Effect::Moved)
    },
    rejected("S8B", "refused: after the cut-off", "TM01", &[RECEIPT, ACTC, "pain.002 transaction RJCT TM01"]),
    rejected("S8C", "refused: no business day", "DT01", &[RECEIPT, ACTC, "pain.002 transaction RJCT DT01"]),
    Scenario {
        sequence: MOVED,
        ..payment("S8D", "week-end or holiday: accepted for the next business day", "Booked", Effect::Moved)
    },
    Scenario {
        sequence: &[RECEIPT, "pain.002 group ACCP", "pain.002 block ACSP", DEBIT, ACSC, ON_STATEMENT],
        ..message("S9A", "dated later: accepted, then silence until its day", "Booked", Effect::Dated)
    },
    rejected("S9B", "no funds on its day", "AM04", &[RECEIPT, ACTC, "pain.002 transaction RJCT AM04"]),
    Scenario {
        sequence: &[
            RECEIPT,
            ACTC,
            "pain.002 transaction PDNG AM04",
            "pain.002 transaction ACSP",
            DEBIT,
            "pain.002 transaction ACSC",
            ON_STATEMENT,
        ],
        ..payment("S10A", "no funds, then funded", "Booked", Effect::FundedLate)
    },
    Scenario {
        sequence: &[RECEIPT, ACTC, "pain.002 transaction PDNG AM04", "pain.002 transaction RJCT AM04"],
        ..payment("S10B", "no funds until the cut-off", "Rejected", Effect::NeverFunded)
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
        sequence: &[RECEIPT, RVNC, "pain.002 group RCVC", ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message("S12A", "payees checked: all match", "Booked", Effect::Payee("RCVC", Release::Given))
    },
    Scenario {
        sequence: &[RECEIPT, RVNC, "pain.002 transaction RVMC", ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message(
            "S12B",
            "payees checked: a close match, released",
            "Booked",
            Effect::Payee("RVMC", Release::Given),
        )
    },
    Scenario {
        sequence: &[RECEIPT, RVNC, "pain.002 transaction RVNM", "pain.002 group RJCT DS0A"],
        ..message(
            "S12C",
            "payees checked: no match, not released",
            "Rejected",
            Effect::Payee("RVNM", Release::Missing),
        )
    },
    Scenario {
        sequence: &[RECEIPT, RVNC, "pain.002 transaction RVNA", ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message(
            "S12D",
            "payees checked: not possible, released",
            "Booked",
            Effect::Payee("RVNA", Release::Given),
        )
    },
    Scenario {
        sequence: &[RECEIPT, "pain.002 group RJCT CH17"],
        ..message(
            "S12E",
            "a check that one payment cannot do without: refused",
            "Rejected",
            Effect::RefuseLater("CH17"),
        )
    },
    Scenario {
        sequence: &[RECEIPT, "pain.002 group PDNG"],
        ..message("S12F", "a check that one payment cannot do without: held", "InReview", Effect::Held)
    },
    Scenario {
        sequence: &[RECEIPT, "pain.002 group RCVD", "pain.002 group PATC", ACTC, DEBIT, ACSC, ON_STATEMENT],
        ..message("S13A", "second signature at the bank: given", "Booked", Effect::Signature(Release::Given))
    },
    Scenario {
        sequence: &[RECEIPT, "pain.002 group RCVD", "pain.002 group PATC", "pain.002 group RJCT DS0A"],
        ..message(
            "S13B",
            "second signature at the bank: missing",
            "Rejected",
            Effect::Signature(Release::Missing),
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
    Scenario {
        needs: Needs::CancelEarly,
        sequence: &[RECEIPT, "cancellation 202", ACTC, "camt.029 CNCL", "pain.002 transaction CANC"],
        ..message("S17A", "cancelled before execution", "Cancelled", Effect::Awaited)
    },
    Scenario {
        needs: Needs::CancelLate,
        sequence: &[RECEIPT, "cancellation 202", ACTC, DEBIT, ACSC, "camt.029 RJCR CUST", ON_STATEMENT],
        ..payment("S17B", "recall refused", "Booked", Effect::Straight)
    },
    Scenario {
        needs: Needs::CancelLate,
        sequence: &[
            RECEIPT,
            "cancellation 202",
            ACTC,
            DEBIT,
            ACSC,
            "camt.029 PDCR",
            ON_STATEMENT,
            CREDIT,
            "camt.029 CNCL",
            CREDIT_ON_STATEMENT,
        ],
        ..payment(
            "S17C",
            "recall pending; days later granted, and the money comes back",
            "Returned",
            Effect::RecallAsked,
        )
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
