//! Typing into the text field in the row of the footer. What a text does while it is typed, when it is accepted and
//! when it is left is decided in [`apply`], for every purpose.

use super::{filters, handling, help, log_extract, logs, palette};
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::model::prompt::{Prompt, PromptPurpose, PromptStep};

/// What a text does.
fn apply(
    model: &mut Model,
    purpose: &PromptPurpose,
    step: PromptStep,
    text: &str,
    effects: &mut Vec<Effect>,
) {
    match purpose {
        PromptPurpose::FindInLog => logs::find(model, text, step),
        PromptPurpose::Filter(list) => filters::apply(model, *list, text, step),
        PromptPurpose::Palette => palette::on_typed(model),
        PromptPurpose::FilterHelp => help::filter(model, text),
        PromptPurpose::FilterLog => logs::filter(model, text),
        PromptPurpose::GoToTime => logs::time(model, text, step),
        PromptPurpose::HandlingNote { run, tasks } => handling::on_note(run, tasks, text, step, effects),
        PromptPurpose::SaveLog(part) => log_extract::name(model, *part, text, step, effects),
    }
}

/// Handles a letter, or a key that edits.
pub(super) fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    change(model, effects, |prompt| prompt.editor.press(key));
}

/// Inserts text of the clipboard.
pub(super) fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    change(model, effects, |prompt| prompt.editor.paste(text));
}

/// Shows a text that was typed before (1), or a later one (-1).
pub(super) fn recall(model: &mut Model, step: isize, effects: &mut Vec<Effect>) {
    let typed = std::mem::take(&mut model.typed);
    change(model, effects, |prompt| prompt.recall(&typed, step));
    model.typed = typed;
}

fn change(model: &mut Model, effects: &mut Vec<Effect>, act: impl FnOnce(&mut Prompt)) {
    let Some(prompt) = &mut model.prompt else { return };
    let before = prompt.editor.text().to_owned();
    act(prompt);
    let (purpose, text) = (prompt.purpose.clone(), prompt.editor.text().to_owned());
    if text != before {
        apply(model, &purpose, PromptStep::Typed, &text, effects);
    }
}

/// Accepts the text, unless something is wrong with it.
pub(super) fn keep(model: &mut Model, effects: &mut Vec<Effect>) {
    if model
        .prompt
        .as_ref()
        .is_some_and(|prompt| prompt.editor.fault.is_some())
    {
        return;
    }
    let Some(prompt) = model.prompt.take() else { return };
    let text = prompt.editor.text();
    model.typed.keep(prompt.purpose.sign(), text);
    apply(model, &prompt.purpose, PromptStep::Accepted, text, effects);
}

/// Closes the field; what was in force before is so again.
pub(super) fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(prompt) = model.prompt.take() {
        apply(model, &prompt.purpose, PromptStep::Left, &prompt.before, effects);
    }
}
