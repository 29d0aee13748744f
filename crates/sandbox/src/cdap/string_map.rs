//! Maps of strings as CDAP reads them: numbers and booleans are taken as text, everything else is an error.

use super::json::Ordered;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::HashSet;

/// Why a value is not a map of strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringMapError {
    /// A value is an object or an array.
    Nested {
        /// Its key.
        key: String,
        /// `BEGIN_OBJECT`
        token: &'static str,
    },
    /// A value is null.
    Null(String),
    /// A key is there twice.
    Duplicate(String),
    /// It is not an object.
    Shape(&'static str),
    /// It is larger than the sandbox keeps.
    TooLarge,
}

impl StringMapError {
    /// Gson's text, without a place.
    pub fn gson_text(&self) -> String {
        self.gson_text_at("", 0, "$")
    }

    /// Gson's text for a map that is `depth` levels deep in `body`, under `path`.
    pub fn gson_text_at(&self, body: &str, depth: usize, path: &str) -> String {
        match self {
            Self::Nested { token, .. } => {
                let (line, column) = nested_at(body, depth);
                format!("Expected a string but was {token} at line {line} column {column} path {path}")
            }
            Self::TooLarge => {
                format!(
                    "keys and values of more than {MAX_BYTES} bytes together are not supported by the sandbox"
                )
            }
            Self::Null(key) => format!("null value in entry: {key}=null"),
            Self::Duplicate(key) => format!("duplicate key: {key}"),
            Self::Shape(token) => format!("Expected BEGIN_OBJECT but was {token} at line 1 column 1 path $"),
        }
    }
}

/// The most bytes of all keys and values. They are kept with each run.
const MAX_BYTES: usize = 128 << 10;

/// Reads a map of strings; `null` and an empty array count as an empty map (measured).
pub fn string_map(value: &Ordered) -> Result<Vec<(String, String)>, StringMapError> {
    let entries = match value {
        Ordered::Null => return Ok(Vec::new()),
        Ordered::List(items) if items.is_empty() => return Ok(Vec::new()),
        Ordered::Map(entries) => entries,
        Ordered::List(_) => return Err(StringMapError::Shape("BEGIN_ARRAY")),
        Ordered::Text(_) => return Err(StringMapError::Shape("STRING")),
        Ordered::Number(_) => return Err(StringMapError::Shape("NUMBER")),
        Ordered::Bool(_) => return Err(StringMapError::Shape("BOOLEAN")),
    };
    let mut map: Vec<(String, String)> = Vec::with_capacity(entries.len());
    let (mut keys, mut size) = (HashSet::new(), 0);
    for (key, value) in entries {
        if !keys.insert(key) {
            return Err(StringMapError::Duplicate(key.clone()));
        }
        let text = match value {
            Ordered::Null => return Err(StringMapError::Null(key.clone())),
            Ordered::Map(_) => return Err(nested(key, "BEGIN_OBJECT")),
            Ordered::List(_) => return Err(nested(key, "BEGIN_ARRAY")),
            plain => plain.text().unwrap_or_default(),
        };
        size += key.len() + text.len();
        if size > MAX_BYTES {
            return Err(StringMapError::TooLarge);
        }
        map.push((key.clone(), text));
    }
    Ok(map)
}

fn nested(key: &str, token: &'static str) -> StringMapError {
    let key = key.to_owned();
    StringMapError::Nested { key, token }
}

/// Line and column of the first object or array that is deeper than `depth`, as Gson counts them:
/// from 1, one past the bracket.
fn nested_at(body: &str, depth: usize) -> (usize, usize) {
    let (mut line, mut column, mut level) = (1, 1, 0);
    let (mut quoted, mut escaped) = (false, false);
    for c in body.chars() {
        column += 1;
        match c {
            '\n' => (line, column) = (line + 1, 1),
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => {
                if level == depth {
                    break;
                }
                level += 1;
            }
            '}' | ']' if !quoted => level -= 1,
            _ => {}
        }
    }
    (line, column)
}

/// Serializes a map in its own order.
#[derive(Clone, Copy, Debug)]
pub struct InOrder<'a, V = String>(pub &'a [(String, V)]);

impl<V: Serialize> Serialize for InOrder<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_value_is_placed_as_measured() {
        let body = r#"{"a": "{[", "n": {"a": "b"}}"#;
        assert_eq!(nested_at(body, 1), (1, 19));
        let error = string_map(&serde_json::from_str(body).unwrap()).unwrap_err();
        let text = error.gson_text_at(body, 1, "$.");
        assert_eq!(
            text,
            "Expected a string but was BEGIN_OBJECT at line 1 column 19 path $."
        );
        assert_eq!(nested_at("[{\"runtimeargs\": {\n\"n\": [1]}}]", 3), (2, 7));
    }
}
