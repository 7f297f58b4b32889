//! What characters a rail can carry and how a text is made to fit; never which text goes where.

use thiserror::Error;

mod spelling;

/// The characters that a rail or document carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CharacterSet {
    /// `a-z A-Z 0-9 / - ? : ( ) . , ' +` and space. Source: EPC customer-to-PSP guidelines, section 1.4.
    Sepa,
    /// The X set of Swift without its line feeds: the same characters as [`CharacterSet::Sepa`], kept apart because
    /// another body owns it. Source: Swift user handbook, character set X.
    SwiftX,
    /// `A-Z 0-9 . & / -` and space. Source: Bacs standard 18 file.
    Bacs,
    /// Printable ASCII.
    Ascii,
    /// Printable ASCII, Latin-1 supplement, Latin Extended-A, `Ș ș Ț ț €`.
    /// Source: SIX Swiss Payment Standards, character set of pain.001 since 2022.
    Latin,
    /// Every character but controls, direction marks and code points that are none.
    Unicode,
}

/// What happens to a character that the set does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The text is refused.
    Refuse,
    /// It is written in other letters, and the count of such characters is told.
    Transliterate,
}

/// A text that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// As it will be sent.
    pub text: String,
    /// Characters of the original that the set does not have. Capitals instead of small letters do not count.
    pub replaced: usize,
    /// Is anything different from the original, be it only white space?
    pub changed: bool,
}

/// Why a text cannot be made to fit. The customer must correct the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// A control character; nobody types one, so something is broken upstream.
    #[error("control character U+{code_point:04X} at position {position}")]
    Control {
        /// The character's number in Unicode.
        code_point: u32,
        /// Counted from 1, in characters.
        position: usize,
    },
    /// Characters that the set does not have, where replacing them is not wanted.
    #[error("{count} characters cannot be sent, the first is U+{code_point:04X} at position {position}")]
    Charset {
        /// How many.
        count: usize,
        /// The first one's number in Unicode.
        code_point: u32,
        /// Where the first one is, counted from 1, in characters.
        position: usize,
    },
    /// Too long.
    #[error("{found} characters, at most {most} are allowed")]
    Length {
        /// Longest allowed, in characters.
        most: usize,
        /// As it would be sent, in characters.
        found: usize,
    },
    /// No letter or digit of the name would remain.
    #[error("nothing readable remains of the name in the characters that can be sent")]
    NameEmpty,
}

impl TextError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            TextError::Control { .. } => "text.control",
            TextError::Charset { .. } => "text.charset",
            TextError::Length { .. } => "text.length",
            TextError::NameEmpty => "name.empty_after_transliteration",
        }
    }
}

impl CharacterSet {
    /// Does the set have this character?
    pub fn contains(self, character: char) -> bool {
        match self {
            CharacterSet::Sepa | CharacterSet::SwiftX => {
                matches!(character, 'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+' | ' ')
            }
            CharacterSet::Bacs => {
                matches!(character, 'A'..='Z' | '0'..='9' | '.' | '&' | '/' | '-' | ' ')
            }
            CharacterSet::Ascii => matches!(character, ' '..='~'),
            CharacterSet::Latin => {
                matches!(character, ' '..='~' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{17f}' | '\u{218}'..='\u{21b}' | '€')
            }
            CharacterSet::Unicode => spelling::is_text(character),
        }
    }

    /// What stands where a character has no equivalent. The EPC's practice is a full stop; Bacs files use a space.
    /// Source: EPC217-08 (characters without meaningful replacement).
    fn substitute(self) -> char {
        match self {
            CharacterSet::Bacs => ' ',
            _ => '.',
        }
    }
}

/// Makes a text fit a character set.
///
/// White space of any kind and length becomes one space, none at the ends; control characters are refused; letters
/// written as base letter and combining mark are joined first, so both forms of `ü` come out alike. With
/// [`Policy::Transliterate`] a missing character is spelled by our own table, else by its usual romanisation; one
/// that has none becomes a full stop, several in a row one full stop. Length is not limited here: the caller knows the rail.
pub fn fit(text: &str, set: CharacterSet, policy: Policy) -> Result<Fitted, TextError> {
    if fits_already(text, set) {
        return Ok(Fitted { text: text.to_owned(), replaced: 0, changed: false });
    }
    refuse_controls(text)?;
    let characters = spelling::compose(text);
    if policy == Policy::Refuse {
        refuse_foreign(&characters, set)?;
    }
    let (fitted, replaced) = spelling::spell(&characters, set);
    let changed = fitted != text;
    Ok(Fitted { text: fitted, replaced, changed })
}

/// Most texts need no change: ASCII of the set with single spaces, none at the ends. No set has control characters.
fn fits_already(text: &str, set: CharacterSet) -> bool {
    let mut before = b' ';
    for octet in text.bytes() {
        let doubled = octet == b' ' && before == b' ';
        if doubled || !octet.is_ascii() || !set.contains(char::from(octet)) {
            return false;
        }
        before = octet;
    }
    before != b' '
}

/// Makes a name fit; refuses it if no letter or digit would remain, because a payment without a payee is none.
pub fn fit_name(text: &str, set: CharacterSet, policy: Policy) -> Result<Fitted, TextError> {
    let fitted = fit(text, set, policy)?;
    match fitted.text.chars().any(char::is_alphanumeric) {
        true => Ok(fitted),
        false => Err(TextError::NameEmpty),
    }
}

/// Is the text short enough? Counted in characters, not octets, as ISO 20022 counts.
pub fn check_length(text: &str, most: usize) -> Result<(), TextError> {
    let found = text.chars().count();
    match found <= most {
        true => Ok(()),
        false => Err(TextError::Length { most, found }),
    }
}

/// Joins white space: one space between words, none at the ends.
pub fn collapse_white_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tabs and line ends count as white space; everything else that controls is refused.
pub fn refuse_controls(text: &str) -> Result<(), TextError> {
    match text.chars().enumerate().find(|(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        Some((at, c)) => Err(TextError::Control { code_point: u32::from(c), position: at + 1 }),
        None => Ok(()),
    }
}

fn refuse_foreign(characters: &[char], set: CharacterSet) -> Result<(), TextError> {
    let foreign = |c: &char| !set.contains(*c) && !c.is_whitespace();
    match characters.iter().position(foreign) {
        None => Ok(()),
        Some(at) => Err(TextError::Charset {
            count: characters.iter().filter(|c| foreign(c)).count(),
            code_point: u32::from(characters[at]),
            position: at + 1,
        }),
    }
}
