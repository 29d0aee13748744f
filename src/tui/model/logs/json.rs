//! The JSON in a line of a log, folded out below it. What is searched and copied stays the text of the file.

use super::{LogsPane, Room};
use crate::tui::json_text;
use serde::de::IgnoredAny;
use std::ops::Range;

/// Brackets that are tried as the beginning of JSON: a line of nothing else must not take long.
const TRIED: usize = 64;

/// The longest object or list in a text with something in it.
pub fn longest(text: &str) -> Option<&str> {
    let mut best: Option<Range<usize>> = None;
    let (mut at, mut tried) = (0, 0);
    while let Some(found) = text[at..].find(['{', '[']).filter(|_| tried < TRIED) {
        let start = at + found;
        tried += 1;
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<IgnoredAny>();
        let end = match values.next() {
            Some(Ok(_)) => start + values.byte_offset(),
            _ => start,
        };
        if end - start > best.as_ref().map_or(0, Range::len) {
            best = Some(start..end);
        }
        at = end.max(start + 1);
    }
    let json = &text[best?];
    let is_empty = json[1..json.len() - 1].trim().is_empty();
    (!is_empty).then_some(json)
}

/// The lines of the JSON in a text, a member a line.
pub fn lines(text: &str) -> Vec<String> {
    let json = longest(text).map(json_text::laid_out).unwrap_or_default();
    json.lines().map(str::to_owned).collect()
}

impl LogsPane {
    /// Whether the reader's row has JSON that can be folded out.
    pub fn has_json(&self) -> bool {
        let row = self.window.row(self.here());
        row.is_some_and(|row| longest(&row.text).is_some())
    }

    /// Folds the JSON of the reader's row out, or in again. The row stays in sight.
    pub fn unfold(&mut self, room: Room) {
        let top = self.effective_top(room);
        self.stop_following(top);
        let Some(place) = self.row().map(|row| row.place) else {
            return;
        };
        if !self.unfolded.remove(&place) {
            self.unfolded.insert(place);
        }
        self.top = top;
        if self.top.0 == self.cursor {
            self.top.1 = 0;
        }
        self.go(self.cursor, room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_value_of_a_line_is_found() {
        for (text, json) in [
            (r#"INFO  a | {"a": 1}"#, Some(r#"{"a": 1}"#)),
            (r#"[main] [7] got {"a":[1,2]} in 3 ms"#, Some(r#"{"a":[1,2]}"#)),
            (r#"{"a":1} [1,2,3,4,5,6]"#, Some("[1,2,3,4,5,6]")),
            (r#"{not json} {"b":"}"} {"#, Some(r#"{"b":"}"}"#)),
            ("[]", None),
            ("{ }", None),
            (r#"{"a": 1 … [cut: 7 bytes left out]"#, None),
            ("no brackets", None),
        ] {
            assert_eq!(longest(text), json, "{text}");
        }
        assert_eq!(lines(r#"x {"a":[1]}"#), ["{", "  \"a\": [", "    1", "  ]", "}"]);
        assert_eq!(lines("x"), [""; 0]);
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_at(text in r#"[\[\]{}":,a1é ]{0,60}"#) {
            if let Some(json) = longest(&text) {
                prop_assert!(text.contains(json) && json_text::is_json(json));
            }
        }
    }
}
