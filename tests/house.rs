//! The rules of the house as tests: imports point down, files and functions stay small, and some words stand nowhere.
//! The tables are in `house/rules.rs`, the reading of Rust text is in `house/scan.rs`; `house/documents.rs` compares the papers with the code.

#[path = "house/block.rs"]
mod block;
#[path = "house/codes.rs"]
mod codes;
#[path = "house/documents.rs"]
mod documents;
#[path = "house/matrix.rs"]
mod matrix;
#[path = "house/rules.rs"]
mod rules;
#[path = "house/scan.rs"]
mod scan;

use rules::{
    BANKS, BORNE, FILE_LINES_MAX, FUNCTION_LINES_MAX, IMPORTS, NAMELESS, PARAMETERS_MAX, REMARKS, STRANGERS,
    WORDS, WORDS_OF_TESTS, Word,
};
use scan::{Source, identifier, skip_space, sources};
use std::collections::BTreeMap;

/// One violation. The measure is a size, or 1 where violations are counted.
struct Finding {
    place: String,
    measure: usize,
    text: String,
}

impl Finding {
    fn counted(source: &Source, line: usize, why: &str) -> Finding {
        let text = format!("{}:{line}: {why}: {}", source.path, source.line_text(line));
        Finding { place: source.path.clone(), measure: 1, text }
    }
}

/// Fails unless the findings are exactly those that are borne.
fn judge(rule: &str, findings: Vec<Finding>) {
    let complaints = complaints(rule, findings, BORNE);
    assert!(complaints.is_empty(), "{rule}:\n{}", complaints.join("\n"));
}

fn complaints(rule: &str, findings: Vec<Finding>, borne: &[(&str, &str, usize)]) -> Vec<String> {
    let mut measured: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for finding in findings {
        let entry = measured.entry(finding.place).or_default();
        entry.0 += finding.measure;
        entry.1.push(finding.text);
    }
    let mut complaints = Vec::new();
    for (_, place, allowed) in borne.iter().filter(|(of, ..)| *of == rule) {
        let (now, texts) = measured.remove(*place).unwrap_or_default();
        match now.cmp(allowed) {
            std::cmp::Ordering::Less if now == 0 => {
                complaints.push(format!("{place}: mended; take it off the list"))
            }
            std::cmp::Ordering::Less => {
                complaints.push(format!("{place}: now {now}, lower the list from {allowed}"))
            }
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => complaints.extend(texts),
        }
    }
    complaints.extend(measured.into_values().flat_map(|(_, texts)| texts));
    complaints
}

/// Source files without their test modules; whole test files are left out.
fn production() -> Vec<Source> {
    sources("src").iter().filter(|source| !source.is_test()).map(Source::without_tests).collect()
}

/// Test files, and the test modules of source files.
fn everything() -> Vec<Source> {
    ["src", "tests", "benches", "examples"].iter().flat_map(|folder| sources(folder)).collect()
}

fn floor_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

fn forbidden_imports(source: &Source) -> Vec<Finding> {
    let floor = floor_of(&source.path);
    let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == floor) else {
        return vec![Finding::counted(source, 1, "this floor is not in the import table")];
    };
    let upwards = |target: &str| target != floor && !allowed.contains(&target);
    source
        .imports()
        .iter()
        .filter(|import| IMPORTS.iter().any(|(name, _)| *name == import.floor))
        .filter_map(|import| {
            let why = if upwards(&import.floor) {
                format!("{floor} must not import {}", import.floor)
            } else if import.floor == "faces" && import.room == "cli" && floor == "faces" && !in_cli(source) {
                "a face must not reach into the command line".to_owned()
            } else {
                return None;
            };
            Some(Finding::counted(source, import.line, &why))
        })
        .collect()
}

fn in_cli(source: &Source) -> bool {
    source.path.starts_with("src/faces/cli")
}

#[test]
fn imports_point_down() {
    let sources = sources("src");
    assert!(sources.len() > 50, "the scanner lost the sources");
    judge("imports", sources.iter().flat_map(forbidden_imports).collect());
}

