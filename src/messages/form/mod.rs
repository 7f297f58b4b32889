//! Forms: which element of a message fills which member of which record, as data. One form per message serves all its
//! versions: where versions name an element differently, the names stand side by side. Never what a record means.

mod camt_029;
mod camt_055;
mod camt_060;
mod compile;
mod fields;
mod other;
mod pacs_004;
mod pacs_008;
mod pacs_028;
mod pain_001;
mod parts;
mod read;

pub use fields::{Fields, Plain};
pub use read::FormReader;

use crate::messages::kind::Kind;

/// A kind of record: the element that begins it, what it takes of it, and the records inside.
///
/// A path is local names joined by `/`, from the element of the surrounding form. Alternatives are separated by `|`; where
/// a document has several of them the one named first wins, and of that the first in the document. `.` is the element itself.
pub struct Form {
    /// The record's name.
    pub(super) record: &'static str,
    /// Paths of the element that it is made of; the outermost form is the message itself.
    pub(super) at: &'static str,
    pub(super) members: &'static [Member],
    pub(super) inside: &'static [Form],
}

/// A member of a record or of an object in it.
pub(super) struct Member {
    name: &'static str,
    at: &'static str,
    takes: Takes,
}

/// What of an element a member takes.
#[derive(Clone, Copy)]
enum Takes {
    /// Its text.
    Text,
    /// The text of each.
    Texts,
    /// `credit` or `debit`.
    Direction,
    /// An XML Schema boolean.
    Boolean,
    /// Its text, and its `Ccy` as the member of this name.
    Amount(&'static str),
    /// An object of the elements inside.
    One(&'static [Member]),
    /// One object for each.
    Many(&'static [Member]),
}

const fn text(name: &'static str, at: &'static str) -> Member {
    Member { name, at, takes: Takes::Text }
}

const fn texts(name: &'static str, at: &'static str) -> Member {
    Member { name, at, takes: Takes::Texts }
}

const fn direction(name: &'static str, at: &'static str) -> Member {
    Member { name, at, takes: Takes::Direction }
}

const fn boolean(name: &'static str, at: &'static str) -> Member {
    Member { name, at, takes: Takes::Boolean }
}

const fn amount(name: &'static str, currency: &'static str, at: &'static str) -> Member {
    Member { name, at, takes: Takes::Amount(currency) }
}

const fn one(name: &'static str, at: &'static str, members: &'static [Member]) -> Member {
    Member { name, at, takes: Takes::One(members) }
}

const fn many(name: &'static str, at: &'static str, members: &'static [Member]) -> Member {
    Member { name, at, takes: Takes::Many(members) }
}

/// The form of a message; none for those whose records have types of their own.
pub fn of(kind: Kind) -> Option<&'static Form> {
    match kind {
        Kind::Pain001 => Some(&pain_001::FORM),
        Kind::Pacs004 => Some(&pacs_004::FORM),
        Kind::Pacs008 => Some(&pacs_008::FORM),
        Kind::Pacs028 => Some(&pacs_028::FORM),
        Kind::Camt029 => Some(&camt_029::FORM),
        Kind::Camt055 | Kind::Camt056 => Some(&camt_055::FORM),
        Kind::Camt060 => Some(&camt_060::FORM),
        Kind::Head001 => Some(&other::APPLICATION_HEADER),
        Kind::Admi002 => Some(&other::MESSAGE_REJECT),
        Kind::Pain002 | Kind::Pacs002 | Kind::Camt052 | Kind::Camt053 | Kind::Camt054 => None,
    }
}
