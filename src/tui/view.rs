//! Draws the model. It changes nothing, and everything it draws is in the model.
//!
//! While the next run is prepared, on 120 columns or more (on 80 to 119 the variables are below the rows):
//! ```text
//!  SANDBOX  pipeline · instance                              ? help
//!  last run ✖ failed
//!  r would run 2 of 3 rows of d.configuration, 5 at once; d.landing is EMPTIED first
//!  not saved: bq_output_table
//!  3 Tasks …                        4 Logs …
//! ╭ 2 Configuration ───────────────────╮╭ 1 Variables ─────────────╮
//! │ ◆ hr / engineer    10              ││ name            value    │
//! │ ◇ it / platform                    ││ …                        │
//! │                                    ││ what the selected means  │
//! ╰────────────────────────────────────╯╰──────────────────────────╯
//!  the place of notices; a longer one covers the rows above it
//!  enter edit  s save  r run  …                       ? all keys
//! ```
//! While a run is shown, on 80 columns or more:
//! ```text
//!  SANDBOX  pipeline                                         ? help
//!  ● running 1m 05s   3 success · 2 running
//!  1 Variables …                    2 Configuration …
//! ╭ 3 Tasks ───────────────────────────────────────────────────────╮
//! │ ● running  hr_engineer   1/3   12 s   120 → –                  │
//! │ details of the selected task                                   │
//! ╰────────────────────────────────────────────────────────────────╯
//! ╭ 4 Logs ────────────────────────────────────────────────────────╮
//! │ 10:11:12 INFO  Read MySQL | 120 rows read                      │
//! ╰────────────────────────────────────────────────────────────────╯
//!  the place of notices
//!  enter logs  r run  x stop task                       ? all keys
//! ```
//! Below 80 columns or 20 rows, and zoomed: only the pane with the focus. Below 40 × 10: a sentence.

mod arguments;
mod comparison;
mod configuration;
mod confirmation;
mod dialog;
mod failures;
mod field;
mod followers;
mod footer;
mod grid;
mod header;
mod history;
mod logs;
mod pager;
mod palette;
mod plan_head;
mod presets;
mod prompt;
mod timeline;
mod variables;
mod window;

use super::action::{Action, key};
use super::context::Pane;
use super::details::Said;
use super::layout::{self, Fit, LEAST_COLUMNS, LEAST_ROWS, Layout};
use super::look::Look;
use super::model::Model;
use super::model::list_filter::List;
use super::model::overlay::Overlay;
use super::mouse::{Target, Targets};
use super::pager::Page;
use super::theme::Meaning;
use super::widget::canvas::Canvas;
use super::widget::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the whole screen. Returns what was drawn where, for the mouse.
pub fn view(model: &Model, look: &Look, cells: &mut Buffer) -> Targets {
    let mut canvas = Canvas {
        cells,
        look,
        targets: Targets::default(),
    };
    let screen = Layout::new(model);
    if screen.fit == Fit::TooSmall {
        too_small(model, &mut canvas);
        canvas.keep_to_ascii();
        return canvas.targets;
    }
    header::draw(model, screen.header, &mut canvas);
    header::alerts(model, screen.alerts, &mut canvas);
    plan_head::draw(model, screen.plan, &mut canvas);
    for (pane, area) in &screen.folded {
        folded(model, *pane, *area, &mut canvas);
    }
    for (pane, area) in &screen.panes {
        canvas.targets.push(*area, Target::Pane(*pane));
        frame(model, &screen, *pane, *area, &mut canvas);
        let inside = screen.inside(*pane);
        match pane {
            Pane::Variables => variables::draw(model, inside, &mut canvas),
            Pane::Configuration => configuration::draw(model, inside, &mut canvas),
            Pane::Grid => grid::draw(model, inside, &mut canvas),
            Pane::Logs => logs::draw(model, inside, &mut canvas),
        }
    }
    match &model.prompt {
        Some(prompt) => prompt::draw(model, prompt, screen.footer, &mut canvas),
        None => footer::draw(model, screen.footer, &mut canvas),
    }
    overlays(model, &mut canvas);
    footer::notice(model, screen.notice, &mut canvas);
    palette::draw(model, &screen, &mut canvas);
    followers::draw(model, &screen, &mut canvas);
    canvas.keep_to_ascii();
    canvas.targets
}

