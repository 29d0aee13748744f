//! The rows of the configuration table, one a line, the inactive ones muted; below them what is wrong with the table and
//! all about the selected row. Raw arguments are in the form alone.

mod columns;

use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::details;
use crate::tui::eta;
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use columns::{Columns, GLYPHS, PRIORITY, USUAL};
use domain::plan::{ArgumentSource, compare};
use domain::row::ConfigurationRow;
use domain::time::human;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// The list keeps this many rows however much is said below it.
const LEAST_ROWS: u16 = 4;

/// The summary in the title.
pub(super) fn summary(model: &Model) -> String {
    let pane = &model.configuration;
    let at = pane.read_at.map(|at| format!("{} UTC", at.clock()));
    let read = match (pane.is_reading, &pane.failure, at) {
        (true, _, _) => "reading ...".to_owned(),
        (false, Some(_), Some(at)) => format!("not read since {at}"),
        (false, Some(_), None) => "not read".to_owned(),
        (false, None, Some(at)) => format!("read {at}"),
        (false, None, None) => String::new(),
    };
    let Some(table) = &pane.table else {
        return read;
    };
    let active = table.active().count();
    let edited = match pane.edits.len() {
        0 => String::new(),
        edits => format!(", {edits} edited"),
    };
    let marked = super::marked(model.row_marks.len());
    let filtered = super::filtered(model, List::Rows);
    // What changes comes first, because a narrow title is cut at its end.
    let rows = count(table.rows.len(), "row");
    format!("{marked}{filtered}{active} of {rows} active{edited}, {read}")
}

/// Draws the pane.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let pane = &model.configuration;
    let said = details::wrapped(
        &details::of_configuration(model),
        usize::from(area.width.saturating_sub(2)),
    );
    if pane.rows().is_empty() {
        let wanted = u16::try_from(said.len()).unwrap_or(u16::MAX);
        let is_alone = pane.failure.is_some() && !pane.is_reading;
        let below = if is_alone {
            area.height
        } else {
            wanted.min(area.height)
        };
        let (above, below) = cut(area, below);
        for (row, (meaning, line)) in (0..below.height).zip(&said) {
            canvas.text(below, 1, row, line, canvas.look.style(*meaning));
        }
        return empty(model, above, canvas);
    }
    let most = area.height.saturating_sub(LEAST_ROWS);
    let below = u16::try_from(said.len() + 1).unwrap_or(u16::MAX).min(most);
    let (above, below) = cut(area, if below < 2 { 0 } else { below });
    rows(model, above, canvas);
    if below.height > 0 {
        super::details_below(below, &said, canvas);
    }
}

/// The area without its last `below` rows, and those.
const fn cut(area: Rect, below: u16) -> (Rect, Rect) {
    let above = area.height - below;
    (
        Rect::new(area.x, area.y, area.width, above),
        Rect::new(area.x, area.y + above, area.width, below),
    )
}

fn empty(model: &Model, area: Rect, canvas: &mut Canvas) {
    let variables = &model.variables.working;
    let table = variables.shown_config();
    let reload = key(Action::Reload);
    let sentence = match &model.configuration.table {
        _ if model.configuration.is_reading => format!("Reading {table} ..."),
        Some(_) => format!(
            "{table} has no rows: each active one would be a pipeline of the run. {reload} reads it again."
        ),
        None if model.configuration.failure.is_some() => return,
        None => format!("{table} is not read yet. {reload} reads it."),
    };
    super::placeholder(area, &sentence, canvas);
}

fn rows(model: &Model, area: Rect, canvas: &mut Canvas) {
    let pane = &model.configuration;
    let (heading, list) = cut(area, area.height - u16::from(area.height > LEAST_ROWS));
    let shown = pane.shown();
    if shown.is_empty() {
        return super::nothing_fits(area, canvas);
    }
    let visible = shown.around(pane.selected, usize::from(list.height));
    let places = visible.clone().filter_map(|position| shown.place(position));
    let places: Vec<_> = places.collect();
    let in_sight = || places.iter().filter_map(|place| pane.rows().get(*place));
    let longest = in_sight().map(|row| text::width(&row.name.title())).max();
    let has_past = |row: &ConfigurationRow| model.run_history.next.task(&row.task).is_some();
    let columns = Columns::new(area.width, longest.unwrap_or(0), in_sight().any(has_past));
    if heading.height > 0 {
        head(model, &columns, heading, canvas);
    }
    for (row, place) in (0..).zip(places) {
        canvas.target(list, row, Target::Line(Pane::Configuration, place));
        line(model, place, &columns, list, row, canvas);
    }
    canvas.scroll_bar(list, visible, shown.len(), |position| {
        Some(Target::Bar(Pane::Configuration, shown.place(position)?))
    });
}

