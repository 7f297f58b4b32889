//! Cases made of seeds: octets put in, taken out, doubled, swapped; in documents whole tokens and elements. What is done is
//! read from a stream of numbers, be it seeded or a fuzzer's own input. Never looks at what a door says.

/// What breaks readers: ends, entities, prefixes, numbers at their limits, foreign encodings.
const WORDS: &[&[u8]] = &[
    b"<",
    b">",
    b"</",
    b"/>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a [",
    b"<?xml",
    b"<?a b?>",
    b"<!-- a -->",
    b"<![CDATA[a]]>",
    b"<a/>",
    b"&#0;",
    b"&#x10FFFF;",
    b"&lt;",
    b"&#10;",
    b"&x;",
    b" xmlns=\"\"",
    b" xmlns:a=\"a\"",
    b"a:",
    b" xsi:nil=\"1\"",
    b" xsi:type=\"a\"",
    b" Ccy=\"EUR\"",
    b"\"",
    b"'",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b";",
    b"=",
    b"\r",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xc3",
    b"\x80",
    b"\xed\xa0\x80",
    b"\xef\xbf\xbe",
    b"\xc2\x85",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x8e\x89",
    b"-1",
    b"0",
    b"+1",
    b".",
    b"1.",
    b"9223372036854775808",
    b"1e999999",
    b"0.000000000000000000001",
    b"99999999999999999999999999999",
    b"12020-01-01",
    b"0000-01-01",
    b"2026-02-30",
    b"24:00:00",
    b"+14:01",
    b"Z",
    b"true",
    b"null",
    b"DE89370400440532013000",
];

/// A stream of numbers: made from a seed, or told by somebody else.
pub enum Numbers<'a> {
    /// SplitMix64. Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014.
    Seeded(u64),
    /// Two octets each; zeros behind the end.
    Told(&'a [u8]),
}

impl Numbers<'_> {
    fn next(&mut self) -> u64 {
        match self {
            Numbers::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut mixed = *state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
            Numbers::Told(octets) => {
                let (two, rest) = octets.split_at_checked(2).unwrap_or((&[0, 0], &[]));
                *octets = rest;
                u64::from(two[0]) << 8 | u64::from(two[1])
            }
        }
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// A seed, changed in one to four places.
pub fn case(seeds: &[Vec<u8>], numbers: &mut Numbers<'_>) -> Vec<u8> {
    let mut case = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..1 + numbers.below(4) {
        if case.contains(&b'<') && numbers.below(2) == 0 {
            change_tokens(&mut case, numbers);
        } else {
            change_octets(&mut case, numbers, seeds);
        }
    }
    case
}

fn change_octets(case: &mut Vec<u8>, numbers: &mut Numbers<'_>, others: &[Vec<u8>]) {
    let at = numbers.below(case.len() + 1);
    let end = (at + numbers.below(40)).min(case.len());
    match numbers.below(7) {
        0 => drop(case.drain(at..end)),
        1 => case.truncate(at),
        2 => {
            let again = case[at..end].to_vec();
            drop(case.splice(at..at, again));
        }
        3 => {
            if let Some(octet) = case.get_mut(at) {
                *octet ^= 1 << numbers.below(8);
            }
        }
        4 => {
            let other = &others[numbers.below(others.len())];
            let from = numbers.below(other.len() + 1);
            let to = (from + numbers.below(400)).min(other.len());
            drop(case.splice(at..end, other[from..to].to_vec()));
        }
        5 => {
            let longer = case[at..end].repeat(1 + numbers.below(60));
            drop(case.splice(at..end, longer));
        }
        _ => drop(case.splice(at..end, WORDS[numbers.below(WORDS.len())].to_vec())),
    }
}

/// Tags, and what stands between them.
fn tokens(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = vec![Vec::new()];
    for octet in octets {
        let ended = tokens.last().is_some_and(|last| last.ends_with(b">"));
        match tokens.last_mut() {
            Some(last) if !last.is_empty() && *octet != b'<' && !ended => last.push(*octet),
            _ => tokens.push(vec![*octet]),
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// Where the element that begins at a token ends, that token included; the token alone where none begins.
fn element(tokens: &[Vec<u8>], from: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(from) {
        if token.starts_with(b"</") {
            depth = depth.saturating_sub(1);
        } else if token.starts_with(b"<") && !token.ends_with(b"/>") && !token.starts_with(b"<!") {
            depth += usize::from(!token.starts_with(b"<?"));
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

fn change_tokens(case: &mut Vec<u8>, numbers: &mut Numbers<'_>) {
    let mut tokens = tokens(case);
    let at = numbers.below(tokens.len());
    let end = element(&tokens, at);
    let other = numbers.below(tokens.len());
    match numbers.below(8) {
        0 => drop(tokens.drain(at..end)),
        1 => {
            let again = tokens[at..end].to_vec();
            drop(tokens.splice(at..at, again));
        }
        2 => {
            // An element moves to another place.
            let moved: Vec<Vec<u8>> = tokens.drain(at..end).collect();
            let to = other.min(tokens.len());
            drop(tokens.splice(to..to, moved));
        }
        3 => tokens.swap(at, other),
        4 => drop(tokens.remove(at)),
        5 => tokens.insert(at, WORDS[numbers.below(WORDS.len())].to_vec()),
        6 => tokens[at] = WORDS[numbers.below(WORDS.len())].to_vec(),
        _ => {
            let copied = tokens[other].clone();
            tokens[at] = copied;
        }
    }
    *case = tokens.concat();
}
