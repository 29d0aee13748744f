//! Marks: of the selected line, of a range, of all others; and what is done with marked tasks.

use super::navigation;
use crate::tui::action::Action;
use crate::tui::context::Pane;
use crate::tui::model::Model;
use crate::tui::model::marks::TaskMarks;
use domain::id::{DagRunId, TaskId};
use domain::key::RowName;

/// Marks the selected line or unmarks it, and goes to the next one.
pub(super) fn mark(model: &mut Model) {
    match model.focus {
        Pane::Configuration => {
            if let Some(name) = model.configuration.row().map(|row| row.name.clone()) {
                model.row_marks.toggle(name);
            }
        }
        Pane::Grid => {
            if let Some((run, task)) = selected_task(model) {
                model.task_marks.of_mut(&run).toggle(task);
            }
        }
        Pane::Variables | Pane::Logs => return,
    }
    navigation::navigate(model, Action::Down);
}

/// Begins a range at the selected line, or takes the one that was begun.
pub(super) fn range(model: &mut Model) {
    match model.focus {
        Pane::Configuration => {
            if let Some(name) = model.configuration.row().map(|row| row.name.clone()) {
                model.row_marks.toggle_range(name);
            }
        }
        Pane::Grid => {
            if let Some((run, task)) = selected_task(model) {
                model.task_marks.of_mut(&run).toggle_range(task);
            }
        }
        Pane::Variables | Pane::Logs => {}
    }
}

/// Marks what is not marked, and unmarks what is.
pub(super) fn invert(model: &mut Model) {
    match model.focus {
        Pane::Configuration => {
            let rows = rows(model);
            model.row_marks.invert(rows);
        }
        Pane::Grid => {
            let tasks = tasks(model);
            if let Some((run, _)) = selected_task(model) {
                model.task_marks.of_mut(&run).invert(tasks);
            }
        }
        Pane::Variables | Pane::Logs => {}
    }
}

/// Lets an open range follow the selection.
pub(super) fn follow(model: &mut Model) {
    if model.row_marks.has_range() && model.focus == Pane::Configuration {
        let rows = rows(model);
        let selected = model.configuration.row().map(|row| row.name.clone());
        let place = rows.iter().position(|row| Some(row) == selected.as_ref());
        model.row_marks.reach(&rows, place.unwrap_or_default());
    }
    if model.focus == Pane::Grid
        && let Some((run, task)) = selected_task(model)
        && model.task_marks.of_mut(&run).has_range()
    {
        let tasks = tasks(model);
        let place = tasks.iter().position(|other| *other == task);
        let marks = model.task_marks.of_mut(&run);
        marks.reach(&tasks, place.unwrap_or_default());
    }
}

/// Leaves an open range; false if there is none.
pub(super) fn leave_range(model: &mut Model) -> bool {
    let run = model.shown_run().map(|run| run.id.clone());
    let has_range = match model.focus {
        Pane::Configuration => model.row_marks.has_range(),
        Pane::Grid => run.is_some_and(|run| model.task_marks.of_mut(&run).has_range()),
        Pane::Variables | Pane::Logs => false,
    };
    has_range && step_out(model)
}

/// Leaves an open range, or unmarks everything in the pane; false if nothing is marked in it.
pub(super) fn step_out(model: &mut Model) -> bool {
    match model.focus {
        Pane::Configuration => model.row_marks.step_out(),
        Pane::Grid => {
            let run = model.shown_run().map(|run| run.id.clone());
            run.is_some_and(|run| model.task_marks.of_mut(&run).step_out())
        }
        Pane::Variables | Pane::Logs => false,
    }
}

/// Unmarks all tasks: what was to be done with them has been asked for.
pub(super) fn clear_tasks(model: &mut Model) {
    match model.focus {
        Pane::Configuration => model.row_marks.clear(),
        _ => model.task_marks = TaskMarks::default(),
    }
}

fn selected_task(model: &Model) -> Option<(DagRunId, TaskId)> {
    let (run, task) = (model.shown_run()?, model.selected_task()?);
    Some((run.id.clone(), task.id.clone()))
}

/// The rows that are shown.
fn rows(model: &Model) -> Vec<RowName> {
    let rows = model.configuration.rows();
    let shown = model.configuration.shown().places();
    shown
        .filter_map(|place| Some(rows.get(place)?.name.clone()))
        .collect()
}

/// The tasks that are shown.
fn tasks(model: &Model) -> Vec<TaskId> {
    let tasks = model.shown_run().map_or(&[][..], |run| &run.tasks);
    let shown = model.grid.filter.shown(tasks.len()).places();
    shown
        .filter_map(|place| Some(tasks.get(place)?.id.clone()))
        .collect()
}
