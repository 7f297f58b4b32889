//! The business application header (head.001) that may stand beside a `Document`: which message it announces, from whom
//! to whom. Never routing or trust: a header proves nothing about its sender.

use serde::Serialize;

use super::reading::{boolean, keep, trimmed};

/// Name of the header's element.
pub const HEADER: &str = "AppHdr";

/// Headers named as related that are kept; the others are counted. Chosen by us.
pub const RELATED_MAX: usize = 100;

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A header, values as they stand. Source: head.001.001.01 to .04.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Header {
    /// What it says of the message beside it.
    #[serde(flatten)]
    pub message: Announced,
    /// `MktPrctc/Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_practice: Option<String>,
    /// `BizPrcgDt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processing_date: Option<String>,
    /// `PssblDplct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_duplicate: Option<bool>,
    /// `Rltd`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Announced>,
    /// How many more `Rltd` there were than are kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub related_left_out: u64,
}

/// What a header says of one message.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Announced {
    /// `Fr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Correspondent>,
    /// `To`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Correspondent>,
    /// `BizMsgIdr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_message_id: Option<String>,
    /// `MsgDefIdr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_definition: Option<String>,
    /// `BizSvc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_service: Option<String>,
    /// `CreDt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// `CpyDplct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// `Prty`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
}

/// Who sends or receives: an organisation or a financial institution.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Correspondent {
    /// `BICFI`, `AnyBIC` or, in old versions, `BICOrBEI`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bic: Option<String>,
    /// `ClrSysMmbId/MmbId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<String>,
    /// `LEI`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lei: Option<String>,
    /// `Othr/Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `Nm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `BrnchId/Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// Finds headers among the elements around documents, and says which header belongs to which document.
#[derive(Default)]
pub struct HeaderReader {
    /// Names of the open elements below an `AppHdr`; none outside of one.
    trail: Option<Vec<String>>,
    /// Of the `AppHdr`.
    depth: u64,
    header: Option<Header>,
    /// The element around the header is still open: it stands for every document in there.
    beside: bool,
    taken: bool,
}

impl HeaderReader {
    /// An element begins at this depth.
    pub fn start(&mut self, local_name: &str, depth: u64) {
        match &mut self.trail {
            Some(trail) => {
                trail.push(local_name.to_owned());
                self.begin_related();
            }
            None if local_name == HEADER => {
                let trail = Some(Vec::new());
                *self = HeaderReader {
                    trail,
                    depth,
                    header: Some(Header::default()),
                    beside: true,
                    taken: false,
                };
            }
            None => {}
        }
    }

    /// Whether an `AppHdr` stands open.
    pub fn is_inside(&self) -> bool {
        self.trail.is_some()
    }

    /// The text of the open element.
    pub fn text(&mut self, text: &str) {
        let (Some(trail), Some(header)) = (&self.trail, &mut self.header) else { return };
        let names: Vec<&str> = trail.iter().map(String::as_str).collect();
        fill(header, &names, trimmed(text));
    }

    /// The element at this depth ends.
    pub fn end(&mut self, depth: u64) {
        match &mut self.trail {
            Some(trail) if depth > self.depth => {
                trail.pop();
            }
            Some(_) => self.trail = None,
            None => self.beside &= depth >= self.depth,
        }
    }

    /// The header of a document that begins here: the last one, unless it stood for another document elsewhere.
    pub fn current(&self) -> Option<&Header> {
        self.header.as_ref().filter(|_| self.trail.is_none() && (self.beside || !self.taken))
    }

    /// A document has taken the header that stands for it.
    pub fn take(&mut self) -> Option<Header> {
        let header = self.current().cloned();
        self.taken |= header.is_some();
        header
    }

    fn begin_related(&mut self) {
        let (Some(trail), Some(header)) = (&self.trail, &mut self.header) else { return };
        if trail.len() == 1 && trail.first().is_some_and(|name| name == "Rltd") {
            if header.related.len() < RELATED_MAX {
                header.related.push(Announced::default());
            } else {
                header.related_left_out += 1;
            }
        }
    }
}

fn fill(header: &mut Header, names: &[&str], text: &str) {
    match names {
        ["MktPrctc", "Id"] => keep(&mut header.market_practice, text),
        ["BizPrcgDt"] => keep(&mut header.processing_date, text),
        ["PssblDplct"] => header.possible_duplicate = header.possible_duplicate.or_else(|| boolean(text)),
        ["Rltd", _, ..] if header.related_left_out > 0 => {}
        ["Rltd", rest @ ..] => {
            if let Some(related) = header.related.last_mut() {
                announce(related, rest, text);
            }
        }
        names => announce(&mut header.message, names, text),
    }
}

fn announce(message: &mut Announced, names: &[&str], text: &str) {
    match names {
        ["Fr", rest @ ..] => correspond(message.from.get_or_insert_default(), rest, text),
        ["To", rest @ ..] => correspond(message.to.get_or_insert_default(), rest, text),
        ["BizMsgIdr"] => keep(&mut message.business_message_id, text),
        ["MsgDefIdr"] => keep(&mut message.message_definition, text),
        ["BizSvc"] => keep(&mut message.business_service, text),
        ["CreDt"] => keep(&mut message.created, text),
        ["CpyDplct"] => keep(&mut message.copy, text),
        ["Prty"] => keep(&mut message.priority, text),
        _ => {}
    }
}

fn correspond(party: &mut Correspondent, names: &[&str], text: &str) {
    match names {
        ["FIId", "FinInstnId", "BICFI" | "BIC"] => keep(&mut party.bic, text),
        ["OrgId", "Id", "OrgId", "AnyBIC" | "BICOrBEI"] => keep(&mut party.bic, text),
        ["FIId", "FinInstnId", "ClrSysMmbId", "MmbId"] => keep(&mut party.member_id, text),
        ["FIId", "FinInstnId", "LEI"] | ["OrgId", "Id", "OrgId", "LEI"] => keep(&mut party.lei, text),
        ["FIId", "FinInstnId", "Othr", "Id"] | ["OrgId", "Id", "OrgId", "Othr", "Id"] => {
            keep(&mut party.id, text);
        }
        ["FIId", "FinInstnId", "Nm"] | ["OrgId", "Nm"] => keep(&mut party.name, text),
        ["FIId", "BrnchId", "Id"] => keep(&mut party.branch, text),
        _ => {}
    }
}
