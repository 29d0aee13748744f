//! Regular expressions, compiled by the regex crate within a bound, and kept for the rows that follow.
//!
//! BigQuery has RE2 (<https://github.com/google/re2/wiki/Syntax>), pipelines have Java. Both mean ASCII by `\d`, `\w`, `\s` and
//! `\b`, where the crate means Unicode. Neither look-around nor back references are supported.

use regex::{Regex, RegexBuilder};
use std::cell::RefCell;
use std::rc::Rc;

/// How many compiled patterns a thread keeps. A large one takes about 3 MB with what a search needs.
const MAX_PATTERNS: usize = 8;

/// How many bytes a pattern may be compiled to, and how many a search may keep of its states.
const MAX_COMPILED: usize = 1 << 20;
const MAX_STATES: usize = 256 << 10;

thread_local! {
    /// The patterns that were used last, the newest at the end: most rows have the same.
    static COMPILED: RefCell<Vec<(String, Rc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

/// Compiles a pattern.
///
/// # Errors
/// A pattern that is not one, or is too large.
pub fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&ascii_classes(pattern))
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_STATES)
        .build()
}

/// A pattern that this thread has compiled before, or compiles now.
///
/// # Errors
/// As [`compile`].
pub fn compiled(pattern: &str) -> Result<Rc<Regex>, regex::Error> {
    COMPILED.with_borrow_mut(|known| {
        if let Some(at) = known.iter().rposition(|(text, _)| text == pattern) {
            // To the end, without a copy: that costs as much as a search.
            known[at..].rotate_left(1);
        } else {
            let compiled = Rc::new(compile(pattern)?);
            if known.len() == MAX_PATTERNS {
                known.remove(0);
            }
            known.push((pattern.to_owned(), compiled));
        }
        known
            .last()
            .map(|(_, compiled)| Rc::clone(compiled))
            .ok_or_else(|| regex::Error::Syntax(pattern.to_owned()))
    })
}

/// The pattern with classes of ASCII for those of letters.
fn ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    let mut is_in_class = false;
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            is_in_class = (is_in_class || letter == '[') && letter != ']';
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('s') => out.push_str(r"[\t\n\x0B\f\r ]"),
            Some('S') => out.push_str(r"[^\t\n\x0B\f\r ]"),
            Some('b') if !is_in_class => out.push_str(r"(?-u:\b)"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        for (pattern, text, expected) in [
            (r"^\w+$", "abc_1", true),
            (r"^\w+$", "Zürich", false),
            (r"^[\w.ü-]+$", "Zürich", true),
            (r"^[^\w]$", "ü", true),
            (r"^\d$", "٣", false),
            (r"^\D\W\S$", "üüü", true),
            (r"^\s$", "\u{a0}", false),
            (r"\bz\b", "üzü", true),
            (r"\\w", r"\w", true),
            (r"^[\]\d]+$", "1]", true),
            (r"(?i)^\w{1,64}@\w{1,64}$", "a@b", true),
        ] {
            assert_eq!(
                compile(pattern).unwrap().is_match(text),
                expected,
                "{pattern} {text}"
            );
        }
        assert!(compile(r"\").is_err());
    }

    #[test]
    fn the_patterns_that_were_used_last_are_kept() {
        let first = compiled("a").unwrap();
        for count in 1..MAX_PATTERNS {
            compiled(&format!("b{count}")).unwrap();
            assert!(Rc::ptr_eq(&first, &compiled("a").unwrap()));
        }
        for count in 0..1_000 {
            compiled(&format!("c{count}")).unwrap();
        }
        COMPILED.with_borrow(|known| assert_eq!(known.len(), MAX_PATTERNS));
        assert!(!Rc::ptr_eq(&first, &compiled("a").unwrap()));
    }

    #[test]
    fn a_pattern_is_small() {
        for large in ["(a{1000}){1000}", r"\pL{5000}", "(((a{100}){100}){100}){100}"] {
            assert!(
                matches!(compile(large), Err(regex::Error::CompiledTooBig(_))),
                "{large}"
            );
        }
    }
}
