//! Typing into a text field: validation while typing, accepting and cancelling.

use super::{arguments, guard, variables};
use crate::tui::action::{Action, key};
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::model::arguments::Typing;
use crate::tui::model::overlay::Overlay;
use domain::arguments::{MASK, RuntimeArguments};
use domain::draft::NameOf;
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
    match model.editor_mut() {
        Some(editor) => editor.paste(text),
        None => model.reply("Text can only be pasted into a text field."),
    }
    validate(model);
}

/// Shows what is wrong with the text.
pub(super) fn validate(model: &mut Model) {
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
            Some(Typing::Name(NameOf::Preset, _)) if text.trim().is_empty() => {
                Some("A preset needs a name.".into())
            }
            Some(Typing::Name(NameOf::Preset, _)) => None,
            _ => RuntimeArguments::fault(&text, "0"),
        },
        _ => Variables::fault(model.variables.selected, &text).map(|fault| without_value(&fault, &text)),
    };
    if let Some(editor) = model.editor_mut() {
        editor.fault = fault;
    }
}

/// The text is in the field; only the reason is said beside it.
fn without_value(fault: &str, text: &str) -> String {
    let (text, quoted) = (text.trim(), format!("'{}'", text.trim()));
    let rest = fault.strip_prefix(&quoted).or_else(|| fault.strip_prefix(text));
    match rest.filter(|rest| rest.starts_with(' ')) {
        Some(rest) => format!("This{rest}"),
        None => fault.to_owned(),
    }
}

/// Breaks the line at the cursor.
pub(super) fn break_line(model: &mut Model) {
    if let Some(editor) = model.editor_mut() {
        editor.break_line();
    }
    validate(model);
}

/// Takes the last change back, or makes it again: of the text, or of the form without an open field.
pub(super) fn undo(model: &mut Model, is_redo: bool) {
    let is_done = match model.editor_mut() {
        Some(editor) if is_redo => editor.redo(),
        Some(editor) => editor.undo(),
        None => arguments::undo(model, is_redo),
    };
    if !is_done {
        model.reply("There is no other change.");
    }
    validate(model);
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

/// Closes the field without its text. What takes more than a line to type again is dropped only by the second press.
pub(super) fn cancel(model: &mut Model) {
    if let Some(editor) = model.editor_mut()
        && editor.is_changed()
        && editor.lines() > 1
        && !editor.is_dropped_next
    {
        editor.is_dropped_next = true;
        let (accept, drop) = (key(Action::Commit), key(Action::Back));
        return model.reply(format!("{drop} again drops what was typed; {accept} accepts it."));
    }
    drop_text(model);
}

/// Closes the field without its text, whatever it is.
pub(super) fn drop_text(model: &mut Model) {
    match model.overlays.top_mut() {
        Some(Overlay::Confirmation(_)) => guard::decline(model),
        Some(Overlay::Arguments(form)) if form.asked.is_some() => drop(model.overlays.pop()),
        Some(Overlay::Arguments(form)) => form.typing = None,
        _ => model.variables.editor = None,
    }
}
