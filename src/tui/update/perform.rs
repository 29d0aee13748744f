//! Does an action, however it was asked for: by a key, the mouse, the palette or the help. Says why it cannot be done, and
//! to who learns what it would do.

use super::execute;
use crate::tui::action::{Danger, Entry};
use crate::tui::effect::Effect;
use crate::tui::model::Model;

/// Does what an entry is for, or says why it cannot be done now.
pub(super) fn perform(model: &mut Model, entry: &Entry, effects: &mut Vec<Effect>) {
    if let Some(reason) = entry.why_not(model) {
        return model.reply(reason);
    }
    let is_explained = model.explained.take() == Some(entry.action.name());
    if model.learns && entry.danger != Danger::Harmless && !is_explained {
        model.explained = Some(entry.action.name());
        return model.reply(format!(
            "Learning: {} would do this: {} Once more does it.",
            entry.key(),
            entry.description
        ));
    }
    execute(model, entry.action, effects);
}

/// Whether keys that change something say first what they would do.
pub(super) fn learn(model: &mut Model) {
    model.learns = !model.learns;
    model.reply(if model.learns {
        "Learning: a key that changes something says first what it would do; the second press does it."
    } else {
        "Keys act at once again."
    });
}
