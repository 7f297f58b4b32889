//! Recorded exchanges through the real engine: each plays without difference, a changed expectation and a changed
//! octet are named, and the order in which the bank's documents come changes no end.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "replay/cancellation.rs"]
mod cancellation;
#[path = "replay/detectors.rs"]
mod detectors;
#[path = "exchange/mod.rs"]
mod exchange;
#[path = "replay/room.rs"]
mod room;

use exchange::{Gateway, Street, payout};
use girogate::domain::fact::Cause;
use girogate::engine::input::{Envelope, Input};
use girogate::engine::runtime::recording::{Note, Tap};
use girogate::engine::turn::turn;
use girogate::faces::conform::control;
use girogate::faces::replay::player::play;
use girogate::faces::replay::recording::{self, Event, Recording, Reply};
use girogate::faces::replay::{self, Replayed};
use girogate::faces::serve;
use girogate::sandbox::scenarios::{self, Effect, Needs, Returned, Scenario};
use girogate::store::documents::NewDocument;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn exchanges() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges")
}

fn recorded() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(exchanges()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn shown(replayed: &Replayed) -> Vec<String> {
    replayed.differences.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_recorded_exchange_plays_without_difference() {
    let folders = recorded();
    assert!(folders.len() >= 35, "one per scenario, {} found", folders.len());
    for folder in folders {
        let recording = recording::read(&folder).unwrap();
        assert!(
            !recording.expect.is_empty() && recording.end.is_some(),
            "{} expects nothing",
            folder.display()
        );
        let replayed = replay::folder(&folder).await.unwrap();
        assert_eq!(shown(&replayed), Vec::<String>::new(), "{}", folder.display());
        assert!(replayed.timeline.len() > 4, "{}", folder.display());
    }
}

/// Where the gateway ends elsewhere than the bank's table says: after an exchange the debit differs from what was
/// instructed, no included charge explains it, and the gateway leaves the entry to a person (`amount_mismatch`)
/// instead of booking it.
const ELSEWHERE: &[(&str, &str)] = &[("S20D", "Settled")];

fn end_of(scenario: &Scenario) -> &'static str {
    let elsewhere = ELSEWHERE.iter().find(|(code, _)| *code == scenario.code);
    elsewhere.map_or(scenario.end_state, |(_, state)| *state)
}

/// The bank's table says where a right client ends; the recordings must say the same.
#[tokio::test]
async fn every_scenario_is_recorded_with_the_end_that_the_bank_states() {
    for scenario in scenarios::list().iter().filter(|scenario| can_be_recorded(scenario)) {
        let recording = recording::read(&exchanges().join(scenario.code)).unwrap();
        let mine = format!("{}-MINE", scenario.code);
        let end = recording.expect.iter().find(|expected| expected.external_id == mine).unwrap();
        assert_eq!(end.state, end_of(scenario), "{}", scenario.code);
    }
}

#[tokio::test]
async fn a_changed_expectation_is_named() {
    let folder = exchanges().join("S3A");
    let mut recording = recording::read(&folder).unwrap();
    let mine = recording.expect.iter_mut().find(|expected| expected.external_id == "S3A-MINE").unwrap();
    assert_eq!((mine.state.as_str(), mine.reason.as_deref()), ("Rejected", Some("AC01")));
    mine.state = "Booked".to_owned();
    mine.reason = Some("AC04".to_owned());
    let replayed = play(&folder, &recording).await.unwrap();
    assert_eq!(
        shown(&replayed),
        [
            "payout S3A-MINE: state: expected Booked, found Rejected",
            "payout S3A-MINE: reason: expected AC04, found AC01"
        ]
    );
}

#[tokio::test]
async fn a_changed_octet_is_named_with_its_place() {
    let copy = tempfile::tempdir().unwrap();
    let folder = exchanges().join("S1");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let recording = recording::read(copy.path()).unwrap();
    let (index, file) = recording
        .event
        .iter()
        .enumerate()
        .find_map(|(index, event)| match event {
            Event::Frozen { file, .. } => Some((index, file.clone())),
            _ => None,
        })
        .unwrap();
    let path = copy.path().join(&file);
    let mut octets = std::fs::read(&path).unwrap();
    let at = octets.windows(8).position(|part| part == b"<CtrlSum").unwrap() + 9;
    octets[at] = if octets[at] == b'9' { b'8' } else { b'9' };
    std::fs::write(&path, &octets).unwrap();
    let line = octets[..at].iter().filter(|octet| **octet == b'\n').count() + 1;
    let column = octets[..at].iter().rev().take_while(|octet| **octet != b'\n').count() + 1;
    let replayed = play(copy.path(), &recording).await.unwrap();
    assert_eq!(replayed.differences.len(), 1, "{:?}", replayed.differences);
    let first = &replayed.differences[0];
    assert_eq!(
        (first.place.as_str(), first.what.as_str()),
        (&*format!("event[{index}]"), &*format!("octets of {file}"))
    );
    assert!(first.expected.ends_with(&format!("at {line}:{column}")), "{first}");
    assert!(first.found.ends_with(&format!("at {line}:{column}")), "{first}");
}

/// The bank's documents moved behind everything else, in reversed order, each twice.
fn shuffled(recording: &Recording) -> Recording {
    let mut other = recording.clone();
    let last = recording.event.last().map_or(0, Event::at_ms);
    let is_document = |event: &Event| matches!(event, Event::Document { .. });
    let documents: Vec<Event> = recording.event.iter().filter(|event| is_document(event)).cloned().collect();
    other.event.retain(|event| !is_document(event));
    for document in documents.into_iter().rev() {
        let Event::Document { bank, channel, file, unproved, .. } = document else { unreachable!() };
        let late = Event::Document { at_ms: last, bank, channel, file, unproved };
        other.event.extend([late.clone(), late]);
    }
    other
}

#[tokio::test]
async fn the_order_and_number_of_documents_change_no_end() {
    for folder in recorded() {
        let recording = recording::read(&folder).unwrap();
        let straight = play(&folder, &recording).await.unwrap();
        let other = play(&folder, &shuffled(&recording)).await.unwrap();
        let ends = |replayed: &Replayed| -> Vec<(String, String)> {
            replayed.payouts.iter().map(|end| (end.external_id.clone(), end.state.clone())).collect()
        };
        assert_eq!(ends(&other), ends(&straight), "{}", folder.display());
    }
}

/// The line was cut, and the bank answers inquiries with "not found" until a repetition is due.
fn with_repetition(recording: &Recording) -> Recording {
    let mut longer = recording.clone();
    let message = recording
        .event
        .iter()
        .find_map(|event| match event {
            Event::Sent { message, .. } => Some(message.clone()),
            _ => None,
        })
        .unwrap();
    let reply = Reply { status: Some(404), ..Reply::default() };
    longer.event.push(Event::Inquiry { at_ms: 60_000, message: message.clone(), reply });
    longer.event.push(Event::Sent { at_ms: 60_010, message, attempt: 2 });
    longer
}

#[tokio::test]
async fn a_booking_forbids_the_repetition_that_a_profile_allows() {
    let folder = exchanges().join("S14B");
    let mut recording = with_repetition(&recording::read(&folder).unwrap());
    let booked = play(&folder, &recording).await.unwrap();
    let refusals: Vec<&str> = booked.differences.iter().map(|difference| difference.found.as_str()).collect();
    assert_eq!(refusals, ["nothing may leave"], "{:?}", booked.differences);
    recording.event.retain(|event| !matches!(event, Event::Document { .. }));
    recording.expect.clear();
    recording.end = None;
    let silent = play(&folder, &recording).await.unwrap();
    assert_eq!(shown(&silent), Vec::<String>::new(), "without any evidence the octets may go once more");
}

#[test]
fn the_command_tells_a_difference_by_its_exit_code() {
    let run = |folder: &Path| {
        let run = Command::new(env!("CARGO_BIN_EXE_girogate")).arg("replay").arg(folder).output().unwrap();
        (run.status.code().unwrap(), String::from_utf8(run.stdout).unwrap())
    };
    let (code, text) = run(&exchanges().join("S16A"));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("returned") && text.trim_end().ends_with("facts"), "{text}");
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(exchanges().join("S16A")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = copy.path().join(recording::FILE);
    let changed =
        std::fs::read_to_string(&path).unwrap().replacen("state = \"Returned\"", "state = \"Booked\"", 1);
    std::fs::write(&path, changed).unwrap();
    let (code, text) = run(copy.path());
    assert_eq!(code, 1);
    assert!(text.contains("payout S16A-MINE: state: expected Booked, found Returned"), "{text}");
    assert_eq!(run(&copy.path().join("nowhere")).0, 2);
}

#[test]
fn what_is_wrong_with_a_recording_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str| {
        std::fs::write(folder.path().join(recording::FILE), text).unwrap();
        let error = recording::read(folder.path()).unwrap_err();
        (error.code(), error.to_string())
    };
    let good = std::fs::read_to_string(exchanges().join("S1").join(recording::FILE)).unwrap();
    assert_eq!(refused(&good.replacen("version = 1", "version = 2", 1)).0, "recording.value");
    let (code, text) = refused(&good.replacen("tenant = ", "tenat = ", 1));
    assert_eq!(code, "recording.shape");
    assert!(text.contains("tenat"), "{text}");
    assert_eq!(refused(&good.replacen("kind = \"sent\"", "kind = \"send\"", 1)).0, "recording.shape");
    let leading_out = recording::octets_of(folder.path(), "../secret").unwrap_err();
    assert_eq!(leading_out.code(), "recording.value");
}

