//! The form of the variables: edit, accept, save, undo.

use super::{navigation, read_configuration};
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::variables::VariablesPane;
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::failure::Failure;
use domain::variable::VariableName;
use std::collections::BTreeMap;

/// Opens the field of the selected variable; true and false switch at once.
pub(super) fn edit(model: &mut Model, effects: &mut Vec<Effect>) {
    let name = model.variables.selected;
    let text = model.variables.working.text(name);
    match text.as_str() {
        "true" => set(model, name, "false", effects),
        "false" => set(model, name, "true", effects),
        _ if name == VariableName::CdfPipelineRunArguments => {
            model.variables.editor = Some(Editor::value(&text));
        }
        _ => model.variables.editor = Some(Editor::new(&text)),
    }
}

/// Opens the field of a variable with a text that is not valid yet.
pub(super) fn type_again(model: &mut Model, name: VariableName, text: &str) {
    let before = model.variables.working.text(name);
    model.variables.selected = name;
    model.variables.editor = Some(Editor::changed(&before, text));
    navigation::focus(model, Pane::Variables);
}

/// Accepts the text of the field.
pub(super) fn commit(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(editor) = model.variables.editor.take() {
        set(model, model.variables.selected, editor.text(), effects);
    }
}

/// Takes the saved value again.
pub(super) fn revert(model: &mut Model, effects: &mut Vec<Effect>) {
    let name = model.variables.selected;
    let saved = model.variables.saved.text(name);
    set(model, name, &saved, effects);
}

fn set(model: &mut Model, name: VariableName, text: &str, effects: &mut Vec<Effect>) {
    let before = model.variables.working.text(name);
    if let Err(error) = model.variables.working.set(name, text) {
        model.notify(Meaning::Warning, error.to_string());
    } else if before != model.variables.working.text(name) && VariablesPane::affects_what_is_read(name) {
        read_configuration(model, effects);
    }
}

/// A run has written back what it gave its pipelines. What is being edited stays as it is.
pub(super) fn on_written_back(model: &mut Model, profile: &str, text: &str) {
    let name = VariableName::CdfPipelineRunArguments;
    if profile != model.profile {
        return;
    }
    let pane = &mut model.variables;
    let is_dirty = pane.is_dirty(name);
    // The engine has written a list that it reads itself.
    if pane.saved.set(name, text).is_ok() && !is_dirty {
        let _ = pane.working.set(name, text);
        pane.origins.insert(name, "profile".into());
    }
}

/// The profile was written, or could not be.
pub(super) fn on_saved(
    model: &mut Model,
    outcome: Result<BTreeMap<VariableName, String>, Failure>,
    effects: &mut Vec<Effect>,
) {
    let leaves = std::mem::take(&mut model.leaves_when_saved);
    if leaves && outcome.is_ok() {
        effects.push(Effect::Leave);
    }
    match outcome {
        Ok(origins) => {
            model.variables.saved = model.variables.working.clone();
            model.variables.origins = origins;
            model.reply(format!("Saved in the profile {}.", model.profile));
        }
        Err(failure) => model.notify(
            Meaning::Danger,
            format!("The variables were not saved: {}", failure.text(remedy::text)),
        ),
    }
}
