//! What keys do in the log: finding, filtering, jumping, times, selecting.

use super::log_scope;
use crate::tui::action::Action;
use crate::tui::context::Pane;
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::model::logs::jump::{Goal, Jump, Jumped};
use crate::tui::model::logs::pattern::Pattern;
use crate::tui::model::logs::view::{LogFilter, LogRequest, LogWindow};
use crate::tui::model::logs::{Room, moment};
use crate::tui::model::prompt::{Prompt, PromptPurpose, PromptStep};
use domain::log::Level;

/// Does what a key of the log is for.
pub(super) fn execute(model: &mut Model, action: Action) {
    match action {
        Action::FindInLog => {
            let before = model.logs.find.as_ref().map_or("", Pattern::text);
            model.prompt = Some(Prompt::new(PromptPurpose::FindInLog, before));
        }
        Action::FilterLog => {
            let before = filter_text(&model.logs.filter);
            model.prompt = Some(Prompt::with_text(PromptPurpose::FilterLog, &before));
        }
        Action::GoToTime => model.prompt = Some(Prompt::new(PromptPurpose::GoToTime, "")),
        Action::NextFound => jump(model, Goal::Found, true),
        Action::PreviousFound => jump(model, Goal::Found, false),
        Action::NextError => jump(model, Goal::Error, true),
        Action::PreviousError => jump(model, Goal::Error, false),
        Action::LogLevel => next_level(model),
        Action::LogContext => next_context(model),
        Action::Times => model.logs.stamps.mode = model.logs.stamps.mode.next(),
        Action::SelectLines => select(model),
        Action::UnfoldJson => {
            let room = room(model);
            model.logs.unfold(room);
        }
        _ => {}
    }
}

fn room(model: &Model) -> Room {
    Layout::new(model).room(Pane::Logs)
}

/// Searches for a text while it is typed, from where the reader is. An empty one that is accepted ends the search.
pub(super) fn find(model: &mut Model, text: &str, step: PromptStep) {
    let find = Pattern::new(text);
    if find == model.logs.find {
        return;
    }
    model.logs.window.found = std::sync::Arc::default();
    model.logs.is_stale = true;
    model.logs.jump = (step == PromptStep::Typed && find.is_some()).then(|| Jump {
        goal: Goal::Found,
        is_forward: true,
        from: model.logs.here(),
        is_inclusive: true,
    });
    model.logs.find = find;
}

/// Ends the search of the log that has the focus; false if there is none.
pub(super) fn leave_search(model: &mut Model) -> bool {
    let is_searched = model.focus == Pane::Logs && model.logs.find.is_some();
    if is_searched {
        find(model, "", PromptStep::Accepted);
    }
    is_searched
}

/// The text of a filter as it is typed.
pub(super) fn filter_text(filter: &LogFilter) -> String {
    let text = filter.text.as_ref().map_or("", Pattern::text);
    let sign = if filter.is_inverse && !text.is_empty() {
        "!"
    } else {
        ""
    };
    format!("{sign}{text}")
}

/// Shows only lines with a text, or those without it.
pub(super) fn filter(model: &mut Model, typed: &str) {
    let (text, is_inverse) = match typed.strip_prefix('!') {
        Some(rest) => (rest, true),
        None => (typed, false),
    };
    let text = Pattern::new(text);
    let filter = LogFilter {
        is_inverse: is_inverse && text.is_some(),
        text,
        ..model.logs.filter.clone()
    };
    model.logs.show(filter);
}

fn next_level(model: &mut Model) {
    let next = after(LogFilter::LEVELS, model.logs.filter.level);
    show_level(model, next);
}

/// Shows the lines of this level and above.
pub(super) fn show_level(model: &mut Model, level: Option<Level>) {
    let filter = LogFilter {
        level,
        ..model.logs.filter.clone()
    };
    model.logs.show(filter);
}

