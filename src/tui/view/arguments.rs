//! The form of a row's arguments for the next run: each with how it differs from the row.

use super::variables::field;
use crate::tui::model::Model;
use crate::tui::model::configuration::{ArgumentsForm, Difference, Typing};
use crate::tui::theme::Meaning;
use crate::tui::widget::paint::Paint;
use crate::tui::widget::{list, text};
use domain::arguments::{MASK, is_secret_name};
use ratatui::layout::Rect;

/// The widest the form gets.
const COLUMNS: usize = 90;

/// Draws the form.
pub(super) fn draw(model: &Model, form: &ArgumentsForm, paint: &mut Paint) {
    let lines = form.lines();
    let title = format!("Arguments of {} for the next run", form.task);
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let area = super::window(model, &title, columns, lines.len().max(3) + 4, paint);
    let foot = 2.min(area.height);
    let list = Rect {
        height: area.height - foot,
        ..area
    };
    let longest = lines.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0);
    let names = longest.clamp(12, 12.max(usize::from(area.width) / 2));
    let value_at = u16::try_from(names).unwrap_or(0) + 3;
    let shown = list::around(form.selected, lines.len(), usize::from(list.height));
    for (row, place) in (0..).zip(shown) {
        let (name, difference) = &lines[place];
        line(form, name, *difference, (names, value_at), list, row, paint);
        let is_typed = matches!(&form.typing, Some(Typing::Value { name: typed, .. }) if typed == name);
        if is_typed && let Some(editor) = form.editor() {
            let below = Rect {
                width: list.width,
                ..list
            };
            paint.field(
                below,
                value_at,
                row,
                usize::from(list.width),
                &" ".repeat(columns),
                paint.look.style(Meaning::Text),
            );
            field(editor, below, value_at, row, paint);
        } else if place == form.selected {
            paint.selected(list, row, form.typing.is_none());
        }
    }
    foot_lines(form, &lines, area, foot, paint);
}

fn line(
    form: &ArgumentsForm,
    name: &str,
    difference: Difference,
    (names, value_at): (usize, u16),
    area: Rect,
    row: u16,
    paint: &mut Paint,
) {
    let masked = |value: &str| {
        if is_secret_name(name) {
            MASK.to_owned()
        } else {
            value.to_owned()
        }
    };
    let before = masked(form.row.get(name).unwrap_or_default());
    let (value, note, meaning) = match difference {
        Difference::Same => (before, String::new(), Meaning::Text),
        Difference::Changed => (
            masked(form.values.get(name).unwrap_or_default()),
            format!("the row says {before}"),
            Meaning::Warning,
        ),
        Difference::Added => (
            masked(form.values.get(name).unwrap_or_default()),
            "added".into(),
            Meaning::Warning,
        ),
        Difference::Removed => (before, "left out".into(), Meaning::Muted),
    };
    paint.field(area, 2, row, names, name, paint.look.style(Meaning::Text));
    let end = paint.text(area, value_at, row, &value, paint.look.style(meaning));
    if !note.is_empty() {
        paint.text(
            area,
            end + 2,
            row,
            &format!("({note})"),
            paint.look.style(Meaning::Muted),
        );
    }
}

/// Below the list: the field of a new name, what is wrong, or what this form is for.
fn foot_lines(
    form: &ArgumentsForm,
    lines: &[(String, Difference)],
    area: Rect,
    foot: u16,
    paint: &mut Paint,
) {
    if foot < 2 {
        return;
    }
    let (first, second) = (area.height - 2, area.height - 1);
    let typed = match &form.typing {
        Some(Typing::Name(editor)) => {
            let column = paint.text(area, 0, first, "Name: ", paint.look.style(Meaning::Accent));
            field(editor, area, column, first, paint);
            true
        }
        Some(Typing::Value { name, editor }) => {
            if !lines.iter().any(|(known, _)| known == name) {
                let words = format!("{name} = ");
                let column = paint.text(area, 0, first, &words, paint.look.style(Meaning::Accent));
                field(editor, area, column, first, paint);
            }
            true
        }
        None => false,
    };
    if let Some(fault) = form.editor().and_then(|editor| editor.fault.as_deref()) {
        paint.text(
            area,
            0,
            second,
            &format!("^ {fault}"),
            paint.look.style(Meaning::Danger),
        );
    } else if !typed {
        let words = "For the next run only: the configuration table is not changed.";
        paint.text(area, 0, second, words, paint.look.style(Meaning::Muted));
    }
}
