//! Patterns of XML Schema: translated once, matched against whole values. Knows regular expressions, never types.

use regex_automata::meta::Regex;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::pattern_text::translate;

/// Largest compiled pattern, in octets. Chosen by us: the largest of the official definitions takes a tenth of it.
const PROGRAM_BYTES_MAX: usize = 1024 * 1024;

/// A pattern facet. Two are equal when their texts are.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: Box<str>,
    program: Program,
}

/// Almost every pattern of ISO 20022 is a row of counted ASCII classes, which needs no engine.
#[derive(Debug, Clone)]
enum Program {
    Runs(Runs),
    General(Box<Regex>),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// Translates a pattern; refuses what it cannot translate exactly, saying what.
    /// Source: XML Schema 1.0 part 2, appendix F.
    pub fn parse(source: &str) -> Result<Pattern, String> {
        let program = match Runs::parse(source) {
            Some(runs) => Program::Runs(runs),
            None => Program::General(Box::new(engine(source)?)),
        };
        Ok(Pattern { source: source.into(), program })
    }

    /// The pattern as the definition has it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        match &self.program {
            Program::Runs(runs) => runs.match_whole(value.as_bytes()),
            Program::General(regex) => regex.is_match(Input::new(value).anchored(Anchored::Yes)),
        }
    }
}

fn engine(source: &str) -> Result<Regex, String> {
    let translated = format!(r"\A(?:{})\z", translate(source)?);
    let config = Regex::config().nfa_size_limit(Some(PROGRAM_BYTES_MAX)).which_captures(WhichCaptures::None);
    Regex::builder()
        .configure(config)
        .syntax(syntax::Config::new().nest_limit(64))
        .build(&translated)
        .map_err(|_| "no pattern, or one that takes too much room".to_owned())
}

/// A row of classes, and perhaps a second row that may be left out, as in `[A-Z]{6}[0-9]{2}([A-Z0-9]{3}){0,1}`.
#[derive(Debug, Clone)]
struct Runs {
    row: Vec<Run>,
    tail: Vec<Run>,
    /// For each octet the classes that it belongs to, a bit each.
    classes: Box<[u8; 256]>,
}

/// One class of ASCII characters, as a bit each, and how many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    class: u128,
    /// The bit of the class in the table.
    bit: u8,
    min: usize,
    max: usize,
}

/// Gives each class of the runs its bit, and each octet its bits. None if there are more than eight classes.
fn number_classes(runs: &mut [Run]) -> Option<Box<[u8; 256]>> {
    let mut known: Vec<u128> = Vec::new();
    let mut classes = Box::new([0; 256]);
    for run in runs {
        let index = known.iter().position(|class| *class == run.class).unwrap_or(known.len());
        if index == known.len() {
            known.push(run.class);
        }
        run.bit = 1_u8.checked_shl(u32::try_from(index).ok()?)?;
        for (octet, bits) in classes.iter_mut().enumerate().take(128) {
            if run.class >> octet & 1 == 1 {
                *bits |= run.bit;
            }
        }
    }
    Some(classes)
}

impl Runs {
    /// None for any pattern that is not such a row, or whose runs could not be told apart without looking back.
    fn parse(source: &str) -> Option<Runs> {
        let (row, tail) = match source.strip_suffix("){0,1}") {
            Some(rest) => rest.split_once('(')?,
            None => (source, ""),
        };
        let (mut row, tail) = (parse_row(row.as_bytes())?, parse_row(tail.as_bytes())?);
        let row_length = row.len();
        row.extend(tail);
        let classes = number_classes(&mut row)?;
        let all = row.clone();
        let tail = row.split_off(row_length);
        // A run of variable length takes all it can, which is right only if what follows could not want the same character.
        let clear =
            all.windows(2).all(|pair| pair[0].min == pair[0].max || pair[0].class & pair[1].class == 0);
        // What may be left out in the middle would bring together two runs that were not compared.
        let middle = all.get(1..all.len().saturating_sub(1)).unwrap_or(&[]);
        let whole = middle.iter().all(|run| run.min > 0);
        (clear && whole && !row.is_empty()).then_some(Runs { row, tail, classes })
    }

