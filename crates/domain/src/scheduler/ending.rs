//! Ends of runs and tries by success or failure; retries; the end of the whole run.

use super::message::Request;
use super::stop::NOT_STARTED;
use super::{Effect, Scheduler};
use crate::command::RunCommand;
use crate::event::Fact;
use crate::failure::Failure;
use crate::id::{PipelineRunId, TaskId};
use crate::pipeline::{PipelineRun, PipelineState};
use crate::service::Service;
use crate::state::{RunState, TaskState};
use crate::task::{StopReason, Task, TaskKind};

impl Scheduler {
    /// Follows a command as far as the state of the task allows it.
    pub(super) fn on_command(&mut self, command: &RunCommand) {
        match command {
            RunCommand::Stop if !self.run.state.is_end() && self.run.stop.is_none() => {
                self.emit(Fact::RunStopAsked);
                self.skip_waiting(
                    "It had not begun when the run was stopped.",
                    "It waited for its next try when the run was stopped.",
                );
                let live = self.tasks_where(|t| t.kind == TaskKind::Pipeline && t.state.holds_place());
                live.iter().for_each(|id| self.stop_task(id, StopReason::Asked));
                self.end_running_control("The run was stopped while this was under way.");
            }
            RunCommand::StopTask(id) => self.stop_task(id, StopReason::Asked),
            RunCommand::Retry { task, arguments } => self.retry(task, arguments.as_ref()),
            RunCommand::RetryAll => self.retry_all(),
            RunCommand::Mark { tasks, handling } => {
                let facts = self.run.mark(tasks, handling);
                facts.into_iter().for_each(|fact| self.emit(fact));
            }
            RunCommand::GiveArguments { task, arguments } => self.on_given(task, arguments),
            RunCommand::Several(commands) => commands.iter().for_each(|one| self.on_command(one)),
            RunCommand::Stop => {}
        }
    }

    /// Stops one task in the way that its state allows.
    fn stop_task(&mut self, id: &TaskId, why: StopReason) {
        if id.as_str() == TaskKind::TruncateTable.name() {
            return self.stop_truncate(why);
        }
        let Some(task) = self
            .run
            .task(id)
            .filter(|t| t.kind == TaskKind::Pipeline && !t.is_over())
        else {
            return;
        };
        let asked = task.open_try().is_some_and(|open| open.stop.is_some());
        match task.state {
            TaskState::Scheduled | TaskState::UpForRetry => {
                let failure = Failure::permanent("It was stopped before its next start.");
                self.emit(Fact::TaskStopped {
                    task: id.clone(),
                    failure,
                });
            }
            TaskState::Unknown if task.live_run().is_none() => self.give_up(id, "It was given up"),
            _ if !asked => self.emit(Fact::StopIntended {
                task: id.clone(),
                why,
            }),
            _ => {}
        }
    }

    pub(super) fn give_up(&mut self, id: &TaskId, words: &str) {
        let reason = Failure::permanent(format!("{words} without its end having been seen."))
            .with_remedy("Look for its run in Data Fusion: it may be alive.");
        self.emit(Fact::TaskGivenUp {
            task: id.clone(),
            reason,
        });
    }

    /// A run that is over: green only for COMPLETED; anything else needs its reason first.
    pub(super) fn conclude(&mut self, id: &TaskId, run: &PipelineRun) {
        let stopping = self
            .run
            .task(id)
            .and_then(Task::open_try)
            .is_some_and(|open| open.stop.is_some());
        match run.state {
            PipelineState::Completed => {
                self.count_last_time(&run.id);
                self.emit(Fact::TaskSucceeded { task: id.clone() });
            }
            PipelineState::Rejected if stopping => self.conclude_stop(id, NOT_STARTED, None),
            PipelineState::Rejected => {
                self.postpone_start(
                    id,
                    Failure::transient("The server's limit of concurrent runs was reached."),
                );
            }
            _ if stopping => {
                self.count_last_time(&run.id);
                let end = format!("Its run ended {}.", run.state);
                self.conclude_stop(id, &end, None);
            }
            _ => {
                let (task, run_id, state) = (id.clone(), run.id.clone(), run.state.clone());
                self.send(Request::Explain(id.clone()), || Effect::Explain {
                    task,
                    run_id,
                    state,
                });
            }
        }
    }

    pub(super) fn on_explained(&mut self, id: &TaskId, run_id: &PipelineRunId, failure: Failure) {
        self.in_flight.answered(Request::Explain(id.clone()), self.now());
        if self.run.task(id).and_then(Task::live_run) != Some(run_id) {
            return;
        }
        self.count_last_time(run_id);
        if self
            .run
            .task(id)
            .and_then(Task::open_try)
            .is_some_and(|open| open.stop.is_some())
        {
            self.conclude_stop(id, "Its run had failed by then.", Some(failure));
        } else {
            self.fail_try(id.clone(), failure);
        }
    }

