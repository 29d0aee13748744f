//! The reducer of a task: what each fact changes in it and in its tries. It decides nothing and it never fails.

use crate::event::Fact;
use crate::failure::Failure;
use crate::pipeline::PipelineState;
use crate::state::TaskState;
use crate::task::{Handled, Phase, StopReason, Task, Try};
use crate::time::Timestamp;

pub(super) fn count(tries: &[Try]) -> u32 {
    u32::try_from(tries.len()).unwrap_or(u32::MAX)
}

impl Task {
    pub(super) fn apply(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::TryStarted { .. } => {
                self.begin_try(count(&self.tries).saturating_add(1), at);
                self.state = TaskState::Running;
            }
            Fact::LateRunFound { .. } | Fact::LateRunEnded { .. } => self.apply_late_run(fact, at),
            Fact::PipelineSeen {
                state, cluster_ended, ..
            } => {
                if self.state == TaskState::Unknown {
                    self.reason = None;
                }
                self.return_to_sight();
                // The end of the cluster is seen after the try is over.
                if let Some(t) = self.tries.last_mut() {
                    match state {
                        PipelineState::Pending | PipelineState::Starting => {
                            t.waiting_in = Some(state.clone());
                        }
                        // A stop ends the wait as well, and says nothing about it.
                        PipelineState::Stopping | PipelineState::Killed | PipelineState::Failed => {}
                        _ => t.waiting_in = None,
                    }
                    if t.phases.last().is_none_or(|phase| phase.state != *state) {
                        t.phases.push(Phase {
                            state: state.clone(),
                            since: at,
                        });
                    }
                    t.pipeline_state = Some(state.clone());
                    t.cluster_ended = *cluster_ended;
                    t.last_sign = at;
                }
            }
            Fact::TruncateSeen { .. } => {
                self.return_to_sight();
                self.reason = None;
                self.change_try(|t| t.last_sign = at);
            }
            Fact::RecordsCounted { counts, .. } => {
                // Counts may still grow after the try is over.
                if let Some(t) = self.tries.last_mut() {
                    t.counts.clone_from(counts);
                    t.last_sign = at;
                }
            }
            Fact::SilenceNoticed { since, .. } => self.change_try(|t| t.silent_since = Some(*since)),
            Fact::SilenceBroken { .. } => self.change_try(|t| {
                t.silent_since = None;
                t.last_sign = at;
            }),
            Fact::TaskLostSight { reason, .. } => {
                self.state = TaskState::Unknown;
                self.reason = Some(reason.clone());
            }
            Fact::StopIntended { why, .. } => self.ask_to_stop(*why, at),
            Fact::TaskHandled { note, .. } => {
                let note = note.clone();
                self.handled = Some(Handled { at, note });
            }
            Fact::HandlingTakenBack { .. } => self.handled = None,
            _ => {
                self.apply_start(fact, at);
                self.finish(fact, at);
            }
        }
    }

    /// The facts of a start, from its intent until its run is known.
    fn apply_start(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::StartIntended { number, token, .. } => {
                if self.open_try().is_none_or(|open| open.number != *number) {
                    self.begin_try(*number, at);
                }
                // Waiting for flow control is not the run's time.
                self.change_try(|t| t.started = at);
                self.state = TaskState::Queued;
                self.due = None;
                self.lost.iter_mut().for_each(|lost| lost.sought = None);
                self.change_try(|t| {
                    t.token = Some(token.clone());
                    t.doubted = None;
                });
            }
            Fact::StartDoubted { reason, .. } => {
                self.reason = Some(reason.clone());
                // A run that the answer named was not the one that was started.
                if self.live_run().is_some() && self.state != TaskState::Stopping {
                    self.state = TaskState::Queued;
                }
                self.change_try(|t| {
                    t.doubted = Some(t.doubted.unwrap_or(at));
                    t.pipeline_run = None;
                    t.accepted = None;
                    t.pipeline_state = None;
                    t.waiting_in = None;
                    t.phases.clear();
                    t.counts.clear();
                });
            }
            Fact::StartRefused { reason, again_at, .. } => {
                self.state = TaskState::Scheduled;
                self.reason = Some(reason.clone());
                self.due = Some(*again_at);
                self.refusals = self.refusals.saturating_add(1);
                self.change_try(|t| {
                    t.pipeline_run = None;
                    t.accepted = None;
                    t.pipeline_state = None;
                });
            }
            Fact::StartRepeated { again_at, .. } => {
                self.lose_start();
                self.state = TaskState::Scheduled;
                self.due = Some(*again_at);
                self.repeats = self.repeats.saturating_add(1);
            }
            Fact::PipelineStarted { run_id, .. } => {
                self.return_to_sight();
                self.reason = None;
                // The count of refusals stays: it keeps the tokens of one try apart.
                self.change_try(|t| {
                    t.pipeline_run = Some(run_id.clone());
                    t.accepted = Some(t.accepted.unwrap_or(at));
                    t.doubted = None;
                    t.last_sign = at;
                });
            }
            _ => {}
        }
    }

    /// The facts that end a try, a task, or both.
    fn finish(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::TaskSucceeded { .. } => {
                self.end(TaskState::Success, None, at);
            }
            Fact::TryFailed {
                failure, retry_at, ..
            } => {
                self.end(TaskState::UpForRetry, Some(failure), at);
                self.due = Some(*retry_at);
            }
            Fact::TaskFailed { failure, .. } => self.end(TaskState::Failed, Some(failure), at),
            Fact::TaskTimedOut { failure, .. } => self.end(TaskState::TimedOut, Some(failure), at),
            Fact::TaskStopped { failure, .. } => self.end(TaskState::Stopped, Some(failure), at),
            Fact::TaskSkipped { reason, .. } => self.end(TaskState::Skipped, Some(reason), at),
            Fact::UpstreamFailed { .. } => self.end(TaskState::UpstreamFailed, None, at),
            Fact::TaskGivenUp { reason, .. } => {
                self.lose_start();
                self.end(TaskState::Unknown, Some(reason), at);
                self.given_up = true;
            }
            _ => {}
        }
    }

    pub(super) fn begin_try(&mut self, number: u32, at: Timestamp) {
        self.tries.push(Try::begin(number, at));
        self.handled = None;
        self.reason = None;
        self.due = None;
        self.refusals = 0;
        self.repeats = 0;
    }

    /// A run that is seen (again) runs, unless its stop is awaited.
    fn return_to_sight(&mut self) {
        if matches!(self.state, TaskState::Queued | TaskState::Unknown) && !self.given_up {
            let stopping = self.open_try().is_some_and(|t| t.stop.is_some());
            self.state = if stopping {
                TaskState::Stopping
            } else {
                TaskState::Running
            };
        }
    }

    fn ask_to_stop(&mut self, why: StopReason, at: Timestamp) {
        self.state = TaskState::Stopping;
        self.change_try(|t| {
            t.stop = Some(why);
            t.stop_asked = Some(at);
        });
    }

    fn end(&mut self, state: TaskState, failure: Option<&Failure>, at: Timestamp) {
        self.state = state;
        self.reason = failure.cloned();
        self.due = None;
        self.close(at, failure);
    }

    pub(super) fn close(&mut self, at: Timestamp, failure: Option<&Failure>) {
        if let Some(open) = self.tries.last_mut().filter(|t| t.ended.is_none()) {
            open.ended = Some(at);
            open.failure = failure.cloned();
        }
    }

    pub(super) fn change_try(&mut self, change: impl FnOnce(&mut Try)) {
        if let Some(open) = self.tries.last_mut().filter(|t| t.ended.is_none()) {
            change(open);
        }
    }
}
