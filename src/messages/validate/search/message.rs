//! What stands within a message, event after event: the inner loop of reading. Never where a message begins.

use crate::messages::reading::{Begun, Output, Place, Took};
use crate::schema::event::NotWellFormed;
use crate::schema::walk::Event;

use super::{Root, Search, place_at, place_of};

/// Why the reading of a message pauses.
enum Pause {
    /// There are remarks, which belong to this place.
    Remarks(Place),
    /// There may be findings.
    Findings,
    /// The message's root or its document ends.
    Outermost,
    Finished,
}

impl Search<'_, '_, '_> {
    /// Reads on to the end of the message's root, or to where the document ends.
    pub(super) fn read_message(&mut self, output: &mut Output<'_>) -> Result<(), NotWellFormed> {
        loop {
            if self.walk.findings_total() != self.handed_out {
                self.hand_out_findings(output);
            }
            if !self.open.as_ref().is_some_and(|open| open.root == Root::Inside && !open.ended) {
                return Ok(());
            }
            match self.read_usual(output)? {
                Pause::Remarks(place) => self.hand_out_remarks(place, output),
                Pause::Outermost => self.end(output),
                Pause::Findings => {}
                Pause::Finished => return Ok(()),
            }
        }
    }

    /// Takes event after event within the message, as long as there is nothing to say and the outermost element does not end.
    fn read_usual(&mut self, output: &mut Output<'_>) -> Result<Pause, NotWellFormed> {
        let (walk, stream) = (&mut self.walk, &self.stream);
        let Some(open) = &mut self.open else { return Ok(Pause::Finished) };
        loop {
            match walk.advance()? {
                Event::Start => {
                    self.depth += 1;
                    if open.reader.start(walk.member(), || walk.element()) == Begun::Record {
                        open.reader.begin(place_of(walk, stream), output);
                    }
                }
                Event::Leaf => {
                    let (element, text) = (|| walk.element(), walk.text_of_event());
                    if open.reader.leaf(walk.member(), element, text) == Took::Nothing {
                        let place = || place_of(walk, stream);
                        open.reader.leaf_in_parts((walk.member(), element), text, (place, &mut *output));
                        if open.reader.has_remarks() {
                            return Ok(Pause::Remarks(place_at(walk.leaf_end(), stream)));
                        }
                    }
                }
                Event::Text => open.reader.text(walk.text_of_event()),
                Event::End if self.depth > open.depth + 1 => {
                    self.depth -= 1;
                    open.reader.end(output);
                    if open.reader.has_remarks() {
                        return Ok(Pause::Remarks(place_of(walk, stream)));
                    }
                }
                Event::End => return Ok(Pause::Outermost),
                Event::Finished => return Ok(Pause::Finished),
            }
            if walk.findings_total() != self.handed_out {
                return Ok(Pause::Findings);
            }
        }
    }
}
