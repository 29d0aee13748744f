//! CDAP's macros: `${name}` looks an argument up, `${function(a,b)}` is evaluated by the server.
//!
//! As the server does it: the rightmost `${` first, up to the next `}`; the value is expanded in turn, at most
//! ten levels deep. A macro has no default of its own (`${name:x}` looks up `name:x`). What cannot be known
//! here leaves a gap, and the rest of the text is expanded all the same, so that every gap is found at once.

use std::collections::BTreeSet;

/// The deepest nesting that a server expands.
const MAX_DEPTH: usize = 10;

/// More than a property of a pipeline ever needs; values that multiply each other end here.
const MAX_MACROS: usize = 10_000;

/// The longest text that is expanded.
const MAX_LENGTH: usize = 1_000_000;

/// Why a macro has no value here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// An argument that neither the run nor the preferences give.
    Missing(String),
    /// An argument that a stage of the pipeline sets while it runs.
    SetBy {
        /// The argument.
        name: String,
        /// The stage.
        stage: String,
    },
    /// An argument that a stage of the pipeline may set: which ones it sets cannot be told from here.
    MayBeSetBy {
        /// The argument.
        name: String,
        /// The stage.
        stage: String,
        /// Whether the run or the preferences give it a value, which the stage may replace.
        given: bool,
    },
    /// A function or an argument of the server's own, as it stands in the macro.
    Server(String),
    /// A value that refers to itself, or that grows without end.
    Endless(String),
}

/// A text with its macros expanded as far as possible.
#[derive(Clone, Default)]
#[expect(missing_debug_implementations, reason = "the text may be a password")]
pub struct Expansion {
    /// The whole text; `None` if there is a gap.
    pub text: Option<String>,
    /// The macros without a value.
    pub gaps: BTreeSet<Gap>,
    /// The names of all arguments that were looked up, with or without success.
    pub names: BTreeSet<String>,
}

/// Expands the macros of a text; `lookup` gives the value of an argument. With `escaping` a backslash takes
/// the meaning from the sign after it.
pub fn expand(text: &str, escaping: bool, lookup: impl Fn(&str) -> Result<String, Gap>) -> Expansion {
    let mut expander = Expander {
        lookup,
        escaping,
        macros_left: MAX_MACROS,
        found: Expansion::default(),
    };
    let partial = expander.expand(text.chars().map(Some).collect(), "", 0);
    let mut found = expander.found;
    let whole: Option<String> = partial.into_iter().collect();
    found.text = whole
        .filter(|_| found.gaps.is_empty())
        .map(|whole| if escaping { unescaped(&whole) } else { whole });
    found
}

/// Whether a text contains a macro.
pub fn has_macro(text: &str) -> bool {
    text.contains("${")
}

/// A text in work; `None` stands for a macro without a value.
type Partial = Vec<Option<char>>;

struct Expander<L> {
    lookup: L,
    escaping: bool,
    macros_left: usize,
    found: Expansion,
}

impl<L: Fn(&str) -> Result<String, Gap>> Expander<L> {
    /// `source` is the argument whose value the text is, to be named if it has no end.
    fn expand(&mut self, mut text: Partial, source: &str, depth: usize) -> Partial {
        if depth > MAX_DEPTH {
            return self.gap(Gap::Endless(source.to_owned()));
        }
        let mut limit = text.len();
        while let Some(start) = self.opening_before(&text, limit) {
            limit = start;
            let Some(end) = self.closing_after(&text, start + 2) else {
                continue; // A server refuses to deploy this; without an end it is not a macro.
            };
            let inner: Option<String> = text[start + 2..end].iter().copied().collect();
            let value = match &inner {
                Some(inner) => self.evaluate(inner.trim(), depth),
                None => vec![None], // A name with a gap in it, which is known already.
            };
            if text.len() + value.len() > MAX_LENGTH {
                return self.gap(Gap::Endless(inner.unwrap_or_default()));
            }
            text.splice(start..=end, value);
        }
        text
    }

    fn evaluate(&mut self, inner: &str, depth: usize) -> Partial {
        if inner.contains('(') {
            return self.gap(Gap::Server(inner.to_owned()));
        }
        let name = if self.escaping {
            unescaped(inner)
        } else {
            inner.to_owned()
        };
        let Some(left) = self.macros_left.checked_sub(1) else {
            return self.gap(Gap::Endless(name));
        };
        self.macros_left = left;
        self.found.names.insert(name.clone());
        match (self.lookup)(&name) {
            Ok(value) => self.expand(value.chars().map(Some).collect(), &name, depth + 1),
            Err(gap) => self.gap(gap),
        }
    }

    fn gap(&mut self, gap: Gap) -> Partial {
        self.found.gaps.insert(gap);
        vec![None]
    }

