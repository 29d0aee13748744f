//! What a pressed key does: an action of the table, the first of two keys, or a letter in a text field.

use super::perform::perform;
use super::{dialog, field, prompt};
use crate::tui::action::keymap::{Pressed, keymap};
use crate::tui::action::{self, Action};
use crate::tui::context::Context;
use crate::tui::effect::Effect;
use crate::tui::key::{Key, KeySequence};
use crate::tui::layout::{self, Fit};
use crate::tui::model::{Model, PendingKey};
use ratatui::crossterm::event::KeyCode;

/// Handles a key.
pub(super) fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let before = model.pending.take().map(|pending| pending.key);
    let context = model.context();
    let pressed = keymap().find(before, key, context);
    if layout::fit(model.area) == Fit::TooSmall && !works_unseen(model, pressed) {
        return;
    }
    if model.notice().is_some_and(|notice| notice.is_transient) {
        model.notices.hide();
    }
    if before.is_none() && context == Context::Dialog && dialog::by_key(model, key, effects) {
        return;
    }
    match (pressed, before) {
        (Pressed::Does(entry), _) => perform(model, entry, effects),
        (Pressed::Begins, _) => {
            model.pending = Some(PendingKey {
                key,
                since: model.now,
            });
        }
        // One step out of the sequence.
        (Pressed::Nothing, Some(_)) if key.code == KeyCode::Esc => {}
        (Pressed::Nothing, Some(first)) => unbound(model, KeySequence::two(first, key)),
        (Pressed::Nothing, None) if context == Context::Field => field::press(model, key),
        (Pressed::Nothing, None) if context == Context::Prompt => prompt::press(model, key, effects),
        (Pressed::Nothing, None) => unbound(model, KeySequence::one(key)),
    }
}

/// On a screen too small to show anything, a key only leaves, or answers a question that is shown. A form or a field that
/// is open stays as it is.
fn works_unseen(model: &Model, pressed: Pressed) -> bool {
    match pressed {
        Pressed::Does(entry)
            if matches!(entry.action, Action::Interrupt | Action::Redraw | Action::Suspend) =>
        {
            true
        }
        Pressed::Does(entry) if entry.action == Action::Quit && model.overlays.is_empty() => true,
        _ => model.context() == Context::Dialog && layout::question_rows(model).is_some(),
    }
}

fn unbound(model: &mut Model, keys: KeySequence) {
    let is_typed = matches!(keys.first.code, KeyCode::Char(_) | KeyCode::F(_));
    if is_typed && model.overlays.is_empty() {
        model.reply(format!(
            "{keys} does nothing here. {} shows all keys.",
            action::key(Action::Help)
        ));
    } else {
        model.is_dirty = keys.then.is_some();
    }
}
