//! Unknown outcomes: the ladder rung by rung, what statements prove, what contradicts itself in a profile, what each
//! answer of a bank proves, and what two people decide.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "unknown/answers.rs"]
mod answers;
#[path = "unknown/decisions.rs"]
mod decisions;
#[path = "unknown/ladder.rs"]
mod ladder;
#[path = "unknown/room.rs"]
mod room;
