//! JSON as CDAP writes and reads it: Gson's HTML-safe escapes, and objects that keep their order.
//!
//! `serde_json`'s maps are sorted; a real server echoes objects in the order in which they were sent.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::ser::Formatter;
use std::fmt;
use std::io::{self, Write};

/// Serialises as Gson does: `'`, `=`, `<`, `>`, `&` become `\u00XX`.
pub fn gson(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, HtmlSafe);
    // It cannot fail: all keys are strings, and writing to a vector never fails.
    let _ = value.serialize(&mut serializer);
    out
}

/// [`gson`] as text.
pub fn gson_text(value: &impl Serialize) -> String {
    String::from_utf8(gson(value)).unwrap_or_default()
}

struct HtmlSafe;

impl Formatter for HtmlSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let special = |c: char| matches!(c, '\'' | '=' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        let mut rest = text;
        while let Some(at) = rest.find(special) {
            let (plain, tail) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                write!(out, "\\u{:04x}", u32::from(c))?;
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

/// A JSON value whose objects keep their order and their duplicates.
#[derive(Clone, Debug, PartialEq)]
pub enum Ordered {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// A number; written back as a double, as Gson does.
    Number(serde_json::Number),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Ordered>),
    /// An object.
    Map(Vec<(String, Ordered)>),
}

impl Ordered {
    /// The last value under `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The last value under `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => {
                let mut entries = entries.iter_mut().rev();
                entries.find(|(k, _)| k == key).map(|(_, v)| v)
            }
            _ => None,
        }
    }

    /// The text of a string, and of a number or boolean as it was written.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The text under `key`.
    pub fn text_of(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Self::text)
    }
}

/// A plain value: of duplicates the last one counts.
impl From<&Ordered> for serde_json::Value {
    fn from(value: &Ordered) -> Self {
        match value {
            Ordered::Null => Self::Null,
            Ordered::Bool(flag) => Self::Bool(*flag),
            Ordered::Number(number) => Self::Number(number.clone()),
            Ordered::Text(text) => Self::String(text.clone()),
            Ordered::List(items) => items.iter().map(Self::from).collect(),
            Ordered::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::from(value)));
                Self::Object(entries.collect())
            }
        }
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => match number.as_f64() {
                Some(double) => serializer.serialize_f64(double),
                None => number.serialize(serializer),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in entries.iter().filter(|(_, v)| *v != Self::Null) {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Ordered, E> {
        Ok(Ordered::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Ordered, E> {
        Ok(Ordered::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Ordered, E> {
        Ok(Ordered::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Ordered, E> {
        Ok(serde_json::Number::from_f64(number).map_or(Ordered::Null, Ordered::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Ordered, E> {
        Ok(Ordered::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ordered, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Ordered::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Ordered, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Ordered::Map(map))
    }
}

/// How Gson words the first error in `body`; its column is one past the last character read.
pub fn syntax_error(body: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        let line = body.lines().count().max(1);
        let column = body.lines().last().unwrap_or_default().chars().count() + 1;
        return format!("End of input at line {line} column {column}");
    }
    let (line, column) = (error.line(), error.column());
    format!("Use JsonReader.setLenient(true) to accept malformed JSON at line {line} column {column}")
}

/// The Java class that carries [`syntax_error`].
pub fn syntax_class(error: &serde_json::Error) -> &'static str {
    if error.is_eof() {
        "java.io.EOFException"
    } else {
        "com.google.gson.stream.MalformedJsonException"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped_as_gson_does() {
        assert_eq!(
            gson_text(&"a='<b>' & é中"),
            "\"a\\u003d\\u0027\\u003cb\\u003e\\u0027 \\u0026 é中\""
        );
    }

    #[test]
    fn an_echo_keeps_order_drops_nulls_and_writes_doubles() {
        let value: Ordered =
            serde_json::from_str(r#"{"z": 1, "a": null, "b": [true, "x"], "m": 512}"#).unwrap();
        assert_eq!(gson_text(&value), r#"{"z":1.0,"b":[true,"x"],"m":512.0}"#);
    }

    #[test]
    fn the_end_of_input_is_counted_as_measured() {
        for (body, text) in [
            ("[{\"appId\":", "End of input at line 1 column 11"),
            ("[{", "End of input at line 1 column 3"),
            ("{\"artifact\": ", "End of input at line 1 column 14"),
        ] {
            let error = serde_json::from_str::<Ordered>(body).unwrap_err();
            assert_eq!(syntax_error(body, &error), text);
        }
    }
}
