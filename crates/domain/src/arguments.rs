//! Runtime arguments: what one active row gives its pipeline run.
//!
//! `arguments/parse.rs` reads lists of them, in JSON and in the case study's single-quoted form;
//! `arguments/given.rs` reads those of one pipeline by hand.

mod given;
mod parse;

pub use given::{parse_file, parse_pairs};
pub use parse::{ArgumentsError, parse_list};

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Shown and written instead of a secret value, or instead of the secret in a value.
///
/// Among the edited arguments of a request it stands for what the row has.
pub const MASK: &str = "***";

/// Written instead of an edited value that a person typed: the row does not have it.
pub const TYPED_MASK: &str = "*** (typed)";

/// The longest value that is sent: a run list repeats every argument of every run.
const LONGEST_VALUE: usize = 100_000;

/// Names and values, in the order of the names.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuntimeArguments(BTreeMap<String, String>);

impl RuntimeArguments {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a name that steers us: as it is spelled here, else in another case. Pipelines tell
    /// names apart by case, so nothing else may be looked up like this.
    pub fn get_in_any_case(&self, name: &str) -> Option<&str> {
        let in_any_case = || self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        self.get(name).or_else(|| Some(in_any_case()?.1))
    }

    /// Sets a value, replacing the one before.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes a name.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Takes each argument of the other ones whose name is not here; returns their names.
    pub fn fill(&mut self, others: &Self) -> BTreeSet<String> {
        let missing = others.0.iter().filter(|(name, _)| !self.0.contains_key(*name));
        let missing: Vec<_> = missing
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let names = missing.iter().map(|(name, _)| name.clone()).collect();
        self.0.extend(missing);
        names
    }

    /// Takes the new value of each argument that is as it was before, so that an edit changes nothing else.
    pub fn rebase(&mut self, before: &Self, now: &Self) {
        for (name, value) in now.iter().filter(|(name, value)| before.get(name) != Some(value)) {
            if self.get(name) == before.get(name) {
                self.insert(name, value);
            }
        }
        let is_gone = |name: &str, value: &str| now.get(name).is_none() && before.get(name) == Some(value);
        self.0.retain(|name, value| !is_gone(name, value));
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names whose values are not all here: a secret was masked when they were written.
    pub fn masked(&self) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(|(_, value)| value.contains(MASK))
            .map(|(name, _)| name)
    }

    /// What is wrong with one argument, in a sentence; `None` if it may be sent.
    pub fn fault(name: &str, value: &str) -> Option<String> {
        if name.is_empty() || name.chars().any(char::is_control) {
            return Some("An argument needs a name without control characters.".into());
        }
        if name == crate::pipeline::TOKEN_ARGUMENT {
            return Some(format!(
                "{name} is set by Downbeat for each start; choose another name."
            ));
        }
        if name == crate::pipeline::LOGICAL_START_ARGUMENT && value.parse::<i64>().is_err() {
            return Some(format!(
                "{name} must be whole milliseconds since 1970, such as 1681380686000."
            ));
        }
        (value.len() > LONGEST_VALUE).then(|| format!("{name} is longer than {LONGEST_VALUE} bytes."))
    }
}

/// The names only: any value may turn out to be a secret.
impl fmt::Debug for RuntimeArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for RuntimeArguments {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_edited_follows_the_row() {
        let before =
            RuntimeArguments::from_iter([("same", "1"), ("edited", "1"), ("left_out", "1"), ("gone", "1")]);
        let now =
            RuntimeArguments::from_iter([("same", "2"), ("edited", "2"), ("left_out", "1"), ("new", "2")]);
        let mut edit =
            RuntimeArguments::from_iter([("same", "1"), ("edited", "x"), ("gone", "1"), ("added", "x")]);
        edit.rebase(&before, &now);
        let expected = [("added", "x"), ("edited", "x"), ("new", "2"), ("same", "2")];
        assert_eq!(edit, expected.into_iter().collect());
    }

    #[test]
    fn debug_has_no_values() {
        let arguments = RuntimeArguments::from_iter([("note", "hunter2")]);
        assert_eq!(format!("{arguments:?}"), r#"{"note"}"#);
    }

    #[test]
    fn faults_are_said() {
        assert_eq!(RuntimeArguments::fault("a", "b"), None);
        for (name, value) in [
            ("", "x"),
            ("a\n", "x"),
            ("downbeat.token", "x"),
            ("logical.start.time", "yesterday"),
        ] {
            assert!(RuntimeArguments::fault(name, value).is_some(), "{name}");
        }
    }
}