const BY_HAND: &str = r#"
version = 1
started_at = "2026-11-23T08:00:00Z"
tenant = "hand"
id_key_hex = "00112233445566778899aabbccddeeff"
default_speed = "standard"
characters = "transliterate"
duplicate_window_days = 10
bank = [{ id = "bank", profile = "reference-rfc9421" }]
account = [{ ref = "eur", bank = "bank", iban = "DE89370400440532013000", currency = "EUR", name = "Treasury" }]
event = [
    { kind = "instructions", at_ms = 0, file = "payouts.csv" },
    { kind = "operation", at_ms = 10, act = "hold", payout = "HAND-1", reason = "look at it" },
    { kind = "operation", at_ms = 20, act = "cancel", payout = "HAND-2", actor = "anna" },
    { kind = "document", at_ms = 30, bank = "bank", channel = "callback", file = "forged.xml", unproved = "no signature" },
]
expect = [
    { external_id = "HAND-1", state = "Held" },
    { external_id = "HAND-2", state = "Cancelled" },
]
end = { exceptions = [], unmatched = [] }
"#;

#[tokio::test]
async fn a_recording_written_by_hand_plays() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: &str, amount: &str| {
        format!("{id},eur,{amount},EUR,Anna Muster,Paris,FR,FR1420041010050500013M02606\n")
    };
    let head = "external_id,debtor.account_ref,amount.value,amount.currency,creditor.name,creditor.address.town,creditor.address.country,creditor_account.iban\n";
    let rows = format!("{head}{}{}", row("HAND-1", "10.00"), row("HAND-2", "11.00"));
    std::fs::write(folder.path().join("payouts.csv"), rows).unwrap();
    std::fs::copy(exchanges().join("S3A/004-document.xml"), folder.path().join("forged.xml")).unwrap();
    std::fs::write(folder.path().join(recording::FILE), BY_HAND).unwrap();
    let replayed = replay::folder(folder.path()).await.unwrap();
    assert_eq!(shown(&replayed), Vec::<String>::new());
    let mut proved = recording::read(folder.path()).unwrap();
    let Some(Event::Document { unproved, .. }) = proved.event.last_mut() else { unreachable!() };
    *unproved = None;
    let replayed = play(folder.path(), &proved).await.unwrap();
    assert_eq!(
        shown(&replayed),
        ["end: exceptions: expected none, found unknown_message"],
        "only what is proved is read"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_begins_with_nothing() {
    let street = Street::open("").await;
    let (config, path) = street.config("reference-rfc9421");
    let folder = street.dir.path().join("recorded");
    {
        let parts = serve::build(&config, &path).await.unwrap().parts;
        let input = Input::Alarm { code: "earlier", text: "a fact of an earlier run".to_owned() };
        let (tenant, actor) = ("fixture".to_owned(), "test".to_owned());
        let earlier = Envelope { at: chrono::Utc::now(), tenant, actor, cause: Cause::Timer, input };
        assert_eq!(turn(&parts.store, &parts.standing, &[earlier]).await.unwrap().len(), 1);
    }
    let (_end, ended) = tokio::sync::watch::channel(false);
    let source = serve::Source { config: &config, path: &path, record: Some(&folder) };
    let refused = serve::run_source(source, |_| {}, ended).await.unwrap_err();
    assert!(refused.is_configuration(), "{refused}");
    assert!(refused.to_string().contains("empty data directory"), "{refused}");
    street.close().await;
}

/// A gateway cannot send the same payments under another id, and nobody cancels during a recording. In S12C the words about
/// the payee's name stand in the way of the later refusal of the group: the payouts stay where they were.
fn can_be_recorded(scenario: &Scenario) -> bool {
    !matches!(scenario.needs, Needs::OtherMessageId | Needs::CancelEarly | Needs::CancelLate)
        && scenario.code != "S12C"
}

fn wishes(scenario: &Scenario) -> serde_json::Value {
    match scenario.needs {
        Needs::BatchBooking => json!({ "batch_booking": true }),
        Needs::Instant => json!({ "speed": "instant_required" }),
        _ => json!({}),
    }
}

async fn submit(gateway: &Gateway, scenario: &Scenario) {
    let wishes = wishes(scenario);
    let code = scenario.code;
    let mine = payout(&format!("{code}-MINE"), &format!("Anna Muster SANDBOX {code}"), "12.50", &wishes);
    let plain = payout(&format!("{code}-PLAIN"), "Bert Beispiel", "7.25", &wishes);
    gateway.submit(&[mine, plain]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_gateway_records_what_replays_without_difference() {
    let street = Street::open("").await;
    let folder = street.dir.path().join("recorded");
    let profile = exchange::quick_profile(street.dir.path());
    let gateway = street.gateway(profile, Some(folder.clone())).await;
    submit(&gateway, scenarios::find("S3B").unwrap()).await;
    gateway.until("S3B-MINE", "Rejected", exchange::PATIENCE).await.unwrap();
    gateway.until("S3B-PLAIN", "Booked", exchange::PATIENCE).await.unwrap();
    gateway.close().await;
    let replayed = replay::folder(&folder).await.unwrap();
    assert_eq!(shown(&replayed), Vec::<String>::new());
    let ends: Vec<(&str, &str)> =
        replayed.payouts.iter().map(|end| (end.external_id.as_str(), end.state.as_str())).collect();
    assert_eq!(ends, [("S3B-MINE", "Rejected"), ("S3B-PLAIN", "Booked")]);
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder.join(recording::FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "a recording holds payouts and a key in clear");
    street.close().await;
}

/// Records one scenario; waits are only needed here, where a real bank takes its time.
async fn record(scenario: &'static Scenario) -> Result<(), String> {
    let processing =
        "acceptance_ms = 60\nbooking_ms = 300\ncompletion_ms = 500\nreturn_ms = 300\ninstant_ms = 200\n";
    let street = Street::open(processing).await;
    let folder = street.dir.path().join("recorded");
    let gateway = street.gateway("reference-rfc9421", Some(folder.clone())).await;
    submit(&gateway, scenario).await;
    let mine = format!("{}-MINE", scenario.code);
    let days = if scenario.effect == Effect::Returned(Returned::AfterStatement) { 2 } else { 1 };
    let before = if days == 2 { "Booked" } else { end_of(scenario) };
    let reached = gateway.until(&mine, before, Duration::from_secs(30)).await;
    exchange::pause(3_000).await;
    for _ in 0..days {
        assert_eq!(control::end_day(&gateway.links["bank"]).await, Ok(true));
        exchange::pause(4_000).await;
    }
    let ended = gateway.state(&mine).await;
    gateway.close().await;
    let replayed = replay::folder(&folder).await.map_err(|cause| format!("{}: {cause}", scenario.code))?;
    let target = exchanges().join(scenario.code);
    drop(std::fs::remove_dir_all(&target));
    std::fs::create_dir_all(&target).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap();
        let octets = match name.to_str() {
            Some(recording::FILE) => String::from_utf8(octets)
                .unwrap()
                .replacen("note = \"\"", &format!("note = {:?}", scenario.name), 1)
                .into(),
            _ => octets,
        };
        std::fs::write(target.join(name), octets).unwrap();
    }
    street.close().await;
    if ended != end_of(scenario) || !replayed.differences.is_empty() {
        return Err(format!(
            "{}: {ended} instead of {} ({reached:?}); {:?}",
            scenario.code,
            end_of(scenario),
            shown(&replayed)
        ));
    }
    Ok(())
}

/// With `UPDATE_FIXTURES=1` every scenario is recorded anew from a real run of gateway and bank; `SCENARIO` names one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_are_made_on_request() {
    if std::env::var_os("UPDATE_FIXTURES").is_none_or(|value| value != "1") {
        return;
    }
    let only = std::env::var("SCENARIO").ok();
    let wanted: Vec<&Scenario> = scenarios::list()
        .iter()
        .filter(|scenario| {
            can_be_recorded(scenario) && only.as_deref().is_none_or(|code| code == scenario.code)
        })
        .collect();
    let mut failures = Vec::new();
    for some in wanted.chunks(6) {
        let runs: Vec<_> = some.iter().map(|scenario| tokio::spawn(record(scenario))).collect();
        for run in runs {
            failures.extend(run.await.unwrap().err());
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_writer_that_does_not_come_loses_the_recording_and_holds_nobody_up() {
    let (tap, notes) = Tap::open();
    let mut handed_in = 0;
    while !tap.is_torn() && handed_in < 1_000_000 {
        tap.note(Note::Body(NewDocument::of(Vec::new())));
        handed_in += 1;
    }
    assert!(tap.is_torn() && handed_in > 1, "{handed_in}");
    assert_eq!(notes.len(), handed_in - 1, "all but the one that found no room");
    tap.note(Note::End);
    assert_eq!(notes.len(), handed_in - 1, "nothing follows a hole");
}

#[path = "replay/door.rs"]
mod door;
#[path = "replay/faults.rs"]
mod faults;
