//! The independent judge (`check.py`) over runs of real processes: clean runs hold, and each planted defect is noticed.
//! The table of defects, scripts and invariants is `defects.tsv`. By default a clean run of each script and every defect;
//! `GIROGATE_TEST_DEFECTS=name,name` plays only these.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

mod damage;
mod defects;
mod forged;
mod judge;
#[path = "../process/mod.rs"]
mod process;
mod run;
mod scripts;
