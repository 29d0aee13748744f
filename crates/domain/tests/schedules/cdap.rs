//! The pipeline runs as they really were: accepted, loading, ended. It knows nothing of the scheduler.

use super::schedule::Life;
use domain::id::{PipelineRunId, StartToken, TaskId};
use domain::pipeline::{PipelineRun, PipelineState, RunArguments, TOKEN_ARGUMENT};
use domain::time::Timestamp;
use std::collections::BTreeMap;

/// How long a stop takes.
const STOPPING: u64 = 4_000;

/// A pipeline run. Its times are milliseconds of true time.
#[derive(Clone, Debug)]
pub struct ServerRun {
    pub id: PipelineRunId,
    pub task: TaskId,
    pub token: StartToken,
    pub accepted: u64,
    pub life: Life,
    pub state: PipelineState,
    /// When a stop was taken.
    pub stopped: Option<u64>,
    /// When it ended.
    pub ended: Option<u64>,
    /// When it began to load.
    pub loading: Option<u64>,
}

/// What a run does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Runs,
    Loads,
    Ends,
    Dies,
}

impl ServerRun {
    pub fn new(
        id: PipelineRunId,
        task: TaskId,
        token: StartToken,
        life: Life,
        now: u64,
        is_rejected: bool,
    ) -> Self {
        Self {
            id,
            task,
            token,
            accepted: now,
            life,
            state: if is_rejected {
                PipelineState::Rejected
            } else {
                PipelineState::Pending
            },
            stopped: None,
            ended: is_rejected.then_some(now),
            loading: None,
        }
    }

    /// What it will do, and when, if nobody stops it.
    pub fn turns(&self) -> Vec<(u64, Turn)> {
        if self.ended.is_some() {
            return Vec::new();
        }
        let at = |seconds: u64| self.accepted + seconds * 1000;
        vec![
            (at(self.life.pending), Turn::Runs),
            (at(self.life.loads), Turn::Loads),
            (at(self.life.ends), Turn::Ends),
        ]
    }

    /// Which try it belongs to: refused starts of one try differ in what follows the dot.
    pub fn of_try(&self) -> &str {
        let token = self.token.as_str();
        token.rsplit_once('.').map_or(token, |(of_try, _)| of_try)
    }

    pub fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether it loads, or has loaded.
    pub fn counts(&self) -> bool {
        self.state == PipelineState::Completed || (self.is_live() && self.loading.is_some())
    }

    /// Does what is its turn; whether it did.
    pub fn turn(&mut self, turn: Turn, now: u64) -> bool {
        if self.ended.is_some() || (turn != Turn::Dies && self.stopped.is_some()) {
            return false;
        }
        match turn {
            Turn::Runs => self.state = PipelineState::Running,
            Turn::Loads => self.loading = Some(now),
            Turn::Ends if self.life.fails.is_some() => self.end(PipelineState::Failed, now),
            Turn::Ends => self.end(PipelineState::Completed, now),
            Turn::Dies => self.end(PipelineState::Killed, now),
        }
        true
    }

    fn end(&mut self, state: PipelineState, now: u64) {
        self.state = state;
        self.ended = Some(now);
    }

    /// Takes a stop; when the run dies of it.
    pub fn stop(&mut self, now: u64) -> Option<u64> {
        if self.ended.is_some() || self.stopped.is_some() || self.life.deaf {
            return None;
        }
        self.stopped = Some(now);
        self.state = PipelineState::Stopping;
        Some(now + STOPPING)
    }

    /// When its record shows whose it is.
    pub fn shown(&self) -> u64 {
        self.accepted + self.life.hidden.max(self.life.unseen) * 1000
    }

    /// Its record, once there is one.
    pub fn record(&self, now: u64, wall: Timestamp) -> Option<PipelineRun> {
        if now < self.accepted + self.life.unseen * 1000 {
            return None;
        }
        let arguments = BTreeMap::from([(TOKEN_ARGUMENT.to_owned(), self.token.to_string())]);
        let is_young = now < self.shown();
        Some(PipelineRun {
            id: self.id.clone(),
            // A rejected one is PENDING until it shows its arguments (measured).
            state: match self.state {
                PipelineState::Rejected if is_young => PipelineState::Pending,
                ref state => state.clone(),
            },
            starting: wall,
            cluster_ended: self.ended.is_some() && self.state != PipelineState::Rejected,
            arguments: if is_young {
                RunArguments::Hidden
            } else {
                RunArguments::Visible(arguments)
            },
        })
    }
}

/// The record of a run that somebody else has started, and that goes on.
pub fn stranger(at: u64, wall: Timestamp, is_hidden: bool) -> PipelineRun {
    PipelineRun {
        id: PipelineRunId::new(format!("stranger-{at}")),
        state: PipelineState::Running,
        starting: wall,
        cluster_ended: false,
        arguments: if is_hidden {
            RunArguments::Hidden
        } else {
            RunArguments::Visible(BTreeMap::new())
        },
    }
}