fn next_context(model: &mut Model) {
    let next = after(LogFilter::CONTEXTS, model.logs.filter.context);
    show_context(model, next);
}

/// Shows so many rows around each line.
pub(super) fn show_context(model: &mut Model, context: usize) {
    let filter = LogFilter {
        context,
        ..model.logs.filter.clone()
    };
    model.logs.show(filter);
}

/// The choice after this one; after the last, and after one that is none of them, the first.
fn after<T: Copy + PartialEq, const N: usize>(choices: [T; N], now: T) -> T {
    let place = choices.iter().position(|choice| *choice == now);
    choices[place.map_or(0, |place| (place + 1) % N)]
}

/// Begins a selection of rows at the reader's row, or ends it.
fn select(model: &mut Model) {
    let top = model.logs.effective_top(room(model));
    model.logs.stop_following(top);
    model.logs.mark = match model.logs.mark {
        Some(_) => None,
        None => Some(model.logs.cursor),
    };
    model.logs.marked = model.logs.row().map(|row| row.place);
}

fn jump(model: &mut Model, goal: Goal, is_forward: bool) {
    let from = if model.logs.follows && is_forward {
        0
    } else {
        model.logs.here()
    };
    make(
        model,
        Jump {
            goal,
            is_forward,
            from,
            is_inclusive: model.logs.follows,
        },
    );
}

fn make(model: &mut Model, jump: Jump) {
    let room = room(model);
    let end = if jump.is_forward { "beginning" } else { "end" };
    match model.logs.jump(jump, room) {
        Jumped::Done | Jumped::Waits => {}
        Jumped::Around => model.reply(format!("No other one up to there: on from the {end} of the log.")),
        Jumped::Nowhere if jump.goal == Goal::Error => {
            model.reply("No line that is shown is an error.");
        }
        Jumped::Nowhere => {
            let text = model.logs.find.as_ref().map_or("", Pattern::text).to_owned();
            if model.prompt.is_none() {
                model.reply(format!("Not found in the lines that are shown: {text}"));
            }
        }
    }
}

/// Goes to a time, once it is accepted.
pub(super) fn time(model: &mut Model, typed: &str, step: PromptStep) {
    let near = model
        .logs
        .window
        .rows
        .iter()
        .find_map(|row| crate::tui::model::logs::stamp::time(&row.text));
    let moment = moment::parse(typed, &model.logs.stamps, near.unwrap_or(model.now));
    let fault = match (&moment, step) {
        (None, PromptStep::Typed) if !typed.is_empty() => Some("This is not a time.".to_owned()),
        _ => None,
    };
    if let Some(prompt) = &mut model.prompt {
        prompt.editor.fault = fault;
    }
    if let Some(moment) = moment.filter(|_| step == PromptStep::Accepted) {
        model.logs.go_to(moment);
    }
}

/// Lines were read. Lines of another file come too late and are dropped.
pub(super) fn on_read(
    model: &mut Model,
    request: &LogRequest,
    window: Result<LogWindow, String>,
    has_more: bool,
) {
    let room = room(model);
    match window {
        Ok(window) => model.is_dirty = model.logs.take(request, window, has_more, room),
        Err(failure) if request.view == model.logs.view() => {
            model.logs.is_reading = false;
            model.logs.failure = Some(failure);
        }
        Err(_) => model.is_dirty = false,
    }
    // A jump that waits is tried again with every piece.
    if let Some(jump) = model.logs.jump.take() {
        make(model, jump);
    }
    log_scope::tell_gaps(model);
}

/// The rows of the log that are on the screen, as they are in the file.
pub(super) fn visible_text(model: &Model) -> String {
    let room = room(model);
    let shown = model.logs.effective_top(room).0..model.logs.end(room);
    let rows = shown.filter_map(|at| model.logs.window.row(at));
    let rows: Vec<_> = rows.map(|row| model.logs.copied(row)).collect();
    rows.join("\n")
}
