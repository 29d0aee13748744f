//! Retries that a person asks for: of one task or of all, with the arguments as they were or with others.

use super::Scheduler;
use super::message::Request;
use crate::arguments::{MASK, RuntimeArguments};
use crate::event::Fact;
use crate::finding::Finding;
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
        let taken = arguments.map(|given| unmasked(given, &task.arguments));
        let new = match taken.transpose() {
            Ok(new) => new,
            Err(name) => {
                let message = format!(
                    "{id} was not tried again: {MASK} in the value given for {name} stands for a secret, and what is around it \
                     is not what {name} had."
                );
                let advice = format!("Give the whole value of {name}.");
                return self.emit(Fact::Noticed {
                    finding: Finding::error(id.as_str(), message, advice),
                });
            }
        };
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
        let is_wanted = |task: &Task| task.is_over() && task.handled().is_none();
        for id in self.tasks_where(is_wanted) {
            if self.run.task(&id).is_some_and(is_wanted) {
                self.retry(&id, None);
            }
        }
    }
}

impl Run {
    /// The tasks that [`crate::command::RunCommand::RetryAll`] tries again: not those that a person has dealt with.
    pub fn retried_with_all(&self) -> impl Iterator<Item = &Task> {
        self.retryable().filter(|task| task.handled().is_none())
    }

    /// The tasks that are over and can be tried again by their names.
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

/// What a person gave, with the known value for each that is its masked form: who edits does not see a secret.
///
/// # Errors
/// The name of one that has a mask and is no such form: neither the mask nor the known value is what was meant.
fn unmasked(given: &RuntimeArguments, known: &RuntimeArguments) -> Result<RuntimeArguments, String> {
    let values = given.iter().map(|(name, value)| {
        if !value.contains(MASK) {
            return Ok((name, value));
        }
        let shown = known.get(name).filter(|known| is_masked_form(value, known));
        shown.map(|known| (name, known)).ok_or_else(|| name.to_owned())
    });
    values.collect()
}

/// Whether `shown` is `value` with masks in the place of some of its parts.
fn is_masked_form(shown: &str, value: &str) -> bool {
    let Some((first, others)) = shown.split_once(MASK) else {
        return false;
    };
    let Some(mut rest) = value.strip_prefix(first) else {
        return false;
    };
    let (between, last) = others.rsplit_once(MASK).unwrap_or(("", others));
    for part in between.split(MASK) {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn differing(old: &RuntimeArguments, new: &RuntimeArguments) -> BTreeSet<String> {
    let names = old.iter().chain(new.iter()).map(|(name, _)| name);
    names
        .filter(|name| old.get(name) != new.get(name))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_masked_form_of_the_known_value_stands_for_it() {
        let url = "jdbc:mysql://u:one@h/x?password=two";
        for (given, known, is_known) in [
            ("***", "hunter2", true),
            ("jdbc:mysql://u:***@h/x?password=***", url, true),
            ("uses *** and ***", "uses hunter2 and sesame-9", true),
            // A journal has the masked form only.
            ("***", "***", true),
            ("a***b", "hunter2", false),
            ("jdbc:mysql://u:***@other/x?password=***", url, false),
            ("jdbc:mysql://u:***@h/x", url, false),
            ("***?password=new", url, false),
            ("a***b", "ab", true),
            ("a***a", "a", false),
        ] {
            let list = |value| RuntimeArguments::from_iter([("p", value)]);
            let taken = unmasked(&list(given), &list(known));
            let value = taken.as_ref().ok().and_then(|taken| taken.get("p"));
            assert_eq!(value, is_known.then_some(known), "{given} for {known}");
        }
    }
}