fn overlays(model: &Model, canvas: &mut Canvas) {
    let typed = model.variables.editor.as_ref();
    if let Some(editor) = typed.filter(|editor| editor.lines() > 1) {
        field::window(
            model,
            &field::title(model.variables.selected.as_str()),
            editor,
            canvas,
        );
    }
    windows(model, model.overlays.iter(), canvas);
}

/// Draws one window and nothing else, for those who listen to it.
pub(super) fn window_alone(model: &Model, overlay: &Overlay, look: &Look, cells: &mut Buffer) {
    let mut canvas = Canvas {
        cells,
        look,
        targets: Targets::default(),
    };
    windows(model, std::iter::once(overlay), &mut canvas);
    canvas.keep_to_ascii();
}

fn windows<'a>(model: &Model, shown: impl Iterator<Item = &'a Overlay>, canvas: &mut Canvas) {
    for overlay in shown {
        match overlay {
            Overlay::Help(_)
            | Overlay::Notices { .. }
            | Overlay::Doctor { .. }
            | Overlay::Actions { .. }
            | Overlay::Details { .. }
            | Overlay::Plan { .. }
            | Overlay::Summary { .. } => {
                if let Some(page) = Page::of(model, overlay) {
                    pager::draw(model, &page, canvas);
                }
            }
            Overlay::Stages { .. } => {
                if let Some(mut page) = Page::of(model, overlay) {
                    for row in &mut page.rows {
                        row.lead = canvas.look.symbols.graph(&row.lead).into_owned();
                    }
                    pager::draw(model, &page, canvas);
                }
            }
            Overlay::Dialog(dialog) => dialog::draw(model, dialog, canvas),
            Overlay::Confirmation(asked) => confirmation::draw(model, asked, canvas),
            Overlay::Arguments(form) => arguments::draw(model, form, canvas),
            Overlay::Presets { selected } => presets::draw(model, *selected, canvas),
            Overlay::History(window) => history::draw(model, window, canvas),
            Overlay::Comparison { comparison, selected } => {
                comparison::draw(model, comparison, *selected, canvas);
            }
            Overlay::Failures(pane) => failures::draw(model, pane, canvas),
            Overlay::Timeline => timeline::draw(model, canvas),
        }
    }
    window::path(model, canvas);
}

/// Says what is missing. A question is shown as far as it can be answered.
fn too_small(model: &Model, canvas: &mut Canvas) {
    let area = model.area;
    let style = canvas.look.style(Meaning::Accent);
    if let Some(rows) = layout::question_rows(model) {
        for (row, line) in (0..area.height).zip(rows) {
            canvas.text(area, 0, row, &line, style);
        }
        return;
    }
    // In a text field the letter is text.
    let leave = if !model.overlays.is_empty() || model.editor().is_some() {
        key(Action::Interrupt)
    } else {
        key(Action::Quit)
    };
    let sentence = format!(
        "{}: {}x{} is too small, {LEAST_COLUMNS}x{LEAST_ROWS} is needed. {leave} quits.",
        model.band(),
        area.width,
        area.height,
    );
    let style = canvas.look.style(Meaning::Warning);
    for (row, line) in (0..area.height).zip(text::wrap(&sentence, usize::from(area.width))) {
        canvas.text(area, 0, row, &line, style);
    }
}

/// Draws the frame of a pane with its title; only the title of one without borders.
fn frame(model: &Model, screen: &Layout, pane: Pane, area: Rect, canvas: &mut Canvas) {
    let has_focus = model.focus == pane && model.overlays.is_empty();
    let border = if has_focus {
        Meaning::Accent
    } else {
        Meaning::Border
    };
    if !screen.is_bare {
        canvas.frame(area, canvas.look.style(border));
    }
    if area.width > 6 && area.height > 1 {
        let column = if screen.fit == Fit::Narrow && !screen.is_bare {
            tabs(pane, area, canvas)
        } else {
            let (open, close) = if has_focus && canvas.look.is_plain() {
                ("[", "]")
            } else {
                (" ", " ")
            };
            let name = format!("{open}{} {}{close}", pane.number(), pane.title());
            canvas.text(area, 2, 0, &name, canvas.look.style(border))
        };
        let within = Rect {
            width: area.width - 2,
            ..area
        };
        draw_summary(model, pane, within, column, canvas);
    }
}

