//! The form of a row's arguments for the next run, each with its difference from the row.

use super::variables::field;
use crate::tui::model::Model;
use crate::tui::model::configuration::{ArgumentsForm, Typing};
use crate::tui::mouse::Target;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{list, text};
use domain::plan::{ArgumentSource, PlannedArgument};
use ratatui::layout::Rect;

/// The widest the form gets.
const COLUMNS: usize = 90;

/// Draws the form.
pub(super) fn draw(model: &Model, form: &ArgumentsForm, canvas: &mut Canvas) {
    let lines = form.lines();
    let which = if form.asked.is_some() { "try" } else { "run" };
    let title = format!("Arguments of {} for the next {which}", form.task);
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let area = super::window(model, &title, columns, lines.len().max(3) + 4, canvas);
    let foot = 2.min(area.height);
    let list = Rect {
        height: area.height - foot,
        ..area
    };
    let longest = lines
        .iter()
        .map(|argument| text::width(argument.name))
        .max()
        .unwrap_or(0);
    let names = longest.clamp(12, 12.max(usize::from(area.width) / 2));
    let value_at = u16::try_from(names).unwrap_or(0) + 3;
    let shown = list::around(form.selected, lines.len(), usize::from(list.height));
    for (row, place) in (0..).zip(shown) {
        let argument = &lines[place];
        canvas.target(list, row, Target::WindowLine(place));
        line(argument, (names, value_at), list, row, canvas);
        let is_typed =
            matches!(&form.typing, Some(Typing::Value { name: typed, .. }) if typed == argument.name);
        if is_typed && let Some(editor) = form.editor() {
            let below = Rect {
                width: list.width,
                ..list
            };
            canvas.field(
                below,
                value_at,
                row,
                usize::from(list.width),
                &" ".repeat(columns),
                canvas.look.style(Meaning::Text),
            );
            field(editor, below, value_at, row, canvas);
        } else if place == form.selected {
            canvas.selected(list, row, form.typing.is_none());
        }
    }
    foot_lines(form, &lines, area, foot, canvas);
}

fn line(
    argument: &PlannedArgument<'_>,
    (names, value_at): (usize, u16),
    area: Rect,
    row: u16,
    canvas: &mut Canvas,
) {
    let value = argument.value.unwrap_or_default();
    let before = argument.row_value.unwrap_or_default();
    let (value, note, meaning) = match argument.source {
        ArgumentSource::Row | ArgumentSource::ByHand => (value, String::new(), Meaning::Text),
        ArgumentSource::Edited => (value, format!("the row says {before}"), Meaning::Warning),
        ArgumentSource::Added => (value, "added".into(), Meaning::Warning),
        ArgumentSource::Variable => (value, "the variable".into(), Meaning::Muted),
        ArgumentSource::Removed => (before, "left out".into(), Meaning::Muted),
    };
    let differs = matches!(
        argument.source,
        ArgumentSource::Edited | ArgumentSource::Added | ArgumentSource::Removed
    );
    if differs {
        let mark = canvas.look.symbols.dirty;
        canvas.text(area, 1, row, mark, canvas.look.style(Meaning::Warning));
    }
    canvas.field(
        area,
        2,
        row,
        names,
        argument.name,
        canvas.look.style(Meaning::Text),
    );
    let end = canvas.text(area, value_at, row, value, canvas.look.style(meaning));
    if !note.is_empty() {
        canvas.text(
            area,
            end + 2,
            row,
            &format!("({note})"),
            canvas.look.style(Meaning::Muted),
        );
    }
}

/// Draws the field of a new argument, what is wrong, or what the form is for.
fn foot_lines(
    form: &ArgumentsForm,
    lines: &[PlannedArgument<'_>],
    area: Rect,
    foot: u16,
    canvas: &mut Canvas,
) {
    if foot < 2 {
        return;
    }
    let (first, second) = (area.height - 2, area.height - 1);
    let typed = match &form.typing {
        Some(Typing::Name(editor)) => {
            let column = canvas.text(area, 0, first, "Name: ", canvas.look.style(Meaning::Accent));
            field(editor, area, column, first, canvas);
            true
        }
        Some(Typing::Value { name, editor }) => {
            if !lines.iter().any(|argument| argument.name == name) {
                let words = format!("{name} = ");
                let column = canvas.text(area, 0, first, &words, canvas.look.style(Meaning::Accent));
                field(editor, area, column, first, canvas);
            }
            true
        }
        None => false,
    };
    if let Some(fault) = form.editor().and_then(|editor| editor.fault.as_deref()) {
        canvas.text(
            area,
            0,
            second,
            &format!("^ {fault}"),
            canvas.look.style(Meaning::Danger),
        );
    } else if form.asked.is_some() {
        let words =
            "Secrets are not kept on disk: type it again. It is used for this run and not written anywhere.";
        canvas.text(area, 0, second, words, canvas.look.style(Meaning::Muted));
    } else if !typed {
        let words = "For the next run only: the configuration table is not changed.";
        canvas.text(area, 0, second, words, canvas.look.style(Meaning::Muted));
    }
}
