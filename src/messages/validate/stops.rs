//! Why reading stopped, and where: in the document itself, in what is around it, in the archive, or on the disk. Never what
//! follows from it.

use super::inside::OuterStopped;
use super::places::Places;
use crate::messages::reading::Place;
use crate::messages::unwrap::fault::ArchiveError;
use crate::schema::event::NotWellFormed;

/// An end of reading, as it is told.
pub(super) struct Stop {
    pub(super) code: &'static str,
    pub(super) text: String,
    /// In the file.
    pub(super) place: Place,
    pub(super) path: String,
    /// The text that was read is at fault, and nothing around it.
    pub(super) is_of_text: bool,
    pub(super) stopped: NotWellFormed,
}

impl Stop {
    /// Of a stream with these places, in the element of that path.
    pub(super) fn of(stopped: NotWellFormed, places: &Places, path: String) -> Stop {
        let (line, column) = stopped.place();
        let place = places.outer(Place { line, column });
        let NotWellFormed::Io { source, .. } = stopped else {
            let (code, text) = (stopped.code(), reason(&stopped));
            return Stop { code, text, place, path, is_of_text: true, stopped };
        };
        if let Some(fault) = ArchiveError::of(&source) {
            let (code, text) = (fault.code(), fault.to_string());
            // To whom asks why reading ended, the sender's octets are at fault and not the disk.
            let stopped =
                NotWellFormed::Syntax { rule: text.clone(), line: place.line, column: place.column };
            return Stop { code, text, place, path, is_of_text: false, stopped };
        }
        match source.downcast::<OuterStopped>() {
            Ok(OuterStopped { stopped, place }) => {
                let (code, text) = (stopped.code(), reason(&stopped));
                Stop { code, text, place, path, is_of_text: false, stopped }
            }
            Err(source) => {
                let stopped = NotWellFormed::Io { source, line: place.line, column: place.column };
                let (code, text) = (stopped.code(), reason(&stopped));
                Stop { code, text, place, path, is_of_text: false, stopped }
            }
        }
    }
}

/// Why reading stopped, without the place, which the deviation has already.
fn reason(stopped: &NotWellFormed) -> String {
    match stopped {
        NotWellFormed::Syntax { rule, .. } => format!("not well-formed: {rule}"),
        NotWellFormed::Doctype { .. } => "document type declarations are refused".to_owned(),
        NotWellFormed::Limit { what, limit, .. } => format!("{what} beyond the limit of {limit}"),
        NotWellFormed::Io { source, .. } => format!("reading failed: {source}"),
        NotWellFormed::Encoding { .. } => stopped.to_string(),
    }
}
