//! The palette at work: it opens, its selection moves, and what is chosen is done where it works.

use super::{logs, navigation, perform, profiles, telling};
use crate::tui::action::{self, Entry};
use crate::tui::context::{Context, Pane};
use crate::tui::effect::Effect;
use crate::tui::look::ThemeChoice;
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::logs::stamp::StampMode;
use crate::tui::model::logs::view::LogFilter;
use crate::tui::model::prompt::{Prompt, PromptPurpose};
use crate::tui::palette::{self, Choice, Deed, NOTHING, Order, OrderKind};
use crate::tui::widget::list;
use domain::variable::VariableName;

/// Opens it.
pub(super) fn open(model: &mut Model) {
    model.prompt = Some(Prompt::new(PromptPurpose::Palette, ""));
}

/// Whether it is open.
pub(super) fn is_open(model: &Model) -> bool {
    model.palette_text().is_some()
}

/// The selected line.
fn selected(model: &Model) -> Option<Choice> {
    let prompt = model.prompt.as_ref()?;
    let choices = palette::choices(model, model.palette_text()?);
    let last = choices.len().checked_sub(1)?;
    choices.into_iter().nth(prompt.selected.min(last))
}

/// Moves the selection. Up from the first line is not taken: it recalls what was typed before, as in a shell.
pub(super) fn step(model: &mut Model, step: isize) -> bool {
    let Some(text) = model.palette_text() else {
        return false;
    };
    let number = palette::choices(model, text).len();
    let Some(open) = &mut model.prompt else {
        return false;
    };
    if open.is_recalled() || open.selected == 0 && step < 0 {
        return false;
    }
    open.selected = list::moved(open.selected, step, number);
    true
}

/// Another text was typed.
pub(super) fn on_typed(model: &mut Model) {
    if let Some(open) = &mut model.prompt {
        open.selected = 0;
        open.editor.fault = None;
    }
}

/// Types the selected line's words.
pub(super) fn complete(model: &mut Model) {
    if let Some(choice) = selected(model) {
        let more = matches!(choice.deed, Deed::Incomplete(_));
        type_words(model, &choice.words, more);
    }
}

fn type_words(model: &mut Model, words: &str, is_incomplete: bool) {
    if let Some(open) = &mut model.prompt {
        let space = if is_incomplete { " " } else { "" };
        open.editor = Editor::new(&format!("{words}{space}"));
        open.selected = 0;
    }
}

/// Does what is selected and closes, or says in its place why that is not possible.
pub(super) fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(choice) = selected(model) else {
        return refuse(model, NOTHING.into());
    };
    let entry = match &choice.deed {
        Deed::Incomplete(_) => return type_words(model, &choice.words, true),
        Deed::Order(order, word) => {
            let entry = order.action().and_then(action::entry);
            if let Some(reason) = entry.and_then(|entry| entry.why_not(model)) {
                return refuse(model, reason);
            }
            close(model, &choice.words);
            return carry_out(model, order, word, effects);
        }
        Deed::Action(entry) => *entry,
    };
    if let Some(reason) = reason(model, entry) {
        return refuse(model, reason);
    }
    close(model, &choice.words);
    perform(model, entry, effects);
}

/// Selects a line.
pub(super) fn select(model: &mut Model, place: usize) {
    if let Some(open) = &mut model.prompt {
        open.selected = place;
    }
}

/// A line was clicked.
pub(super) fn click(model: &mut Model, place: usize, effects: &mut Vec<Effect>) {
    if let Some(open) = &mut model.prompt {
        open.selected = place;
        open.editor.fault = None;
        accept(model, effects);
    }
}

fn refuse(model: &mut Model, reason: String) {
    if let Some(open) = &mut model.prompt {
        open.editor.fault = Some(reason);
    }
}

fn close(model: &mut Model, words: &str) {
    model.prompt = None;
    model.typed.keep(PromptPurpose::Palette.sign(), words);
}

/// Why an action cannot be done from here; nothing if it can, here or in the pane where it works.
pub(super) fn reason(model: &Model, entry: &Entry) -> Option<String> {
    let is_here = entry.contexts.contains(&model.context_below());
    if !is_here && model.context_below().is_typed_into() {
        return Some("A text is still open below: accept or leave it first.".into());
    }
    if !is_here && palette::pane_of(entry).is_none() {
        let place = entry.contexts.first().map_or("", |context| context.place());
        return Some(format!("That works {place}."));
    }
    entry.why_not(model)
}

/// Does an action here, or in the pane where it works.
pub(super) fn perform(model: &mut Model, entry: &Entry, effects: &mut Vec<Effect>) {
    if !entry.contexts.contains(&model.context())
        && let Some(pane) = palette::pane_of(entry)
    {
        model.overlays.clear();
        navigation::focus(model, pane);
    }
    // A field may be open in that pane.
    if entry.contexts.contains(&model.context()) {
        perform::perform(model, entry, effects);
    }
}

fn carry_out(model: &mut Model, order: &Order, word: &str, effects: &mut Vec<Effect>) {
    let goes = matches!(
        order.kind,
        OrderKind::Pane | OrderKind::Task | OrderKind::Row | OrderKind::Variable
    );
    if goes && model.context() != Context::Field {
        model.overlays.clear();
    }
    let place = order.words(model).iter().position(|known| known == word);
    let Some(place) = place else { return };
    match order.kind {
        OrderKind::Pane => {
            if let Some(pane) = Pane::ALL.get(place) {
                navigation::focus(model, *pane);
            }
        }
        OrderKind::Task => go(model, Pane::Grid, place),
        OrderKind::Row => go(model, Pane::Configuration, place),
        OrderKind::Variable => go(model, Pane::Variables, place.min(VariableName::ALL.len() - 1)),
        OrderKind::Try => {
            let shown = model.logs.target.as_ref().map_or(1, |target| target.number);
            let wanted = i64::try_from(place + 1).unwrap_or(1);
            navigation::show_try(model, wanted - i64::from(shown));
        }
        OrderKind::Theme => {
            if let Some(choice) = ThemeChoice::ALL.get(place) {
                telling::choose_theme(model, *choice, effects);
            }
        }
        OrderKind::Level => {
            if let Some(level) = LogFilter::LEVELS.get(place) {
                logs::show_level(model, *level);
            }
        }
        OrderKind::Times => {
            if let Some(mode) = StampMode::ALL.get(place) {
                model.logs.stamps.mode = *mode;
            }
        }
        OrderKind::Context => {
            if let Some(rows) = LogFilter::CONTEXTS.get(place) {
                logs::show_context(model, *rows);
            }
        }
        OrderKind::Profile => profiles::ask_for(model, word),
    }
}

fn go(model: &mut Model, pane: Pane, place: usize) {
    navigation::focus(model, pane);
    navigation::select(model, pane, place);
}