fn head(model: &Model, columns: &Columns, area: Rect, canvas: &mut Canvas) {
    let style = canvas.look.style(Meaning::Muted);
    let keys = &model.variables.working.key_columns;
    let name = if keys.is_usual() {
        "row".to_owned()
    } else {
        keys.iter().collect::<Vec<_>>().join(" / ")
    };
    let name = text::middle(&name, columns.name, canvas.look.symbols.cut).into_owned();
    canvas.field(area, 3, 0, columns.name, &name, style);
    canvas.field(area, columns.priority, 0, PRIORITY, "prio", style);
    if let Some(at) = columns.glyphs {
        canvas.field(area, at, 0, GLYPHS, "last runs", style);
    }
    if let Some(at) = columns.usual {
        canvas.field(area, at, 0, USUAL, "usual", style);
    }
    canvas.text(area, columns.rest, 0, "arguments", style);
}

fn line(model: &Model, place: usize, columns: &Columns, area: Rect, row: u16, canvas: &mut Canvas) {
    let pane = &model.configuration;
    let Some(record) = pane.rows().get(place) else {
        return;
    };
    let (glyph, meaning) = if record.active {
        (canvas.look.symbols.on, Meaning::Text)
    } else {
        (canvas.look.symbols.off, Meaning::Muted)
    };
    let style = canvas.look.style(meaning);
    canvas.text(area, 1, row, glyph, style);
    let shown = text::middle(&record.name.title(), columns.name, canvas.look.symbols.cut).into_owned();
    canvas.text(area, 3, row, &shown, style);
    canvas.matched(area, 3, row, &shown, &pane.filter.query().matched(&shown));
    if record.active {
        let priority = format!("{:>4}", record.priority);
        canvas.field(area, columns.priority, row, PRIORITY, &priority, style);
        past(model, record, columns, area, row, canvas);
        sources(model, record, columns.rest, area, row, canvas);
    } else {
        let words = match &record.description {
            Some(words) => format!("off: \"{words}\""),
            None => "off".to_owned(),
        };
        canvas.text(area, columns.priority, row, &words, style);
    }
    if place == pane.selected {
        let has_focus = model.focus == Pane::Configuration && model.overlays.is_empty();
        canvas.selected(area, row, has_focus);
    }
    if model.row_marks.contains(&record.name) {
        canvas.marked(area, row, place == pane.selected);
    }
}

/// What became of the row in the last runs, and how long it usually takes.
fn past(
    model: &Model,
    record: &ConfigurationRow,
    columns: &Columns,
    area: Rect,
    row: u16,
    canvas: &mut Canvas,
) {
    let Some(past) = model.run_history.next.task(&record.task) else {
        return;
    };
    if let Some(at) = columns.glyphs {
        let glyphs = eta::glyphs(past, canvas.look, GLYPHS - 1);
        // The newest is at the right.
        let mut column = at + u16::try_from(GLYPHS - 1 - glyphs.len()).unwrap_or(0);
        for (meaning, glyph) in glyphs {
            column = canvas.text(area, column, row, glyph, canvas.look.style(meaning));
        }
    }
    if let Some((at, median)) = columns.usual.zip(past.usual.median()) {
        let style = canvas.look.style(Meaning::Text);
        canvas.field(area, at, row, USUAL - 1, &human(median), style);
    }
}

/// Where the arguments of the next run come from: `2 row · 1 profile · 1 edit`.
fn sources(model: &Model, record: &ConfigurationRow, at: u16, area: Rect, row: u16, canvas: &mut Canvas) {
    let given = model.configuration.arguments(record);
    let (mut of_row, mut edited) = (0, 0);
    for argument in compare(Some(&record.arguments), given, model.secrets.names()) {
        match argument.source {
            ArgumentSource::Row => of_row += 1,
            ArgumentSource::Added | ArgumentSource::Edited | ArgumentSource::Removed => edited += 1,
            ArgumentSource::ByHand | ArgumentSource::Profile | ArgumentSource::Variable => {}
        }
    }
    let plan = model.next_plan.plan.iter();
    let variables = plan.flat_map(|plan| &plan.passed).map(|name| name.as_str());
    let passed: BTreeSet<_> = model
        .common_arguments
        .iter()
        .map(|(name, _)| name)
        .chain(variables)
        .collect();
    let passed = passed
        .into_iter()
        .filter(|name| given.get(name).is_none())
        .count();
    let dot = format!(" {} ", canvas.look.symbols.dot);
    let mut column = at;
    for (number, word, meaning) in [
        (of_row, "row", Meaning::Muted),
        (passed, "profile", Meaning::Muted),
        (edited, "edit", Meaning::Warning),
    ] {
        if number == 0 {
            continue;
        }
        if column > at {
            column = canvas.text(area, column, row, &dot, canvas.look.style(Meaning::Muted));
        }
        let words = format!("{number} {word}");
        column = canvas.text(area, column, row, &words, canvas.look.style(meaning));
    }
}
