//! When an action cannot be done, and why: the reason is shown where the action is.

use crate::tui::model::Model;
use domain::state::TaskState;

pub(super) fn has_changes(model: &Model) -> Option<&'static str> {
    let changes = model.variables.changes();
    changes
        .is_empty()
        .then_some("Nothing to save: no variable was edited.")
}

pub(super) fn has_change(model: &Model) -> Option<&'static str> {
    let is_dirty = model.variables.is_dirty(model.variables.selected);
    (!is_dirty).then_some("Nothing to undo: this variable was not edited.")
}

pub(super) fn has_active_row(model: &Model) -> Option<&'static str> {
    match model.configuration.row() {
        None => Some("There is no row to edit; ctrl-r reads the configuration table."),
        Some(row) if !row.active => Some("This row is inactive, so its arguments are not used."),
        Some(_) => None,
    }
}

pub(super) fn has_tries(model: &Model) -> Option<&'static str> {
    let tries = model.task().map_or(0, |task| task.tries.len());
    (tries < 2).then_some("This task has no other try.")
}

pub(super) fn is_idle(model: &Model) -> Option<&'static str> {
    model
        .live()
        .map(|_| "A run is going on: X stops it, x stops one task.")
}

pub(super) fn is_live(model: &Model) -> Option<&'static str> {
    match model.live() {
        Some(_) => None,
        None => Some("No run is going on; r starts one."),
    }
}

pub(super) fn is_startable(model: &Model) -> Option<&'static str> {
    is_idle(model).or_else(|| {
        model
            .is_blocked()
            .then_some("The run cannot start: see the errors of the plan.")
    })
}

pub(super) fn is_stoppable(model: &Model) -> Option<&'static str> {
    is_live(model).or_else(|| match model.conducted_task() {
        None => Some("Select a task of the live run first."),
        Some(task) if task.is_over() => Some("This task is over; there is nothing to stop."),
        Some(_) => None,
    })
}

pub(super) fn is_retryable(model: &Model) -> Option<&'static str> {
    if model.past.is_some() {
        return Some("This is a former run; esc goes back to the last one.");
    }
    if model.run.is_some() && !model.is_conducted {
        return Some("That run is of another session; r starts a new one.");
    }
    let Some(task) = model.conducted_task() else {
        return Some("There is no task to try again.");
    };
    match task.state {
        TaskState::Failed | TaskState::TimedOut | TaskState::Stopped | TaskState::Unknown => None,
        TaskState::UpstreamFailed => Some("It waits for a task that failed: try that one again."),
        TaskState::UpForRetry => Some("It is tried again by itself."),
        TaskState::Success => Some("It succeeded; r starts a new run."),
        _ => Some("Only a task that failed, was stopped or cannot be seen is tried again."),
    }
}
