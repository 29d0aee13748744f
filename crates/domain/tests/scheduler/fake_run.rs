//! A pipeline run on a server that exists only in a test.

use super::life::Life;
use domain::id::{PipelineRunId, StartToken, TaskId};
use domain::pipeline::{PipelineRun, PipelineState, RunArguments, TOKEN_ARGUMENT};
use domain::time::Timestamp;
use std::collections::BTreeMap;

/// Whose runs other people have started.
pub const STRANGER: &str = "other people";

pub struct ServerRun {
    pub id: PipelineRunId,
    pub task: TaskId,
    pub token: StartToken,
    /// In the future while its request is on its way.
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
    pub life: Life,
}

impl ServerRun {
    /// Whether the server has it.
    pub fn exists(&self, now: Timestamp) -> bool {
        self.started <= now
    }

    pub fn is_ours(&self) -> bool {
        self.task.as_str() != STRANGER
    }

    pub fn is_live(&self, now: Timestamp) -> bool {
        self.exists(now) && !self.state(now).is_end()
    }

    pub fn state(&self, now: Timestamp) -> PipelineState {
        let age = now.since(self.started).as_secs();
        if self.life.answer == "busy" {
            return PipelineState::Rejected;
        }
        let end = self.life.pending + self.life.running;
        if let Some(stopped) = self
            .stopped
            .filter(|s| s.since(self.started).as_secs() < end && !self.life.deaf)
        {
            let waited = now.since(stopped).as_secs();
            return if waited >= 4 {
                PipelineState::Killed
            } else {
                PipelineState::Stopping
            };
        }
        if age < self.life.pending {
            PipelineState::Pending
        } else if age < end {
            PipelineState::Running
        } else {
            PipelineState::from(self.life.end.clone())
        }
    }

    pub fn record(&self, now: Timestamp) -> PipelineRun {
        let state = self.state(now);
        let hidden = now.since(self.started).as_secs() < self.life.hidden;
        let arguments = BTreeMap::from([(TOKEN_ARGUMENT.to_owned(), self.token.to_string())]);
        PipelineRun {
            id: self.id.clone(),
            cluster_ended: state.is_end(),
            state,
            starting: Timestamp::from_seconds(self.started.seconds()),
            arguments: if hidden {
                RunArguments::Hidden
            } else {
                RunArguments::Visible(arguments)
            },
        }
    }
}
