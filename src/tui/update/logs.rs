//! What keys do in the log: finding.

use super::prompt::{self, PromptStep};
use crate::tui::model::Model;
use crate::tui::model::logs::pattern::Pattern;
use crate::tui::model::prompt::{Prompt, PromptPurpose};

/// Asks for a text to find.
pub(super) fn ask_for_text(model: &mut Model) {
    let before = model.logs.find.as_ref().map_or("", Pattern::text);
    prompt::open(model, Prompt::new(PromptPurpose::FindInLog, before));
}

/// Marks a text in the log. An empty one is accepted as an end of the search.
pub(super) fn find(model: &mut Model, text: &str, _step: PromptStep) {
    model.logs.find = Pattern::new(text);
}
