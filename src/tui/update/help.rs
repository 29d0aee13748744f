//! The help at work: it is filtered, and what is selected in it is done where it works.

use super::palette;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::overlay::{HelpPane, Overlay};
use crate::tui::model::prompt::{Prompt, PromptPurpose};
use crate::tui::pager;

fn pane(model: &mut Model) -> Option<&mut HelpPane> {
    match model.overlays.top_mut() {
        Some(Overlay::Help(pane)) => Some(pane),
        _ => None,
    }
}

/// Opens the line for the filter.
pub(super) fn ask_for_filter(model: &mut Model) {
    let Some(pane) = pane(model) else { return };
    let before = pane.filter.clone();
    model.prompt = Some(Prompt::with_text(PromptPurpose::FilterHelp, &before));
}

/// Keeps what fits.
pub(super) fn filter(model: &mut Model, text: &str) {
    if let Some(pane) = pane(model) {
        text.clone_into(&mut pane.filter);
        pane.selected = 0;
    }
}

/// Does what is selected; the help closes, and what it covered is there again.
pub(super) fn run(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(pane) = pane(model) else { return };
    let (filter, selected) = (pane.filter.clone(), pane.selected);
    let mut items = pager::help::lines(&filter)
        .into_iter()
        .filter(|line| line.is_item);
    let Some(entry) = items.nth(selected).and_then(|line| line.entry) else {
        return model.reply("This line explains a sign; there is nothing to do.");
    };
    let help = model.overlays.pop();
    if let Some(reason) = palette::reason(model, entry) {
        // It stays open for the next try.
        if let Some(help) = help {
            model.overlays.push(help);
        }
        return model.reply(reason);
    }
    palette::perform(model, entry, effects);
}
