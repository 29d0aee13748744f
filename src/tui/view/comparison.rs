//! Two runs side by side, a task a line, the biggest difference first; the selected task in words below. What is
//! different is said by a word and a sign, never by colour alone.

use super::history::{is_alike, name, records, signed, tries};
use super::window;
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::history::{Change, Comparison, Difference, TaskRecord};
use domain::summary::RunSummary;
use domain::time::human;
use ratatui::layout::Rect;

/// The widest the window gets.
const COLUMNS: usize = 140;
/// Both runs and the names of the columns.
const HEAD: u16 = 3;
/// The rule and the words below it.
const BELOW: u16 = 6;
/// With so many rows there is room for the words below.
const ROOMY: usize = 13;
/// `◇ unwatched`.
const RUN_STATE: usize = 11;
/// `recovered`.
const WORD: usize = 10;
/// `✔ > ✖`.
const STATES: usize = 7;
/// `1h 02m > 1h 20m  +18m 00s`.
const TIMES: usize = 27;

/// Draws the window.
pub(super) fn draw(model: &Model, comparison: &Comparison, selected: usize, canvas: &mut Canvas) {
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let wanted = comparison.tasks.len() + usize::from(HEAD + BELOW);
    let wanted = wanted.max(ROOMY);
    let height = usize::from(model.area.height.saturating_sub(4)).max(1);
    let area = window::open(
        model,
        &format!("{}Two runs compared", super::filtered(model, List::Compared)),
        columns,
        wanted.min(height),
        canvas,
    );
    let below = if usize::from(area.height) < ROOMY {
        0
    } else {
        BELOW
    };
    for (row, (word, run)) in [("before", &comparison.before), ("after", &comparison.after)]
        .into_iter()
        .enumerate()
    {
        run_line(model, word, run, area, u16::try_from(row).unwrap_or(0), canvas);
    }
    let list = Rect {
        y: area.y + HEAD,
        height: area.height.saturating_sub(HEAD + below),
        ..area
    };
    let shown = window::lines(model, List::Compared, selected, list, canvas);
    let widest = shown.iter().map(|place| &comparison.tasks[*place]);
    let widest = widest
        .map(|found| text::width(&name(&found.task, columns, ".")))
        .max();
    let room = usize::from(area.width).saturating_sub(WORD + STATES + TIMES + 2);
    let names = widest.unwrap_or(0).max(4).min(room.max(12));
    head(names, area, canvas);
    for (row, place) in (HEAD..).zip(shown) {
        line(&comparison.tasks[place], names, area, row, canvas);
        canvas.target(area, row, Target::WindowLine(place));
        if place == selected {
            canvas.selected(area, row, true);
        }
    }
    if below > 0
        && let Some(difference) = comparison.tasks.get(selected)
    {
        let top = area.height - below;
        canvas.rule(area, top, canvas.look.style(Meaning::Border));
        for (row, (meaning, words)) in (top + 1..area.height).zip(about(difference, area, canvas)) {
            canvas.text(area, 1, row, &words, canvas.look.style(meaning));
        }
    }
}

fn run_line(model: &Model, word: &str, run: &RunSummary, area: Rect, row: u16, canvas: &mut Canvas) {
    canvas.text(area, 1, row, word, canvas.look.style(Meaning::Muted));
    let mark = Mark::from_summary(run);
    let state = canvas.look.state(mark);
    canvas.field(area, 9, row, RUN_STATE, &state, canvas.look.style(mark.meaning));
    let words = format!(
        "{}  {}  {} of {} succeeded",
        run.started,
        human(run.elapsed(model.now)),
        run.succeeded(),
        run.total
    );
    let column = 10 + u16::try_from(RUN_STATE).unwrap_or(0);
    canvas.text(area, column, row, &words, canvas.look.style(Meaning::Text));
}

/// Where the columns begin: the word, the task, the states, the times, the rows.
fn columns(names: usize) -> [u16; 5] {
    let task = 1 + WORD;
    let states = task + names + 2;
    let times = states + STATES;
    [1, task, states, times, times + TIMES].map(|column| u16::try_from(column).unwrap_or(u16::MAX))
}

