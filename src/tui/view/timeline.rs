//! The tasks of the shown run on a common time axis, one a line: phases of their pipeline runs, waits, tries, and what is
//! to come. Only visible lines are computed.

use super::window;
use crate::tui::eta;
use crate::tui::gantt::{self, Axis};
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::run::Run;
use domain::task::Task;
use domain::time::human;
use domain::timeline::{SpanKind, spans};
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::time::Duration;

/// The widest that names get.
const NAME: usize = 40;

/// ` UTC` and a gap.
const ZONE_COLUMNS: u16 = 5;

/// Draws the window.
pub(super) fn draw(model: &Model, canvas: &mut Canvas) {
    let Some(run) = model.shown_run() else { return };
    let filtered = super::filtered(model, List::Tasks);
    let title = format!("{filtered}Time axis, UTC, from {}", run.started.stamp());
    let columns = usize::from(model.area.width.saturating_sub(4));
    let selected = model.grid.index(run);
    let about = run.tasks.get(selected).map_or_else(Vec::new, |task| {
        text::wrap(&about(model, task), columns.saturating_sub(2))
    });
    let below = if model.area.height < 16 {
        0
    } else {
        about.len() + 1
    };
    let most = usize::from(model.area.height.saturating_sub(4)).max(2 + below);
    let tasks = model.grid.filter.shown(run.tasks.len()).len();
    let rows = (tasks + 1 + below).min(most);
    let window = window::open(model, &title, columns, rows, canvas);
    let below = u16::try_from(below)
        .unwrap_or(0)
        .min(window.height.saturating_sub(2));
    let area = Rect {
        height: window.height - below,
        ..window
    };
    draw_tasks(model, run, area, canvas);
    if below > 0 {
        canvas.rule(window, area.height, canvas.look.style(Meaning::Border));
        for (row, line) in (area.height + 1..window.height).zip(&about) {
            canvas.text(window, 1, row, line, canvas.look.style(Meaning::Muted));
        }
    }
}

fn draw_tasks(model: &Model, run: &Run, area: Rect, canvas: &mut Canvas) {
    let selected = model.grid.index(run);
    let list = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let places = window::lines(model, List::Tasks, selected, list, canvas);
    let tasks = places.iter().filter_map(|place| run.tasks.get(*place));
    let names = tasks.map(|task| text::width(task.id.short()));
    let wide = names
        .max()
        .unwrap_or(0)
        .min(NAME)
        .min(usize::from(area.width) / 3);
    let left = u16::try_from(wide).unwrap_or(0) + 4;
    let columns = area.width.saturating_sub(left);
    let Some(axis) = Axis::of_run(model, columns) else {
        return;
    };
    let bars = Rect {
        x: area.x + left,
        width: columns,
        ..area
    };
    head(&axis, bars, canvas);
    for (row, place) in (1..).zip(places) {
        let task = &run.tasks[place];
        canvas.target(area, row, Target::WindowLine(place));
        let mark = Mark::from_task(task.state);
        let glyph = canvas.look.symbols.glyph(mark);
        canvas.text(area, 1, row, glyph, canvas.look.style(mark.meaning));
        canvas.field(
            area,
            3,
            row,
            wide,
            task.id.short(),
            canvas.look.style(Meaning::Text),
        );
        line(model, task, &axis, bars, row, canvas);
        if place == selected {
            // The bars keep their colours.
            let name = Rect {
                width: left.min(area.width),
                ..area
            };
            canvas.selected(name, row, true);
        }
    }
}

/// Draws the labels of the axis. Times are always labelled: the first one that has room says that they are UTC.
pub(super) fn head(axis: &Axis, area: Rect, canvas: &mut Canvas) {
    let style = canvas.look.style(Meaning::Muted);
    let ticks = axis.ticks();
    let mut ends = Vec::new();
    for tick in &ticks {
        ends.push(canvas.text(area, tick.column, 0, &tick.label, style));
    }
    let next = ticks.iter().skip(1).map(|tick| tick.column).chain([area.width]);
    let mut rooms = ends.iter().zip(next);
    if let Some((end, _)) = rooms.find(|(end, next)| **end + ZONE_COLUMNS <= *next) {
        canvas.text(area, *end, 0, " UTC", style);
    } else if let Some(tick) = ticks.first() {
        // In the place of a label, if they stand close together.
        let label = format!("{:<1$}", "UTC", tick.label.len());
        canvas.text(area, tick.column, 0, &label, style);
    }
}

