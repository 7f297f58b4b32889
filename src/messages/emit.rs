//! Writes XML octet by octet, in exclusive canonical form behind the XML declaration, straight to an output.
//! Never which elements a message has.
//!
//! Canonical form (Exclusive XML Canonicalization 1.0): no white space between elements, no empty-element tags,
//! the namespace declared once at the root, `&`, `<`, `>` and carriage returns escaped in text. So the octets of the
//! `Document` element are what a signature digests, with no second pass.

use std::borrow::Cow;
use std::io;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use rust_decimal::Decimal;
use thiserror::Error;

use super::kind::Definition;
use super::record::AccountId;
use crate::domain::amount::Amount;
use crate::domain::payout::Code;
use crate::schema::catalog::NAMESPACE_PREFIX;

/// First octets of every document. They are no part of its canonical form.
pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Octets held back before they go to the output. Chosen by us: large enough that an output is called seldom,
/// small enough to stay in a processor's second cache.
const HELD_OCTETS: usize = 64 * 1024;

/// Most digits of a control sum. Source: ISO 20022 `DecimalNumber`, totalDigits 18.
const SUM_DIGITS_MAX: usize = 18;

/// An exact value and a currency code, as a bank states amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// The value, with the decimals it is to be shown with.
    pub value: Decimal,
    /// Three letters.
    pub currency: String,
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Money {
        Money { value: amount.value(), currency: amount.currency().code().to_owned() }
    }
}

/// Why a document could not be written. What reached the output by then is no document and must be thrown away.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The output failed (disk, connection): the operator must act.
    #[error("output failed while writing a document")]
    Output(#[from] io::Error),
    /// A character that XML cannot carry, escaped or not. The text should have been refused before: we must act.
    #[error("text of {element} has the character U+{code_point:04X}, which XML cannot carry")]
    Character {
        /// The element whose text it is.
        element: &'static str,
        /// The character.
        code_point: u32,
    },
    /// A sum of more than 18 digits. The batch must be split: we must act.
    #[error("sum {sum} has more than 18 digits")]
    Sum {
        /// The sum.
        sum: Decimal,
    },
    /// Totals are written before what they count; afterwards it proved to be something else: we must act.
    #[error("{level} {id} announces {announced} and contains {contained}")]
    Totals {
        /// `message` or `block`.
        level: &'static str,
        /// Its id.
        id: String,
        /// Count and sum as written at its head.
        announced: String,
        /// Count and sum of what was then written.
        contained: String,
    },
    /// A version that is not written. Whoever chose it must choose another.
    #[error("{definition} is not written")]
    Version {
        /// The definition.
        definition: String,
    },
    /// The definition has no room for it. The customer must change the payout, or the operator choose another
    /// definition.
    #[error("{level} {id}: {member} cannot be carried by {definition}: {why}")]
    Unfit {
        /// `message`, `block`, `payout` or `report`.
        level: &'static str,
        /// Its id; of a payout the external id.
        id: String,
        /// Member of the instruction.
        member: &'static str,
        /// The definition.
        definition: String,
        /// In words, without values.
        why: &'static str,
    },
}

impl WriteError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            WriteError::Output(_) => "write.output",
            WriteError::Character { .. } => "write.character",
            WriteError::Sum { .. } => "write.sum",
            WriteError::Totals { .. } => "write.totals",
            WriteError::Version { .. } => "write.version",
            WriteError::Unfit { .. } => "write.unfit",
        }
    }
}

/// What an octet of text needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Octet {
    Plain,
    /// `&`, `<`, `>`, carriage return.
    Escaped,
    /// Control characters other than tab, line feed and carriage return.
    Refused,
    /// First octet of U+F000 to U+FFFF: two characters at the end of that range do not exist in XML.
    Checked,
}

const OCTETS: [Octet; 256] = {
    let mut table = [Octet::Plain; 256];
    let mut at = 0;
    while at < 0x20 {
        table[at] = Octet::Refused;
        at += 1;
    }
    table[b'\t' as usize] = Octet::Plain;
    table[b'\n' as usize] = Octet::Plain;
    table[b'\r' as usize] = Octet::Escaped;
    table[b'&' as usize] = Octet::Escaped;
    table[b'<' as usize] = Octet::Escaped;
    table[b'>' as usize] = Octet::Escaped;
    table[0xEF] = Octet::Checked;
    table
};

/// How a document begins.
#[derive(Clone, Debug)]
pub struct Root<'a> {
    /// Namespace of `Document` and everything in it.
    pub namespace: Cow<'a, str>,
    /// Name of the schema's file for `xsi:schemaLocation`, where its readers go by it.
    pub schema_file: Option<&'a str>,
    /// Name of the one child of `Document`.
    pub child: &'static str,
}

