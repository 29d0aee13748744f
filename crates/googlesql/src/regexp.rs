//! Regular expressions, compiled by the regex crate within a bound, and kept for the rows that follow.
//!
//! BigQuery has RE2 (<https://github.com/google/re2/wiki/Syntax>), pipelines have Java. Both mean ASCII by `\d`, `\w`, `\s` and
//! `\b`, where the crate means Unicode. Neither look-around nor back references are supported.

use regex::{Regex, RegexBuilder};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// Whose meaning a pattern has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// That of BigQuery.
    Re2,
    /// That of pipelines: `\s` is a vertical tab, too.
    Java,
}

/// How many bytes a pattern may be compiled to. RE2 repeats 1,000 times at most: a class so often is 2 MiB, and any letter
/// 100 times is 6.
const MAX_COMPILED: usize = 8 << 20;

/// How many bytes a pattern is compiled to that counts as small.
const SMALL: usize = 1 << 20;

/// How many bytes of its states a search keeps. With fewer it is slower, not wrong.
const MAX_STATES: usize = 256 << 10;

/// How many small patterns a thread keeps: about 3 MB each with what a search needs.
const MAX_SMALL_KEPT: usize = 8;

/// How many larger patterns the process keeps for all its threads: about 10 MB each.
const MAX_LARGE_KEPT: usize = 4;

thread_local! {
    static SMALL_CACHE: RefCell<PatternCache> = const { RefCell::new(PatternCache(Vec::new())) };
}

static LARGE_CACHE: Mutex<PatternCache> = Mutex::new(PatternCache(Vec::new()));

/// The patterns that were used last, the newest at the end: most rows have the same.
struct PatternCache(Vec<(Dialect, String, Arc<Regex>)>);

impl PatternCache {
    fn find(&mut self, dialect: Dialect, pattern: &str) -> Option<Arc<Regex>> {
        let is_it = |known: &(Dialect, String, _)| known.0 == dialect && known.1 == pattern;
        let at = self.0.iter().rposition(is_it)?;
        // To the end, without a copy: that costs as much as a search.
        self.0[at..].rotate_left(1);
        self.0.last().map(|(.., compiled)| Arc::clone(compiled))
    }

    fn keep(&mut self, most: usize, dialect: Dialect, pattern: &str, compiled: &Arc<Regex>) {
        if self.0.len() == most {
            self.0.remove(0);
        }
        self.0.push((dialect, pattern.to_owned(), Arc::clone(compiled)));
    }
}

/// The regular expression of a pattern, for who keeps it.
///
/// # Errors
/// A pattern that is not one, or is too large.
pub fn compile(pattern: &str, dialect: Dialect) -> Result<Regex, regex::Error> {
    within(MAX_COMPILED, pattern, dialect)
}

fn within(most: usize, pattern: &str, dialect: Dialect) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&ascii_classes(pattern, dialect))
        .size_limit(most)
        .dfa_size_limit(MAX_STATES)
        .build()
}

/// A pattern that has been compiled before, or is compiled now.
///
/// # Errors
/// As [`compile`].
pub fn compiled(pattern: &str, dialect: Dialect) -> Result<Arc<Regex>, regex::Error> {
    let large_cache = || LARGE_CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = SMALL_CACHE.with_borrow_mut(|kept| kept.find(dialect, pattern)) {
        return Ok(known);
    }
    if let Some(known) = large_cache().find(dialect, pattern) {
        return Ok(known);
    }
    match within(SMALL, pattern, dialect) {
        Ok(small) => {
            let small = Arc::new(small);
            SMALL_CACHE.with_borrow_mut(|kept| kept.keep(MAX_SMALL_KEPT, dialect, pattern, &small));
            Ok(small)
        }
        Err(regex::Error::CompiledTooBig(_)) => {
            let large = Arc::new(compile(pattern, dialect)?);
            let mut kept = large_cache();
            // Another thread may have been faster.
            Ok(kept.find(dialect, pattern).unwrap_or_else(|| {
                kept.keep(MAX_LARGE_KEPT, dialect, pattern, &large);
                large
            }))
        }
        Err(error) => Err(error),
    }
}

/// The pattern with classes of ASCII for those of letters.
fn ascii_classes(pattern: &str, dialect: Dialect) -> String {
    let vertical_tab = match dialect {
        Dialect::Re2 => "",
        Dialect::Java => r"\x0B",
    };
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
            Some('s') => out.extend([r"[\t\n", vertical_tab, r"\f\r ]"]),
            Some('S') => out.extend([r"[^\t\n", vertical_tab, r"\f\r ]"]),
            Some('b') if !is_in_class => out.push_str(r"(?-u:\b)"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Dialect::{Java, Re2};
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
            for dialect in [Re2, Java] {
                let compiled = compile(pattern, dialect).unwrap();
                assert_eq!(compiled.is_match(text), expected, "{pattern} {text}");
            }
        }
        assert!(compile(r"\", Re2).is_err());
    }

    #[test]
    fn a_vertical_tab_is_a_space_in_java_alone() {
        for (pattern, in_re2, in_java) in [
            (r"^\s$", false, true),
            (r"^[\s]$", false, true),
            (r"^\S$", true, false),
        ] {
            let is_match = |dialect| compiled(pattern, dialect).unwrap().is_match("\u{b}");
            assert_eq!((is_match(Re2), is_match(Java)), (in_re2, in_java), "{pattern}");
        }
    }

    #[test]
    fn the_patterns_that_were_used_last_are_kept() {
        let first = compiled("a", Re2).unwrap();
        for count in 1..MAX_SMALL_KEPT {
            compiled(&format!("b{count}"), Re2).unwrap();
            assert!(Arc::ptr_eq(&first, &compiled("a", Re2).unwrap()));
        }
        for count in 0..1_000 {
            compiled(&format!("c{count}"), Re2).unwrap();
        }
        SMALL_CACHE.with_borrow(|kept| assert_eq!(kept.0.len(), MAX_SMALL_KEPT));
        assert!(!Arc::ptr_eq(&first, &compiled("a", Re2).unwrap()));
    }

    #[test]
    fn large_patterns_are_kept_once_for_all_threads() {
        let large = |count: usize| compiled(&format!(r"^\S{{1,1000}}{count}$"), Java).unwrap();
        let first = large(0);
        let there = std::thread::spawn(move || large(0)).join().unwrap();
        assert!(Arc::ptr_eq(&first, &there));
        for count in 1..=MAX_LARGE_KEPT {
            assert!(large(count).is_match(&format!("a{count}")));
        }
        assert_eq!(LARGE_CACHE.lock().unwrap().0.len(), MAX_LARGE_KEPT);
        assert!(!Arc::ptr_eq(&first, &large(0)));
        SMALL_CACHE.with_borrow(|kept| assert!(kept.0.is_empty()));
    }

    #[test]
    fn what_repeats_as_often_as_re2_allows_is_not_too_large() {
        for usual in [r"^\S{1,1000}$", r"\p{L}{1,100}", r"(?i)^[^<>]{1,1000}$"] {
            assert!(compile(usual, Re2).is_ok(), "{usual}");
        }
        for large in ["(a{1000}){1000}", r"\pL{5000}", "(((a{100}){100}){100}){100}"] {
            assert!(
                matches!(compile(large, Re2), Err(regex::Error::CompiledTooBig(_))),
                "{large}"
            );
        }
    }
}
