//! The rows of the configuration table with their arguments, the inactive ones muted, and what is wrong
//! with the table.

use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::finding;
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::plan::count;
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::arguments::RuntimeArguments;
use domain::row::{ConfigurationRow, KEYS};
use ratatui::layout::Rect;

/// The summary in the title.
pub(super) fn summary(model: &Model) -> String {
    let Some(table) = &model.configuration.table else {
        return String::new();
    };
    let active = table.active().count();
    let edited = match model.configuration.edits.len() {
        0 => String::new(),
        edits => format!(", {edits} edited"),
    };
    let marked = super::marked(model.row_marks.len());
    let filtered = super::filtered(model, List::Rows, model.configuration.filter.text());
    format!(
        "{marked}{filtered}{active} of {} active{edited}",
        count(table.rows.len(), "row")
    )
}

/// Draws the pane.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let pane = &model.configuration;
    let mut notes: Vec<_> = pane
        .failure
        .iter()
        .map(|failure| {
            (
                Meaning::Danger,
                format!(
                    "The table cannot be read: {} {} tries again.{}",
                    failure.text(remedy::text),
                    key(Action::Reload),
                    if pane.rows().is_empty() {
                        ""
                    } else {
                        " The rows are those of the last time, and no run starts with them."
                    }
                ),
            )
        })
        .collect();
    let table = pane.table.iter().filter(|_| pane.failure.is_none());
    let findings = table.flat_map(|table| &table.findings);
    notes.extend(findings.map(|found| (finding::meaning(found.severity), finding::text(found))));
    let room = usize::from(area.width.saturating_sub(2));
    let notes: Vec<_> = notes
        .iter()
        .flat_map(|(meaning, note)| text::wrap(note, room).into_iter().map(|line| (*meaning, line)))
        .collect();
    let most = if pane.rows().is_empty() {
        area.height
    } else {
        area.height / 2
    };
    let below = u16::try_from(notes.len()).unwrap_or(u16::MAX).min(most);
    let above = Rect {
        height: area.height - below,
        ..area
    };
    for (row, (meaning, line)) in (above.height..area.height).zip(&notes) {
        canvas.text(area, 1, row, line, canvas.look.style(*meaning));
    }
    if pane.rows().is_empty() {
        return empty(model, above, canvas);
    }
    rows(model, above, canvas);
}

fn empty(model: &Model, area: Rect, canvas: &mut Canvas) {
    let variables = &model.variables.working;
    let table = format!("{}.{}", variables.bq_dataset_id, variables.bq_config_table);
    let reload = key(Action::Reload);
    let sentence = match &model.configuration.table {
        _ if model.configuration.is_reading => format!("Reading {table} ..."),
        Some(_) => format!("{table} has no rows. {reload} reads it again."),
        None if model.configuration.failure.is_some() => return,
        None => format!("{table} is not read yet. {reload} reads it."),
    };
    super::placeholder(area, &sentence, canvas);
}

fn rows(model: &Model, area: Rect, canvas: &mut Canvas) {
    let pane = &model.configuration;
    let longest = pane
        .rows()
        .iter()
        .map(|row| text::width(&name(row)))
        .max()
        .unwrap_or(0);
    let names = longest.min(usize::from(area.width) / 2);
    let shown = pane.shown();
    if shown.is_empty() {
        return super::nothing_fits(area, canvas);
    }
    let visible = shown.around(pane.selected, usize::from(area.height));
    for (row, position) in (0..).zip(visible.clone()) {
        if let Some(place) = shown.place(position) {
            canvas.target(area, row, Target::Line(Pane::Configuration, place));
            line(model, place, names, area, row, canvas);
        }
    }
    canvas.scroll_bar(area, visible, shown.len());
}

fn name(row: &ConfigurationRow) -> String {
    format!("{} / {}", row.business_unit, row.data_source)
}

fn line(model: &Model, place: usize, names: usize, area: Rect, row: u16, canvas: &mut Canvas) {
    let pane = &model.configuration;
    let Some(record) = pane.rows().get(place) else {
        return;
    };
    let is_edited = model.has_edits(&record.task);
    let (glyph, meaning) = if record.active {
        (canvas.look.symbols.on, Meaning::Text)
    } else {
        (canvas.look.symbols.off, Meaning::Muted)
    };
    let style = canvas.look.style(meaning);
    canvas.text(area, 1, row, glyph, style);
    let cut = canvas.look.symbols.cut;
    let shown = text::truncate(&name(record), names, cut).into_owned();
    canvas.text(area, 3, row, &shown, style);
    canvas.matched(area, 3, row, &shown, &pane.filter.query().matched(&shown));
    let mut column = u16::try_from(names).unwrap_or(0) + 4;
    let priority = if record.active {
        format!("{:>4}", record.priority)
    } else {
        "inactive".to_owned()
    };
    column = canvas.text(area, column, row, &priority, style) + 1;
    if is_edited {
        let mark = format!("{} edited ", canvas.look.symbols.dirty);
        column = canvas.text(area, column, row, &mark, canvas.look.style(Meaning::Warning));
    }
    let arguments = one_line(&model.secrets.redact(pane.arguments(record)));
    canvas.text(area, column, row, &arguments, canvas.look.style(Meaning::Muted));
    if place == pane.selected {
        let has_focus = model.focus == Pane::Configuration && model.overlays.is_empty();
        canvas.selected(area, row, has_focus);
    }
    if model.row_marks.contains(&record.name()) {
        canvas.marked(area, row, place == pane.selected);
    }
}

/// Names and values on one line, without the two that name the row.
fn one_line(arguments: &RuntimeArguments) -> String {
    let others = arguments
        .iter()
        .filter(|(name, _)| !KEYS.iter().any(|key| key.eq_ignore_ascii_case(name)));
    let pairs: Vec<_> = others.map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(" ")
}
