//! When an action cannot be done, and why, in one sentence.

use super::{Action, key};
use crate::tui::model::Model;
use domain::state::TaskState;

pub(super) fn has_changes(model: &Model) -> Option<String> {
    let is_clean = model.variables.changes().is_empty();
    is_clean.then(|| "Nothing to save: no variable was edited.".into())
}

pub(super) fn has_change(model: &Model) -> Option<String> {
    let is_dirty = model.variables.is_dirty(model.variables.selected);
    (!is_dirty).then(|| "Nothing to undo: this variable was not edited.".into())
}

pub(super) fn has_active_row(model: &Model) -> Option<String> {
    match model.configuration.row() {
        None => Some(format!(
            "No row to edit. {} reads the configuration table.",
            key(Action::Reload)
        )),
        Some(row) if !row.active => Some("This row is inactive, so its arguments are not used.".into()),
        Some(_) => None,
    }
}

pub(super) fn has_tries(model: &Model) -> Option<String> {
    let tries = model.selected_task().map_or(0, |task| task.tries.len());
    (tries < 2).then(|| "This task has no other try.".into())
}

pub(super) fn is_idle(model: &Model) -> Option<String> {
    model.live_run().map(|_| {
        format!(
            "A run is live. {} stops it, {} stops one task.",
            key(Action::StopRun),
            key(Action::StopTask)
        )
    })
}

pub(super) fn is_live(model: &Model) -> Option<String> {
    match model.live_run() {
        Some(_) => None,
        None => Some(format!("No run is live. {} previews one.", key(Action::Run))),
    }
}

pub(super) fn is_startable(model: &Model) -> Option<String> {
    is_idle(model).or_else(|| {
        if model.configuration.trouble().is_some() {
            return Some(format!(
                "The run cannot start: the configuration table cannot be read. Back with {}, {} reads it again.",
                key(Action::Back),
                key(Action::Reload)
            ));
        }
        model
            .is_blocked()
            .then(|| "The run cannot start: see the errors of the plan.".into())
    })
}

pub(super) fn is_stoppable(model: &Model) -> Option<String> {
    is_live(model).or_else(|| match model.driven_task() {
        None => Some("Select a task of the live run first.".into()),
        Some(task) if task.is_over() => Some("This task is over; there is nothing to stop.".into()),
        Some(_) => None,
    })
}

pub(super) fn is_retryable(model: &Model) -> Option<String> {
    if model.former_run.is_some() {
        return Some(format!(
            "This is a former run. {} goes back to the last one.",
            key(Action::Back)
        ));
    }
    if model.run.is_some() && !model.is_driven_here {
        return Some(format!(
            "That run is of another session. {} previews a new one.",
            key(Action::Run)
        ));
    }
    let Some(task) = model.driven_task() else {
        return Some("There is no task to try again.".into());
    };
    if let Some(why) = model.run.as_ref().and_then(|run| run.retry_refusal(&task.id)) {
        return Some(why.into());
    }
    let reason = match task.state {
        TaskState::Failed | TaskState::TimedOut | TaskState::Stopped | TaskState::Unknown => return None,
        TaskState::UpstreamFailed => "A task before this one failed: try that one again.",
        TaskState::UpForRetry => "Its next try starts by itself.",
        TaskState::Success => "This task succeeded.",
        _ => "Only a task that failed, was stopped or cannot be seen is tried again.",
    };
    Some(reason.into())
}
