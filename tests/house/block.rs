//! Blocks of a document that are made from the code. With `UPDATE_FIXTURES=1` they are rewritten, else compared.

use std::path::Path;

/// Compares the text between `<!-- NAME: begin -->` and `<!-- NAME: end -->` with what it should be.
pub fn check(document: &Path, name: &str, expected: &str) {
    let text = std::fs::read_to_string(document).expect("the document is there");
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let from = text.find(&begin).map(|at| at + begin.len()).expect("the block begins");
    let to = from + text[from..].find(&end).expect("the block ends");
    if text[from..to] == *expected {
        return;
    }
    if std::env::var_os("UPDATE_FIXTURES").is_some_and(|value| value == "1") {
        let written = format!("{}{expected}{}", &text[..from], &text[to..]);
        std::fs::write(document, written).expect("the document can be written");
        return;
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (shown, wanted) = (lines(&text[from..to]), lines(expected));
    let missing = wanted.iter().filter(|line| !shown.contains(line)).map(|line| format!("+ {line}"));
    let surplus = shown.iter().filter(|line| !wanted.contains(line)).map(|line| format!("- {line}"));
    let difference: Vec<String> = missing.chain(surplus).collect();
    let document = document.display();
    panic!(
        "{document}: the block '{name}' is not what the code says; UPDATE_FIXTURES=1 rewrites it\n{}",
        difference.join("\n")
    );
}
