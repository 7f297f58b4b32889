//! Scripts of misbehaviour: which faults the bank commits, how often, against which messages. Every
//! decision follows from (seed, kind, subject), so a run can be repeated. Never the faults themselves.

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// Version of the script format.
pub const SCRIPT_VERSION: i64 = 1;

/// Why a script is refused. Whoever wrote it must correct it.
#[derive(Debug, thiserror::Error)]
pub enum BehaviourError {
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("{line}:{column}: {cause}")]
    Shape {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        cause: String,
    },
    /// A value that cannot be.
    #[error("{key}: {cause}")]
    Value {
        /// The key, like `rule[2].per_mille`.
        key: String,
        /// What is wrong.
        cause: &'static str,
    },
}

impl BehaviourError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            BehaviourError::Shape { .. } => "sandbox.behaviour.shape",
            BehaviourError::Value { .. } => "sandbox.behaviour.value",
        }
    }
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The order is processed; the answer comes after `delay_ms`.
    SlowAnswer,
    /// The line is cut before the order's body is read: nothing is processed.
    CutBefore,
    /// The line is cut amid the body: nothing is processed.
    CutAmid,
    /// The order is processed, then the line is cut instead of an answer.
    CutAfter,
    /// The order is processed, and the answer breaks off in the middle.
    CutReply,
    /// The order is processed, yet the answer is the error `status`.
    ErrorAfter,
    /// The answer is the error `status` and nothing is processed.
    ErrorInstead,
    /// The order is processed; the answer is a signed 200 without content.
    EmptyAnswer,
    /// The answer sends the client elsewhere (307) and nothing is processed.
    Redirect,
    /// The order is processed; the answer is not signed.
    UnsignedAnswer,
    /// An inquiry finds nothing until `delay_ms` after acceptance.
    NotFound,
    /// No status report is ever made; the account reports come.
    Silent,
    /// Status reports are repeated with the same identification and another content.
    OtherContent,
    /// A callback comes twice.
    DuplicateCallback,
    /// A callback comes `delay_ms` late, so that others overtake it.
    LateCallback,
    /// A callback gets lost; polling finds the report.
    LoseCallback,
    /// A callback carries no signature.
    UnsignedCallback,
    /// A payment is refused before the debit, with `code`.
    Reject,
    /// A payment is sent back after the debit, with `code`.
    Return,
    /// The amounts of notifications are wrong by one minor unit.
    WrongSums,
    /// Messages seen before are executed again.
    IgnoreDuplicates,
    /// The order is processed; the answer is somebody's login page, not signed.
    HtmlAnswer,
    /// The order is processed; the answer is signed and not well-formed.
    MalformedAnswer,
    /// The order is processed; the answer is signed and names another message.
    OtherAnswer,
    /// The order is processed; the signature of the answer expired an hour ago.
    ExpiredAnswer,
    /// The order is processed; the signature of the answer is valid in an hour.
    EarlyAnswer,
    /// The order arrives twice, as if the line had repeated it.
    DuplicateRequest,
    /// Completion is reported before being in process.
    Regress,
    /// A payment is debited twice.
    BookTwice,
    /// A callback comes a hundred times, several at once.
    RepeatCallback,
}

/// Faults in the answer to an order. Of these the first rule that applies wins.
pub const ANSWER_FAULTS: &[Fault] = &[
    Fault::SlowAnswer,
    Fault::CutBefore,
    Fault::CutAmid,
    Fault::CutAfter,
    Fault::CutReply,
    Fault::ErrorAfter,
    Fault::ErrorInstead,
    Fault::EmptyAnswer,
    Fault::Redirect,
    Fault::UnsignedAnswer,
    Fault::HtmlAnswer,
    Fault::MalformedAnswer,
    Fault::OtherAnswer,
    Fault::ExpiredAnswer,
    Fault::EarlyAnswer,
    Fault::DuplicateRequest,
];

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What goes wrong.
    pub does: Fault,
    /// How often, in a thousand.
    #[serde(default = "always")]
    pub per_mille: u16,
    /// Only for these: message identifications (for a payment, its end-to-end identification). Empty means all.
    #[serde(default)]
    pub only: Vec<String>,
    /// For faults in an answer: on how many arrivals of the same octets.
    #[serde(default = "once")]
    pub attempts: u32,
    /// For faults that take time.
    #[serde(default)]
    pub delay_ms: u64,
    /// For error answers.
    #[serde(default = "server_error")]
    pub status: u16,
    /// For error answers: `Retry-After` in seconds, 0 for none.
    #[serde(default)]
    pub retry_after_s: u32,
    /// For error answers: `Retry-After` as it is written, such as a date or nonsense; instead of `retry_after_s`.
    #[serde(default)]
    pub retry_after: String,
    /// Reason code for rejects and returns.
    #[serde(default = "closed_account")]
    pub code: String,
}

