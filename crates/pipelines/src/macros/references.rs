//! Finds the macros of a text without expanding them: the arguments that they refer to, and the functions that they
//! call. The text comes from a client and may consist of brackets alone.

use super::is_escaped;
use googlesql::limits::MAX_VALUE_BYTES;
use std::collections::BTreeSet;

/// The arguments that the macros of a text refer to, and the functions that they call.
///
/// Of macros in macros each is found. When their texts, which overlap then, are longer than a value may be, the rest
/// is not looked at.
pub(crate) fn references(text: &str) -> (BTreeSet<String>, Vec<(String, Vec<String>)>) {
    let plain = |at: &usize| !is_escaped(text, *at);
    let mut ends = text.match_indices('}').map(|(at, _)| at).filter(plain).peekable();
    let openings = text.match_indices("${").map(|(at, _)| at).filter(plain);
    let (mut lookups, mut functions, mut called) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    let mut budget = MAX_VALUE_BYTES;
    for at in openings {
        while ends.next_if(|end| *end < at + 2).is_some() {}
        let Some(end) = ends.peek() else {
            break;
        };
        let inner = &text[at + 2..*end];
        let Some(left) = budget.checked_sub(inner.len()) else {
            break;
        };
        budget = left;
        match inner.split_once('(') {
            Some((name, rest)) => {
                let list = rest.trim_end_matches(')').split(',');
                let list: Vec<_> = list.map(|argument| argument.trim().to_owned()).collect();
                let call = (name.to_owned(), list);
                if called.insert(call.clone()) {
                    functions.push(call);
                }
            }
            None => {
                lookups.insert(inner.to_owned());
            }
        }
    }
    (lookups, functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found() {
        let text = "${x}-${secure(k)}-${logicalStartTime(yyyy,1m,UTC)}-${secure(k)}-${y}${z";
        let (lookups, functions) = references(text);
        assert_eq!(lookups.into_iter().collect::<Vec<_>>(), ["x", "y"]);
        let names: Vec<_> = functions.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["secure", "logicalStartTime"]);
    }

    #[test]
    fn a_million_brackets_are_looked_at_once() {
        let openings = "${".repeat(1_000_000);
        assert_eq!(references(&openings), (BTreeSet::new(), Vec::new()));
        let (lookups, _) = references(&format!("{openings}a}}"));
        let bytes: usize = lookups.iter().map(String::len).sum();
        assert!(bytes <= MAX_VALUE_BYTES);
    }
}
