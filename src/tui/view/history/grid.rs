//! Former runs as a grid: tasks down, runs across, the newest on the right, one glyph a cell. Only the cells in sight
//! are looked up and drawn.
//!
//! ```text
//!                  22 Nov      23 Nov
//!   UTC                             10:02
//!   run             ✔ ✔ ✖ ✔ ✔ ✔ ✔ ✔ ✖
//! ▌ hr_engineer     ✔ ✔ ✔ ✔ ✔ ✔ ✔ ✔[✖]
//!   sales_orders    ✔ ✔ ✖ ✔ ✔ ✔ ✔ ✔ ✔
//! ─────────────────────────────────────
//!  start_pipeline_hr_engineer in the run of 2026-11-23 10:02:11 UTC
//!  ✖ failed · 3 tries · worked 3m 02s · 118,204 read, none loaded
//! ```

use super::words;
use crate::tui::eta;
use crate::tui::model::Model;
use crate::tui::model::history_window::HistoryWindow;
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::plan::count;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::view::window;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{list, text};
use domain::history::TaskRecord;
use domain::summary::RunSummary;
use domain::time::{Timestamp, human};
use domain::watched::Watched;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use std::ops::Range;

/// Columns of a cell: its glyph, and a gap for the brackets of the selected one.
const CELL: usize = 2;
/// The heading: days, the time of the selected run, and the runs themselves.
const HEAD: u16 = 3;
/// Rows below the rule.
const WORDS: usize = 5;
/// With so many rows there is room for all words.
const ROOMY: usize = 14;
/// Columns for a sentence.
const SENTENCE: usize = 90;
/// The widest the names get.
const NAMES: usize = 40;

/// What of the grid is in sight.
#[derive(Clone, Debug, PartialEq, Eq)]
struct InSight {
    /// Columns of the names.
    names: usize,
    /// The tasks.
    rows: Range<usize>,
    /// The runs, counted from the newest.
    columns: Range<usize>,
    /// Rows at the bottom for words, with the rule.
    below: u16,
}

impl InSight {
    /// What fits into an area: the selected task and run are always in sight.
    fn new(window: &HistoryWindow, column: usize, area: Rect) -> Self {
        let below = match usize::from(area.height) {
            0..9 => 0,
            9..ROOMY => 3,
            _ => u16::try_from(WORDS + 1).unwrap_or(0),
        };
        let height = usize::from(area.height.saturating_sub(HEAD + below));
        let rows = list::around(window.row().unwrap_or(0), window.tasks().len(), height);
        let widest = window.tasks()[rows.clone()]
            .iter()
            .map(|task| text::width(&words::name(task, NAMES, ".")));
        let half = usize::from(area.width) / 2;
        let names = widest.max().unwrap_or(0).clamp(3, NAMES).min(half);
        let room = usize::from(area.width).saturating_sub(names + 3) / CELL;
        Self {
            names,
            rows,
            columns: list::around(column, window.columns().len(), room),
            below,
        }
    }

    /// Where the glyph of a run is; the newest one in sight is on the right.
    fn at(&self, column: usize) -> u16 {
        let from_left = self.columns.end.saturating_sub(column + 1);
        u16::try_from(self.names + 3 + from_left * CELL).unwrap_or(u16::MAX)
    }
}

/// Draws the window.
pub(super) fn draw(model: &Model, window: &HistoryWindow, canvas: &mut Canvas) {
    let (columns, rows) = (usize::from(model.area.width), usize::from(model.area.height));
    let title = title(model, window);
    let wanted = (window.tasks().len() + usize::from(HEAD) + WORDS + 1).max(ROOMY);
    let rows = wanted.min(rows.saturating_sub(4)).max(1);
    // No wider than the runs need, but wide enough for the words below them.
    let needed = (NAMES + 3 + window.columns().len() * CELL).max(SENTENCE);
    let columns = needed.min(columns.saturating_sub(6));
    let area = window::open(model, &title, columns, rows, canvas);
    if window.columns().is_empty() {
        return crate::tui::view::nothing_fits(area, canvas);
    }
    let selected = window.column(&model.history);
    let sight = InSight::new(window, selected, area);
    heading(model, window, &sight, selected, area, canvas);
    for (row, place) in (HEAD..).zip(sight.rows.clone()) {
        task_line(model, window, &sight, (row, place), area, canvas);
    }
    let list = Rect {
        y: area.y + HEAD,
        height: area.height.saturating_sub(HEAD + sight.below),
        ..area
    };
    let tasks = window.tasks().len();
    // The first line is the run itself.
    window::scroll_bar(list, sight.rows.clone(), tasks, canvas, |position| {
        Some(position + 1)
    });
    if window.tasks().is_empty() {
        let words = if model.run_history.is_reading {
            "Reading what became of their tasks ..."
        } else {
            "What became of their tasks is not known: the journal has no record of it that can be read."
        };
        crate::tui::view::placeholder(list, words, canvas);
    }
    brackets(window, &sight, selected, area, canvas);
    if sight.below > 0 {
        let top = area.height - sight.below;
        canvas.rule(area, top, canvas.look.style(Meaning::Border));
        for (row, (meaning, line)) in (top + 1..area.height).zip(about(model, window, selected, area, canvas))
        {
            canvas.text(area, 1, row, &line, canvas.look.style(meaning));
        }
    }
}

