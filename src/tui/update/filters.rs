//! The filters of lists: typing one, completing it, leaving it, and keeping the selection among what is shown.

use crate::tui::action::Action;
use crate::tui::context::Pane;
use crate::tui::filter::{Field, Filtered, complete};
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::history_window::{HistoryForm, HistoryWindow};
use crate::tui::model::list_filter::{List, ListFilter, RunLine, SelectedBefore, WindowFilter};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::prompt::{Prompt, PromptPurpose, PromptStep};
use crate::tui::widget::list::Shown;
use domain::variable::VariableName;
use std::collections::BTreeSet;

/// The list that gets the keys, if it can be filtered.
pub(super) fn list_of(model: &Model) -> Option<List> {
    if let Some(overlay) = model.overlays.top() {
        return overlay.list();
    }
    match model.focus {
        Pane::Variables => Some(List::Variables),
        Pane::Configuration => Some(List::Rows),
        Pane::Grid => Some(List::Tasks),
        Pane::Logs => None,
    }
}

/// Asks for the filter of the list with the focus; the one that is in force is there to be changed.
pub(super) fn ask(model: &mut Model) {
    if let Some(list) = list_of(model) {
        let text = model.list_filter_mut(list).text().to_owned();
        model.before_filter = match list {
            List::Tasks => Some(SelectedBefore::Task(model.grid.selected.clone())),
            List::History => model
                .history_window()
                .map(|window| SelectedBefore::Run(window.run.clone())),
            _ => selection(model, list).map(SelectedBefore::Place),
        };
        model.prompt = Some(Prompt::with_text(PromptPurpose::Filter(list), &text));
    }
}

/// Takes the text that is typed, was accepted, or was in force before.
pub(super) fn apply(model: &mut Model, list: List, text: &str, step: PromptStep) {
    let fault = model.list_filter_mut(list).set(text, list).err();
    if let Some(prompt) = &mut model.prompt {
        prompt.editor.fault = fault;
    }
    // Whatever was typed on the way: the line that was selected stays so if it fits.
    match model.before_filter.clone() {
        Some(SelectedBefore::Place(place)) => select(model, list, place),
        Some(SelectedBefore::Task(task)) => model.grid.selected = task,
        Some(SelectedBefore::Run(run)) => {
            if let Some(window) = model.history_window_mut() {
                window.run = run;
            }
        }
        None => {}
    }
    if step != PromptStep::Typed {
        model.before_filter = None;
    }
    refresh(model);
}

/// Completes the field or the value before the cursor, as far as that is sure.
pub(super) fn complete_text(model: &mut Model) {
    let Some(Prompt {
        purpose: PromptPurpose::Filter(list),
        editor,
        ..
    }) = &model.prompt
    else {
        return;
    };
    let (list, text) = (*list, editor.text().to_owned());
    let completed = complete(&text, list.fields(), |field| values(model, list, field));
    if let Some(completed) = completed {
        if let Some(prompt) = &mut model.prompt {
            prompt.editor = Editor::new(&completed);
        }
        apply(model, list, &completed, PromptStep::Typed);
    }
}

/// The values that the lines of a list have in a field.
fn values(model: &Model, list: List, field: Field) -> Vec<String> {
    let values: BTreeSet<String> = match list {
        List::Variables => of(model.variable_lines(), field),
        List::Rows => of(model.row_lines(), field),
        List::Tasks => of(model.task_lines(), field),
        List::History => of(model.history.iter().map(RunLine), field),
        _ => of(model.window_lines(list).iter(), field),
    };
    values.into_iter().collect()
}

fn of<T: Filtered>(lines: impl Iterator<Item = T>, field: Field) -> BTreeSet<String> {
    let texts = lines.map(|line| line.field(field).into_owned());
    texts
        .filter(|text| !text.is_empty() && !text.contains(' '))
        .collect()
}

/// Shows everything in the list with the focus; false if everything is shown. What is shown of the tasks stays when their
/// time axis is closed.
pub(super) fn leave(model: &mut Model) -> bool {
    let list = list_of(model).filter(|list| *list != List::Tasks || model.overlays.is_empty());
    let Some(list) = list else { return false };
    let was_on = model.list_filter(list).is_on();
    *model.list_filter_mut(list) = ListFilter::NONE;
    was_on
}

