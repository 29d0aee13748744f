//! An argument of a pipeline run and where it comes from.

use crate::arguments::{MASK, RuntimeArguments, is_secret_name};
use std::collections::BTreeSet;

/// An argument that a row or a run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedArgument<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where its value comes from.
    pub source: ArgumentSource,
    row: Option<&'a str>,
    value: Option<&'a str>,
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
        }
    }
}

impl PlannedArgument<'_> {
    /// The value that the run gets, masked if it is a secret; `None` if it was removed.
    pub fn shown_value(&self) -> Option<&str> {
        self.masked(self.value)
    }

    /// The value in the row, masked if it is a secret; `None` if the row does not have the argument.
    pub fn shown_row_value(&self) -> Option<&str> {
        self.masked(self.row)
    }

    fn masked<'a>(&self, value: Option<&'a str>) -> Option<&'a str> {
        value.map(|value| if is_secret_name(self.name) { MASK } else { value })
    }
}

/// Every argument that the row or the run has, in the order of the names; without a row they were
/// given by hand.
pub fn compare<'a>(row: Option<&'a RuntimeArguments>, run: &'a RuntimeArguments) -> Vec<PlannedArgument<'a>> {
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
        PlannedArgument {
            name,
            source,
            row: before,
            value,
        }
    });
    arguments.collect()
}
