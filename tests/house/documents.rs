//! The papers of the house against the house: dependencies, error codes, the drawing, licences, scripts, and what must not be committed.

use crate::rules::{IMPORTS, UNUSED_DEPENDENCIES};
use crate::scan::{Source, relative, root, sources, walk};
use crate::{block, codes};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[path = "../../build.rs"]
#[expect(dead_code, clippy::print_stdout, reason = "only the rule is called here; cargo calls the rest")]
mod build_script;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names under every `[…dependencies]` heading of Cargo.toml.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end().ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once('=').filter(|_| inside && !line.starts_with('#')) {
            names.insert(name.trim().to_owned());
        }
    }
    names
}

/// What stands between back quotes in the first column of the tables.
fn first_column(document: &str) -> BTreeSet<String> {
    let quoted =
        |line: &str| line.strip_prefix("| `").and_then(|rest| rest.split('`').next()).map(str::to_owned);
    document.lines().filter_map(quoted).collect()
}

#[test]
fn every_dependency_has_a_reason() {
    let wanted = dependencies(&read("Cargo.toml"));
    assert!(wanted.len() > 20, "the manifest was not understood");
    assert_eq!(
        first_column(&read("docs/dependencies.md")),
        wanted,
        "left: docs/dependencies.md, right: Cargo.toml"
    );
}

#[test]
fn every_dependency_is_used() {
    let manifest = read("Cargo.toml");
    let normal = manifest.split("[dev-dependencies]").next().unwrap_or("");
    let sources = sources("src");
    let used = |name: &String| {
        let path = format!("{}::", name.replace('-', "_"));
        sources.iter().any(|source| !source.find(&path).is_empty())
    };
    let unused: Vec<String> = dependencies(normal).into_iter().filter(|name| !used(name)).collect();
    assert_eq!(unused, UNUSED_DEPENDENCIES, "left: not used in src; right: the list of those borne");
}

#[test]
fn banned_crates_are_not_locked() {
    let rules = read("deny.toml");
    let banned: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next())
        .collect();
    for crate_name in ["openssl-sys", "native-tls", "aws-lc-sys", "rsa"] {
        assert!(banned.contains(&crate_name), "deny.toml lost {crate_name}");
    }
    let lock = read("Cargo.lock");
    assert!(lock.contains("name = \"ring\""), "the lock file was not understood");
    let locked: Vec<&str> =
        banned.into_iter().filter(|name| lock.contains(&format!("name = \"{name}\"\n"))).collect();
    assert!(locked.is_empty(), "banned crates in Cargo.lock: {locked:?}");
}

#[test]
fn the_drawing_shows_the_import_table() {
    let mut table = "| floor | may import (ours) |\n|---|---|\n".to_owned();
    for (floor, allowed) in IMPORTS.iter().filter(|(floor, _)| !matches!(*floor, "main" | "lib")) {
        let allowed = if allowed.is_empty() { "–".to_owned() } else { allowed.join(", ") };
        table.push_str(&format!("| {floor} | {allowed} |\n"));
    }
    block::check(&root().join("docs/architecture.md"), "imports", &table);
}

#[test]
fn every_floor_in_the_table_is_a_folder_and_the_reverse() {
    let lib = read("src/lib.rs");
    let declared: BTreeSet<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let known: BTreeSet<&str> =
        IMPORTS.iter().map(|(floor, _)| *floor).filter(|floor| !matches!(*floor, "main" | "lib")).collect();
    assert_eq!(declared, known);
}

#[test]
fn the_invariants_are_all_told() {
    let text = read("docs/architecture.md");
    let missing: Vec<String> = (1..=17)
        .map(|number| format!("| I{number} |"))
        .filter(|row| text.matches(row.as_str()).count() != 1)
        .collect();
    assert!(missing.is_empty(), "docs/architecture.md needs one row each: {missing:?}");
}

/// Places named in the architecture exist.
#[test]
fn the_architecture_names_real_places() {
    for document in ["docs/architecture.md", "README.md", "docs/dependencies.md"] {
        let text = read(document);
        for path in text.split('`').skip(1).step_by(2).filter(|path| is_place(path)) {
            assert!(root().join(path).exists(), "{document} names {path}, which is not there");
        }
    }
}

