//! Secrets in the list that CDAP logs at the start of a run: `with arguments {a=1, password=x, y}`.
//!
//! Nothing in it is quoted, and a value may hold commas, spaces and braces. So a value goes up to the next
//! name that is known, or to the last brace.

use super::MASK;
use super::name::SecretNames;
use std::collections::BTreeSet;
use std::ops::Range;

/// Longer names are not looked for.
const LONGEST_NAME: usize = 200;

/// Between two arguments.
const COMMA: &str = ", ";

/// A name in the list, with its place and that of its value.
struct Entry<'a> {
    name: &'a str,
    /// Where the value before it ends.
    start: usize,
    value: usize,
}

/// The places of secret values; `arguments` are the names that may stand in the list.
pub(super) fn find(text: &str, names: &SecretNames, arguments: &BTreeSet<String>) -> Vec<Range<usize>> {
    let Some(open) = text.find('{').filter(|_| text.contains('=')) else {
        return Vec::new();
    };
    let close = text.rfind('}').filter(|close| *close > open);
    let list = &text[open + 1..close.unwrap_or(text.len())];
    let is_name =
        |name: &str| arguments.contains(name) || (names.contains(name) && !name.contains(['"', ' ']));
    let entries: Vec<_> = list
        .match_indices('=')
        .map(|(at, _)| entry(list, at))
        .filter(|entry| is_name(entry.name))
        .collect();
    let ends = entries.iter().skip(1).map(|next| next.start).chain([list.len()]);
    let values = entries.iter().zip(ends).filter(|(entry, end)| {
        names.contains(entry.name) && *end > entry.value && list[entry.value..*end] != *MASK
    });
    values
        .map(|(entry, end)| open + 1 + entry.value..open + 1 + end)
        .collect()
}

/// What stands before an equals sign, back to the last comma.
fn entry(list: &str, equals: usize) -> Entry<'_> {
    let mut from = equals.saturating_sub(LONGEST_NAME);
    while !list.is_char_boundary(from) {
        from += 1;
    }
    let comma = list[from..equals].rfind(COMMA).map(|comma| from + comma);
    Entry {
        name: &list[comma.map_or(from, |comma| comma + COMMA.len())..equals],
        start: comma.unwrap_or(from),
        value: equals + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values<'a>(text: &'a str, arguments: &[&str]) -> Vec<&'a str> {
        let arguments = arguments.iter().map(|name| (*name).to_owned()).collect();
        let found = find(text, &SecretNames::default(), &arguments);
        found.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_value_ends_at_the_next_name_or_at_the_last_brace() {
        let list = "with arguments {a=1, password=x, y, b=2, token=t}u}.";
        assert_eq!(values(list, &["a", "b"]), ["x, y", "t}u"]);
        assert_eq!(values("{password=***, a=1}", &["a"]), [""; 0]);
    }

    #[test]
    fn the_longest_names_end_between_characters() {
        // A name of 200 bytes begins in the middle of a value, where no comma is before it.
        for letter in ["x", "é", "日", "🙂"] {
            let text = format!("{{password={}_password=x}}", letter.repeat(100));
            assert!(!values(&text, &[]).is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(parts in prop::collection::vec("[{}=, ]|password|\\PC{0,80}", 0..12)) {
            values(&parts.concat(), &["a"]);
        }
    }
}
