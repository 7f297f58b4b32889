//! Makes instances of a definition: documents that are valid most of the time, and values that sit on the edges of their types.

use girogate::schema::pattern::Pattern;

use super::definition::{Definition, Element, Kind, Particle, Values};
use super::random::Random;
use super::strings;

/// From this depth on only what must stand is written.
const DEPTH_MAX: usize = 14;

/// A whole document; `room` is about how many elements it may have beyond what must stand.
pub fn document(definition: &Definition, room: usize, random: &mut Random) -> String {
    let mut maker = Maker { definition, random, room, text: String::new() };
    let root = format!(" xmlns=\"{}\"", definition.namespace);
    maker.element(&definition.root, 1, &root);
    maker.text
}

/// One element with all that it must hold.
pub fn element(definition: &Definition, element: &Element, random: &mut Random) -> String {
    let mut maker = Maker { definition, random, room: 4, text: String::new() };
    maker.element(element, DEPTH_MAX - 1, "");
    maker.text
}

struct Maker<'d> {
    definition: &'d Definition,
    random: &'d mut Random,
    room: usize,
    text: String,
}

impl Maker<'_> {
    fn element(&mut self, element: &Element, depth: usize, declared: &str) {
        self.room = self.room.saturating_sub(1);
        self.text.push_str(&format!("<{}{declared}", element.name));
        let definition = self.definition;
        let mut spare = Kind::Elements(Vec::new());
        match definition.kind(&element.kind, &mut spare) {
            Kind::Simple(values) => {
                self.text.push('>');
                let value = value(values, self.random);
                self.text.push_str(&escape(&value));
            }
            Kind::Text(base, attributes) => {
                for (name, kind, required) in attributes {
                    if *required || self.random.below(2) == 0 {
                        let value = simple_value(definition, kind, self.random);
                        self.text.push_str(&format!(" {name}=\"{}\"", escape(&value)));
                    }
                }
                self.text.push('>');
                let value = simple_value(definition, base, self.random);
                self.text.push_str(&escape(&value));
            }
            Kind::Elements(particles) => {
                self.text.push('>');
                if depth < 60 {
                    self.particles(particles, depth);
                }
            }
        }
        self.text.push_str(&format!("</{}>", element.name));
    }

    fn particles(&mut self, particles: &[Particle], depth: usize) {
        for particle in particles {
            match particle {
                Particle::One(element) => {
                    for _ in 0..self.often(element.min, element.max, depth) {
                        self.element(element, depth + 1, "");
                    }
                }
                Particle::Choice { min, max, of } => {
                    for _ in 0..self.often(*min, *max, depth) {
                        let chosen = self.random.pick(of).clone();
                        let often = if *max > 1 { 1 } else { self.often(chosen.min, chosen.max, depth) };
                        for _ in 0..often {
                            self.element(&chosen, depth + 1, "");
                        }
                    }
                }
                Particle::Any { namespace, process, min } => {
                    self.wildcard(namespace.as_deref(), process, *min)
                }
            }
        }
    }

    fn wildcard(&mut self, namespace: Option<&str>, process: &str, min: usize) {
        let count = if process == "strict" { min } else { min.max(self.random.below(2)) };
        for _ in 0..count {
            let namespace = namespace.map_or("urn:other", |list| list.split(' ').next().unwrap());
            self.text.push_str(&format!("<other xmlns=\"{namespace}\"><deep>x</deep></other>"));
        }
    }

    /// How many of something that may occur from `min` to `max` times.
    fn often(&mut self, min: usize, max: usize, depth: usize) -> usize {
        let wanted = depth < DEPTH_MAX
            && self.room > 0
            && self.random.below(10) < 10_usize.saturating_sub(depth).max(3);
        match (wanted, self.random.below(12)) {
            (false, _) => min,
            // Now and then as many as there may be.
            (true, 0) if max <= 10 => max,
            (true, 1 | 2) => max.min(min.max(1) + 1),
            (true, _) => max.min(min.max(1)),
        }
    }
}

fn simple_value(definition: &Definition, kind: &str, random: &mut Random) -> String {
    let mut spare = Kind::Elements(Vec::new());
    match definition.kind(kind, &mut spare) {
        Kind::Simple(values) => value(values, random),
        Kind::Text(base, _) => simple_value(definition, base, random),
        Kind::Elements(_) => String::new(),
    }
}

