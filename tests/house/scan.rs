//! Reads Rust text as far as the house rules need it: what is code, what is a string, what is a comment, where functions
//! begin and end, which paths are imported. Understands no types and never will.

use std::path::{Path, PathBuf};

/// A source file in three views of equal length, so that an offset means the same place in each.
pub struct Source {
    /// Path from the root of the package, with `/`.
    pub path: String,
    /// As it is on disk.
    pub text: String,
    /// Strings, characters and comments blanked.
    pub code: String,
    /// Only what stands inside string literals.
    pub strings: String,
    /// Only comments.
    pub comments: String,
}

/// A function with a body.
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
    pub parameters: Vec<String>,
}

/// A path that begins at the root of the crate.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    pub line: usize,
    /// First segment: the floor.
    pub floor: String,
    /// Second segment, or empty.
    pub room: String,
}

/// The root of the package.
pub fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// Every `.rs` file below the folder, sorted by path.
pub fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    paths
        .iter()
        .map(|path| Source::new(&relative(path), std::fs::read_to_string(path).expect("readable source")))
        .collect()
}

/// Every file below the folder.
pub fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The path from the root of the package.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

impl Source {
    pub fn new(path: &str, text: String) -> Source {
        let views = Views::of(&text);
        Source {
            path: path.to_owned(),
            code: views.code,
            strings: views.strings,
            comments: views.comments,
            text,
        }
    }

    /// The same with everything under `#[cfg(test)]` blanked, in all views.
    pub fn without_tests(&self) -> Source {
        let regions = test_regions(&self.code);
        let blank = |view: &str| {
            let mut octets = view.as_bytes().to_vec();
            for (from, to) in &regions {
                octets[*from..*to]
                    .iter_mut()
                    .filter(|octet| **octet != b'\n')
                    .for_each(|octet| *octet = b' ');
            }
            String::from_utf8(octets).expect("regions begin and end at ASCII characters")
        };
        Source {
            path: self.path.clone(),
            text: blank(&self.text),
            code: blank(&self.code),
            strings: blank(&self.strings),
            comments: blank(&self.comments),
        }
    }

    /// Whether the whole file is a test.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// Line of an offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes()[..offset].iter().filter(|octet| **octet == b'\n').count()
    }

    /// The text of a line, from 1.
    pub fn line_text(&self, line: usize) -> &str {
        self.text.lines().nth(line - 1).unwrap_or("").trim()
    }

    /// Whether a comment stands on that line or on the one before.
    pub fn is_explained(&self, line: usize) -> bool {
        self.comments
            .lines()
            .skip(line.saturating_sub(2))
            .take(if line > 1 { 2 } else { 1 })
            .any(|text| !text.trim().is_empty())
    }

    /// Lines of the file.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// The contents of every string literal: offset and text.
    pub fn literals(&self) -> Vec<(usize, &str)> {
        let octets = self.strings.as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        while at < octets.len() {
            if octets[at].is_ascii_whitespace() {
                at += 1;
                continue;
            }
            let from = at;
            while at < octets.len() && self.text.as_bytes()[at] == octets[at] && octets[at] != b'\n' {
                at += 1;
            }
            found.push((from, self.strings[from..at].trim_end()));
        }
        found
    }

    /// Where a word stands in the code; ends that are identifiers must be whole.
    pub fn find(&self, word: &str) -> Vec<usize> {
        occurrences(&self.code, word)
    }

    /// The functions that have a body.
    pub fn functions(&self) -> Vec<Function> {
        self.find("fn").into_iter().filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let octets = self.code.as_bytes();
        let mut cursor = skip_space(octets, at + 2);
        let name = identifier(octets, cursor)?;
        cursor = skip_space(octets, cursor + name.len());
        if octets.get(cursor) == Some(&b'<') {
            cursor = skip_space(octets, closing(octets, cursor)? + 1);
        }
        if octets.get(cursor) != Some(&b'(') {
            return None;
        }
        let end = closing(octets, cursor)?;
        let parameters = split(&self.code[cursor + 1..end]);
        let open = body(octets, end + 1)?;
        let close = closing(octets, open)?;
        let line = self.line(at);
        Some(Function { name: name.to_owned(), line, lines: self.line(close) - line + 1, parameters })
    }

    /// The paths that begin at the root of the crate, also those written with `super`.
    pub fn imports(&self) -> Vec<Import> {
        let mut found = Vec::new();
        for start in ["crate::", "girogate::"] {
            for at in occurrences(&self.code, start) {
                self.import_tree(at + start.len(), &mut found);
            }
        }
        for at in occurrences(&self.code, "super::") {
            if self.code[..at].ends_with("super::") {
                continue;
            }
            let mut cursor = at;
            let mut climbed = 0;
            while self.code[cursor..].starts_with("super::") {
                climbed += 1;
                cursor += "super::".len();
            }
            if climbed >= self.depth() + self.inline_modules(at) {
                self.import_tree(cursor, &mut found);
            }
        }
        found
    }

    fn import_tree(&self, at: usize, found: &mut Vec<Import>) {
        let octets = self.code.as_bytes();
        let at = skip_space(octets, at);
        if octets.get(at) == Some(&b'{') {
            let Some(end) = closing(octets, at) else { return };
            let mut from = at + 1;
            for part in split(&self.code[at + 1..end]) {
                let inner = from + self.code[from..end].find(part.as_str()).unwrap_or(0);
                self.import_tree(inner, found);
                from = inner + part.len();
            }
            return;
        }
        let Some(floor) = identifier(octets, at) else { return };
        let next = at + floor.len();
        let room = match self.code[next..].starts_with("::") {
            true => identifier(octets, next + 2).unwrap_or(""),
            false => "",
        };
        found.push(Import { line: self.line(at), floor: floor.to_owned(), room: room.to_owned() });
    }

    /// How many modules deep the file is: 1 for `src/domain/mod.rs`.
    fn depth(&self) -> usize {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).count()
    }

    fn inline_modules(&self, offset: usize) -> usize {
        let octets = self.code.as_bytes();
        self.find("mod")
            .into_iter()
            .filter(|at| *at < offset)
            .filter_map(|at| {
                let name = skip_space(octets, at + 3);
                let open = skip_space(octets, name + identifier(octets, name)?.len());
                (octets.get(open) == Some(&b'{')).then(|| closing(octets, open)).flatten()
            })
            .filter(|close| *close > offset)
            .count()
    }
}

