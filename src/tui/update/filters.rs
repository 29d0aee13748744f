//! The filters of lists: typing one, completing it, leaving it, and keeping the selection among what is shown.

use crate::tui::action::Action;
use crate::tui::context::Pane;
use crate::tui::filter::{Field, Filtered, complete};
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::history_window::HistoryForm;
use crate::tui::model::list_filter::{List, ListFilter, RunLine, SelectedBefore};
use crate::tui::model::prompt::{Prompt, PromptPurpose, PromptStep};
use domain::variable::VariableName;
use std::collections::BTreeSet;

/// The list that gets the keys, if it can be filtered.
fn list_of(model: &Model) -> Option<List> {
    if !model.overlays.is_empty() {
        let window = model.history_window()?;
        return (window.form == HistoryForm::List).then_some(List::History);
    }
    match model.focus {
        Pane::Variables => Some(List::Variables),
        Pane::Configuration => Some(List::Rows),
        Pane::Grid => Some(List::Tasks),
        Pane::Logs => None,
    }
}

fn filter_mut(model: &mut Model, list: List) -> &mut ListFilter {
    match list {
        List::Variables => &mut model.variables.filter,
        List::Rows => &mut model.configuration.filter,
        List::Tasks => &mut model.grid.filter,
        List::History => &mut model.history_filter,
    }
}

/// Asks for the filter of the list with the focus; the one that is in force is there to be changed.
pub(super) fn ask(model: &mut Model) {
    if let Some(list) = list_of(model) {
        let text = filter_mut(model, list).text().to_owned();
        model.before_filter = match list {
            List::Tasks => Some(SelectedBefore::Task(model.grid.selected.clone())),
            List::History => model
                .history_window()
                .map(|window| SelectedBefore::Run(window.run.clone())),
            List::Variables | List::Rows => selection(model, list).map(SelectedBefore::Place),
        };
        model.prompt = Some(Prompt::with_text(PromptPurpose::Filter(list), &text));
    }
}

/// Takes the text that is typed, was accepted, or was in force before.
pub(super) fn apply(model: &mut Model, list: List, text: &str, step: PromptStep) {
    let fault = filter_mut(model, list).set(text, list).err();
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
    };
    values.into_iter().collect()
}

fn of<T: Filtered>(lines: impl Iterator<Item = T>, field: Field) -> BTreeSet<String> {
    let texts = lines.map(|line| line.field(field).into_owned());
    texts
        .filter(|text| !text.is_empty() && !text.contains(' '))
        .collect()
}

/// Shows everything in the list with the focus; false if everything is shown.
pub(super) fn leave(model: &mut Model) -> bool {
    let Some(list) = list_of(model) else {
        return false;
    };
    let was_on = filter_mut(model, list).is_on();
    *filter_mut(model, list) = ListFilter::default();
    was_on
}

/// Brings what is shown up to date. A selection that is hidden goes to the next line that is not.
pub(super) fn refresh(model: &mut Model) {
    let version = model.lists_version;
    for list in [List::Variables, List::Rows, List::Tasks, List::History] {
        let is_unseen = list == List::History && list_of(model) != Some(list);
        if is_unseen || !filter_mut(model, list).is_on() {
            continue;
        }
        let mut filter = std::mem::take(filter_mut(model, list));
        match list {
            List::Variables => filter.refresh(version, model.variable_lines()),
            List::Rows => filter.refresh(version, model.row_lines()),
            List::Tasks => filter.refresh(version, model.task_lines()),
            List::History => filter.refresh(version, model.history.iter().map(RunLine)),
        }
        let total = total(model, list);
        let place = selection(model, list).unwrap_or_default();
        let shown = filter.shown(total);
        let nearest = (!shown.contains(place)).then(|| shown.place(shown.position(place)));
        *filter_mut(model, list) = filter;
        if let Some(place) = nearest.flatten() {
            select(model, list, place);
        }
    }
}

fn total(model: &Model, list: List) -> usize {
    match list {
        List::Variables => VariableName::ALL.len(),
        List::Rows => model.configuration.rows().len(),
        List::Tasks => model.shown_run().map_or(0, |run| run.tasks.len()),
        List::History => model.history.len(),
    }
}

/// The place of the selected line.
fn selection(model: &Model, list: List) -> Option<usize> {
    match list {
        List::Variables => Some(model.variables.index()),
        List::Rows => Some(model.configuration.selected),
        List::Tasks => model.shown_run().map(|run| model.grid.index(run)),
        List::History => {
            let window = model.history_window()?;
            model.history.iter().position(|run| run.id == window.run)
        }
    }
}

fn select(model: &mut Model, list: List, place: usize) {
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
