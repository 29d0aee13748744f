//! The tasks of a run, one a line, and details of the selected one. Only visible lines are formatted: a
//! run may have thousands of tasks.

mod cells;
mod columns;

use super::timeline;
use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::details;
use crate::tui::gantt::Axis;
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::model::marks::Marks;
use crate::tui::mouse::Target;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use columns::{Columns, ELAPSED, RECORDS, TRY, Wanted};
use domain::task::Task;
use ratatui::layout::Rect;

/// The list keeps this many rows however long the details of the selected task are.
const LEAST_ROWS: u16 = 3;

/// Columns of the flag before the name of a task that a person has dealt with.
const FLAG: usize = 2;

/// The summary in the title.
pub(super) fn summary(model: &Model) -> String {
    let Some(run) = model.shown_run() else {
        return String::new();
    };
    let marks = model.task_marks.of(&run.id);
    let marked = super::marked(marks.map_or(0, Marks::len));
    let filtered = super::filtered(model, List::Tasks);
    let how = if model.grid.selected.is_none() {
        "following"
    } else {
        "reading"
    };
    let key = key(Action::Follow);
    // What changes comes first, because a narrow title is cut at its end.
    format!("{marked}{filtered}{how} ({key}), run {}", model.run_name(run))
}

/// Draws the pane.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let Some(run) = model.shown_run() else {
        let words = format!("No run yet. {} previews one.", key(Action::Run));
        return super::placeholder(area, &words, canvas);
    };
    let heading = u16::from(area.height > LEAST_ROWS);
    let selected = model.grid.index(run);
    let about = run.tasks.get(selected).map_or_else(Vec::new, |task| {
        details::wrapped(&details::of_task(model, task), usize::from(area.width) - 2)
    });
    // One row is the line above them.
    let most = area.height.saturating_sub(heading + LEAST_ROWS);
    let below = u16::try_from(about.len() + 1).unwrap_or(u16::MAX).min(most);
    let below = if below < 2 { 0 } else { below };
    let list = Rect {
        y: area.y + heading,
        height: area.height - heading - below,
        ..area
    };
    let shown = model.grid.filter.shown(run.tasks.len());
    if shown.is_empty() && !run.tasks.is_empty() {
        return super::nothing_fits(area, canvas);
    }
    let visible = shown.around(selected, usize::from(list.height));
    let places = visible.clone().filter_map(|position| shown.place(position));
    let places: Vec<_> = places.collect();
    let tasks = places.iter().filter_map(|place| run.tasks.get(*place));
    let columns = Columns::new(area.width, wanted(model, &tasks.collect::<Vec<_>>()));
    if heading > 0 {
        head(&columns, area, canvas);
    }
    let bars = columns.axis.and_then(|(at, wide)| {
        let area = Rect {
            x: list.x + at,
            width: wide,
            ..list
        };
        Some((Axis::of_run(model, wide)?, area))
    });
    if let Some((axis, bars)) = bars.as_ref().filter(|_| heading > 0) {
        timeline::head(axis, Rect { y: area.y, ..*bars }, canvas);
    }
    let taken = u16::try_from(places.len())
        .unwrap_or(list.height)
        .min(list.height);
    let free = Rect {
        y: list.y + taken,
        height: list.height - taken,
        ..list
    };
    super::failures::below_tasks(model, free, canvas);
    let marks = model.task_marks.of(&run.id);
    for (row, place) in (0..).zip(places) {
        canvas.target(list, row, Target::Line(Pane::Grid, place));
        line(model, &run.tasks[place], &columns, list, row, canvas);
        if place == selected {
            let has_focus = model.focus == Pane::Grid && model.overlays.is_empty();
            canvas.selected(list, row, has_focus);
        }
        if marks.is_some_and(|marks| marks.contains(&run.tasks[place].id)) {
            canvas.marked(list, row, place == selected);
        }
        if let Some((axis, bars)) = &bars {
            // A reversed bar would show the opposite of what it means.
            let one = Rect {
                y: bars.y + row,
                height: 1,
                width: list.right() - bars.x,
                ..*bars
            };
            canvas.clear(one);
            timeline::line(model, &run.tasks[place], axis, *bars, row, canvas);
        }
    }
    canvas.scroll_bar(list, visible, shown.len(), |position| {
        Some(Target::Bar(Pane::Grid, shown.place(position)?))
    });
    if below > 0 {
        let below = Rect {
            y: list.bottom(),
            height: below,
            ..area
        };
        let rule = Rect {
            width: super::details_below(below, &about, canvas),
            ..below
        };
        if let Some(task) = run.tasks.get(selected) {
            super::history::draw_spark(model, &task.id, rule, 0, canvas);
        }
    }
}

/// What the visible rows would like to have.
fn wanted(model: &Model, tasks: &[&Task]) -> Wanted {
    let names = tasks
        .iter()
        .map(|task| text::width(task.id.short()) + FLAG * usize::from(task.handled().is_some()));
    let notes = tasks.iter().map(|task| {
        let (_, words) = details::note(model, task);
        text::width(&words)
    });
    Wanted {
        name: names.max().unwrap_or(0),
        note: notes.max().unwrap_or(0),
    }
}

fn head(columns: &Columns, area: Rect, canvas: &mut Canvas) {
    let style = canvas.look.style(Meaning::Muted);
    canvas.text(area, 1, 0, "state", style);
    canvas.field(area, columns.name_at, 0, columns.name, "task", style);
    canvas.field(area, columns.tries, 0, TRY, "try", style);
    canvas.field(area, columns.elapsed, 0, ELAPSED, "time", style);
    if let Some(records) = columns.records {
        let words = format!("read {} loaded", canvas.look.symbols.arrow);
        canvas.field(area, records, 0, RECORDS, &words, style);
    }
    if let Some((note, wide)) = columns.note {
        canvas.field(area, note, 0, wide, "note", style);
    }
}

fn line(model: &Model, task: &Task, columns: &Columns, area: Rect, row: u16, canvas: &mut Canvas) {
    let mark = Mark::of_task(task);
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
    let (mut name_at, mut room) = (columns.name_at, columns.name);
    if task.handled().is_some() {
        let flag = canvas.look.symbols.glyph(Mark::HANDLED);
        canvas.text(area, name_at, row, flag, canvas.look.style(Mark::HANDLED.meaning));
        name_at += 2;
        room = room.saturating_sub(FLAG);
    }
    let name = text::middle(task.id.short(), room, canvas.look.symbols.cut);
    canvas.field(area, name_at, row, room, &name, plain);
    canvas.matched(
        area,
        name_at,
        row,
        &name,
        &model.grid.filter.query().matched(&name),
    );
    canvas.field(area, columns.tries, row, TRY - 1, &cells::tries(task), plain);
    let (meaning, elapsed) = cells::time(task, model.shown_now());
    let elapsed_style = meaning.map_or(plain, |meaning| canvas.look.style(meaning));
    canvas.field(area, columns.elapsed, row, ELAPSED - 1, &elapsed, elapsed_style);
    if let Some(records) = columns.records {
        let words = cells::records(task, canvas.look.symbols.arrow, RECORDS - 1);
        canvas.field(area, records, row, RECORDS - 1, &words, plain);
    }
    if let Some((note, wide)) = columns.note {
        let (meaning, words) = details::note(model, task);
        canvas.field(area, note, row, wide, &words, canvas.look.style(meaning));
    }
}
