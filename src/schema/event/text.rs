//! Text nodes: runs of characters, references, CDATA sections, and the comments and instructions that may part them.

use std::io::BufRead;

use super::fault::{Stop, rule};
use super::names::{is_space, part, reference};
use super::{Part, Scanner, Token};

impl<R: BufRead> Scanner<R> {
    /// Text at the cursor up to the next tag or reference.
    #[inline]
    pub(super) fn text_run(&mut self) -> Result<Option<Token>, Stop> {
        let bytes = self.window.bytes();
        let start = self.cursor;
        let mut at = start;
        let found = loop {
            let rest = &bytes[at..];
            let Some(index) = memchr::memchr3(b'<', b'&', b']', rest) else {
                self.check_length(bytes.len() - start)?;
                return Err(Stop::More);
            };
            at += index;
            match rest[index..] {
                [b']', ..] => {
                    // A run of brackets is passed at once: one search for each would let a sender slow us down.
                    let run = rest[index..].iter().take_while(|octet| **octet == b']').count();
                    match rest.get(index + run) {
                        Some(b'>') if run >= 2 => {
                            return rule(at + run - 2, "]]> outside of a CDATA section");
                        }
                        Some(_) => at += run,
                        None => {
                            self.check_length(bytes.len() - start)?;
                            return Err(Stop::More);
                        }
                    }
                }
                ref rest => break rest,
            }
        };
        let follower = match found {
            [b'&', ..] => b'&',
            [_, octet, ..] => *octet,
            _ => return Err(Stop::More),
        };
        let parted = matches!(follower, b'&' | b'!' | b'?');
        if parted || self.merging.is_some() || self.window.has_carriage_return {
            return self.merge_run(at, follower);
        }
        self.check_length(at - start)?;
        self.plain_text = (start, at);
        self.merged = false;
        self.cursor = at;
        Ok(Some(Token::Text))
    }

    /// Adds the run up to `at`, and the reference there, to the text that is put together.
    fn merge_run(&mut self, at: usize, follower: u8) -> Result<Option<Token>, Stop> {
        let referred = match follower {
            b'&' => Some(reference(self.window.bytes(), at)?),
            _ => None,
        };
        self.begin_merging();
        let run = self.window.text().get(self.cursor..at).unwrap_or("");
        push_lines(&mut self.merged_text, run);
        self.cursor = at;
        if let Some((character, end)) = referred {
            self.merged_text.push(character);
            self.cursor = end;
        }
        self.check_length(self.merged_text.len())?;
        Ok(None)
    }

    fn begin_merging(&mut self) {
        if self.merging.is_none() {
            self.merging = Some(self.window.position(self.cursor));
            self.merged_text.clear();
            self.has_cdata = false;
        }
    }

    fn check_length(&self, length: usize) -> Result<(), Stop> {
        let limit = self.limits.text_bytes_max;
        if length > limit { Err(Stop::Limit(self.cursor, "a text", limit)) } else { Ok(()) }
    }

    /// What begins with `<!` or `<?`.
    pub(super) fn declaration_like(&mut self) -> Result<Option<Token>, Stop> {
        let rest = self.window.bytes().get(self.cursor..).unwrap_or(&[]);
        if rest.starts_with(b"<?") {
            return self.instruction();
        }
        if rest.starts_with(b"<!--") {
            return self.comment();
        }
        for (opening, at) in [(&b"<!--"[..], 0), (b"<![CDATA[", 1), (b"<!DOCTYPE", 2)] {
            if rest.len() < opening.len() && opening.starts_with(rest) {
                return Err(Stop::More);
            }
            match at {
                1 if rest.starts_with(opening) => return self.cdata(),
                2 if rest.starts_with(opening) => return Err(Stop::Doctype(self.cursor)),
                _ => {}
            }
        }
        rule(self.cursor, "a declaration where none may stand")
    }

    /// Finds `closing` behind `from`, which lies in a token that may not exceed the bound of text.
    fn find_closing(&self, from: usize, closing: &[u8]) -> Result<usize, Stop> {
        let rest = self.window.bytes().get(from..).unwrap_or(&[]);
        match memchr::memmem::find(rest, closing) {
            Some(length) => self.check_length(length).map(|()| from + length),
            None => self.check_length(rest.len()).and(Err(Stop::More)),
        }
    }

    fn comment(&mut self) -> Result<Option<Token>, Stop> {
        let end = self.find_closing(self.cursor + 4, b"--")?;
        match self.window.bytes().get(end + 2) {
            None => Err(Stop::More),
            Some(b'>') => {
                self.cursor = end + 3;
                Ok(None)
            }
            Some(_) => rule(end, "two hyphens within a comment"),
        }
    }

    fn cdata(&mut self) -> Result<Option<Token>, Stop> {
        if self.part != Part::Content {
            return rule(self.cursor, "a CDATA section outside of the root element");
        }
        let start = self.cursor + "<![CDATA[".len();
        let end = self.find_closing(start, b"]]>")?;
        self.begin_merging();
        self.has_cdata = true;
        let run = self.window.text().get(start..end).unwrap_or("");
        push_lines(&mut self.merged_text, run);
        self.check_length(self.merged_text.len())?;
        self.cursor = end + 3;
        Ok(None)
    }

    fn instruction(&mut self) -> Result<Option<Token>, Stop> {
        let start = self.cursor + 2;
        let text = self.window.text();
        let end = part(text, start)?;
        let target = text.get(start..end).unwrap_or("");
        if target.eq_ignore_ascii_case("xml") {
            return rule(self.cursor, "an XML declaration elsewhere than at the very beginning");
        }
        match text.as_bytes().get(end..) {
            Some([b'?', b'>', ..]) => self.cursor = end + 2,
            Some([octet, ..]) if is_space(*octet) => self.cursor = self.find_closing(end, b"?>")? + 2,
            Some([b'?']) => return Err(Stop::More),
            _ => return rule(end, "a malformed processing instruction"),
        }
        Ok(None)
    }
}

/// Adds a run with its line ends as line feeds. Source: XML 1.0, section 2.11.
fn push_lines(text: &mut String, run: &str) {
    let mut rest = run;
    while let Some(index) = memchr::memchr(b'\r', rest.as_bytes()) {
        text.push_str(&rest[..index]);
        text.push('\n');
        rest = &rest[index + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    text.push_str(rest);
}
