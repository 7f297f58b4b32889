//! What people and scripts see: results on standard output, remarks on standard error, colours on a terminal only.

use super::Exit;
use super::several::Turn;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;
use std::borrow::Cow;
use std::io::{self, BufWriter, Stdout, Write as _};

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Human,
    /// One JSON object a line.
    Json,
}

/// What a word should look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Not as it should be.
    Bad,
}

impl Tone {
    /// Select Graphic Rendition. Source: ECMA-48, section 8.3.117.
    fn rendition(self) -> &'static str {
        match self {
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
        }
    }
}

/// The two outputs of the process.
pub struct Screen {
    format: Format,
    out: Out,
    failed: Option<io::Error>,
    colours_out: Colours,
    colours_err: Colours,
}

/// Where results go.
enum Out {
    Standard(BufWriter<Stdout>),
    /// There too, when the file's turn has come.
    Turn(Turn),
}

impl io::Write for Out {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Out::Standard(out) => out.write(octets),
            Out::Turn(turn) => turn.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Out::Standard(out) => out.flush(),
            Out::Turn(turn) => turn.flush(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colours {
    Shown,
    Plain,
}

impl Colours {
    fn of(terminal: &impl io::IsTerminal) -> Colours {
        // Source: no-color.org; any value that is not empty switches colours off.
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if terminal.is_terminal() && !unwanted { Colours::Shown } else { Colours::Plain }
    }

    fn paint(self, tone: Tone, text: &str) -> String {
        match self {
            Colours::Shown => format!("\u{1b}[{}m{text}\u{1b}[0m", tone.rendition()),
            Colours::Plain => text.to_owned(),
        }
    }
}

impl Screen {
    /// For this process.
    pub fn new(format: Format) -> Screen {
        let (out, err) = (io::stdout(), io::stderr());
        let (colours_out, colours_err) = (Colours::of(&out), Colours::of(&err));
        let out = Out::Standard(BufWriter::new(out));
        Screen { format, out, failed: None, colours_out, colours_err }
    }

    /// A screen like this one for one of several files that are worked on at once.
    pub fn for_turn(&self, turn: Turn) -> Screen {
        let Screen { format, colours_out, colours_err, .. } = *self;
        Screen { format, out: Out::Turn(turn), failed: None, colours_out, colours_err }
    }

    /// A line that somebody waits for: it is written at once.
    pub fn now(&mut self, text: &str) {
        self.line(text);
        self.flush();
    }

    /// Writes what is left so far.
    pub fn flush(&mut self) {
        let flushed = self.out.flush();
        self.keep(flushed);
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// A line of text on standard output.
    pub fn line(&mut self, text: &str) {
        self.octets(harmless(text).as_bytes());
        self.octets(b"\n");
    }

    /// A JSON object on standard output, in a line of its own.
    pub fn record(&mut self, record: &impl Serialize) {
        let written = serde_json::to_writer(&mut self.out, record).map_err(io::Error::from);
        self.keep(written);
        self.octets(b"\n");
    }

    /// Octets on standard output as they are.
    pub fn octets(&mut self, octets: &[u8]) {
        let written = self.out.write_all(octets);
        self.keep(written);
    }

    /// A word of a line on standard output.
    pub fn word(&self, tone: Tone, text: &str) -> String {
        self.colours_out.paint(tone, text)
    }

    /// A word of a remark.
    pub fn remark_word(&self, tone: Tone, text: &str) -> String {
        self.colours_err.paint(tone, text)
    }

    /// A line on standard error.
    pub fn remark(&mut self, text: &str) {
        // What stands on both outputs keeps its order.
        if let Out::Turn(turn) = &mut self.out {
            turn.wait();
        }
        // What cannot be told on standard error cannot be told at all.
        let _ = writeln!(io::stderr().lock(), "{}", harmless(text));
    }

    /// Why the command failed, on standard error.
    pub fn failure(&mut self, code: &str, text: &str) {
        if self.is_json() {
            self.remark(&json!({ "error": code, "text": text }).to_string());
        } else {
            let word = self.remark_word(Tone::Bad, "error");
            self.remark(&format!("girogate: {word}: {code}: {text}"));
        }
    }

    /// Whether nobody takes the output any more.
    pub fn is_closed(&self) -> bool {
        let turn_is_closed = matches!(&self.out, Out::Turn(turn) if turn.is_closed());
        self.failed.is_some() || turn_is_closed
    }

    /// Remembers what first went wrong on standard output.
    pub fn keep(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// Writes what is left. A reader that has seen enough is no failure; a full disk is.
    pub fn finish(mut self, exit: Exit) -> Exit {
        let flushed = if self.failed.is_none() { self.out.flush() } else { Ok(()) };
        self.keep(flushed);
        match self.failed.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.failure("output.write", &format!("standard output: {error}"));
                exit.max(Exit::Outside)
            }
            _ => exit,
        }
    }
}

/// The text with those characters written as `\u{202e}` that would make a terminal show something else: controls, and signs
/// that turn the direction of writing. Line feeds and our own colours stay.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (at, character) in text.char_indices() {
        if is_harmful(character) && !is_colour(text.get(at..).unwrap_or("")) {
            shown.push_str(&character.escape_unicode().to_string());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Whether a text begins with what sets or ends a colour. Source: ECMA-48, section 8.3.117 (SGR).
fn is_colour(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("\u{1b}[") else { return false };
    rest.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';').starts_with('m')
}
