//! An argument of a pipeline run and where it comes from.

use crate::arguments::{MASK, RuntimeArguments};
use crate::secret::SecretNames;
use std::collections::BTreeSet;

/// An argument that a row or a run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedArgument<'a> {
    /// Its name.
    pub name: &'a str,
    /// The value that the run gets, masked if it is a secret; `None` if it was removed.
    pub value: Option<&'a str>,
    /// The value in the row, masked if it is a secret; `None` if the row does not have the argument.
    pub row_value: Option<&'a str>,
    /// Where the value comes from.
    pub source: ArgumentSource,
}

/// Where the value of an argument comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentSource {
    /// The column of the row that has the argument's name.
    Row,
    /// It was edited for this run; the row has another value.
    Edited,
    /// It was added for this run; the row does not have it.
    Added,
    /// The row has it; it was removed for this run.
    Removed,
    /// It was given for a pipeline run by hand.
    ByHand,
    /// The profile gives it to every run, and nothing nearer gives it.
    Profile,
    /// It is the variable of the same name: the pipeline looks it up, and nothing else gives it.
    Variable,
}

impl ArgumentSource {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Edited => "edited",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::ByHand => "by_hand",
            Self::Profile => "profile",
            Self::Variable => "variable",
        }
    }
}

/// Every argument that the row or the run has, in the order of the names; without a row they were
/// given by hand. Which of them the profile gives, as an argument or as a variable, is not told here.
pub fn compare<'a>(
    row: Option<&'a RuntimeArguments>,
    run: &'a RuntimeArguments,
    secrets: &SecretNames,
) -> Vec<PlannedArgument<'a>> {
    let in_row = row.into_iter().flat_map(RuntimeArguments::iter);
    let names: BTreeSet<&str> = in_row.chain(run.iter()).map(|(name, _)| name).collect();
    let arguments = names.into_iter().map(|name| {
        let (before, value) = (row.and_then(|row| row.get(name)), run.get(name));
        let source = match (before, value) {
            _ if row.is_none() => ArgumentSource::ByHand,
            (Some(_), None) => ArgumentSource::Removed,
            (None, _) => ArgumentSource::Added,
            _ if before == value => ArgumentSource::Row,
            _ => ArgumentSource::Edited,
        };
        // What is a secret for other reasons than its name is masked in the row already.
        let is_secret = secrets.contains(name) || before == Some(MASK);
        let masked = |value| if is_secret { MASK } else { value };
        PlannedArgument {
            name,
            value: value.map(masked),
            row_value: before.map(masked),
            source,
        }
    });
    arguments.collect()
}
