//! The form of a row's arguments for the next run: each with its difference from the row and where it comes from.

use super::field;
use super::window;
use crate::tui::json_text;
use crate::tui::model::Model;
use crate::tui::model::arguments::{ArgumentsForm, Line, Source, Typing};
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{control, text};
use domain::draft::NameOf;
use domain::plan::ArgumentSource;
use ratatui::layout::Rect;

/// The widest the form gets.
const COLUMNS: usize = 110;
/// Columns of the word for where a value comes from.
const ORIGIN: usize = 10;
/// Rows below the list: what the selected argument is, or the field of a name, and what is wrong.
const FOOT: usize = 3;

/// Draws the form.
pub(super) fn draw(model: &Model, form: &ArgumentsForm, canvas: &mut Canvas) {
    let lines = form.lines();
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let area = window::open(
        model,
        &title(model, form, &lines),
        columns,
        lines.len().max(3) + FOOT,
        canvas,
    );
    let foot = u16::try_from(FOOT)
        .unwrap_or(0)
        .min(area.height.saturating_sub(1));
    let list = Rect {
        height: area.height - foot,
        ..area
    };
    let longest = lines.iter().map(|argument| text::width(argument.name)).max();
    let names = longest
        .unwrap_or(0)
        .clamp(12, 12.max(usize::from(area.width) / 3));
    let value_at = u16::try_from(names).unwrap_or(0) + 5;
    let shown = window::lines(model, List::Arguments, form.selected, list, canvas);
    for (row, place) in (0..).zip(shown) {
        let argument = &lines[place];
        canvas.target(list, row, Target::WindowLine(place));
        line(argument, (names, value_at), list, row, canvas);
        let typed = form.editor().filter(|_| is_typed(form, argument.name));
        if let Some(editor) = typed.filter(|editor| editor.lines() == 1) {
            let rest = usize::from(list.width);
            let blank = " ".repeat(columns);
            canvas.field(
                list,
                value_at,
                row,
                rest,
                &blank,
                canvas.look.style(Meaning::Text),
            );
            field::draw(editor, list, value_at, row, canvas);
        } else if place == form.selected {
            canvas.selected(list, row, form.typing.is_none());
        }
    }
    let below = Rect {
        y: area.y + list.height,
        height: foot,
        ..area
    };
    foot_lines(form, &lines, below, canvas);
    if let (Some(Typing::Value { name, editor }), true) = (
        &form.typing,
        form.editor().is_some_and(|editor| editor.lines() > 1),
    ) {
        field::window(model, &field::title(name), editor, canvas);
    }
}

fn is_typed(form: &ArgumentsForm, name: &str) -> bool {
    matches!(&form.typing, Some(Typing::Value { name: typed, .. }) if typed == name)
}