/// Draws the bar of a task: its pieces, the ends of its tries, and behind them what is to come.
pub(super) fn line(model: &Model, task: &Task, axis: &Axis, area: Rect, row: u16, canvas: &mut Canvas) {
    let segments = gantt::segments(&spans(task, model.shown_now()), axis);
    for segment in &segments {
        let mark = gantt::mark(segment.kind);
        let cells = canvas
            .look
            .symbols
            .glyph(mark)
            .repeat(usize::from(segment.until - segment.from));
        canvas.text(area, segment.from, row, &cells, canvas.look.style(mark.meaning));
        if let Some(state) = segment.end {
            let mark = Mark::from_task(state);
            let glyph = canvas.look.symbols.glyph(mark);
            canvas.text(
                area,
                segment.until - 1,
                row,
                glyph,
                canvas.look.style(mark.meaning),
            );
        }
    }
    if !model.has_clock() || model.former_run.is_some() {
        return;
    }
    let end = segments.last().map_or(0, |segment| segment.until);
    to_come(model, task, axis, (area, row, end), canvas);
}

/// What is expected of a task of a live run, behind the end of its bar.
fn to_come(model: &Model, task: &Task, axis: &Axis, (area, row, end): (Rect, u16, u16), canvas: &mut Canvas) {
    let now = axis.column(model.now).max(end);
    let glyph = |mark, canvas: &Canvas| canvas.look.symbols.glyph(mark);
    if let Some(due) = task.due.filter(|due| *due > model.now) {
        let next = axis.column(due).max(now);
        let wait = gantt::mark(SpanKind::Waiting);
        let cells = glyph(wait, canvas).repeat(usize::from(next - end));
        canvas.text(area, end, row, &cells, canvas.look.style(Meaning::Muted));
        canvas.text(
            area,
            next,
            row,
            glyph(gantt::NEXT, canvas),
            canvas.look.style(gantt::NEXT.meaning),
        );
        return;
    }
    let here = if task.open_try().is_some() {
        gantt::TIP
    } else {
        gantt::NOW
    };
    canvas.text(
        area,
        now,
        row,
        glyph(here, canvas),
        canvas.look.style(here.meaning),
    );
    if let Some(late) = eta::late_by(model, task) {
        let words = format!("late {}", human(late));
        canvas.text(area, now + 1, row, &words, canvas.look.style(Meaning::Warning));
    } else if let Some(usual) = gantt::usual_end(model, task) {
        let usual = axis.column(usual);
        if usual > now {
            canvas.text(
                area,
                usual,
                row,
                glyph(gantt::USUAL, canvas),
                canvas.look.style(gantt::USUAL.meaning),
            );
        }
    }
}

/// How long a task took for what.
fn about(model: &Model, task: &Task) -> String {
    let mut took: BTreeMap<SpanKind, Duration> = BTreeMap::new();
    for span in spans(task, model.shown_now()) {
        *took.entry(span.kind).or_default() += span.until.since(span.from);
    }
    let parts = took
        .iter()
        .map(|(kind, span)| format!("{} {}", gantt::mark(*kind).word, human(*span)));
    let mut parts: Vec<_> = parts.collect();
    if parts.is_empty() && task.tries.is_empty() {
        parts.push("has not begun".into());
    } else if parts.is_empty() {
        parts.push("has just begun".into());
    }
    if task.tries.len() > 1 {
        parts.push(format!("{} tries of {}", task.tries.len(), task.allowed_tries));
    }
    let past = model.run_history.shown.task(&task.id);
    parts.extend(eta::late(model, task).or_else(|| eta::usual(&past?.usual)));
    format!("{}: {}", task.id, parts.join(", "))
}