/// Draws the line of a pane that has no room: its number, its name and what matters of it.
fn folded(model: &Model, pane: Pane, area: Rect, canvas: &mut Canvas) {
    canvas.targets.push(area, Target::Pane(pane));
    let number = pane.number().to_string();
    let column = canvas.text(area, 1, 0, &number, canvas.look.style(Meaning::Accent));
    let name = canvas.text(
        area,
        column + 1,
        0,
        pane.title(),
        canvas.look.style(Meaning::Muted),
    );
    let room = usize::from(area.width.saturating_sub(name + 3));
    let words = summary(model, pane, room);
    canvas.field(area, name + 2, 0, room, &words, canvas.look.style(Meaning::Text));
}

/// The names of all panes, the shown one in brackets.
fn tabs(pane: Pane, area: Rect, canvas: &mut Canvas) -> u16 {
    let is_short = area.width < 60;
    let mut column = 2;
    for other in Pane::ALL {
        let (open, close, meaning) = if other == pane {
            ("[", "]", Meaning::Accent)
        } else {
            (" ", " ", Meaning::Muted)
        };
        let name = if is_short && other != pane {
            ""
        } else {
            other.title()
        };
        let gap = if name.is_empty() { "" } else { " " };
        let tab = format!("{open}{}{gap}{name}{close}", other.number());
        let end = canvas.text(area, column, 0, &tab, canvas.look.style(meaning));
        let place = Rect::new(area.x + column, area.y, end - column, 1);
        canvas.targets.push(place, Target::Pane(other));
        column = end;
    }
    column
}

/// What matters of a pane, in its title or in its one line.
fn summary(model: &Model, pane: Pane, room: usize) -> String {
    match pane {
        Pane::Variables => variables::summary(model),
        Pane::Configuration => configuration::summary(model),
        Pane::Grid => grid::summary(model),
        Pane::Logs => logs::summary(model, room),
    }
}

/// Draws the summary of a pane behind its name, as far as it fits.
fn draw_summary(model: &Model, pane: Pane, area: Rect, column: u16, canvas: &mut Canvas) {
    let room = usize::from(area.width.saturating_sub(column + 1));
    let words = summary(model, pane, room.saturating_sub(2));
    if words.is_empty() || room < 8 {
        return;
    }
    let words = text::truncate(&words, room.saturating_sub(2), canvas.look.symbols.cut).into_owned();
    canvas.right(area, 0, &format!(" {words} "), canvas.look.style(Meaning::Muted));
}

/// How many lines a filter leaves in: `3 of 17`; nothing if it leaves all in.
fn shown(model: &Model, list: List) -> String {
    let (filter, total) = (model.list_filter(list), model.list_total(list));
    if !filter.is_on() {
        return String::new();
    }
    match list {
        List::Text(_) => {
            let found = Page::new(model).and_then(|page| page.found);
            found.map_or_else(String::new, |(found, of)| format!("{found} of {of}"))
        }
        _ => format!("{} of {total}", filter.shown(total).len()),
    }
}

/// What a filter shows, for the title of its list: `/state:failed 3 of 17, `.
fn filtered(model: &Model, list: List) -> String {
    match shown(model, list) {
        shown if shown.is_empty() => shown,
        shown => format!("/{} {shown}, ", model.list_filter(list).text()),
    }
}

/// How many lines are marked, in front of the rest of a title.
fn marked(number: usize) -> String {
    match number {
        0 => String::new(),
        number => format!("{number} marked, "),
    }
}

/// Draws what is said about the selected line of a list below it, under a rule. What does not fit is behind a key. Returns
/// the columns of the rule that are free.
fn details_below(area: Rect, said: &[Said], canvas: &mut Canvas) -> u16 {
    canvas.rule(area, 0, canvas.look.style(Meaning::Border));
    for (row, (meaning, line)) in (1..area.height).zip(said) {
        canvas.text(area, 1, row, line, canvas.look.style(*meaning));
    }
    if said.len() + 1 > usize::from(area.height) {
        let more = format!(" {} shows all ", key(Action::Details));
        return canvas.right(area, 0, &more, canvas.look.style(Meaning::Accent));
    }
    area.width
}

/// Says that a filter hides all lines.
fn nothing_fits(area: Rect, canvas: &mut Canvas) {
    let words = format!("Nothing fits the filter. {} shows all.", key(Action::Back));
    placeholder(area, &words, canvas);
}

/// Draws a sentence in an empty pane: why it is empty, and which key fills it.
fn placeholder(area: Rect, sentence: &str, canvas: &mut Canvas) {
    let room = usize::from(area.width.saturating_sub(2));
    for (row, line) in (0..area.height).zip(text::wrap(sentence, room)) {
        canvas.text(area, 1, row, &line, canvas.look.style(Meaning::Muted));
    }
}
