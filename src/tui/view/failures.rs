//! The failures of the shown run by their reasons, and what to do about the selected one.

use super::window;
use crate::tui::action::{Action, key};
use crate::tui::model::Model;
use crate::tui::model::failures::{FailureLine, FailuresPane, NO_FAILURE};
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::remedy;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::id::TaskId;
use ratatui::layout::Rect;

/// The widest the list gets.
const COLUMNS: usize = 140;

/// How many tasks of a reason are named below the list of tasks.
const NAMED: usize = 3;

/// Draws the window.
pub(super) fn draw(model: &Model, pane: &FailuresPane, canvas: &mut Canvas) {
    let groups = &model.failures.groups;
    let height = pane.height(groups);
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let about = about(model, pane, columns.saturating_sub(2));
    let below = if model.area.height < 16 || about.is_empty() {
        0
    } else {
        about.len() + 1
    };
    let most = usize::from(model.area.height.saturating_sub(4)).max(1 + below);
    let rows = (height.max(1) + below).min(most);
    let window = window::open(
        model,
        &format!("{}Failures by reason", super::filtered(model, List::Failures)),
        columns,
        rows,
        canvas,
    );
    let below = u16::try_from(below)
        .unwrap_or(0)
        .min(window.height.saturating_sub(1));
    let area = Rect {
        height: window.height - below,
        ..window
    };
    if groups.is_empty() {
        canvas.text(area, 1, 0, NO_FAILURE, canvas.look.style(Meaning::Muted));
    }
    let selected = pane.selected.min(height.saturating_sub(1));
    let shown = window::lines(model, List::Failures, selected, area, canvas);
    for (row, place) in (0..).zip(shown) {
        canvas.target(area, row, Target::WindowLine(place));
        if let Some(line) = pane.line(groups, place) {
            draw_line(model, pane, line, area, row, canvas);
        }
        if place == selected {
            canvas.selected(area, row, true);
        }
    }
    if below > 0 {
        canvas.rule(window, area.height, canvas.look.style(Meaning::Border));
        for (row, (meaning, line)) in (area.height + 1..window.height).zip(about) {
            canvas.text(window, 1, row, &line, canvas.look.style(meaning));
        }
    }
}

/// Draws the groups of a run that is over below its tasks, where these leave room: a heading with the key that opens the
/// window, and a line for each reason.
pub(super) fn below_tasks(model: &Model, area: Rect, canvas: &mut Canvas) {
    let groups = &model.failures.groups;
    let is_over = model.shown_run().is_some_and(|run| run.state.is_end());
    let room = usize::from(area.height).saturating_sub(2);
    if !is_over || groups.is_empty() || room == 0 {
        return;
    }
    let heading = format!("Failures by reason: {} opens them", key(Action::Failures));
    canvas.text(area, 1, 1, &heading, canvas.look.style(Meaning::Accent));
    // The last line says how many reasons have no line.
    let shown = if groups.len() > room {
        room - 1
    } else {
        groups.len()
    };
    for (row, group) in (2..).zip(groups.iter().take(shown)) {
        canvas.target(area, row, Target::Action(Action::Failures.name()));
        let words = group.text(times(canvas));
        let column = canvas.text(area, 1, row, &words, canvas.look.style(Meaning::Danger));
        let names = group.names(NAMED, TaskId::short);
        canvas.text(area, column + 2, row, &names, canvas.look.style(Meaning::Muted));
    }
    let hidden = groups.len() - shown;
    if hidden > 0 {
        let row = area.height - 1;
        let words = format!("and {hidden} more reasons");
        canvas.text(area, 1, row, &words, canvas.look.style(Meaning::Muted));
    }
}

const fn times(canvas: &Canvas<'_>) -> &'static str {
    if canvas.look.symbols.ascii { "x" } else { "×" }
}

fn draw_line(
    model: &Model,
    pane: &FailuresPane,
    line: FailureLine<'_>,
    area: Rect,
    row: u16,
    canvas: &mut Canvas,
) {
    match line {
        FailureLine::Group(group) => {
            let fold = if pane.open.contains(&group.reason) {
                "-"
            } else {
                "+"
            };
            canvas.text(area, 1, row, fold, canvas.look.style(Meaning::Accent));
            canvas.text(
                area,
                3,
                row,
                &group.text(times(canvas)),
                canvas.look.style(Meaning::Text),
            );
        }
        FailureLine::Task(_, id) => {
            let task = model.shown_run().and_then(|run| run.task(id));
            let Some(task) = task else { return };
            let mark = Mark::from_task(task.state);
            let state = canvas.look.state(mark);
            canvas.field(area, 5, row, 18, &state, canvas.look.style(mark.meaning));
            canvas.text(area, 24, row, id.as_str(), canvas.look.style(Meaning::Text));
        }
    }
}

/// The whole reason of the selected line, and what to do about it.
fn about(model: &Model, pane: &FailuresPane, room: usize) -> Vec<(Meaning, String)> {
    let Some(line) = pane.selected(&model.failures.groups) else {
        return Vec::new();
    };
    let id = match line {
        FailureLine::Group(group) => group.tasks.first(),
        FailureLine::Task(_, task) => Some(task),
    };
    let task = model.shown_run().zip(id).and_then(|(run, id)| run.task(id));
    let Some(failure) = task.and_then(|task| task.reason.as_ref()) else {
        return Vec::new();
    };
    let reason = text::wrap(&failure.reason, room).into_iter();
    let remedies = remedy::text(&failure.remedies);
    let remedies = text::wrap(&remedies, room)
        .into_iter()
        .filter(|line| !line.is_empty());
    let reason = reason.map(|line| (Meaning::Warning, line));
    reason.chain(remedies.map(|line| (Meaning::Text, line))).collect()
}
