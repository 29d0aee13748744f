//! Secrets that a resumed run needs again, because the journal holds only their masks.
//!
//! ```text
//! a start with a masked argument ─┬─ the row has it ──→ the table is read again ─┬─ value ──→ start
//!                                 │                                              └─ no value ─┐
//!                                 └─ it was typed, or given by hand ──────────────────────────┴→ failed: a person gives it
//! ```
//!
//! Only values are taken from the table, by the task's id: what is planned stays as it was. A run that is
//! live needs no value. Nothing is started, and no intent is written, before every value is there.

use super::message::Request;
use super::{Effect, Scheduler};
use crate::arguments::{RuntimeArguments, TYPED_MASK};
use crate::event::Fact;
use crate::failure::{Failure, FailureKind};
use crate::id::TaskId;
use crate::remedy::Remedy;
use crate::request::Scope;
use crate::row::Configuration;
use crate::service::Service;
use crate::task::Task;

/// Why a value is not there.
#[derive(Clone, Copy)]
enum Gap {
    /// It was given for this run alone.
    Given,
    /// The table has no row of the task any more.
    Row,
    /// The row has no value for it any more.
    Value,
}

impl Scheduler {
    /// What a start of this task sends; `None` while values are missing; then they are read from the table, or
    /// requested from a person.
    pub(super) fn whole_arguments(&mut self, id: &TaskId) -> Option<RuntimeArguments> {
        let task = self.run.task(id)?;
        let mut arguments = task.arguments.clone();
        // In a run that was not resumed a mask is what somebody wrote.
        if !self.is_resumed {
            return Some(arguments);
        }
        let missing = self.missing(task);
        if missing.is_empty() {
            for (name, value) in self.recalled.get(id).into_iter().flat_map(RuntimeArguments::iter) {
                if arguments.get(name).is_some() {
                    arguments.insert(name, value);
                }
            }
            return Some(arguments);
        }
        if missing.iter().any(|name| !self.was_given(id, name)) {
            self.send(Request::ReadConfiguration, || Effect::ReadConfiguration);
        } else {
            self.ask_for(id, missing, Gap::Given);
        }
        None
    }

    /// The table was read again.
    pub(super) fn on_recalled(&mut self, outcome: Result<Configuration, Failure>) {
        let waiting = self.tasks_where(super::start::is_waiting);
        let waiting = waiting.into_iter().filter(|id| {
            let task = self.run.task(id);
            self.is_resumed && task.is_some_and(|task| !self.missing(task).is_empty())
        });
        let waiting: Vec<_> = waiting.collect();
        if waiting.is_empty() {
            return self.in_flight.answered(Request::ReadConfiguration, self.now());
        }
        match outcome {
            Ok(configuration) => {
                self.in_flight.answered(Request::ReadConfiguration, self.now());
                self.restore(Service::BigQuery);
                waiting.iter().for_each(|id| self.recall(id, &configuration));
            }
            Err(failure) if failure.can_get_better() || failure.is_waited_for() => {
                self.in_flight.failed(Request::ReadConfiguration, self.now());
                self.degrade(Service::BigQuery, failure);
            }
            Err(failure) => {
                self.in_flight.answered(Request::ReadConfiguration, self.now());
                for task in waiting {
                    let mut failure = failure.clone();
                    failure.reason = format!(
                        "Secrets of this run are not kept on disk, and the configuration table cannot be read again: {}",
                        failure.reason
                    );
                    failure.remedies.push(Remedy::Retry(task.clone()));
                    self.emit(Fact::TaskFailed { task, failure });
                }
            }
        }
    }

    /// Takes the missing values of a task from its row.
    fn recall(&mut self, id: &TaskId, configuration: &Configuration) {
        let Some(task) = self.run.task(id) else { return };
        let row = configuration.row(id).map(|row| &row.arguments);
        let missing = self.missing(task);
        let mut gaps = Vec::new();
        for name in missing {
            let value = row
                .and_then(|row| row.get(&name))
                .filter(|_| !self.was_given(id, &name));
            match value {
                Some(value) => self.recalled.entry(id.clone()).or_default().insert(name, value),
                None => gaps.push(name),
            }
        }
        let gap = match row {
            _ if gaps.iter().all(|name| self.was_given(id, name)) => Gap::Given,
            None => Gap::Row,
            Some(_) => Gap::Value,
        };
        if !gaps.is_empty() {
            self.ask_for(id, gaps, gap);
        }
    }

    /// Takes values from a person and tries the task again.
    pub(super) fn on_given(&mut self, id: &TaskId, arguments: &RuntimeArguments) {
        let known = self.recalled.entry(id.clone()).or_default();
        for (name, value) in arguments.iter() {
            known.insert(name, value);
            self.given.entry(id.clone()).or_default().insert(name.to_owned());
        }
        self.retry(id, None);
    }

    /// What a person gave may have been mistyped: if the server refuses it, it is requested again.
    pub(super) fn asking_again(&self, id: &TaskId, mut failure: Failure) -> Failure {
        let given = self
            .given
            .get(id)
            .filter(|_| failure.kind == FailureKind::Unauthorised);
        failure.remedies.extend(given.map(|names| Remedy::GiveArguments {
            task: id.clone(),
            names: names.iter().cloned().collect(),
        }));
        failure
    }

    fn ask_for(&mut self, id: &TaskId, names: Vec<String>, gap: Gap) {
        let list = names.join(", ");
        let reason = match gap {
            Gap::Given => format!("{list} was given for this run alone, and secrets are not kept on disk."),
            Gap::Row => {
                format!(
                    "{list} is a secret that is not kept on disk, and the configuration table has no row for this task any more."
                )
            }
            Gap::Value => {
                format!(
                    "{list} is a secret that is not kept on disk, and the row of this task has no value for it any more."
                )
            }
        };
        let task = id.clone();
        let failure = Failure::permanent(reason).with_remedy(Remedy::GiveArguments { task, names });
        let task = id.clone();
        self.emit(Fact::TaskFailed { task, failure });
    }

    /// The names of a task's arguments whose values are not known.
    fn missing(&self, task: &Task) -> Vec<String> {
        let known = self.recalled.get(&task.id);
        let missing = task
            .arguments
            .masked()
            .filter(|name| known.is_none_or(|known| known.get(name).is_none()));
        missing.map(str::to_owned).collect()
    }

    /// Whether a person gave the value for this run, so that no table has it.
    fn was_given(&self, id: &TaskId, name: &str) -> bool {
        let edited = self.run.request.edits.get(id).and_then(|edited| edited.get(name));
        let is_given = |task: &Task| task.given.contains(name);
        self.run.request.scope != Scope::Chain
            || edited == Some(TYPED_MASK)
            || self.run.task(id).is_some_and(is_given)
    }
}
