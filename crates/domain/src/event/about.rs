//! Which task a fact is about.

use super::Fact;
use crate::id::TaskId;

impl Fact {
    /// The task that the fact is about, if it is about one.
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::TryStarted { task }
            | Self::Checked { task, .. }
            | Self::TruncateSeen { task, .. }
            | Self::OutputEmptied { task, .. }
            | Self::StartIntended { task, .. }
            | Self::StartDoubted { task, .. }
            | Self::StartRefused { task, .. }
            | Self::StartRepeated { task, .. }
            | Self::LateRunFound { task, .. }
            | Self::LateRunEnded { task, .. }
            | Self::PipelineStarted { task, .. }
            | Self::PipelineSeen { task, .. }
            | Self::RecordsCounted { task, .. }
            | Self::SilenceNoticed { task, .. }
            | Self::SilenceBroken { task }
            | Self::TaskLostSight { task, .. }
            | Self::StopIntended { task, .. }
            | Self::TaskSucceeded { task }
            | Self::TryFailed { task, .. }
            | Self::TaskFailed { task, .. }
            | Self::TaskTimedOut { task, .. }
            | Self::TaskStopped { task, .. }
            | Self::TaskGivenUp { task, .. }
            | Self::UpstreamFailed { task }
            | Self::TaskSkipped { task, .. }
            | Self::RetryAsked { task, .. }
            | Self::TaskHandled { task, .. }
            | Self::HandlingTakenBack { task } => Some(task),
            Self::RunStarted { .. }
            | Self::ConfigurationChecked { .. }
            | Self::TruncateIntended { .. }
            | Self::PipelineRead { .. }
            | Self::ConfigurationRead { .. }
            | Self::PipelinesPlanned { .. }
            | Self::WatchResumed { .. }
            | Self::Noticed { .. }
            | Self::ConnectionDegraded { .. }
            | Self::ConnectionRestored { .. }
            | Self::RunStopAsked
            | Self::RunTimedOut
            | Self::RunEnded { .. } => None,
        }
    }
}
