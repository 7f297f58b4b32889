//! The pattern language of XML Schema, put into that of the regular expression engine. Knows texts, never values.
//! Source: XML Schema 1.0 part 2, appendix F.

use std::iter::Peekable;
use std::str::Chars;

use super::pattern_blocks::BLOCKS;

/// Deepest nesting of subtracted classes. Chosen by us.
const SUBTRACTIONS_MAX: usize = 16;

/// Where names begin and go on. Source: XML 1.0 fifth edition, productions 4 and 4a; the editions before it differ in scripts that
/// no payment uses.
const NAME_START: &str = concat!(
    r":A-Z_a-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}-\x{200D}",
    r"\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}"
);
const NAME_MORE: &str = r"\-.0-9\x{B7}\x{0300}-\x{036F}\x{203F}-\x{2040}";

/// The general categories of Unicode.
const CATEGORIES: &[&str] = &[
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps",
    "Pe", "Pi", "Pf", "Po", "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk", "So", "C", "Cc", "Cf", "Co", "Cn",
];

/// What stands behind a backslash.
enum Escape {
    One(char),
    /// A class of the engine.
    Class(String),
}

/// Puts a pattern into the engine's language; refuses what is no pattern, saying what.
pub(super) fn translate(source: &str) -> Result<String, String> {
    let mut output = String::with_capacity(source.len() + 8);
    let mut rest = source.chars().peekable();
    // Whether a quantifier may stand here: only directly behind an atom.
    let mut atom = false;
    while let Some(character) = rest.next() {
        let was_atom = std::mem::replace(&mut atom, true);
        match character {
            '\\' => match escape(&mut rest)? {
                Escape::One(one) => literal(one, &mut output),
                Escape::Class(class) => output.push_str(&class),
            },
            '[' => class(&mut rest, &mut output)?,
            ']' => return Err("a closing bracket without its opening".to_owned()),
            '.' => output.push_str(r"[^\n\r]"),
            '?' | '*' | '+' | '{' if !was_atom => {
                return Err(format!("{character} behind nothing to repeat"));
            }
            '?' | '*' | '+' => {
                output.push(character);
                atom = false;
            }
            '{' => {
                quantity(&mut rest, &mut output)?;
                atom = false;
            }
            '}' => return Err("a closing brace without its opening".to_owned()),
            '(' | '|' => {
                output.push_str(if character == '(' { "(?:" } else { "|" });
                atom = false;
            }
            ')' => output.push(')'),
            other => literal(other, &mut output),
        }
    }
    Ok(output)
}

/// A character that stands for itself. To XML Schema `^` and `$` are such.
fn literal(character: char, output: &mut String) {
    if r"\.+*?()|[]{}^$#&-~".contains(character) {
        output.push('\\');
    }
    output.push(character);
}

/// `{n}`, `{n,}` or `{n,m}`, behind the brace.
fn quantity(rest: &mut Peekable<Chars<'_>>, output: &mut String) -> Result<(), String> {
    output.push('{');
    let mut digits = 0;
    let mut commas = 0;
    for character in rest.by_ref() {
        match character {
            '0'..='9' => digits += 1,
            ',' if commas == 0 && digits > 0 => commas = 1,
            '}' if digits > 0 => {
                output.push('}');
                return Ok(());
            }
            _ => break,
        }
        output.push(character);
    }
    Err("a quantity that is no number".to_owned())
}

/// Behind a backslash.
fn escape(rest: &mut Peekable<Chars<'_>>) -> Result<Escape, String> {
    let class = |text: &str| Ok(Escape::Class(text.to_owned()));
    match rest.next().ok_or("a backslash at the end")? {
        'n' => Ok(Escape::One('\n')),
        'r' => Ok(Escape::One('\r')),
        't' => Ok(Escape::One('\t')),
        'd' => class(r"\p{Nd}"),
        'D' => class(r"\P{Nd}"),
        's' => class(r"[ \t\n\r]"),
        'S' => class(r"[^ \t\n\r]"),
        'w' => class(r"[^\p{P}\p{Z}\p{C}]"),
        'W' => class(r"[\p{P}\p{Z}\p{C}]"),
        'i' => Ok(Escape::Class(format!("[{NAME_START}]"))),
        'I' => Ok(Escape::Class(format!("[^{NAME_START}]"))),
        'c' => Ok(Escape::Class(format!("[{NAME_START}{NAME_MORE}]"))),
        'C' => Ok(Escape::Class(format!("[^{NAME_START}{NAME_MORE}]"))),
        'p' => property(rest, ""),
        'P' => property(rest, "^"),
        one if r"\|.-^?*+{}()[]".contains(one) => Ok(Escape::One(one)),
        other => Err(format!("the escape \\{other}")),
    }
}

