//! The window with the failures by reason: a group is unfolded, a task is gone to, a group is tried again as a whole.

use super::{navigation, retry};
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::failures::{FailureLine, FailuresPane};
use crate::tui::model::overlay::Overlay;
use domain::id::TaskId;
use std::collections::BTreeSet;

/// Opens the window; a single group is unfolded at once.
pub(super) fn open(model: &mut Model) {
    let mut pane = FailuresPane::default();
    if let [only] = model.failures.groups.as_slice() {
        pane.open.insert(only.reason.clone());
    }
    model.overlays.push(Overlay::Failures(pane));
}

/// Unfolds or folds the selected group; goes to the selected task.
pub(super) fn enter(model: &mut Model) {
    let Some(Overlay::Failures(pane)) = model.overlays.top_mut() else {
        return;
    };
    match pane.selected(&model.failures.groups) {
        None => {}
        Some(FailureLine::Group(group)) => {
            let is_folded = !pane.open.remove(&group.reason);
            pane.open.extend(is_folded.then(|| group.reason.clone()));
        }
        Some(FailureLine::Task(_, task)) => {
            let task = task.clone();
            go_to(model, task);
        }
    }
}

/// Shows a task and its log in the panes.
fn go_to(model: &mut Model, task: TaskId) {
    model.overlays.clear();
    model.logs.pinned = None;
    model.grid.selected = Some(task);
    navigation::focus(model, Pane::Grid);
}

/// Asks before all tasks of the selected group are tried again.
pub(super) fn retry_group(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Failures(pane)) = model.overlays.top() else {
        return;
    };
    if let Some(line) = pane.selected(&model.failures.groups) {
        let run = model.shown_run();
        let is_handled = |id: &TaskId| run.and_then(|run| run.task(id)?.handled()).is_some();
        let tasks = line.group().tasks.iter().filter(|id| !is_handled(id));
        let tasks: BTreeSet<_> = tasks.cloned().collect();
        if tasks.is_empty() {
            return model.reply(
                "All of these were handled by a person: in the list of tasks each can be tried again.",
            );
        }
        retry::these(model, &tasks, effects);
    }
}
