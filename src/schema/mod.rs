//! Message definitions as data: the XSD subset, its tables, and the one-pass walk. Knows XML, never payments.

pub mod automaton;
pub mod catalog;
pub mod event;
pub mod facet;
mod lexical;
pub mod model;
pub mod outline;
pub mod pattern;
mod pattern_blocks;
mod pattern_text;
pub mod restate;
pub mod walk;
pub mod xsd;