/// A script without a version is of the only one there is.
fn version_default() -> i64 {
    SCRIPT_VERSION
}

fn always() -> u16 {
    1000
}

fn once() -> u32 {
    1
}

fn server_error() -> u16 {
    500
}

fn closed_account() -> String {
    "AC04".to_owned()
}

/// A script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    seed: u64,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    #[serde(default = "version_default")]
    version: i64,
    #[serde(default)]
    seed: u64,
    preset: Option<Preset>,
    #[serde(default)]
    rule: Vec<Rule>,
}

/// Ready-made rules; a script's own rules come before them.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Preset {
    /// What a bad day looks like: cuts, errors, duplicates, disorder, silence, rejects and returns.
    Faults,
    /// A little of everything that a bank can do wrong without paying twice.
    Matrix,
}

impl Behaviour {
    /// Reads a script. An empty text is a bank without faults.
    pub fn parse(text: &str) -> Result<Behaviour, BehaviourError> {
        if text.trim().is_empty() {
            return Ok(Behaviour::default());
        }
        let script: Script = toml::from_str(text).map_err(|error| {
            let (line, column) = super::config::place_of(text, error.span().map_or(0, |span| span.start));
            BehaviourError::Shape { line, column, cause: error.message().to_owned() }
        })?;
        let wrong = |key: String, cause| Err(BehaviourError::Value { key, cause });
        if script.version != SCRIPT_VERSION {
            return wrong("version".to_owned(), "only version 1 is known");
        }
        for (index, rule) in script.rule.iter().enumerate() {
            let key = |name: &str| format!("rule[{index}].{name}");
            if rule.per_mille > 1000 {
                return wrong(key("per_mille"), "is more than 1000");
            }
            if !(400..=599).contains(&rule.status) {
                return wrong(key("status"), "is not an error status");
            }
            if rule.code.len() != 4 || !rule.code.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
                return wrong(key("code"), "is not a reason code of four letters and digits");
            }
        }
        let mut rules = script.rule;
        match script.preset {
            Some(Preset::Faults) => rules.extend(faults()),
            Some(Preset::Matrix) => rules.extend(matrix()),
            None => {}
        }
        Ok(Behaviour { seed: script.seed, rules })
    }

    /// The rule by which this fault befalls the subject, if any.
    pub fn befalls(&self, fault: Fault, subject: &str) -> Option<&Rule> {
        self.rules.iter().filter(|rule| rule.does == fault).find(|rule| self.applies(rule, subject))
    }

    /// The rule by which the answer to an order goes wrong, on its so-manieth arrival (from 1).
    /// `key` is its idempotency key, known before the body is; `message_id` its identification, empty before.
    pub fn answer_fault(&self, key: &str, message_id: &str, arrival: u32) -> Option<&Rule> {
        self.rules.iter().filter(|rule| ANSWER_FAULTS.contains(&rule.does) && arrival <= rule.attempts).find(
            |rule| match rule.only.is_empty() {
                true => self.applies(rule, key),
                false => self.applies(rule, message_id),
            },
        )
    }

    /// Whether any rule concerns single payments.
    pub fn touches_payments(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.does, Fault::Reject | Fault::Return | Fault::BookTwice))
    }

    fn applies(&self, rule: &Rule, subject: &str) -> bool {
        if !rule.only.is_empty() {
            return rule.only.iter().any(|only| only == subject);
        }
        match rule.per_mille {
            0 => false,
            1000.. => true,
            share => self.roll(rule.does, subject) < share,
        }
    }

    /// 0 to 999, always the same for the same seed, kind and subject.
    fn roll(&self, fault: Fault, subject: &str) -> u16 {
        let mut context = Context::new(&SHA256);
        context.update(&self.seed.to_be_bytes());
        context.update(&[fault as u8]);
        context.update(subject.as_bytes());
        let hash = context.finish();
        let number = hash.as_ref().iter().take(8).fold(0u64, |number, octet| number << 8 | u64::from(*octet));
        (number % 1000) as u16
    }
}

