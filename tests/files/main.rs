//! Work with files: what is proved of a report, what two documents say, copies without names, other versions, many files at once.

mod anonymise;
mod compare;
mod migrate;
mod prove;
mod several;
