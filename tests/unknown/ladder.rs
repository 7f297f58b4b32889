//! The ladder as a table: what is known, what the profile says and the time in; the next rung out.

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use girogate::bank::profile::unknown::DuplicateCheck;
use girogate::bank::profile::{Profile, ProfileError, REFERENCE_PROFILE};
use girogate::domain::currency::Currency;
use girogate::domain::entry::{Digest, Direction, Evidence, UnmatchedClass};
use girogate::domain::row::{BlockRow, EntryRow, MessageRow, SendPhase, StatementRow};
use girogate::domain::status::StatusNews;
use girogate::domain::unknown::{Decision, Escalation, Told, UnknownRow};
use girogate::engine::unknown::absence::{Account, is_proven};
use girogate::engine::unknown::{Case, Rules, Rung, Seen, next, why_not_resend};
use rust_decimal::Decimal;

fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap() + Duration::seconds(seconds)
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
}

fn rules() -> Rules {
    Rules::of(&Profile::parse(REFERENCE_PROFILE).unwrap())
}

/// One attempt, from second 0 to second 1, of unknown outcome.
fn row() -> MessageRow {
    MessageRow {
        key: 1,
        version: 3,
        tenant: "acme".into(),
        message_id: "M".into(),
        bank: "bank".into(),
        document: Digest([1; 32]),
        count: 1,
        sum: Decimal::ONE,
        phase: SendPhase::Unknown,
        attempt: 1,
        maybe_sent: true,
        first_attempt_at: Some(at(0)),
        last_attempt_ended_at: Some(at(1)),
        inquiries: 0,
        due_at: Some(at(1)),
        bank_reference: None,
        status: None,
        status_evidence: None,
        last_code: None,
        dissolved: false,
        frozen_at: at(-1),
        unknown: UnknownRow { since: Some(at(1)), ..UnknownRow::default() },
        about: None,
    }
}

fn told(mut row: MessageRow, told: Told, inquiries: u32, when: i64) -> MessageRow {
    row.inquiries = inquiries;
    row.unknown.told = Some(told);
    row.unknown.inquired_at = Some(at(when));
    row
}

struct Look {
    row: MessageRow,
    rules: Rules,
    executes: u32,
    seen: Seen,
}

fn look(row: MessageRow) -> Look {
    Look { row, rules: rules(), executes: 23, seen: Seen::Nothing }
}

impl Look {
    fn case(&self) -> Case<'_> {
        let dates = Some((day(self.executes), day(self.executes)));
        Case { row: &self.row, rules: &self.rules, dates, seen: self.seen }
    }

    fn next(&self, seconds: i64) -> Rung {
        next(&self.case(), at(seconds))
    }

    fn why_not(&self, seconds: i64) -> Option<&'static str> {
        why_not_resend(&self.case(), at(seconds))
    }
}

#[test]
fn it_waits_then_inquires_then_sends_the_same_octets_only_after_a_not_found_that_counts() {
    let fresh = look(row());
    assert_eq!(fresh.next(1), Rung::Wait(at(2)), "the first wait of the profile is 1 s");
    assert_eq!(fresh.next(2), Rung::Inquire);
    // The stated wait of the reference profile is 5 s after the attempt: "not found" at 4 s proves nothing.
    let early = look(told(row(), Told::NotFound, 2, 4));
    assert_eq!(early.next(4), Rung::Wait(at(8)));
    assert_eq!(early.next(7), Rung::Wait(at(8)), "the wait has passed, the answer is still the early one");
    assert_eq!(look(told(row(), Told::NotFound, 3, 6)).next(6), Rung::Resend);
    assert_eq!(look(told(row(), Told::Failed, 3, 6)).next(6), Rung::Wait(at(10)), "no answer is no answer");
    assert_eq!(look(told(row(), Told::NotFound, 3, 6)).next(6), Rung::Resend, "asked twice, the same rung");
}

#[test]
fn without_a_stated_wait_the_longest_attempt_and_the_lag_are_waited_for() {
    let mut late = look(told(row(), Told::NotFound, 9, 35));
    late.rules.outcome.not_found_wait_ms = None;
    assert_eq!(late.why_not(35), Some("the stated wait has not passed"), "30 s and 5 s after second 1");
    late.row = told(row(), Told::NotFound, 9, 36);
    assert_eq!(late.next(36), Rung::Resend);
}