impl Root<'_> {
    /// A document of the standard by its message id, like `camt.055.001.09`.
    pub fn of(message_id: &str, child: &'static str) -> Root<'static> {
        let namespace = Cow::Owned(format!("{NAMESPACE_PREFIX}{message_id}"));
        Root { namespace, schema_file: None, child }
    }
}

/// Writes elements to an output. The first failure is kept and everything after it ignored, so that a message is
/// written in straight lines; [`Emitter::finish`] and [`Emitter::check`] tell it.
pub struct Emitter<'a> {
    out: &'a mut dyn io::Write,
    child: &'static str,
    held: Vec<u8>,
    flushed: u64,
    failure: Option<WriteError>,
}

/// What writes tags is always inlined: their names are known where they are written, and so the lengths that are copied.
impl<'a> Emitter<'a> {
    /// Begins a document: the declaration, `Document` in the definition's namespace, and its one child.
    pub fn begin(out: &'a mut dyn io::Write, definition: Definition) -> Emitter<'a> {
        Emitter::begin_at(out, Root::of(&definition.to_string(), definition.kind.child()))
    }

    /// Begins a document whose root is not that of a definition of the standard.
    pub fn begin_at(out: &'a mut dyn io::Write, root: Root<'_>) -> Emitter<'a> {
        let held = Vec::with_capacity(HELD_OCTETS + HELD_OCTETS / 4);
        let mut emitter = Emitter { out, child: root.child, held, flushed: 0, failure: None };
        emitter.markup(DECLARATION);
        emitter.markup("<Document xmlns=\"");
        emitter.plain(root.namespace.as_bytes());
        if let Some(file) = root.schema_file {
            // In canonical form declarations of namespaces stand before attributes.
            emitter
                .markup("\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"");
            emitter.plain(root.namespace.as_bytes());
            emitter.markup(" ");
            emitter.plain(file.as_bytes());
        }
        emitter.markup("\">");
        emitter.open(root.child);
        emitter
    }

    /// Ends the document and hands the rest to the output. Gives the number of octets of the whole document.
    pub fn finish(mut self) -> Result<u64, WriteError> {
        self.close(self.child);
        self.close("Document");
        self.flush();
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self.flushed),
        }
    }

    /// The first failure, if there was one. Asked between transactions, so that a broken output ends the work early.
    pub fn check(&mut self) -> Result<(), WriteError> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// `<name>`.
    #[inline(always)]
    pub fn open(&mut self, name: &'static str) {
        self.make_room();
        self.held.push(b'<');
        self.held.extend_from_slice(name.as_bytes());
        self.held.push(b'>');
    }

    /// `</name>`.
    #[inline(always)]
    pub fn close(&mut self, name: &'static str) {
        self.held.extend_from_slice(b"</");
        self.held.extend_from_slice(name.as_bytes());
        self.held.push(b'>');
    }

    /// Tags as they stand, like `</InstrId><EndToEndId>`: the quick way where many elements follow each other.
    #[inline(always)]
    pub fn markup(&mut self, tags: &'static str) {
        self.held.extend_from_slice(tags.as_bytes());
    }

    /// Text that is known to need no escape, as ids made of letters and digits.
    #[inline(always)]
    pub fn plain(&mut self, text: &[u8]) {
        self.held.extend_from_slice(text);
    }

    /// The text of an element whose tags the caller writes; `element` is its name, for an error.
    #[inline(always)]
    pub fn characters(&mut self, element: &'static str, text: &str) {
        if is_plain(text.as_bytes()) {
            self.held.extend_from_slice(text.as_bytes());
        } else {
            self.escaped(element, text);
        }
    }

    /// Hands what is held to the output when it is enough. Asked by every [`Emitter::open`]; between tags written
    /// with [`Emitter::markup`] the caller asks now and then.
    #[inline(always)]
    pub fn make_room(&mut self) {
        if self.held.len() >= HELD_OCTETS {
            self.flush();
        }
    }

    /// An element with text.
    #[inline(always)]
    pub fn text(&mut self, name: &'static str, text: &str) {
        self.open(name);
        self.characters(name, text);
        self.close(name);
    }

    /// An element with text, or nothing.
    #[inline(always)]
    pub fn optional(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// An element around one with text: `<outer><inner>text</inner></outer>`.
    pub fn nested(&mut self, outer: &'static str, inner: &'static str, text: &str) {
        self.open(outer);
        self.text(inner, text);
        self.close(outer);
    }

    /// An element with an amount and its currency, with as many decimals as the currency has.
    pub fn amount(&mut self, name: &'static str, amount: &Amount) {
        self.open_currency(name, amount.currency().code());
        self.amount_digits(amount);
        self.close(name);
    }

    /// The digits of an amount in an element whose tags the caller writes.
    pub fn amount_digits(&mut self, amount: &Amount) {
        let decimals = amount.currency().minor_units() as usize;
        self.decimal_digits(amount.minor().unsigned_abs().into(), decimals);
    }

    /// An element with an amount as a bank states it.
    pub fn money(&mut self, name: &'static str, money: &Money) {
        self.open_currency(name, &money.currency);
        self.decimal(money.value);
        self.close(name);
    }

    /// A choice of `Cd` and `Prtry`, or nothing.
    pub fn code(&mut self, name: &'static str, code: Option<&Code>) {
        match code {
            Some(Code::Listed(code)) => self.nested(name, "Cd", code),
            Some(Code::Proprietary(code)) => self.nested(name, "Prtry", code),
            None => {}
        }
    }

    /// `Id` of an account: by IBAN, else by another number.
    pub fn account_id(&mut self, account: &AccountId) {
        self.open("Id");
        match (&account.iban, &account.other) {
            (Some(iban), _) => self.text("IBAN", iban),
            (None, other) => self.nested("Othr", "Id", other.as_deref().unwrap_or_default()),
        }
        self.close("Id");
    }

    /// An agent known by its BIC, which has the tag `of_bic`.
    pub fn agent(&mut self, name: &'static str, of_bic: &'static str, bic: &str) {
        self.open(name);
        self.nested("FinInstnId", of_bic, bic);
        self.close(name);
    }

    /// An element with a count.
    pub fn count(&mut self, name: &'static str, count: u64) {
        self.open(name);
        self.decimal_digits(count.into(), 0);
        self.close(name);
    }

    /// An element with a sum over whatever currencies: at most 18 digits.
    pub fn sum(&mut self, name: &'static str, sum: Decimal) {
        self.open(name);
        // Zeros at the end are dropped only where the digits would not suffice otherwise.
        let digits = |value: &Decimal| {
            value.mantissa().unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1)
        };
        let shown = if digits(&sum) > SUM_DIGITS_MAX { sum.normalize() } else { sum };
        if digits(&shown) > SUM_DIGITS_MAX {
            self.fail(WriteError::Sum { sum });
        }
        self.decimal(shown);
        self.close(name);
    }

    /// An element with `true` or `false`.
    pub fn indicator(&mut self, name: &'static str, value: bool) {
        self.text(name, if value { "true" } else { "false" });
    }

    /// An element with a date, `2026-11-22`.
    pub fn date(&mut self, name: &'static str, date: NaiveDate) {
        self.open(name);
        self.date_digits(date);
        self.close(name);
    }

    /// An element with a date as one of several forms: `<outer><Dt>2026-11-22</Dt></outer>`.
    pub fn day(&mut self, name: &'static str, date: NaiveDate) {
        self.open(name);
        self.date("Dt", date);
        self.close(name);
    }

    /// An element with a moment in whole seconds of UTC, `2026-11-22T16:54:34Z`.
    pub fn moment(&mut self, name: &'static str, moment: DateTime<Utc>) {
        self.open(name);
        self.date_digits(moment.date_naive());
        self.held.push(b'T');
        self.time_digits(moment.time());
        self.held.push(b'Z');
        self.close(name);
    }

    /// An element with a time of day in whole seconds, without a zone, `16:54:34`.
    pub fn time(&mut self, name: &'static str, time: NaiveTime) {
        self.open(name);
        self.time_digits(time);
        self.close(name);
    }

    /// Keeps the first failure.
    pub fn fail(&mut self, failure: WriteError) {
        self.failure.get_or_insert(failure);
    }

    #[cold]
    fn flush(&mut self) {
        if self.failure.is_none()
            && let Err(error) = self.out.write_all(&self.held)
        {
            self.failure = Some(WriteError::Output(error));
        }
        self.flushed += self.held.len() as u64;
        self.held.clear();
    }

    fn open_currency(&mut self, name: &'static str, currency: &str) {
        self.make_room();
        self.held.push(b'<');
        self.plain(name.as_bytes());
        self.markup(" Ccy=\"");
        // A code that is no code would need the other escapes of attributes; letters and digits need none.
        match currency.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            true => self.plain(currency.as_bytes()),
            false => self.fail(WriteError::Character { element: name, code_point: first_odd(currency) }),
        }
        self.markup("\">");
    }

    #[cold]
    fn escaped(&mut self, element: &'static str, text: &str) {
        let octets = text.as_bytes();
        let mut from = 0;
        for (at, octet) in octets.iter().enumerate() {
            let escape = match OCTETS[usize::from(*octet)] {
                Octet::Plain => continue,
                Octet::Escaped => escape(*octet),
                Octet::Checked if octets[at..].starts_with("\u{FFFE}".as_bytes()) => {
                    return self.fail(WriteError::Character { element, code_point: 0xFFFE });
                }
                Octet::Checked if octets[at..].starts_with("\u{FFFF}".as_bytes()) => {
                    return self.fail(WriteError::Character { element, code_point: 0xFFFF });
                }
                Octet::Checked => continue,
                Octet::Refused => {
                    return self.fail(WriteError::Character { element, code_point: (*octet).into() });
                }
            };
            self.held.extend_from_slice(&octets[from..at]);
            self.markup(escape);
            from = at + 1;
        }
        self.held.extend_from_slice(&octets[from..]);
    }

    fn decimal(&mut self, value: Decimal) {
        if value.is_sign_negative() && !value.is_zero() {
            self.held.push(b'-');
        }
        self.decimal_digits(value.mantissa().unsigned_abs(), value.scale() as usize);
    }

    /// The digits of a number with a point before the last `decimals` of them, at most 28.
    fn decimal_digits(&mut self, number: u128, decimals: usize) {
        // 39 digits of a u128 and a point.
        let mut digits = [b'0'; 40];
        let mut at = digits.len();
        let mut left = Left::of(number);
        for written in 0.. {
            if written > decimals && left.is_zero() {
                break;
            }
            if written == decimals && decimals > 0 {
                at -= 1;
                digits[at] = b'.';
            }
            at -= 1;
            digits[at] = b'0' + left.take_digit();
        }
        self.held.extend_from_slice(&digits[at..]);
    }

    fn date_digits(&mut self, date: NaiveDate) {
        // Years beyond 9999 have more digits in XML Schema too; we never date anything before the year 1.
        match date.year().unsigned_abs() {
            year @ 0..=9999 => {
                self.two_digits(year / 100);
                self.two_digits(year);
            }
            year => self.decimal_digits(year.into(), 0),
        }
        for value in [date.month(), date.day()] {
            self.held.push(b'-');
            self.two_digits(value);
        }
    }

    fn time_digits(&mut self, time: NaiveTime) {
        self.two_digits(time.hour());
        for value in [time.minute(), time.second()] {
            self.held.push(b':');
            self.two_digits(value);
        }
    }

    fn two_digits(&mut self, value: u32) {
        let digit = |value: u32| b'0' + (value % 10) as u8;
        self.held.extend_from_slice(&[digit(value / 10), digit(value)]);
    }
}

