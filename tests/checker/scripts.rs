//! The scripts: what client, bank and strangers do in a run. Each ends rightly without a defect.

use std::time::Duration;

use girogate::domain::lifecycle::State;
use girogate::faces::demo::bank::{Access, end_day};
use girogate::sandbox::scenarios::Needs;
use serde_json::Value;

use crate::broken;
use crate::forged;
use crate::run::{Run, payout};

/// Longest wait for the end of a run that should come to one.
const END: Duration = Duration::from_secs(25);
/// Longest wait where a defect may keep the run from its end.
const QUIET: Duration = Duration::from_secs(8);

/// How a run is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Script {
    /// A bank without faults, but every callback twice; a refused and a returned payout; the gateway restarts; a key
    /// is used again with another body.
    Plain,
    /// The bank processes the first arrival, cuts the line and executes what comes again.
    CutAfter,
    /// The bank cuts the line before the first arrival is processed.
    CutBefore,
    /// The bank processes, cuts the line and does not find what it has; a repetition is a duplicate.
    NotFound,
    /// The bank processes, cuts the line and is gone.
    BankGone,
    /// The bank processes and answers 500.
    ServerError,
    /// The bank sends the first arrival elsewhere.
    Redirect,
    /// Reports brought by hand and by strangers: late, contradicting, forged, of somebody else's money.
    Papers,
    /// Somebody without the bank's signing key answers in its place.
    Impostor,
    /// The bank's answer is about another message.
    OtherReceipt,
    /// The gateway is told to stop amid requests.
    Stop,
    /// The power goes right after the client was answered: what was never brought to the disk is gone.
    PowerCut,
    /// A sender that another has followed wakes up and opens an attempt.
    StaleSender,
    /// The bank's bad day: cuts, errors, duplicates, disorder, silence, rejects and returns.
    BadDay,
    /// Every scenario that the bank plays, each in a message of its own.
    Scenarios,
}

impl Script {
    /// Every script with its name in the table.
    pub const ALL: &[(&str, Script)] = &[
        ("plain", Script::Plain),
        ("cut_after", Script::CutAfter),
        ("cut_before", Script::CutBefore),
        ("not_found", Script::NotFound),
        ("bank_gone", Script::BankGone),
        ("server_error", Script::ServerError),
        ("redirect", Script::Redirect),
        ("papers", Script::Papers),
        ("impostor", Script::Impostor),
        ("other_receipt", Script::OtherReceipt),
        ("stop", Script::Stop),
        ("power_cut", Script::PowerCut),
        ("stale_sender", Script::StaleSender),
        ("bad_day", Script::BadDay),
        ("scenarios", Script::Scenarios),
    ];

    /// Plays it; the run's folder is complete afterwards.
    pub async fn play(self, defect: Option<&'static str>) -> Run {
        let (behaviour, processing) = self.bank();
        let mut run = Run::start(&behaviour, processing, defect);
        let converged = match self {
            Script::Plain => plain(&mut run).await,
            Script::CutAfter | Script::CutBefore | Script::ServerError | Script::Redirect => {
                run.submit("one", &three()).await;
                let longest = if defect.is_some() { QUIET } else { END };
                let ended = run.ended(longest).await;
                run.carried_out(QUIET).await;
                ended
            }
            Script::NotFound => {
                run.submit("one", &three()).await;
                run.told("\"step_ended\"", 2, QUIET).await;
                false
            }
            Script::BankGone => bank_gone(&mut run).await,
            Script::Papers => forged::papers(&mut run).await,
            Script::Impostor => forged::impostor(&mut run, forged::Signed::No).await,
            Script::OtherReceipt => forged::impostor(&mut run, forged::Signed::ByTheBank).await,
            Script::Stop => stop(&mut run).await,
            Script::PowerCut => broken::power_cut(&mut run, &three()).await,
            Script::StaleSender => {
                run.submit("one", &three()).await;
                let ended = run.ended(END).await;
                broken::stale_sender(&mut run).await;
                ended
            }
            Script::BadDay => bad_day(&mut run).await,
            Script::Scenarios => scenarios(&mut run).await,
        };
        run.finish(converged).await;
        run
    }

    /// The bank's behaviour and the lines of its `[processing]`.
    fn bank(self) -> (String, &'static str) {
        const SLOW: &str = "acceptance_ms = 3000
booking_ms = 3100
instant_ms = 3150
completion_ms = 3200
";
        const SLOW_EXECUTE: &str = "duplicate = \"execute\"
acceptance_ms = 3000
booking_ms = 3100
\
                                    instant_ms = 3150
completion_ms = 3200
";
        const NEVER: &str = "duplicate = \"reject\"
acceptance_ms = 600000
booking_ms = 600000
\
                             instant_ms = 600000
completion_ms = 600000
";
        let rules = |names: &[&str]| {
            let rule = |text: &&str| format!("[[rule]]\n{text}\n");
            format!("version = 1\nseed = 1\n{}", names.iter().map(rule).collect::<String>())
        };
        match self {
            Script::Plain => (rules(&["does = \"duplicate_callback\""]), ""),
            Script::CutAfter => (rules(&["does = \"cut_after\""]), SLOW_EXECUTE),
            Script::CutBefore => (rules(&["does = \"cut_before\""]), SLOW),
            Script::NotFound => {
                (rules(&["does = \"cut_after\"", "does = \"not_found\"\ndelay_ms = 600000"]), NEVER)
            }
            Script::BankGone => {
                (rules(&["does = \"cut_after\"", "does = \"not_found\"\ndelay_ms = 600000"]), NEVER)
            }
            Script::ServerError => (rules(&["does = \"error_after\"\nstatus = 500"]), SLOW),
            Script::Redirect => (rules(&["does = \"redirect\""]), SLOW),
            Script::Papers => (rules(&["does = \"silent\""]), NEVER),
            Script::Impostor | Script::OtherReceipt => (String::new(), NEVER),
            Script::Stop | Script::PowerCut => (String::new(), NEVER),
            Script::StaleSender | Script::Scenarios => (String::new(), ""),
            Script::BadDay => ("version = 1\nseed = 20\npreset = \"faults\"\n".to_owned(), ""),
        }
    }
}

