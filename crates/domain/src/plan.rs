//! What a run will do: which pipelines in which order with which arguments, under which limits, what is
//! emptied first, and what was found.
//!
//! The only place where this is computed. The scheduler starts what a plan lists, in its order; the
//! preflight adds what it finds; the screen and `run --dry-run` show it. A plan changes nothing.

mod argument;
mod chosen;
mod deployment;
mod keys;
mod sinks;
mod text;

pub use argument::{ArgumentSource, PlannedArgument, compare};
pub use text::{Detail, LineKind, PlanLine};

use crate::arguments::{MASK, RuntimeArguments, TYPED_MASK};
use crate::check::Check;
use crate::finding::{Finding, Severity};
use crate::id::TaskId;
use crate::key::RowName;
use crate::request::{RunRequest, Scope};
use crate::row::{Configuration, ConfigurationRow};
use crate::secret::{SecretNames, Secrets};
use crate::service::Service;
use crate::variable::{VariableName, Variables};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a run will do.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What was asked for.
    pub request: RunRequest,
    /// The pipeline runs in the order of their starts; `None` while the configuration table is unread.
    pub pipelines: Option<Vec<PlannedStart>>,
    /// The variables that the deployed pipeline looks up, and that its runs get as arguments.
    pub passed: BTreeSet<VariableName>,
    /// Whether the output table is known to have no rows, so that emptying it loses nothing.
    pub output_is_empty: bool,
    /// Rows of the configuration table that give no pipeline run.
    pub left_out: Vec<LeftOut>,
    /// What was found, errors first; with an error the run does not start.
    pub findings: Vec<Finding>,
    /// What was looked at and is in order.
    pub checks: Vec<Check>,
}

/// What a preflight gives the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preflight {
    /// What was found; an error stands against the run.
    pub findings: Vec<Finding>,
    /// What was looked at and is in order.
    pub checks: Vec<Check>,
    /// How many rows of the configuration are active; nothing for a pipeline by hand.
    pub active: Option<u64>,
    /// The variables that the deployed pipeline looks up.
    pub passed: BTreeSet<VariableName>,
    /// The accounts whose tokens the calls carried, by service, as far as they are known.
    pub callers: BTreeMap<Service, String>,
}

/// One pipeline run of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStart {
    /// What is started.
    pub pipeline: PlannedPipeline,
    /// The arguments in the row; `None` for a pipeline run by hand.
    pub row: Option<RuntimeArguments>,
    /// The names of those that the profile gives, because nothing nearer does.
    pub common: BTreeSet<String>,
    /// The variables that are among its arguments because nothing else gave them.
    pub passed: BTreeSet<VariableName>,
}

/// A pipeline task as `filter_arguments` journals it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedPipeline {
    /// The task's id.
    pub task: TaskId,
    /// Smaller starts first.
    pub priority: i64,
    /// How long one try may take.
    #[serde(rename = "timeout_seconds", with = "crate::time::seconds")]
    pub timeout: Duration,
    /// How many tries it may use.
    pub allowed_tries: u32,
    /// What the pipeline gets. Secret-looking values are masked wherever this is written.
    pub arguments: RuntimeArguments,
}

/// A row that gives no pipeline run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What names it.
    pub name: RowName,
    /// Why, in a few words.
    pub reason: String,
}

/// The limits of a run, as the variables set them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many pipelines run at the same time.
    pub max_active: usize,
    /// How long one try of a pipeline may take, unless its row sets another time.
    pub timeout: Duration,
    /// How many tries a task may use, unless its row sets another number.
    pub tries: u32,
    /// The pause before the next try.
    pub retry_interval: Duration,
    /// How long the whole run may take.
    pub dag_timeout: Duration,
}

impl Limits {
    /// The limits that these variables set.
    pub fn new(variables: &Variables) -> Self {
        Self {
            max_active: usize::try_from(variables.max_active_pipelines).unwrap_or(usize::MAX),
            timeout: variables.pipeline_timeout(),
            tries: variables.cdf_pipeline_retries.saturating_add(1),
            retry_interval: variables.retry_interval(),
            dag_timeout: variables.dag_timeout(),
        }
    }
}

impl Plan {
    /// The plan of a request; without a configuration table its pipelines are not known yet, unless
    /// one is run by hand.
    pub fn new(request: RunRequest, configuration: Option<&Configuration>) -> Self {
        let mut plan = Self {
            findings: request.check(),
            checks: Vec::new(),
            pipelines: None,
            passed: BTreeSet::new(),
            output_is_empty: false,
            left_out: Vec::new(),
            request,
        };
        match &plan.request.scope {
            Scope::Single(arguments) => plan.pipelines = Some(vec![plan.start_by_hand(arguments)]),
            Scope::Chain => {
                if let Some(configuration) = configuration {
                    plan.read(configuration);
                }
            }
        }
        plan.sort_findings();
        plan
    }

    /// Adds the rows of the configuration table and what was found in it.
    pub fn read(&mut self, configuration: &Configuration) {
        let wanted = configuration.active().filter(|row| self.request.wants(row));
        let mut wanted: Vec<_> = wanted.collect();
        wanted.sort_by_key(|row| row.start_order());
        self.pipelines = Some(wanted.into_iter().map(|row| self.start_from_row(row)).collect());
        let rows = configuration.rows.iter();
        self.left_out = rows
            .filter_map(|row| chosen::left_out(&self.request, row))
            .collect();
        self.add(configuration.findings.iter().cloned());
        self.add(self.request.check_rows(configuration));
    }