struct Views {
    code: String,
    strings: String,
    comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Text,
    Comment,
    Neither,
}

impl Views {
    fn of(text: &str) -> Views {
        let octets = text.as_bytes();
        let mut kinds = vec![Kind::Code; octets.len()];
        let mut at = 0;
        while at < octets.len() {
            let (kind, quote, end) = token(octets, at);
            kinds[at..end].fill(kind);
            if kind == Kind::Text {
                kinds[at..at + quote.0].fill(Kind::Neither);
                kinds[end - quote.1..end].fill(Kind::Neither);
            }
            at = end;
        }
        let view = |wanted: Kind| {
            let kept = octets
                .iter()
                .zip(&kinds)
                .map(|(octet, kind)| if *kind == wanted || *octet == b'\n' { *octet } else { b' ' });
            String::from_utf8(kept.collect()).expect("a token holds whole characters")
        };
        Views { code: view(Kind::Code), strings: view(Kind::Text), comments: view(Kind::Comment) }
    }
}

/// Kind of the token at `at`, the lengths of its quotes, and where it ends.
fn token(octets: &[u8], at: usize) -> (Kind, (usize, usize), usize) {
    let rest = &octets[at..];
    let after_identifier = at > 0 && is_identifier(octets[at - 1]);
    match rest {
        [b'/', b'/', ..] => {
            let end = rest.iter().position(|octet| *octet == b'\n').unwrap_or(rest.len());
            (Kind::Comment, (0, 0), at + end)
        }
        [b'/', b'*', ..] => (Kind::Comment, (0, 0), at + block_comment(rest)),
        [b'"', ..] => (Kind::Text, (1, 1), at + quoted(rest)),
        [b'r' | b'b' | b'c', ..] if !after_identifier => match raw_string(rest) {
            Some((open, close, length)) => (Kind::Text, (open, close), at + length),
            None => (Kind::Code, (0, 0), at + 1),
        },
        [b'\'', ..] => match character(rest) {
            Some(length) => (Kind::Neither, (0, 0), at + length),
            None => (Kind::Code, (0, 0), at + 1),
        },
        _ => (Kind::Code, (0, 0), at + 1),
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Lengths of the opening quote, the closing quote and the whole of `r"…"`, `br#"…"#` and relatives.
fn raw_string(rest: &[u8]) -> Option<(usize, usize, usize)> {
    let prefix = rest.iter().take_while(|octet| matches!(octet, b'r' | b'b' | b'c')).count();
    if prefix > 2 || !rest[..prefix].contains(&b'r') {
        return None;
    }
    let hashes = rest[prefix..].iter().take_while(|octet| **octet == b'#').count();
    if rest.get(prefix + hashes) != Some(&b'"') {
        return None;
    }
    let open = prefix + hashes + 1;
    let closes = |at: usize| {
        rest[at] == b'"' && rest[at + 1..].iter().take(hashes).filter(|o| **o == b'#').count() == hashes
    };
    let close = (open..rest.len()).find(|at| closes(*at))?;
    Some((open, 1 + hashes, close + 1 + hashes))
}

/// Length of a character literal, or `None` for a lifetime.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return rest.iter().skip(3).position(|octet| *octet == b'\'').map(|found| found + 4);
    }
    let width = match *rest.get(1)? {
        first if first < 0x80 => 1,
        first if first < 0xE0 => 2,
        first if first < 0xF0 => 3,
        _ => 4,
    };
    (rest.get(1 + width) == Some(&b'\'')).then_some(2 + width)
}