/// The rules of the preset `matrix`. Shares are chosen by us: about every second message meets something, and
/// each answer fault happens once a message.
fn matrix() -> Vec<Rule> {
    let rule = |does, per_mille| Rule { does, per_mille, ..plain_rule() };
    let unavailable = |status, retry_after: &str| Rule {
        status,
        retry_after: retry_after.to_owned(),
        ..rule(Fault::ErrorInstead, 15)
    };
    let answers = ANSWER_FAULTS.iter().filter(|fault| **fault != Fault::SlowAnswer);
    let mut rules: Vec<Rule> = answers.map(|fault| rule(*fault, 30)).collect();
    rules.extend([
        unavailable(429, "1"),
        unavailable(503, "Wed, 21 Oct 2026 07:28:00 GMT"),
        unavailable(503, "99999999999999999999"),
        unavailable(429, "-5"),
        Rule { delay_ms: 700, ..rule(Fault::SlowAnswer, 50) },
        Rule { delay_ms: 1_500, ..rule(Fault::NotFound, 100) },
        rule(Fault::Silent, 40),
        rule(Fault::OtherContent, 20),
        rule(Fault::Regress, 40),
        rule(Fault::RepeatCallback, 20),
        rule(Fault::DuplicateCallback, 100),
        Rule { delay_ms: 900, ..rule(Fault::LateCallback, 200) },
        rule(Fault::LoseCallback, 100),
        rule(Fault::UnsignedCallback, 20),
        rule(Fault::Reject, 10),
        rule(Fault::Return, 10),
    ]);
    rules
}

/// A rule that says nothing in particular.
fn plain_rule() -> Rule {
    Rule {
        does: Fault::Reject,
        per_mille: 0,
        only: Vec::new(),
        attempts: 1,
        delay_ms: 0,
        status: 500,
        retry_after_s: 0,
        retry_after: String::new(),
        code: closed_account(),
    }
}

/// The rules of the preset `faults`. Shares are chosen by us so that a demonstration of few messages meets
/// faults and still ends: no delay is above two seconds, and each answer fault happens once a message.
fn faults() -> Vec<Rule> {
    let rule = |does, per_mille| Rule {
        does,
        per_mille,
        only: Vec::new(),
        attempts: 1,
        delay_ms: 0,
        status: 500,
        retry_after_s: 0,
        retry_after: String::new(),
        code: closed_account(),
    };
    vec![
        rule(Fault::CutAfter, 200),
        rule(Fault::CutBefore, 120),
        rule(Fault::CutAmid, 120),
        rule(Fault::CutReply, 80),
        rule(Fault::ErrorAfter, 100),
        Rule { status: 503, retry_after_s: 1, ..rule(Fault::ErrorInstead, 100) },
        Rule { delay_ms: 400, ..rule(Fault::SlowAnswer, 100) },
        Rule { delay_ms: 1_500, ..rule(Fault::NotFound, 150) },
        rule(Fault::Silent, 80),
        rule(Fault::DuplicateCallback, 250),
        Rule { delay_ms: 900, ..rule(Fault::LateCallback, 250) },
        rule(Fault::LoseCallback, 100),
        Rule { code: "AC01".to_owned(), ..rule(Fault::Reject, 10) },
        rule(Fault::Reject, 15),
        rule(Fault::Return, 15),
    ]
}