    /// Adds findings.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
        self.sort_findings();
    }

    /// Adds what is in order.
    pub fn pass_check(&mut self, about: &str, result: impl Into<String>) {
        self.checks.push(Check::new(about, result));
    }

    /// The first error.
    pub fn error(&self) -> Option<&Finding> {
        self.findings
            .first()
            .filter(|finding| finding.severity == Severity::Error)
    }

    /// What the run's `start` has to know of the plan.
    pub fn into_preflight(self) -> Preflight {
        let starts = self.pipelines.as_ref().map(|starts| starts.len() as u64);
        Preflight {
            active: starts.filter(|_| self.request.scope == Scope::Chain),
            findings: self.findings,
            checks: self.checks,
            passed: self.passed,
            callers: BTreeMap::new(),
        }
    }

    /// The limits of the run.
    pub fn limits(&self) -> Limits {
        Limits::new(&self.request.variables)
    }

    /// Whether the output table is emptied before the first pipeline starts: not without a pipeline that fills it.
    pub fn empties_output(&self) -> bool {
        self.request.empties_output() && !self.is_idle()
    }

    /// Whether it is known that no pipeline starts.
    pub fn is_idle(&self) -> bool {
        self.pipelines.as_ref().is_some_and(Vec::is_empty)
    }

    /// The pipeline runs as they are journalled, in the order of their starts.
    pub fn into_pipelines(self) -> Vec<PlannedPipeline> {
        let starts = self.pipelines.into_iter().flatten();
        starts.map(|start| start.pipeline).collect()
    }

    fn start_from_row(&self, row: &ConfigurationRow) -> PlannedStart {
        let limits = self.limits();
        let edited = self.request.edits.get(&row.task);
        let mut arguments = edited.map_or_else(
            || row.arguments.clone(),
            |edited| unmasked(edited, &row.arguments),
        );
        let common = arguments.fill(&self.request.arguments);
        PlannedStart {
            pipeline: PlannedPipeline {
                task: row.task.clone(),
                priority: row.priority,
                timeout: row.timeout.unwrap_or(limits.timeout),
                allowed_tries: row
                    .max_retries
                    .map_or(limits.tries, |retries| retries.saturating_add(1)),
                arguments,
            },
            row: Some(row.arguments.clone()),
            common,
            passed: BTreeSet::new(),
        }
    }

    fn start_by_hand(&self, arguments: &RuntimeArguments) -> PlannedStart {
        let limits = self.limits();
        let mut given = arguments.clone();
        let common = given.fill(&self.request.arguments);
        PlannedStart {
            pipeline: PlannedPipeline {
                task: self
                    .request
                    .task_by_hand(arguments)
                    .unwrap_or_else(|| TaskId::new(format!("{}by_hand", TaskId::PIPELINE))),
                priority: 0,
                timeout: limits.timeout,
                allowed_tries: limits.tries,
                arguments: given,
            },
            row: None,
            common,
            passed: BTreeSet::new(),
        }
    }

    /// The same plan without secrets, to be shown.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        self.request.redact(secrets);
        let is_from_table = self.request.scope == Scope::Chain;
        for start in self.pipelines.iter_mut().flatten() {
            let (values, row) = (&start.pipeline.arguments, start.row.take().unwrap_or_default());
            let (mut shown, shown_row) = (secrets.redact(values), secrets.redact(&row));
            // Two masks look the same, whether the values are or not.
            for (name, value) in values
                .iter()
                .filter(|(name, value)| row.get(name).is_some_and(|row| row != *value))
            {
                if shown.get(name) == shown_row.get(name) && shown.get(name) != Some(value) {
                    shown.insert(name, TYPED_MASK);
                }
            }
            start.pipeline.arguments = shown;
            start.row = is_from_table.then_some(shown_row);
        }
        for finding in &mut self.findings {
            secrets.strike_finding(finding);
        }
        for check in &mut self.checks {
            check.redact(secrets);
        }
        self
    }

    fn sort_findings(&mut self) {
        self.findings.sort_by_key(|finding| Reverse(finding.severity));
    }
}

/// Edited arguments with the row's value for each that is masked: who edits does not see a secret.
fn unmasked(edited: &RuntimeArguments, row: &RuntimeArguments) -> RuntimeArguments {
    let values = edited.iter().map(|(name, value)| {
        let is_rows = value.contains(MASK) && value != TYPED_MASK;
        (name, row.get(name).filter(|_| is_rows).unwrap_or(value))
    });
    values.collect()
}

impl PlannedStart {
    /// Every argument that the row or the run has, in the order of the names.
    pub fn arguments(&self) -> Vec<PlannedArgument<'_>> {
        let mut arguments = compare(
            self.row.as_ref(),
            &self.pipeline.arguments,
            &SecretNames::default(),
        );
        for argument in &mut arguments {
            let is_variable = |variable: &VariableName| variable.as_str() == argument.name;
            if self.common.contains(argument.name) {
                argument.source = ArgumentSource::Profile;
            } else if self.passed.iter().any(is_variable) {
                argument.source = ArgumentSource::Variable;
            }
        }
        arguments
    }
}

#[cfg(test)]
mod tests;
