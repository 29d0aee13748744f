//! What must not be written or shown, and its replacement by a mask.
//!
//! A value is a secret if the name of its argument says so (`secret/name.rs`), or if it stands where
//! secrets stand, such as the password in an address (`secret/pattern.rs`) or in the list of arguments that CDAP
//! logs (`secret/list.rs`). Once learned, a value is
//! struck wherever it occurs (`secret/needle.rs`): in reasons, findings, logs, under another name. Tasks
//! and runs are named by `business_unit` and `data_source`; those are never struck.
//!
//! Secrets are never part of `Debug`.

mod list;
mod name;
mod needle;
mod pattern;

pub use name::{SecretNames, is_password_property, looks_secret};

use crate::arguments::{MASK, RuntimeArguments};
use crate::failure::Failure;
use crate::finding::Finding;
use crate::remedy::Remedy;
use crate::sanitize;
use needle::Needles;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Names and values of secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    names: SecretNames,
    values: Needles,
    /// Values of other arguments by their names in lower case: a name may be known to be a secret later.
    others: BTreeMap<String, BTreeSet<String>>,
    /// Names of arguments: they tell where a value ends in a list that has no quotes.
    arguments: BTreeSet<String>,
}

impl Secrets {
    /// Adds names whose values are secrets.
    pub fn add_names(&mut self, names: impl IntoIterator<Item = String>) {
        self.names.extend(names);
        for (_, values) in self.others.iter().filter(|(name, _)| self.names.contains(name)) {
            values
                .iter()
                .for_each(|value| learn_whole(&mut self.values, value));
        }
    }

    /// The names of secrets.
    pub fn names(&self) -> &SecretNames {
        &self.names
    }

    /// Learns a value that is a secret whatever its name.
    pub fn learn_value(&mut self, value: &str) {
        learn_whole(&mut self.values, value);
    }

    /// Learns the secret values among these arguments.
    pub fn learn(&mut self, arguments: &RuntimeArguments) {
        for (name, value) in arguments.iter() {
            if !self.arguments.contains(name) {
                self.arguments.insert(name.to_owned());
            }
            if self.names.contains(name) {
                learn_whole(&mut self.values, value);
            } else {
                let values = self.others.entry(name.to_lowercase()).or_default();
                values.insert(value.to_owned());
            }
            for found in pattern::find(value, &self.names) {
                if found.is_certain {
                    self.values.insert(&value[found.range]);
                }
            }
        }
    }

    /// A text without secrets.
    pub fn strike<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.values.strike(text);
        let found = pattern::find(&known, &self.names)
            .into_iter()
            .map(|found| found.range);
        let listed = list::find(&known, &self.names, &self.arguments);
        let places: Vec<_> = listed.into_iter().chain(found).collect();
        if places.is_empty() {
            return known;
        }
        Cow::Owned(needle::replace(&known, places).into_owned())
    }

    /// A text from outside without secrets and without control characters. Neither hides the other: a
    /// value is struck before an escape sequence in it is removed, and after.
    pub fn clean(&self, text: &str) -> String {
        let struck = self.strike(text);
        let clean = sanitize::text(&struck);
        self.strike(&clean).into_owned()
    }

    /// Arguments without secrets.
    #[must_use]
    pub fn redact(&self, arguments: &RuntimeArguments) -> RuntimeArguments {
        arguments
            .iter()
            .map(|(name, value)| (name, self.value(name, value)))
            .collect()
    }

    /// The value of an argument as it may be shown.
    fn value<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        if self.names.contains(name) {
            return Cow::Borrowed(MASK);
        }
        if SecretNames::is_never_secret(name) {
            return Cow::Borrowed(value);
        }
        self.strike(value)
    }

    /// A list as JSON on one line: what is written to `cdf_pipeline_run_arguments`.
    pub fn to_json(&self, list: &[RuntimeArguments]) -> String {
        let redacted: Vec<_> = list.iter().map(|arguments| self.redact(arguments)).collect();
        serde_json::to_string(&redacted).unwrap_or_else(|_| "[]".into())
    }

    /// Strikes a text in place.
    pub fn strike_in(&self, text: &mut String) {
        if let Cow::Owned(struck) = self.strike(text) {
            *text = struck;
        }
    }

    /// Strikes a failure in place.
    pub fn strike_failure(&self, failure: &mut Failure) {
        self.strike_in(&mut failure.reason);
        self.strike_remedies(&mut failure.remedies);
    }

    /// Strikes a finding in place.
    pub fn strike_finding(&self, finding: &mut Finding) {
        self.strike_in(&mut finding.about);
        self.strike_in(&mut finding.message);
        self.strike_remedies(&mut finding.remedies);
    }

    fn strike_remedies(&self, remedies: &mut [Remedy]) {
        for remedy in remedies {
            if let Remedy::Text(text) = remedy {
                self.strike_in(text);
            }
        }
    }
}

/// Learns a secret value, and what follows the scheme of a header in it: a server repeats the one or the other.
fn learn_whole(values: &mut Needles, value: &str) {
    values.insert(value);
    if let Some((scheme, rest)) = value.trim().split_once(' ')
        && ["basic", "bearer", "token"].contains(&scheme.to_lowercase().as_str())
    {
        values.insert(rest);
    }
}