/// From each `#[cfg(test)]` to the end of the item below it.
fn test_regions(code: &str) -> Vec<(usize, usize)> {
    let octets = code.as_bytes();
    let mut regions = Vec::new();
    for (from, marker) in code.match_indices("#[cfg(test)]") {
        let mut at = from + marker.len();
        let end = loop {
            match octets.get(at) {
                None => break octets.len(),
                Some(b';') => break at + 1,
                Some(b'{') => break closing(octets, at).map_or(octets.len(), |close| close + 1),
                Some(b'(' | b'[') => at = closing(octets, at).map_or(octets.len(), |close| close + 1),
                Some(_) => at += 1,
            }
        };
        regions.push((from, end));
    }
    regions
}

/// Where the bracket opened at `at` closes. Angle brackets are only counted where one is opened here.
pub fn closing(octets: &[u8], at: usize) -> Option<usize> {
    let angle = octets[at] == b'<';
    let mut depth = 0usize;
    for (offset, octet) in octets[at..].iter().enumerate() {
        let arrow = *octet == b'>' && matches!(octets.get((at + offset).wrapping_sub(1)), Some(b'-' | b'='));
        match octet {
            b'(' | b'[' | b'{' => depth += 1,
            b'<' if angle => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b'>' if angle && !arrow => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at + offset);
        }
    }
    None
}

/// Where the body of a function opens, looking from behind its parameters; `None` where it has none.
fn body(octets: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match octets.get(at)? {
            b'{' => return Some(at),
            b';' => return None,
            b'(' | b'[' => at = closing(octets, at)? + 1,
            _ => at += 1,
        }
    }
}

/// The parts between the commas of the outermost level, trimmed, empty ones left out.
pub fn split(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0i32;
    let mut before = ' ';
    for character in list.chars() {
        match character {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if before != '-' && before != '=' => depth -= 1,
            _ => {}
        }
        before = character;
        match (character, depth) {
            (',', 0) => parts.push(String::new()),
            _ => parts.last_mut().expect("never empty").push(character),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn occurrences(view: &str, word: &str) -> Vec<usize> {
    let octets = view.as_bytes();
    let first = word.as_bytes().first().is_some_and(|octet| is_identifier(*octet));
    let last = word.as_bytes().last().is_some_and(|octet| is_identifier(*octet));
    view.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !first || *at == 0 || !is_identifier(octets[at - 1]))
        .filter(|at| !last || octets.get(at + word.len()).is_none_or(|octet| !is_identifier(*octet)))
        .collect()
}

pub fn is_identifier(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'_' || octet >= 0x80
}

pub fn identifier(octets: &[u8], at: usize) -> Option<&str> {
    let rest = octets.get(at..)?;
    let length = rest.iter().take_while(|octet| is_identifier(**octet)).count();
    std::str::from_utf8(&rest[..length]).ok().filter(|name| !name.is_empty())
}

pub fn skip_space(octets: &[u8], mut at: usize) -> usize {
    while octets.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}
