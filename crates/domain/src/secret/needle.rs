//! The texts that are struck: the values of secrets in every form in which a server repeats them.
//!
//! A search costs about the same for one secret and for thousands, because every place of a text is
//! looked up by its first bytes.

use super::MASK;
use crate::sanitize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Shorter values are struck nowhere but in their own argument: `hr` stands in every second word.
const SHORTEST: usize = 4;

/// Words and numbers shorter than this are struck only where they stand alone: `sales` must not take
/// `salesforce` with it.
const SHORTEST_PART: usize = 8;

/// Values that are no secret under any name.
const COMMON: [&str; 8] = [
    "true",
    "false",
    "null",
    "none",
    "None",
    "default",
    "unset",
    "undefined",
];

/// How a text ends that was cut before the secrets were struck.
const CUT: char = '…';

/// A text is put together of few others.
const MOST_CUTS: usize = 16;

/// Texts to look for.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Needles {
    /// By their first bytes, the longest first.
    by_start: BTreeMap<[u8; SHORTEST], BTreeSet<Needle>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Needle {
    text: String,
    /// It counts only between characters that are not of a word.
    stands_alone: bool,
}

impl Ord for Needle {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.text.len(), &self.text).cmp(&(self.text.len(), &other.text))
    }
}

impl PartialOrd for Needle {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Needles {
    /// Adds a value in all of its forms.
    pub(super) fn insert(&mut self, value: &str) {
        let value = value.trim();
        if value.chars().count() < SHORTEST || value.contains(MASK) || COMMON.contains(&value) {
            return;
        }
        let is_plain = value.chars().all(char::is_alphabetic) || value.chars().all(|c| c.is_ascii_digit());
        let stands_alone = is_plain && value.chars().count() < SHORTEST_PART;
        for text in forms(value) {
            if let Some(start) = text.as_bytes().first_chunk() {
                let needle = Needle {
                    text: text.clone(),
                    stands_alone,
                };
                self.by_start.entry(*start).or_default().insert(needle);
            }
        }
    }

    /// The text with every needle struck; needles that overlap are struck together.
    pub(super) fn strike<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.by_start.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut places = self.places(text);
        places.extend(self.cut_off(text));
        replace(text, places)
    }

    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        for (at, start) in text.as_bytes().windows(SHORTEST).enumerate() {
            let Some(needles) = start.first_chunk().and_then(|start| self.by_start.get(start)) else {
                continue;
            };
            let found = needles.iter().find(|needle| needle.is_at(text, at));
            places.extend(found.map(|needle| at..at + needle.text.len()));
        }
        places
    }

    /// Beginnings of needles before a place where the text was cut.
    fn cut_off(&self, text: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        for (cut, _) in text.rmatch_indices(CUT).take(MOST_CUTS) {
            let before = text[..cut].trim_end();
            let needles = self.by_start.values().flatten();
            let longest = needles.filter_map(|needle| {
                let lengths = (SHORTEST..needle.text.len())
                    .rev()
                    .filter(|length| needle.text.is_char_boundary(*length));
                lengths
                    .filter(|length| before.ends_with(&needle.text[..*length]))
                    .max()
            });
            places.extend(longest.max().map(|length| before.len() - length..before.len()));
        }
        places
    }
}

impl Needle {
    fn is_at(&self, text: &str, at: usize) -> bool {
        let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
        text.as_bytes()[at..].starts_with(self.text.as_bytes())
            && !(self.stands_alone
                && (text[..at].ends_with(is_of_word) || text[at + self.text.len()..].starts_with(is_of_word)))
    }
}

/// The text with a mask for each of these places; places that touch get one mask.
pub(super) fn replace(text: &str, mut places: Vec<Range<usize>>) -> Cow<'_, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    places.sort_by_key(|place| place.start);
    let mut kept = String::with_capacity(text.len());
    let mut end = None;
    for place in places {
        if end.is_none_or(|end| place.start > end) {
            kept.push_str(&text[end.unwrap_or(0)..place.start]);
            kept.push_str(MASK);
        }
        end = end.max(Some(place.end));
    }
    kept.push_str(&text[end.unwrap_or(0)..]);
    Cow::Owned(kept)
}

