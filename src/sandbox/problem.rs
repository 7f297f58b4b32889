//! How the bank says no: problem documents with a stable code, never with account numbers or names.

use serde_json::{Map, Value};

/// A refusal as the client sees it. Source: RFC 9457 for the shape; codes are the bank's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Last part of `urn:girogate:bank:<kind>`.
    pub kind: &'static str,
    /// Short and the same for every problem of the kind.
    pub title: &'static str,
    /// This case.
    pub detail: String,
    /// Code from the external reason list, where one fits.
    pub code: Option<&'static str>,
    /// The message it is about, where known.
    pub about: Option<Box<About>>,
    /// Seconds after which to try again.
    pub retry_after_s: Option<u32>,
}

/// The message that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its identification.
    pub message_id: String,
    /// The bank's reference of it, where it has one.
    pub bank_reference: Option<String>,
}

impl Problem {
    /// A problem without further members.
    pub fn new(status: u16, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status, kind, title, detail: detail.into(), code: None, about: None, retry_after_s: None }
    }

    /// The same with a reason code.
    pub fn with_code(self, code: &'static str) -> Problem {
        Problem { code: Some(code), ..self }
    }

    /// The same about a message.
    pub fn about(self, message_id: &str, bank_reference: Option<String>) -> Problem {
        let about = About { message_id: message_id.to_owned(), bank_reference };
        Problem { about: Some(Box::new(about)), ..self }
    }

    /// The signature, its key or the time is not accepted.
    pub fn signature(detail: impl Into<String>) -> Problem {
        Problem::new(401, "signature", "the request is not signed as agreed", detail)
    }

    /// No such thing for this client.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(404, "not_found", "nothing is known under this name", detail)
    }

    /// The bank is not available: what a script asks for.
    pub fn unavailable(status: u16) -> Problem {
        Problem::new(status, "unavailable", "the bank has a problem of its own", "as the script asks")
    }

    /// The bank's own disk or books failed.
    pub fn internal() -> Problem {
        Problem::new(
            500,
            "internal",
            "the bank has a problem of its own",
            "nothing is known about the outcome",
        )
    }

    /// The document.
    pub fn body(&self) -> Vec<u8> {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        put("type", Value::from(format!("urn:girogate:bank:{}", self.kind)));
        put("title", Value::from(self.title));
        put("status", Value::from(self.status));
        put("detail", Value::from(self.detail.as_str()));
        let message_id = self.about.as_ref().map(|about| about.message_id.as_str());
        let bank_reference = self.about.as_ref().and_then(|about| about.bank_reference.as_deref());
        for (name, value) in
            [("code", self.code), ("message_id", message_id), ("bank_reference", bank_reference)]
        {
            if let Some(value) = value {
                put(name, Value::from(value));
            }
        }
        Value::Object(members).to_string().into_bytes()
    }
}
