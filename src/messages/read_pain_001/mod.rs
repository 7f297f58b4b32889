//! Reads pain.001 of any version in one streaming pass: for the bank across the street, which checks and books
//! orders, and for comparing two messages. Never whether an order may be executed.

use std::io::BufRead;

use thiserror::Error;

use super::kind::{Definition, Kind};
use super::pain_001::Version;
use super::record::AccountId;
use crate::domain::party::AddressParts;
use crate::domain::payout::Code;
use crate::schema::catalog;
use crate::schema::event::{Limits, NotWellFormed};
use crate::schema::walk::{Finding, Namespace, Step, Walk};

mod fill;

/// Why reading ended early. The sender of the document must act.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Not XML, or beyond a limit.
    #[error(transparent)]
    NotWellFormed(#[from] NotWellFormed),
    /// The document has ended and there was no credit transfer initiation in it.
    #[error("no pain.001 in the document, root element {root}")]
    NotAnInitiation {
        /// Local name of the root element.
        root: String,
    },
}

impl ReadError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            ReadError::NotWellFormed(cause) => cause.code(),
            ReadError::NotAnInitiation { .. } => "pain_001.absent",
        }
    }
}

/// One part of a message, in document order. Texts stand as in the document.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// `GrpHdr`.
    Header(Box<Header>),
    /// `PmtInf` up to its first transaction.
    Block(Box<Block>),
    /// `CdtTrfTxInf`.
    Transaction(Box<Transaction>),
}

/// `GrpHdr`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// `MsgId`.
    pub message_id: Option<String>,
    /// `CreDtTm`.
    pub created: Option<String>,
    /// `NbOfTxs`.
    pub count: Option<String>,
    /// `CtrlSum`.
    pub sum: Option<String>,
    /// `InitgPty`.
    pub initiating_party: Party,
}

/// `PmtInf` up to its first transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// `PmtInfId`.
    pub payment_information_id: Option<String>,
    /// `PmtMtd`.
    pub payment_method: Option<String>,
    /// `BtchBookg`.
    pub batch_booking: Option<String>,
    /// `NbOfTxs`.
    pub count: Option<String>,
    /// `CtrlSum`.
    pub sum: Option<String>,
    /// `PmtTpInf`.
    pub coding: Coding,
    /// `ReqdExctnDt`: a date, or a date and time.
    pub execution_date: Option<String>,
    /// `Dbtr`.
    pub debtor: Party,
    /// `DbtrAcct`.
    pub debtor_account: AccountDetails,
    /// `DbtrAgt`.
    pub debtor_agent: AgentDetails,
    /// `UltmtDbtr`.
    pub ultimate_debtor: Party,
    /// `ChrgBr`.
    pub charge_bearer: Option<String>,
}

/// `CdtTrfTxInf`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// `PmtId/InstrId`.
    pub instruction_id: Option<String>,
    /// `PmtId/EndToEndId`.
    pub end_to_end_id: Option<String>,
    /// `PmtId/UETR`.
    pub uetr: Option<String>,
    /// `PmtTpInf`; by good practice it stands in the block only.
    pub coding: Coding,
    /// `Amt/InstdAmt`, or `Amt/EqvtAmt/Amt`.
    pub amount: Option<String>,
    /// Its `Ccy`.
    pub currency: Option<String>,
    /// `Amt/EqvtAmt/CcyOfTrf`: the amount is the equivalent in the debtor's currency of a transfer in this one.
    pub currency_of_transfer: Option<String>,
    /// `ChrgBr`.
    pub charge_bearer: Option<String>,
    /// `UltmtDbtr`.
    pub ultimate_debtor: Party,
    /// `CdtrAgt`.
    pub creditor_agent: AgentDetails,
    /// `Cdtr`.
    pub creditor: Party,
    /// `CdtrAcct`.
    pub creditor_account: AccountDetails,
    /// `UltmtCdtr`.
    pub ultimate_creditor: Party,
    /// `Purp`.
    pub purpose: Option<Code>,
    /// `RmtInf/Ustrd`.
    pub unstructured: Vec<String>,
    /// `RmtInf/Strd/CdtrRefInf`.
    pub creditor_references: Vec<CreditorReference>,
}