/// A value that is meant to be one of the type.
pub fn value(values: &Values, random: &mut Random) -> String {
    if !values.enumeration.is_empty() {
        return random.pick(&values.enumeration).clone();
    }
    let mut last = String::new();
    for _ in 0..30 {
        last = candidate(values, random);
        if fits(values, &last) {
            break;
        }
    }
    last
}

fn candidate(values: &Values, random: &mut Random) -> String {
    let from_list = |list: &[&str], random: &mut Random| (*random.pick(list)).to_owned();
    match values.base.as_str() {
        "boolean" => from_list(&["true", "false", "1", "0"], random),
        "date" => from_list(&["2026-11-22", "2026-11-22", "2024-02-29Z", "1999-12-31+01:00"], random),
        "dateTime" => from_list(
            &[
                "2026-11-22T10:11:12",
                "2026-11-22T10:11:12.123Z",
                "2026-11-22T10:11:12Z",
                "2026-11-22T00:00:00+02:00",
                "2026-11-22T10:11:12.123+01:00",
                "2026-11-22",
            ],
            random,
        ),
        "time" => from_list(&["10:11:12", "23:59:59.5", "00:00:00Z"], random),
        "gYear" => from_list(&["2026", "1999Z"], random),
        "gYearMonth" => from_list(&["2026-11", "2026-01Z"], random),
        "base64Binary" => from_list(&["QUJD", "QUJDRA==", "QUJDREU=", "Q", ""], random),
        "decimal" | "integer" => number(values, random),
        _ => match values.patterns.first() {
            Some(patterns) => {
                let pattern: &String = random.pick(patterns);
                strings::matching(pattern, random)
            }
            None => plain(length(values, random), random),
        },
    }
}

fn length(values: &Values, random: &mut Random) -> usize {
    if let Some(exact) = values.number("length") {
        return exact;
    }
    let min = values.number("minLength").unwrap_or(0);
    let max = values.number("maxLength").unwrap_or(min + 40).min(min + 200);
    match random.below(6) {
        0 => min,
        1 => max,
        _ => (min + random.below(max.min(min + 20) - min + 1)).max(1.min(max)),
    }
}

/// Words of letters, digits and now and then something else.
pub fn plain(length: usize, random: &mut Random) -> String {
    let mut text = String::new();
    for at in 0..length {
        let edge = at == 0 || at + 1 == length;
        text.push(match random.below(24) {
            0 if !edge => ' ',
            1 => *random.pick(&['ä', '€', 'Ő', '字', '\'', '/', '-', '&', '<']),
            _ => *random.pick(&['A', 'b', 'C', 'd', '1', '2', '0', 'x']),
        });
    }
    text
}

fn number(values: &Values, random: &mut Random) -> String {
    let digits = values.number("totalDigits").unwrap_or(18).min(18);
    let fraction = values.number("fractionDigits").unwrap_or(if values.base == "integer" { 0 } else { 5 });
    let bounds: Vec<&str> = ["minInclusive", "maxInclusive", "minExclusive", "maxExclusive"]
        .iter()
        .filter_map(|name| values.facet(name))
        .collect();
    let digit = |random: &mut Random| char::from(b'0' + random.below(10) as u8);
    match random.below(6) {
        0 if !bounds.is_empty() => (*random.pick(&bounds)).to_owned(),
        1 => "1".to_owned(),
        2 if fraction > 0 => format!("{}.{}", random.below(1000), "1".repeat(fraction.min(2))),
        3 => (0..digits).map(|_| '9').collect(),
        _ => {
            let whole: String = (0..1 + random.below(digits.saturating_sub(fraction).max(1)))
                .map(|_| digit(random))
                .collect();
            let behind: String = (0..random.below(fraction + 1)).map(|_| digit(random)).collect();
            if behind.is_empty() { whole } else { format!("{whole}.{behind}") }
        }
    }
}

fn fits(values: &Values, value: &str) -> bool {
    let matches =
        |step: &Vec<String>| step.iter().any(|pattern| Pattern::parse(pattern).unwrap().matches(value));
    values.patterns.iter().all(matches)
        && match values.base.as_str() {
            "decimal" | "integer" => number_fits(values, value),
            "base64Binary" => true,
            _ => {
                let length = value.chars().count();
                values.number("minLength").is_none_or(|min| length >= min)
                    && values.number("maxLength").is_none_or(|max| length <= max)
            }
        }
}

