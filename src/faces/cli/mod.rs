//! The command line: one file per command. Here are the list of commands, the exit codes and how failures are told.
//! Commands parse, call what lies below, and show; they decide nothing.

mod addresses;
mod anonymise;
mod audit;
mod check;
mod columns;
mod conform;
mod convert;
mod demo;
mod diff;
mod export;
mod file;
mod frame;
mod ingest;
mod keys;
mod list;
mod migrate;
mod operate;
mod parse;
mod process;
mod replay;
mod report;
mod rules;
mod sandbox;
mod schema;
mod screen;
mod serve;
mod several;
mod sign;
mod source;
mod spool;
mod status;
mod store;
mod submit;
mod totals;
mod unknown;
mod validate;
mod verify;

use clap::{Parser, Subcommand};
use screen::{Format, Screen};
use std::fmt::Display;
use std::process::ExitCode;

/// An ISO 20022 bank-connectivity gateway: payouts in, signed pain.001 out over mutual TLS, every answer reconciled.
///
/// Exit codes: 0 done; 1 a finding about the input or its fate; 2 wrong use or configuration; 3 the outside failed
/// (store, bank, disk).
#[derive(Parser)]
#[command(name = "girogate", version, max_term_width = 120)]
struct Arguments {
    /// How results are shown: text for people, or one JSON object a line.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the whole main job on this machine: payouts, gateway, bank, reconciliation.
    Demo(demo::Demo),
    /// Run the gateway.
    Serve(serve::Serve),
    /// Run the sandbox bank.
    Sandbox(sandbox::Sandbox),
    /// Play a recorded exchange through the engine and compare.
    Replay(replay::Replay),
    /// Check that a running bank does what its profile claims.
    Conform(conform::Conform),
    /// Convert a payout file to pain.001, or a document to another version of its message.
    Convert(convert::Convert),
    /// Explain the columns of a payout file.
    Columns(columns::Columns),
    /// Say whether ISO 20022 documents are instances of their schema.
    Validate(validate::Validate),
    /// List the parties of payment messages: whose address is refused from which day, and what to write instead.
    Addresses(addresses::Addresses),
    /// List the rule sets and their rules.
    Rules(rules::Rules),
    /// Explain one rule: what it says, since when, by which source, how to mend what breaks it.
    Explain(rules::Explain),
    /// Read messages into records, one JSON object a line: pain.001 and .002, pacs.002, .004, .008 and .028, camt.029, .052 to .056
    /// and .060, head.001, admi.002.
    Parse(parse::Parse),
    /// Compare what two documents say, whatever their versions.
    Diff(diff::Diff),
    /// Copy documents without names, accounts, references and texts; structure, sums and verdict stay.
    Anonymise(anonymise::Anonymise),
    /// Sign a document.
    Sign(sign::Sign),
    /// Verify a signed document against pinned certificates.
    Verify(verify::Verify),
    /// Make keys and certificates.
    Keys(keys::Keys),
    /// Work on message definitions.
    Schema(schema::Schema),
    /// Submit payout files to a running gateway.
    Submit(submit::Submit),
    /// Show everything about whatever carries an id.
    Status(status::Status),
    /// List payouts, exception items or account entries.
    List(list::List),
    /// Count and add up payouts per currency and state.
    Totals(totals::Totals),
    /// Report on a day.
    Report(report::Report),
    /// Cancel a payout: here while nothing has left, else by a request to the bank if it takes such requests.
    Cancel(operate::Cancel),
    /// Keep a payout from being sent.
    Hold(operate::Hold),
    /// Let a held payout go on.
    Release(operate::Release),
    /// Submit a new payout in the place of a rejected, returned or cancelled one.
    Reissue(operate::Reissue),
    /// Messages whose outcome nobody knows: list them, see the evidence, decide with a second person.
    Unknown(unknown::Unknown),
    /// Bring bank messages that were fetched by hand.
    Ingest(ingest::Ingest),
    /// Write the payouts that changed since the last export.
    Export(export::Export),
    /// Audit the store.
    Audit(audit::Audit),
    /// Check, copy and restore the store; let a restored gateway send again.
    Store(store::Store),
}

impl Command {
    fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        match self {
            Command::Demo(command) => command.run(screen),
            Command::Serve(command) => command.run(screen),
            Command::Sandbox(command) => command.run(screen),
            Command::Replay(command) => command.run(screen),
            Command::Conform(command) => command.run(screen),
            Command::Convert(command) => command.run(screen),
            Command::Columns(command) => command.run(screen),
            Command::Validate(command) => command.run(screen),
            Command::Addresses(command) => command.run(screen),
            Command::Rules(command) => command.run(screen),
            Command::Explain(command) => command.run(screen),
            Command::Parse(command) => command.run(screen),
            Command::Diff(command) => command.run(screen),
            Command::Anonymise(command) => command.run(screen),
            Command::Sign(command) => command.run(screen),
            Command::Verify(command) => command.run(screen),
            Command::Keys(command) => command.run(screen),
            Command::Schema(command) => command.run(screen),
            Command::Submit(command) => command.run(screen),
            Command::Status(command) => command.run(screen),
            Command::List(command) => command.run(screen),
            Command::Totals(command) => command.run(screen),
            Command::Report(command) => command.run(screen),
            Command::Cancel(command) => command.run(screen),
            Command::Hold(command) => command.run(screen),
            Command::Release(command) => command.run(screen),
            Command::Reissue(command) => command.run(screen),
            Command::Unknown(command) => command.run(screen),
            Command::Ingest(command) => command.run(screen),
            Command::Export(command) => command.run(screen),
            Command::Audit(command) => command.run(screen),
            Command::Store(command) => command.run(screen),
        }
    }
}

/// How a command ended; of several ends the greatest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done.
    #[default]
    Done,
    /// A finding about the input or its fate: invalid, refused, rejected, different.
    Finding,
    /// Wrong use or configuration.
    Usage,
    /// The outside failed: store, bank, disk.
    Outside,
}

impl Exit {
    /// The code for the shell.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Finding => 1,
            Exit::Usage => 2,
            Exit::Outside => 3,
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    code: &'static str,
    text: String,
}

impl Failure {
    /// The input is at fault.
    pub fn finding(code: &'static str, text: impl Display) -> Failure {
        Failure { exit: Exit::Finding, code, text: text.to_string() }
    }

    /// The use or the configuration is at fault.
    pub fn usage(code: &'static str, text: impl Display) -> Failure {
        Failure { exit: Exit::Usage, code, text: text.to_string() }
    }

    /// Disk, store or bank are at fault.
    pub fn outside(code: &'static str, text: impl Display) -> Failure {
        Failure { exit: Exit::Outside, code, text: text.to_string() }
    }
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => {
            // Help that nobody reads any more is no failure.
            let _ = refusal.print();
            let exit = if refusal.use_stderr() { Exit::Usage } else { Exit::Done };
            return ExitCode::from(exit.code());
        }
    };
    let mut screen = Screen::new(arguments.format);
    let exit = match arguments.command.run(&mut screen) {
        Ok(exit) => exit,
        Err(failure) => {
            screen.failure(failure.code, &failure.text);
            failure.exit
        }
    };
    ExitCode::from(screen.finish(exit).code())
}
