//! The usual events, taken in one go where the definition names what comes next: a tag is compared with the one that came here
//! last time before its name is looked up, and a leaf is checked before anything is noted. Whatever is not entirely in order is
//! left to the general way.

use std::io::BufRead;

use super::check::{check_value, check_value_of};
use super::{Event, Frame, LeafStep, Walk};
use crate::schema::automaton::{self, Entry, Followers, Place};
use crate::schema::event::{Ahead, name_in};
use crate::schema::model::{Content, Key, Member, MemberId, Presence, Schema, Type};

impl<'s, R: BufRead> Walk<'s, R> {
    /// The next event, if it is a usual one. None: nothing has happened that the general way would not do again.
    #[inline]
    pub(super) fn quick(&mut self) -> Option<Event> {
        let schema = self.validation?.schema;
        let frame = *self.frames.last()?;
        if !frame.is_usual || !(self.at_ease || self.comes_to_ease()) {
            return None;
        }
        match self.scanner.tag_ahead()? {
            Ahead::End => {
                if automaton::may_end(schema, frame.required, frame.place) {
                    self.closing = true;
                } else {
                    self.end();
                }
                Some(Event::End)
            }
            Ahead::Start(words) => self.quick_start(schema, words),
        }
    }

    /// Looks whether usual shapes may follow, which in themselves change nothing about it.
    #[inline(never)]
    fn comes_to_ease(&mut self) -> bool {
        let Some(validation) = self.validation else { return false };
        self.at_ease =
            self.scanner.is_in_usual_content() && validation.covers(self.scanner.default_namespace());
        self.at_ease
    }

    #[inline]
    fn quick_start(&mut self, schema: &'s Schema, words: (u64, u64)) -> Option<Event> {
        let frame = self.frames.last_mut()?;
        let likely = self.followers.likely(schema, frame.kind, frame.place);
        let likely = likely.filter(|(_, member)| member.name.begins(words));
        let behind = likely.map_or(0, |(_, member)| self.scanner.behind_name(member.name.key().length));
        let (index, member, place, behind) = match likely {
            Some((index, member)) if matches!(behind, b'>' | b' ') => {
                (index, member, Followers::enter(frame.place, index, member)?, behind)
            }
            _ => {
                let (index, place) = look_up(schema, frame, words)?;
                self.followers.keep(schema, frame.kind, frame.place, index);
                let member = schema.members.get(usize::from(index))?;
                (index, member, place, self.scanner.behind_name(member.name.key().length))
            }
        };
        let kind = schema.type_at(member.kind);
        let Content::Elements { first, end, required, .. } = kind.content else {
            return self.quick_leaf(schema, (index, member), (kind, place), behind);
        };
        if behind != b'>' || !self.scanner.pass_start(member.name.key()) {
            return None;
        }
        frame.place = place;
        let shown = if member.repeatable { place.count } else { 0 };
        self.frames.push(Frame::of_elements(member.kind, shown, ((first, end), required)));
        self.member = Some(index);
        Some(Event::Start)
    }

    /// A leaf whose attribute and text are as they should be; `behind` follows its name.
    #[inline]
    fn quick_leaf(
        &mut self,
        schema: &Schema,
        (index, member): (MemberId, &Member),
        (kind, place): (&Type, Place),
        behind: u8,
    ) -> Option<Event> {
        let rule = match (&kind.content, behind) {
            (Content::Extended { attributes, .. }, b' ') => match attributes.as_slice() {
                [rule] if rule.presence == Presence::Required => Some(rule),
                _ => return None,
            },
            (Content::Extended { .. }, _) | (_, b' ') => return None,
            _ => None,
        };
        let leaf = self.scanner.leaf(&member.name, rule.map(|rule| rule.name.as_str()))?;
        if let Some(rule) = rule {
            check_value(schema, rule.kind, self.scanner.leaf_value(leaf)).ok()?;
        }
        check_value_of(schema, kind, self.scanner.leaf_text(leaf)).ok()?;
        self.scanner.pass_leaf(member.name.key().length, leaf);
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
