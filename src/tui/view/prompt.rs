//! The text field in the row of the footer: its sign, the text, and what it has come to at the right.

use super::field;
use crate::tui::action::{Action, key};
use crate::tui::model::Model;
use crate::tui::model::prompt::{Prompt, PromptPurpose};
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, prompt: &Prompt, area: Rect, canvas: &mut Canvas) {
    let (meaning, words) = match &prompt.editor.fault {
        Some(fault) => (Meaning::Warning, fault.clone()),
        None => (
            Meaning::Muted,
            status(model, &prompt.purpose, canvas.look.symbols.dot),
        ),
    };
    // The text matters more than what is said of it.
    let room = usize::from(area.width) / 2;
    let words = text::truncate(&words, room, canvas.look.symbols.cut).into_owned();
    let end = canvas.right(area, 0, &format!(" {words} "), canvas.look.style(meaning));
    let sign = format!(" {}", prompt.purpose.sign());
    let column = canvas.text(area, 0, 0, &sign, canvas.look.style(Meaning::Accent));
    let within = Rect { width: end, ..area };
    field::draw(&prompt.editor, within, column, 0, canvas);
}

/// What the text has come to, in a few words.
fn status(model: &Model, purpose: &PromptPurpose, dot: &str) -> String {
    match purpose {
        PromptPurpose::FindInLog => super::logs::found(model),
        PromptPurpose::Filter(list) => super::shown(model, *list),
        PromptPurpose::Palette => {
            let complete = key(Action::CompleteText);
            let (run, leave) = (key(Action::KeepText), key(Action::Back));
            format!("{complete} completes, {run} does it, {leave} leaves")
        }
        PromptPurpose::FilterHelp => "a name, some words or a key".into(),
        PromptPurpose::FilterLog => super::logs::filtered(model),
        PromptPurpose::GoToTime => format!("10:15 {dot} 2026-11-23 10:15:30 {dot} +5m"),
        PromptPurpose::HandlingNote { tasks, .. } => {
            let tasks = count(tasks.len(), "task");
            format!(
                "how or why {tasks}: may be left empty; {} leaves",
                key(Action::Back)
            )
        }
        PromptPurpose::SaveLog(part) => model.logs.words(*part),
    }
}
