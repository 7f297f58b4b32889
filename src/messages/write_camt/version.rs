//! What differs between the versions of camt.052, camt.053 and camt.054, as far as we write them; it is the same in all three.

use super::VERSIONS;

/// One row: from its version on until the next row.
pub(super) struct Shape {
    since: u8,
    /// Tag of a bank's BIC.
    pub(super) agent_bic: &'static str,
    pub(super) charges: Charges,
    pub(super) amounts: Amounts,
    pub(super) status: Status,
    pub(super) names: Names,
    pub(super) uetr: Uetr,
}

/// How charges are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Charges {
    /// `Chrgs` for each.
    Each,
    /// One `Chrgs` with a `Rcrd` for each.
    Records,
    /// The same, and a record says whether the amount includes it.
    RecordsWithInclusion,
}

/// Where a transaction has its amount.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Amounts {
    /// In `AmtDtls/TxAmt`, without a direction of its own.
    InDetails,
    /// In `Amt` and `CdtDbtInd`, which it must have.
    Mandatory,
    /// In `Amt` and `CdtDbtInd`.
    Optional,
}

/// How an entry states its status. With the choice the moment of a report became optional.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Bare,
    Choice,
}

/// Whether names stand in a choice of party and agent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Bare,
    OfParty,
}

/// Whether a transaction has a UETR.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Uetr {
    Absent,
    Present,
}

/// Statuses of an entry before they were an external list. Source: `EntryStatus2Code`.
pub(super) const STATUSES_OF_2009: &[&str] = &["BOOK", "PDNG", "INFO"];
/// Kinds of balance before they were an external list. Source: `BalanceType12Code`.
pub(super) const BALANCE_CODES_OF_2009: &[&str] =
    &["XPCD", "OPAV", "ITAV", "CLAV", "FWAV", "CLBD", "ITBD", "OPBD", "PRCD", "INFO"];
/// Kinds of charge before they were an external list. Source: `ChargeType1Code`.
pub(super) const CHARGE_CODES_OF_2009: &[&str] = &["BRKF", "COMM"];

const FIRST: Shape = Shape {
    since: 2,
    agent_bic: "BIC",
    charges: Charges::Each,
    amounts: Amounts::InDetails,
    status: Status::Bare,
    names: Names::Bare,
    uetr: Uetr::Absent,
};
const OF_2012: Shape =
    Shape { since: 3, agent_bic: "BICFI", charges: Charges::Records, amounts: Amounts::Mandatory, ..FIRST };
const OF_2013: Shape = Shape { since: 4, charges: Charges::RecordsWithInclusion, ..OF_2012 };
const OF_2018: Shape =
    Shape { since: 7, amounts: Amounts::Optional, status: Status::Choice, names: Names::OfParty, ..OF_2013 };

/// Source: the schemas camt.052, camt.053 and camt.054, .001.02 to .001.14.
const SHAPES: &[Shape] =
    &[FIRST, OF_2012, OF_2013, OF_2018, Shape { since: 8, uetr: Uetr::Present, ..OF_2018 }];

/// The row of a version that is written.
pub(super) fn shape(version: u8) -> Option<&'static Shape> {
    SHAPES.iter().rev().find(|shape| shape.since <= version && VERSIONS.contains(&version))
}
