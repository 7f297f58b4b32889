//! A payout: what the client asked for (`Instruction`) and what will be sent (`Payout`).
//! Never how it is read, written to XML or stored.

use super::account::{Account, Bic};
use super::amount::Amount;
use super::party::Party;
use super::reference::{EndToEndId, ExternalId, PayoutToken};
use chrono::NaiveDate;

/// How fast the client wants the money to arrive. Source: payout input, section 1 (`speed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speed {
    /// Instant, or not at all.
    InstantRequired,
    /// Instant where the creditor can be reached, else the ordinary rail.
    InstantPreferred,
    /// Credited on the day of execution.
    SameDay,
    /// The ordinary rail of the currency.
    Standard,
    /// Through a gross settlement system.
    Urgent,
}

/// A clearing rail, named independently of any bank's way of coding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rail {
    /// SEPA Credit Transfer.
    SepaCreditTransfer,
    /// SEPA Instant Credit Transfer.
    SepaInstant,
    /// Urgent euro through T2.
    TargetUrgent,
    /// UK Faster Payments.
    UkFasterPayments,
    /// UK Bacs Direct Credit.
    UkBacs,
    /// UK CHAPS.
    UkChaps,
    /// US ACH, next day.
    UsAch,
    /// US ACH, same day.
    UsAchSameDay,
    /// US instant: RTP or FedNow, as the bank chooses.
    UsInstant,
    /// US Fedwire Funds.
    UsWire,
    /// Correspondent banking over Swift (CBPR+).
    CrossBorder,
}

/// Every rail with its stable name in configuration, API and facts.
pub const RAIL_NAMES: &[(Rail, &str)] = &[
    (Rail::SepaCreditTransfer, "sepa_sct"),
    (Rail::SepaInstant, "sepa_inst"),
    (Rail::TargetUrgent, "t2"),
    (Rail::UkFasterPayments, "uk_fps"),
    (Rail::UkBacs, "uk_bacs"),
    (Rail::UkChaps, "uk_chaps"),
    (Rail::UsAch, "us_ach"),
    (Rail::UsAchSameDay, "us_ach_same_day"),
    (Rail::UsInstant, "us_instant"),
    (Rail::UsWire, "us_wire"),
    (Rail::CrossBorder, "cross_border"),
];

/// Every speed with its stable name.
pub const SPEED_NAMES: &[(Speed, &str)] = &[
    (Speed::InstantRequired, "instant_required"),
    (Speed::InstantPreferred, "instant_preferred"),
    (Speed::SameDay, "same_day"),
    (Speed::Standard, "standard"),
    (Speed::Urgent, "urgent"),
];

/// Who bears the charges. Source: ISO 20022 `ChargeBearerType1Code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChargeBearer {
    /// `SLEV`: by the rules of the service level.
    ServiceLevel,
    /// `SHAR`: each side its own.
    Shared,
    /// `DEBT`: all by the debtor.
    Debtor,
    /// `CRED`: all by the creditor.
    Creditor,
}

/// Every charge bearer with its name in the instruction and its ISO code.
pub const CHARGE_BEARER_NAMES: &[(ChargeBearer, &str, &str)] = &[
    (ChargeBearer::ServiceLevel, "service_level", "SLEV"),
    (ChargeBearer::Shared, "shared", "SHAR"),
    (ChargeBearer::Debtor, "debtor", "DEBT"),
    (ChargeBearer::Creditor, "creditor", "CRED"),
];

impl Rail {
    /// The stable name, like `sepa_inst`.
    pub fn name(self) -> &'static str {
        RAIL_NAMES.iter().find(|(rail, _)| *rail == self).map_or("", |(_, name)| name)
    }

    /// The rail of that name.
    pub fn parse(name: &str) -> Option<Rail> {
        RAIL_NAMES.iter().find(|(_, known)| *known == name).map(|(rail, _)| *rail)
    }

    /// Whether the rail settles within seconds, at any hour.
    pub fn is_instant(self) -> bool {
        matches!(self, Rail::SepaInstant | Rail::UkFasterPayments | Rail::UsInstant)
    }
}

impl Speed {
    /// The stable name, like `instant_preferred`.
    pub fn name(self) -> &'static str {
        SPEED_NAMES.iter().find(|(speed, _)| *speed == self).map_or("", |(_, name)| name)
    }

    /// The speed of that name.
    pub fn parse(name: &str) -> Option<Speed> {
        SPEED_NAMES.iter().find(|(_, known)| *known == name).map(|(speed, _)| *speed)
    }
}