    fn count_last_time(&mut self, run_id: &PipelineRunId) {
        self.uncounted.insert(run_id.clone());
        self.in_flight.allow_now(&Request::Count);
    }

    /// Plans another try if it can help, one is left, and there is time for it.
    pub(super) fn fail_try(&mut self, task: TaskId, failure: Failure) {
        let Some(this) = self.run.task(&task) else { return };
        let left = u32::try_from(this.tries.len()).is_ok_and(|used| used < this.allowed_tries);
        if self.run.stop.is_some() || !failure.can_get_better() || !left {
            let failure = self.asking_again(&task, failure);
            return self.emit(Fact::TaskFailed { task, failure });
        }
        let retry_at = self.now() + self.limits.retry_interval;
        if retry_at < self.run.deadline() {
            return self.emit(Fact::TryFailed {
                task,
                failure,
                retry_at,
            });
        }
        let remedy = "No time is left for another try: raise dag_timeout_minutes, or lower dag_retry_interval_minutes.";
        let mut failure = failure;
        failure.remedies.push(remedy.into());
        self.emit(Fact::TaskFailed { task, failure });
    }

    /// Tasks that hold nothing and have not begun, or wait for their next try, of which `why_again` is said.
    pub(super) fn skip_waiting(&mut self, why: &str, why_again: &str) {
        let waiting = |t: &Task| {
            t.kind != TaskKind::End
                && matches!(
                    t.state,
                    TaskState::None | TaskState::Scheduled | TaskState::UpForRetry
                )
        };
        for id in self.tasks_where(waiting) {
            let Some(task) = self.run.task(&id) else { continue };
            let reason = match task.state {
                TaskState::UpForRetry => Failure::permanent(why_again),
                TaskState::Scheduled if task.refusals > 0 => because(why, task.reason.as_ref()),
                _ => Failure::permanent(why),
            };
            self.emit(Fact::TaskSkipped { task: id, reason });
        }
    }

    /// A running control task is not waited for: each of its requests has a limit, and none of them leaves anything
    /// behind. Only the job that empties the output table does: it is cancelled, and its end is awaited.
    pub(super) fn end_running_control(&mut self, why: &str) {
        let running = |t: &Task| {
            !matches!(t.kind, TaskKind::Pipeline | TaskKind::TruncateTable) && t.state == TaskState::Running
        };
        if let Some(reason) = self.run.stop {
            self.stop_truncate(reason);
        }
        for task in self.tasks_where(running) {
            // Trouble with BigQuery is waited for by the one that reads the table.
            let is_reading = task.as_str() == TaskKind::GetConfiguration.name();
            let trouble = self.run.degraded.get(&Service::BigQuery).filter(|_| is_reading);
            let failure = because(why, trouble.map(|(_, reason)| reason));
            match self.run.stop {
                Some(StopReason::RunLimit) => self.emit(Fact::TaskTimedOut { task, failure }),
                _ => self.emit(Fact::TaskStopped { task, failure }),
            }
        }
    }

    /// Closes `end` and the run once nothing is awaited.
    pub(super) fn end_if_over(&mut self) {
        let awaited = self
            .run
            .tasks
            .iter()
            .any(|t| t.kind != TaskKind::End && !t.is_over());
        if awaited {
            self.over_since = None;
        }
        if awaited || self.run.state.is_end() || !self.uncounted.is_empty() || self.awaits_lost() {
            return;
        }
        let all = |is: fn(&Task) -> bool| self.run.tasks.iter().filter(|t| t.kind != TaskKind::End).all(is);
        // A last look may find every run completed: then nothing was cut off by the limit.
        let whole = self.run.stop.is_none() || all(|t| t.state == TaskState::Success);
        let green = whole && all(|t| matches!(t.state, TaskState::Success | TaskState::Skipped));
        let late = all(|t| {
            matches!(
                t.state,
                TaskState::Success | TaskState::Skipped | TaskState::TimedOut
            )
        });
        let end = TaskId::new(TaskKind::End.name());
        let state = match self.run.stop {
            _ if green && self.run.pipelines().next().is_none() => RunState::Empty,
            _ if green => RunState::Success,
            Some(StopReason::Asked) => RunState::Stopped,
            Some(_) => RunState::TimedOut,
            None if late => RunState::TimedOut,
            None => RunState::Failed,
        };
        if green {
            self.emit(Fact::TryStarted { task: end.clone() });
            self.emit(Fact::TaskSucceeded { task: end });
        } else {
            self.emit(Fact::UpstreamFailed { task: end });
        }
        self.emit(Fact::RunEnded { state });
    }
}

/// An end, with what was waited for until then.
fn because(end: &str, cause: Option<&Failure>) -> Failure {
    match cause {
        Some(cause) => Failure::permanent(format!("{end} It could not be done: {}", cause.reason))
            .with_remedies(cause.remedies.clone()),
        None => Failure::permanent(end),
    }
}
