//! Maps of strings as CDAP reads them: numbers and booleans are taken as text, the rest is a flaw.

use super::json::{Ordered, gson};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Why a value is no map of strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A value is an object or an array.
    Nested {
        /// Its key.
        key: String,
        /// `BEGIN_OBJECT`
        token: &'static str,
        /// Where it begins, in characters from 1, in JSON as Gson would write it.
        column: usize,
    },
    /// A value is null.
    Null(String),
    /// A key is there twice.
    Duplicate(String),
    /// It is no object at all.
    Shape(&'static str),
}

impl Flaw {
    /// As Gson words it.
    pub fn gson_text(&self) -> String {
        match self {
            Self::Nested { key, token, column } => {
                format!("Expected a string but was {token} at line 1 column {column} path $.{key}")
            }
            Self::Null(key) => format!("null value in entry: {key}=null"),
            Self::Duplicate(key) => format!("duplicate key: {key}"),
            Self::Shape(token) => format!("Expected BEGIN_OBJECT but was {token} at line 1 column 1 path $"),
        }
    }
}

/// Reads a map of strings; `null` and an empty array count as an empty map (measured).
pub fn string_map(value: &Ordered) -> Result<Vec<(String, String)>, Flaw> {
    let entries = match value {
        Ordered::Null => return Ok(Vec::new()),
        Ordered::List(items) if items.is_empty() => return Ok(Vec::new()),
        Ordered::Map(entries) => entries,
        Ordered::List(_) => return Err(Flaw::Shape("BEGIN_ARRAY")),
        Ordered::Text(_) => return Err(Flaw::Shape("STRING")),
        Ordered::Number(_) => return Err(Flaw::Shape("NUMBER")),
        Ordered::Bool(_) => return Err(Flaw::Shape("BOOLEAN")),
    };
    let mut map: Vec<(String, String)> = Vec::with_capacity(entries.len());
    for (at, (key, value)) in entries.iter().enumerate() {
        if map.iter().any(|(known, _)| known == key) {
            return Err(Flaw::Duplicate(key.clone()));
        }
        let text = match value {
            Ordered::Null => return Err(Flaw::Null(key.clone())),
            Ordered::Map(_) => return Err(nested(entries, at, "BEGIN_OBJECT")),
            Ordered::List(_) => return Err(nested(entries, at, "BEGIN_ARRAY")),
            plain => plain.text().unwrap_or_default(),
        };
        map.push((key.clone(), text));
    }
    Ok(map)
}

fn nested(entries: &[(String, Ordered)], at: usize, token: &'static str) -> Flaw {
    let before = Ordered::Map(entries[..at].to_vec());
    let key = entries[at].0.clone();
    let column = gson(&before).len() + key.len() + 5;
    Flaw::Nested { key, token, column }
}

/// A map that is written in its own order.
#[derive(Clone, Copy, Debug)]
pub struct InOrder<'a>(pub &'a [(String, String)]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