    #[inline]
    fn match_whole(&self, value: &[u8]) -> bool {
        match self.match_row(&self.row, value) {
            Some([]) => true,
            Some(rest) if !self.tail.is_empty() => {
                self.match_row(&self.tail, rest).is_some_and(<[u8]>::is_empty)
            }
            Some(_) | None => false,
        }
    }

    /// Whether all octets are of the class. Most runs are a few octets, taken four at a time.
    #[inline]
    fn all_belong(&self, octets: &[u8], class: u8) -> bool {
        let classes_of = |octet: &u8| self.classes[usize::from(*octet)];
        let (fours, rest) = octets.as_chunks::<4>();
        let in_fours = fours.iter().fold(class, |all, [a, b, c, d]| {
            all & classes_of(a) & classes_of(b) & classes_of(c) & classes_of(d)
        });
        rest.iter().fold(in_fours, |all, octet| all & classes_of(octet)) != 0
    }

    /// Takes the runs off the front of a value.
    #[inline]
    fn match_row<'v>(&self, row: &[Run], mut value: &'v [u8]) -> Option<&'v [u8]> {
        for run in row {
            if run.min == run.max {
                let (octets, rest) = value.split_at_checked(run.min)?;
                if !self.all_belong(octets, run.bit) {
                    return None;
                }
                value = rest;
                continue;
            }
            let most = value.get(..run.max).unwrap_or(value);
            let belongs = |octet: &&u8| self.classes[usize::from(**octet)] & run.bit != 0;
            let count = most.iter().take_while(belongs).count();
            if count < run.min {
                return None;
            }
            value = value.get(count..)?;
        }
        Some(value)
    }
}

fn parse_row(mut text: &[u8]) -> Option<Vec<Run>> {
    let mut row = Vec::new();
    while !text.is_empty() {
        let (class, rest) = parse_class(text)?;
        let (min, max, rest) = parse_count(rest)?;
        row.push(Run { class, bit: 0, min, max });
        text = rest;
    }
    Some(row)
}

fn parse_class(text: &[u8]) -> Option<(u128, &[u8])> {
    let inner = match text {
        [b'[', inner @ ..] => inner,
        _ => return parse_character(text).map(|(octet, rest)| (1 << octet, rest)),
    };
    let mut class = 0;
    let mut rest = inner;
    loop {
        if let [b']', after @ ..] = rest {
            return (class != 0).then_some((class, after));
        }
        let (first, after) = parse_class_character(rest)?;
        let (last, after) = match after {
            [b'-', end @ ..] if !matches!(end, [b']', ..]) => parse_class_character(end)?,
            _ => (first, after),
        };
        if first > last {
            return None;
        }
        for octet in first..=last {
            class |= 1 << octet;
        }
        rest = after;
    }
}

/// A plain or escaped character outside of classes.
fn parse_character(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'\\', octet, rest @ ..] if br"\|.-^?*+{}()[]".contains(octet) => Some((*octet, rest)),
        [octet, rest @ ..] if octet.is_ascii_alphanumeric() || *octet == b'-' => Some((*octet, rest)),
        _ => None,
    }
}

/// A plain or escaped character inside of a class.
fn parse_class_character(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'+' | b'(' | b')', rest @ ..] => Some((text[0], rest)),
        [b'-', ..] => None,
        _ => parse_character(text),
    }
}

/// `{n}`, `{n,m}`, `+` or nothing.
fn parse_count(text: &[u8]) -> Option<(usize, usize, &[u8])> {
    match text {
        [b'+', rest @ ..] => Some((1, usize::MAX, rest)),
        [b'*' | b'?', ..] => None,
        [b'{', rest @ ..] => {
            let end = rest.iter().position(|octet| *octet == b'}')?;
            let counts = std::str::from_utf8(rest.get(..end)?).ok()?;
            let (min, max) = counts.split_once(',').unwrap_or((counts, counts));
            let (min, max) = (parse_number(min)?, parse_number(max)?);
            (min <= max).then_some((min, max, rest.get(end + 1..)?))
        }
        _ => Some((1, 1, text)),
    }
}

/// Digits alone, without the sign that Rust would take.
fn parse_number(digits: &str) -> Option<usize> {
    digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok())?
}
