//! The visitors' book: every request as it arrived, before anything is decided and before any fault
//! strikes, and how it ended. For whoever judges the client. Never decides anything itself.

use chrono::Utc;

use super::bank::{Bank, SandboxError, write_durably};
use super::behaviour::Fault;
use super::envelope::Call;
use super::intake;
use super::journal::hex;
use super::record::{AnsweredLine, CallbackLine, Record, RequestLine};

/// How much of a body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// All of it; it stands in the call.
    Whole,
    /// This many octets, because the line was cut or the body is too large.
    Part(u64),
}

/// How a request ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// HTTP status; none where the line was cut.
    pub status: Option<u16>,
    /// The fault that struck.
    pub fault: Option<Fault>,
    /// The order that the request became.
    pub order: Option<u32>,
}

/// Enters a request and keeps the octets of its body where it moves money. Returns its number.
pub fn received(bank: &Bank, client: Option<&str>, call: &Call, read: Read) -> Result<u32, SandboxError> {
    let moves_money = call.is_order() || call.is_cancellation();
    let mut line = RequestLine {
        number: 0,
        at: Utc::now().timestamp_micros(),
        client: client.map(Into::into),
        method: call.method.as_str().into(),
        path: call.path_and_query.as_str().into(),
        head: Vec::new(),
        octets: call.body.len() as u64,
        whole: read == Read::Whole,
        sha256: None,
    };
    if moves_money || call.is_inquiry() {
        line.head = call.headers.iter().map(|(name, value)| (name.into(), value.into())).collect();
    }
    match read {
        Read::Part(octets) => line.octets = octets,
        Read::Whole if call.body.is_empty() => {}
        Read::Whole => {
            let digest = intake::digest(&call.body);
            line.sha256 = Some(hex(&digest).into());
            let path = bank.books()?.order_path(&digest);
            if moves_money && client.is_some() && !path.exists() {
                write_durably(&path, &call.body)?;
            }
        }
    }
    let mut books = bank.books()?;
    line.number = books.request_next();
    let number = line.number;
    books.note(&[Record::Request(line)])?;
    Ok(number)
}

/// Enters how a request ended.
pub fn answered(bank: &Bank, request: u32, ending: Ending) -> Result<(), SandboxError> {
    let at = Utc::now().timestamp_micros();
    let Ending { status, fault, order } = ending;
    bank.books()?.note(&[Record::Answered(AnsweredLine { request, at, status, fault, order })])?;
    Ok(())
}

/// Enters one try to call back.
pub fn called_back(
    bank: &Bank,
    document: u32,
    (event, body): (&str, &[u8]),
    answered: Option<u16>,
) -> Result<(), SandboxError> {
    let sha256 = hex(&intake::digest(body)).into();
    let at = Utc::now().timestamp_micros();
    let line = CallbackLine { document, at, event: event.into(), sha256, answered };
    bank.books()?.note(&[Record::Callback(line)])?;
    Ok(())
}