/// One condition at a time: each alone keeps the octets here.
#[test]
fn every_condition_alone_forbids_to_send_again() {
    let good = || look(told(row(), Told::NotFound, 3, 7));
    assert_eq!(good().next(7), Rung::Resend, "nothing speaks against it");
    type Twist = (&'static str, fn(&mut Look));
    let twists: &[Twist] = &[
        ("no check", |look| look.rules.outcome.duplicate_check = DuplicateCheck::None),
        ("body-blind", |look| look.rules.outcome.duplicate_check = DuplicateCheck::BodyBlindCache),
        ("errors not covered", |look| look.rules.outcome.duplicate_covers_errors = false),
        ("half of the window", |look| look.rules.outcome.duplicate_window_ms = 14_000),
        ("execution date", |look| look.executes = 22),
        ("attempts", |look| look.row.attempt = 2),
        ("duplicate", |look| look.row.unknown.duplicate_at = Some(at(2))),
        ("reference of the bank", |look| look.row.bank_reference = Some("B".into())),
        ("evidence", |look| look.seen = Seen::Evidence),
        ("status", |look| {
            let news = StatusNews { code: "PDNG".into(), reason: None, created: String::new() };
            look.row.status = Some(news);
        }),
        ("inquiry failed", |look| look.row.unknown.told = Some(Told::Failed)),
        ("asked too early", |look| look.row.unknown.inquired_at = Some(at(5))),
        ("people decide", |look| look.row.unknown.escalation = Some(Escalation::NotFound)),
        ("decided", |look| look.row.unknown.decision = Some(Decision::NotSent)),
        ("another attempt is open", |look| look.row.phase = SendPhase::Open),
        ("dissolved", |look| look.row.dissolved = true),
        ("no policy for it", |look| {
            use girogate::bank::profile::unknown::Rung::{Inquire, People, Wait};
            look.rules.outcome.policy = Some(vec![Wait, Inquire, People]);
        }),
    ];
    for (name, twist) in twists {
        let mut twisted = good();
        twist(&mut twisted);
        for seconds in [7, 60, 3_600, 90_000, 9_000_000] {
            assert_ne!(twisted.next(seconds), Rung::Resend, "{name} at {seconds} s");
        }
    }
}

#[test]
fn keys_of_every_safe_kind_permit_it_within_half_of_their_window_from_the_first_attempt() {
    for check in [DuplicateCheck::MessageId, DuplicateCheck::EndToEndId, DuplicateCheck::IdempotencyKey] {
        let mut keyed = look(told(row(), Told::NotFound, 3, 7));
        keyed.rules.outcome.duplicate_check = check;
        keyed.rules.outcome.duplicate_window_ms = 60_000;
        assert_eq!(keyed.next(29), Rung::Resend, "{check:?}");
        assert_ne!(
            keyed.next(30),
            Rung::Resend,
            "{check:?}: half of 60 s has passed since the first attempt"
        );
    }
}

/// A bank without any duplicate check whose "not found" is a promise: after its stated wait, and not before.
#[test]
fn a_not_found_that_the_bank_promises_permits_it_without_a_duplicate_check() {
    let mut promised = look(told(row(), Told::NotFound, 3, 6));
    promised.rules.outcome.duplicate_check = DuplicateCheck::None;
    promised.rules.outcome.duplicate_window_ms = 0;
    assert_ne!(promised.next(6), Rung::Resend);
    promised.rules.outcome.not_found_is_proof = true;
    assert_eq!(promised.next(6), Rung::Resend);
    promised.row.unknown.inquired_at = Some(at(5));
    assert_ne!(promised.next(6), Rung::Resend, "said too early");
    promised.row.unknown.inquired_at = Some(at(6));
    promised.row.unknown.duplicate_at = Some(at(2));
    assert_ne!(promised.next(6), Rung::Resend, "and it has called it a duplicate");
}

#[test]
fn a_duplicate_refusal_has_the_bank_asked_at_once_and_once() {
    let mut claimed = look(told(row(), Told::NotFound, 3, 7));
    claimed.row.unknown.duplicate_at = Some(at(9));
    assert_eq!(claimed.next(9), Rung::Inquire, "whatever was told before");
    claimed.row = told(claimed.row, Told::NotFound, 4, 10);
    assert_eq!(claimed.next(10), Rung::Wait(at(14)), "asked; then in the usual steps");
    assert_eq!(claimed.next(902), Rung::Inquire, "still asked before people are");
    claimed.row = told(claimed.row, Told::NotFound, 99, 902);
    assert_eq!(claimed.next(902), Rung::Escalate(Escalation::DuplicateUnexplained));
}

#[test]
fn a_message_that_was_received_and_then_called_a_duplicate_is_asked_about() {
    let mut received = look(row());
    received.row.phase = SendPhase::Received;
    assert_eq!(received.next(5), Rung::Resolved);
    received.row.unknown.duplicate_at = Some(at(5));
    assert_eq!(received.next(5), Rung::Inquire);
    received.row = told(received.row, Told::Found, 1, 6);
    assert_eq!(received.next(6), Rung::Resolved);
}

#[test]
fn people_are_asked_after_the_stated_time_and_the_bank_is_asked_on() {
    let spent = |told_last: Option<Told>| {
        let mut spent = look(row());
        spent.row.attempt = 2;
        spent.row.inquiries = 50;
        spent.row.unknown.told = told_last;
        spent.row.unknown.inquired_at = told_last.map(|_| at(900));
        spent
    };
    assert_eq!(spent(Some(Told::NotFound)).next(900), Rung::Wait(at(901)), "15 minutes after second 1");
    assert_eq!(spent(Some(Told::NotFound)).next(901), Rung::Escalate(Escalation::NotFound));
    assert_eq!(spent(Some(Told::Failed)).next(901), Rung::Escalate(Escalation::NoAnswer));
    let mut silent = spent(None);
    silent.rules.outcome.inquiry_path = None;
    silent.rules.outcome.statement_days = None;
    assert_eq!(silent.next(5), Rung::Wait(at(901)));
    assert_eq!(silent.next(901), Rung::Escalate(Escalation::NoInquiry));
    silent.row.unknown.escalation = Some(Escalation::NoInquiry);
    assert_eq!(silent.next(902), Rung::Rest, "only news or people move it");
    let mut asked = spent(Some(Told::NotFound));
    asked.row.unknown.escalation = Some(Escalation::NotFound);
    assert_eq!(asked.next(904), Rung::Inquire, "an answer may still come");
}

/// Nothing decays: with every time that passes the rung is one of those that move no money and end nothing.
#[test]
fn time_alone_never_rejects_and_never_sends_again() {
    let mut old = look(row());
    old.row.attempt = 2;
    for days in [0, 1, 10, 100, 1_000, 10_000] {
        let rung = old.next(days * 86_400 + 2);
        assert!(matches!(rung, Rung::Inquire | Rung::Wait(_) | Rung::Escalate(_)), "{days} days: {rung:?}");
    }
}

#[test]
fn statements_that_prove_absence_lead_to_people_and_to_nothing_else() {
    let mut absent = look(row());
    absent.seen = Seen::Absent;
    assert_eq!(absent.next(2), Rung::Escalate(Escalation::ProvenNotBooked));
    absent.row.unknown.escalation = Some(Escalation::NotFound);
    assert_eq!(absent.next(2), Rung::Escalate(Escalation::ProvenNotBooked), "the stronger reason");
    absent.row.unknown.escalation = Some(Escalation::ProvenNotBooked);
    assert!(!matches!(absent.next(2), Rung::Escalate(_)), "said once");
}

// --------------------------------------------------------------------------------------- statements

fn block() -> BlockRow {
    BlockRow {
        key: 1,
        version: 1,
        message: 1,
        payment_information_id: "P".into(),
        debtor_account_ref: "eur".into(),
        currency: Currency::EUR,
        execution_date: day(23),
        count: 1,
        sum: Decimal::ONE,
        status: None,
        status_evidence: None,
        last_code: None,
        booked: false,
        booking: None,
    }
}

fn statement(date: u32, opening: i64, closing: i64) -> StatementRow {
    StatementRow {
        key: i64::from(date),
        identity: format!("eur|{date}"),
        account_ref: "eur".into(),
        id: format!("S{date}"),
        kind: "camt.053".into(),
        sequence: Some(date.to_string()),
        date: Some(day(date)),
        opening: Some(Decimal::from(opening)),
        closing: Some(Decimal::from(closing)),
        currency: Some(Currency::EUR),
        movement: Decimal::from(closing - opening),
        document: Digest([2; 32]),
    }
}

fn stranger(direction: Direction, class: UnmatchedClass, date: u32) -> EntryRow {
    EntryRow {
        key: 1,
        identity: "x".into(),
        account_ref: "eur".into(),
        class,
        direction,
        amount: Decimal::ONE,
        currency: Currency::EUR,
        booking_date: Some(day(date)),
        transaction_code: None,
        account_servicer_reference: None,
        notified: None,
        on_statement: Some(Evidence { document: Digest([3; 32]), record: 1 }),
    }
}

fn proven(statements: &[StatementRow], strangers: &[EntryRow]) -> bool {
    is_proven(&Account { blocks: &[block()], statements, strangers }, day(23), 1)
}

#[test]
fn absence_is_proven_only_by_a_whole_chain_of_statements_in_which_every_debit_is_known() {
    let chain = || vec![statement(23, 100, 90), statement(24, 90, 95)];
    assert!(proven(&chain(), &[]));
    let mut apart = [statement(20, 80, 100), statement(24, 100, 95)];
    apart[1].sequence = Some("21".into());
    assert!(proven(&apart, &[]), "no booking day between them");
    assert!(proven(&chain(), &[stranger(Direction::Credit, UnmatchedClass::NotOurs, 23)]));
    assert!(proven(&chain(), &[stranger(Direction::Debit, UnmatchedClass::Charge, 23)]));
    assert!(
        proven(&chain(), &[stranger(Direction::Debit, UnmatchedClass::NotOurs, 22)]),
        "before the attempt"
    );
    assert!(!proven(&chain(), &[stranger(Direction::Debit, UnmatchedClass::NotOurs, 24)]), "it may be ours");
    assert!(!proven(&[], &[]));
    assert!(!proven(&chain()[..1], &[]), "one day is missing at the end");
    assert!(!proven(&chain()[1..], &[]), "the day of the attempt is missing");
    assert!(!proven(&[statement(23, 100, 90), statement(24, 91, 95)], &[]), "a gap between the balances");
    let mut wrong = chain();
    wrong[1].movement = Decimal::from(6);
    assert!(!proven(&wrong, &[]), "it does not add up");
    wrong = chain();
    wrong[1].sequence = Some("26".into());
    assert!(!proven(&wrong, &[]), "a number is missing");
    wrong = chain();
    wrong[0].kind = "camt.054".into();
    assert!(!proven(&wrong, &[]), "a notification is no statement");
    wrong = chain();
    wrong[1].closing = None;
    assert!(!proven(&wrong, &[]), "no closing balance");
    wrong = chain();
    wrong[0].account_ref = "other".into();
    assert!(!proven(&wrong, &[]), "another account");
    assert!(!is_proven(&Account { blocks: &[], statements: &chain(), strangers: &[] }, day(23), 1));
}

// ------------------------------------------------------------------------------------------ profile

fn refused(changes: &[(&str, &str)]) -> String {
    let text = changes.iter().fold(REFERENCE_PROFILE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    match Profile::parse(&text) {
        Err(ProfileError::Contradiction { key, .. }) => key,
        other => panic!("{changes:?}: {other:?}"),
    }
}

#[test]
fn what_contradicts_itself_about_unknown_outcomes_is_refused_with_its_key() {
    let check = "duplicate_check = \"message_id\"";
    let attempts = "unknown.attempts_max";
    assert_eq!(refused(&[(check, "duplicate_check = \"none\"")]), attempts);
    assert_eq!(refused(&[(check, "")]), attempts, "what is not said is none");
    assert_eq!(refused(&[(check, "duplicate_check = \"body_blind_cache\"")]), attempts);
    assert_eq!(refused(&[("duplicate_covers_errors = true", "")]), attempts);
    assert_eq!(refused(&[("attempts_max = 2", "attempts_max = 0")]), attempts);
    assert_eq!(refused(&[("duplicate_window_ms = 864000000", "")]), "unknown.duplicate_window_ms");
    let promise = ("not_found_wait_ms = 5000", "not_found_is_proof = true");
    assert_eq!(refused(&[promise]), "unknown.not_found_is_proof", "after which wait?");
    let key = "idempotency = { header = \"idempotency-key\", value = \"body_sha256_hex36\", quoted = true }";
    let by_key = (check, "duplicate_check = \"idempotency_key\"");
    assert_eq!(refused(&[by_key, (key, "")]), "unknown.duplicate_check");
    assert_eq!(refused(&[("inquiry_found = [200]", "")]), "unknown.inquiry_found");
    assert_eq!(
        refused(&[("inquiry_not_found = [404]", "inquiry_not_found = [200]")]),
        "unknown.inquiry_not_found"
    );
    assert_eq!(refused(&[("statement_is_final = true", "")]), "unknown.statement_days");
    for policy in [
        "[]",
        "[\"wait\", \"inquire\"]",
        "[\"resend\", \"inquire\", \"people\"]",
        "[\"wait\", \"wait\", \"people\"]",
    ] {
        let with = format!("[unknown]\npolicy = {policy}");
        assert_eq!(refused(&[("[unknown]", &with)]), "unknown.policy", "{policy}");
    }
    let ask = "[unknown]\npolicy = [\"inquire\", \"people\"]";
    let path = "inquiry_path = \"/v1/payments/{message_id}\"";
    assert_eq!(refused(&[("[unknown]", ask), (path, "")]), "unknown.policy");
    assert_eq!(refused(&[("received = [200, 202]", "received = [200, 302]")]), "answers.received");
    assert_eq!(refused(&[("try_later = [429, 503]", "try_later = [502]")]), "answers");
}

#[test]
fn a_profile_that_says_nothing_gets_no_second_attempt() {
    let quiet = REFERENCE_PROFILE
        .replace("duplicate_check = \"message_id\"\n", "")
        .replace("duplicate_covers_errors = true\n", "")
        .replace("duplicate_window_ms = 864000000\n", "")
        .replace("attempts_max = 2\n", "");
    let mut silent = look(told(row(), Told::NotFound, 3, 7));
    silent.rules = Rules::of(&Profile::parse(&quiet).unwrap());
    assert_eq!(silent.why_not(7), Some("the profile does not permit it"));
    assert_eq!(silent.next(7), Rung::Wait(at(11)));
}
