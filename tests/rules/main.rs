//! Rules beyond the schema: each rule broken and kept, dates, counts and sums against an oracle, the list in docs/rules.md.

mod addresses;
mod cases;
mod dates;
mod duplicates;
mod list;
mod sums;
