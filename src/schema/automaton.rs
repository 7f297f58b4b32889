//! One step in a content model: where an element fits, and what was expected instead. Knows tables, never text or events.

use super::model::{Content, Key, Member, MemberId, Schema, Slot, SlotKind, TypeId};

/// Before the first member of a type.
pub(super) const NOWHERE: MemberId = MemberId::MAX;

/// Where an element's content stands: the member entered last, and how often in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub member: MemberId,
    pub count: u32,
}

impl Place {
    pub const START: Place = Place { member: NOWHERE, count: 0 };
}

/// What became of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Fits(MemberId),
    /// Known here, but something that must come before it has not come.
    Early(MemberId),
    /// Known here, but once too often, or beside its alternative.
    Surplus(MemberId),
    /// Known here, but its turn is over. The place stays.
    Late(MemberId),
    Unknown,
}

/// Enters the element `name`, whose key is `key`, into the content `first..end` and moves the place.
#[inline]
pub(super) fn enter(
    schema: &Schema,
    (first, end): (MemberId, MemberId),
    place: &mut Place,
    (key, name): (Key, &[u8]),
) -> Entry {
    let current = schema.members.get(usize::from(place.member));
    let from = current.map_or(first, |member| member.rescan);
    let ahead = schema.members.get(usize::from(from)..usize::from(end)).unwrap_or(&[]);
    for (index, member) in (from..).zip(ahead) {
        if member.name.is(key, name) {
            return advance(schema, current, place, index);
        }
    }
    let behind = schema.members.get(usize::from(first)..usize::from(from)).unwrap_or(&[]);
    match (first..).zip(behind).find(|(_, member)| member.name.is(key, name)) {
        Some((index, _)) => Entry::Late(index),
        None => Entry::Unknown,
    }
}

#[inline]
fn advance(schema: &Schema, current: Option<&Member>, place: &mut Place, index: MemberId) -> Entry {
    let member = &schema.members[usize::from(index)];
    let Some(current) = current else {
        *place = Place { member: index, count: 1 };
        return if member.needs == 0 { Entry::Fits(index) } else { Entry::Early(index) };
    };
    if current.slot != member.slot {
        let done = fills(current, place.count, member.needs);
        *place = Place { member: index, count: 1 };
        return if done { Entry::Fits(index) } else { Entry::Early(index) };
    }
    // Alternatives of a repeated choice share one count; those of a single choice exclude each other.
    if index != place.member && !repeats(schema, index) {
        *place = Place { member: index, count: 1 };
        return Entry::Surplus(index);
    }
    *place = Place { member: index, count: place.count.saturating_add(1) };
    if place.count > member.max { Entry::Surplus(index) } else { Entry::Fits(index) }
}

/// For each member, and for the beginning of each type, the member that followed last time. Only followers that always fit are kept:
/// those of another slot behind a member that need not come twice, and the member itself.
#[derive(Default)]
pub(super) struct Followers {
    members: usize,
    next: Vec<MemberId>,
}

impl Followers {
    pub fn of(schema: &Schema) -> Followers {
        let members = schema.members.len();
        Followers { members, next: vec![NOWHERE; members + schema.types.len()] }
    }

    #[inline]
    fn spot(&self, kind: TypeId, place: Place) -> usize {
        if place.member == NOWHERE { self.members + usize::from(kind) } else { usize::from(place.member) }
    }

    /// The member to try first.
    #[inline]
    pub fn likely<'s>(
        &self,
        schema: &'s Schema,
        kind: TypeId,
        place: Place,
    ) -> Option<(MemberId, &'s Member)> {
        let index = *self.next.get(self.spot(kind, place))?;
        Some((index, schema.members.get(usize::from(index))?))
    }

    /// The place behind the follower, if it may still come.
    #[inline]
    pub fn enter(place: Place, index: MemberId, member: &Member) -> Option<Place> {
        if index != place.member {
            return Some(Place { member: index, count: 1 });
        }
        (place.count < member.max).then(|| Place { member: index, count: place.count.saturating_add(1) })
    }

    /// Keeps a follower that fitted.
    pub fn keep(&mut self, schema: &Schema, kind: TypeId, before: Place, index: MemberId) {
        let current = schema.members.get(usize::from(before.member));
        let member = &schema.members[usize::from(index)];
        let always = match current {
            None => true,
            Some(current) => index == before.member || (current.slot != member.slot && current.min <= 1),
        };
        let spot = self.spot(kind, before);
        if let Some(next) =
            self.next.get_mut(spot).filter(|_| always && member.name.key().length <= Key::WHOLE)
        {
            *next = index;
        }
    }
}

/// Whether the member stands in a choice that may itself occur several times.
fn repeats(schema: &Schema, index: MemberId) -> bool {
    schema.slots.iter().any(|slot| slot.max > 1 && (slot.first..slot.end).contains(&index))
}

/// Whether `count` of `member` are enough of it, and leave nothing open up to the slot `required`.
#[inline]
fn fills(member: &Member, count: u32, required: u16) -> bool {
    count >= member.min && member.slot >= required
}

/// Whether the content may end here.
#[inline]
pub(super) fn may_end(schema: &Schema, required: u16, place: Place) -> bool {
    match schema.members.get(usize::from(place.member)) {
        Some(member) => fills(member, place.count, required),
        None => required == 0,
    }
}

/// The names that may stand at a place, in the order of the definition.
pub(super) fn expected(schema: &Schema, kind: TypeId, place: Place) -> Vec<&str> {
    let slots = schema.slots_of(kind);
    let current = schema.members.get(usize::from(place.member));
    let mut names = Vec::new();
    let mut next = 0;
    if let Some(member) = current {
        if place.count < member.max {
            let shared = slots.get(usize::from(member.slot) - 1).filter(|slot| slot.max > 1);
            match shared {
                Some(slot) => names.extend(alternatives(schema, slot)),
                None => names.push(member.name.text()),
            }
        }
        if place.count < member.min {
            return names;
        }
        next = usize::from(member.slot);
    }
    for slot in slots.get(next..).unwrap_or(&[]) {
        names.extend(alternatives(schema, slot));
        if !slot.is_optional(&schema.members) {
            break;
        }
    }
    names
}

fn alternatives<'s>(schema: &'s Schema, slot: &Slot) -> impl Iterator<Item = &'s str> {
    let run = schema.members.get(usize::from(slot.first)..usize::from(slot.end)).unwrap_or(&[]);
    let wildcard = matches!(slot.kind, SlotKind::Any(_)).then_some("any element");
    run.iter().map(|member| member.name.text()).chain(wildcard)
}

/// The content model of a type with child elements: its members, and the last slot that must be filled.
#[inline]
pub(super) fn model(schema: &Schema, kind: TypeId) -> Option<((MemberId, MemberId), u16)> {
    match schema.type_at(kind).content {
        Content::Elements { first, end, required, .. } => Some(((first, end), required)),
        Content::Simple(_) | Content::Extended { .. } => None,
    }
}