/// Says nothing of what is in it.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(pairs: &[(&str, &str)]) -> RuntimeArguments {
        pairs.iter().copied().collect()
    }

    fn learned(pairs: &[(&str, &str)]) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add_names(["db_word".to_owned()]);
        secrets.learn(&arguments(pairs));
        secrets
    }

    #[test]
    fn the_value_behind_the_scheme_of_a_header_is_struck_alone_too() {
        for (scheme, name) in [
            ("Basic", "authorization"),
            ("bearer", "auth_header"),
            ("token", "db_word"),
        ] {
            let value = format!("{scheme} hunterAUT");
            let secrets = learned(&[(name, &value)]);
            assert_eq!(
                secrets.strike("refused hunterAUT, sent"),
                "refused ***, sent",
                "{name}"
            );
            assert_eq!(secrets.strike(&value), "***", "{name}");
        }
    }

    #[test]
    fn arguments_are_masked_by_name_by_place_and_by_value() {
        let given = arguments(&[
            ("db_password", "hunter2"),
            ("db_word", "sesame-9"),
            ("downbeat.token", "t"),
            ("jdbc", "jdbc:mysql://h/x?user=u&password=inline-1"),
            ("note", "uses hunter2 and sesame-9"),
            ("source", "mysql://u:in-url@h/x"),
            ("token_type", "Bearer"),
        ]);
        let mut secrets = learned(&[]);
        secrets.learn(&given);
        assert_eq!(
            secrets.to_json(std::slice::from_ref(&given)),
            concat!(
                r#"[{"db_password":"***","db_word":"***","downbeat.token":"t","#,
                r#""jdbc":"jdbc:mysql://h/x?user=u&password=***","note":"uses *** and ***","#,
                r#""source":"mysql://u:***@h/x","token_type":"Bearer"}]"#
            )
        );
        let redacted = secrets.redact(&given);
        assert_eq!(secrets.redact(&redacted), redacted);
        let masked: Vec<_> = redacted.masked().collect();
        assert_eq!(masked, ["db_password", "db_word", "jdbc", "note", "source"]);
    }

    #[test]
    fn the_first_line_of_a_log_has_no_secret_whatever_is_in_the_value() {
        let line = |password: &str| {
            format!(
                "Pipeline 'x' is started by user 'root' with arguments {{a=1, db_password={password}, downbeat.token=t, z=2}}"
            )
        };
        let masked = line(MASK);
        for password in ["hunter2", "hun,ter2", "hun ter, 2", "{hun}ter}2", "a, b=c}", "ab"] {
            // Known by its value.
            let given = [
                ("a", "1"),
                ("db_password", password),
                ("z", "2"),
                ("downbeat.token", "t"),
            ];
            assert_eq!(learned(&given).strike(&line(password)), masked, "{password}");
            // After a restart the value is not known, but the names are.
            let journalled = [
                ("a", "1"),
                ("db_password", MASK),
                ("z", "2"),
                ("downbeat.token", "t"),
            ];
            assert_eq!(learned(&journalled).strike(&line(password)), masked, "{password}");
        }
    }

    #[test]
    fn an_echo_has_no_secret() {
        let secrets = learned(&[("db_word", "p@ss, w=rd"), ("url", "https://u:t%40ken@h")]);
        for echo in [
            r#"400, {"db_word":"p@ss, w\u003drd"} is not valid"#,
            "cannot connect to mysql://u:p%40ss%2C%20w%3Drd@h",
            "db_word is p@ss, w=rd!",
            "Authorization: Bearer abc.def-123",
            "fetching https://u:t%40ken@h failed",
        ] {
            let struck = secrets.strike(echo);
            assert!(struck.contains(MASK), "{struck}");
            for part in ["p@ss", "w=rd", "w\\u003d", "p%40ss", "abc.def", "t%40ken"] {
                assert!(!struck.contains(part), "{struck}");
            }
            assert_eq!(secrets.strike(&struck), struck);
        }
    }

    #[test]
    fn a_name_may_be_known_after_its_value() {
        let mut secrets = Secrets::default();
        secrets.learn(&arguments(&[("Db_Word", "sesame-9")]));
        assert_eq!(secrets.strike("sesame-9"), "sesame-9");
        secrets.add_names(["db_word".to_owned()]);
        assert_eq!(secrets.strike("sesame-9"), MASK);
    }

    #[test]
    fn an_escape_sequence_does_not_hide_a_secret() {
        let secrets = learned(&[("db_word", "sesame-9")]);
        assert_eq!(
            secrets.clean("a ses\u{1b}[0mame-9\u{1b}]52;c;x\u{7} b"),
            "a *** b"
        );
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let secrets = learned(&[
            ("db_password", "hunter2"),
            ("token_type", "Bearer"),
            ("pass", "hr"),
        ]);
        for text in [
            "start_pipeline_hr_engineer: success",
            "The password: it is wrong. Check the key of hr.",
            "a token of type Bearer",
            "{a=1, b=2} and {\"x\": 1}",
            "tableKey=5, watermark_column=id",
        ] {
            assert_eq!(secrets.strike(text), text);
        }
    }

    #[test]
    fn debug_says_nothing() {
        let secrets = learned(&[("db_password", "hunter2")]);
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }
}
