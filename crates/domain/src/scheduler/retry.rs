//! Retries that a person asks for: of one task or of all, with the arguments as they were or with others.

use super::Scheduler;
use super::message::Request;
use crate::arguments::{MASK, RuntimeArguments};
use crate::event::Fact;
use crate::id::TaskId;
use crate::run::Run;
use crate::state::{RunState, TaskState};
use crate::task::{Task, TaskKind};
use std::collections::BTreeSet;

impl Scheduler {
    pub(super) fn retry(&mut self, id: &TaskId, arguments: Option<&RuntimeArguments>) {
        let Some(task) = self.run.task(id) else { return };
        let refused = self.run.retry_refusal(id).is_some();
        if !is_wanted(task)
            || self.run.state == RunState::Stopping
            || refused
            || self.in_flight.contains(&Request::Start(id.clone()))
        {
            return;
        }
        let new = arguments.map(|given| unmasked(given, &task.arguments));
        let new = new.filter(|new| task.kind == TaskKind::Pipeline && *new != task.arguments);
        let changed = new.as_ref().map(|new| differing(&task.arguments, new));
        let changed = changed.unwrap_or_default();
        if let Some(known) = self.recalled.get_mut(id) {
            changed.iter().for_each(|name| _ = known.remove(name));
        }
        self.emit(Fact::RetryAsked {
            task: id.clone(),
            arguments: new,
            changed,
        });
        self.seek_earlier_runs(id);
    }

    pub(super) fn retry_all(&mut self) {
        // Each retry clears the tasks behind it, which then have nothing to be tried again for.
        for id in self.tasks_where(Task::is_over) {
            if self.run.task(&id).is_some_and(Task::is_over) {
                self.retry(&id, None);
            }
        }
    }
}

impl Run {
    /// The tasks that [`crate::command::RunCommand::RetryAll`] tries again.
    pub fn retryable(&self) -> impl Iterator<Item = &Task> {
        let is_possible =
            |task: &&Task| task.is_over() && is_wanted(task) && self.retry_refusal(&task.id).is_none();
        self.tasks.iter().filter(is_possible)
    }
}

/// A skipped task has its place only while the chain before it is whole.
fn is_wanted(task: &Task) -> bool {
    let ended = task.is_over() && task.state != TaskState::Success;
    let open = matches!(task.state, TaskState::Unknown | TaskState::UpForRetry);
    (ended || open) && task.kind != TaskKind::End && task.state != TaskState::UpstreamFailed
}

/// What a person gave, with the known value for each that is masked: who edits does not see a secret.
fn unmasked(given: &RuntimeArguments, known: &RuntimeArguments) -> RuntimeArguments {
    let values = given.iter().map(|(name, value)| {
        let is_known = value.contains(MASK);
        (name, known.get(name).filter(|_| is_known).unwrap_or(value))
    });
    values.collect()
}

fn differing(old: &RuntimeArguments, new: &RuntimeArguments) -> BTreeSet<String> {
    let names = old.iter().chain(new.iter()).map(|(name, _)| name);
    names
        .filter(|name| old.get(name) != new.get(name))
        .map(str::to_owned)
        .collect()
}
