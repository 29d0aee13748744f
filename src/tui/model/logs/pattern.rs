//! What is searched for in a log: text as it is typed, or a regular expression.
//!
//! Whatever is typed is searched for: what is not a regular expression is taken as plain text. A pattern in
//! lower case finds upper case too.

use regex::{Regex, RegexBuilder};
use std::ops::Range;

/// Text or a regular expression to search for.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    kind: PatternKind,
    regex: Regex,
}

/// How a typed pattern is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// It has no sign of a regular expression.
    Text,
    /// It is a regular expression.
    Regex,
    /// It looks like a regular expression, and is not: it is taken as it stands.
    NotRegex,
}

/// The same text is the same pattern.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// The pattern of a typed text; nothing for an empty one.
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let literal = regex::escape(text);
        let build = |pattern: &str| {
            RegexBuilder::new(pattern)
                .case_insensitive(is_lower(text))
                .build()
        };
        let (kind, regex) = if literal == text {
            (PatternKind::Text, build(&literal))
        } else {
            match build(text) {
                Ok(regex) => (PatternKind::Regex, Ok(regex)),
                Err(_) => (PatternKind::NotRegex, build(&literal)),
            }
        };
        // A text of thousands of letters is beyond the limits of any expression.
        let text = text.to_owned();
        regex.ok().map(|regex| Self { text, kind, regex })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How it is understood.
    pub const fn kind(&self) -> PatternKind {
        self.kind
    }

    /// Whether a row has it.
    pub fn is_in(&self, row: &str) -> bool {
        self.regex.is_match(row)
    }

    /// Its places in a row, those without a letter left out.
    pub fn places<'a>(&'a self, row: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.regex.find_iter(row).map(|found| found.range());
        found.filter(|range| !range.is_empty())
    }
}

impl PatternKind {
    /// In a few words, for those who typed it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "as text",
            Self::Regex => "as regex",
            Self::NotRegex => "not a regex: as text",
        }
    }
}

/// Whether no letter of it is in upper case; `\S` and the like are not letters.
fn is_lower(text: &str) -> bool {
    let mut is_escaped = false;
    text.chars().all(|letter| {
        let was_escaped = is_escaped;
        is_escaped = letter == '\\' && !was_escaped;
        was_escaped || !letter.is_uppercase()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_is_text_or_a_regular_expression_and_says_which() {
        for (text, kind, row, found) in [
            ("timeout", PatternKind::Text, "a Timeout", &["Timeout"][..]),
            ("Timeout", PatternKind::Text, "a timeout", &[]),
            (
                "fail(ed)?",
                PatternKind::Regex,
                "fail FAILED",
                &["fail", "FAILED"],
            ),
            ("failed(", PatternKind::NotRegex, "failed(1)", &["failed("]),
            (r"\Sx", PatternKind::Regex, "AX", &["AX"]),
            ("x*", PatternKind::Regex, "axxb", &["xx"]),
        ] {
            let pattern = Pattern::new(text).unwrap();
            assert_eq!(pattern.kind(), kind, "{text}");
            let places: Vec<_> = pattern.places(row).map(|place| &row[place]).collect();
            assert_eq!(places, found, "{text} in {row}");
        }
        assert_eq!(Pattern::new(""), None);
    }

    proptest! {
        #[test]
        fn what_was_typed_literally_is_found(text in "[a-zA-Z0-9 ü]{1,20}", before in "[a-z]{0,9}") {
            let pattern = Pattern::new(&text).unwrap();
            let row = [before, text].concat();
            prop_assert!(pattern.is_in(&row));
        }

        #[test]
        fn no_text_is_refused(text in "\\PC{1,40}") {
            prop_assert!(Pattern::new(&text).is_some());
        }
    }
}
