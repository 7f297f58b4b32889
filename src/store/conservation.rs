//! Conservation: what was accepted, where each payout counts, and what the bank moved, read at one
//! moment. Never how it is read from a store or shown. Source: faults and threats, invariant I11.

use super::listing::TotalsRow;
use crate::domain::currency::Currency;
use crate::domain::entry::{Direction, UnmatchedClass};
use crate::domain::lifecycle::State;
use crate::domain::row::{BlockRow, PayoutRow};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Count and sum of instructed amounts, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of payouts.
    pub count: u64,
    /// Sum of the instructed amounts in minor units.
    pub sum_minor: i128,
}

/// What the bank moved for the payouts of one currency, in minor units of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Currency of the payouts; entries in another currency are not in here.
    pub currency: Currency,
    /// Instructed amounts of all payouts that have a booked debit.
    pub instructed_minor: i128,
    /// What was debited for them.
    pub debited_minor: i128,
    /// What was debited for those of them that came back.
    pub debited_of_returned_minor: i128,
    /// What came back.
    pub returned_minor: i128,
}

impl Moved {
    /// Nothing moved yet.
    pub fn nothing(currency: Currency) -> Moved {
        Moved {
            currency,
            instructed_minor: 0,
            debited_minor: 0,
            debited_of_returned_minor: 0,
            returned_minor: 0,
        }
    }

    /// Adds what was moved for one payout, in its block.
    pub fn add(&mut self, row: &PayoutRow, block: Option<&BlockRow>) {
        let instructed = i128::from(row.amount.minor());
        let own = row.booking.as_ref().filter(|booking| booking.amount.currency() == self.currency);
        let debited = own.map(|booking| i128::from(booking.amount.minor()));
        let collective = block.is_some_and(|block| block.booked);
        let debited = debited.or((collective || row.returned.is_some()).then_some(instructed));
        if let Some(debited) = debited {
            self.instructed_minor += instructed;
            self.debited_minor += debited;
        }
        if let Some(returned) = &row.returned
            && returned.amount.currency() == self.currency
        {
            self.returned_minor += i128::from(returned.amount.minor());
            self.debited_of_returned_minor += debited.unwrap_or_default();
        }
    }

    /// Charges that the bank took within the debits.
    pub fn charges_minor(&self) -> i128 {
        self.debited_minor - self.instructed_minor
    }

    /// What was kept of the money that came back.
    pub fn return_fees_minor(&self) -> i128 {
        self.debited_of_returned_minor - self.returned_minor
    }
}

/// Charges that the bank booked as entries of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// Currency of the entries.
    pub currency: Currency,
    /// Their sum; what was given back counts against it.
    pub sum: Decimal,
}

/// Adds an entry to the charges, if it is one: a debit counts up, a credit gives back.
pub fn add_charge(
    charged: &mut BTreeMap<Currency, Decimal>,
    class: UnmatchedClass,
    (currency, direction, amount): (Currency, Direction, Decimal),
) {
    if class == UnmatchedClass::Charge {
        let signed = if direction == Direction::Debit { amount } else { -amount };
        let sum = charged.entry(currency).or_default();
        *sum = sum.saturating_add(signed);
    }
}

/// Everything at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conservation {
    /// What was accepted, counted without regard to states.
    pub accepted: Vec<(Currency, Tally)>,
    /// Where it counts.
    pub states: Vec<TotalsRow>,
    /// What was moved.
    pub moved: Vec<Moved>,
    /// Charges with entries of their own.
    pub charged: Vec<Charged>,
}

/// A part of what was accepted. Together the parts are all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// Settled by status, or booked.
    Settled,
    /// The bank refused it.
    Rejected,
    /// Cancelled.
    Cancelled,
    /// The money came back.
    Returned,
    /// Not at its end yet.
    Open,
    /// Waits for a person.
    NeedsPerson,
}

/// Every portion with its stable name.
pub const PORTIONS: &[(Portion, &str)] = &[
    (Portion::Settled, "settled"),
    (Portion::Rejected, "rejected"),
    (Portion::Cancelled, "cancelled"),
    (Portion::Returned, "returned"),
    (Portion::Open, "open"),
    (Portion::NeedsPerson, "needs_person"),
];

/// The portion that a state belongs to.
pub fn portion_of(state: State) -> Portion {
    match state {
        State::Settled | State::Booked => Portion::Settled,
        State::Rejected => Portion::Rejected,
        State::Cancelled => Portion::Cancelled,
        State::Returned => Portion::Returned,
        State::Held => Portion::NeedsPerson,
        State::Recorded
        | State::Batched
        | State::Unconfirmed
        | State::Submitted
        | State::InReview
        | State::InProcess => Portion::Open,
    }
}

impl Conservation {
    /// Count and sum of a portion.
    pub fn portion(&self, currency: Currency, portion: Portion) -> Tally {
        let of =
            self.states.iter().filter(|row| row.currency == currency && portion_of(row.state) == portion);
        of.fold(Tally::default(), |tally, row| Tally {
            count: tally.count + row.count,
            sum_minor: tally.sum_minor + row.sum_minor,
        })
    }

    /// Whether the portions of a currency are exactly what was accepted in it.
    pub fn adds_up(&self, currency: Currency) -> bool {
        let accepted = self.accepted.iter().find(|(of, _)| *of == currency).map(|(_, tally)| *tally);
        let parts = PORTIONS.iter().map(|(portion, _)| self.portion(currency, *portion));
        let together = parts.fold(Tally::default(), |tally, part| Tally {
            count: tally.count + part.count,
            sum_minor: tally.sum_minor + part.sum_minor,
        });
        accepted.unwrap_or_default() == together
    }

    /// What was moved in a currency.
    pub fn moved(&self, currency: Currency) -> Moved {
        let found = self.moved.iter().find(|moved| moved.currency == currency);
        found.copied().unwrap_or(Moved::nothing(currency))
    }
}
