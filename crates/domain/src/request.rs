//! What a run was asked to do.

mod written;

use crate::arguments::{MASK, RuntimeArguments, TYPED_MASK};
use crate::finding::Finding;
use crate::id::TaskId;
use crate::key::RowName;
use crate::secret::Secrets;
use crate::variable::{VariableName, Variables};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use written::Written;

/// What was asked for when the run was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct RunRequest {
    /// The profile it runs in.
    pub profile: String,
    /// The variables, as they were at that moment.
    pub variables: Variables,
    /// The whole chain, or one pipeline by hand.
    pub scope: Scope,
    /// Arguments that the profile gives every pipeline run: the row, an edit, or the arguments of a pipeline by hand go
    /// before them.
    pub arguments: RuntimeArguments,
    /// Arguments that were edited for this run, by task: they replace what the row gives.
    pub edits: BTreeMap<TaskId, RuntimeArguments>,
    /// The only rows of the chain that run; all active ones if it is empty.
    pub only: BTreeSet<RowName>,
    /// Whether the output table may be emptied although it cannot be seen that the pipeline fills it.
    pub allow_unresolved_sink: bool,
    /// Whether one pipeline by hand may run while another run fills the same table.
    pub beside: bool,
}

/// How much of the chain a run executes.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// `start`, `truncate_table`, `get_configuration`, `filter_arguments`, the pipelines, `end`.
    Chain,
    /// One pipeline run with these arguments; nothing is truncated and no configuration is read.
    Single(RuntimeArguments),
}

impl RunRequest {
    /// A request of this scope and no more: every active row, no arguments of the profile, no edits, no exceptions.
    pub fn new(profile: impl Into<String>, variables: Variables, scope: Scope) -> Self {
        Self {
            profile: profile.into(),
            variables,
            scope,
            arguments: RuntimeArguments::default(),
            edits: BTreeMap::new(),
            only: BTreeSet::new(),
            allow_unresolved_sink: false,
            beside: false,
        }
    }

    /// What stands against the variables; a pipeline by hand needs no output table.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = self.variables.check();
        if self.scope != Scope::Chain && !self.variables.has_output_table() {
            findings.retain(|finding| finding.about != VariableName::BqOutputTable.as_str());
        }
        findings
    }

    /// The task of the row that a pipeline by hand loads; `None` if its arguments name no row.
    pub fn task_by_hand(&self, arguments: &RuntimeArguments) -> Option<TaskId> {
        let row = self.variables.key_columns.row_of(arguments);
        row.map(|row| row.task())
    }

    /// Masks the secrets in place. An edited one that is masked already is the row's and stays so; one
    /// that was typed gets a mask of its own, because the table does not have it.
    pub fn redact(&mut self, secrets: &Secrets) {
        if let Scope::Single(arguments) = &mut self.scope {
            *arguments = secrets.redact(arguments);
        }
        self.arguments = secrets.redact(&self.arguments);
        for edited in self.edits.values_mut() {
            let masked = secrets.redact(edited);
            let values = edited.iter().map(|(name, value)| {
                let shown = masked.get(name).unwrap_or(MASK);
                let is_typed = shown.contains(MASK) && !value.contains(MASK);
                (
                    name,
                    if is_typed {
                        TYPED_MASK
                    } else if value.contains(MASK) {
                        value
                    } else {
                        shown
                    },
                )
            });
            *edited = values.collect();
        }
        for arguments in &mut self.variables.cdf_pipeline_run_arguments.0 {
            *arguments = secrets.redact(arguments);
        }
    }
}
