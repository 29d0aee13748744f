//! The tasks before the pipelines: `start`, `truncate_table`, `get_configuration`, `filter_arguments`.
//!
//! One after the other; the first that fails ends the chain. Nothing is emptied before `start` is
//! green, and nothing is emptied twice: the truncating job keeps its id until its end is known.

use super::message::Request;
use super::{Effect, Scheduler};
use crate::event::Fact;
use crate::failure::{Failure, FailureKind};
use crate::finding::{Finding, Severity, refusal};
use crate::id::{JobId, TaskId};
use crate::plan::{Plan, PlannedPipeline};
use crate::request::Scope;
use crate::row::Configuration;
use crate::state::TaskState;
use crate::task::{Task, TaskKind};

impl Scheduler {
    /// Moves the first control task that is not over; none may overtake another.
    pub(super) fn advance_chain(&mut self) {
        let chain = self.tasks_where(|t| !matches!(t.kind, TaskKind::Pipeline | TaskKind::End));
        for id in chain {
            let Some(task) = self.run.task(&id) else { continue };
            let kind = task.kind;
            match task.state {
                TaskState::Success => {}
                TaskState::Skipped if self.run.stop.is_none() => {}
                TaskState::None | TaskState::Scheduled => return self.begin_control(kind, id),
                TaskState::UpForRetry => {
                    let due = task.due.unwrap_or_default();
                    if self.reached(due) {
                        self.begin_control(kind, id);
                    }
                    return;
                }
                TaskState::Running => return self.request_control(kind),
                _ => return self.fail_downstream(),
            }
        }
    }

    fn begin_control(&mut self, kind: TaskKind, task: TaskId) {
        if self.run.state.is_end() || self.run.stop.is_some() {
            return;
        }
        if kind == TaskKind::TruncateTable && !self.run.request.variables.bq_truncate {
            let reason = Failure::permanent("bq_truncate is false, so the output table keeps its rows.");
            self.emit(Fact::TaskSkipped { task, reason });
            return self.advance_chain();
        }
        self.emit(Fact::TryStarted { task });
        if kind == TaskKind::TruncateTable && self.run.truncate_job.is_none() {
            self.intend_truncate();
        }
        self.request_control(kind);
    }

    fn intend_truncate(&mut self) {
        let tries = self
            .run
            .single(TaskKind::TruncateTable)
            .map_or(0, |task| task.tries.len());
        let job = JobId::new(format!("downbeat_{}_truncate_{tries}", self.run.id));
        self.emit(Fact::TruncateIntended { job });
    }

    /// Sends the request of a running control task; after a restart it is sent again.
    fn request_control(&mut self, kind: TaskKind) {
        match kind {
            TaskKind::Start => {
                self.send(Request::Preflight, || Effect::Preflight);
            }
            TaskKind::TruncateTable => {
                if let Some(job) = self.run.truncate_job.clone() {
                    self.send(Request::Truncate, || Effect::Truncate { job });
                }
            }
            TaskKind::GetConfiguration => {
                self.send(Request::ReadConfiguration, || Effect::ReadConfiguration);
            }
            TaskKind::FilterArguments => {
                let pipelines = self.planned_pipelines().into_iter();
                let list = pipelines.map(|planned| planned.arguments).collect();
                self.send(Request::SaveArguments, || Effect::SaveArguments(list));
            }
            TaskKind::Pipeline | TaskKind::End => {}
        }
    }

    pub(super) fn on_preflight(&mut self, outcome: Result<Vec<Finding>, Failure>) {
        self.in_flight.answered(Request::Preflight, self.now);
        let Some(task) = self.running_control(TaskKind::Start) else {
            return;
        };
        match outcome {
            Ok(findings) => {
                let refusal = refusal(&findings);
                for finding in findings {
                    self.emit(Fact::Noticed { finding });
                }
                if let Some(failure) = refusal {
                    return self.fail_try(task, failure);
                }
                self.emit(Fact::TaskSucceeded { task });
                if let Scope::Single(_) = self.run.request.scope {
                    let pipelines = self.planned_pipelines();
                    self.emit(Fact::PipelinesPlanned { pipelines });
                }
            }
            Err(failure) => self.fail_try(task, failure),
        }
    }

    pub(super) fn on_truncated(&mut self, outcome: Result<(), Failure>) {
        self.in_flight.answered(Request::Truncate, self.now);
        let Some(task) = self.running_control(TaskKind::TruncateTable) else {
            return;
        };
        match outcome {
            Ok(()) => self.emit(Fact::TaskSucceeded { task }),
            // The job may have arrived: sent again with the same id, it cannot run twice.
            Err(failure) if failure.kind == FailureKind::Ambiguous => self.fail_try(task, failure),
            Err(failure) => {
                self.fail_try(task, failure);
                self.intend_truncate();
            }
        }
    }

    pub(super) fn on_configuration(&mut self, outcome: Result<Configuration, Failure>) {
        self.in_flight.answered(Request::ReadConfiguration, self.now);
        let Some(task) = self.running_control(TaskKind::GetConfiguration) else {
            return;
        };
        let configuration = match outcome {
            Ok(configuration) => configuration,
            Err(failure) => return self.fail_try(task, failure),
        };
        let mut errors = configuration.findings.clone();
        errors.retain(|finding| finding.severity == Severity::Error);
        self.emit(Fact::ConfigurationRead { configuration });
        let Some(failure) = refusal(&errors) else {
            return self.emit(Fact::TaskSucceeded { task });
        };
        for finding in errors {
            self.emit(Fact::Noticed { finding });
        }
        self.emit(Fact::TaskFailed { task, failure });
    }

    pub(super) fn on_arguments_saved(&mut self, outcome: Result<(), Failure>) {
        self.in_flight.answered(Request::SaveArguments, self.now);
        let Some(task) = self.running_control(TaskKind::FilterArguments) else {
            return;
        };
        if let Err(failure) = outcome {
            // The list that runs is in the journal all the same: a run is worth more than a copy of it.
            let finding = Finding::from_failure("cdf_pipeline_run_arguments", failure);
            self.emit(Fact::Noticed { finding });
        }
        let pipelines = self.planned_pipelines();
        self.emit(Fact::PipelinesPlanned { pipelines });
        self.emit(Fact::TaskSucceeded { task });
    }

    /// The control task of this kind, if its answer is still awaited.
    fn running_control(&self, kind: TaskKind) -> Option<TaskId> {
        self.run
            .single(kind)
            .filter(|task| task.state == TaskState::Running)
            .map(|task| task.id.clone())
    }

    /// The pipeline runs of the plan, in its order.
    fn planned_pipelines(&self) -> Vec<PlannedPipeline> {
        Plan::new(self.run.request.clone(), self.run.configuration.as_ref()).into_pipelines()
    }

    /// Marks the tasks that wait for a failed one.
    fn fail_downstream(&mut self) {
        let waiting = |task: &Task| task.state == TaskState::None && task.kind != TaskKind::End;
        for task in self.tasks_where(waiting) {
            self.emit(Fact::UpstreamFailed { task });
        }
    }
}
