//! Limits of tries and of the run.
//!
//! When a limit has passed, the run is looked at once more, then stopped, then its end is awaited, and
//! then reported (`ending.rs`).

use super::message::Request;
use super::{Effect, Scheduler};
use crate::event::Fact;
use crate::id::TaskId;
use crate::pipeline::PipelineState;
use crate::task::{StopReason, Task, TaskKind};

impl Scheduler {
    pub(super) fn check_run_limit(&mut self) {
        if self.run.state.is_end() {
            return;
        }
        if self.run.stop.is_none() && !self.is_unseen() && self.reached(self.run.deadline()) {
            self.emit(Fact::RunTimedOut);
            self.skip_waiting(
                "dag_timeout_minutes had passed before it began.",
                "dag_timeout_minutes had passed before its next try.",
            );
            self.end_running_control("dag_timeout_minutes passed while this was under way.");
        }
        if self.run.stop == Some(StopReason::RunLimit) {
            let open = |t: &Task| {
                t.kind == TaskKind::Pipeline && !t.is_over() && t.open_try().is_some_and(|o| o.stop.is_none())
            };
            for id in self.tasks_where(open) {
                if self.is_task_unseen(&id) {
                    continue;
                }
                self.on_limit(&id, StopReason::RunLimit);
            }
        }
    }

    pub(super) fn check_try_limits(&mut self) {
        let open = |t: &Task| {
            t.kind == TaskKind::Pipeline
                && t.state.holds_place()
                && t.open_try().is_some_and(|o| o.stop.is_none())
                // What has not begun is not late: the look-up decides on it.
                && !t.is_doubted()
        };
        for id in self.tasks_where(open) {
            if self.is_task_unseen(&id) {
                continue;
            }
            let Some(task) = self.run.task(&id) else { continue };
            let Some(open) = task.open_try() else { continue };
            let limit = open.started + open.unwatched + task.timeout;
            if self.reached(limit) {
                self.on_limit(&id, StopReason::TryLimit);
            }
        }
    }

    /// Last look first; the stop follows in [`Self::after_last_look`].
    fn on_limit(&mut self, id: &TaskId, why: StopReason) {
        let Some(task) = self.run.task(id) else { return };
        match task.live_run().cloned() {
            Some(run_id) if !self.last_looks.contains(id) => {
                if self.in_flight.contains(&Request::Explain(id.clone())) {
                    return; // It is over; only its reason is awaited.
                }
                self.last_looks.insert(id.clone());
                self.in_flight.allow_now(&Request::LookAt(id.clone()));
                let task = id.clone();
                self.send(Request::LookAt(id.clone()), || Effect::LookAt { task, run_id });
            }
            Some(_) => {}
            // The start's answer is still to come, or its run is being looked for: the stop waits for it.
            None => self.emit(Fact::StopIntended {
                task: id.clone(),
                why,
            }),
        }
    }

    /// The last look is over and the run still goes on, or could not be seen.
    pub(super) fn after_last_look(&mut self, id: &TaskId) {
        // A refused start leaves a try that is open and has no run: nothing there to stop.
        let still_open = self.run.task(id).and_then(Task::open_try).is_some_and(|open| {
            open.stop.is_none()
                && open.pipeline_run.is_some()
                && !open.pipeline_state.as_ref().is_some_and(PipelineState::is_end)
        });
        if self.last_looks.contains(id) && still_open {
            let run_limit = self.run.stop == Some(StopReason::RunLimit);
            let why = if run_limit {
                StopReason::RunLimit
            } else {
                StopReason::TryLimit
            };
            self.emit(Fact::StopIntended {
                task: id.clone(),
                why,
            });
        }
    }
}
