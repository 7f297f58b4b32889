//! The compiled tables of one message definition: types, members, facets, names. Immutable; never reads XML.

use super::facet::{Facets, Primitive};

/// Index of a type in [`Schema::types`].
pub type TypeId = u16;

/// Index of a member in [`Schema::members`].
pub type MemberId = u16;

/// Stands for "without bound" in an occurrence count.
pub const UNBOUNDED: u32 = u32::MAX;

/// One message definition, compiled: what may stand where, and which values it may have.
///
/// Types stand in breadth-first order from the global element, so that two texts of the same definition compile to equal tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// `targetNamespace`.
    pub(super) namespace: String,
    /// The one global element.
    pub(super) root: Name,
    /// Type of the global element.
    pub(super) root_type: TypeId,
    /// Global elements to which content models refer. They are no documents.
    pub(super) others: Vec<(Name, TypeId)>,
    /// All types: those that the global element reaches, then the others.
    pub(super) types: Vec<Type>,
    /// The particles of all types, one run per type.
    pub(super) slots: Vec<Slot>,
    /// The named elements of all slots, one run per slot.
    pub(super) members: Vec<Member>,
}

impl Schema {
    /// The target namespace, such as `urn:iso:std:iso:20022:tech:xsd:camt.054.001.08`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The message id, such as `camt.054.001.08`: what follows the last colon of the namespace, or, where that is an address, what
    /// begins like a message in it.
    pub fn message_id(&self) -> &str {
        let Some((_, address)) = self.namespace.split_once("://") else {
            return self.namespace.rsplit(':').next().unwrap_or(&self.namespace);
        };
        let begins = address.split_inclusive('/').scan(0, |at, part| {
            let start = *at;
            *at += part.len();
            Some((start, part))
        });
        let is_message = |part: &str| {
            let (area, rest) = part.split_once('.').unwrap_or((part, ""));
            area.len() == 4 && rest.len() >= 3 && rest.bytes().take(3).all(|octet| octet.is_ascii_digit())
        };
        let mut begins = begins.filter(|(_, part)| is_message(part));
        let found = begins.next().and_then(|(start, _)| address.get(start..));
        found.map_or(self.namespace.as_str(), |found| found.trim_end_matches(".xsd"))
    }

    /// Local name of the global element, `Document` or `AppHdr`.
    pub fn root_name(&self) -> &str {
        self.root.text()
    }

    /// Whether both definitions say exactly the same, whatever their texts look like.
    pub fn tables_equal(&self, other: &Schema) -> bool {
        self == other
    }

    /// Names of the elements that the global element's type holds directly: `CstmrCdtTrfInitn` for a pain.001.
    pub fn message_elements(&self) -> impl Iterator<Item = &str> {
        self.members_of(self.root_type).iter().map(|member| member.name.text())
    }

    #[inline]
    pub(super) fn type_at(&self, id: TypeId) -> &Type {
        &self.types[usize::from(id)]
    }

    /// The type that an instance may name in `xsi:type`; inline and built-in types have no name there.
    pub(super) fn type_named(&self, name: &str) -> Option<TypeId> {
        if name.contains(['/', ':']) {
            return None;
        }
        let index = self.types.iter().position(|kind| kind.name == name)?;
        TypeId::try_from(index).ok()
    }

    pub(super) fn slots_of(&self, id: TypeId) -> &[Slot] {
        match &self.type_at(id).content {
            Content::Elements { first_slot, end_slot, .. } => {
                &self.slots[usize::from(*first_slot)..usize::from(*end_slot)]
            }
            Content::Simple(_) | Content::Extended { .. } => &[],
        }
    }

    pub(super) fn members_of(&self, id: TypeId) -> &[Member] {
        match &self.type_at(id).content {
            Content::Elements { first, end, .. } => &self.members[usize::from(*first)..usize::from(*end)],
            Content::Simple(_) | Content::Extended { .. } => &[],
        }
    }

    /// The type of a global element.
    pub(super) fn global(&self, name: &str) -> Option<TypeId> {
        if self.root.text() == name {
            return Some(self.root_type);
        }
        self.others.iter().find(|(other, _)| other.text() == name).map(|(_, kind)| *kind)
    }

    /// Whether an instance may name `named` in `xsi:type` where `declared` is declared.
    pub(super) fn derives(&self, named: TypeId, declared: TypeId) -> bool {
        let mut current = named;
        // A definition whose types are made from themselves was refused, so this ends.
        while current != declared {
            match self.type_at(current).base {
                Some(base) => current = base,
                None => return false,
            }
        }
        true
    }
}

/// A type. The name of an inline type is that of its owner, a slash and the element's; that of a built-in one begins with `xs:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Type {
    pub name: String,
    pub content: Content,
    /// The type of the same definition that it restricts or extends.
    pub base: Option<TypeId>,
}

