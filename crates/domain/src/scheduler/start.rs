//! Starting pipeline runs: at most one live run for one try, whatever becomes of the answer.
//!
//! ```text
//! StartIntended ─→ request ─┬─ started ───→ PipelineStarted
//!  (token on disk)          ├─ refused ───→ the try failed
//!                           ├─ busy ──────→ StartRefused, the same try again later with a new token
//!                           └─ ambiguous ─→ StartDoubted ─┬─ token found ──→ PipelineStarted (adopted)
//!                                                         └─ window over ──→ unknown
//! ```

use super::message::Request;
use super::{Effect, Scheduler};
use crate::event::{Discovery, Fact};
use crate::failure::{Failure, FailureKind};
use crate::finding::Finding;
use crate::id::{PipelineRunId, StartToken, TaskId};
use crate::pipeline::{LOGICAL_START_ARGUMENT, PipelineRun, RunArguments, TOKEN_ARGUMENT};
use crate::policy;
use crate::remedy::Remedy;
use crate::state::TaskState;
use crate::task::{StopReason, Task, TaskKind};
use crate::time::Timestamp;

impl Scheduler {
    /// After a restart: an intent without a run is a start whose answer was lost.
    pub(super) fn doubt_open_starts(&mut self) {
        let lost =
            |t: &Task| t.state == TaskState::Queued && t.open_try().is_some_and(|o| o.doubted.is_none());
        for task in self.tasks_where(lost) {
            let reason = Failure::ambiguous(
                "Downbeat ended before the server had answered the start; the run is being looked for by its token.",
            );
            self.emit(Fact::StartDoubted { task, reason });
        }
    }

    /// Fills the free places in the order of the plan, which is the order of the tasks.
    pub(super) fn start_waiting(&mut self) {
        if self.run.state.is_end() || self.run.stop.is_some() {
            return;
        }
        let held = self
            .run
            .pipelines()
            .filter(|t| t.state.holds_place() && !t.given_up)
            .count();
        let mut places = self.limits.max_active.saturating_sub(held);
        for task in self.tasks_where(is_waiting) {
            let due = self.run.task(&task).and_then(|t| t.due).unwrap_or_default();
            // Ask for the timer even without a free place: one may be free by then.
            if self.reached(due) && places > 0 && self.start(&task) {
                places -= 1;
            }
        }
    }