#[test]
fn floors_do_not_know_strangers() {
    let mut findings = Vec::new();
    for source in production().iter().filter(|source| !source.path.starts_with("src/engine/runtime")) {
        for (_, strangers) in STRANGERS.iter().filter(|(floor, _)| source.path.starts_with(floor)) {
            for stranger in *strangers {
                for at in source.find(&format!("{stranger}::")) {
                    findings.push(Finding::counted(source, source.line(at), "a stranger on this floor"));
                }
            }
        }
    }
    judge("strangers", findings);
}

#[test]
fn files_are_small() {
    let findings = everything().into_iter().filter(|source| source.lines() > FILE_LINES_MAX).map(|source| {
        let text = format!("{}: {} lines, the limit is {FILE_LINES_MAX}", source.path, source.lines());
        Finding { place: source.path.clone(), measure: source.lines(), text }
    });
    judge("file lines", findings.collect());
}

#[test]
fn functions_are_small() {
    let mut findings = Vec::new();
    for source in everything() {
        for function in source.functions().iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
            let place = format!("{}::{}", source.path, function.name);
            let text = format!("{place}: {} lines, the limit is {FUNCTION_LINES_MAX}", function.lines);
            findings.push(Finding { place, measure: function.lines, text });
        }
    }
    judge("function lines", findings);
}

#[test]
fn functions_take_few_parameters_and_no_switches() {
    let mut many = Vec::new();
    let mut switches = Vec::new();
    for source in production() {
        for function in source.functions() {
            let place = format!("{}::{}", source.path, function.name);
            let is_self =
                |parameter: &&String| parameter.split(':').next().is_some_and(|name| name.ends_with("self"));
            let count = function.parameters.iter().filter(|parameter| !is_self(parameter)).count();
            if count > PARAMETERS_MAX {
                let text = format!("{place}: {count} parameters; more than {PARAMETERS_MAX} are a struct");
                many.push(Finding { place: place.clone(), measure: count, text });
            }
            // A value that is written down is no switch.
            let is_switch = |parameter: &&String| {
                let (name, kind) = parameter.split_once(':').unwrap_or(("", ""));
                kind.trim() == "bool" && !matches!(name.trim(), "value" | "flag")
            };
            for parameter in function.parameters.iter().filter(is_switch) {
                let text = format!("{place}: `{parameter}`: two functions, or an enum");
                switches.push(Finding { place: place.clone(), measure: 1, text });
            }
        }
    }
    judge("parameters", many);
    judge("boolean parameters", switches);
}

fn misplaced_words(source: &Source, words: &[Word]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for word in words.iter().filter(|word| !word.at_home.iter().any(|home| source.path.starts_with(home))) {
        for at in source.find(word.word) {
            findings.push(Finding::counted(source, source.line(at), word.why));
        }
    }
    findings
}

#[test]
fn some_words_stand_nowhere() {
    let in_source = production().iter().flat_map(|source| misplaced_words(source, WORDS)).collect();
    judge("words", in_source);
    let in_tests = everything()
        .iter()
        .filter(|source| source.is_test())
        .flat_map(|source| misplaced_words(source, WORDS_OF_TESTS))
        .collect();
    judge("words of tests", in_tests);
}

/// The library is not compiled a second time for tests of its own: one that stands there would never run.
#[test]
fn tests_stand_in_their_own_folder() {
    let inside = |source: &Source| {
        let found = source.find("cfg").into_iter().chain(source.find("test"));
        let lines: Vec<usize> = found
            .map(|at| source.line(at))
            .filter(|line| {
                let text: String = source.line_text(*line).split_whitespace().collect();
                text.contains("cfg(test)") || text.ends_with("#[test]") || text.ends_with("::test]")
            })
            .collect();
        lines.into_iter().map(|line| Finding::counted(source, line, "it would never run")).collect::<Vec<_>>()
    };
    judge("unit tests", sources("src").iter().flat_map(inside).collect());
}

