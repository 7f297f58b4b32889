//! Unknown outcomes: the ladder rung by rung, what statements prove, what contradicts itself in a profile, what each
//! answer of a bank proves, what two people decide, and the whole of it against banks of every memory.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "unknown/answers.rs"]
mod answers;
#[path = "unknown/banks.rs"]
mod banks;
#[path = "house/block.rs"]
mod block;
#[path = "unknown/decisions.rs"]
mod decisions;
#[path = "exchange/mod.rs"]
mod exchange;
#[path = "unknown/ladder.rs"]
mod ladder;
#[path = "process/papers.rs"]
#[allow(dead_code)] // of what is read there this takes the debits
mod papers;
#[path = "unknown/room.rs"]
mod room;
