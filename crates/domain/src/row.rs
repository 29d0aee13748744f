//! The configuration table as rows: which are active, in which order they start, what each one gives
//! its pipeline run, and what is wrong with the table. Nothing is left out in silence.

mod read;

use crate::arguments::RuntimeArguments;
use crate::finding::{Finding, Severity};
use crate::id::TaskId;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A row of the configuration table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationRow {
    /// The task that an active row becomes.
    pub task: TaskId,
    /// `business_unit`.
    pub business_unit: String,
    /// `data_source`.
    pub data_source: String,
    /// Whether it is run.
    pub active: bool,
    /// Smaller starts first; 100 when the row says nothing, as in the table's own default.
    pub priority: i64,
    /// `timeout_seconds`, if the row has it.
    #[serde(rename = "timeout_seconds", with = "crate::time::maybe_seconds")]
    pub timeout: Option<Duration>,
    /// `max_retries`, if the row has it.
    pub max_retries: Option<u32>,
    /// Free text.
    pub description: Option<String>,
    /// What its pipeline run gets.
    pub arguments: RuntimeArguments,
}

/// The configuration table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The rows by priority, then by key.
    pub rows: Vec<ConfigurationRow>,
    /// What is to be said about the table; an error stops the run.
    pub findings: Vec<Finding>,
    /// How many rows the table has.
    pub total_rows: u64,
}

impl Configuration {
    /// The rows that are run, in the order of their start.
    pub fn active(&self) -> impl Iterator<Item = &ConfigurationRow> {
        self.rows.iter().filter(|row| row.active)
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

/// The name of the task of a row.
pub fn task_id(business_unit: &str, data_source: &str) -> TaskId {
    TaskId::new(format!("start_pipeline_{business_unit}_{data_source}"))
}