/// A value as it was given, as it looks cleaned, in JSON as two libraries write it, in a URL, and, if it
/// has several lines, each of its longer lines.
fn forms(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([
        value.to_owned(),
        sanitize::text(value).into_owned(),
        sanitize::line(value).into_owned(),
        percent_encoded(value, false, true),
        percent_encoded(value, false, false),
        percent_encoded(value, true, true),
    ]);
    if let Ok(json) = serde_json::to_string(value) {
        let inside = json.trim_start_matches('"');
        let inside = inside.strip_suffix('"').unwrap_or(inside);
        forms.insert(inside.to_owned());
        forms.insert(escaped_for_html(inside));
    }
    let lines = value
        .lines()
        .map(str::trim)
        .filter(|line| line.len() >= SHORTEST_PART);
    if value.contains('\n') {
        forms.extend(lines.map(str::to_owned));
    }
    forms
}

/// JSON as Gson writes it, which CDAP uses.
fn escaped_for_html(json: &str) -> String {
    json.chars()
        .map(|c| match c {
            '<' | '>' | '&' | '=' | '\'' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

fn percent_encoded(value: &str, is_form: bool, is_upper: bool) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            b' ' if is_form => "+".to_owned(),
            byte if is_upper => format!("%{byte:02X}"),
            byte => format!("%{byte:02x}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn struck(values: &[&str], text: &str) -> String {
        let mut needles = Needles::default();
        values.iter().for_each(|value| needles.insert(value));
        needles.strike(text).into_owned()
    }

    #[test]
    fn every_form_is_struck() {
        for (value, text) in [
            ("hunter2", "a hunter2, b"),
            ("hunter2", "xhunter2y"),
            ("a,b c}d", "{p=a,b c}d}"),
            ("a\"b\\c=d", r#"{"p":"a\"b\\c=d"}"#),
            ("a\"b\\c=d", r#"{"p":"a\"b\\c\u003dd"}"#),
            ("p@ss/w rd", "mysql://u:p%40ss%2Fw%20rd@h"),
            ("p@ss/w rd", "mysql://u:p%40ss%2fw%20rd@h"),
            ("p@ss/w rd", "p=p%40ss%2Fw+rd&"),
            ("line one is long\nline two is long", "line two is long"),
            ("with\u{1b}[1mbold", "withbold"),
        ] {
            let left = struck(&[value], text);
            assert!(
                left.contains(MASK) && !left.contains(value),
                "{value:?} in {left}"
            );
        }
    }

    #[test]
    fn the_longest_wins_and_what_overlaps_goes_together() {
        assert_eq!(struck(&["hunter", "hunter22"], "hunter22 hunter"), "*** ***");
        assert_eq!(struck(&["abcd1", "d1ef"], "xabcd1efy"), "x***y");
        assert_eq!(struck(&["abcd1"], "abcd1"), "***");
    }

    #[test]
    fn short_and_common_words_do_not_destroy_texts() {
        assert_eq!(struck(&["hr", "abc", "true"], "hr abc true"), "hr abc true");
        assert_eq!(
            struck(&["sales"], "salesforce, sales, my_sales"),
            "salesforce, ***, my_sales"
        );
        assert_eq!(struck(&["1234"], "12345 1234"), "12345 ***");
    }

    #[test]
    fn the_beginning_of_a_secret_at_a_cut_is_struck() {
        assert_eq!(
            struck(&["hunter2-long"], "said hunter2… (and more)"),
            "said ***… (and more)"
        );
        assert_eq!(struck(&["hunter2-long"], "said hunter2."), "said hunter2.");
    }

    proptest! {
        #[test]
        fn no_value_is_left(values in prop::collection::vec("\\PC{8,12}", 1..4), around in "\\PC{0,8}") {
            let kept: Vec<_> = values.iter().map(|value| value.trim()).filter(|v| v.chars().count() >= 8 && !v.contains('*')).collect();
            let text = kept.iter().fold(around.clone(), |text, value| format!("{text}{value}{around}"));
            let left = struck(&kept, &text);
            for value in kept {
                prop_assert!(!left.contains(value), "{value:?} in {left:?}");
            }
        }
    }
}
