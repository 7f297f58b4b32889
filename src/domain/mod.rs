//! Values of the trade: amounts, accounts, parties, references, payouts, states. No IO, XML, clock, logging, serde or async.

pub mod account;
pub mod amount;
pub mod calendar;
pub mod charset;
pub mod codes;
pub mod country;
pub mod currency;
pub mod entry;
pub mod exact;
pub mod fact;
pub mod lifecycle;
pub mod party;
pub mod payout;
pub mod reference;
pub mod row;
pub mod status;
pub mod unknown;
