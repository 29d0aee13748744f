//! Tables and jobs of BigQuery by their addresses, and what a person does about them: Google's `bq` has a command for it,
//! the same in a log and on the screen.

use crate::id::JobId;
use crate::shell;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A dataset by its two names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetAddress {
    /// The project.
    pub project: String,
    /// The dataset.
    pub dataset: String,
}

/// A table by its three names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableAddress {
    /// The project.
    pub project: String,
    /// The dataset.
    pub dataset: String,
    /// The table.
    pub table: String,
}

impl TableAddress {
    /// `project.dataset.table`, as SQL writes it.
    pub fn path(&self) -> String {
        format!("{}.{}.{}", self.project, self.dataset, self.table)
    }
}

/// `project:dataset.table`, as `bq` writes it.
impl fmt::Display for TableAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}.{}", self.project, self.dataset, self.table)
    }
}

/// A table, and the last moment at which it had its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRestore {
    /// The table.
    #[serde(flatten)]
    pub table: TableAddress,
    /// On BigQuery's clock.
    pub at: Timestamp,
}

impl TableRestore {
    /// For a table that a job emptied which began at `started`.
    pub fn before(table: TableAddress, started: Timestamp) -> Self {
        Self {
            table,
            at: started - Duration::from_millis(1),
        }
    }

    /// The command for a shell. `-f` because the table exists and is replaced.
    pub fn command(&self) -> String {
        let (table, millis) = (&self.table, self.at.millis());
        let (from, to) = (format!("{table}@{millis}"), table.to_string());
        format!("bq cp -f {} {}", shell::word(&from), shell::word(&to))
    }

    /// The command in a sentence, and what else it does.
    pub fn text(&self) -> String {
        let command = self.command();
        format!(
            "To get the rows back: `{command}`, within the dataset's time travel (7 days by default). It replaces \
             what was loaded since."
        )
    }
}

/// A job of BigQuery and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobAddress {
    /// The project that it runs in.
    pub project: String,
    /// The location that it runs in.
    pub location: String,
    /// The job.
    pub job: JobId,
}

impl JobAddress {
    /// How to look at the job, in a sentence.
    pub fn text(&self) -> String {
        let Self {
            project,
            location,
            job,
        } = self;
        let address = shell::word(&format!("{project}:{location}.{job}"));
        format!("To look at the job: `bq show -j {address}`; to cancel it: `bq cancel {address}`.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(project: &str, table: &str) -> TableAddress {
        TableAddress {
            project: project.into(),
            dataset: "cdf_output".into(),
            table: table.into(),
        }
    }

    #[test]
    fn a_restore_names_the_millisecond_before_the_job() {
        let restore =
            TableRestore::before(table("p-1", "landing"), Timestamp::from_millis(1_795_428_000_500));
        let command = "bq cp -f p-1:cdf_output.landing@1795428000499 p-1:cdf_output.landing";
        assert_eq!(restore.command(), command);
        assert!(restore.text().contains(command), "{}", restore.text());
    }

    #[test]
    fn names_are_safe_in_a_shell() {
        for (project, name, written) in [
            ("example.com:old", "t", "example.com:old:cdf_output.t"),
            ("p", "my table", "'p:cdf_output.my table'"),
            ("p", "tä", "'p:cdf_output.tä'"),
            ("p", "a'; rm -rf ~; '", r"'p:cdf_output.a'\''; rm -rf ~; '\'''"),
            ("$(id)", "`id`", "'$(id):cdf_output.`id`'"),
        ] {
            let restore = TableRestore::before(table(project, name), Timestamp::from_millis(1));
            assert!(
                restore.command().ends_with(&format!(" {written}")),
                "{}",
                restore.command()
            );
        }
    }
}
