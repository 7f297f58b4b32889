//! Makes texts that match a pattern of XML Schema, most of the time. Knows patterns, never definitions.

use super::random::Random;

/// Most repetitions of what may be repeated without bound.
const REPEATED_MAX: usize = 6;

/// A text that is meant to match `pattern`.
pub fn matching(pattern: &str, random: &mut Random) -> String {
    let characters: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    let tree = alternatives(&characters, &mut at);
    let mut text = String::new();
    write(&tree, random, &mut text);
    text
}

enum Part {
    One(Vec<char>),
    /// Alternatives of rows.
    Group(Vec<Vec<(Part, usize, usize)>>),
}

fn alternatives(pattern: &[char], at: &mut usize) -> Part {
    let mut rows = vec![Vec::new()];
    while let Some(character) = pattern.get(*at) {
        *at += 1;
        let part = match character {
            '|' => {
                rows.push(Vec::new());
                continue;
            }
            ')' => break,
            '(' => alternatives(pattern, at),
            '[' => Part::One(class(pattern, at)),
            '\\' => Part::One(escape(pattern, at)),
            '.' => Part::One(printable()),
            other => Part::One(vec![*other]),
        };
        let (min, max) = count(pattern, at);
        rows.last_mut().unwrap().push((part, min, max));
    }
    Part::Group(rows)
}

fn count(pattern: &[char], at: &mut usize) -> (usize, usize) {
    let range = match pattern.get(*at) {
        Some('?') => (0, 1),
        Some('*') => (0, usize::MAX),
        Some('+') => (1, usize::MAX),
        Some('{') => {
            let end = pattern[*at..].iter().position(|character| *character == '}').unwrap() + *at;
            let inner: String = pattern[*at + 1..end].iter().collect();
            *at = end + 1;
            return match inner.split_once(',') {
                Some((min, "")) => (min.parse().unwrap(), usize::MAX),
                Some((min, max)) => (min.parse().unwrap(), max.parse().unwrap()),
                None => (inner.parse().unwrap(), inner.parse().unwrap()),
            };
        }
        _ => return (1, 1),
    };
    *at += 1;
    range
}

fn printable() -> Vec<char> {
    (' '..='~').chain(['ä', 'Ö', 'ß', '€']).collect()
}

fn escape(pattern: &[char], at: &mut usize) -> Vec<char> {
    let escaped = pattern.get(*at).copied().unwrap_or('\\');
    *at += 1;
    match escaped {
        'd' => ('0'..='9').collect(),
        's' => vec![' ', ' ', '\t', '\n'],
        'S' => ('!'..='~').collect(),
        'w' | 'i' | 'c' => ('a'..='z').chain('A'..='Z').collect(),
        'n' => vec!['\n'],
        't' => vec!['\t'],
        'p' => {
            let end = pattern[*at..].iter().position(|character| *character == '}').unwrap() + *at;
            let name: String = pattern[*at + 1..end].iter().collect();
            *at = end + 1;
            match name.as_str() {
                "Zs" => vec![' ', '\u{a0}'],
                "C" => vec!['\u{ad}'],
                "IsLatin-1Supplement" => ('¡'..='ÿ').collect(),
                "IsLatinExtended-A" => ('Ā'..='ſ').collect(),
                _ => (' '..='~').collect(),
            }
        }
        other => vec![other],
    }
}

/// The characters of a class; what is subtracted from it stays in, which the definition then refuses.
fn class(pattern: &[char], at: &mut usize) -> Vec<char> {
    let negated = pattern.get(*at) == Some(&'^');
    *at += usize::from(negated);
    let mut characters = Vec::new();
    while let Some(character) = pattern.get(*at).copied() {
        *at += 1;
        match character {
            ']' => break,
            '\\' => characters.extend(escape(pattern, at)),
            '-' if pattern.get(*at) == Some(&'[') => {
                *at += 1;
                class(pattern, at);
            }
            '-' if !characters.is_empty() && pattern.get(*at) != Some(&']') => {
                let mut last = pattern[*at];
                *at += 1;
                if last == '\\' {
                    last = escape(pattern, at)[0];
                }
                let first = *characters.last().unwrap();
                characters.extend(first..=last);
            }
            other => characters.push(other),
        }
    }
    if negated {
        printable().into_iter().filter(|one| !characters.contains(one)).collect()
    } else {
        characters
    }
}

fn write(part: &Part, random: &mut Random, text: &mut String) {
    match part {
        Part::One(characters) => text.push(*random.pick(characters)),
        Part::Group(rows) => {
            for (part, min, max) in random.pick(rows) {
                let most = (*max).min(min + REPEATED_MAX);
                for _ in 0..min + random.below(most - min + 1) {
                    write(part, random, text);
                }
            }
        }
    }
}
