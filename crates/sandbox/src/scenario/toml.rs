//! A table of a scenario file, read key by key: each with its place, what nobody asked for refused.

use super::{FOREVER, Mistake};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use toml_edit::{Document, Item, TableLike, Value};

/// The text, and what is wrong with it so far.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    text: &'a str,
    mistakes: RefCell<Vec<(usize, String)>>,
}

impl<'a> Sheet<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            mistakes: RefCell::default(),
        }
    }

    /// The document, or the one mistake of a text that is no TOML.
    pub fn parse(&self) -> Option<Document<&'a str>> {
        match Document::parse(self.text) {
            Ok(document) => Some(document),
            Err(error) => {
                let message = error.message().trim_end().replace('\n', ", ");
                self.mistake(error.span(), format!("{message}."));
                None
            }
        }
    }

    pub fn mistake(&self, span: Option<Range<usize>>, message: impl Into<String>) {
        let byte = span.map_or(0, |span| span.start);
        self.mistakes.borrow_mut().push((byte, message.into()));
    }

    /// What is wrong, in the order of the text.
    pub fn mistakes(self) -> Vec<Mistake> {
        let mut all = self.mistakes.into_inner();
        all.sort_by_key(|(byte, _)| *byte);
        let placed = all.into_iter().map(|(byte, message)| {
            let before = self.text.get(..byte).unwrap_or(self.text);
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            Mistake {
                line: before.matches('\n').count() + 1,
                column: before[start..].chars().count() + 1,
                message,
            }
        });
        placed.collect()
    }
}

/// A table under reading.
pub(super) struct Section<'a> {
    sheet: &'a Sheet<'a>,
    table: &'a dyn TableLike,
    /// Where the table itself is, for what is missing.
    place: Option<Range<usize>>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub fn new(sheet: &'a Sheet<'a>, table: &'a dyn TableLike, place: Option<Range<usize>>) -> Self {
        Self {
            sheet,
            table,
            place,
            asked: RefCell::default(),
        }
    }

    fn get(&self, key: &'static str) -> Option<&'a Item> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    /// Whether the key is there; asking does not count as reading.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A mistake at a key, or at the table when the key is not there.
    pub fn wrong(&self, key: &str, message: impl Into<String>) {
        let at = self.table.get_key_value(key);
        let span = at.and_then(|(key, item)| item.span().or(key.span()));
        self.sheet.mistake(span.or(self.place.clone()), message);
    }

    fn read<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&'a Item) -> Option<T>,
    ) -> Option<T> {
        let item = self.get(key)?;
        let value = read(item);
        if value.is_none() {
            self.wrong(key, format!("{key} is {wanted}."));
        }
        value
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        self.read(key, "a text", |item| item.as_str().map(str::to_owned))
    }

    pub fn flag(&self, key: &'static str) -> bool {
        self.read(key, "true or false", Item::as_bool).unwrap_or_default()
    }

    /// A whole number from `least` on.
    pub fn count(&self, key: &'static str, least: u64) -> Option<u64> {
        self.read(key, &format!("a whole number from {least} on"), |item| {
            item.as_integer()
                .and_then(|number| u64::try_from(number).ok())
                .filter(|number| *number >= least)
        })
    }

    /// A number from 0 to 1.
    pub fn share(&self, key: &'static str) -> Option<f64> {
        self.read(key, "a number from 0 to 1", |item| {
            let whole = item
                .as_integer()
                .and_then(|n| i32::try_from(n).ok())
                .map(f64::from);
            item.as_float().or(whole).filter(|n| (0.0..=1.0).contains(n))
        })
    }

    /// `"500ms"`, `"2s"`, `"1.5m"`, `"1h"`, `"forever"`.
    pub fn span(&self, key: &'static str) -> Option<Duration> {
        self.read(
            key,
            "a span such as \"500ms\", \"2s\", \"3m\" or \"forever\"",
            |item| item.as_str().and_then(span),
        )
    }

    /// A text or a list of texts.
    pub fn words(&self, key: &'static str) -> Vec<String> {
        self.read(key, "a text or a list of texts", |item| {
            let one = item.as_str().map(|word| vec![word.to_owned()]);
            let all = |list: &toml_edit::Array| -> Option<Vec<String>> {
                list.iter().map(|word| word.as_str().map(str::to_owned)).collect()
            };
            one.or_else(|| item.as_array().and_then(all))
        })
        .unwrap_or_default()
    }

    /// A table of texts, numbers and booleans, as text.
    pub fn map(&self, key: &'static str) -> BTreeMap<String, String> {
        self.read(key, "a table such as { data_source = \"ticket\" }", |item| {
            let pairs = item.as_table_like()?.iter();
            pairs
                .map(|(name, item)| Some((name.to_owned(), scalar(item.as_value()?)?)))
                .collect()
        })
        .unwrap_or_default()
    }

    /// A table inside this one.
    pub fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let item = self.get(key)?;
        let Some(table) = item.as_table_like() else {
            self.wrong(key, format!("{key} is a table."));
            return None;
        };
        Some(Section::new(self.sheet, table, item.span()))
    }

    /// The tables of `[[key]]`.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(item) = self.get(key) else {
            return Vec::new();
        };
        let Some(tables) = item.as_array_of_tables() else {
            self.wrong(key, format!("Write it as [[{key}]]."));
            return Vec::new();
        };
        tables
            .iter()
            .map(|table| Section::new(self.sheet, table, table.span()))
            .collect()
    }

    /// Refuses what nobody has asked for.
    pub fn finish(self) {
        let asked = self.asked.into_inner();
        for (name, _) in self.table.iter() {
            if !asked.contains(&name) {
                let key = self.table.get_key_value(name).and_then(|(key, _)| key.span());
                let known = asked.join(", ");
                self.sheet
                    .mistake(key, format!("There is no '{name}' here; there are {known}."));
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

/// Reads a span as scenario files write it.
pub fn span(text: &str) -> Option<Duration> {
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
        .map(|span| span.min(FOREVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit() {
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
            assert_eq!(span(text), wanted, "{text}");
        }
    }
}
