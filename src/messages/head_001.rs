//! The business application header (head.001) that may stand beside a `Document`: which message it announces. Never
//! routing or trust: a header proves nothing about its sender.

/// Finds `AppHdr/MsgDefIdr` among the elements around documents. Of a document that does not name its
/// version in its namespace this is the only hint. Source: head.001.001.01 and later, `MsgDefIdr`.
#[derive(Default)]
pub struct HeaderReader {
    /// How deep the open element stands below an `AppHdr`, itself counted.
    below: u32,
    in_definition: bool,
    definition: Option<String>,
}

impl HeaderReader {
    /// An element begins.
    pub fn start(&mut self, local_name: &str) {
        if local_name == "AppHdr" && self.below == 0 {
            self.definition = None;
            self.below = 1;
        } else if self.below > 0 {
            self.in_definition = self.below == 1 && local_name == "MsgDefIdr";
            self.below = self.below.saturating_add(1);
        }
    }

    /// The text of the open element.
    pub fn text(&mut self, text: &str) {
        if self.in_definition {
            self.definition = Some(super::reading::trimmed(text).to_owned());
        }
    }

    /// The open element ends.
    pub fn end(&mut self) {
        self.below = self.below.saturating_sub(1);
        self.in_definition = false;
    }

    /// Message id that the last header announced, as it stands.
    pub fn definition(&self) -> Option<&str> {
        self.definition.as_deref()
    }
}
