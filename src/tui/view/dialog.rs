//! A question with its answers, in the middle of the screen.

use crate::engine::Command;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, DialogResult};
use crate::tui::mouse::Target;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::command::RunCommand;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The widest a question gets.
const COLUMNS: usize = 64;

/// Draws the question.
pub(super) fn draw(model: &Model, dialog: &Dialog, canvas: &mut Canvas) {
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let body: Vec<_> = dialog
        .body
        .iter()
        .flat_map(|line| text::wrap(line, columns))
        .collect();
    let are_stacked = text::width(&answers(dialog)) > columns;
    let rows = body.len() + 1 + if are_stacked { dialog.choices.len() } else { 1 };
    let area = super::window(model, &dialog.title, columns, rows, canvas);
    // The answers are visible at any height.
    let below = if are_stacked { dialog.choices.len() } else { 1 };
    let below = u16::try_from(below).unwrap_or(1).min(area.height);
    for (row, line) in (0..area.height.saturating_sub(below)).zip(&body) {
        canvas.text(area, 0, row, line, canvas.look.style(Meaning::Text));
    }
    let mut place = (0, area.height - below);
    for (index, choice) in dialog.choices.iter().enumerate() {
        let meaning = match choice.result {
            DialogResult::Send(
                Command::CloseRun(_) | Command::Run(RunCommand::Stop | RunCommand::StopTask(_)),
            )
            | DialogResult::StopAndLeave => Meaning::Warning,
            _ => Meaning::Text,
        };
        let mut style = canvas.look.style(meaning);
        if index == dialog.selected {
            style = style.add_modifier(Modifier::REVERSED | Modifier::BOLD);
        }
        let bar = if index == dialog.selected && canvas.look.is_plain() {
            canvas.look.symbols.bar
        } else {
            " "
        };
        let label = format!("{bar}{} {} ", choice.key, choice.label);
        let end = canvas.text(area, place.0, place.1, &label, style);
        let here = Rect::new(area.x + place.0, area.y + place.1, end - place.0, 1);
        canvas.targets.push(here, Target::Answer(choice.key));
        place = if are_stacked {
            (0, place.1 + 1)
        } else {
            (end + 1, place.1)
        };
    }
}

/// The answers on one line.
pub(super) fn answers(dialog: &Dialog) -> String {
    let answers = dialog
        .choices
        .iter()
        .map(|choice| format!(" {} {} ", choice.key, choice.label));
    answers.collect::<Vec<_>>().join(" ")
}