/// `PmtTpInf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    /// First `SvcLvl`.
    pub service_level: Option<Code>,
    /// `LclInstrm`.
    pub local_instrument: Option<Code>,
    /// `CtgyPurp`.
    pub category_purpose: Option<Code>,
}

/// A party.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Party {
    /// `Nm`.
    pub name: Option<String>,
    /// `PstlAdr`, as far as our own addresses have fields for it.
    pub address: AddressParts,
    /// `Id/OrgId/LEI`.
    pub lei: Option<String>,
    /// `Id/OrgId/AnyBIC`, `BICOrBEI`.
    pub bic: Option<String>,
    /// `Id/OrgId/Othr`.
    pub organisation_ids: Vec<Identifier>,
    /// `Id/PrvtId/Othr`.
    pub private_ids: Vec<Identifier>,
}

/// `Othr` of a party's identification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifier {
    /// `Id`.
    pub value: Option<String>,
    /// `SchmeNm`.
    pub scheme: Option<Code>,
}

/// An account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountDetails {
    /// `Id`.
    pub id: AccountId,
    /// `Id/Othr/SchmeNm`.
    pub scheme: Option<Code>,
    /// `Tp`.
    pub kind: Option<Code>,
    /// `Ccy`.
    pub currency: Option<String>,
}

/// A bank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentDetails {
    /// `FinInstnId/BICFI`, or `BIC`.
    pub bic: Option<String>,
    /// `FinInstnId/ClrSysMmbId/ClrSysId`.
    pub clearing_system: Option<Code>,
    /// `FinInstnId/ClrSysMmbId/MmbId`.
    pub member_id: Option<String>,
    /// `FinInstnId/PstlAdr/Ctry`.
    pub country: Option<String>,
    /// `FinInstnId/Othr/Id`.
    pub other: Option<String>,
}

/// `CdtrRefInf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditorReference {
    /// `Tp/CdOrPrtry`.
    pub kind: Option<Code>,
    /// `Ref`.
    pub reference: Option<String>,
}

/// Reads one message, part by part.
///
/// What breaks the schema does not end it: findings gather, and parts carry what could be read. A caller that wants
/// only valid messages asks [`Reader::is_valid`] at the end, before it acts on any part.
pub struct Reader<R> {
    walk: Walk<'static, R>,
    place: Place,
    gathered: Gathered,
}

/// Where in the document the reader is.
#[derive(Default)]
struct Place {
    /// Local name of the root element.
    root: Option<String>,
    /// Open elements in all.
    depth: usize,
    message: Message,
    definition: Option<&'static str>,
    /// That definition only stands in for one that we do not have.
    stands_in: bool,
    /// Names below `CstmrCdtTrfInitn`, each behind a slash.
    path: String,
    ended: bool,
}

/// Whether the reader is in the message.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Message {
    #[default]
    NotBegun,
    /// Within, with so many elements open up to and with `CstmrCdtTrfInitn`.
    At(usize),
    /// Behind it. A further `Document` would be another message; it is not read.
    Ended,
}

/// The parts under way.
#[derive(Default)]
struct Gathered {
    header: Box<Header>,
    block: Box<Block>,
    block_is_open: bool,
    transaction: Box<Transaction>,
    /// Read and not handed out yet: a block waits here with its first transaction behind it.
    ready: Option<Part>,
}

impl<R: BufRead> Reader<R> {
    /// Begins to read. Nothing is read yet.
    pub fn new(input: R) -> Reader<R> {
        let walk = Walk::without_schema(input, Limits::default());
        Reader { walk, place: Place::default(), gathered: Gathered::default() }
    }

