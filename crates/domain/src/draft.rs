//! Edits as they may be kept on disk: what differs from the row or the profile, and never a secret.

use crate::arguments::{MASK, RuntimeArguments};
use crate::id::TaskId;
use crate::secret::Secrets;
use crate::time::Timestamp;
use crate::variable::VariableName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How the arguments of a run differ from those of a row. It can be applied to any row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentEdit {
    /// Those that are changed or added.
    #[serde(default)]
    pub set: RuntimeArguments,
    /// Those that are left out.
    #[serde(default)]
    pub left_out: BTreeSet<String>,
}

/// What was edited and not saved when the program ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// When it ended.
    pub at: Timestamp,
    /// The texts of the variables that were edited.
    #[serde(default)]
    pub variables: BTreeMap<VariableName, String>,
    /// The edits of the next run, by task.
    #[serde(default)]
    pub arguments: BTreeMap<TaskId, ArgumentEdit>,
    /// The name that was being typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<TypedName>,
}

impl Draft {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.arguments.is_empty() && self.typed.is_none()
    }
}

/// A name that was being typed in the form of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedName {
    /// The task of the row.
    pub task: TaskId,
    /// What it is a name of.
    pub of: NameOf,
    /// What was typed.
    pub text: String,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameOf {
    /// Another argument.
    Argument,
    /// A preset.
    Preset,
}

impl NameOf {
    /// In words: what is typed into such a field.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Argument => "the name of an argument",
            Self::Preset => "the name of a preset",
        }
    }
}

/// What is kept for a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptEdits {
    /// What was not saved the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    /// Edits of arguments that were saved under a name.
    #[serde(default)]
    pub presets: BTreeMap<String, ArgumentEdit>,
}

/// A change of what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptChange {
    /// Another draft, or none any more.
    Draft(Option<Draft>),
    /// Saves a preset under a name, over the one before.
    Save(String, ArgumentEdit),
    /// Forgets the preset of a name.
    Forget(String),
}

impl KeptEdits {
    /// Makes the change.
    pub fn apply(&mut self, change: &KeptChange) {
        match change {
            KeptChange::Draft(draft) => self.draft.clone_from(draft),
            KeptChange::Save(name, edit) => drop(self.presets.insert(name.clone(), edit.clone())),
            KeptChange::Forget(name) => drop(self.presets.remove(name)),
        }
    }
}

impl ArgumentEdit {
    /// What differs between a row and the arguments of a run, and the names of those that cannot be kept because
    /// they are secrets.
    pub fn between(row: &RuntimeArguments, run: &RuntimeArguments, secrets: &Secrets) -> (Self, Vec<String>) {
        let shown = secrets.redact(run);
        let (mut edit, mut secret) = (Self::default(), Vec::new());
        for (name, value) in run.iter().filter(|(name, value)| row.get(name) != Some(value)) {
            if shown.get(name) == Some(value) && !value.contains(MASK) {
                edit.set.insert(name, value);
            } else {
                secret.push(name.to_owned());
            }
        }
        let gone = row.iter().filter(|(name, _)| run.get(name).is_none());
        edit.left_out = gone.map(|(name, _)| name.to_owned()).collect();
        (edit, secret)
    }

    /// The arguments of a row with this edit.
    #[must_use]
    pub fn applied_to(&self, row: &RuntimeArguments) -> RuntimeArguments {
        let mut arguments = row.clone();
        for name in &self.left_out {
            arguments.remove(name);
        }
        for (name, value) in self.set.iter() {
            arguments.insert(name, value);
        }
        arguments
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.left_out.is_empty() && self.set.iter().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_is_left_out_and_named() {
        let mut secrets = Secrets::default();
        let row = RuntimeArguments::from_iter([("db_password", "***"), ("table", "a"), ("old", "1")]);
        let run = RuntimeArguments::from_iter([
            ("db_password", "hunter2000"),
            ("table", "b"),
            ("copy_of_it", "x hunter2000"),
        ]);
        secrets.learn(&run);
        let (edit, left_out) = ArgumentEdit::between(&row, &run, &secrets);
        assert_eq!(left_out, ["copy_of_it", "db_password"]);
        assert!(!serde_json::to_string(&edit).unwrap().contains("hunter2000"));
        let applied = edit.applied_to(&row);
        let expected = [("db_password", "***"), ("table", "b")];
        assert_eq!(applied, expected.into_iter().collect());
    }

    fn arguments() -> impl Strategy<Value = RuntimeArguments> {
        prop::collection::btree_map("[a-d]", "[xyz\r\n\t]{0,3}", 0..4).prop_map(RuntimeArguments::from_iter)
    }

    proptest! {
        #[test]
        fn an_edit_is_kept_exactly(row in arguments(), run in arguments()) {
            let (edit, secret) = ArgumentEdit::between(&row, &run, &Secrets::default());
            let read: ArgumentEdit = serde_json::from_str(&serde_json::to_string(&edit).unwrap()).unwrap();
            prop_assert!(secret.is_empty());
            prop_assert_eq!(read.applied_to(&row), run.clone());
            prop_assert_eq!(edit.is_empty(), row == run);
        }
    }
}
