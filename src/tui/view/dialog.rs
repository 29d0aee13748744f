//! A question with its answers, in the middle of the screen.

use super::window;
use crate::engine::Command;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, DialogResult};
use crate::tui::mouse::Target;
use crate::tui::preferences::ProfileChoice;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{list, text};
use domain::command::RunCommand;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The widest a question gets.
const COLUMNS: usize = 64;

/// So many answers are seen before the whole text is.
const FEWEST: usize = 6;

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
    let area = window::open(model, &dialog.title, columns, rows, canvas);
    // Some answers are visible at any height. Many scroll, so that the text keeps its lines.
    let answers = if are_stacked { dialog.choices.len() } else { 1 };
    let beside = usize::from(area.height).saturating_sub(body.len());
    let below = answers.min(beside.max(FEWEST));
    let below = u16::try_from(below)
        .unwrap_or(1)
        .min(area.height.saturating_sub(1).max(1));
    for (row, line) in (0..area.height.saturating_sub(below)).zip(&body) {
        canvas.text(area, 0, row, line, canvas.look.style(Meaning::Text));
    }
    let mut place = (0, area.height - below);
    if !are_stacked {
        for index in 0..dialog.choices.len() {
            place.0 = answer(model, dialog, index, area, place, canvas) + 1;
        }
        return;
    }
    let shown = list::around(dialog.selected, dialog.choices.len(), usize::from(below));
    let answers = Rect {
        y: area.y + place.1,
        height: below,
        ..area
    };
    window::scroll_bar(answers, shown.clone(), dialog.choices.len(), canvas, Some);
    for index in shown {
        answer(model, dialog, index, area, place, canvas);
        place.1 += 1;
    }
}

/// Draws an answer, a profile in its own colour. Returns the column behind it.
fn answer(
    model: &Model,
    dialog: &Dialog,
    index: usize,
    area: Rect,
    (column, row): (u16, u16),
    canvas: &mut Canvas,
) -> u16 {
    let Some(choice) = dialog.choices.get(index) else {
        return column;
    };
    let meaning = match choice.result {
        DialogResult::Send(
            Command::CloseRun(_) | Command::Run(RunCommand::Stop | RunCommand::StopTask(_)),
        )
        | DialogResult::StopAndLeave => Meaning::Warning,
        _ => Meaning::Text,
    };
    let is_selected = index == dialog.selected;
    let mut style = canvas.look.style(meaning);
    if is_selected {
        style = style.add_modifier(Modifier::REVERSED | Modifier::BOLD);
    }
    let bar = if is_selected && canvas.look.is_plain() {
        canvas.look.symbols.bar
    } else {
        " "
    };
    let label = format!("{bar}{} {} ", choice.key, choice.label);
    let end = canvas.text(area, column, row, &label, style);
    if let Some(profile) = profile(model, &choice.result) {
        let style = canvas.look.theme.band_of(profile.colour.as_deref());
        let name = Rect {
            width: area.width.min(end),
            ..area
        };
        canvas.text(name, column + 3, row, &profile.name, style);
    }
    let here = Rect::new(area.x + column, area.y + row, end.saturating_sub(column), 1);
    canvas.targets.push(here, Target::Answer(choice.key));
    end
}

/// The profile that an answer goes to.
fn profile<'a>(model: &'a Model, result: &DialogResult) -> Option<&'a ProfileChoice> {
    let DialogResult::SwitchProfile(name) = result else {
        return None;
    };
    model.profiles.iter().find(|profile| profile.name == *name)
}

/// The answers on one line.
pub(super) fn answers(dialog: &Dialog) -> String {
    let answers = dialog
        .choices
        .iter()
        .map(|choice| format!(" {} {} ", choice.key, choice.label));
    answers.collect::<Vec<_>>().join(" ")
}