fn is_place(text: &str) -> bool {
    ["src/", "tests/", "docs/", "profiles/", "schemas/", "certs/"]
        .iter()
        .any(|folder| text.starts_with(folder))
        && !text.contains(['*', ' ', '<', '{'])
}

#[test]
fn every_code_is_in_the_list_of_errors() {
    let production: Vec<Source> =
        sources("src").iter().filter(|source| !source.is_test()).map(Source::without_tests).collect();
    let codes = codes::collect(&production);
    assert!(codes.contains_key("iban.checksum") && codes.len() > 60, "the codes were not found");
    let mut table = "| code | from | text |\n|---|---|---|\n".to_owned();
    for (code, (module, text)) in &codes {
        table.push_str(&format!("| `{code}` | {module} | {} |\n", text.replace('|', "\\|")));
    }
    block::check(&root().join("docs/errors.md"), "codes", &table);
}

#[test]
fn codes_are_collected_from_each_form() {
    let text = "/// x\n#[derive(Error)]\npub enum AError {\n /// y\n #[error(\"first {0}\")]\n First(u8),\n #[error(\"second | {at}\", at = 1)]\n Second { at: u8 },\n}\nimpl AError {\n pub fn code(&self) -> &'static str {\n match self { AError::First(_) => \"a.first\", AError::Second { .. } => \"a.second\", AError::Pem(e) => e.code() }\n }\n}\npub const CODES: &[(&str, &str)] = &[(\"b.first\", \"the text\")];\nfn c() { D { code: \"d.first\" }; e(\"not.a_code\"); }\n";
    let source = Source::new("src/bank/a.rs", text.to_owned());
    let found: BTreeMap<String, String> =
        codes::collect(&[source]).into_iter().map(|(code, (_, text))| (code, text)).collect();
    let wanted =
        [("a.first", "first {0}"), ("a.second", "second | {at}"), ("b.first", "the text"), ("d.first", "")];
    assert_eq!(found, wanted.map(|(code, text)| (code.to_owned(), text.to_owned())).into());
}

#[test]
fn planted_defects_are_refused_in_releases_only() {
    let planted = Some(std::ffi::OsStr::new("1"));
    assert!(build_script::refusal("release", planted).is_some());
    assert!(build_script::refusal("debug", planted).is_none());
    assert!(build_script::refusal("release", None).is_none());
}

/// Text files that are committed: everything but what git ignores.
fn committed() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in
        ["src", "tests", "docs", "certs", "profiles", "schemas", "fixtures", "benches", "examples", ".ci"]
    {
        walk(&root().join(folder), &mut found);
    }
    let top = std::fs::read_dir(root()).expect("the root is readable").flatten().map(|entry| entry.path());
    found.extend(top.filter(|path| path.is_file() && path.file_name().is_some_and(|name| name != ".git")));
    found
}

#[test]
fn nothing_private_and_no_place_of_one_machine_is_committed() {
    let homes = ["/work/", "/home/", "/root/"]
        .map(|place| [" ", "\"", "`", "'", "("].map(|before| format!("{before}{place}")));
    let begin = ["-----BEGIN", " PRIVATE KEY-----"].concat();
    for path in committed() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let name = relative(&path);
        if name == "tests/house/documents.rs" {
            continue;
        }
        assert!(!text.contains(&begin), "{name}: a private key");
        let found = homes.iter().flatten().find(|place| text.contains(place.as_str()));
        assert!(found.is_none(), "{name}: a place of one machine: {found:?}");
    }
}

#[test]
fn no_plan_or_report_of_progress_lies_in_the_tree() {
    let banned = ["plan", "todo", "notes", "progress", "status", "worklog", "summary", "roadmap"];
    for path in committed().iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"))
    {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        assert!(!banned.contains(&stem.as_str()), "{}", relative(path));
    }
}

#[test]
fn papers_that_must_lie_here_do() {
    for name in [
        "LICENSE",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "CHANGELOG.md",
        "README.md",
        "deny.toml",
        ".gitattributes",
    ] {
        assert!(root().join(name).is_file(), "{name} is missing");
    }
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"));
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
    assert!(read(".ci/run").contains("tests/run"), ".ci/run calls the same command");
}
