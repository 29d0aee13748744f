//! Ends: of runs and tries, by success, failure, limit or stop; retries; and the end of the whole run.

use super::message::Request;
use super::{Effect, Scheduler};
use crate::command::RunCommand;
use crate::event::Fact;
use crate::failure::Failure;
use crate::finding::Finding;
use crate::id::{PipelineRunId, TaskId};
use crate::pipeline::{PipelineRun, PipelineState};
use crate::policy;
use crate::state::{RunState, TaskState};
use crate::task::{StopReason, Task, TaskKind};
use crate::time::human;

impl Scheduler {
    /// Follows a command as far as the state of the task allows it.
    pub(super) fn on_command(&mut self, command: &RunCommand) {
        match command {
            RunCommand::Stop if !self.run.state.is_end() && self.run.stop.is_none() => {
                self.emit(Fact::RunStopAsked);
                self.skip_waiting("It had not begun when the run was stopped.");
                let live = self.tasks_where(|t| t.kind == TaskKind::Pipeline && t.state.holds_place());
                live.iter().for_each(|id| self.stop_task(id, StopReason::Asked));
                self.end_running_control("The run was stopped while this was under way.");
            }
            RunCommand::StopTask(id) => self.stop_task(id, StopReason::Asked),
            RunCommand::Retry(id) => self.retry(id),
            RunCommand::Stop => {}
        }
    }

    fn retry(&mut self, id: &TaskId) {
        let Some(task) = self.run.task(id) else { return };
        let ended = task.is_over() && task.state != TaskState::Success;
        let wanted = ended || matches!(task.state, TaskState::Unknown | TaskState::UpForRetry);
        // A skipped task has its place only while the chain before it is whole.
        let possible = task.kind != TaskKind::End && task.state != TaskState::UpstreamFailed;
        let stopping = self.run.state == RunState::Stopping;
        if wanted && possible && !stopping && !self.in_flight.contains(&Request::Start(id.clone())) {
            self.emit(Fact::RetryAsked { task: id.clone() });
        }
    }

    /// Stops one task in the way that its state allows.
    fn stop_task(&mut self, id: &TaskId, why: StopReason) {
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
            PipelineState::Rejected if stopping => self.conclude_stop(id, "It had not started.", None),
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
        self.in_flight.answered(Request::Explain(id.clone()), self.now);
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
            return self.emit(Fact::TaskFailed { task, failure });
        }
        let retry_at = self.now + self.limits.retry_interval;
        if retry_at < self.run.deadline() {
            return self.emit(Fact::TryFailed {
                task,
                failure,
                retry_at,
            });
        }
        let remedy = "No time is left for another try: raise dag_timeout_minutes, or lower dag_retry_interval_minutes.";
        self.emit(Fact::TaskFailed {
            task,
            failure: failure.with_remedy(remedy),
        });
    }

    /// Ends a try that was to stop; `end` is what became of its run.
    pub(super) fn conclude_stop(&mut self, id: &TaskId, end: &str, cause: Option<Failure>) {
        let Some(task) = self.run.task(id) else { return };
        let cause = cause.map(|c| format!(" ({})", c.reason)).unwrap_or_default();
        let limit = human(task.timeout);
        let left = u32::try_from(task.tries.len()).is_ok_and(|used| used < task.allowed_tries);
        match task.open_try().and_then(|open| open.stop) {
            Some(StopReason::TryLimit) => {
                let failure = Failure::transient(format!("It had not ended after {limit}. {end}{cause}"))
                    .with_remedy(
                        "Raise cdf_pipeline_timeout_seconds or the row's timeout_seconds if it needs longer.",
                    );
                if left
                    && self.run.stop.is_none()
                    && self.now + self.limits.retry_interval < self.run.deadline()
                {
                    return self.fail_try(id.clone(), failure);
                }
                self.emit(Fact::TaskTimedOut {
                    task: id.clone(),
                    failure,
                });
            }
            Some(StopReason::RunLimit) => {
                let failure = Failure::permanent(format!("dag_timeout_minutes had passed. {end}{cause}"))
                    .with_remedy("Raise dag_timeout_minutes if the pipelines need longer.");
                self.emit(Fact::TaskTimedOut {
                    task: id.clone(),
                    failure,
                });
            }
            Some(StopReason::Asked) | None => {
                let failure = Failure::permanent(format!("It was stopped on request. {end}{cause}"));
                self.emit(Fact::TaskStopped {
                    task: id.clone(),
                    failure,
                });
            }
        }
    }

    /// Sends the stops that are intended, again and again until an end is seen or the grace is over.
    pub(super) fn send_stops(&mut self) {
        for id in self.tasks_where(|t| t.open_try().is_some_and(|open| open.stop.is_some())) {
            let Some(open) = self.run.task(&id).and_then(Task::open_try) else {
                continue;
            };
            let grace_over = open.stop_asked.unwrap_or(self.now) + policy::STOP_GRACE;
            let (task, run_id) = (id.clone(), open.pipeline_run.clone());
            if self.reached(grace_over) {
                self.give_up(&id, "Its stop was asked for and never confirmed, so it was left");
            } else if let Some(run_id) = run_id {
                self.send(Request::Stop(id.clone()), || Effect::Stop { task, run_id });
            }
        }
    }

    pub(super) fn on_stop_sent(&mut self, id: &TaskId, outcome: Result<(), Failure>) {
        let request = Request::Stop(id.clone());
        match outcome {
            Ok(()) => self.in_flight.answered(request, self.now + policy::STOP_AGAIN),
            Err(failure) => {
                self.in_flight.failed(request, self.now);
                if !failure.can_get_better() {
                    let mut finding = Finding::from_failure(id.as_str(), failure);
                    finding.message = format!("The stop of {id} was refused: {}", finding.message);
                    if finding.remedies.is_empty() {
                        finding.remedies.push("Stop its run in Data Fusion.".into());
                    }
                    if !self.run.notices.iter().any(|(_, known)| *known == finding) {
                        self.emit(Fact::Noticed { finding });
                    }
                }
            }
        }
        self.in_flight.allow_now(&Request::List);
    }

    /// Tasks that hold nothing and have not begun.
    pub(super) fn skip_waiting(&mut self, why: &str) {
        let waiting = |t: &Task| {
            t.kind != TaskKind::End
                && matches!(
                    t.state,
                    TaskState::None | TaskState::Scheduled | TaskState::UpForRetry
                )
        };
        for task in self.tasks_where(waiting) {
            self.emit(Fact::TaskSkipped {
                task,
                reason: Failure::permanent(why),
            });
        }
    }

    /// A running control task is not waited for: each of its requests has a limit, and none of them
    /// leaves a run behind.
    pub(super) fn end_running_control(&mut self, why: &str) {
        let running = |t: &Task| t.kind != TaskKind::Pipeline && t.state == TaskState::Running;
        for task in self.tasks_where(running) {
            let mut failure = Failure::permanent(why);
            if task.as_str() == TaskKind::TruncateTable.name() {
                failure = failure.with_remedy("The output table may have been emptied all the same.");
            }
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
        if awaited || self.run.state.is_end() || !self.uncounted.is_empty() {
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