/// The order of a hash table differs from run to run, and so would everything decided in it.
fn walks_over_hash_tables(source: &Source) -> Vec<Finding> {
    let octets = source.code.as_bytes();
    let mut names = Vec::new();
    for table in ["HashMap", "HashSet"] {
        for at in source.find(table) {
            let start = source.code[..at].rfind([';', '{', '}', ',', '(', ')']).map_or(0, |found| found + 1);
            let declared =
                source.code[start..at].trim_start().trim_start_matches("pub ").trim_start_matches("let ");
            let declared = declared.trim_start_matches("static ").trim_start_matches("mut ");
            let name = identifier(declared.as_bytes(), 0).unwrap_or("");
            let next = skip_space(declared.as_bytes(), name.len());
            if !name.is_empty() && matches!(declared.as_bytes().get(next), Some(b':' | b'=')) {
                names.push(name.to_owned());
            }
        }
    }
    let walks =
        [".iter()", ".iter_mut()", ".into_iter()", ".keys()", ".values()", ".values_mut()", ".drain("];
    let mut findings = Vec::new();
    for name in names {
        // Where another value has the field's name, only the field itself is meant.
        let rebound = source.find(&format!("let {name} =")).into_iter().any(|at| {
            let statement = source.code[at..].split(';').next().unwrap_or("");
            !statement.contains("HashMap") && !statement.contains("HashSet")
        });
        for at in source.find(&name).into_iter().filter(|at| !rebound || source.code[..*at].ends_with('.')) {
            let after = skip_space(octets, at + name.len());
            let before = source.code[..at].trim_end().trim_end_matches("self.").trim_end_matches(['&', ' ']);
            let looped = before.trim_end_matches("mut").trim_end_matches(['&', ' ']).ends_with(" in")
                && octets.get(after) == Some(&b'{');
            if looped || walks.iter().any(|walk| source.code[after..].starts_with(walk)) {
                findings.push(Finding::counted(
                    source,
                    source.line(at),
                    "the order of a hash table is no order",
                ));
            }
        }
    }
    findings
}

#[test]
fn no_rule_walks_over_a_hash_table() {
    let floors = ["domain", "schema", "messages", "bank", "engine", "store", "sandbox"];
    let findings = production()
        .iter()
        .filter(|source| {
            floors.contains(&floor_of(&source.path)) && !source.path.starts_with("src/engine/runtime")
        })
        .flat_map(walks_over_hash_tables)
        .collect();
    judge("hash table order", findings);
}

#[test]
fn every_file_says_what_lives_in_it() {
    let findings = everything()
        .iter()
        .filter_map(|source| {
            let first = source.text.lines().next().unwrap_or("");
            let empty_room = first.contains("(room of") && source.lines() > 1;
            (!first.starts_with("//! ") || empty_room)
                .then(|| Finding::counted(source, 1, "the first line says what lives here, with //!"))
        })
        .collect();
    judge("first line", findings);
}

fn nameless(source: &Source) -> Vec<Finding> {
    let parts: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
    let stem = parts.last().copied().unwrap_or("");
    let version = stem.rsplit_once('_').is_some_and(|(_, last)| {
        let digits = last.strip_prefix('v').unwrap_or(last);
        matches!(last, "new" | "old" | "copy" | "final")
            || (last.starts_with('v')
                && !digits.is_empty()
                && digits.bytes().all(|octet| octet.is_ascii_digit()))
            || (last.len() <= 2 && last.bytes().all(|octet| octet.is_ascii_digit()))
    });
    let mut findings = Vec::new();
    if version || parts.iter().any(|part| NAMELESS.contains(part)) {
        findings.push(Finding::counted(source, 1, "not a name a payments clerk would use"));
    }
    for at in source.find("mod") {
        let name =
            identifier(source.code.as_bytes(), skip_space(source.code.as_bytes(), at + 3)).unwrap_or("");
        if NAMELESS.contains(&name) {
            findings.push(Finding::counted(source, source.line(at), "not a name a payments clerk would use"));
        }
    }
    for function in source.functions().iter().filter(|function| function.name.starts_with("get_")) {
        findings.push(Finding::counted(source, function.line, "no get_"));
    }
    findings
}