/// `Former runs of PIPELINE in PROFILE: 7 of 37 runs`; the newest is the first.
fn title(model: &Model, window: &HistoryWindow) -> String {
    let newest = window
        .columns()
        .first()
        .and_then(|place| model.history.get(*place));
    let of = newest.map(|run| format!(" of {} in {}", run.pipeline, run.profile));
    let reading = if model.run_history.is_reading {
        ", reading"
    } else {
        ""
    };
    let (place, number) = (window.column(&model.history) + 1, window.columns().len());
    let place = if number > 1 {
        format!("{place} of ")
    } else {
        String::new()
    };
    let runs = format!("{place}{}", count(number, "run"));
    let filtered = crate::tui::view::filtered(model, List::History);
    format!("{filtered}Former runs{}: {runs}{reading}", of.unwrap_or_default())
}

/// The days, the time of the selected run, and what became of each run.
fn heading(
    model: &Model,
    window: &HistoryWindow,
    sight: &InSight,
    selected: usize,
    area: Rect,
    canvas: &mut Canvas,
) {
    let muted = canvas.look.style(Meaning::Muted);
    let (mut day, mut free) = (String::new(), 0);
    for column in sight.columns.clone().rev() {
        let Some(run) = run(model, window, column) else {
            continue;
        };
        let (at, of_run) = (sight.at(column), run.started.day());
        if of_run != day && at >= free {
            free = canvas.text(area, at, 0, &of_run, muted) + 1;
            day = of_run;
        }
        if let Some(place) = window.marked.iter().position(|marked| *marked == run.id) {
            let number = (place + 1).to_string();
            canvas.text(area, at, 1, &number, canvas.look.style(Meaning::Accent));
        }
        let mark = Mark::from_summary(run);
        let glyph = canvas.look.symbols.glyph(mark);
        canvas.text(area, at, 2, glyph, canvas.look.style(mark.meaning));
        cell_target(area, at, 2, Target::WindowCell(0, column), canvas);
    }
    if let Some(run) = run(model, window, selected) {
        let time = run.started.clock();
        let time = time.get(..5).unwrap_or(&time);
        let last = area.width.saturating_sub(6);
        canvas.text(
            area,
            (sight.at(selected) + 2).min(last),
            1,
            time,
            canvas.look.style(Meaning::Accent),
        );
    }
    canvas.text(area, 1, 1, "UTC", muted);
    canvas.text(area, 1, 2, "run", muted);
    if window.task.is_none() {
        mark_line(area, 2, canvas);
    }
}

/// Says where a cell is drawn, for the mouse.
fn cell_target(area: Rect, at: u16, row: u16, target: Target, canvas: &mut Canvas) {
    let cell = Rect::new(area.x + at, area.y + row, 1, 1);
    canvas.targets.push(cell.intersection(area), target);
}

fn run<'a>(model: &'a Model, window: &HistoryWindow, column: usize) -> Option<&'a RunSummary> {
    model.history.get(*window.columns().get(column)?)
}

fn task_line(
    model: &Model,
    window: &HistoryWindow,
    sight: &InSight,
    (row, place): (u16, usize),
    area: Rect,
    canvas: &mut Canvas,
) {
    let task = &window.tasks()[place];
    let name = words::name(task, sight.names, canvas.look.symbols.cut);
    canvas.field(area, 1, row, sight.names, &name, canvas.look.style(Meaning::Text));
    canvas.target(area, row, Target::WindowLine(place + 1));
    for column in sight.columns.clone() {
        cell_target(
            area,
            sight.at(column),
            row,
            Target::WindowCell(place + 1, column),
            canvas,
        );
        if let Some(record) = model.history_cell(window, column, place) {
            let mark = Mark::from_task(record.state);
            let glyph = canvas.look.symbols.glyph(mark);
            canvas.text(
                area,
                sight.at(column),
                row,
                glyph,
                canvas.look.style(mark.meaning),
            );
        }
    }
    if window.task.as_ref() == Some(task) {
        mark_line(area, row, canvas);
    }
}

