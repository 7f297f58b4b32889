//! Where canonical octets go: runs of the document that are canonical as they stand are handed on from
//! where they are, the rest through a buffer of fixed size. Decides nothing about XML.

use std::io::Write;
use std::ops::Range;

use super::C14nError;

/// Octets gathered before they are handed on. Chosen by us.
const BUFFER_OCTETS: usize = 65_536;
/// Runs of at least this many octets are handed on without a copy. Chosen by us.
const RUN_OCTETS_MIN: usize = 4_096;

/// The way out.
pub struct Output<'i, 'w> {
    text: &'i str,
    sink: &'w mut dyn Write,
    buffer: Vec<u8>,
    run: Range<usize>,
}

impl<'i, 'w> Output<'i, 'w> {
    /// For the canonical form of `text`.
    pub fn new(text: &'i str, sink: &'w mut dyn Write) -> Output<'i, 'w> {
        Output { text, sink, buffer: Vec::with_capacity(BUFFER_OCTETS + RUN_OCTETS_MIN), run: 0..0 }
    }

    /// Octets of the text that are canonical as they stand.
    pub fn keep(&mut self, range: Range<usize>) -> Result<(), C14nError> {
        if self.run.end == range.start {
            self.run.end = range.end;
            return Ok(());
        }
        self.end_run()?;
        self.run = range;
        Ok(())
    }

    /// The buffer for octets that are written anew.
    pub fn anew(&mut self) -> Result<&mut Vec<u8>, C14nError> {
        self.end_run()?;
        if self.buffer.len() >= BUFFER_OCTETS {
            self.flush()?;
        }
        Ok(&mut self.buffer)
    }

    /// Hands on all that is left.
    pub fn finish(mut self) -> Result<(), C14nError> {
        self.end_run()?;
        self.flush()
    }

    fn end_run(&mut self) -> Result<(), C14nError> {
        let run = std::mem::take(&mut self.run);
        let octets = self.text.as_bytes().get(run).unwrap_or_default();
        if octets.len() < RUN_OCTETS_MIN {
            self.buffer.extend_from_slice(octets);
            return Ok(());
        }
        self.flush()?;
        self.sink.write_all(octets).map_err(|cause| C14nError::Sink { cause })
    }

    fn flush(&mut self) -> Result<(), C14nError> {
        self.sink.write_all(&self.buffer).map_err(|cause| C14nError::Sink { cause })?;
        self.buffer.clear();
        Ok(())
    }
}