    fn start(&mut self, id: &TaskId) -> bool {
        let request = Request::Start(id.clone());
        if self.in_flight.contains(&request) {
            return false;
        }
        let Some(mut arguments) = self.whole_arguments(id) else {
            return false;
        };
        let Some(task) = self.run.task(id) else {
            return false;
        };
        let next = u32::try_from(task.tries.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        // The refusals of the try before do not count for a new one.
        let (number, refusals) = task
            .open_try()
            .map_or((next, 0), |open| (open.number, task.refusals));
        let token = StartToken::new(format!("{}/{id}/{number}.{refusals}", self.run.id));
        if arguments.get(LOGICAL_START_ARGUMENT).is_none() {
            arguments.insert(LOGICAL_START_ARGUMENT, self.run.logical_start());
        }
        arguments.insert(TOKEN_ARGUMENT, token.as_str());
        self.in_flight.forget_task(id);
        self.last_looks.remove(id);
        self.log_seen.remove(id);
        self.emit(Fact::StartIntended {
            task: id.clone(),
            number,
            token: token.clone(),
        });
        self.send(request, || Effect::Start {
            task: id.clone(),
            token,
            arguments,
        })
    }

    pub(super) fn on_started(
        &mut self,
        id: &TaskId,
        token: &StartToken,
        outcome: Result<PipelineRunId, Failure>,
    ) {
        self.in_flight.answered(Request::Start(id.clone()), self.now);
        let awaited = self
            .run
            .task(id)
            .and_then(Task::open_try)
            .filter(|t| t.token.as_ref() == Some(token));
        let Some(open) = awaited else {
            return self.note_late_start(id, &outcome);
        };
        if open.pipeline_run.is_some() {
            return; // Found by its token before its answer came.
        }
        let stop = open.stop;
        match outcome {
            Ok(run_id) => self.record_run(id, run_id, Discovery::Answered),
            Err(reason) if reason.kind == FailureKind::Ambiguous => {
                self.in_flight.allow_now(&Request::List);
                self.emit(Fact::StartDoubted {
                    task: id.clone(),
                    reason,
                });
            }
            Err(failure) if stop.is_some() => self.conclude_stop(id, "It had not started.", Some(failure)),
            Err(failure) if matches!(failure.kind, FailureKind::Busy | FailureKind::Unsent) => {
                self.postpone_start(id, failure);
            }
            Err(failure) => self.fail_try(id.clone(), failure),
        }
    }

    pub(super) fn postpone_start(&mut self, id: &TaskId, reason: Failure) {
        if let Some(why) = self.run.stop {
            // No start is sent any more, so there is nothing to wait for.
            let failure = Failure::permanent(format!(
                "The run was over before it could start. {}",
                reason.reason
            ));
            let task = id.clone();
            return self.emit(match why {
                StopReason::RunLimit => Fact::TaskTimedOut { task, failure },
                StopReason::Asked | StopReason::TryLimit => Fact::TaskStopped { task, failure },
            });
        }
        let refusals = self.run.task(id).map_or(0, |t| t.refusals).saturating_add(1);
        let pause = policy::jittered(policy::refusal_pause(refusals), id.as_str(), refusals.into());
        let again_at = self.now + pause;
        self.emit(Fact::StartRefused {
            task: id.clone(),
            reason,
            again_at,
        });
    }

    pub(super) fn record_run(&mut self, id: &TaskId, run_id: PipelineRunId, found: Discovery) {
        self.in_flight.allow_now(&Request::List);
        self.emit(Fact::PipelineStarted {
            task: id.clone(),
            run_id,
            found,
        });
    }

    /// The answer comes too late for its task; a run that it started must be reported.
    fn note_late_start(&mut self, id: &TaskId, outcome: &Result<PipelineRunId, Failure>) {
        let Ok(run_id) = outcome else {
            return;
        };
        let finding = Finding::warning(
            id.as_str(),
            format!("Pipeline run {run_id} of {id} started after the task had been given up."),
            "Stop it in Data Fusion if it is not wanted.",
        );
        self.emit(Fact::Noticed { finding });
    }

    /// Adopts doubted starts whose token is in this list; the others wait until the window is over.
    pub(super) fn resolve_doubts(&mut self, runs: &[PipelineRun]) {
        for id in self.tasks_where(Task::is_doubted) {
            let Some(open) = self.run.task(&id).and_then(Task::open_try) else {
                continue;
            };
            let (Some(token), Some(since)) = (open.token.clone(), open.doubted) else {
                continue;
            };
            // One start request makes one run; if there are two, the older one is kept.
            let found = runs
                .iter()
                .filter(|run| run.token().as_ref() == Some(&token))
                .min_by_key(|r| r.starting);
            if let Some(run) = found {
                let run_id = run.id.clone();
                self.record_run(&id, run_id, Discovery::Adopted);
                continue;
            }
            let undecided = runs
                .iter()
                .any(|run| run.arguments == RunArguments::Hidden && !run.state.is_end());
            let over = !undecided && self.now.since(since) >= policy::LOOK_UP_WINDOW;
            match self.run.task(&id) {
                Some(task) if over && task.state == TaskState::Stopping => {
                    self.give_up(
                        &id,
                        "It was to be stopped, and no run with its token has shown up, so it was left",
                    );
                }
                Some(task) if over && task.state != TaskState::Unknown => self.lose_sight(&id),
                _ => {}
            }
        }
    }

    fn lose_sight(&mut self, id: &TaskId) {
        let reason =
            Failure::ambiguous("The answer to the start was lost, and no run with its token has shown up.")
                .with_remedies([
                    Remedy::from("It is still looked for."),
                    Remedy::Retry(id.clone()),
                    Remedy::GiveUp(id.clone()),
                ]);
        self.emit(Fact::TaskLostSight {
            task: id.clone(),
            reason,
        });
    }

    /// The earliest moment at which a run that is looked for may have begun.
    pub(super) fn oldest_wanted(&self) -> Option<Timestamp> {
        let wanted = |t: &Task| t.live_run().is_some() || t.is_doubted() || self.cluster_is_awaited(t);
        let tasks = self.run.pipelines().filter(|t| wanted(t));
        tasks
            .filter_map(|t| t.current().map(|t| t.started))
            .min()
            .map(|at| at - policy::CLOCK_MARGIN)
    }
}

pub(super) fn is_waiting(task: &Task) -> bool {
    task.kind == TaskKind::Pipeline && matches!(task.state, TaskState::Scheduled | TaskState::UpForRetry)
}