/// What is left of a number whose digits are taken off from the end. Almost every number fits 64 bits, where dividing is
/// many times faster.
enum Left {
    Short(u64),
    Long(u128),
}

impl Left {
    fn of(number: u128) -> Left {
        u64::try_from(number).map_or(Left::Long(number), Left::Short)
    }

    fn is_zero(&self) -> bool {
        matches!(self, Left::Short(0) | Left::Long(0))
    }

    fn take_digit(&mut self) -> u8 {
        match self {
            Left::Short(number) => {
                let digit = *number % 10;
                *number /= 10;
                digit as u8
            }
            Left::Long(number) => {
                let digit = *number % 10;
                *self = Left::of(*number / 10);
                digit as u8
            }
        }
    }
}

/// Whether no octet needs a second look: eight at a time, the last eight once more where they overlap.
fn is_plain(octets: &[u8]) -> bool {
    let Some(last) = octets.last_chunk::<8>() else {
        return octets.iter().all(|octet| OCTETS[usize::from(*octet)] == Octet::Plain);
    };
    let (words, _) = octets.as_chunks::<8>();
    let found = words.iter().fold(odd_octets(*last), |found, word| found | odd_octets(*word));
    found == 0
}

/// A bit set if one of eight octets may need care: below the space, `&`, `<`, `>` or 0xEF.
#[inline]
fn odd_octets(octets: [u8; 8]) -> u64 {
    const fn each(octet: u8) -> u64 {
        u64::from_ne_bytes([octet; 8])
    }
    // A zero octet borrows from its high bit, and only a zero octet, or one above it, shows that.
    let zero = |word: u64| word.wrapping_sub(each(1)) & !word;
    let word = u64::from_ne_bytes(octets);
    let below_space = word.wrapping_sub(each(b' ')) & !word;
    // `<` and `>` differ in one bit.
    let angle = zero((word | each(b'<' ^ b'>')) ^ each(b'>'));
    (below_space | zero(word ^ each(b'&')) | angle | zero(word ^ each(0xEF))) & each(0x80)
}

fn escape(octet: u8) -> &'static str {
    match octet {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        _ => "&#xD;",
    }
}

fn first_odd(text: &str) -> u32 {
    text.chars().find(|c| !c.is_ascii_alphanumeric()).map_or(0, u32::from)
}
