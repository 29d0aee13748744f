//! Typing into a text field: validation while typing, accepting and cancelling.

use super::{arguments, guard, variables};
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::layout::{self, Fit};
use crate::tui::model::Model;
use crate::tui::model::configuration::Typing;
use crate::tui::model::overlay::Overlay;
use domain::arguments::{MASK, RuntimeArguments};
use domain::variable::Variables;

/// Handles a letter, or a key that edits.
pub(super) fn press(model: &mut Model, key: Key) {
    if let Some(editor) = model.editor_mut() {
        editor.press(key);
    }
    validate(model);
}

/// Inserts text of the clipboard, if a field is open.
pub(super) fn paste(model: &mut Model, text: &str) {
    if layout::fit(model.area) == Fit::TooSmall {
        return;
    }
    match model.editor_mut() {
        Some(editor) => editor.paste(text),
        None => model.reply("Text can only be pasted into a text field."),
    }
    validate(model);
}

/// Shows what is wrong with the text.
fn validate(model: &mut Model) {
    let Some(text) = model.editor().map(|editor| editor.text().to_owned()) else {
        return;
    };
    let fault = match model.overlays.top() {
        Some(Overlay::Confirmation(_)) => None,
        Some(Overlay::Arguments(form)) if form.asked.is_some() && text.is_empty() => {
            Some("Type the value.".into())
        }
        Some(Overlay::Arguments(form)) => match &form.typing {
            Some(Typing::Value { .. }) if text.contains(MASK) => {
                Some(format!("{MASK} stands for a secret: type the whole value."))
            }
            Some(Typing::Value { name, .. }) => RuntimeArguments::fault(name, &text),
            _ => RuntimeArguments::fault(&text, "0"),
        },
        _ => Variables::fault(model.variables.selected, &text),
    };
    if let Some(editor) = model.editor_mut() {
        editor.fault = fault;
    }
}

/// Accepts the text, if it is valid.
pub(super) fn commit(model: &mut Model, effects: &mut Vec<Effect>) {
    validate(model);
    if model.editor().is_some_and(|editor| editor.fault.is_some()) {
        return;
    }
    match model.overlays.top() {
        Some(Overlay::Confirmation(_)) => guard::confirm(model),
        Some(Overlay::Arguments(_)) => arguments::commit(model, effects),
        _ => variables::commit(model, effects),
    }
}

/// Closes the field without its text.
pub(super) fn cancel(model: &mut Model) {
    match model.overlays.top_mut() {
        Some(Overlay::Confirmation(_)) => guard::decline(model),
        Some(Overlay::Arguments(form)) if form.asked.is_some() => drop(model.overlays.pop()),
        Some(Overlay::Arguments(form)) => form.typing = None,
        _ => model.variables.editor = None,
    }
}
