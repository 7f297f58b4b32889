//! A draft as the JSON instruction that says the same: how rows of a file reach the API.
//! Never a check; what JSON cannot say at all is refused here, with the code that the check would give.

use super::draft::{Draft, Kind, MEMBERS};
use super::finding::{Finding, Severity};
use serde_json::{Map, Value};

/// The instruction. Refused are texts that no member may have, and flags that are neither true nor false.
pub fn json(draft: &Draft) -> Result<Value, Vec<Finding>> {
    let mut findings: Vec<Finding> =
        draft.findings.iter().filter(|finding| finding.severity == Severity::Error).cloned().collect();
    let mut root = Value::Object(Map::new());
    for (name, text) in draft.members() {
        let kind = MEMBERS.iter().find(|member| member.name == name).map_or(Kind::Text, |member| member.kind);
        let value = match (kind, text) {
            (Kind::Text, _) => Value::String(text.to_owned()),
            (Kind::Flag, "true") => Value::Bool(true),
            (Kind::Flag, "false") => Value::Bool(false),
            (Kind::Flag, _) => {
                findings.push(Finding::error(draft.origin, name, "flag.unknown", "neither true nor false"));
                continue;
            }
        };
        place(&mut root, name, value);
    }
    if findings.is_empty() { Ok(root) } else { Err(findings) }
}

/// Puts a value at a path with dots; numbers are places of a list. The paths are those of [`MEMBERS`].
fn place(root: &mut Value, path: &str, value: Value) {
    let mut at = root;
    for part in path.split('.') {
        at = match part.parse::<usize>() {
            Ok(index) => item(at, index),
            Err(_) => member(at, part),
        };
    }
    match (at, value) {
        // A member that is both a text and a branch (`purpose`, `purpose.proprietary`) cannot say both in JSON: joined,
        // the two are refused by the check as the two columns are.
        (Value::String(first), Value::String(second)) => {
            first.push(' ');
            first.push_str(&second);
        }
        (at, value) => *at = value,
    }
}

fn item(at: &mut Value, index: usize) -> &mut Value {
    if !at.is_array() {
        *at = Value::Array(Vec::new());
    }
    let Value::Array(items) = at else { return at };
    // A place without a text stays null, which the reader takes for an absent entry.
    while items.len() <= index {
        items.push(Value::Null);
    }
    items.get_mut(index).expect("the list was just filled up to this place")
}

fn member<'v>(at: &'v mut Value, name: &str) -> &'v mut Value {
    if at.is_string() {
        return at;
    }
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    let Value::Object(members) = at else { return at };
    members.entry(name).or_insert(Value::Null)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::json;
    use crate::engine::intake::csv::{Reader as Rows, Separator};
    use crate::engine::intake::draft::Draft;
    use crate::engine::intake::payouts::Reader;

    const HEADER: &str = "external_id,debtor.account_ref,amount.value,amount.currency,creditor.name,\
                          creditor_account.iban,rail_preference.1,creditor.identifiers.1.scheme,purpose,\
                          purpose.proprietary,batch_booking";

    fn row(cells: &str) -> Draft {
        let text = format!("{HEADER}\na,b,1.00,EUR,\"N, \"\"x\"\"\",DE89,{cells}\n");
        Rows::new(text.as_bytes(), Separator::Comma).unwrap().next().unwrap().unwrap()
    }

    fn texts(draft: &Draft) -> Vec<(String, String)> {
        draft.members().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn the_json_reader_takes_from_it_what_the_row_said() {
        let draft = row("sepa_sct,LEI,ROYA,,true");
        let text = json(&draft).unwrap().to_string();
        let mut reader = Reader::new(text.as_bytes());
        let read = reader.next().unwrap().unwrap();
        assert!(read.findings.is_empty(), "{:?}", read.findings);
        assert_eq!(texts(&read), texts(&draft));
        assert!(reader.next().is_none());
    }

    #[test]
    fn what_json_cannot_say_is_refused_or_still_refusable() {
        let findings = json(&row("sepa_sct,LEI,ROYA,,yes")).unwrap_err();
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["flag.unknown"]);
        let both = json(&row("sepa_sct,LEI,ROYA,own,true")).unwrap();
        assert_eq!(both["purpose"], "ROYA own");
    }
}
