//! Where each key of the configuration file stands, by its path like `bank[0].keys.tls`. Knows nothing of what the keys mean.

use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Places of all keys; lines and columns from 1, columns in characters.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<String, (usize, usize)>);

impl Places {
    /// Of a text; of none of its keys if it is no TOML.
    pub fn of(text: &str) -> Places {
        let mut places = Places::default();
        if let Ok(table) = DeTable::parse(text) {
            places.walk_table(text, "", table.get_ref());
        }
        places
    }

    /// Line and column of a key, or of the nearest thing around it that is there.
    pub fn find(&self, path: &str) -> (usize, usize) {
        let mut around = path;
        loop {
            if let Some(place) = self.0.get(around) {
                return *place;
            }
            match around.rfind(['.', '[']) {
                Some(cut) => around = around.get(..cut).unwrap_or(""),
                None => return (1, 1),
            }
        }
    }

    fn walk_table(&mut self, text: &str, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref();
            let inner = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            let at = match value.get_ref() {
                DeValue::Table(_) | DeValue::Array(_) => key.span().start,
                _ => value.span().start,
            };
            self.0.insert(inner.clone(), line_and_column(text, at));
            self.walk_value(text, &inner, value);
        }
    }

    // The TOML reader bounds the depth, so this recursion is bounded too.
    fn walk_value(&mut self, text: &str, path: &str, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.walk_table(text, path, table),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let inner = format!("{path}[{index}]");
                    self.0.insert(inner.clone(), line_and_column(text, item.span().start));
                    self.walk_value(text, &inner, item);
                }
            }
            _ => {}
        }
    }
}

/// Line and column of an offset.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count()) + 1;
    (before.matches('\n').count() + 1, column)
}