/// Brings what is shown up to date. A selection that is hidden goes to the next line that is not.
pub(super) fn refresh(model: &mut Model) {
    let is_of = |of| model.overlays.iter().any(|overlay| overlay.list() == Some(of));
    if model.window_filter.of.is_some_and(|of| !is_of(of)) {
        model.window_filter = WindowFilter::default();
    }
    let window = model.window_filter.of.filter(|of| !matches!(of, List::Text(_)));
    let lists = [List::Variables, List::Rows, List::Tasks, List::History];
    for list in lists.into_iter().chain(window) {
        let is_unseen = list == List::History && list_of(model) != Some(list);
        if !is_unseen && model.list_filter(list).is_on() {
            refresh_one(model, list);
        }
    }
}

fn refresh_one(model: &mut Model, list: List) {
    let version = model.lists_version;
    let mut filter = std::mem::take(model.list_filter_mut(list));
    match list {
        List::Variables => filter.refresh(version, model.variable_lines()),
        List::Rows => filter.refresh(version, model.row_lines()),
        List::Tasks => filter.refresh(version, model.task_lines()),
        List::History => filter.refresh(version, model.history.iter().map(RunLine)),
        _ if filter.is_stale(version) => filter.refresh(version, model.window_lines(list).into_iter()),
        _ => {}
    }
    let place = selection(model, list).unwrap_or_default();
    let shown = filter.shown(model.list_total(list));
    let nearest = if shown.contains(place) {
        None
    } else {
        nearest(model, list, shown, place)
    };
    *model.list_filter_mut(list) = filter;
    if let Some(place) = nearest {
        select(model, list, place);
    }
}

/// The line that is shown next to one that is not. In the grid of former runs it is one of the same grid.
fn nearest(model: &Model, list: List, shown: Shown<'_>, place: usize) -> Option<usize> {
    let next = shown.place(shown.position(place));
    let is_grid = |window: &HistoryWindow| window.form == HistoryForm::Grid;
    if list != List::History || !model.history_window().is_some_and(is_grid) {
        return next;
    }
    let hidden = model.history.get(place)?;
    let is_alike = |place: &usize| model.history[*place].is_alike(hidden);
    let alike: Vec<_> = shown.places().filter(is_alike).collect();
    let shown = Shown::new(model.history.len(), Some(&alike));
    shown.place(shown.position(place))
}

/// Moves along the shown lines of a list.
pub(super) fn step(model: &mut Model, list: List, step: isize) {
    let Some(place) = selection(model, list) else {
        return;
    };
    let shown = model.list_filter(list).shown(model.list_total(list));
    if let Some(place) = shown.moved(place, step) {
        select(model, list, place);
    }
}

/// The place of the selected line.
fn selection(model: &Model, list: List) -> Option<usize> {
    match (list, model.overlays.top()) {
        (List::Variables, _) => Some(model.variables.index()),
        (List::Rows, _) => Some(model.configuration.selected),
        (List::Tasks, _) => model.shown_run().map(|run| model.grid.index(run)),
        (List::History, _) => {
            let window = model.history_window()?;
            model.history.iter().position(|run| run.id == window.run)
        }
        (List::Arguments, Some(Overlay::Arguments(form))) => Some(form.selected),
        (List::Presets, Some(Overlay::Presets { selected }))
        | (List::Compared, Some(Overlay::Comparison { selected, .. })) => Some(*selected),
        (List::Failures, Some(Overlay::Failures(pane))) => Some(pane.selected),
        _ => None,
    }
}

/// Selects the line at a place.
pub(super) fn select(model: &mut Model, list: List, place: usize) {
    match list {
        List::Variables => {
            if let Some(name) = VariableName::ALL.get(place) {
                model.variables.selected = *name;
            }
        }
        List::Rows => model.configuration.selected = place,
        List::History => {
            let run = model.history.get(place).map(|run| run.id.clone());
            if let (Some(run), Some(window)) = (run, model.history_window_mut()) {
                window.run = run;
            }
        }
        List::Tasks => {
            let run = model.former_run.as_ref().or(model.run.as_ref());
            if let Some(run) = run {
                model.grid.select(run, place);
            }
        }
        _ => match model.overlays.top_mut() {
            Some(Overlay::Arguments(form)) => form.selected = place,
            Some(Overlay::Presets { selected } | Overlay::Comparison { selected, .. }) => *selected = place,
            Some(Overlay::Failures(pane)) => pane.selected = place,
            _ => {}
        },
    }
}

/// Whether an action changes nothing that a filter asks for.
pub(super) fn is_harmless(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::Left
            | Action::Right
            | Action::HalfUp
            | Action::HalfDown
            | Action::PageUp
            | Action::PageDown
            | Action::Top
            | Action::Bottom
    )
}
