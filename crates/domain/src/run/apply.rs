//! The reducer: what each fact changes in a run. It decides nothing and it never fails; a fact about
//! a task that does not exist changes nothing.

use super::Run;
use crate::event::{Fact, RunEvent};
use crate::failure::Failure;
use crate::id::TaskId;
use crate::pipeline::PipelineState;
use crate::plan::{Limits, PlannedPipeline};
use crate::request::{RunRequest, Scope};
use crate::state::{RunState, TaskState};
use crate::task::{StopReason, Task, TaskKind, Try};
use crate::time::Timestamp;
use std::time::Duration;

/// A control task has no limit of its own: each of its requests has one.
const NO_LIMIT: Duration = Duration::from_secs(u32::MAX as u64);

/// The tasks that exist before any configuration is read.
pub(super) fn chain(request: &RunRequest) -> Vec<Task> {
    let tries = Limits::new(&request.variables).tries;
    let control = |kind: TaskKind| Task::new(kind, TaskId::new(kind.name()), tries, NO_LIMIT);
    match &request.scope {
        Scope::Chain => vec![
            control(TaskKind::Start),
            control(TaskKind::TruncateTable),
            control(TaskKind::GetConfiguration),
            control(TaskKind::FilterArguments),
            control(TaskKind::End),
        ],
        Scope::Single(_) => vec![control(TaskKind::Start), control(TaskKind::End)],
    }
}

impl Run {
    /// Changes the run by one fact. Facts of another run's beginning change nothing.
    pub fn apply(&mut self, event: &RunEvent) {
        let at = event.at;
        match &event.fact {
            Fact::RunStarted { .. } => {}
            Fact::TruncateIntended { job } => self.truncate_job = Some(job.clone()),
            Fact::ConfigurationChecked { active } => self.active_at_start = Some(*active),
            Fact::PipelineRead { variables } => self.passed.clone_from(variables),
            Fact::ConfigurationRead { configuration } => self.configuration = Some(configuration.clone()),
            Fact::PipelinesPlanned { pipelines } => self.plan(pipelines),
            Fact::Noticed { finding } => self.notices.push((at, finding.clone())),
            Fact::ConnectionDegraded { service, reason } => {
                let since = self.degraded.get(service).map_or(at, |(since, _)| *since);
                self.degraded.insert(*service, (since, reason.clone()));
            }
            Fact::ConnectionRestored { service } => {
                self.degraded.remove(service);
            }
            Fact::RunStopAsked => self.begin_to_stop(StopReason::Asked),
            Fact::RunTimedOut => self.begin_to_stop(StopReason::RunLimit),
            Fact::RunEnded { state } => {
                self.state = *state;
                self.ended = Some(at);
            }
            Fact::RetryAsked { task } => self.reopen(task, at),
            about_a_task => {
                self.apply_to_output(about_a_task);
                let found = about_a_task
                    .task()
                    .and_then(|id| self.tasks.iter_mut().find(|t| t.id == *id));
                if let Some(task) = found {
                    task.apply(about_a_task, at);
                }
            }
        }
    }

    fn plan(&mut self, pipelines: &[PlannedPipeline]) {
        let end = self
            .tasks
            .iter()
            .position(|t| t.kind == TaskKind::End)
            .unwrap_or(self.tasks.len());
        let tasks = pipelines.iter().map(|planned| {
            let mut task = Task::new(
                TaskKind::Pipeline,
                planned.task.clone(),
                planned.allowed_tries,
                planned.timeout,
            );
            task.state = TaskState::Scheduled;
            task.arguments = planned.arguments.clone();
            task
        });
        self.tasks.splice(end..end, tasks);
    }

    fn begin_to_stop(&mut self, why: StopReason) {
        self.state = RunState::Stopping;
        self.stop = Some(why);
    }

    /// A retry by hand gives the task its tries anew, clears what waited on it, and restarts the
    /// clock of a run that was over.
    fn reopen(&mut self, id: &TaskId, at: Timestamp) {
        let tries = Limits::new(&self.request.variables).tries;
        // Nothing is emptied on an old look: before the job exists, `start` looks again.
        let looks_again = self.truncate_job.is_none() && self.request.variables.bq_truncate;
        if self.state.is_end() {
            self.state = RunState::Running;
            self.ended = None;
            self.stop = None;
            self.clock_started = at;
        }
        for task in &mut self.tasks {
            if task.id == *id {
                task.state = TaskState::Scheduled;
                task.allowed_tries = count(&task.tries).saturating_add(tries);
                task.due = None;
                task.given_up = false;
                task.reason = None;
                task.close(at, None);
            } else if task.kind != TaskKind::Pipeline
                && task.state.is_end()
                && (task.state != TaskState::Success
                    || task.kind == TaskKind::End
                    || (task.kind == TaskKind::Start && looks_again))
            {
                // Whatever did not succeed runs again, in the order of the chain.
                task.state = TaskState::None;
                task.reason = None;
            }
        }
    }
}

fn count(tries: &[Try]) -> u32 {
    u32::try_from(tries.len()).unwrap_or(u32::MAX)
}

impl Task {
    fn apply(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::TryStarted { .. } => {
                self.begin_try(count(&self.tries).saturating_add(1), at);
                self.state = TaskState::Running;
            }
            Fact::StartIntended { number, token, .. } => {
                if self.open_try().is_none_or(|open| open.number != *number) {
                    self.begin_try(*number, at);
                }
                // Waiting for flow control is not the run's time.
                self.change_try(|t| t.started = at);
                self.state = TaskState::Queued;
                self.due = None;
                self.change_try(|t| {
                    t.token = Some(token.clone());
                    t.doubted = None;
                });
            }
            Fact::StartDoubted { reason, .. } => {
                self.reason = Some(reason.clone());
                self.change_try(|t| t.doubted = Some(t.doubted.unwrap_or(at)));
            }
            Fact::StartRefused { reason, again_at, .. } => {
                self.state = TaskState::Scheduled;
                self.reason = Some(reason.clone());
                self.due = Some(*again_at);
                self.refusals = self.refusals.saturating_add(1);
                self.change_try(|t| {
                    t.pipeline_run = None;
                    t.pipeline_state = None;
                });
            }
            Fact::PipelineStarted { run_id, .. } => {
                self.return_to_sight();
                self.reason = None;
                // The count of refusals stays: it keeps the tokens of one try apart.
                self.change_try(|t| {
                    t.pipeline_run = Some(run_id.clone());
                    t.doubted = None;
                    t.last_sign = at;
                });
            }
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
            _ => self.finish(fact, at),
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
                self.end(TaskState::Unknown, Some(reason), at);
                self.given_up = true;
            }
            _ => {}
        }
    }

    fn begin_try(&mut self, number: u32, at: Timestamp) {
        self.tries.push(Try::begin(number, at));
        self.reason = None;
        self.due = None;
        self.refusals = 0;
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

    fn close(&mut self, at: Timestamp, failure: Option<&Failure>) {
        if let Some(open) = self.tries.last_mut().filter(|t| t.ended.is_none()) {
            open.ended = Some(at);
            open.failure = failure.cloned();
        }
    }

    fn change_try(&mut self, change: impl FnOnce(&mut Try)) {
        if let Some(open) = self.tries.last_mut().filter(|t| t.ended.is_none()) {
            change(open);
        }
    }
}
