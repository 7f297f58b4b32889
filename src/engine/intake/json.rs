//! Strict JSON (RFC 8259) from a stream, value by value, in bounded memory and depth; duplicate members are found.
//! Never what a member means (`payouts`).

use std::io::{BufRead, ErrorKind};

/// Deepest nesting. Chosen by us: the deepest member of an instruction stands in level 5.
const DEPTH_MAX: u32 = 16;
/// Most members of one object. Chosen by us: an instruction has far fewer.
const MEMBERS_MAX: usize = 256;
/// Most octets of one instruction. Chosen by us.
pub const VALUE_OCTETS_MAX: u64 = 1 << 20;

/// A JSON value. Numbers stay text: nothing here may round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Flag(bool),
    /// As written.
    Number(String),
    /// Without quotes and escapes.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Members in their order, duplicates included.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The type's name, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Flag(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::Text(_) => "a string",
            Json::List(_) => "a list",
            Json::Object(_) => "an object",
        }
    }
}

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// Not JSON. The customer must correct it.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// From 1.
        line: u64,
        /// Octets since the line feed, plus 1.
        column: u64,
        /// In words.
        message: &'static str,
    },
    /// One instruction is larger than [`VALUE_OCTETS_MAX`].
    #[error("line {line}: one instruction is larger than 1 MiB")]
    TooLarge {
        /// From 1.
        line: u64,
    },
    /// The input could not be read.
    #[error("{0}")]
    Unreadable(std::io::Error),
}

impl JsonError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            JsonError::Syntax { .. } => "json.syntax",
            JsonError::TooLarge { .. } => "json.too_large",
            JsonError::Unreadable(_) => "input.unreadable",
        }
    }
}

/// Reads JSON from a stream.
pub struct Scanner<R> {
    input: R,
    line: u64,
    column: u64,
    budget: u64,
}

impl<R: BufRead> Scanner<R> {
    /// At the start of the input, or at `line` of it.
    pub fn new(input: R, line: u64) -> Scanner<R> {
        Scanner { input, line, column: 1, budget: VALUE_OCTETS_MAX }
    }

    /// Skips a byte order mark. RFC 8259 lets a reader do so.
    pub fn skip_byte_order_mark(&mut self) -> Result<(), JsonError> {
        if self.peek()? == Some(0xEF) {
            for expected in [0xEF, 0xBB, 0xBF] {
                self.expect(expected, "not a byte order mark and not JSON")?;
            }
        }
        Ok(())
    }

