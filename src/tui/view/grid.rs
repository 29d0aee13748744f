//! The tasks of a run, one a line, and details of the selected one. Only visible lines are formatted: a
//! run may have thousands of tasks.

mod cells;

use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::model::Model;
use crate::tui::model::marks::Marks;
use crate::tui::symbol::{self, Mark};
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{list, text};
use domain::task::Task;
use ratatui::layout::Rect;

/// `1/3`.
const TRY: usize = 5;
/// `59m 59s`.
const ELAPSED: usize = 8;
/// `12,345 → 12,345`.
const RECORDS: usize = 16;

/// The summary in the title.
pub(super) fn summary(model: &Model) -> String {
    let Some(run) = model.shown_run() else {
        return String::new();
    };
    let marks = model.task_marks.of(&run.id);
    let marked = super::marked(marks.map_or(0, Marks::len));
    format!("{marked}{}", run.id)
}

/// Where the columns begin: first the bar, then glyph and word of the state.
struct Columns {
    state: usize,
    name_at: u16,
    name: usize,
    tries: u16,
    elapsed: u16,
    records: Option<u16>,
    note: u16,
    are_names_short: bool,
}

impl Columns {
    /// A pane too narrow for all columns drops the records; names are shortened when they do not fit, or
    /// when that makes room for the note.
    fn new(width: u16, longest: (usize, usize)) -> Self {
        let width = usize::from(width);
        let state = state(width);
        let name_at = state + 2;
        let rest = width.saturating_sub(name_at + TRY + ELAPSED);
        let has_records = rest >= RECORDS + 16;
        let room = if has_records { rest - RECORDS } else { rest };
        let (full, short) = longest;
        let has_note = |name: usize| room >= name + 1 + cells::NOTE;
        let are_names_short = full + 1 > room || (has_note(short) && !has_note(full));
        let name = if are_names_short { short } else { full };
        let name = name.min(room.saturating_sub(1));
        let at = |column: usize| u16::try_from(column).unwrap_or(u16::MAX);
        let tries = name_at + name + 1;
        let records = tries + TRY + ELAPSED;
        Self {
            state,
            name_at: at(name_at),
            name,
            tries: at(tries),
            elapsed: at(tries + TRY),
            records: has_records.then_some(at(records)),
            note: at(if has_records { records + RECORDS } else { records }),
            are_names_short,
        }
    }
}

/// Columns of glyph and word. `upstream_failed` is cut below 100 columns, `up_for_retry` below 60.
const fn state(width: usize) -> usize {
    2 + match width {
        100.. => symbol::WORD_COLUMNS,
        60.. => 12,
        _ => 9,
    }
}

/// Draws the pane.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let Some(run) = model.shown_run() else {
        let words = format!("No run yet. {} previews one.", key(Action::Run));
        return super::placeholder(area, &words, canvas);
    };
    let selected = run.tasks.get(model.grid.index(run));
    let about = selected.map_or_else(Vec::new, |task| {
        cells::about(model, task, usize::from(area.width) - 2)
    });
    let most = (area.height / 4).max(1);
    let below = u16::try_from(about.len()).unwrap_or(most).min(most);
    let (heading, below) = if area.height < 6 { (0, 0) } else { (1, below + 1) };
    let rows = usize::from(area.height.saturating_sub(heading + below));
    let visible = list::around(model.grid.index(run), run.tasks.len(), rows);
    let columns = Columns::new(area.width, longest(&run.tasks[visible.clone()]));
    if heading > 0 {
        head(&columns, area, canvas);
    }
    let marks = model.task_marks.of(&run.id);
    for (row, place) in (heading..).zip(visible) {
        line(model, &run.tasks[place], &columns, area, row, canvas);
        if place == model.grid.index(run) {
            let has_focus = model.focus == Pane::Grid && model.overlays.is_empty();
            canvas.selected(area, row, has_focus);
        }
        if marks.is_some_and(|marks| marks.contains(&run.tasks[place].id)) {
            canvas.marked(area, row, place == model.grid.index(run));
        }
    }
    if below > 0 {
        let top = area.height - below;
        canvas.rule(area, top, canvas.look.style(Meaning::Border));
        for (row, (meaning, line)) in (top + 1..area.height).zip(about) {
            canvas.text(area, 1, row, &line, canvas.look.style(meaning));
        }
    }
}

/// How many columns the longest name takes, whole and shortened.
fn longest(tasks: &[Task]) -> (usize, usize) {
    let widest = |is_short| {
        let names = tasks.iter().map(|task| cells::name(task, is_short, "."));
        names.map(|name| text::width(&name)).max().unwrap_or(0)
    };
    (widest(false), widest(true))
}

fn head(columns: &Columns, area: Rect, canvas: &mut Canvas) {
    let style = canvas.look.style(Meaning::Muted);
    canvas.text(area, 1, 0, "state", style);
    canvas.text(area, columns.name_at, 0, "task", style);
    canvas.field(area, columns.tries, 0, TRY, "try", style);
    canvas.field(area, columns.elapsed, 0, ELAPSED, "time", style);
    if let Some(records) = columns.records {
        let words = format!("read {} loaded", canvas.look.symbols.arrow);
        canvas.field(area, records, 0, RECORDS, &words, style);
    }
    if usize::from(area.width.saturating_sub(columns.note)) >= cells::NOTE {
        canvas.text(area, columns.note, 0, "note", style);
    }
}

fn line(model: &Model, task: &Task, columns: &Columns, area: Rect, row: u16, canvas: &mut Canvas) {
    let mark = Mark::from_task(task.state);
    let style = canvas.look.style(mark.meaning);
    let state = canvas.look.state(mark);
    canvas.field(area, 1, row, columns.state, &state, style);
    let plain = canvas
        .look
        .style(if task.state.is_end() || task.state.holds_place() {
            Meaning::Text
        } else {
            Meaning::Muted
        });
    let name = cells::name(task, columns.are_names_short, canvas.look.symbols.cut);
    canvas.field(area, columns.name_at, row, columns.name, &name, plain);
    canvas.field(area, columns.tries, row, TRY - 1, &cells::tries(task), plain);
    let elapsed = cells::elapsed(task, model.shown_now());
    canvas.field(area, columns.elapsed, row, ELAPSED - 1, &elapsed, plain);
    if let Some(records) = columns.records {
        let words = cells::records(task, canvas.look.symbols.arrow, RECORDS - 1);
        canvas.field(area, records, row, RECORDS - 1, &words, plain);
    }
    if usize::from(area.width.saturating_sub(columns.note)) >= cells::NOTE {
        let (meaning, words) = cells::note(task, model.shown_run(), model.shown_now());
        canvas.text(area, columns.note, row, &words, canvas.look.style(meaning));
    }
}
