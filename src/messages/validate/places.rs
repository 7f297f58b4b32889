//! Where a place of an inner document lies in the file that is read: its text may stand within another document, or behind
//! one. Never what stands there.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::messages::reading::Place;

/// How many anchors are kept. A reader asks about places within what it has taken in last, which holds fewer references.
const ANCHORS_MAX: usize = 64 * 1024;

/// From the first place on, the text stands in the outer input from the second place on, character by character.
#[derive(Clone, Copy)]
struct Anchor {
    inner: Place,
    outer: Place,
}

/// The way from places of an inner text to those of the file.
#[derive(Clone, Default)]
pub(super) struct Places {
    /// None where they are the same.
    anchors: Option<Rc<RefCell<VecDeque<Anchor>>>>,
    outer: Option<Rc<Places>>,
}

impl Places {
    /// Of a text inside of one with these places. It has none of its own until anchors are set.
    pub(super) fn inside(outer: &Places) -> Places {
        Places { anchors: Some(Rc::default()), outer: Some(Rc::new(outer.clone())) }
    }

    /// Of a document that begins at this place.
    pub(super) fn from(place: Place) -> Places {
        let places = Places { anchors: Some(Rc::default()), outer: None };
        places.anchor(Place { line: 1, column: 1 }, place);
        places
    }

    /// The same input, from this place of it on.
    pub(super) fn behind(&self, place: Place) -> Places {
        match &self.anchors {
            None => Places::from(place),
            Some(_) => {
                let places = Places::inside(self);
                places.anchor(Place { line: 1, column: 1 }, place);
                places
            }
        }
    }

    pub(super) fn anchor(&self, inner: Place, outer: Place) {
        let Some(anchors) = &self.anchors else { return };
        let mut anchors = anchors.borrow_mut();
        if anchors.len() >= ANCHORS_MAX {
            anchors.pop_front();
        }
        anchors.push_back(Anchor { inner, outer });
    }

    /// The place in the file.
    pub(super) fn outer(&self, place: Place) -> Place {
        let mut place = place;
        let mut places = self;
        loop {
            place = places.outer_once(place);
            match &places.outer {
                Some(outer) => places = outer.as_ref(),
                None => return place,
            }
        }
    }

    fn outer_once(&self, place: Place) -> Place {
        let Some(anchors) = &self.anchors else { return place };
        let anchors = anchors.borrow();
        let behind = anchors
            .partition_point(|anchor| (anchor.inner.line, anchor.inner.column) <= (place.line, place.column));
        let Some(anchor) = anchors.get(behind.saturating_sub(1)) else { return place };
        let lines = place.line.saturating_sub(anchor.inner.line);
        if lines > 0 {
            return Place { line: anchor.outer.line + lines, column: place.column };
        }
        let columns = place.column.saturating_sub(anchor.inner.column);
        Place { line: anchor.outer.line, column: anchor.outer.column + columns }
    }
}
