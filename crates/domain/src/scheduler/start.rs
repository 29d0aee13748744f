//! Starting pipeline runs: at most one live run for one try, whatever becomes of the answer.
//!
//! ```text
//! StartIntended ─→ request ─┬─ started ───→ PipelineStarted
//!  (token on disk)          ├─ refused ───→ the try failed
//!                           ├─ busy, unsent, no identity → StartRefused, the same try again later with a new token
//!                           └─ ambiguous ─→ StartDoubted: `lost.rs`
//! ```

use super::message::Request;
use super::stop::NOT_STARTED;
use super::{Effect, Scheduler};
use crate::event::{Discovery, Fact};
use crate::failure::{Failure, FailureKind};
use crate::id::{PipelineRunId, StartToken, TaskId};
use crate::pipeline::{LOGICAL_START_ARGUMENT, TOKEN_ARGUMENT};
use crate::policy;
use crate::state::TaskState;
use crate::task::{StopReason, Task, TaskKind};

impl Scheduler {
    /// Fills the free places in the order of the plan, which is the order of the tasks.
    pub(super) fn start_waiting(&mut self) {
        // The first act after a gap is the look-up.
        if self.run.state.is_end() || self.run.stop.is_some() || self.is_unseen() {
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
            let is_free = self.reached(due) && places > 0 && !self.has_late_run(&task);
            if is_free && !self.seeks_earlier_run(&task) && self.start(&task) {
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
        // What was sent for the try before does not count for a new one.
        let (number, sent) = task
            .open_try()
            .map_or((next, 0), |open| (open.number, task.refusals + task.repeats));
        let token = StartToken::new(format!("{}/{id}/{number}.{sent}", self.run.id));
        if arguments.get(LOGICAL_START_ARGUMENT).is_none() {
            arguments.insert(LOGICAL_START_ARGUMENT, self.run.logical_start_time());
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
        self.in_flight.answered(Request::Start(id.clone()), self.now());
        let awaited = self
            .run
            .task(id)
            .and_then(Task::open_try)
            .filter(|t| t.token.as_ref() == Some(token));
        let Some(open) = awaited else {
            // Another one took its place: what it began is found in the list.
            return self.in_flight.allow_now(&Request::List);
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
            Err(failure) if stop.is_some() => self.conclude_stop(id, NOT_STARTED, Some(failure)),
            Err(failure) if failure.kind == FailureKind::Busy || failure.is_waited_for() => {
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
        let pause = if reason.is_waited_for() {
            policy::backoff(refusals)
        } else {
            policy::refusal_pause(refusals)
        };
        let pause = policy::jittered(pause, id.as_str(), refusals.into());
        let again_at = self.now() + pause;
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
}

pub(super) fn is_waiting(task: &Task) -> bool {
    task.kind == TaskKind::Pipeline && matches!(task.state, TaskState::Scheduled | TaskState::UpForRetry)
}
