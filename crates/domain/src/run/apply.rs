//! The reducer: what each fact changes in a run; `tries.rs` has what it changes in a task. It decides nothing and it
//! never fails; a fact about a task that does not exist changes nothing.

use super::Run;
use super::tries::count;
use crate::arguments::RuntimeArguments;
use crate::event::{Fact, RunEvent};
use crate::id::TaskId;
use crate::plan::{Limits, PlannedPipeline};
use crate::request::{RunRequest, Scope};
use crate::state::{RunState, TaskState};
use crate::task::{StopReason, Task, TaskKind};
use crate::time::Timestamp;
use std::collections::BTreeSet;
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
        self.last_event = self.last_event.max(at);
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
            // As whom it has begun it goes on.
            Fact::Checked { callers, .. } => {
                for (service, account) in callers {
                    self.callers.entry(*service).or_insert_with(|| account.clone());
                }
            }
            Fact::RunStopAsked => self.begin_to_stop(StopReason::Asked),
            Fact::RunTimedOut => self.begin_to_stop(StopReason::RunLimit),
            Fact::RunEnded { state } => {
                self.state = *state;
                self.ended = Some(at);
            }
            Fact::RetryAsked {
                task,
                arguments,
                changed,
            } => {
                self.reopen(task, at);
                self.change_arguments(task, arguments.as_ref(), changed);
            }
            Fact::WatchResumed { since } => self.resume(*since, at),
            about_a_task => {
                self.apply_to_output(about_a_task);
                self.begin_window(about_a_task, at);
                let found = about_a_task
                    .task()
                    .and_then(|id| self.tasks.iter_mut().find(|t| t.id == *id));
                if let Some(task) = found {
                    task.apply(about_a_task, at);
                }
            }
        }
    }

    /// A `start` that succeeds again has looked at everything again. Once something was sent, the window stays.
    fn begin_window(&mut self, fact: &Fact, at: Timestamp) {
        let Fact::TaskSucceeded { task } = fact else {
            return;
        };
        let is_start = self.task(task).is_some_and(|task| task.kind == TaskKind::Start);
        if is_start && !self.has_changed_output() {
            self.logical_start = at;
        }
    }

    fn plan(&mut self, pipelines: &[PlannedPipeline]) {
        let end = self
            .tasks
            .iter()
            .position(|t| t.kind == TaskKind::End)
            .unwrap_or(self.tasks.len());
        // Two tasks of one name would start in turn for ever.
        let new = pipelines
            .iter()
            .filter(|planned| self.task(&planned.task).is_none());
        let tasks = new.map(|planned| {
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
        let tasks: Vec<_> = tasks.collect();
        self.tasks.splice(end..end, tasks);
    }

    fn begin_to_stop(&mut self, why: StopReason) {
        self.state = RunState::Stopping;
        self.stop = Some(why);
    }

    /// A retry by hand gives the task its tries anew, clears what waited on it, and restarts the
    /// clock of a run that was over.
    fn reopen(&mut self, id: &TaskId, at: Timestamp) {
        // Nothing is emptied on an old look: before the job exists, `start` looks again. A pipeline by hand empties
        // nothing, and is planned only once.
        let looks_again = self.truncate_job.is_none() && self.request.empties_output();
        if self.state.is_end() {
            self.state = RunState::Running;
            self.ended = None;
            self.stop = None;
            self.clock_started = at;
            self.unwatched = Duration::ZERO;
            // Nobody has looked since its end: what it left is looked at and waited for anew.
            self.watched_since = Some(at);
        }
        for task in &mut self.tasks {
            if task.id == *id {
                task.state = TaskState::Scheduled;
                task.allowed_tries = count(&task.tries).saturating_add(task.planned_tries);
                task.due = None;
                task.given_up = false;
                task.handled = None;
                task.reason = None;
                task.lose_start();
                task.close(at, None);
                task.seek_earlier_runs(at);
            } else if task.kind != TaskKind::Pipeline
                && task.state.is_end()
                && (task.state != TaskState::Success
                    || task.kind == TaskKind::End
                    || (task.kind == TaskKind::Start && looks_again))
            {
                // Whatever did not succeed runs again, in the order of the chain.
                task.state = TaskState::None;
                task.handled = None;
                task.reason = None;
            }
        }
    }

    fn change_arguments(
        &mut self,
        id: &TaskId,
        arguments: Option<&RuntimeArguments>,
        changed: &BTreeSet<String>,
    ) {
        let task = self.tasks.iter_mut().find(|task| task.id == *id);
        if let (Some(task), Some(arguments)) = (task, arguments) {
            task.arguments.clone_from(arguments);
            task.given.extend(changed.iter().cloned());
        }
    }

    /// What nobody watched counts neither for the run nor for its open tries.
    fn resume(&mut self, since: Timestamp, at: Timestamp) {
        let gap = at.since(since);
        self.watched_since = Some(at);
        self.unwatched += gap;
        for task in &mut self.tasks {
            if let Some(open) = task.tries.last_mut().filter(|open| open.ended.is_none()) {
                open.unwatched += gap;
            }
        }
    }
}