    fn opening_before(&self, text: &Partial, limit: usize) -> Option<usize> {
        let is_opening = |at: usize| text[at] == Some('$') && text.get(at + 1) == Some(&Some('{'));
        (0..limit)
            .rev()
            .find(|at| is_opening(*at) && !self.is_escaped(text, *at))
    }

    fn closing_after(&self, text: &Partial, start: usize) -> Option<usize> {
        (start..text.len()).find(|at| text[*at] == Some('}') && !self.is_escaped(text, *at))
    }

    /// Whether an odd number of backslashes stands before this place.
    fn is_escaped(&self, text: &Partial, at: usize) -> bool {
        let backslashes = text[..at].iter().rev().take_while(|sign| **sign == Some('\\'));
        self.escaping && backslashes.count() % 2 == 1
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => plain.extend(signs.next()),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lookup(name: &str) -> Result<String, Gap> {
        let value = match name {
            "a" => "1",
            "b" => "${a}2",
            "name1" => "deep",
            "loop" => "${loop}",
            "two" => "${two}${two}",
            "part" => "${missing}-${a}",
            _ => return Err(Gap::Missing(name.into())),
        };
        Ok(value.into())
    }

    fn missing(name: &str) -> Gap {
        Gap::Missing(name.into())
    }

    #[test]
    fn what_is_given_is_expanded() {
        for (text, expected) in [
            ("x${a}y", "x1y"),
            ("${b}${a}", "121"),
            ("${name${a}}", "deep"),
            ("${ a }", "1"),
            (r"\${a}", r"\1"),
            ("no macro $ {} }", "no macro $ {} }"),
            ("${a", "${a"),
            ("${open ${a}", "${open 1"),
        ] {
            let expansion = expand(text, false, lookup);
            assert_eq!(expansion.text.as_deref(), Some(expected), "{text}");
            assert_eq!(expansion.gaps, [].into(), "{text}");
        }
    }

    #[test]
    fn a_backslash_escapes_where_that_is_enabled() {
        for (text, expected) in [(r"\${x}", "${x}"), (r"\\${a}", r"\1"), (r"a\tb", "atb")] {
            assert_eq!(
                expand(text, true, lookup).text.as_deref(),
                Some(expected),
                "{text}"
            );
        }
        assert_eq!(expand(r"${x\}y}", true, lookup).gaps, [missing("x}y")].into());
    }

    #[test]
    fn every_gap_is_found_at_once() {
        for (text, gaps) in [
            ("${x}-${y}-${a}", vec![missing("x"), missing("y")]),
            ("${part}", vec![missing("missing")]),
            ("${name${x}}", vec![missing("x")]),
            ("${a:default}", vec![missing("a:default")]),
            ("${secure(key)}", vec![Gap::Server("secure(key)".into())]),
            (
                "${logicalStartTime(yyyy,1m,UTC)}${z}",
                vec![missing("z"), Gap::Server("logicalStartTime(yyyy,1m,UTC)".into())],
            ),
            ("${secure(${k})}", vec![missing("k")]),
            ("${loop}", vec![Gap::Endless("loop".into())]),
            ("${two}", vec![Gap::Endless("two".into())]),
        ] {
            let expansion = expand(text, false, lookup);
            assert_eq!(expansion.text, None, "{text}");
            assert_eq!(expansion.gaps, gaps.into_iter().collect(), "{text}");
        }
        let names = expand("${part}${secure(${k})}", false, lookup).names;
        assert_eq!(names, ["a", "k", "missing", "part"].map(str::to_owned).into());
    }

    proptest! {
        #[test]
        fn text_without_macros_is_unchanged(text in "[^$\\\\]*") {
            prop_assert_eq!(expand(&text, true, lookup).text, Some(text));
        }

        #[test]
        fn any_text_is_handled(text in r"([$\\{}()ab]|\$\{|two|loop|.){0,40}", escaping: bool) {
            let expansion = expand(&text, escaping, lookup);
            prop_assert_eq!(expansion.text.is_some(), expansion.gaps.is_empty());
        }

        /// Whatever is missing is named, and with that given there is no gap.
        #[test]
        fn giving_what_is_missing_closes_every_gap(names in proptest::collection::vec("[a-z]{1,5}", 0..8)) {
            let text = names.iter().map(|name| format!("<${{{name}}}>")).collect::<Vec<_>>().concat();
            let nothing = expand(&text, false, |name| Err(missing(name)));
            let wanted: BTreeSet<_> = names.iter().map(|name| missing(name)).collect();
            prop_assert_eq!(nothing.gaps, wanted);
            let all = expand(&text, false, |name| Ok(name.to_uppercase()));
            let expected = names.iter().map(|name| format!("<{}>", name.to_uppercase())).collect::<Vec<_>>().concat();
            prop_assert_eq!(all.text, Some(expected));
        }
    }
}