fn head(names: usize, area: Rect, canvas: &mut Canvas) {
    let style = canvas.look.style(Meaning::Muted);
    let [_, task, states, times, rows] = columns(names);
    for (column, words) in [
        (task, "task"),
        (states, "state"),
        (times, "worked"),
        (rows, "rows"),
    ] {
        canvas.text(area, column, HEAD - 1, words, style);
    }
}

fn line(difference: &Difference, names: usize, area: Rect, row: u16, canvas: &mut Canvas) {
    let symbols = canvas.look.symbols;
    let [word_at, task, states, times, rows] = columns(names);
    let (meaning, word) = word(difference);
    canvas.field(area, word_at, row, WORD, word, canvas.look.style(meaning));
    let shown = name(&difference.task, names, symbols.cut);
    canvas.field(area, task, row, names, &shown, canvas.look.style(Meaning::Text));
    let glyph = |record: &Option<TaskRecord>| {
        record
            .as_ref()
            .map_or(" ", |record| symbols.glyph(Mark::from_task(record.state)))
    };
    let both = format!(
        "{} {} {}",
        glyph(&difference.before),
        symbols.arrow,
        glyph(&difference.after)
    );
    canvas.field(area, states, row, STATES - 1, &both, canvas.look.style(meaning));
    let plain = canvas.look.style(Meaning::Text);
    let span =
        |record: &Option<TaskRecord>| record.as_ref().map_or("-".into(), |record| human(record.working));
    let change = difference.times().map(|(before, after)| signed(before, after));
    let worked = format!(
        "{:>7} {} {:<7} {}",
        span(&difference.before),
        symbols.arrow,
        span(&difference.after),
        change.unwrap_or_default()
    );
    canvas.field(area, times, row, TIMES - 1, &worked, plain);
    canvas.text(area, rows, row, &rows_text(difference, symbols.arrow), plain);
}

/// What is different, in a word.
fn word(difference: &Difference) -> (Meaning, &'static str) {
    match difference.change {
        Change::Broke => (Meaning::Danger, "broke"),
        Change::Recovered => (Meaning::Success, "recovered"),
        Change::New => (Meaning::Accent, "new"),
        Change::Gone => (Meaning::Warning, "gone"),
        Change::OtherState => (Meaning::Warning, "changed"),
        Change::Same => match difference.times() {
            Some((before, after)) if is_alike(before, after) => (Meaning::Muted, "same"),
            Some((before, after)) if after > before => (Meaning::Muted, "slower"),
            Some((before, after)) if after < before => (Meaning::Muted, "faster"),
            _ => (Meaning::Muted, "same"),
        },
    }
}

/// `1,204 → 1,310  +106`; nothing for tasks without rows.
fn rows_text(difference: &Difference, arrow: &str) -> String {
    let (before, after) = difference.rows();
    if (before, after) == (None, None) {
        return String::new();
    }
    let shown = |rows: Option<u64>| rows.map_or("-".into(), text::thousands);
    let change = match (before, after) {
        (Some(before), Some(after)) if after > before => format!("  +{}", text::thousands(after - before)),
        (Some(before), Some(after)) if after < before => format!("  -{}", text::thousands(before - after)),
        (Some(_), Some(_)) => "  =".into(),
        _ => String::new(),
    };
    format!("{} {arrow} {}{change}", shown(before), shown(after))
}

/// The selected task, before and after.
fn about(difference: &Difference, area: Rect, canvas: &Canvas) -> Vec<(Meaning, String)> {
    let mut lines = vec![(Meaning::Accent, difference.task.to_string())];
    for (word, record) in [("before", &difference.before), ("after", &difference.after)] {
        let words = match record {
            None => "this run does not have this task".into(),
            Some(record) => {
                let rows = records(record).map_or(String::new(), |rows| format!(", {rows}"));
                let reason = record
                    .reason
                    .as_ref()
                    .map_or(String::new(), |why| format!(": {why}"));
                let tries = tries(record.tries);
                let state = canvas.look.state(Mark::from_task(record.state));
                format!("{state}, {tries}{rows}{reason}")
            }
        };
        let words = text::wrap(
            &format!("{word:<7} {words}"),
            usize::from(area.width).saturating_sub(2),
        );
        lines.extend(words.into_iter().map(|line| (Meaning::Text, line)));
    }
    lines
}