impl ChargeBearer {
    /// The name in the instruction, like `shared`.
    pub fn name(self) -> &'static str {
        CHARGE_BEARER_NAMES.iter().find(|(bearer, ..)| *bearer == self).map_or("", |(_, name, _)| name)
    }

    /// The ISO code, like `SHAR`.
    pub fn code(self) -> &'static str {
        CHARGE_BEARER_NAMES.iter().find(|(bearer, ..)| *bearer == self).map_or("", |(.., code)| code)
    }

    /// The charge bearer of that instruction name.
    pub fn parse(name: &str) -> Option<ChargeBearer> {
        CHARGE_BEARER_NAMES.iter().find(|(_, known, _)| *known == name).map(|(bearer, ..)| *bearer)
    }
}

/// A code from an ISO external list, or the bank's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// From the external list (`Cd`).
    Listed(String),
    /// Proprietary (`Prtry`).
    Proprietary(String),
}

/// What the payee is told the payment is for. SEPA carries one or the other, never both.
#[derive(Clone, PartialEq, Eq)]
pub enum Remittance {
    /// Nothing.
    None,
    /// Free text, at most 140 characters (`RmtInf/Ustrd`).
    Unstructured(String),
    /// A creditor reference (`RmtInf/Strd/CdtrRefInf`); `kind` is `SCOR` or a proprietary type as `QRR`.
    Reference {
        /// `SCOR` for ISO 11649, else proprietary.
        kind: Code,
        /// The reference without spaces.
        reference: String,
    },
}

impl std::fmt::Debug for Remittance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Remittance::None => "None",
            Remittance::Unstructured(_) => "Unstructured(***)",
            Remittance::Reference { .. } => "Reference(***)",
        })
    }
}

/// The creditor's bank as far as the client names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// Business identifier code.
    pub bic: Option<Bic>,
    /// Clearing system code (like `USABA`) and the member id within it.
    pub clearing: Option<(String, String)>,
}

/// What to do when the wished date is not a business day of the rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DatePolicy {
    /// Take the next business day and warn.
    #[default]
    RollForward,
    /// Refuse.
    Reject,
}

/// One transfer as the client asks for it: checked in shape, not yet for a rail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The client's own key, unique for ever.
    pub external_id: ExternalId,
    /// The reference the client's books clear by and the payee sees.
    pub end_to_end_id: Option<EndToEndId>,
    /// The payout that this one re-issues.
    pub replaces: Option<ExternalId>,
    /// The client's batch.
    pub batch_id: Option<String>,
    /// Name of the configured account to be debited.
    pub debtor_account_ref: String,
    /// Amount in the currency of the transfer.
    pub amount: Amount,
    /// Payee.
    pub creditor: Party,
    /// The payee's account.
    pub creditor_account: Account,
    /// The payee's bank.
    pub creditor_agent: Option<Agent>,
    /// Wished speed; `None` takes the default of the way it came in.
    pub speed: Option<Speed>,
    /// Allowed rails in order; empty leaves the choice to routing.
    pub rail_preference: Vec<Rail>,
    /// Wished execution date; `None` is the earliest.
    pub requested_execution_date: Option<NaiveDate>,
    /// What to do when that date is no business day.
    pub date_policy: DatePolicy,
    /// Purpose, for the payee and regulators.
    pub purpose: Option<Code>,
    /// Category purpose, for the bank's processing.
    pub category_purpose: Option<Code>,
    /// What the payee is told.
    pub remittance: Remittance,
    /// Who bears the charges; `None` is the rail's default.
    pub charge_bearer: Option<ChargeBearer>,
    /// One booking for the block, or one each; `None` is the profile's default.
    pub batch_booking: Option<bool>,
    /// On whose behalf the debtor pays.
    pub ultimate_debtor: Option<String>,
    /// For whom the creditor receives.
    pub ultimate_creditor: Option<String>,
    /// Whether texts longer than the rail carries may be cut.
    pub allow_truncation: bool,
}

/// One transfer as it will be sent: routed, dated, its texts in the rail's characters. Immutable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Derived identity: UETR, payout id and instruction id in one.
    pub token: PayoutToken,
    /// Whose payout it is.
    pub tenant: String,
    /// The instruction with texts as they will be sent.
    pub instruction: Instruction,
    /// The end-to-end id that goes out.
    pub end_to_end_id: EndToEndId,
    /// Speed after defaults.
    pub speed: Speed,
    /// Chosen rail.
    pub rail: Rail,
    /// Chosen bank (id in the configuration).
    pub bank: String,
    /// Requested execution date that goes out.
    pub execution_date: NaiveDate,
    /// Who bears the charges, after defaults.
    pub charge_bearer: Option<ChargeBearer>,
    /// What was changed on the way in, one line each (`/creditor/name: text.charset`), never the text itself.
    pub changes: Vec<String>,
}
