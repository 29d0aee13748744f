//! The tasks before the pipelines: `start`, `truncate_table`, `get_configuration`, `filter_arguments`.
//!
//! One after the other; the first that fails ends the chain. Nothing is emptied before `start` is
//! green, and nothing at all if no row is active. `truncate.rs` has the job that empties the table.

use super::message::Request;
use super::{Effect, Scheduler};
use crate::check::Check;
use crate::event::Fact;
use crate::failure::Failure;
use crate::finding::{Finding, Severity, refusal};
use crate::id::TaskId;
use crate::plan::{Plan, PlannedPipeline, Preflight};
use crate::remedy::Remedy;
use crate::request::Scope;
use crate::row::Configuration;
use crate::service::Service;
use crate::state::TaskState;
use crate::task::{Task, TaskKind};
use crate::variable::VariableName;
use std::collections::{BTreeMap, BTreeSet};

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
                _ if kind == TaskKind::TruncateTable && self.run.open_truncate().is_some() => {
                    self.follow_truncate();
                    if self.run.open_truncate().is_some() {
                        return;
                    }
                    return self.advance_chain(); // Its end decides on those behind it.
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
        if kind == TaskKind::TruncateTable && !self.run.request.empties_output() {
            let reason = Failure::permanent(if !self.run.request.variables.has_output_table() {
                "No output table is named, so none is emptied."
            } else if self.run.request.is_partial() {
                "Only some rows run, so the output table keeps its rows, and theirs are added."
            } else {
                "bq_truncate is false, so the output table keeps its rows."
            });
            self.emit(Fact::TaskSkipped { task, reason });
            return self.advance_chain();
        }
        self.emit(Fact::TryStarted { task });
        if kind == TaskKind::TruncateTable {
            return self.begin_truncate();
        }
        self.request_control(kind);
    }

    /// Sends the request of a running control task; after a restart it is sent again.
    fn request_control(&mut self, kind: TaskKind) {
        match kind {
            TaskKind::Start => {
                self.send(Request::Preflight, || Effect::Preflight);
            }
            TaskKind::GetConfiguration => {
                self.send(Request::ReadConfiguration, || Effect::ReadConfiguration);
            }
            TaskKind::FilterArguments => {
                let pipelines = self.planned_pipelines().into_iter();
                let list = pipelines.map(|planned| planned.arguments).collect();
                self.send(Request::SaveArguments, || Effect::SaveArguments(list));
            }
            TaskKind::TruncateTable | TaskKind::Pipeline | TaskKind::End => {}
        }
    }

    pub(super) fn on_preflight(&mut self, outcome: Result<Preflight, Failure>) {
        self.in_flight.answered(Request::Preflight, self.now());
        let Some(task) = self.running_control(TaskKind::Start) else {
            return;
        };
        match outcome {
            Ok(Preflight {
                findings,
                checks,
                active,
                passed,
                callers,
            }) => {
                let refusal = refusal(&findings);
                self.record_checks(&task, checks, callers);
                self.record_passed(passed);
                for finding in findings {
                    self.emit(Fact::Noticed { finding });
                }
                if let Some(failure) = refusal {
                    return self.fail_try(task, failure);
                }
                if let Some(active) = active {
                    self.emit(Fact::ConfigurationChecked { active });
                }
                self.emit(Fact::TaskSucceeded { task });
                if let Scope::Single(_) = self.run.request.scope {
                    let pipelines = self.planned_pipelines();
                    self.emit(Fact::PipelinesPlanned { pipelines });
                } else if active == Some(0) {
                    let why = "No row of the configuration is active.";
                    self.skip_waiting(why, why);
                }
            }
            Err(failure) => self.fail_try(task, failure),
        }
    }

    fn record_checks(&mut self, task: &TaskId, checks: Vec<Check>, callers: BTreeMap<Service, String>) {
        if !checks.is_empty() {
            let task = task.clone();
            self.emit(Fact::Checked {
                task,
                checks,
                callers,
            });
        }
    }

    fn record_passed(&mut self, variables: BTreeSet<VariableName>) {
        if self.run.passed != variables {
            self.emit(Fact::PipelineRead { variables });
        }
    }

    pub(super) fn on_configuration(&mut self, outcome: Result<(Configuration, Preflight), Failure>) {
        let Some(task) = self.running_control(TaskKind::GetConfiguration) else {
            return self.on_recalled(outcome.map(|(configuration, _)| configuration));
        };
        let (configuration, inspection) = match outcome {
            Ok(read) => read,
            // The table may be empty by now, so that a try is not to be lost for trouble on this machine.
            Err(failure) if failure.is_waited_for() => {
                self.in_flight.failed(Request::ReadConfiguration, self.now());
                return self.degrade(Service::BigQuery, failure);
            }
            Err(failure) => {
                self.in_flight.answered(Request::ReadConfiguration, self.now());
                return self.fail_try(task, failure);
            }
        };
        self.in_flight.answered(Request::ReadConfiguration, self.now());
        self.restore(Service::BigQuery);
        let mut findings = configuration.findings.clone();
        findings.retain(|finding| finding.severity == Severity::Error);
        findings.extend(self.run.request.check_rows(&configuration));
        findings.extend(inspection.findings);
        let is_idle = configuration.active().next().is_none();
        self.emit(Fact::ConfigurationRead { configuration });
        self.record_passed(inspection.passed);
        let truncate = self.run.single(TaskKind::TruncateTable);
        let is_emptied = truncate.is_some_and(|truncate| truncate.state == TaskState::Success);
        let refusal = refusal(&findings);
        for finding in findings {
            match finding.severity {
                Severity::Error => self.emit(Fact::Noticed { finding }),
                // The first look has found the same warnings.
                Severity::Warning | Severity::Note => self.notice_once(finding),
            }
        }
        let Some(failure) = refusal else {
            if is_idle && is_emptied {
                let failure = self.emptied_for_nothing(&task);
                return self.fail_try(task, failure);
            }
            return self.emit(Fact::TaskSucceeded { task });
        };
        self.emit(Fact::TaskFailed { task, failure });
    }

    /// Rows were active when `start` looked, so the table was emptied, and now none is.
    fn emptied_for_nothing(&self, task: &TaskId) -> Failure {
        let variables = &self.run.request.variables;
        let before = match self.run.active_at_start {
            Some(1) => "1 row was active at the start".to_owned(),
            Some(rows) => format!("{rows} rows were active at the start"),
            None => "Rows were active at the start".to_owned(),
        };
        let (config, output) = (
            variables.shown_config(),
            variables.shown(&variables.output_table()),
        );
        let reason = format!(
            "{before}, and none is now: {config} was changed or is being reloaded. {output} was emptied, and nothing \
             fills it."
        );
        let mut remedies = vec![
            Remedy::from(format!("Set {} of the rows to TRUE.", variables.active_column)),
            Remedy::Retry(task.clone()),
        ];
        remedies.extend(self.run.restore().map(Remedy::RestoreTable));
        Failure::transient(reason).with_remedies(remedies)
    }

    pub(super) fn on_arguments_saved(&mut self, outcome: Result<(), Failure>) {
        self.in_flight.answered(Request::SaveArguments, self.now());
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
        let mut plan = Plan::new(self.run.request.clone(), self.run.configuration.as_ref());
        plan.pass(&self.run.passed);
        plan.into_pipelines()
    }

    /// Marks the tasks that wait for a failed one.
    fn fail_downstream(&mut self) {
        let waiting = |task: &Task| task.state == TaskState::None && task.kind != TaskKind::End;
        for task in self.tasks_where(waiting) {
            self.emit(Fact::UpstreamFailed { task });
        }
    }
}