#[test]
fn things_have_names() {
    judge("names", sources("src").iter().flat_map(nameless).collect());
}

#[test]
fn no_bank_is_named_in_code() {
    let mut findings = Vec::new();
    for source in sources("src") {
        for (index, line) in source.text.lines().enumerate() {
            let line = line.to_lowercase();
            if BANKS.iter().any(|bank| line.contains(bank)) {
                findings.push(Finding::counted(&source, index + 1, "banks are data"));
            }
        }
    }
    judge("banks", findings);
}

/// `pain.001.001.09` and its like, whole.
fn is_message_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let [kind, message, variant, version] = parts[..] else { return false };
    let digits =
        |part: &str, count: usize| part.len() == count && part.bytes().all(|octet| octet.is_ascii_digit());
    matches!(kind, "pain" | "pacs" | "camt" | "head")
        && digits(message, 3)
        && digits(variant, 3)
        && digits(version, 2)
}

#[test]
fn versions_of_messages_are_data() {
    let mut findings = Vec::new();
    for source in production().iter().filter(|source| {
        matches!(floor_of(&source.path), "domain" | "signing" | "store" | "net" | "bank" | "engine")
    }) {
        for (at, text) in source.literals() {
            if is_message_version(text) {
                let line = source.line(at);
                findings.push(Finding::counted(
                    source,
                    line,
                    "a version of a message outside messages and schema",
                ));
            }
        }
    }
    judge("message versions", findings);
}

#[test]
fn no_remark_of_unfinished_work() {
    let mut findings = Vec::new();
    for source in everything().iter().filter(|source| !source.path.starts_with("tests/house")) {
        for (index, line) in source.comments.lines().enumerate() {
            if REMARKS.iter().any(|remark| line.contains(remark)) {
                findings.push(Finding::counted(source, index + 1, "a remark of unfinished work"));
            }
        }
    }
    judge("remarks", findings);
}

/// Things that may stand where a sentence beside them says why.
fn unexplained(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for opening in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
        for at in source.find(opening) {
            let end = source.code[at..].find(']').map_or(source.code.len(), |found| at + found);
            let line = source.line(at);
            if !source.code[at..end].contains("reason") && !source.is_explained(line) {
                findings.push(Finding::counted(source, line, "a lint is switched off without a sentence"));
            }
        }
    }
    if source.is_test() {
        return findings;
    }
    for waste in ["let _ =", ".ok();"] {
        for at in source.find(waste) {
            let line = source.line(at);
            if is_thrown_away(source, at) && !source.is_explained(line) {
                findings.push(Finding::counted(source, line, "a result is thrown away without a sentence"));
            }
        }
    }
    findings
}

/// `let token = text.parse().ok();` keeps what it found; `text.parse().ok();` does not.
fn is_thrown_away(source: &Source, at: usize) -> bool {
    let statement = source.code[..at].rfind([';', '{', '}']).map_or(0, |end| end + 1);
    let before = &source.code[statement..at];
    !before.contains('=') && !before.contains("return")
}

#[test]
fn what_is_switched_off_or_thrown_away_has_a_sentence() {
    let findings =
        everything().iter().map(Source::without_tests).flat_map(|source| unexplained(&source)).collect();
    judge("unexplained", findings);
}

#[test]
fn traits_have_two_implementors() {
    let sources = production();
    let mut findings = Vec::new();
    for source in &sources {
        for at in source.find("trait") {
            let name =
                identifier(source.code.as_bytes(), skip_space(source.code.as_bytes(), at + 5)).unwrap_or("");
            let implementors = sources.iter().map(|other| implementors(other, name)).sum::<usize>();
            if !name.is_empty() && implementors < 2 {
                findings.push(Finding::counted(source, source.line(at), "a trait needs two implementors"));
            }
        }
    }
    judge("traits", findings);
}

