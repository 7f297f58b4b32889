//! The independent judge (`check.py`) over runs of real processes: clean runs hold, and each planted defect is noticed.
//! The table of defects, scripts and invariants is `defects.tsv`. By default every defect and a clean run of each script,
//! but the one that plays all of the bank's scenarios: that needs `GIROGATE_TEST_DEFECTS=all`.
//! `GIROGATE_TEST_DEFECTS=name,name` plays only these defects; `GIROGATE_TEST_KEEP=FOLDER` keeps the folders of the runs.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

mod broken;
mod damage;
mod defects;
mod forged;
mod judge;
#[path = "../process/mod.rs"]
mod process;
mod run;
mod scripts;
