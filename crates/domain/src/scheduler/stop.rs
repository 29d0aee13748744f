//! Stops of pipeline runs: sent until an end is seen, and then concluded with what was learned.

use super::message::Request;
use super::{Effect, Scheduler};
use crate::event::Fact;
use crate::failure::Failure;
use crate::finding::Finding;
use crate::id::{PipelineRunId, TaskId};
use crate::pipeline::PipelineState;
use crate::policy;
use crate::task::{StopReason, Task, TaskKind};
use crate::time::human;

/// Why a try is over whose pipeline run never began.
pub(super) const NOT_STARTED: &str = "It had not started.";

/// Why somebody's stop is no failure.
pub(super) const ON_REQUEST: &str = "It was stopped on request.";

impl Scheduler {
    /// Ends a try that was to stop; `end` is what became of its run.
    pub(super) fn conclude_stop(&mut self, id: &TaskId, end: &str, cause: Option<Failure>) {
        let Some(task) = self.run.task(id) else { return };
        let cause = cause.map(|c| format!(" ({})", c.reason)).unwrap_or_default();
        let limit = human(task.timeout);
        let left = u32::try_from(task.tries.len()).is_ok_and(|used| used < task.allowed_tries);
        let waited = task.open_try().and_then(|open| open.waiting_in.as_ref());
        let never_began = waited.map_or(String::new(), |state| format!(" It never left {state}."));
        let remedy = |longer: &'static str| waited.and_then(why_it_waits).unwrap_or(longer);
        match task.open_try().and_then(|open| open.stop) {
            Some(StopReason::TryLimit) => {
                let reason = format!("It had not ended after {limit}.{never_began} {end}{cause}");
                let failure = Failure::transient(reason).with_remedy(remedy(
                    "Raise cdf_pipeline_timeout_seconds or the row's timeout_seconds if it needs longer.",
                ));
                if left
                    && self.run.stop.is_none()
                    && self.now() + self.limits.retry_interval < self.run.deadline()
                {
                    return self.fail_try(id.clone(), failure);
                }
                self.emit(Fact::TaskTimedOut {
                    task: id.clone(),
                    failure,
                });
            }
            Some(StopReason::RunLimit) => {
                let reason = format!("dag_timeout_minutes had passed.{never_began} {end}{cause}");
                let failure = Failure::permanent(reason)
                    .with_remedy(remedy("Raise dag_timeout_minutes if the pipelines need longer."));
                self.emit(Fact::TaskTimedOut {
                    task: id.clone(),
                    failure,
                });
            }
            Some(StopReason::Asked) | None => {
                let failure = Failure::permanent(format!("{ON_REQUEST} {end}{cause}"));
                self.emit(Fact::TaskStopped {
                    task: id.clone(),
                    failure,
                });
            }
        }
    }

    /// Sends the stops that are intended, again and again until an end is seen or the grace is over.
    pub(super) fn send_stops(&mut self) {
        let stopping =
            |t: &Task| t.kind == TaskKind::Pipeline && t.open_try().is_some_and(|open| open.stop.is_some());
        for id in self.tasks_where(stopping) {
            let Some(open) = self.run.task(&id).and_then(Task::open_try) else {
                continue;
            };
            let grace_over = self.watched(open.stop_asked.unwrap_or(self.now())) + policy::STOP_GRACE;
            let (task, run_id) = (id.clone(), open.pipeline_run.clone());
            if !self.is_task_unseen(&id) && self.reached(grace_over) {
                self.give_up(&id, "Its stop was requested and never confirmed, so it was left");
            } else if let Some(run_id) = run_id {
                self.send(Request::Stop(run_id.clone()), || Effect::Stop { task, run_id });
            }
        }
        self.stop_late_runs();
    }

    pub(super) fn on_stop_sent(&mut self, id: &TaskId, run_id: &PipelineRunId, outcome: Result<(), Failure>) {
        let request = Request::Stop(run_id.clone());
        match outcome {
            Ok(()) => self.in_flight.answered(request, self.now() + policy::STOP_AGAIN),
            Err(failure) => {
                self.in_flight.failed(request, self.now());
                if !failure.can_get_better() {
                    let mut finding = Finding::from_failure(id.as_str(), failure);
                    finding.message = format!("The stop of {id} was refused: {}", finding.message);
                    if finding.remedies.is_empty() {
                        finding.remedies.push("Stop its run in Data Fusion.".into());
                    }
                    self.notice_once(finding);
                }
            }
        }
        self.in_flight.allow_now(&Request::List);
    }
}

/// Where to look when a run never left this state: more time does not help it.
fn why_it_waits(state: &PipelineState) -> Option<&'static str> {
    Some(match state {
        PipelineState::Pending => {
            "Its cluster was not ready in that time. Look for the cause in its log: a CPU quota of the region, the \
             network or subnet of the compute profile, or a missing role of the service account (Cloud Data Fusion \
             Runner, Dataproc Worker). Raise the time-out only if clusters are known to take that long."
        }
        PipelineState::Starting => {
            "Its cluster was there, and its program did not begin. Check the service account's role Cloud Data Fusion \
             Runner, and that the cluster reaches the instance (firewall rules, Private Google Access). Raise the \
             time-out only if a start is known to take that long."
        }
        _ => return None,
    })
}
