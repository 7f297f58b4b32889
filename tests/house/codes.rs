//! Collects the stable error codes from the source: from functions named `code`, from tables of codes, from members named
//! `code`, and, on the floors that read messages, from every literal of that shape.

use crate::scan::{Source, closing, identifier, skip_space};
use std::collections::BTreeMap;

/// A code, the module it comes from, and the text that goes with it, where the source shows one.
pub type Codes = BTreeMap<String, (String, String)>;

/// Every code of these sources.
pub fn collect(sources: &[Source]) -> Codes {
    let mut codes = Codes::new();
    for source in sources {
        let literals = source.literals();
        for function in functions_of_codes(source) {
            of_function(source, &literals, function, &mut codes);
        }
        of_tables(source, &literals, &mut codes);
        of_members(source, &literals, &mut codes);
    }
    codes
}

/// `iban.checksum`: two or more parts of letters and low lines.
fn is_code(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.bytes().all(|octet| octet.is_ascii_alphabetic() || octet == b'_')
    };
    text.split('.').count() >= 2 && text.split('.').all(part)
}

fn module_of(source: &Source) -> String {
    let path = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.replace('/', "::")
}

fn add(codes: &mut Codes, source: &Source, code: &str, text: &str) {
    let entry = codes.entry(code.to_owned()).or_insert_with(|| (module_of(source), String::new()));
    if entry.1.is_empty() {
        text.clone_into(&mut entry.1);
    }
}

/// Name of the type and offsets of the body for each `fn code(…) -> &'static str`.
fn functions_of_codes(source: &Source) -> Vec<(String, usize, usize)> {
    let octets = source.code.as_bytes();
    let mut found = Vec::new();
    for at in source.find("fn code") {
        let Some(open) = source.code[at..].find('{').map(|found| at + found) else { continue };
        if !source.code[at..open].contains("-> &'static str") {
            continue;
        }
        let owner = source.find("impl").into_iter().rfind(|start| *start < at);
        let header = owner.map_or("", |start| source.code[start + 4..].split('{').next().unwrap_or(""));
        let name = header.rsplit(" for ").next().unwrap_or("").trim().split('<').next().unwrap_or("");
        found.extend(closing(octets, open).map(|close| (name.to_owned(), open, close)));
    }
    found
}

fn of_function(
    source: &Source,
    literals: &[(usize, &str)],
    function: (String, usize, usize),
    codes: &mut Codes,
) {
    let (owner, open, close) = function;
    let texts = texts_of(source, literals, &owner);
    for (at, code) in literals.iter().filter(|(at, text)| (open..close).contains(at) && is_code(text)) {
        let arm =
            source.code[open + 1..*at].rsplit([',', '{']).find(|part| part.contains("::")).unwrap_or("");
        let variant = arm.rsplit("::").next().unwrap_or("").trim();
        let variant: String = variant
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect();
        let text = texts.get(&variant).or_else(|| texts.get(&owner)).map_or("", String::as_str);
        add(codes, source, code, text);
    }
}

/// What `#[error("…")]` says of each variant of the type, or of the type itself.
fn texts_of(source: &Source, literals: &[(usize, &str)], owner: &str) -> BTreeMap<String, String> {
    let octets = source.code.as_bytes();
    let mut texts = BTreeMap::new();
    for at in source.find("#[error(") {
        let Some(end) = closing(octets, at + 1) else { continue };
        let pieces: Vec<&str> =
            literals.iter().filter(|(from, _)| (at..end).contains(from)).map(|(_, text)| *text).collect();
        let text = pieces.first().copied().unwrap_or("").trim_end_matches('\\').to_owned();
        let mut next = skip_space(octets, end + 1);
        while octets.get(next) == Some(&b'#') {
            next = skip_space(octets, closing(octets, next + 1).map_or(octets.len(), |close| close + 1));
        }
        let words: Vec<&str> = source.code[next..].split_whitespace().take(3).collect();
        let name = match words[..] {
            ["pub", "struct" | "enum", name] => name,
            ["struct" | "enum", name, _] => name,
            _ => identifier(octets, next).unwrap_or(""),
        };
        let name: String = name.chars().take_while(|letter| letter.is_alphanumeric()).collect();
        let owned = source.find(owner).first().is_some_and(|declared| *declared <= next + 16);
        if owned {
            texts.entry(name).or_insert(text);
        }
    }
    texts
}

/// Tables: `const CODES: &[(&str, &str)]` with the code first and its meaning second.
fn of_tables(source: &Source, literals: &[(usize, &str)], codes: &mut Codes) {
    for at in source.find("const") {
        let name =
            identifier(source.code.as_bytes(), skip_space(source.code.as_bytes(), at + 5)).unwrap_or("");
        if !name.ends_with("CODES") {
            continue;
        }
        let Some(open) = source.code[at..].find('=').map(|found| at + found) else { continue };
        let end = source.code[open..].find(';').map_or(source.code.len(), |found| open + found);
        let row: Vec<&(usize, &str)> =
            literals.iter().filter(|(from, _)| (open..end).contains(from)).collect();
        for (index, (_, code)) in row.iter().enumerate().filter(|(_, (_, text))| is_code(text)) {
            let text = row.get(index + 1).map_or("", |(_, text)| text);
            add(codes, source, code, if is_code(text) { "" } else { text });
        }
    }
}

/// Members `code: "…"`, and any literal of the shape where messages are read.
fn of_members(source: &Source, literals: &[(usize, &str)], codes: &mut Codes) {
    let reads = ["src/schema/", "src/messages/"].iter().any(|floor| source.path.starts_with(floor));
    for (at, text) in literals.iter().filter(|(_, text)| is_code(text)) {
        let before = source.code[..*at].trim_end_matches([' ', '"']);
        if reads || before.ends_with(" code:") {
            add(codes, source, text, "");
        }
    }
}
