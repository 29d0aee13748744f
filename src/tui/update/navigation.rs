//! Navigation between panes, in lists and in a log.

use super::{filters, history};
use crate::tui::action::Action;
use crate::tui::context::Pane;
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::model::history_window::HistoryForm;
use crate::tui::model::overlay::Overlay;
use crate::tui::pager::Page;
use crate::tui::widget::list::{self, Shown};
use domain::variable::VariableName;

/// Columns of one step sideways.
const SIDE_STEP: usize = 8;

/// Moves the focus to a pane.
pub(super) fn focus(model: &mut Model, pane: Pane) {
    model.focus = pane;
    if pane != Pane::Logs {
        model.upper = pane;
    }
}

/// Moves the selection or scrolls, where the focus is.
pub(super) fn navigate(model: &mut Model, action: Action) {
    let step = step(model, action);
    if !model.overlays.is_empty() {
        if let Some(step) = step {
            scroll_window(model, step);
        }
        return;
    }
    match (action, step) {
        (_, Some(step)) => move_in(model, model.focus, step),
        (Action::Left, None) if model.focus == Pane::Logs && !model.logs.wraps => {
            model.logs.column = model.logs.column.saturating_sub(SIDE_STEP);
        }
        (Action::Right, None) if model.focus == Pane::Logs && !model.logs.wraps => {
            let longest = model
                .logs
                .window
                .rows
                .iter()
                .map(|row| row.text.len())
                .max()
                .unwrap_or(0);
            model.logs.column = (model.logs.column + SIDE_STEP).min(longest);
        }
        (Action::Left, None) => focus(model, model.focus.stepped(3)),
        _ => focus(model, model.focus.stepped(1)),
    }
}

/// How far an action moves along a list; nothing for a step sideways.
fn step(model: &Model, action: Action) -> Option<isize> {
    let height = Layout::new(model).room(model.focus).1;
    // An overlay has most of the screen; the list of tasks has a heading and details.
    let rows = match model.overlays.top() {
        Some(_) => usize::from(model.area.height).saturating_sub(8),
        None if model.focus == Pane::Grid => height.saturating_sub(3),
        None => height,
    };
    let page = isize::try_from(rows.max(2)).unwrap_or(isize::MAX);
    match action {
        Action::Up => Some(-1),
        Action::Down => Some(1),
        Action::HalfUp => Some(-page / 2),
        Action::HalfDown => Some(page / 2),
        Action::PageUp => Some(1 - page),
        Action::PageDown => Some(page - 1),
        Action::Top => Some(isize::MIN),
        Action::Bottom => Some(isize::MAX),
        _ => None,
    }
}

/// Moves along the list or the text of a pane, whether it has the focus or not.
pub(super) fn move_in(model: &mut Model, pane: Pane, step: isize) {
    match pane {
        Pane::Variables => {
            let shown = model.variables.filter.shown(VariableName::ALL.len());
            if let Some(place) = shown.moved(model.variables.index(), step) {
                model.variables.selected = VariableName::ALL[place];
            }
        }
        Pane::Configuration => {
            let pane = &mut model.configuration;
            pane.selected = pane.shown().moved(pane.selected, step).unwrap_or(pane.selected);
        }
        Pane::Grid => select_task(model, step),
        Pane::Logs => scroll(model, step),
    }
}

fn select_task(model: &mut Model, step: isize) {
    let Some(run) = model.former_run.as_ref().or(model.run.as_ref()) else {
        return;
    };
    let before = model.grid.index(run);
    let shown = model.grid.filter.shown(run.tasks.len());
    let Some(place) = shown.moved(before, step) else {
        return;
    };
    model.grid.select(run, place);
    if place != before {
        model.logs.pinned = None;
    }
}

fn scroll(model: &mut Model, step: isize) {
    let room = Layout::new(model).room(Pane::Logs);
    match step {
        isize::MIN => model.logs.go(0, room),
        isize::MAX => model.logs.follow(),
        -1 | 1 => model.logs.step(step, room),
        _ => model.logs.scroll(step, room),
    }
}

/// Among the tasks: the selection goes to what is at work, or stays where it is. In a log: its end is followed, or this
/// line stays.
pub(super) fn follow(model: &mut Model) {
    if model.focus == Pane::Grid {
        match model.grid.selected {
            Some(_) => model.grid.selected = None,
            None => stay(model),
        }
        model.logs.pinned = None;
        return;
    }
    let room = Layout::new(model).room(Pane::Logs);
    let top = model.logs.effective_top(room);
    if model.logs.follows {
        model.logs.stop_following(top);
    } else {
        model.logs.follow();
    }
}