/// Marks the selected line; its cells keep their colours.
fn mark_line(area: Rect, row: u16, canvas: &mut Canvas) {
    canvas.selected(area, row, false);
    canvas.row(
        area,
        row,
        ratatui::style::Style::new().add_modifier(Modifier::BOLD),
    );
}

/// Draws brackets around the selected cell: they are seen without any colour.
fn brackets(window: &HistoryWindow, sight: &InSight, selected: usize, area: Rect, canvas: &mut Canvas) {
    let row = match window.row() {
        None => 2,
        Some(row) if sight.rows.contains(&row) => {
            HEAD + u16::try_from(row - sight.rows.start).unwrap_or(u16::MAX)
        }
        Some(_) => return,
    };
    let (at, style) = (sight.at(selected), canvas.look.style(Meaning::Accent));
    canvas.text(area, at - 1, row, "[", style);
    canvas.text(area, at + 1, row, "]", style);
}

/// The selected cell in words.
fn about(
    model: &Model,
    window: &HistoryWindow,
    selected: usize,
    area: Rect,
    canvas: &Canvas,
) -> Vec<(Meaning, String)> {
    let Some(run) = run(model, window, selected) else {
        return Vec::new();
    };
    let room = usize::from(area.width).saturating_sub(2);
    let Some(task) = &window.task else {
        return about_run(model, run, room, canvas);
    };
    let place = (Meaning::Accent, format!("{task} in the run of {}", run.started));
    let record = window
        .row()
        .and_then(|row| model.history_cell(window, selected, row));
    let Some(record) = record else {
        let is_known = model.run_history.record(&run.id).is_some();
        let words = if is_known {
            "This run does not have this task."
        } else {
            "What became of the tasks of this run is not read yet, or cannot be."
        };
        return vec![place, (Meaning::Muted, words.into())];
    };
    let (meaning, words) = state(record, canvas);
    let mut lines = vec![place];
    lines.extend(text::wrap(&words, room).into_iter().map(|line| (meaning, line)));
    let heads = lines.len();
    let past = model.run_history.next.task(task);
    let usual = past.and_then(|past| eta::usual(&past.usual));
    let reason = record.reason.iter().flat_map(|reason| text::wrap(reason, room));
    let reason: Vec<_> = reason.map(|line| (Meaning::Warning, line)).collect();
    let rest = usize::from(usual.is_some());
    let shown = WORDS.saturating_sub(heads + rest).max(1);
    lines.extend(reason.into_iter().take(shown));
    lines.extend(usual.map(|usual| {
        let rows = past.and_then(|past| past.rows).map(text::thousands);
        let rows = rows.map_or(String::new(), |rows| format!(", {rows} rows"));
        (Meaning::Muted, format!("When it succeeds: {usual}{rows}"))
    }));
    lines
}

/// The selected run in words.
fn about_run(model: &Model, run: &RunSummary, room: usize, canvas: &Canvas) -> Vec<(Meaning, String)> {
    let mark = Mark::from_summary(run);
    let elapsed = human(run.elapsed(model.now));
    let state = format!("{}  {}  {elapsed}", canvas.look.state(mark), run.started);
    let counts = Some(super::counts(run, canvas.look.symbols.dot)).filter(|words| !words.is_empty());
    let more = run.watched.as_ref().map(Watched::text).into_iter().chain(counts);
    let place = format!("{}: {} fills {}", run.profile, run.pipeline, run.output_table);
    let more = more.chain([run.id.to_string(), place]);
    let more = more.flat_map(|line| text::wrap(&line, room));
    std::iter::once((mark.meaning, state))
        .chain(more.map(|line| (Meaning::Muted, line)))
        .collect()
}

/// `✖ failed · 3 tries · worked 3m 02s · 118,204 read, none loaded`.
fn state(record: &TaskRecord, canvas: &Canvas) -> (Meaning, String) {
    let mark = Mark::from_task(record.state);
    let symbols = canvas.look.symbols;
    let tries = (record.tries > 0).then(|| words::tries(record.tries));
    let worked = (record.tries > 0).then(|| format!("worked {}", human(record.working)));
    let rows = words::records(record);
    let ended = record
        .ended
        .map(|ended| format!("ended {} UTC", Timestamp::clock(ended)));
    let parts = [Some(canvas.look.state(mark)), tries, worked, rows, ended];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (mark.meaning, parts.join(&format!(" {} ", symbols.dot)))
}