fn number_fits(values: &Values, value: &str) -> bool {
    let fraction = value.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let bound = |name: &str| values.facet(name).map(scaled);
    let value = scaled(value);
    values.number("fractionDigits").is_none_or(|max| fraction <= max)
        && values.number("totalDigits").is_none_or(|max| digits <= max)
        && bound("minInclusive").is_none_or(|least| value >= least)
        && bound("minExclusive").is_none_or(|least| value > least)
        && bound("maxInclusive").is_none_or(|most| value <= most)
        && bound("maxExclusive").is_none_or(|most| value < most)
}

/// A number without sign in billionths.
fn scaled(number: &str) -> i128 {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    format!("{whole}{fraction:0<9.9}").parse().unwrap()
}

/// A value on the edge of the type, on either side of it.
pub fn edge(values: &Values, random: &mut Random) -> String {
    let good = value(values, random);
    match random.below(10) {
        0 | 1 => lengthened(values, random),
        2 => damaged(&good, random),
        3 => (*random.pick(&[
            format!(" {good}"),
            format!("{good} "),
            format!("\n{good}\t"),
            format!("{good}  {good}"),
        ]))
        .clone(),
        4 | 5 if matches!(values.base.as_str(), "decimal" | "integer") => number_edge(values, &good, random),
        6 => good.to_lowercase(),
        7 => good.to_uppercase(),
        8 => damaged(&damaged(&good, random), random),
        _ => good,
    }
}

fn lengthened(values: &Values, random: &mut Random) -> String {
    let lengths: Vec<usize> =
        ["minLength", "maxLength", "length"].iter().filter_map(|name| values.number(name)).collect();
    let wanted = if lengths.is_empty() { 1 } else { *random.pick(&lengths) };
    let wanted = (wanted + random.below(3)).saturating_sub(1);
    let good = value(values, random);
    let mut text: String = good.chars().take(wanted).collect();
    let missing = wanted - text.chars().count();
    text.push_str(&plain(missing, random));
    text
}

/// One character changed, lost, doubled or added.
fn damaged(value: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = value.chars().collect();
    let strange =
        ['a', 'Z', '0', '9', ' ', '-', '+', '.', 'ä', '€', '\u{a0}', '\u{ad}', '\n', '?', '字', '_', ':'];
    let at = random.below(characters.len() + 1);
    match random.below(4) {
        0 if at < characters.len() => drop(characters.remove(at)),
        1 if at < characters.len() => characters.insert(at, characters[at]),
        2 if at < characters.len() => characters[at] = *random.pick(&strange),
        _ => characters.insert(at, *random.pick(&strange)),
    }
    characters.into_iter().collect()
}

fn number_edge(values: &Values, good: &str, random: &mut Random) -> String {
    let fraction = values.number("fractionDigits").unwrap_or(2);
    let total = values.number("totalDigits").unwrap_or(18);
    let bounds: Vec<&str> = ["minInclusive", "maxInclusive", "minExclusive", "maxExclusive"]
        .iter()
        .filter_map(|name| values.facet(name))
        .collect();
    match random.below(9) {
        0 => format!("-{good}"),
        1 => format!("+{good}"),
        2 => format!("000{good}"),
        3 => format!("{}.{}", random.below(100), "1".repeat(fraction + random.below(2))),
        4 => "1".repeat(total + random.below(2)),
        5 => format!("{}.{}", random.below(100), "10".repeat(fraction)),
        6 if !bounds.is_empty() => format!("{}1", random.pick(&bounds)),
        7 if !bounds.is_empty() => {
            // The last digit one more or less.
            let mut text = (*random.pick(&bounds)).to_owned();
            let last = text.pop().unwrap_or('0').to_digit(10).unwrap_or(0);
            let other = if random.below(2) == 0 { last.saturating_sub(1) } else { (last + 1).min(9) };
            text.push_str(&other.to_string());
            text
        }
        _ => bounds.first().map_or("0".to_owned(), |bound| (*bound).to_owned()),
    }
}

/// A value as it stands in an element or between double quotes.
pub fn escape(value: &str) -> String {
    let plain = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    plain.replace('\r', "&#13;")
}