    /// The next part; `None` at the end of the document.
    pub fn next_part(&mut self) -> Result<Option<Part>, ReadError> {
        loop {
            if let Some(part) = self.gathered.ready.take() {
                return Ok(Some(part));
            }
            if self.place.ended {
                return Ok(None);
            }
            self.step()?;
        }
    }

    /// Message id of the definition that judges the document, like `pain.001.001.09`; `None` before its `Document`.
    /// A version that we do not have, or a national variant, is read through the nearest one.
    pub fn definition(&self) -> Option<&'static str> {
        self.place.definition
    }

    /// What broke the schema so far.
    pub fn findings(&self) -> &[Finding] {
        self.walk.findings()
    }

    /// Whether nothing has broken the schema so far. A document of a definition that we do not have is never valid.
    pub fn is_valid(&self) -> bool {
        !self.place.stands_in && self.walk.violations_total() == 0
    }

    fn step(&mut self) -> Result<(), ReadError> {
        let Reader { walk, place, gathered } = self;
        match walk.next()? {
            Step::Start(element) => {
                place.depth += 1;
                if place.root.is_none() {
                    place.root = Some(element.local.to_owned());
                }
                match place.message {
                    Message::At(_) => {
                        place.path.push('/');
                        place.path.push_str(element.local);
                        gathered.start(&place.path, element.attribute("Ccy"));
                    }
                    Message::NotBegun => {
                        let local = element.local.to_owned();
                        let namespace = element.namespace.map(str::to_owned);
                        self.begin(&local, namespace.as_deref());
                    }
                    Message::Ended => {}
                }
            }
            Step::Text(text) => {
                if let Message::At(_) = place.message {
                    gathered.text(&place.path, text);
                }
            }
            Step::End => {
                match place.message {
                    Message::At(depth) if depth == place.depth => place.message = Message::Ended,
                    Message::At(_) => {
                        gathered.end(&place.path);
                        place.path.truncate(place.path.rfind('/').unwrap_or(0));
                    }
                    Message::NotBegun | Message::Ended => {}
                }
                place.depth -= 1;
            }
            Step::Finished => {
                place.ended = true;
                if place.message == Message::NotBegun {
                    let root = place.root.take().unwrap_or_default();
                    return Err(ReadError::NotAnInitiation { root });
                }
            }
        }
        Ok(())
    }

    /// An element before the message: attaches the schema at `Document` and recognises its child.
    fn begin(&mut self, local: &str, namespace: Option<&str>) {
        if local == "Document" && self.place.definition.is_none() {
            let definition = namespace.and_then(Definition::of_namespace);
            let exact = namespace.and_then(catalog::by_namespace);
            match (exact, definition) {
                (Some(schema), Some(definition)) if definition.kind == Kind::Pain001 => {
                    self.place.definition = catalog::ids().find(|id| *id == definition.to_string());
                    self.walk.attach(schema, Namespace::Exact);
                }
                _ => {
                    let subset = namespace.and_then(Version::of_namespace);
                    let subset = subset.map(|version| version.definition().version.into());
                    self.attach_nearest(definition, subset);
                }
            }
        } else if Kind::of_child(local) == Some(Kind::Pain001) {
            self.place.message = Message::At(self.place.depth);
        }
    }

    /// A version that we do not ship, or a namespace of somebody else: the nearest of ours judges it, if it is a
    /// credit transfer initiation at all. Of a national subset that is the version of the standard it restricts.
    fn attach_nearest(&mut self, definition: Option<Definition>, subset: Option<u32>) {
        let child = self.walk.first_child().and_then(|child| Kind::of_child(&child));
        if child != Some(Kind::Pain001) {
            return;
        }
        let version = definition.map(|definition| definition.version.into()).or(subset);
        if let Some((id, schema)) = catalog::nearest(Kind::Pain001.name(), version) {
            self.place.definition = Some(id);
            self.place.stands_in = true;
            self.walk.attach(schema, Namespace::AsIf);
        }
    }
}