/// `{Lu}` or `{IsLatin-1Supplement}`, behind `\p` or `\P`.
fn property(rest: &mut Peekable<Chars<'_>>, negation: &str) -> Result<Escape, String> {
    if rest.next() != Some('{') {
        return Err("a property without braces".to_owned());
    }
    let mut name = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(character) => name.push(character),
            None => return Err("a property without end".to_owned()),
        }
    }
    if CATEGORIES.contains(&name.as_str()) {
        return Ok(Escape::Class(format!(r"[{negation}\p{{{name}}}]")));
    }
    let block = BLOCKS.iter().find(|(known, ..)| name.strip_prefix("Is") == Some(known));
    match block {
        Some((_, first, last)) => Ok(Escape::Class(format!(r"[{negation}\x{{{first:X}}}-\x{{{last:X}}}]"))),
        None => Err(format!("the property {name}")),
    }
}

/// A class behind its opening bracket, with what is subtracted from it. `[a-z-[aeiou]]` ends in as many brackets as it has begun.
fn class(rest: &mut Peekable<Chars<'_>>, output: &mut String) -> Result<(), String> {
    for depth in 0..SUBTRACTIONS_MAX {
        let subtracts = class_items(rest, output)?;
        if subtracts {
            output.push_str("--");
            continue;
        }
        for _ in 0..depth {
            if rest.next() != Some(']') {
                return Err("something behind a subtracted class".to_owned());
            }
            output.push(']');
        }
        return Ok(());
    }
    Err("classes subtracted from each other too deeply".to_owned())
}

/// The characters of one class; says whether a class to be subtracted follows. Then the outer bracket stays open.
fn class_items(rest: &mut Peekable<Chars<'_>>, output: &mut String) -> Result<bool, String> {
    let mut items = String::from("[");
    if rest.next_if_eq(&'^').is_some() {
        items.push('^');
    }
    let mut count = 0_usize;
    loop {
        let character = rest.next().ok_or("a class without end")?;
        let first = match character {
            ']' if count > 0 => {
                output.push_str(&items);
                output.push(']');
                return Ok(false);
            }
            ']' => return Err("an empty class".to_owned()),
            '[' => return Err("a class within a class".to_owned()),
            '-' if rest.peek() == Some(&'[') && count > 0 => {
                rest.next();
                output.push('[');
                output.push_str(&items);
                output.push(']');
                return Ok(true);
            }
            '-' if count > 0 && rest.peek() != Some(&']') => {
                return Err("a hyphen in the middle of a class".to_owned());
            }
            '\\' => match escape(rest)? {
                Escape::One(one) => one,
                Escape::Class(class) => {
                    items.push_str(&class);
                    count += 1;
                    continue;
                }
            },
            other => other,
        };
        count += 1;
        class_literal(first, &mut items);
        if let Some(last) = range_end(rest)? {
            if last < first {
                return Err(format!("the range {first}-{last}"));
            }
            items.push('-');
            class_literal(last, &mut items);
        }
    }
}

/// The last character of a range, if a hyphen and one follow.
fn range_end(rest: &mut Peekable<Chars<'_>>) -> Result<Option<char>, String> {
    let mut ahead = rest.clone();
    if ahead.next() != Some('-') || matches!(ahead.peek(), Some(']' | '[') | None) {
        return Ok(None);
    }
    rest.next();
    match rest.next() {
        Some('\\') => match escape(rest)? {
            Escape::One(one) => Ok(Some(one)),
            Escape::Class(_) => Err("a range up to a class".to_owned()),
        },
        last => Ok(last),
    }
}

fn class_literal(character: char, output: &mut String) {
    output.push_str(&format!(r"\x{{{:X}}}", u32::from(character)));
}
