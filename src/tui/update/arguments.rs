//! The form of a row's arguments. It changes the next run, not the configuration table.

use super::{navigation, resume};
use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::arguments::{ArgumentsForm, Needs, Typing};
use crate::tui::model::editor::Editor;
use crate::tui::model::list_filter::WindowFilter;
use crate::tui::model::overlay::Overlay;
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::draft::{ArgumentEdit, KeptChange, NameOf};
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
    let common = model.secrets.redact(&model.common_arguments);
    let form = pane
        .row()
        .map(|row| ArgumentsForm::new(row, pane.arguments(row), (common, variables), names));
    if let Some(form) = form {
        model.overlays.push(Overlay::Arguments(Box::new(form)));
        refresh(model);
    }
}

/// Opens the form in which a name was being typed when the program ended, as soon as its row is known and nothing else
/// is being done.
pub(super) fn type_name_again(model: &mut Model) {
    let Some(typed) = model.configuration.awaited_name.clone() else {
        return;
    };
    let rows = model.configuration.rows();
    let place = rows.iter().position(|row| row.task == typed.task);
    let Some(place) = place.filter(|_| model.overlays.is_empty() && model.editor().is_none()) else {
        return;
    };
    model.configuration.awaited_name = None;
    navigation::focus(model, Pane::Configuration);
    model.configuration.selected = place;
    open(model);
    if let Some(form) = form(model) {
        form.typing = Some(Typing::Name(typed.of, Editor::changed("", &typed.text)));
    }
}

/// Brings the open forms up to date with the table and the deployed pipeline. What is being typed stays.
pub(super) fn refresh(model: &mut Model) {
    let (pane, secrets) = (&model.configuration, &model.secrets);
    let deployed = model.deployed.as_ref();
    for form in model.overlays.forms_mut().filter(|form| form.asked.is_none()) {
        if let Some(row) = pane.rows().iter().find(|row| row.task == form.task) {
            form.follow(&row.arguments);
        }
        form.needs = Needs::new(deployed, &form.given());
        form.needs.preferences = secrets.redact(&form.needs.preferences);
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
        form.typing = Some(Typing::Name(NameOf::Argument, Editor::new("")));
        // What is added is seen, whatever was looked for before.
        model.window_filter = WindowFilter::default();
    }
}

/// Leaves out the selected argument.
pub(super) fn remove(model: &mut Model) {
    change(model, |row, name, values| {
        // A variable is passed again where the row gives nothing.
        if row.get(name).is_some() || values.get(name).is_some() {
            values.remove(name);
        }
    });
}

/// Takes the row's value again.
pub(super) fn revert(model: &mut Model) {
    change(model, |row, name, values| match row.get(name) {
        Some(value) => values.insert(name, value),
        None => drop(values.remove(name)),
    });
}

/// Takes all of the row's values again.
pub(super) fn revert_all(model: &mut Model) {
    change(model, |row, _, values| values.clone_from(row));
}

fn change(model: &mut Model, act: impl FnOnce(&RuntimeArguments, &str, &mut RuntimeArguments)) {
    if let Some(form) = form(model) {
        let (row, name) = (form.row.clone(), form.name().unwrap_or_default());
        form.change(|values| act(&row, &name, values));
        form.select(&name);
        store(model);
    }
}

/// Takes the last change of the form back, or makes it again.
pub(super) fn undo(model: &mut Model, is_redo: bool) -> bool {
    let Some(form) = form(model) else { return true };
    let name = form.name().unwrap_or_default();
    let is_done = if is_redo { form.redo() } else { form.undo() };
    form.select(&name);
    if is_done {
        store(model);
    }
    is_done
}

/// Accepts the text of the field. After a name, the field of its value opens.
pub(super) fn commit(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    match form.typing.take() {
        Some(Typing::Name(NameOf::Argument, editor)) => form.edit(editor.text().to_owned()),
        Some(Typing::Name(NameOf::Preset, editor)) => save_preset(model, editor.text(), effects),
        Some(Typing::Value { name, editor }) => {
            // A field that was only looked at gives no value to what had none.
            if editor.is_changed() || form.values.get(&name).is_some() || form.row.get(&name).is_none() {
                form.change(|values| values.insert(name.as_str(), editor.text()));
            }
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
        resume::tell(model, run, vec![command], effects);
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
    refresh(model);
}

/// Asks for the name of a preset with this row's edit.
pub(super) fn name_preset(model: &mut Model) {
    if let Some(form) = form(model) {
        form.typing = Some(Typing::Name(NameOf::Preset, Editor::new("")));
    }
}

fn save_preset(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    let (row, values) = (form.row.clone(), form.values.clone());
    let (edit, secret) = ArgumentEdit::between(&row, &values, &model.secrets);
    if edit.is_empty() {
        return model.reply("Nothing is saved: only secrets were edited, and they are kept nowhere.");
    }
    effects.push(Effect::KeepEdits(KeptChange::Save(name.trim().to_owned(), edit)));
    if !secret.is_empty() {
        model.reply(format!(
            "Secrets are not kept in a preset: {}.",
            secret.join(", ")
        ));
    }
}

/// Lists the presets.
pub(super) fn list_presets(model: &mut Model) {
    model.overlays.push(Overlay::Presets { selected: 0 });
}

/// The name of the selected preset.
fn selected_preset(model: &Model) -> Option<String> {
    let Some(Overlay::Presets { selected }) = model.overlays.top() else {
        return None;
    };
    model.kept.presets.keys().nth(*selected).cloned()
}

/// Makes the edit of the selected preset in the form below the list.
pub(super) fn take_preset(model: &mut Model) {
    let Some(name) = selected_preset(model) else {
        return;
    };
    let Some(edit) = model.kept.presets.get(&name).cloned() else {
        return;
    };
    model.overlays.pop();
    change(model, |row, _, values| *values = edit.applied_to(row));
    let undo = key(Action::Undo);
    model.reply(format!(
        "The arguments are the row's with the preset {name}. {undo} takes it back."
    ));
}

/// Forgets the selected preset.
pub(super) fn forget_preset(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(name) = selected_preset(model) {
        effects.push(Effect::KeepEdits(KeptChange::Forget(name)));
    }
}
