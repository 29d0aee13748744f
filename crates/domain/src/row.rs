//! The configuration table as rows: which are active, in which order they start, the arguments of each,
//! and what is wrong with the table. No row is left out without a finding.

mod read;

use crate::arguments::RuntimeArguments;
use crate::finding::{Finding, Severity};
use crate::id::TaskId;
use crate::key::RowName;
use crate::secret::Secrets;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A row of the configuration table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationRow {
    /// The task that an active row becomes.
    pub task: TaskId,
    /// What names it.
    #[serde(flatten)]
    pub name: RowName,
    /// Whether it gives a pipeline run.
    pub active: bool,
    /// Smaller starts first; 100 if the row has none, as the table's own default is.
    pub priority: i64,
    /// `timeout_seconds`, if the row has it.
    #[serde(rename = "timeout_seconds", with = "crate::time::maybe_seconds")]
    pub timeout: Option<Duration>,
    /// `max_retries`, if the row has it.
    pub max_retries: Option<u32>,
    /// Free text.
    pub description: Option<String>,
    /// The arguments of its pipeline run.
    pub arguments: RuntimeArguments,
}

impl ConfigurationRow {
    /// The sort key of the starts: the smallest priority first, then by name.
    pub const fn start_order(&self) -> (i64, &RowName) {
        (self.priority, &self.name)
    }
}

/// The configuration table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The rows in the order of [`ConfigurationRow::start_order`].
    pub rows: Vec<ConfigurationRow>,
    /// What was found in the table; an error stops the run.
    pub findings: Vec<Finding>,
    /// How many rows the table has.
    pub total_rows: u64,
}

impl Configuration {
    /// The rows that run.
    pub fn active(&self) -> impl Iterator<Item = &ConfigurationRow> {
        self.rows.iter().filter(|row| row.active)
    }

    /// The row of a task, an inactive one too.
    pub fn row(&self, task: &TaskId) -> Option<&ConfigurationRow> {
        self.rows.iter().find(|row| row.task == *task)
    }

    /// Masks the secrets in place.
    pub fn redact(&mut self, secrets: &Secrets) {
        for row in &mut self.rows {
            row.arguments = secrets.redact(&row.arguments);
            if let Some(description) = &mut row.description {
                secrets.strike_in(description);
            }
        }
        for finding in &mut self.findings {
            secrets.strike_finding(finding);
        }
    }

    /// The first finding that stops a run.
    pub fn error(&self) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.severity == Severity::Error)
    }
}

/// A column of the configuration table, by BigQuery's name of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationColumn {
    /// Its name.
    pub name: String,
    /// `BOOLEAN`, `STRING`, `INTEGER` …
    pub kind: String,
}

/// The name of the task of a row with the usual keys.
pub fn task_id(business_unit: &str, data_source: &str) -> TaskId {
    RowName::usual(business_unit, data_source).task()
}
