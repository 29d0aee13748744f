//! Facts without secrets, to be written, printed or shown.

use super::{Fact, RunEvent};
use crate::secret::Secrets;

impl RunEvent {
    /// The same fact without the secrets: values of secret arguments are masked, and known values are
    /// struck from every text that came from outside.
    #[must_use]
    pub fn redacted(&self, secrets: &Secrets) -> Self {
        let mut event = self.clone();
        event.fact.redact(secrets);
        event
    }
}

impl Fact {
    fn redact(&mut self, secrets: &Secrets) {
        match self {
            Self::RunStarted { request, .. } => request.redact(secrets),
            Self::ConfigurationRead { configuration } => configuration.redact(secrets),
            Self::PipelinesPlanned { pipelines } => {
                for pipeline in pipelines {
                    pipeline.arguments = secrets.redact(&pipeline.arguments);
                }
            }
            Self::RetryAsked {
                arguments: Some(arguments),
                ..
            } => *arguments = secrets.redact(arguments),
            Self::StartDoubted { reason: failure, .. }
            | Self::StartRefused { reason: failure, .. }
            | Self::TaskLostSight { reason: failure, .. }
            | Self::TryFailed { failure, .. }
            | Self::TaskFailed { failure, .. }
            | Self::TaskTimedOut { failure, .. }
            | Self::TaskStopped { failure, .. }
            | Self::TaskGivenUp { reason: failure, .. }
            | Self::TaskSkipped { reason: failure, .. }
            | Self::ConnectionDegraded { reason: failure, .. } => secrets.strike_failure(failure),
            // An account is no secret.
            Self::Checked { checks, .. } => {
                for check in checks {
                    check.redact(secrets);
                }
            }
            Self::Noticed { finding } => secrets.strike_finding(finding),
            Self::TaskHandled { note: Some(note), .. } => secrets.strike_in(note),
            // They hold names, numbers and times only.
            Self::TryStarted { .. }
            | Self::ConfigurationChecked { .. }
            | Self::PipelineRead { .. }
            | Self::TruncateIntended { .. }
            | Self::TruncateSeen { .. }
            | Self::OutputEmptied { .. }
            | Self::StartIntended { .. }
            | Self::StartRepeated { .. }
            | Self::LateRunFound { .. }
            | Self::LateRunEnded { .. }
            | Self::PipelineStarted { .. }
            | Self::PipelineSeen { .. }
            | Self::RecordsCounted { .. }
            | Self::SilenceNoticed { .. }
            | Self::SilenceBroken { .. }
            | Self::StopIntended { .. }
            | Self::TaskSucceeded { .. }
            | Self::UpstreamFailed { .. }
            | Self::RetryAsked { arguments: None, .. }
            | Self::TaskHandled { note: None, .. }
            | Self::HandlingTakenBack { .. }
            | Self::WatchResumed { .. }
            | Self::ConnectionRestored { .. }
            | Self::RunStopAsked
            | Self::RunTimedOut
            | Self::RunEnded { .. } => {}
        }
    }
}
