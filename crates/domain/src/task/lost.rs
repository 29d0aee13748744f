//! Starts of a task whose answers were lost, or whose runs were never seen to end, and the runs that they began.

use super::Task;
use crate::id::{PipelineRunId, StartToken};
use crate::pipeline::PipelineState;
use crate::time::Timestamp;

/// A start of which no run was seen while it was looked for, whose run was never seen to end, or whose run is not the one
/// that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostStart {
    /// What marks it.
    pub token: StartToken,
    /// When it was sent.
    pub sent: Timestamp,
    /// The run that it began after all.
    pub run: Option<LateRun>,
    /// When another try of its task was asked for, which waits until it has been looked for.
    pub sought: Option<Timestamp>,
}

/// A run that is stopped because it began late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateRun {
    /// The server's id.
    pub id: PipelineRunId,
    /// Since when it is to be stopped.
    pub seen: Timestamp,
    /// How it ended.
    pub end: Option<PipelineState>,
}

impl LostStart {
    /// Whether it began a run, and the end of that was seen.
    pub fn has_ended(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.end.is_some())
    }
}

impl Task {
    /// Its late runs whose ends were not seen.
    pub fn late_runs(&self) -> impl Iterator<Item = &LateRun> {
        let runs = self.lost.iter().filter_map(|lost| lost.run.as_ref());
        runs.filter(|run| run.end.is_none())
    }
}
