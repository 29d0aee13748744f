//! A pipeline run as CDAP reports it: its state, its cluster's end, its counts.
//!
//! States are CDAP's own (`ProgramRunStatus`); an unknown name is kept and counts as
//! unfinished, because a newer server must not turn a live run into a finished one.

use crate::id::{PipelineRunId, StartToken};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// `ProgramRunStatus` of CDAP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum PipelineState {
    /// Queued, or its cluster is being made ("Provisioning" in the product).
    Pending,
    /// The cluster is there, the program is being launched.
    Starting,
    /// It runs.
    Running,
    /// Paused.
    Suspended,
    /// Leaving a pause.
    Resuming,
    /// A stop was sent and is not over.
    Stopping,
    /// The only success.
    Completed,
    /// Ended by an error.
    Failed,
    /// Ended by a stop.
    Killed,
    /// Refused by flow control; nothing ran.
    Rejected,
    /// An unknown name; counts as unfinished.
    Other(String),
}

impl PipelineState {
    /// Whether the run is over for good.
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Killed | Self::Rejected
        )
    }

    /// CDAP's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "PENDING",
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Suspended => "SUSPENDED",
            Self::Resuming => "RESUMING",
            Self::Stopping => "STOPPING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
            Self::Rejected => "REJECTED",
            Self::Other(name) => name,
        }
    }

    /// The word that Data Fusion's own screens show.
    pub fn word(&self) -> &str {
        match self {
            Self::Pending => "Provisioning",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Suspended => "Suspended",
            Self::Resuming => "Resuming",
            Self::Stopping => "Stopping",
            Self::Completed => "Succeeded",
            Self::Failed => "Failed",
            Self::Killed => "Stopped",
            Self::Rejected => "Rejected",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for PipelineState {
    fn from(name: String) -> Self {
        match name.as_str() {
            "PENDING" => Self::Pending,
            "STARTING" => Self::Starting,
            "RUNNING" => Self::Running,
            "SUSPENDED" => Self::Suspended,
            "RESUMING" => Self::Resuming,
            "STOPPING" => Self::Stopping,
            "COMPLETED" => Self::Completed,
            "FAILED" => Self::Failed,
            "KILLED" => Self::Killed,
            "REJECTED" => Self::Rejected,
            _ => Self::Other(name),
        }
    }
}

impl From<PipelineState> for String {
    fn from(state: PipelineState) -> Self {
        state.as_str().to_owned()
    }
}

impl fmt::Display for PipelineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One line of a run list, reduced to what the scheduler decides by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineRun {
    /// The server's id.
    pub id: PipelineRunId,
    /// Its state.
    pub state: PipelineState,
    /// When the start was accepted (whole seconds on the wire).
    pub starting: Timestamp,
    /// Whether its cluster is gone (DEPROVISIONED or ORPHANED). Never true for REJECTED (measured).
    pub cluster_ended: bool,
    /// The run's own arguments, or that they cannot be seen yet.
    pub arguments: RunArguments,
}

impl PipelineRun {
    /// The token of the start request, if the record shows one.
    pub fn token(&self) -> Option<StartToken> {
        match &self.arguments {
            RunArguments::Visible(arguments) => arguments
                .get(TOKEN_ARGUMENT)
                .map(|token| StartToken::new(token.as_str())),
            RunArguments::Hidden => None,
        }
    }
}

/// The arguments in a run record.
#[derive(Clone, PartialEq, Eq)]
pub enum RunArguments {
    /// The user's arguments are there.
    Visible(BTreeMap<String, String>),
    /// A young record still shows the system's arguments (6.11, up to 2.3 s): undecided, not a stranger.
    Hidden,
}

/// The names only: any value may be a secret.
impl fmt::Debug for RunArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visible(arguments) => f.debug_set().entries(arguments.keys()).finish(),
            Self::Hidden => f.write_str("Hidden"),
        }
    }
}

/// The runtime argument that carries a [`StartToken`].
pub const TOKEN_ARGUMENT: &str = "downbeat.token";

/// The runtime argument that fixes the window of a run, in milliseconds since 1970.
pub const LOGICAL_START_ARGUMENT: &str = "logical.start.time";

/// Rows counted by one stage of a pipeline run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageCounts {
    /// The stage's name, verbatim.
    pub stage: String,
    /// `records.in`.
    pub read: u64,
    /// `records.out`. For a BigQuery sink this counts rows even of a load that failed (measured).
    pub written: u64,
    /// `records.error`.
    pub errors: u64,
    /// `records.updated`: rows that a BigQuery load really brought in; absent until it has.
    pub loaded: Option<u64>,
}
