//! JSON values as text: folded on one line, laid out on several, and what is wrong with one. Strings and numbers stay
//! letter by letter as they were written; only the space between them changes.

use serde::de::IgnoredAny;
use std::fmt::Write as _;

/// Columns of one step of indentation.
const STEP: usize = 2;

/// Whether a text is a JSON object or list.
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && fault(text).is_none()
}

/// What is wrong with a text that should be JSON, with line and column from 1; nothing of its values is repeated.
pub fn fault(text: &str) -> Option<String> {
    let error = serde_json::from_str::<IgnoredAny>(text).err()?;
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    Some(format!("not valid JSON, line {line}, column {column}: {what}"))
}

/// JSON on one line, without space that says nothing.
pub fn folded(json: &str) -> String {
    tokens(json).concat()
}

/// JSON with a line for each member.
pub fn laid_out(json: &str) -> String {
    let tokens = tokens(json);
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate() {
        let is_opened_before = place > 0 && matches!(tokens[place - 1], "{" | "[");
        match *token {
            "}" | "]" => {
                depth = usize::saturating_sub(depth, 1);
                if !is_opened_before {
                    begin_line(&mut text, depth);
                }
            }
            _ if is_opened_before => begin_line(&mut text, depth),
            _ => {}
        }
        text.push_str(token);
        match *token {
            "{" | "[" => depth += 1,
            "," => begin_line(&mut text, depth),
            ":" => text.push(' '),
            _ => {}
        }
    }
    text
}

fn begin_line(text: &mut String, depth: usize) {
    // Writing into a text cannot fail.
    let _ = write!(text, "\n{:1$}", "", depth * STEP);
}

/// Strings, signs, and words; space between them is left out.
fn tokens(json: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = json.trim_start();
    while !rest.is_empty() {
        let end = match rest.as_bytes()[0] {
            b'"' => end_of_string(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest
                .find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c))
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Where a string that begins the text ends.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn numbers_and_strings_stay_as_they_were_written() {
        let json = r#" { "a" : 1.0e3 , "b":[ 12345678901234567890123, "x: {\"y\"}, \u00e9" , {} , [] ], "c":null } "#;
        let one_line = r#"{"a":1.0e3,"b":[12345678901234567890123,"x: {\"y\"}, \u00e9",{},[]],"c":null}"#;
        assert_eq!(folded(json), one_line);
        let several = laid_out(json);
        let lines: Vec<_> = several.lines().collect();
        assert_eq!(
            lines[..4],
            [
                "{",
                "  \"a\": 1.0e3,",
                "  \"b\": [",
                "    12345678901234567890123,"
            ]
        );
        assert_eq!(lines[5..], ["    {},", "    []", "  ],", "  \"c\": null", "}"]);
        assert_eq!(folded(&several), one_line);
    }

    #[test]
    fn a_fault_has_a_place_and_no_value() {
        let fault = fault("{\n  \"a\": hunter2\n}").unwrap();
        assert!(fault.starts_with("not valid JSON, line 2, column 8: "), "{fault}");
        assert!(!fault.contains("hunter2"), "{fault}");
        assert!(!is_json("12") && !is_json("[1,]") && is_json(" [1]"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn layout_changes_nothing(value in any_json()) {
            let text = value.to_string();
            prop_assert_eq!(folded(&text), text.clone());
            let several = laid_out(&text);
            prop_assert_eq!(folded(&several), text);
            prop_assert_eq!(serde_json::from_str::<Value>(&several).unwrap(), value);
        }

        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            folded(&laid_out(&text));
        }
    }
}
