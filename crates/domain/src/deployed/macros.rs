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
    /// An argument that only a preference can give, and the preferences cannot be read.
    MayBePreference(String),
    /// An argument that a stage of the pipeline sets while it runs.
    SetBy {
        /// The argument.
        name: String,
        /// The stage.
        stage: String,
    },
    /// An argument that a stage of the pipeline may set: which ones it sets is not known here.
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
/// the meaning from the character after it.
pub fn expand<'v>(text: &str, escaping: bool, lookup: impl Fn(&str) -> Result<&'v str, Gap>) -> Expansion {
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

/// What stands in the macros of a text if none of them is inside another or escaped.
pub fn plain(text: &str) -> Option<Vec<&str>> {
    let mut inner = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let (found, after) = after.split_once('}')?;
        inner.push(found.trim());
        rest = after;
    }
    let is_plain = !text.contains('\\') && !inner.iter().any(|found| has_macro(found));
    is_plain.then_some(inner)
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

impl<'v, L: Fn(&str) -> Result<&'v str, Gap>> Expander<L> {
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
        let backslashes = text[..at]
            .iter()
            .rev()
            .take_while(|letter| **letter == Some('\\'));
        self.escaping && backslashes.count() % 2 == 1
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
