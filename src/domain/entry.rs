//! What a bank booked, as far as a payout, block or account keeps it. Never how a report is read.

use super::amount::Amount;
use chrono::NaiveDate;

/// SHA-256 of a document's octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Lower-case hex, 64 characters.
    pub fn hex(&self) -> String {
        self.0.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// From 64 hex characters.
    pub fn parse(text: &str) -> Option<Digest> {
        let text = text.as_bytes();
        if text.len() != 64 {
            return None;
        }
        let mut octets = [0u8; 32];
        for (octet, pair) in octets.iter_mut().zip(text.chunks(2)) {
            let high = (pair[0] as char).to_digit(16)?;
            let low = (pair[1] as char).to_digit(16)?;
            *octet = (high * 16 + low) as u8;
        }
        Some(Digest(octets))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.hex())
    }
}

/// Where in which stored document a thing was said: each state points to its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// The document.
    pub document: Digest,
    /// Position of the record within the document, counted from 0.
    pub record: u64,
}

/// Which kind of report an entry stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// camt.054 or camt.052: notified.
    Notified,
    /// camt.053: on a statement. Finance closes on this one.
    OnStatement,
}

impl Mark {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Mark::Notified => "notified",
            Mark::OnStatement => "on_statement",
        }
    }
}

/// The booked debit of a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Amount booked for this payout (instructed plus charges included in the entry).
    pub amount: Amount,
    /// The bank's id of the booking, where it gives one.
    pub account_servicer_reference: Option<String>,
    /// Ledger date.
    pub booking_date: Option<NaiveDate>,
    /// Interest date.
    pub value_date: Option<NaiveDate>,
    /// Seen in a notification.
    pub notified: Option<Evidence>,
    /// Seen on a statement.
    pub on_statement: Option<Evidence>,
}

/// The credit that brought a payout's money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// What came back; may be less than was sent.
    pub amount: Amount,
    /// Return reason, like `AC04`, or the bank's own code.
    pub reason: Option<String>,
    /// The bank's id of the credit.
    pub account_servicer_reference: Option<String>,
    /// Ledger date.
    pub booking_date: Option<NaiveDate>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// Why an entry belongs to no payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnmatchedClass {
    /// Carries none of our identifiers: fees, incoming money, other people's orders.
    NotOurs,
    /// A charge that names one of our payouts.
    Charge,
    /// Carries identifiers of ours that name no payout we know, or that contradict each other.
    Unexplained,
    /// A credit that looks like a return and carries no key: a person decides.
    PossibleReturn,
}

impl UnmatchedClass {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            UnmatchedClass::NotOurs => "not_ours",
            UnmatchedClass::Charge => "charge",
            UnmatchedClass::Unexplained => "unexplained",
            UnmatchedClass::PossibleReturn => "possible_return",
        }
    }
}

/// Direction of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Money leaves the account (`DBIT`).
    Debit,
    /// Money arrives (`CRDT`).
    Credit,
}

impl Direction {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Debit => "debit",
            Direction::Credit => "credit",
        }
    }
}
