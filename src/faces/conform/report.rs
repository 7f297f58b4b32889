//! The reports of a conformance run: JUnit XML for machines, one self-contained page for people.
//! Everything that came from outside is escaped; the page loads nothing.

use super::row::Row;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;

/// Escapes text for XML and HTML, in elements and in quoted attributes; control characters that XML cannot carry become `?`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() && !matches!(letter, '\n' | '\t') => out.push('?'),
            letter => out.push(letter),
        }
    }
    out
}

/// Milliseconds as seconds with three decimals.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// Text that XML can carry: other control characters become `?`.
fn carried(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() && !matches!(letter, '\n' | '\t') { '?' } else { letter })
        .collect()
}

/// JUnit XML.
pub fn junit(bank: &str, rows: &[Row]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    // Writing into memory does not fail; a report that lacks its end would be seen by whoever reads it.
    drop(write_junit(&mut writer, bank, rows));
    String::from_utf8(writer.into_inner()).unwrap_or_default()
}

fn write_junit(writer: &mut Writer<Vec<u8>>, bank: &str, rows: &[Row]) -> io::Result<()> {
    let failed = rows.iter().filter(|row| !row.has_passed()).count().to_string();
    let time = seconds(rows.iter().map(|row| row.took_ms).max().unwrap_or(0));
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.write_event(Event::Start(BytesStart::new("testsuites")))?;
    let suite = BytesStart::new("testsuite").with_attributes([
        ("name", format!("conformance of {bank}").as_str()),
        ("tests", rows.len().to_string().as_str()),
        ("failures", failed.as_str()),
        ("errors", "0"),
        ("time", time.as_str()),
    ]);
    writer.write_event(Event::Start(suite))?;
    for row in rows {
        write_case(writer, bank, row)?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    writer.write_event(Event::End(BytesEnd::new("testsuites")))
}

fn write_case(writer: &mut Writer<Vec<u8>>, bank: &str, row: &Row) -> io::Result<()> {
    let (name, time) = (format!("{} {}", row.code, row.name), seconds(row.took_ms));
    let case = BytesStart::new("testcase").with_attributes([
        ("classname", bank),
        ("name", name.as_str()),
        ("time", time.as_str()),
    ]);
    writer.write_event(Event::Start(case))?;
    if !row.has_passed() {
        let failure = carried(&row.failure());
        let element = BytesStart::new("failure").with_attributes([("message", failure.as_str())]);
        writer.write_event(Event::Start(element))?;
        writer.write_event(Event::Text(BytesText::new(&failure)))?;
        writer.write_event(Event::End(BytesEnd::new("failure")))?;
    }
    writer.create_element("system-out").write_text_content(BytesText::new(&carried(&row.seen.join("\n"))))?;
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

/// One page.
pub fn page(bank: &str, made_at: &str, rows: &[Row]) -> String {
    let passed = rows.iter().filter(|row| row.has_passed()).count();
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Conformance of {bank}</title>\n<style>\n\
         body{{font-family:sans-serif;margin:2em}}table{{border-collapse:collapse}}td,th{{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}}\n\
         .pass{{background:#dfd}}.fail{{background:#fdd}}ol{{margin:0;padding-left:1.4em}}\n\
         </style>\n</head>\n<body>\n<h1>Conformance of {bank}</h1>\n<p>{made_at}: {passed} of {count} rows pass.</p>\n\
         <table>\n<tr><th>Row</th><th>What</th><th>Verdict</th><th>Expected</th><th>Seen</th><th>State</th><th>Remarks</th></tr>\n",
        bank = escaped(bank),
        made_at = escaped(made_at),
        count = rows.len(),
    );
    for row in rows {
        let verdict = if row.has_passed() { "pass" } else { "fail" };
        let state = match row.state == row.expected_state {
            true => row.state.clone(),
            false => format!("{} instead of {}", row.state, row.expected_state),
        };
        let remarks = [row.remark.as_str(), &row.unexpected.join(", ")].join(" ");
        text += &format!(
            "<tr class=\"{verdict}\"><td>{}</td><td>{}</td><td>{verdict}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escaped(&row.code),
            escaped(&row.name),
            list(&row.expected),
            list(&row.seen),
            escaped(&state),
            escaped(remarks.trim()),
        );
    }
    text + "</table>\n</body>\n</html>\n"
}

fn list(words: &[String]) -> String {
    let items: String = words.iter().map(|word| format!("<li>{}</li>", escaped(word))).collect();
    format!("<ol>{items}</ol>")
}
