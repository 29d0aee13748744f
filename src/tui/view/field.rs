//! A text field where it is typed into: in its line, or with several lines in a window of its own.

use super::window;
use crate::tui::action::{Action, key};
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{control, text};
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

/// The widest a field of several lines gets.
const COLUMNS: usize = 90;

/// Draws a field of one line from a column to the edge of the area.
pub(super) fn draw(editor: &Editor, area: Rect, column: u16, row: u16, canvas: &mut Canvas) {
    if column < area.width && row < area.height {
        let place = Rect::new(area.x + column, area.y + row, area.width - column, 1);
        block(editor, place, canvas);
    }
}

/// Draws a field in all of an area. What a terminal must not get is shown by its picture, or `^` without Unicode.
pub(super) fn block(editor: &Editor, area: Rect, canvas: &mut Canvas) {
    let area = area.intersection(canvas.cells.area);
    editor.area().render(area, canvas.cells);
    for position in area.positions() {
        let cell = &mut canvas.cells[position];
        let Some(letter) = cell.symbol().chars().next().filter(|c| control::is_stand_in(*c)) else {
            continue;
        };
        let has_picture = u32::from(letter) < 0x1_0000;
        match (canvas.look.symbols.ascii, has_picture) {
            (true, _) => drop(cell.set_symbol("^")),
            (false, true) => {}
            (false, false) => drop(cell.set_symbol("\u{2426}")),
        }
        cell.set_style(canvas.look.style(Meaning::Warning));
    }
}

/// What is wrong with the text, or odd about it.
pub(super) fn trouble(editor: &Editor) -> Option<(Meaning, String)> {
    let fault = editor
        .fault
        .as_ref()
        .map(|fault| (Meaning::Danger, fault.clone()));
    fault.or_else(|| {
        let warning = editor.warning.as_ref()?;
        Some((Meaning::Warning, format!("It is kept although it is {warning}")))
    })
}

/// The title of a field of several lines: its name, and which keys work.
pub(super) fn title(name: &str) -> String {
    let (commit, line, undo) = (key(Action::Commit), key(Action::BreakLine), key(Action::Undo));
    format!("{name} ({commit} accepts, {line} breaks the line, {undo} undoes)")
}

/// Draws a field of several lines in a window, with what is wrong below it.
pub(super) fn window(model: &Model, title: &str, editor: &Editor, canvas: &mut Canvas) {
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let trouble = trouble(editor);
    let words = trouble.iter().flat_map(|(_, words)| text::wrap(words, columns));
    let words: Vec<_> = words.collect();
    let area = window::open(model, title, columns, editor.lines().max(3) + words.len(), canvas);
    let below = u16::try_from(words.len()).unwrap_or(0).min(area.height / 2);
    let height = area.height - below;
    block(editor, Rect { height, ..area }, canvas);
    let meaning = trouble.map_or(Meaning::Text, |(meaning, _)| meaning);
    for (row, line) in (height..area.height).zip(&words) {
        canvas.text(area, 0, row, line, canvas.look.style(meaning));
    }
}