/// The selection stays with its task: the reader has the screen to himself.
pub(super) fn stay(model: &mut Model) {
    if let Some(run) = model.former_run.as_ref().or(model.run.as_ref()) {
        let place = model.grid.index(run);
        model.grid.select(run, place);
    }
}

/// The log of the selected task alone is shown, whatever was.
pub(super) fn read_one(model: &mut Model) {
    if model.logs.is_merged() {
        model.logs.before = None;
        model.logs.part();
    }
}

/// Shows the log of another try.
pub(super) fn show_try(model: &mut Model, step: i64) {
    read_one(model);
    let tries = model.selected_task().map_or(0, |task| task.tries.len());
    let tries = u32::try_from(tries).unwrap_or(u32::MAX);
    let shown = model.logs.target.as_ref().map_or(tries, |target| target.number);
    let wanted = (i64::from(shown) + step).clamp(1, i64::from(tries.max(1)));
    let wanted = u32::try_from(wanted).unwrap_or(1);
    // At the newest one, later tries are followed again.
    model.logs.pinned = (wanted < tries).then_some(wanted);
    model.logs.follow();
}

/// Moves along what the topmost window shows.
pub(super) fn scroll_window(model: &mut Model, step: isize) {
    let shown = Page::new(model);
    let items = shown.as_ref().map_or(0, Page::items);
    let last = shown.map_or(0, |shown| shown.last_top());
    match model.overlays.top_mut() {
        Some(Overlay::Help(pane)) => pane.selected = list::moved(pane.selected, step, items),
        Some(Overlay::History(_)) => history::step(model, step),
        Some(Overlay::Timeline) => select_task(model, step),
        Some(Overlay::Arguments(_) | Overlay::Presets { .. } | Overlay::Comparison { .. }) => {
            move_in_window(model, step);
        }
        Some(Overlay::Failures(pane)) => {
            let height = pane.height(&model.failures.groups);
            pane.selected = pane.selected.min(height.saturating_sub(1));
            move_in_window(model, step);
        }
        Some(
            Overlay::Notices { top }
            | Overlay::Stages { top }
            | Overlay::Doctor { top }
            | Overlay::Actions { top }
            | Overlay::Details { top }
            | Overlay::Plan { top }
            | Overlay::Summary { top },
        ) => {
            *top = list::moved((*top).min(last), step, last + 1);
        }
        Some(Overlay::Dialog(dialog)) => {
            dialog.selected = list::moved(dialog.selected, step, dialog.choices.len());
        }
        Some(Overlay::Confirmation(_)) | None => {}
    }
}

fn move_in_window(model: &mut Model, step: isize) {
    if let Some(list) = filters::list_of(model) {
        filters::step(model, list, step);
    }
}

/// Selects a line of the window's list, or makes it the first that is shown of a text.
pub(super) fn select_in_window(model: &mut Model, place: usize) {
    let last = Page::new(model).map_or(0, |shown| shown.last_top());
    let selected = match model.overlays.top() {
        Some(Overlay::Timeline) => return select(model, Pane::Grid, place),
        Some(Overlay::History(window)) if window.form == HistoryForm::Grid => window.line(&model.history),
        Some(Overlay::Dialog(dialog)) => dialog.selected,
        Some(Overlay::Help(pane)) => pane.selected,
        Some(
            Overlay::Notices { top }
            | Overlay::Stages { top }
            | Overlay::Doctor { top }
            | Overlay::Actions { top }
            | Overlay::Details { top }
            | Overlay::Plan { top }
            | Overlay::Summary { top },
        ) => (*top).min(last),
        _ => {
            if let Some(list) = filters::list_of(model) {
                filters::select(model, list, place);
            }
            return;
        }
    };
    let distance = isize::try_from(place).unwrap_or(isize::MAX);
    scroll_window(model, distance - isize::try_from(selected).unwrap_or(0));
}

/// Selects a line of a pane's list, by its place.
pub(super) fn select(model: &mut Model, pane: Pane, place: usize) {
    // A filter may leave out lines between the two.
    let step = |shown: Shown<'_>, from: usize| {
        let at = |place| isize::try_from(shown.position(place)).unwrap_or(0);
        at(place) - at(from)
    };
    let step = match pane {
        Pane::Variables => step(
            model.variables.filter.shown(VariableName::ALL.len()),
            model.variables.index(),
        ),
        Pane::Configuration => step(model.configuration.shown(), model.configuration.selected),
        Pane::Grid => match model.shown_run() {
            Some(run) => step(model.grid.filter.shown(run.tasks.len()), model.grid.index(run)),
            None => return,
        },
        Pane::Logs => return,
    };
    move_in(model, pane, step);
}
