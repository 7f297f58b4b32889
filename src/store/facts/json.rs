//! Writes JSON members one after the other: facts are written more often than anything else here.
//! Never reads, never knows what a fact is.

use crate::domain::entry::Digest;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::io::Write;

/// An object being written. Members that are `None` are left out.
pub struct Members<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Members<'a> {
    /// Opens an object.
    pub fn open(out: &'a mut Vec<u8>) -> Members<'a> {
        out.push(b'{');
        Members { out, first: true }
    }

    /// Closes the object.
    pub fn close(self) {
        self.out.push(b'}');
    }

    /// A text member.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        write_text(self.out, value);
    }

    /// A text member, if there is one.
    pub fn text_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, value: impl whole::Whole) {
        self.name(name);
        value.write_to(self.out);
    }

    /// A flag; false is left out.
    pub fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.name(name);
            self.out.extend_from_slice(b"true");
        }
    }

    /// 64 bits as hex text: JSON numbers lose digits in many readers.
    pub fn bits(&mut self, name: &str, value: u64) {
        self.name(name);
        self.out.push(b'"');
        write_hex(self.out, &value.to_be_bytes());
        self.out.push(b'"');
    }

    /// A digest as hex text.
    pub fn digest(&mut self, name: &str, value: &Digest) {
        self.name(name);
        self.out.push(b'"');
        write_hex(self.out, &value.0);
        self.out.push(b'"');
    }

    /// An exact decimal as text.
    pub fn decimal(&mut self, name: &str, value: &Decimal) {
        self.name(name);
        // Writing to a vector cannot fail.
        let _ = write!(self.out, "\"{value}\"");
    }

    /// A date as ISO text, if there is one.
    pub fn date_if(&mut self, name: &str, value: Option<NaiveDate>) {
        if let Some(value) = value {
            self.name(name);
            let _ = write!(self.out, "\"{value}\"");
        }
    }

    /// A time in microseconds, if there is one.
    pub fn time_if(&mut self, name: &str, value: Option<DateTime<Utc>>) {
        if let Some(value) = value {
            self.number(name, value.timestamp_micros());
        }
    }

    /// A list of texts; an empty one is left out.
    pub fn texts<'t>(&mut self, name: &str, values: impl IntoIterator<Item = &'t str>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        self.name(name);
        self.out.push(b'[');
        for (place, value) in values.enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            write_text(self.out, value);
        }
        self.out.push(b']');
    }

    /// A list of whole numbers.
    pub fn numbers(&mut self, name: &str, values: &[i64]) {
        self.name(name);
        self.out.push(b'[');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            whole::Whole::write_to(*value, self.out);
        }
        self.out.push(b']');
    }

    /// A list of objects.
    pub fn objects<T>(&mut self, name: &str, values: &[T], mut write: impl FnMut(&T, &mut Members<'_>)) {
        self.name(name);
        self.out.push(b'[');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            let mut members = Members::open(self.out);
            write(value, &mut members);
            members.close();
        }
        self.out.push(b']');
    }

    /// An object member; close it before going on.
    pub fn object(&mut self, name: &str) -> Members<'_> {
        self.name(name);
        Members::open(self.out)
    }

    fn name(&mut self, name: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// Whole numbers without formatting machinery.
pub mod whole {
    /// A whole number that writes its decimal digits.
    pub trait Whole {
        /// Appends the digits.
        fn write_to(self, out: &mut Vec<u8>);
    }

    impl Whole for u64 {
        fn write_to(self, out: &mut Vec<u8>) {
            let mut digits = [0u8; 20];
            let (mut place, mut rest) = (digits.len(), self);
            loop {
                place -= 1;
                digits[place] = b'0' + (rest % 10) as u8;
                rest /= 10;
                if rest == 0 {
                    break;
                }
            }
            out.extend_from_slice(&digits[place..]);
        }
    }

    impl Whole for u32 {
        fn write_to(self, out: &mut Vec<u8>) {
            u64::from(self).write_to(out);
        }
    }

    impl Whole for i64 {
        fn write_to(self, out: &mut Vec<u8>) {
            if self < 0 {
                out.push(b'-');
            }
            self.unsigned_abs().write_to(out);
        }
    }
}

/// Appends hex digits.
fn write_hex(out: &mut Vec<u8>, octets: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for octet in octets {
        out.push(DIGITS[usize::from(octet >> 4)]);
        out.push(DIGITS[usize::from(octet & 15)]);
    }
}

/// Appends a JSON text; everything but quote, backslash and control characters stands as it is.
fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let octets = text.as_bytes();
    let mut from = 0;
    for (place, octet) in octets.iter().enumerate() {
        if *octet >= 0x20 && *octet != b'"' && *octet != b'\\' {
            continue;
        }
        out.extend_from_slice(&octets[from..place]);
        from = place + 1;
        match octet {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            control => {
                out.extend_from_slice(b"\\u00");
                write_hex(out, &[*control]);
            }
        }
    }
    out.extend_from_slice(&octets[from..]);
    out.push(b'"');
}
