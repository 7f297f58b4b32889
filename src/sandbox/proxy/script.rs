//! Scripts of the line: which connections suffer what. Every choice follows from the seed, the rule and
//! the number of the connection, so a run can be repeated. Never the faults themselves.

use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::net::tls::TlsFiles;
use crate::sandbox::config::place_of;

/// Version of the script format.
pub const SCRIPT_VERSION: i64 = 1;

/// Why a script of the line is refused. Whoever wrote it must correct it.
#[derive(Debug, thiserror::Error)]
pub enum LineScriptError {
    /// The file cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
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

impl LineScriptError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            LineScriptError::Unreadable { .. } => "sandbox.line.unreadable",
            LineScriptError::Shape { .. } => "sandbox.line.shape",
            LineScriptError::Value { .. } => "sandbox.line.value",
        }
    }
}

/// What the line does. Octets are counted as they travel, encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Resets the connection as soon as it is there.
    ResetConnect,
    /// Resets it at the client's first octets: the handshake never ends, no request leaves.
    ResetHandshake,
    /// Resets it at the request's first octet; none of it reaches the bank.
    ResetBefore,
    /// Resets it after `octets` of the request reached the bank.
    ResetAmid,
    /// Resets it after `octets` of the answer reached the client.
    ResetAnswer,
    /// Ends the connection after `octets` of the answer, without the farewell of TLS.
    TruncateAnswer,
    /// Ends the connection once the answer paused for `delay_ms`, without the farewell of TLS.
    CloseQuietly,
    /// Turns one bit of the answer, `octets` after its beginning.
    CorruptAnswer,
    /// Holds the request for `delay_ms`.
    DelayRequest,
    /// Holds the answer for `delay_ms`.
    DelayAnswer,
    /// Passes the request on octet by octet, `delay_ms` apart.
    TrickleRequest,
    /// Passes the answer on octet by octet, `delay_ms` apart.
    TrickleAnswer,
    /// Passes `octets` of the request on and then nothing, the connection open.
    StallRequest,
    /// Passes `octets` of the answer on and then nothing, the connection open.
    StallAnswer,
    /// Tells the bank that the client will say no more, after `octets` of the request.
    HalfClose,
    /// Swaps the beginning of the answer with that of the next connection that does the same, within `delay_ms`.
    SwapAnswers,
    /// Ends TLS itself, with the identity of the script; what a client says to it all the same is counted.
    WrongCertificate,
    /// Ends TLS itself, with the identity of the script; a request is answered by `answer` and never reaches the bank.
    RawAnswer,
}

/// One line of a script. Of the rules that apply to a connection the first wins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the line does.
    pub does: Deed,
    /// To how many connections, in a thousand.
    #[serde(default = "always")]
    pub per_mille: u16,
    /// Instead: only to these connections, counted from 1.
    #[serde(default)]
    pub only: Vec<u32>,
    /// To so many connections at most; 0 for no bound.
    #[serde(default)]
    pub times: u32,
    /// Where in the request or answer.
    #[serde(default)]
    pub octets: u64,
    /// For deeds to an answer: only where its request had so many octets. Polls are smaller than orders.
    #[serde(default)]
    pub request_octets_min: u64,
    /// For deeds that take time.
    #[serde(default = "a_second")]
    pub delay_ms: u64,
    /// For `raw_answer`: head and body, octet by octet.
    #[serde(default)]
    pub answer: String,
}

fn always() -> u16 {
    1000
}

fn a_second() -> u64 {
    1_000
}

fn version_default() -> i64 {
    SCRIPT_VERSION
}

/// A certificate that is not the bank's, or the bank's own for raw answers; `ca` is whom it lets in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    ca: PathBuf,
}

/// A script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineScript {
    seed: u64,
    rules: Vec<Rule>,
    identity: Option<TlsFiles>,
    struck: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default = "version_default")]
    version: i64,
    #[serde(default)]
    seed: u64,
    identity: Option<Identity>,
    #[serde(default)]
    rule: Vec<Rule>,
}

impl LineScript {
    /// Reads a script file; paths in it are relative to it. A seed that is given replaces the script's.
    pub fn load(path: &Path, seed: Option<u64>) -> Result<LineScript, LineScriptError> {
        let unreadable = |cause| LineScriptError::Unreadable { path: path.to_owned(), cause };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let mut script = LineScript::parse(&text, path.parent().unwrap_or(Path::new("")))?;
        script.seed = seed.unwrap_or(script.seed);
        Ok(script)
    }

    /// Reads a script's text. An empty text is a line without faults.
    pub fn parse(text: &str, folder: &Path) -> Result<LineScript, LineScriptError> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let (line, column) = place_of(text, error.span().map_or(0, |span| span.start));
            LineScriptError::Shape { line, column, cause: error.message().to_owned() }
        })?;
        let wrong = |key: String, cause| Err(LineScriptError::Value { key, cause });
        if written.version != SCRIPT_VERSION {
            return wrong("version".to_owned(), "only version 1 is known");
        }
        for (index, rule) in written.rule.iter().enumerate() {
            if rule.per_mille > 1000 {
                return wrong(format!("rule[{index}].per_mille"), "is more than 1000");
            }
            let ends_tls = matches!(rule.does, Deed::WrongCertificate | Deed::RawAnswer);
            if ends_tls && written.identity.is_none() {
                return wrong(format!("rule[{index}].does"), "needs an [identity]");
            }
        }
        let identity = written.identity.map(|identity| TlsFiles {
            certificate: folder.join(identity.certificate),
            key: folder.join(identity.key),
            ca: folder.join(identity.ca),
        });
        let struck = vec![0; written.rule.len()];
        Ok(LineScript { seed: written.seed, rules: written.rule, identity, struck })
    }

    /// The identity for deeds that end TLS.
    pub fn identity(&self) -> Option<&TlsFiles> {
        self.identity.as_ref()
    }

    /// The rule for a connection, counted from 1; counted towards the rule's bound.
    pub fn choose(&mut self, connection: u32) -> Option<Rule> {
        for (index, rule) in self.rules.iter().enumerate() {
            let Some(struck) = self.struck.get_mut(index) else { continue };
            if rule.times > 0 && *struck >= rule.times {
                continue;
            }
            let applies = match rule.only.is_empty() {
                true => roll(self.seed, index, connection) < rule.per_mille,
                false => rule.only.contains(&connection),
            };
            if applies {
                *struck = struck.saturating_add(1);
                return Some(rule.clone());
            }
        }
        None
    }
}

/// 0 to 999, always the same for the same seed, rule and connection.
fn roll(seed: u64, rule: usize, connection: u32) -> u16 {
    let mut context = Context::new(&SHA256);
    context.update(&seed.to_be_bytes());
    context.update(&(rule as u64).to_be_bytes());
    context.update(&connection.to_be_bytes());
    let hash = context.finish();
    let number = hash.as_ref().iter().take(8).fold(0u64, |number, octet| number << 8 | u64::from(*octet));
    (number % 1000) as u16
}
