//! The statuses of a pipeline run, by CDAP's names. Scenarios name them, and CDAP shows them.

use serde::{Deserialize, Serialize};
use strum::EnumString;

/// The status of a pipeline run. Parsed from its name in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString)]
#[serde(rename_all = "UPPERCASE")]
#[strum(ascii_case_insensitive)]
pub enum RunStatus {
    /// Waits for a cluster.
    Pending,
    /// Has a cluster, and does not work yet.
    Starting,
    /// Works.
    Running,
    /// Pauses before its next node.
    Suspended,
    /// Lists may ask for it; no run ever has it here.
    Resuming,
    /// Was asked to stop, and still works.
    Stopping,
    /// Ended well.
    Completed,
    /// Ended with an error.
    Failed,
    /// Ended because it was stopped.
    Killed,
    /// Was refused by flow control.
    Rejected,
}

impl RunStatus {
    /// Whether it can never change again.
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Killed | Self::Rejected
        )
    }

    /// Whether it counts as launching for flow control.
    pub const fn is_launching(self) -> bool {
        matches!(self, Self::Pending | Self::Starting)
    }

    /// How many statuses CDAP keeps in the same table as this one. A list with a status reads `limit` rows for each
    /// of them before it filters.
    pub const fn statuses_in_table(self) -> usize {
        if self.is_end() { 4 } else { 1 }
    }
}