fn implementors(source: &Source, name: &str) -> usize {
    let header = |at: &usize| {
        source.code[*at..].split('{').next().unwrap_or("").split(" for ").next().unwrap_or("").to_owned()
    };
    source
        .find("impl")
        .iter()
        .map(header)
        .filter(|header| header.ends_with(name) || header.contains(&format!("{name}<")))
        .count()
}

#[cfg(test)]
mod scanner {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path, text.to_owned())
    }

    #[test]
    fn strings_and_comments_are_no_code() {
        let text = "let a = \"unsafe // no\"; /* f64 /* f64 */ f64 */ let b = 'x'; // f32\nlet c: &'static str = r#\"f64 \"quoted\" f64\"#; let d = b\"f64\"; let e = '\\''; let f = '\"'; let g = 1;";
        let source = source("src/domain/a.rs", text);
        assert!(misplaced_words(&source, WORDS).is_empty(), "{}", source.code);
        assert!(source.code.contains("let g = 1;"), "{}", source.code);
        assert!(source.code.contains("&'static str"));
        let literals: Vec<&str> = source.literals().into_iter().map(|(_, text)| text).collect();
        assert_eq!(literals, ["unsafe // no", "f64 \"quoted\" f64", "f64"]);
    }

    #[test]
    fn banned_words_are_found_outside_tests_only() {
        let text = "//! x\nfn a() { b.unwrap(); }\n#[cfg(test)]\nmod tests {\n fn c() { \"}\"; d.unwrap(); }\n}\nfn e(x: f64) {}\n";
        let source = source("src/domain/a.rs", text).without_tests();
        let found: Vec<String> =
            misplaced_words(&source, WORDS).into_iter().map(|finding| finding.text).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|text| text.starts_with("src/domain/a.rs:2:")), "{found:?}");
        assert!(found.iter().any(|text| text.starts_with("src/domain/a.rs:7:")), "{found:?}");
    }

    #[test]
    fn a_word_is_at_home_where_the_table_says() {
        let text = "fn a() { let now = Utc::now(); let then = my_f64; }";
        assert_eq!(misplaced_words(&source("src/engine/decide.rs", text), WORDS).len(), 1);
        assert_eq!(misplaced_words(&source("src/engine/runtime/turn.rs", text), WORDS).len(), 0);
    }

    #[test]
    fn imports_are_read_in_every_form() {
        let text = "use crate::{domain::amount::Amount, store::{self, view}};\nfn a() { crate::engine::run(); super::super::bank::b(); super::c(); }\nmod inner { use super::super::super::faces::d; }\n// crate::net\n";
        let source = source("src/messages/pain_001.rs", text);
        let floors: Vec<String> = source.imports().into_iter().map(|import| import.floor).collect();
        assert_eq!(floors, ["domain", "store", "engine", "bank", "faces"]);
        assert_eq!(forbidden_imports(&source).len(), 4);
    }

    #[test]
    fn relatives_inside_the_floor_are_free() {
        let text = "use super::row::PayoutRow; use super::super::fact::Fact;";
        assert!(source("src/domain/account/iban.rs", text).imports().is_empty());
        assert_eq!(source("src/domain/account.rs", text).imports().len(), 1);
    }

    #[test]
    fn a_face_does_not_reach_into_the_command_line() {
        let text = "use crate::faces::cli::Output;";
        assert_eq!(forbidden_imports(&source("src/faces/api/mod.rs", text)).len(), 1);
        assert_eq!(forbidden_imports(&source("src/faces/cli/sign.rs", text)).len(), 0);
    }

    #[test]
    fn functions_are_measured() {
        let text = "impl<F: Fn(u8) -> u8> A<F> {\n fn a<T: Into<Vec<u8>>>(&mut self, b: (u8, u8), c: Vec<(u8, u8)>) -> [u8; 2]\n where T: Clone {\n  let f = |x: bool| { x };\n }\n fn b();\n}\ntype C = fn(u8) -> u8;\n";
        let functions = source("src/a.rs", text).functions();
        assert_eq!(functions.len(), 1);
        assert_eq!((functions[0].name.as_str(), functions[0].line, functions[0].lines), ("a", 2, 4));
        assert_eq!(functions[0].parameters, ["&mut self", "b: (u8, u8)", "c: Vec<(u8, u8)>"]);
    }

    #[test]
    fn hash_tables_may_be_asked_but_not_walked() {
        let asked = "static T: LazyLock<HashMap<u8, u8>> = x; struct A { ids: HashMap<u8, u8>, } fn a(&self) { self.ids.get(1); T.get(2); }";
        assert!(walks_over_hash_tables(&source("src/domain/a.rs", asked)).is_empty());
        let other =
            "struct A { ids: HashMap<u8, Vec<u8>> } fn a(&self) { let ids = self.ids.get(&1); ids.iter(); }";
        assert!(walks_over_hash_tables(&source("src/domain/a.rs", other)).is_empty());
        let field = "struct A { ids: HashMap<u8, Vec<u8>> } fn a(&self) { let ids = 1; self.ids.values(); }";
        assert_eq!(walks_over_hash_tables(&source("src/domain/a.rs", field)).len(), 1);
        let walked = "struct A { ids: std::collections::HashMap<u8, u8> } fn a(&self) { let mut s = HashSet::new(); for b in &s { } self.ids.values().sum(); }";
        assert_eq!(walks_over_hash_tables(&source("src/domain/a.rs", walked)).len(), 2);
    }

    #[test]
    fn names_of_files_are_judged() {
        for bad in [
            "src/domain/utils.rs",
            "src/store/view_v2.rs",
            "src/messages/pain_09.rs",
            "src/net/client_new.rs",
        ] {
            assert_eq!(nameless(&source(bad, "//! x")).len(), 1, "{bad}");
        }
        for good in ["src/messages/pain_001.rs", "src/messages/camt_055.rs", "src/store/view.rs"] {
            assert!(nameless(&source(good, "//! x")).is_empty(), "{good}");
        }
        assert!(is_message_version("pain.001.001.09"));
        assert!(!is_message_version("pain.001"));
    }

    #[test]
    fn switched_off_lints_need_a_sentence() {
        let bare = "fn a() {\n let x = 1;\n let _ = b();\n}\n#[allow(dead_code)]\nfn c() {}\n";
        assert_eq!(unexplained(&source("src/a.rs", bare)).len(), 2);
        let kept = "fn a() {\n\n let token = b().ok();\n self.c = d().ok();\n}\n";
        assert!(unexplained(&source("src/a.rs", kept)).is_empty());
        assert_eq!(unexplained(&source("src/a.rs", "fn a() {\n\n b().ok();\n}\n")).len(), 1);
        let told = "fn a() {\n // The receiver may be gone.\n let _ = b();\n}\n#[allow(dead_code, reason = \"x\")]\nfn c() {}\n";
        assert!(unexplained(&source("src/a.rs", told)).is_empty());
    }

    #[test]
    fn implementors_are_counted() {
        let text = "trait A { }\nimpl A for B { }\nimpl<T> crate::x::A for C<T> { }\nimpl D { }\n";
        assert_eq!(implementors(&source("src/a.rs", text), "A"), 2);
    }

    #[test]
    fn the_list_of_what_is_borne_only_shrinks() {
        let finding =
            |measure| vec![Finding { place: "a".to_owned(), measure, text: "a: too long".to_owned() }];
        let borne = &[("r", "a", 700)];
        assert!(complaints("r", finding(700), borne).is_empty());
        assert_eq!(complaints("r", finding(701), borne), ["a: too long"]);
        assert_eq!(complaints("r", finding(650), borne), ["a: now 650, lower the list from 700"]);
        assert_eq!(complaints("r", Vec::new(), borne), ["a: mended; take it off the list"]);
        assert_eq!(complaints("s", finding(700), borne), ["a: too long"]);
    }
}
