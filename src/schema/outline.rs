//! A definition as a tree to be asked: which elements an element may hold, and what its text must be. For those who
//! rewrite documents; the walk has its own, faster way through the tables.

use super::facet::{self, Primitive};
use super::model::{Content, Member, Schema, Simple, SlotKind, TypeId};

/// The type of an element in a definition.
#[derive(Clone, Copy)]
pub struct ElementType<'s> {
    schema: &'s Schema,
    id: TypeId,
}

/// An element that may stand in another.
#[derive(Clone, Copy)]
pub struct Child<'s> {
    /// Local name.
    pub name: &'s str,
    /// Its type.
    pub kind: ElementType<'s>,
    /// Where it stands among its siblings: slots from 1 in the order of the definition; alternatives share one.
    pub slot: u16,
    /// How often it may stand in a row; `u32::MAX` stands for "without bound".
    pub max: u32,
    /// Whether its parent cannot be without it (or, in a choice, without one of its alternatives).
    pub required: bool,
    /// Whether it is one of several alternatives.
    pub alternative: bool,
}

impl Schema {
    /// The type of the global element.
    pub fn outline(&self) -> ElementType<'_> {
        ElementType { schema: self, id: self.root_type }
    }

    /// The types of all elements of a name, wherever they stand.
    pub fn types_of_elements<'s, 'n>(
        &'s self,
        name: &'n str,
    ) -> impl Iterator<Item = ElementType<'s>> + use<'s, 'n> {
        let named = self.members.iter().filter(move |member| member.name.text() == name);
        named.map(|member| ElementType { schema: self, id: member.kind })
    }
}

impl PartialEq for ElementType<'_> {
    fn eq(&self, other: &ElementType<'_>) -> bool {
        std::ptr::eq(self.schema, other.schema) && self.id == other.id
    }
}

impl<'s> ElementType<'s> {
    /// The type's own name, like `ExternalPurpose1Code`.
    pub fn name(self) -> &'s str {
        &self.schema.type_at(self.id).name
    }

    /// Whether elements stand in it, rather than text.
    pub fn holds_elements(self) -> bool {
        matches!(self.schema.type_at(self.id).content, Content::Elements { .. })
    }

    /// Whether anything may stand in it, unknown to the definition.
    pub fn holds_anything(self) -> bool {
        self.schema.slots_of(self.id).iter().any(|slot| matches!(slot.kind, SlotKind::Any(_)))
    }

    /// The elements that may stand in it, in the order of the definition.
    pub fn children(self) -> impl Iterator<Item = Child<'s>> {
        self.schema.members_of(self.id).iter().map(move |member| self.child_of(member))
    }

    /// The element of that name that may stand in it.
    pub fn child(self, name: &str) -> Option<Child<'s>> {
        let member = self.schema.members_of(self.id).iter().find(|member| member.name.text() == name)?;
        Some(self.child_of(member))
    }

    fn child_of(self, member: &'s Member) -> Child<'s> {
        let slots = self.schema.slots_of(self.id);
        let slot = usize::from(member.slot).checked_sub(1).and_then(|index| slots.get(index));
        let alternative = slot.is_some_and(|slot| slot.kind == SlotKind::Choice);
        Child {
            name: member.name.text(),
            kind: ElementType { schema: self.schema, id: member.kind },
            slot: member.slot,
            max: member.max.max(slot.map_or(1, |slot| slot.max)),
            required: slot.is_some_and(|slot| !slot.is_optional(&self.schema.members)),
            alternative,
        }
    }

    /// Whether all of it is one choice.
    pub fn is_choice(self) -> bool {
        let slots = self.schema.slots_of(self.id);
        matches!(slots, [slot] if slot.kind == SlotKind::Choice)
    }

    fn simple(self) -> Option<&'s Simple> {
        let mut content = &self.schema.type_at(self.id).content;
        if let Content::Extended { base, .. } = content {
            content = &self.schema.type_at(*base).content;
        }
        match content {
            Content::Simple(simple) => Some(simple),
            _ => None,
        }
    }

    /// The built-in type behind its text.
    pub fn primitive(self) -> Option<Primitive> {
        self.simple().map(|simple| simple.primitive)
    }

    /// Whether the definition lists the values that its text may have.
    pub fn is_enumerated(self) -> bool {
        self.simple().is_some_and(|simple| !simple.facets.enumeration.is_empty())
    }

    /// The name of the attribute that it declares, like `Ccy`.
    pub fn attribute(self) -> Option<&'s str> {
        match &self.schema.type_at(self.id).content {
            Content::Extended { attributes, .. } => attributes.first().map(|rule| rule.name.as_str()),
            _ => None,
        }
    }

    /// Whether a text may stand in it; the code of what it breaks if not.
    pub fn check(self, text: &str) -> Result<(), &'static str> {
        match self.simple() {
            Some(simple) => {
                facet::check(simple.primitive, &simple.facets, text).map_err(|broken| broken.code)
            }
            None => Ok(()),
        }
    }

    /// Whether an attribute may have a value; the code of what it breaks if not.
    pub fn check_attribute(self, name: &str, value: &str) -> Result<(), &'static str> {
        let Content::Extended { attributes, .. } = &self.schema.type_at(self.id).content else {
            return Ok(());
        };
        match attributes.iter().find(|rule| rule.name == name) {
            Some(rule) => ElementType { schema: self.schema, id: rule.kind }.check(value),
            None => Ok(()),
        }
    }
}
