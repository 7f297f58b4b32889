//! The usual events, taken in one go where the definition names what comes next: a tag is looked up before its name is scanned,
//! and a leaf is checked before anything is noted. Whatever is not entirely in order is left to the general way.

use std::io::BufRead;

use super::check::check_value;
use super::{Event, Frame, LeafStep, Mode, Walk};
use crate::schema::automaton::{self, Entry, Place};
use crate::schema::event::{Ahead, Tag};
use crate::schema::model::{Content, Member, MemberId, Presence, Schema, TypeId};

impl<'s, R: BufRead> Walk<'s, R> {
    /// The next event, if it is a usual one. None: nothing has happened that the general way would not do again.
    #[inline]
    pub(super) fn quick(&mut self) -> Option<Event> {
        let validation = self.validation?;
        let frame = self.frames.last()?;
        let is_usual = frame.mode == Mode::Elements
            && frame.members.0 != frame.members.1
            && validation.covers(self.scanner.default_namespace())
            && !self.scanner.is_contradicted();
        if !is_usual {
            return None;
        }
        match self.scanner.ahead()? {
            Ahead::End => {
                self.end();
                Some(Event::End)
            }
            Ahead::Start(tag) => self.quick_start(validation.schema, tag),
        }
    }

    #[inline]
    fn quick_start(&mut self, schema: &'s Schema, tag: Tag) -> Option<Event> {
        if tag.key.length > crate::schema::model::Key::WHOLE {
            return None;
        }
        let frame = self.frames.last_mut()?;
        let mut place = frame.place;
        let Entry::Fits(index) = automaton::enter(schema, frame.members, &mut place, (tag.key, &[])) else {
            return None;
        };
        let member = &schema.members[usize::from(index)];
        let shown = if member.repeatable { place.count } else { 0 };
        if let Content::Elements { .. } = schema.type_at(member.kind).content {
            if tag.has_attribute || !self.scanner.pass_start(tag) {
                return None;
            }
            frame.place = place;
            self.frames.push(Frame::of(schema, member.kind, shown));
            self.member = Some(index);
            return Some(Event::Start);
        }
        self.quick_leaf(schema, tag, (index, member), (place, shown))
    }

    /// A leaf whose attribute and text are as they should be.
    #[inline]
    fn quick_leaf(
        &mut self,
        schema: &Schema,
        tag: Tag,
        (index, member): (MemberId, &Member),
        (place, shown): (Place, u32),
    ) -> Option<Event> {
        let attribute = only_attribute(schema, member.kind);
        let leaf = self.scanner.leaf(tag, attribute.map(|(name, _)| name))?;
        match (attribute, self.scanner.leaf_attribute(leaf)) {
            (Some((_, Some(kind))), Some(value)) => check_value(schema, kind, value).ok()?,
            (None, None) => {}
            _ => return None,
        }
        check_value(schema, member.kind, self.scanner.leaf_text(leaf)).ok()?;
        self.scanner.pass_leaf(leaf);
        self.frames.last_mut()?.place = place;
        self.member = Some(index);
        self.leaf = LeafStep::Start(shown);
        Some(Event::Leaf)
    }
}

/// The one attribute that a type demands, with the type of its value.
#[inline]
fn only_attribute(schema: &Schema, kind: TypeId) -> Option<(&str, Option<TypeId>)> {
    match &schema.type_at(kind).content {
        Content::Extended { attributes, .. } => match attributes.as_slice() {
            [rule] if rule.presence == Presence::Required => Some((rule.name.as_str(), Some(rule.kind))),
            _ => Some(("", None)),
        },
        Content::Elements { .. } | Content::Simple(_) => None,
    }
}
