//! Patterns of XML Schema: what they match, against another engine where both write them alike, and what is no pattern.

use girogate::schema::pattern::Pattern;
use regex_automata::meta::Regex;

/// Shapes of the official definitions and some that tempt the short cut to go wrong.
const SOURCES: &[&str] = &[
    "[A-Z]{3,3}",
    "[A-Z0-9]{4,4}[A-Z]{2,2}[A-Z0-9]{2,2}([A-Z0-9]{3,3}){0,1}",
    "\\+[0-9]{1,3}-[0-9()+\\-]{1,30}",
    "[\\+]{0,1}[0-9]{1,15}",
    "[A-Z0-9]{18}[0-9]{2}[A-Z0-9]{0,32}",
    "[A-B]{0,2}[B-C]{1,2}",
    "[A-B]{1,2}[C]{0,1}[B]{1,1}",
    "[A-B]{1,2}C([B-C]{1,2}){0,1}",
    "[A-B]{1,2}([B-C]{1,2}){0,1}",
    "A([BC]{1,2}){0,1}",
    "[0-9a-fA-F]+",
    "[BEOVW]{1,1}[0-9]{2,2}|DUM",
    "(AB){0,1}",
    "(A|B){0,1}",
    "([0-9A-F][0-9A-F]){2}",
    "[A-C-]{2}",
    "[^A]{2}",
    "A.C",
    "A{0,2}",
];

/// Rows of classes are matched without the engine; both must agree on every text over a small alphabet.
#[test]
fn rows_of_classes_match_what_the_engine_matches() {
    let alphabet = ['A', 'B', 'C', '7', '+', '-', '^', 'é'];
    for source in SOURCES {
        let pattern = Pattern::parse(source).unwrap();
        let engine = Regex::new(&format!("^(?:{source})$")).unwrap();
        for number in 0..8_usize.pow(5) * 6 {
            let length = number % 6;
            let mut digits = number / 6;
            let mut value = String::new();
            for _ in 0..length {
                value.push(alphabet[digits % 8]);
                digits /= 8;
            }
            assert_eq!(pattern.matches(&value), engine.is_match(&value), "{source} on {value}");
        }
    }
}

#[test]
fn anchors_are_ordinary_characters() {
    assert!(Pattern::parse("^A$").unwrap().matches("^A$"));
    assert!(!Pattern::parse("^A$").unwrap().matches("A"));
}

fn matches(source: &str, value: &str) -> bool {
    Pattern::parse(source).unwrap().matches(value)
}

#[test]
fn classes_are_subtracted_from_each_other() {
    let vowels = "[a-z-[aeiou]]+";
    assert!(matches(vowels, "bcd") && !matches(vowels, "bad"));
    let nested = "[a-z-[a-m-[c]]]";
    assert!(matches(nested, "c") && matches(nested, "z") && !matches(nested, "a"));
    let negated = "[^a-c-[x]]";
    assert!(matches(negated, "d") && !matches(negated, "x") && !matches(negated, "a"));
    let blocks = r"[\p{IsBasicLatin}\p{IsLatin-1Supplement}€-[\p{C}]]+";
    assert!(matches(blocks, "Zürich €") && !matches(blocks, "a\u{ad}b") && !matches(blocks, "Ő"));
}

#[test]
fn escapes_stand_for_classes() {
    assert!(matches(r"\S+.*", "a b") && !matches(r"\S+.*", " ab") && !matches(r"\S+.*", "a\nb"));
    assert!(matches(r"[^-][\S]*", "a-b") && !matches(r"[^-][\S]*", "-a") && !matches(r"[^-][\S]*", "a b"));
    assert!(matches(r"\d\d", "1٣") && !matches(r"\d", "x") && matches(r"\D", "x"));
    assert!(matches(r"\w+", "aé1") && !matches(r"\w", "-") && matches(r"\W", " "));
    assert!(matches(r"\i\c*", "_a-1") && !matches(r"\i\c*", "-a") && matches(r"\I\C", "- "));
    assert!(matches(r"\p{Zs}", "\u{a0}") && matches(r"\P{Lu}", "a") && !matches(r"\p{Lu}", "a"));
    assert!(matches(r"([+|\?|/|\-|:|\(|\)|\.|,|'|\s]){1,3}", "?|\t"));
    assert!(matches("[a-]", "-") && matches("[-a]", "-") && matches("[+--]", ",") && matches("[a^]", "^"));
}

#[test]
fn what_is_no_pattern_is_refused() {
    let sources = [
        "[a",
        "a]",
        "a**",
        "(?i)a",
        "a{2,1}",
        "\\",
        "[]",
        "[^]",
        "a{",
        "a{x}",
        "a}",
        "*a",
        "(+)",
        "|?",
        "[z-a]",
        "[a-z-0]",
        "[a-[b]c]",
        "[-[a]]",
        "[a-\\d]",
        "\\b",
        "\\x41",
        "\\p{Greek}",
        "\\p{IsKlingon}",
        "\\pL",
        "(a",
        "a)",
        "a{,2}",
        "[[:alpha:]]",
        "\\1",
    ];
    for source in sources {
        assert!(Pattern::parse(source).is_err(), "{source}");
    }
}