/// What an element of a type may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Child elements by position; the runs index `Schema::slots` and `Schema::members`. `required` is the last slot,
    /// counted from 1, that must be filled.
    Elements { shape: Shape, first_slot: u16, end_slot: u16, first: MemberId, end: MemberId, required: u16 },
    /// Text.
    Simple(Box<Simple>),
    /// The text of a simple type, and attributes.
    Extended { base: TypeId, attributes: Vec<AttributeRule> },
}

/// How the definition writes the content; the automaton needs only the slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One sequence of elements and choices.
    Sequence,
    /// One choice: a single slot.
    Choice,
}

/// A simple type: built-in base and facets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Simple {
    pub primitive: Primitive,
    pub facets: Facets,
}

/// An attribute that a type declares. Only in no namespace: the subset has no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttributeRule {
    pub name: String,
    pub kind: TypeId,
    pub presence: Presence,
}

/// Whether an attribute must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    Optional,
}

/// One particle of a content model: an element, a choice of elements, or a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub kind: SlotKind,
    pub min: u32,
    pub max: u32,
    /// Members `first..end` of `Schema::members`; none for a wildcard.
    pub first: MemberId,
    pub end: MemberId,
}

impl Slot {
    /// Whether nothing need stand here.
    pub fn is_optional(&self, members: &[Member]) -> bool {
        let run = members.get(usize::from(self.first)..usize::from(self.end)).unwrap_or(&[]);
        self.min == 0 || (self.kind == SlotKind::Choice && run.iter().any(|member| member.min == 0))
    }
}

/// What stands in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SlotKind {
    Element,
    Choice,
    Any(Wildcard),
}

/// `xs:any`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    pub namespaces: WildcardNamespaces,
    pub process: Process,
}

/// Which namespaces a wildcard lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WildcardNamespaces {
    /// `##any`.
    Any,
    /// One or more namespace names.
    Listed(Vec<String>),
}

/// What is checked inside a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    /// Whatever the definition declares globally is checked, the rest is let through.
    Lax,
    /// Nothing.
    Skip,
    /// Everything: only what the definition declares globally may stand.
    Strict,
}

/// A named element inside a content model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub name: Name,
    pub kind: TypeId,
    /// Own occurrence: that of the slot for an element slot, that of the alternative in a choice.
    pub min: u32,
    pub max: u32,
    /// Slot index counted from 1 within the type; 0 means "before the first slot".
    pub slot: u16,
    /// Slots up to this one (counted from 1) must be satisfied before this member may stand.
    pub needs: u16,
    /// First member of the same slot: where the search for a follower begins.
    pub rescan: MemberId,
    /// Whether the path shows an index for this element.
    pub repeatable: bool,
}

/// An element name, prepared for comparison: its first sixteen octets as two numbers, then the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    key: Key,
    /// The octets of both words that belong to the name.
    masks: (u64, u64),
    text: Box<str>,
}

/// The first sixteen octets of a name as little-endian numbers, filled up with zeros, and its length in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub head: u64,
    pub tail: u64,
    pub length: usize,
}

impl Key {
    /// How long a name may be for its key to say all of it.
    pub const WHOLE: usize = 16;

    pub fn of(bytes: &[u8]) -> Key {
        let tail = bytes.get(8..).map_or(0, head_of);
        Key { head: head_of(bytes), tail, length: bytes.len() }
    }

    /// The whole name, unless it is longer than its key.
    pub fn octets(self) -> Option<Vec<u8>> {
        let both = [self.head.to_le_bytes(), self.tail.to_le_bytes()].concat();
        both.get(..self.length).map(<[u8]>::to_vec)
    }
}

impl Name {
    pub fn new(text: &str) -> Name {
        let key = Key::of(text.as_bytes());
        let masks =
            (first_octets(u64::MAX, key.length), first_octets(u64::MAX, key.length.saturating_sub(8)));
        Name { key, masks, text: text.into() }
    }

    #[inline]
    pub fn key(&self) -> Key {
        self.key
    }

    /// Whether sixteen octets, taken as two little-endian words, begin with this name. Sure only if the name is no longer.
    #[inline]
    pub fn begins(&self, (head, tail): (u64, u64)) -> bool {
        head & self.masks.0 == self.key.head && tail & self.masks.1 == self.key.tail
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether this is the name `bytes`, whose key is `key`.
    #[inline]
    pub fn is(&self, key: Key, bytes: &[u8]) -> bool {
        self.key == key && (key.length <= Key::WHOLE || self.text.as_bytes() == bytes)
    }
}

/// The first octets of a word, the others zero.
#[inline]
pub(super) fn first_octets(word: u64, octets: usize) -> u64 {
    if octets >= 8 { word } else { word & ((1 << (8 * octets)) - 1) }
}

/// The first eight octets of a name as a little-endian number, filled up with zeros.
#[inline]
pub(super) fn head_of(bytes: &[u8]) -> u64 {
    if let Some(eight) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    let mut head = 0;
    for byte in bytes.iter().rev() {
        head = head << 8 | u64::from(*byte);
    }
    head
}