fn three() -> Vec<Value> {
    vec![payout("A-1", "", "12.34"), payout("A-2", "", "200000.03"), payout("A-3", "", "0.99")]
}

async fn plain(run: &mut Run) -> bool {
    run.submit("one", &[payout("B-1", "", "12.34"), payout("B-2", "SANDBOX S3A", "7.01")]).await;
    run.submit("one", &[payout("B-9", "", "99.99")]).await;
    run.ended(QUIET).await;
    run.line.stop_gateway().await;
    run.line.start_gateway(None);
    let rest = [
        payout("B-3", "", "399999.99"),
        payout("B-4", "SANDBOX S16A", "3.21"),
        payout("B-5", "SANDBOX S3A", "8.00"),
        payout("B-6", "", "5.55"),
    ];
    run.submit("two", &rest).await;
    run.submit("two", &rest).await;
    let settled = |item: &girogate::store::listing::PayoutListed| {
        item.state.is_end() && (item.row.external_id != "B-4" || item.state == State::Returned)
    };
    let longest = if run.line.defect.is_some() { QUIET } else { END };
    run.watch(longest, |payouts| payouts.iter().all(settled)).await
}

async fn bank_gone(run: &mut Run) -> bool {
    run.submit("one", &three()).await;
    run.told("\"step_ended\"", 1, END).await;
    run.line.kill_bank();
    run.told("\"end\":\"failed\"", 1, QUIET).await;
    false
}

/// Some messages of some payouts each; the bank's day ends, so that what only the statement tells is told.
async fn bad_day(run: &mut Run) -> bool {
    for message in 0..8 {
        let payouts: Vec<Value> = (0..12)
            .map(|number| payout(&format!("D-{message}-{number}"), "", &format!("{number}.{message}1")))
            .collect();
        run.submit(&format!("day-{message}"), &payouts).await;
        run.watch(END, |payouts| payouts.iter().all(|item| item.state != State::Recorded)).await;
    }
    run.ended(QUIET).await;
    end_day(&Access::of(&run.line.setup)).await.unwrap();
    run.ended(END).await
}

/// Each scenario beside a plain payout; two days end. What stays open by the bank's own doing is no finding here. Not
/// played: what no gateway does by itself, and the bank that promises a duplicate check and executes again all the same.
async fn scenarios(run: &mut Run) -> bool {
    for scenario in girogate::sandbox::scenarios::list() {
        if scenario.needs == Needs::OtherMessageId || scenario.code == "S7C" {
            continue;
        }
        let mut pair = [
            payout(&format!("{}-MINE", scenario.code), "", "12.50"),
            payout(&format!("{}-PLAIN", scenario.code), "", "7.25"),
        ];
        pair[0]["creditor"]["name"] = format!("SANDBOX {}", scenario.code).into();
        pair[1]["creditor"]["name"] = format!("Somebody {}", scenario.code).into();
        for one in &mut pair {
            match scenario.needs {
                Needs::Instant => one["speed"] = "instant_required".into(),
                Needs::BatchBooking => one["batch_booking"] = true.into(),
                _ => {}
            }
        }
        run.submit(scenario.code, &pair).await;
        run.watch(END, |payouts| payouts.iter().all(|item| item.state != State::Recorded)).await;
    }
    for _ in 0..2 {
        run.ended(END).await;
        end_day(&Access::of(&run.line.setup)).await.unwrap();
    }
    run.ended(QUIET).await;
    false
}

/// Many clients at once while the gateway is told to stop: whoever was told "accepted" finds the payout.
async fn stop(run: &mut Run) -> bool {
    let gateway = run.line.gateway_id();
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..32 {
        let api = run.client();
        clients.spawn(async move {
            let mut lines = Vec::new();
            for number in 0..200 {
                let one = [payout(&format!("S-{client}-{number}"), "", "1.23")];
                let body = serde_json::json!({ "mode": "per_item", "payouts": one }).to_string();
                let (line, status) = crate::run::ask(&api, &format!("s-{client}-{number}"), &one, body).await;
                lines.push(line);
                if status.is_none() {
                    break;
                }
            }
            lines
        });
    }
    run.watch(END, |payouts| payouts.len() > 60).await;
    crate::process::signal("-TERM", gateway);
    while let Some(lines) = clients.join_next().await {
        for line in lines.unwrap() {
            run.write(&line);
        }
    }
    false
}