fn title(model: &Model, form: &ArgumentsForm, lines: &[Line<'_>]) -> String {
    let which = if form.asked.is_some() { "try" } else { "run" };
    let missing = lines.iter().filter(|line| line.source == Source::Missing).count();
    let edited = lines.iter().filter(|line| line.is_edited()).count();
    let mut title = format!("Arguments of {} for the next {which}", form.task);
    if missing > 0 {
        title = format!("{missing} missing: {title}");
    }
    if edited > 0 {
        title = format!("{title}, {}", count(edited, "edit"));
    }
    format!("{}{title}", super::filtered(model, List::Arguments))
}

fn meaning(source: Source) -> Meaning {
    match source {
        Source::Plan(ArgumentSource::Row | ArgumentSource::ByHand) => Meaning::Text,
        Source::Plan(ArgumentSource::Edited | ArgumentSource::Added) => Meaning::Warning,
        Source::Plan(ArgumentSource::Profile | ArgumentSource::Variable | ArgumentSource::Removed)
        | Source::Preference => Meaning::Muted,
        Source::Missing => Meaning::Danger,
    }
}

/// A value on one line: JSON is folded, and line breaks can be seen.
fn shown(value: &str, canvas: &Canvas) -> String {
    let is_folded = value.contains('\n') && json_text::is_json(value);
    let folded = is_folded.then(|| json_text::folded(value));
    control::on_one_line(folded.as_deref().unwrap_or(value), canvas.look.symbols.ascii)
}

fn line(line: &Line<'_>, (names, value_at): (usize, u16), area: Rect, row: u16, canvas: &mut Canvas) {
    let style = canvas.look.style(meaning(line.source));
    canvas.text(area, 1, row, line.sign(), style);
    canvas.field(area, 3, row, names, line.name, canvas.look.style(Meaning::Text));
    let origin_at = usize::from(area.width).saturating_sub(ORIGIN);
    let value = match line.source {
        Source::Missing => "the pipeline needs it".to_owned(),
        Source::Plan(ArgumentSource::Removed) => shown(line.row_value.unwrap_or_default(), canvas),
        _ => shown(line.value.unwrap_or_default(), canvas),
    };
    let room = origin_at.saturating_sub(usize::from(value_at) + 1);
    let before = line
        .row_value
        .filter(|_| line.source == Source::Plan(ArgumentSource::Edited));
    let before = before.map(|before| format!("(row: {})", shown(before, canvas)));
    // The old value is seen too where there is room for a part of it.
    let least = room * 2 / 3;
    let value_room = if before.is_some() {
        least.max(text::width(&value).min(room))
    } else {
        room
    };
    let end = canvas.field(area, value_at, row, value_room, &value, style);
    if let Some(before) = before {
        let left = origin_at.saturating_sub(usize::from(end) + 2);
        canvas.field(
            area,
            end + 1,
            row,
            left,
            &before,
            canvas.look.style(Meaning::Muted),
        );
    }
    let origin_at = u16::try_from(origin_at).unwrap_or(u16::MAX);
    canvas.text(area, origin_at, row, line.origin(), style);
}

/// Draws the field of a name, what the selected argument is, what is wrong, or what the form is for.
fn foot_lines(form: &ArgumentsForm, lines: &[Line<'_>], area: Rect, canvas: &mut Canvas) {
    let label = match &form.typing {
        Some(Typing::Name(NameOf::Argument, _)) => Some("Name: ".to_owned()),
        Some(Typing::Name(NameOf::Preset, _)) => Some("Save the edit as the preset: ".to_owned()),
        Some(Typing::Value { name, .. }) if !lines.iter().any(|line| line.name == name) => {
            Some(format!("{name} = "))
        }
        _ => None,
    };
    canvas.rule(area, 0, canvas.look.style(Meaning::Border));
    if let (Some(label), Some(editor)) = (label, form.editor()) {
        let column = canvas.text(area, 0, 1, &label, canvas.look.style(Meaning::Accent));
        if editor.lines() == 1 {
            field::draw(editor, area, column, 1, canvas);
        }
    } else if let Some(line) = lines.get(form.selected) {
        canvas.text(area, 0, 1, &about(line, form), canvas.look.style(Meaning::Muted));
    }
    let (meaning, words) = match form.editor().and_then(field::trouble) {
        Some((meaning, trouble)) => (meaning, format!("^ {trouble}")),
        None if form.asked.is_some() => (
            Meaning::Muted,
            "Secrets are not kept on disk: type it again. It is used for this run and not written anywhere."
                .into(),
        ),
        None => (
            Meaning::Muted,
            "For the next run only: the configuration table is not changed.".into(),
        ),
    };
    canvas.text(area, 0, 2, &words, canvas.look.style(meaning));
}

/// What the selected argument is, and how it differs.
fn about(line: &Line<'_>, form: &ArgumentsForm) -> String {
    let source = match line.source {
        Source::Plan(ArgumentSource::Row) => "from the row",
        Source::Plan(ArgumentSource::Edited) => "edited; the row has another value",
        Source::Plan(ArgumentSource::Added) => "added; the row does not have it",
        Source::Plan(ArgumentSource::Removed) => "left out, although the row has it",
        Source::Plan(ArgumentSource::ByHand) => "given by hand",
        Source::Plan(ArgumentSource::Profile) => "the profile gives it to every run",
        Source::Plan(ArgumentSource::Variable) => "the variable of this name",
        Source::Preference => "a preference of the pipeline; an argument goes before it",
        Source::Missing => "nothing gives it, and the run would fail",
    };
    let need = match (line.is_used, form.needs.used.is_empty()) {
        (_, true) => "",
        (true, false) => " The pipeline uses it.",
        (false, false) => " The pipeline does not use it.",
    };
    format!("{}: {source}.{need}", line.name)
}
