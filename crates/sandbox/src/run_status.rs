//! The statuses of a pipeline run, by CDAP's names. Scenarios name them, and CDAP shows them.

use serde::{Deserialize, Serialize};

/// The status of a pipeline run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// Waits for a place to run.
    Pending,
    /// Has one, does not work yet.
    Starting,
    /// Works.
    Running,
    /// Pauses before its next node.
    Suspended,
    /// Exists as a name that a list may ask for; no run is ever in it here.
    Resuming,
    /// Was asked to stop.
    Stopping,
    /// Did its work.
    Completed,
    /// Broke.
    Failed,
    /// Was stopped.
    Killed,
    /// Was refused by flow control.
    Rejected,
}

impl RunStatus {
    /// By its name in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(name.to_ascii_uppercase())).ok()
    }

    /// Whether it can never change again.
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Killed | Self::Rejected
        )
    }

    /// Whether it waits or starts.
    pub const fn is_launching(self) -> bool {
        matches!(self, Self::Pending | Self::Starting)
    }

    /// How many statuses share this one's table: the factor of the limit-before-filter trap.
    pub const fn siblings(self) -> usize {
        match self {
            Self::Pending | Self::Starting | Self::Running => 1,
            Self::Suspended | Self::Resuming | Self::Stopping => 1,
            _ => 4,
        }
    }
}
