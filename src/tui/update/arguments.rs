//! The form of a row's arguments. It changes the next run, not the configuration table.

use super::dialog;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::configuration::{ArgumentsForm, Typing};
use crate::tui::model::editor::Editor;
use crate::tui::model::overlay::Overlay;
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::remedy::Remedy;
use domain::task::Task;

fn form(model: &mut Model) -> Option<&mut ArgumentsForm> {
    match model.overlays.top_mut() {
        Some(Overlay::Arguments(form)) => Some(form),
        _ => None,
    }
}

/// Opens the form of the selected row.
pub(super) fn open(model: &mut Model) {
    let pane = &model.configuration;
    let names = model.secrets.names();
    let passed = model.plan().passed.into_iter();
    let variables = passed.map(|name| (name.as_str(), model.variables.working.text(name)));
    let variables: RuntimeArguments = variables.collect();
    let form = pane
        .row()
        .map(|row| ArgumentsForm::new(row, pane.arguments(row), variables, names));
    if let Some(form) = form {
        model.overlays.push(Overlay::Arguments(Box::new(form)));
    }
}

/// The form for the values that a task needs again; nothing if it needs none.
pub(super) fn asked(model: &Model, task: &Task) -> Option<ArgumentsForm> {
    let remedies = task.reason.iter().flat_map(|failure| &failure.remedies);
    let mut asked = remedies.filter_map(|remedy| match remedy {
        Remedy::GiveArguments { names, .. } => Some(names),
        _ => None,
    });
    let names = asked.next()?;
    Some(ArgumentsForm::ask(task, names, model.secrets.names()))
}

/// Opens the field of the selected value.
pub(super) fn edit(model: &mut Model) {
    if let Some(form) = form(model)
        && let Some(name) = form.name()
    {
        form.edit(name);
    }
}

/// Opens the field of another argument's name; its value follows.
pub(super) fn add(model: &mut Model) {
    if let Some(form) = form(model) {
        form.typing = Some(Typing::Name(Editor::new("")));
    }
}

/// Leaves out the selected argument.
pub(super) fn remove(model: &mut Model) {
    change(model, |form, name| {
        form.values.remove(name);
    });
}

/// Takes the row's value again.
pub(super) fn revert(model: &mut Model) {
    change(model, |form, name| match form.row.get(name).map(str::to_owned) {
        Some(value) => form.values.insert(name, value),
        None => drop(form.values.remove(name)),
    });
}

fn change(model: &mut Model, act: impl FnOnce(&mut ArgumentsForm, &str)) {
    if let Some(form) = form(model)
        && let Some(name) = form.name()
    {
        act(form, &name);
        form.select(&name);
        store(model);
    }
}

/// Accepts the text of the field. After a name, the field of its value opens.
pub(super) fn commit(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    match form.typing.take() {
        Some(Typing::Name(editor)) => form.edit(editor.text().to_owned()),
        Some(Typing::Value { name, editor }) => {
            form.values.insert(name.as_str(), editor.text());
            if form.asked.is_some() {
                return give(model, &name, effects);
            }
            form.select(&name);
            store(model);
        }
        None => {}
    }
}

/// A value that was asked for was given; after the last one the task is tried again with all of them.
fn give(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    if let Some(asked) = &mut form.asked {
        asked.retain(|other| other != name);
    }
    if form.edit_asked() {
        return;
    }
    let task = form.task.clone();
    let arguments = form
        .values
        .iter()
        .filter(|(name, value)| form.row.get(name) != Some(value));
    let arguments = arguments.collect();
    model.overlays.pop();
    if let Some(run) = model.shown_run().map(|run| run.id.clone()) {
        let command = RunCommand::GiveArguments { task, arguments };
        dialog::tell(model, run, vec![command], effects);
    }
}

/// Stores the form's values for the next run, if they differ from the row's.
fn store(model: &mut Model) {
    let Some(form) = form(model) else { return };
    if form.asked.is_some() {
        return;
    }
    let (task, differs) = (form.task.clone(), form.values != form.row);
    let values: RuntimeArguments = form.values.clone();
    if differs {
        model.secrets.learn(&values);
        model.configuration.edits.insert(task, values);
    } else {
        model.configuration.edits.remove(&task);
    }
}
