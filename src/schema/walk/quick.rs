//! The usual events, taken in one go where the definition names what comes next: a tag is compared with the one that came here
//! last time before its name is looked up, and a leaf is checked before anything is noted. Whatever is not entirely in order is
//! left to the general way.

use std::io::BufRead;

use super::check::check_value;
use super::{Event, Frame, LeafStep, Mode, Walk};
use crate::schema::automaton::{self, Entry, Followers, Place};
use crate::schema::event::{Ahead, name_in};
use crate::schema::model::{Content, Key, Member, MemberId, Presence, Schema, Type};

impl<'s, R: BufRead> Walk<'s, R> {
    /// The next event, if it is a usual one. None: nothing has happened that the general way would not do again.
    #[inline]
    pub(super) fn quick(&mut self) -> Option<Event> {
        let validation = self.validation?;
        let frame = self.frames.last()?;
        let is_usual = frame.mode == Mode::Elements
            && frame.members.0 != frame.members.1
            && validation.covers(self.scanner.default_namespace())
            && !self.scanner.has_contradiction();
        if !is_usual {
            return None;
        }
        match self.scanner.tag_ahead()? {
            Ahead::End => {
                self.end();
                Some(Event::End)
            }
            Ahead::Start(words) => self.quick_start(validation.schema, words),
        }
    }

    #[inline]
    fn quick_start(&mut self, schema: &'s Schema, words: (u64, u64)) -> Option<Event> {
        let frame = self.frames.last_mut()?;
        let (index, place) = match self.followers.likely(schema, frame.kind, frame.place) {
            Some((index, member))
                if member.name.begins(words)
                    && matches!(self.scanner.behind_name(member.name.key().length), b'>' | b' ') =>
            {
                (index, Followers::enter(frame.place, index, member)?)
            }
            _ => {
                let found = look_up(schema, frame, words)?;
                self.followers.keep(schema, frame.kind, frame.place, found.0);
                found
            }
        };
        let member = &schema.members[usize::from(index)];
        let kind = schema.type_at(member.kind);
        let Content::Elements { first, end, required, .. } = kind.content else {
            return self.quick_leaf(schema, (index, member), (kind, place));
        };
        if self.scanner.behind_name(member.name.key().length) != b'>'
            || !self.scanner.pass_start(member.name.key())
        {
            return None;
        }
        frame.place = place;
        let shown = if member.repeatable { place.count } else { 0 };
        self.frames.push(Frame::of_elements(member.kind, shown, ((first, end), required)));
        self.member = Some(index);
        Some(Event::Start)
    }

    /// A leaf whose attribute and text are as they should be.
    #[inline]
    fn quick_leaf(
        &mut self,
        schema: &Schema,
        (index, member): (MemberId, &Member),
        (kind, place): (&Type, Place),
    ) -> Option<Event> {
        let length = member.name.key().length;
        let has_attribute = self.scanner.behind_name(length) == b' ';
        let leaf = match &kind.content {
            Content::Extended { attributes, .. } => {
                let [rule] = attributes.as_slice() else { return None };
                if !has_attribute || rule.presence != Presence::Required {
                    return None;
                }
                let leaf = self.scanner.leaf(&member.name, Some(&rule.name))?;
                check_value(schema, rule.kind, self.scanner.leaf_value(leaf)).ok()?;
                leaf
            }
            _ if has_attribute => return None,
            _ => self.scanner.leaf(&member.name, None)?,
        };
        check_value(schema, member.kind, self.scanner.leaf_text(leaf)).ok()?;
        self.scanner.pass_leaf(length, leaf);
        self.frames.last_mut()?.place = place;
        self.member = Some(index);
        self.leaf = LeafStep::Start(if member.repeatable { place.count } else { 0 });
        Some(Event::Leaf)
    }
}

/// The member that a start tag enters, if it fits, and the place behind it.
fn look_up(schema: &Schema, frame: &Frame, words: (u64, u64)) -> Option<(MemberId, Place)> {
    let key = name_in(words)?;
    let mut place = frame.place;
    match automaton::enter(schema, frame.members, &mut place, (key, &[])) {
        Entry::Fits(index) if key.length <= Key::WHOLE => Some((index, place)),
        _ => None,
    }
}
