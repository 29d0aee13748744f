//! What a run was asked to do.

use crate::arguments::RuntimeArguments;
use crate::id::TaskId;
use crate::variable::Variables;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was asked for when the run was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The profile it runs in.
    pub profile: String,
    /// The variables, as they were at that moment.
    pub variables: Variables,
    /// The whole chain, or one pipeline by hand.
    pub scope: Scope,
    /// Arguments that were edited for this run, by task: they replace what the row gives.
    #[serde(default)]
    pub edits: BTreeMap<TaskId, RuntimeArguments>,
}

/// How much of the chain a run executes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// `start`, `truncate_table`, `get_configuration`, `filter_arguments`, the pipelines, `end`.
    Chain,
    /// One pipeline run with these arguments; nothing is truncated and no configuration is read.
    Single(RuntimeArguments),
}
