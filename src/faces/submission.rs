//! A row of a file as the JSON instruction that the API takes, so that the server's check is the one
//! that counts. Never checks anything itself.

use crate::engine::intake::draft::{Draft, Kind, MEMBERS};
use serde_json::{Map, Value};

/// The instruction of a draft: members with dots become objects, numbers become list places.
pub fn instruction(draft: &Draft) -> Value {
    let mut root = Value::Object(Map::new());
    for (name, text) in draft.members() {
        let kind = MEMBERS.iter().find(|member| member.name == name).map_or(Kind::Text, |member| member.kind);
        let value = match (kind, text) {
            (Kind::Flag, "true") => Value::Bool(true),
            (Kind::Flag, "false") => Value::Bool(false),
            _ => Value::String(text.to_owned()),
        };
        let parts: Vec<&str> = name.split('.').collect();
        place(&mut root, &parts, value);
    }
    root
}

fn place(node: &mut Value, parts: &[&str], value: Value) {
    let Some((first, rest)) = parts.split_first() else {
        *node = value;
        return;
    };
    if let Ok(index) = first.parse::<usize>() {
        if !node.is_array() {
            *node = Value::Array(Vec::new());
        }
        let Value::Array(items) = node else { return };
        // Members are listed in order, so that a list grows by one place at a time.
        while items.len() <= index {
            items.push(Value::Null);
        }
        if let Some(item) = items.get_mut(index) {
            place(item, rest, value);
        }
        return;
    }
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    let Value::Object(members) = node else { return };
    place(members.entry((*first).to_owned()).or_insert(Value::Null), rest, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dotted_members_become_objects_and_lists() {
        let mut root = json!({});
        for (name, value) in [("a.b", "1"), ("a.c.0", "2"), ("a.c.1", "3"), ("d", "4"), ("e.0.x", "5")] {
            place(&mut root, &name.split('.').collect::<Vec<_>>(), json!(value));
        }
        assert_eq!(root, json!({ "a": { "b": "1", "c": ["2", "3"] }, "d": "4", "e": [{ "x": "5" }] }));
    }
}