    /// The next octet that is no white space, left where it is. `None` at the end.
    pub fn peek_token(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.advance()?,
                other => return Ok(other),
            }
        }
    }

    /// Takes this octet after white space.
    pub fn take_token(&mut self, wanted: u8, message: &'static str) -> Result<(), JsonError> {
        self.peek_token()?;
        self.expect(wanted, message)
    }

    /// A whole value. The bound on octets starts anew with each.
    pub fn value(&mut self) -> Result<Json, JsonError> {
        self.budget = VALUE_OCTETS_MAX;
        self.nested(0)
    }

    /// The name of a member and its colon.
    pub fn name(&mut self) -> Result<String, JsonError> {
        self.peek_token()?;
        let name = self.string()?;
        self.take_token(b':', "a colon must follow the name of a member")?;
        Ok(name)
    }

    /// Nothing but white space may follow.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.peek_token()? {
            None => Ok(()),
            Some(_) => Err(self.syntax("something follows the end of the JSON text")),
        }
    }

    /// An error at the present place.
    pub fn syntax(&self, message: &'static str) -> JsonError {
        JsonError::Syntax { line: self.line, column: self.column, message }
    }

    fn nested(&mut self, depth: u32) -> Result<Json, JsonError> {
        if depth > DEPTH_MAX {
            return Err(self.syntax("nested too deeply"));
        }
        match self.peek_token()? {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Json::Number),
            Some(b't') => self.word("true", Json::Flag(true)),
            Some(b'f') => self.word("false", Json::Flag(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err(self.syntax("a value must stand here")),
            None => Err(self.syntax("the text ends where a value must stand")),
        }
    }

    fn object(&mut self, depth: u32) -> Result<Json, JsonError> {
        self.advance()?;
        let mut members = Vec::new();
        if self.peek_token()? == Some(b'}') {
            return self.advance().map(|()| Json::Object(members));
        }
        loop {
            if members.len() >= MEMBERS_MAX {
                return Err(self.syntax("an object with more members than there can be"));
            }
            let name = self.name()?;
            members.push((name, self.nested(depth + 1)?));
            match self.peek_token()? {
                Some(b',') => self.advance()?,
                Some(b'}') => return self.advance().map(|()| Json::Object(members)),
                _ => return Err(self.syntax("a comma or the end of the object must stand here")),
            }
        }
    }

    fn list(&mut self, depth: u32) -> Result<Json, JsonError> {
        self.advance()?;
        let mut items = Vec::new();
        if self.peek_token()? == Some(b']') {
            return self.advance().map(|()| Json::List(items));
        }
        loop {
            items.push(self.nested(depth + 1)?);
            match self.peek_token()? {
                Some(b',') => self.advance()?,
                Some(b']') => return self.advance().map(|()| Json::List(items)),
                _ => return Err(self.syntax("a comma or the end of the list must stand here")),
            }
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        for octet in word.bytes() {
            self.expect(octet, "not true, false or null")?;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<String, JsonError> {
        let mut text = String::new();
        if self.peek()? == Some(b'-') {
            self.keep(&mut text)?;
        }
        if self.peek()? == Some(b'0') {
            self.keep(&mut text)?;
        } else {
            self.digits(&mut text)?;
        }
        if self.peek()? == Some(b'.') {
            self.keep(&mut text)?;
            self.digits(&mut text)?;
        }
        if matches!(self.peek()?, Some(b'e' | b'E')) {
            self.keep(&mut text)?;
            if matches!(self.peek()?, Some(b'+' | b'-')) {
                self.keep(&mut text)?;
            }
            self.digits(&mut text)?;
        }
        match self.peek()? {
            Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'+' | b'-') => {
                Err(self.syntax("not a JSON number"))
            }
            _ => Ok(text),
        }
    }

    fn digits(&mut self, text: &mut String) -> Result<(), JsonError> {
        if !matches!(self.peek()?, Some(b'0'..=b'9')) {
            return Err(self.syntax("a digit must stand here"));
        }
        while matches!(self.peek()?, Some(b'0'..=b'9')) {
            self.keep(text)?;
        }
        Ok(())
    }

    fn keep(&mut self, text: &mut String) -> Result<(), JsonError> {
        if let Some(octet) = self.peek()? {
            text.push(char::from(octet));
        }
        self.advance()
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.expect(b'"', "a string must stand here")?;
        let mut octets = Vec::new();
        loop {
            match self.peek()? {
                None => return Err(self.syntax("the text ends within a string")),
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut octets)?,
                Some(0..=0x1F) => return Err(self.syntax("a control character within a string")),
                Some(octet) => {
                    octets.push(octet);
                    self.advance()?;
                }
            }
        }
        let text = String::from_utf8(octets).map_err(|_| self.syntax("a string is not UTF-8"))?;
        self.advance()?;
        Ok(text)
    }

    fn escape(&mut self, octets: &mut Vec<u8>) -> Result<(), JsonError> {
        self.advance()?;
        let escaped = self.peek()?;
        self.advance()?;
        let character = match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode_escape()?,
            _ => return Err(self.syntax("no such escape in a string")),
        };
        octets.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits()?;
        let unpaired = "an unpaired surrogate in a string";
        let code_point = match first {
            0xD800..=0xDBFF => {
                self.expect(b'\\', unpaired)?;
                self.expect(b'u', unpaired)?;
                let second = self.four_digits()?;
                match second {
                    0xDC00..=0xDFFF => 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                    _ => return Err(self.syntax(unpaired)),
                }
            }
            _ => first,
        };
        char::from_u32(code_point).ok_or_else(|| self.syntax(unpaired))
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek()?.and_then(|octet| char::from(octet).to_digit(16));
            value =
                value << 4 | digit.ok_or_else(|| self.syntax("four hexadecimal digits must follow \\u"))?;
            self.advance()?;
        }
        Ok(value)
    }

    fn expect(&mut self, wanted: u8, message: &'static str) -> Result<(), JsonError> {
        match self.peek()? {
            Some(octet) if octet == wanted => self.advance(),
            _ => Err(self.syntax(message)),
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(JsonError::Unreadable(error)),
            }
        }
    }

    fn advance(&mut self) -> Result<(), JsonError> {
        let Some(octet) = self.peek()? else { return Ok(()) };
        self.input.consume(1);
        match octet {
            b'\n' => (self.line, self.column) = (self.line + 1, 1),
            _ => self.column += 1,
        }
        self.budget = self.budget.checked_sub(1).ok_or(JsonError::TooLarge { line: self.line })?;
        Ok(())
    }
}
