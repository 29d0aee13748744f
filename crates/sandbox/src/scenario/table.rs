//! Reads a table of a scenario file key by key. Every error has its place in the file, and an unknown key is an error.

use super::{FOREVER, ParseError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;
use strum::VariantNames;
use toml_edit::{Array, Document, Item, TableLike, Value};

/// The text of a file, and the errors found so far.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: &'a str,
    /// The byte where it is, and the message.
    errors: RefCell<Vec<(usize, String)>>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            errors: RefCell::default(),
        }
    }

    /// The document; `None`, and an error is noted, if the text is not TOML.
    pub fn document(&self) -> Option<Document<&'a str>> {
        match Document::parse(self.text) {
            Ok(document) => Some(document),
            Err(error) => {
                let message = error.message().trim_end().replace('\n', ", ");
                self.error(error.span(), format!("{message}."));
                None
            }
        }
    }

    pub fn error(&self, span: Option<Range<usize>>, message: impl Into<String>) {
        let byte = span.map_or(0, |span| span.start);
        self.errors.borrow_mut().push((byte, message.into()));
    }

    /// The errors, in the order of the text.
    pub fn into_errors(self) -> Vec<ParseError> {
        let mut all = self.errors.into_inner();
        all.sort_by_key(|(byte, _)| *byte);
        let placed = all.into_iter().map(|(byte, message)| {
            let before = self.text.get(..byte).unwrap_or(self.text);
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            ParseError {
                line: before.matches('\n').count() + 1,
                column: before[start..].chars().count() + 1,
                message,
            }
        });
        placed.collect()
    }
}

/// Reads one table.
pub(super) struct TableReader<'a> {
    source: &'a Source<'a>,
    table: &'a dyn TableLike,
    /// Where the table itself is, for what is missing in it.
    span: Option<Range<usize>>,
    known_keys: RefCell<Vec<&'static str>>,
}

impl<'a> TableReader<'a> {
    pub fn new(source: &'a Source<'a>, table: &'a dyn TableLike, span: Option<Range<usize>>) -> Self {
        Self {
            source,
            table,
            span,
            known_keys: RefCell::default(),
        }
    }

    fn get(&self, key: &'static str) -> Option<&'a Item> {
        self.known_keys.borrow_mut().push(key);
        self.table.get(key)
    }

    /// Whether the key is there. This alone does not make it a known key.
    pub fn contains(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes an error at a key, or at the table if the key is not there.
    pub fn error_at(&self, key: &str, message: impl Into<String>) {
        let at = self.table.get_key_value(key);
        let span = at.and_then(|(key, item)| item.span().or(key.span()));
        self.source.error(span.or(self.span.clone()), message);
    }

    /// Reads a value, or notes the error that it must be something else.
    fn read<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'a Item) -> Option<T>,
    ) -> Option<T> {
        let item = self.get(key)?;
        let value = read(item);
        if value.is_none() {
            self.error_at(key, format!("{key} must be {expected}."));
        }
        value
    }

    pub fn string(&self, key: &'static str) -> Option<String> {
        self.read(key, "a string", |item| item.as_str().map(str::to_owned))
    }

    pub fn boolean(&self, key: &'static str) -> bool {
        self.read(key, "true or false", Item::as_bool).unwrap_or_default()
    }

    /// A whole number that is at least `least`.
    pub fn integer(&self, key: &'static str, least: u64) -> Option<u64> {
        self.read(key, &format!("a whole number, at least {least}"), |item| {
            item.as_integer()
                .and_then(|number| u64::try_from(number).ok())
                .filter(|number| *number >= least)
        })
    }

    /// A number from 0 to 1.
    pub fn fraction(&self, key: &'static str) -> Option<f64> {
        self.read(key, "a number from 0 to 1", |item| {
            let whole = item
                .as_integer()
                .and_then(|n| i32::try_from(n).ok())
                .map(f64::from);
            item.as_float().or(whole).filter(|n| (0.0..=1.0).contains(n))
        })
    }

    /// `"500ms"`, `"2s"`, `"1.5m"`, `"1h"`, `"forever"`.
    pub fn duration(&self, key: &'static str) -> Option<Duration> {
        self.read(
            key,
            "a duration such as \"500ms\", \"2s\", \"3m\" or \"forever\"",
            |item| item.as_str().and_then(parse_duration),
        )
    }

    /// One of the names of an enum.
    pub fn choice<T: FromStr + VariantNames>(&self, key: &'static str) -> Option<T> {
        let (last, rest) = T::VARIANTS.split_last()?;
        let expected = format!("{} or {last}", rest.join(", "));
        self.read(key, &expected, |item| item.as_str()?.parse().ok())
    }

    /// A string or a list of strings.
    pub fn strings(&self, key: &'static str) -> Vec<String> {
        self.read(key, "a string or a list of strings", |item| {
            let one = item.as_str().map(|word| vec![word.to_owned()]);
            let all = |list: &Array| -> Option<Vec<String>> {
                list.iter().map(|word| word.as_str().map(str::to_owned)).collect()
            };
            one.or_else(|| item.as_array().and_then(all))
        })
        .unwrap_or_default()
    }

    /// A table of strings, numbers and booleans, as text.
    pub fn string_map(&self, key: &'static str) -> BTreeMap<String, String> {
        self.read(key, "a table such as { data_source = \"ticket\" }", |item| {
            let pairs = item.as_table_like()?.iter();
            pairs
                .map(|(name, item)| Some((name.to_owned(), scalar(item.as_value()?)?)))
                .collect()
        })
        .unwrap_or_default()
    }

    /// A table inside this one.
    pub fn table(&self, key: &'static str) -> Option<TableReader<'a>> {
        let item = self.get(key)?;
        let Some(table) = item.as_table_like() else {
            self.error_at(key, format!("{key} must be a table."));
            return None;
        };
        Some(TableReader::new(self.source, table, item.span()))
    }

    /// The tables of `[[key]]`.
    pub fn tables(&self, key: &'static str) -> Vec<TableReader<'a>> {
        let Some(item) = self.get(key) else {
            return Vec::new();
        };
        let Some(tables) = item.as_array_of_tables() else {
            self.error_at(key, format!("Write it as [[{key}]]."));
            return Vec::new();
        };
        tables
            .iter()
            .map(|table| TableReader::new(self.source, table, table.span()))
            .collect()
    }

    /// Notes an error for each key that was not read.
    pub fn reject_unknown_keys(self) {
        let known_keys = self.known_keys.into_inner();
        for (name, _) in self.table.iter() {
            if !known_keys.contains(&name) {
                let key = self.table.get_key_value(name).and_then(|(key, _)| key.span());
                let known = known_keys.join(", ");
                let message = format!("The key '{name}' is unknown. Known are {known}.");
                self.source.error(key, message);
            }
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        Value::Boolean(flag) => Some(flag.value().to_string()),
        _ => None,
    }
}

/// Reads a duration as scenario files write it.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    if text == "forever" {
        return Some(FOREVER);
    }
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let seconds = number.trim().parse::<f64>().ok()? * scale;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .map(|duration| duration.min(FOREVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, wanted) in [
            ("500ms", Some(Duration::from_millis(500))),
            ("2s", Some(Duration::from_secs(2))),
            ("1.5m", Some(Duration::from_secs(90))),
            ("1 h", Some(Duration::from_secs(3600))),
            ("forever", Some(FOREVER)),
            ("2", None),
            ("s", None),
            ("-1s", None),
            ("infs", None),
            ("1d", None),
        ] {
            assert_eq!(parse_duration(text), wanted, "{text}");
        }
    }
}
