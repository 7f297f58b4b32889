//! Unknown outcomes: the ladder rung by rung, what statements prove, what contradicts itself in a profile, and what
//! each answer of a bank proves.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "unknown/answers.rs"]
mod answers;
#[path = "unknown/ladder.rs"]
mod ladder;
