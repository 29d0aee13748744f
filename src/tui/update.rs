//! How an input changes the model: `Msg` in, `Effect`s out. No I/O, no clock, no terminal.
//!
//! Keys become actions by the table of `tui/action.rs`; what an action does to one part of the screen is
//! in `update/`.

mod action_log;
mod activation;
mod arguments;
mod copy;
mod dialog;
mod doctor;
pub(super) mod drafts;
mod edits;
mod failures;
mod field;
mod filters;
mod former;
mod guard;
mod handling;
mod help;
mod history;
mod incoming;
mod keys;
mod leaving;
mod log_extract;
mod log_scope;
mod logs;
mod marks;
mod mouse;
mod navigation;
mod palette;
mod perform;
mod premise;
pub(super) mod profiles;
mod prompt;
pub(super) mod resume;
mod retry;
mod subject;
mod telling;
mod trail;
mod variables;

use super::action::Action;
use super::context::{Context, Pane};
use super::effect::Effect;
use super::layout::{self, Fit, Moment};
use super::model::Model;
use super::model::overlay::{HelpPane, Overlay};
use super::msg::Msg;
use crate::engine::Command;
use domain::time::Timestamp;
use ratatui::layout::Rect;

/// The effects after the first frame.
pub fn init(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    read_configuration(model, &mut effects);
    doctor::begin(model, &mut effects);
    former::read_records(model, &mut effects);
    telling::ask_ground(model, &mut effects);
    model.sync_plan();
    log_scope::sync(model, &mut effects);
    effects
}

/// Handles one message.
pub fn update(model: &mut Model, now: Timestamp, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.now = now;
    model.is_dirty = true;
    // What a person answers is what was on the screen.
    let is_of_engine = matches!(msg, Msg::Engine(_));
    let is_news = !matches!(
        msg,
        Msg::Key(_) | Msg::Mouse(..) | Msg::Pasted(_) | Msg::Interrupted
    );
    if !is_news {
        trail::stay(model);
    }
    match msg {
        Msg::Mouse(..) if layout::fit(model.area) == Fit::TooSmall => {}
        Msg::Mouse(target, gesture) => mouse::on_gesture(model, target, gesture, &mut effects),
        Msg::Key(key) => keys::press(model, key, &mut effects),
        Msg::Pasted(_) if layout::fit(model.area) == Fit::TooSmall => {}
        Msg::Pasted(text) => paste(model, &text, &mut effects),
        Msg::Resized(width, height) => model.area = Rect::new(0, 0, width, height),
        Msg::Ticked => {
            guard::tick(model);
            history::on_tick(model);
        }
        Msg::Ground(ground) => telling::on_ground(model, ground),
        Msg::FocusChanged(has_focus) => telling::on_focus(model, has_focus, &mut effects),
        Msg::Interrupted => execute(model, Action::Interrupt, &mut effects),
        Msg::Engine(update) => incoming::on_update(model, *update, &mut effects),
        Msg::EngineEnded => incoming::on_engine_ended(model, &mut effects),
        Msg::LogRead {
            request,
            window,
            has_more,
        } => logs::on_read(model, &request, window, has_more),
        Msg::LogTaken(purpose, outcome) => log_extract::on_taken(model, purpose, outcome, &mut effects),
        Msg::OutsideClosed(outcome) => log_extract::on_shown(model, outcome),
        Msg::Saved(outcome) => variables::on_saved(model, outcome, &mut effects),
        Msg::PageOpened(link, is_open) => copy::on_page_opened(model, &link, is_open, &mut effects),
        Msg::EditsKept(change, outcome) => drafts::on_kept(model, &change, outcome),
        Msg::RunRead(run, purpose, outcome) => former::on_run_read(model, &run, &purpose, outcome),
        Msg::RecordsRead(records) => former::on_records_read(model, records),
        Msg::RecordsDone => former::on_records_done(model),
        Msg::Released(release, own) => telling::on_release(model, &release, &own),
        Msg::Copied { what, outcome } => copy::on_copied(model, &what, outcome),
        Msg::LookedForRuns { is_back, history } => former::on_looked(model, is_back, history, &mut effects),
        Msg::HistoryRead(outcome) => former::on_history_read(model, outcome, &mut effects),
    }
    if is_news {
        premise::keep_true(model);
    }
    // What follows an answer of the engine was let pass with what was asked.
    if !is_of_engine {
        guard::hold(model, &mut effects);
    }
    guard::on_time(model, &mut effects);
    action_log::note(model, &effects);
    filters::refresh(model);
    model.sync_history();
    model.sync_history_window();
    model.sync_failures();
    trail::note(model);
    model.sync_plan();
    log_scope::sync(model, &mut effects);
    effects
}

fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match model.context() {
        Context::Prompt => prompt::paste(model, text, effects),
        _ => field::paste(model, text),
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each action, and nothing else")]
fn execute(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if !filters::is_harmless(action) {
        model.lists_version += 1;
    }
    match action {
        Action::Pane(pane) => navigation::focus(model, pane),
        Action::NextPane => navigation::focus(model, model.focus.stepped(1)),
        Action::PreviousPane => navigation::focus(model, model.focus.stepped(3)),
        Action::Up
        | Action::Down
        | Action::Left
        | Action::Right
        | Action::HalfUp
        | Action::HalfDown
        | Action::PageUp
        | Action::PageDown
        | Action::Top
        | Action::Bottom => {
            navigation::navigate(model, action);
            marks::follow(model);
        }
        Action::ReadLogs => {
            navigation::read_one(model);
            navigation::stay(model);
            navigation::focus(model, Pane::Logs);
        }
        Action::Follow => navigation::follow(model),
        Action::Zoom => model.is_zoomed = !model.is_zoomed,
        Action::Wrap => {
            model.logs.wraps = !model.logs.wraps;
            model.logs.column = 0;
        }
        Action::MergedLog | Action::AllTries => log_scope::switch(model, action),
        Action::DuringTry => log_scope::during_try(model),
        Action::PreviousTry => navigation::show_try(model, -1),
        Action::NextTry => navigation::show_try(model, 1),
        Action::EditVariable => variables::edit(model, effects),
        Action::Save => effects.push(Effect::SaveVariables(model.variables.changes())),
        Action::Revert => variables::revert(model, effects),
        Action::Commit => field::commit(model, effects),
        Action::KeepText if palette::is_open(model) => palette::accept(model, effects),
        Action::KeepText => prompt::keep(model, effects),
        Action::EarlierText if palette::step(model, -1) => {}
        Action::LaterText if palette::step(model, 1) => {}
        Action::EarlierText => prompt::recall(model, 1, effects),
        Action::LaterText => prompt::recall(model, -1, effects),
        Action::OpenPage => copy::open_page(model, effects),
        Action::Copy if model.focus == Pane::Logs => log_extract::copy_rows(model, effects),
        Action::Copy => copy::line(model, effects),
        Action::CopyRun => copy::run(model, effects),
        Action::CopyMenu => copy::ask(model),
        Action::OpenLog => log_extract::open(model, effects),
        Action::SaveLog => log_extract::ask_to_save(model, effects),
        Action::FindInLog
        | Action::NextFound
        | Action::PreviousFound
        | Action::NextError
        | Action::PreviousError
        | Action::FilterLog
        | Action::LogLevel
        | Action::LogContext
        | Action::Times
        | Action::SelectLines
        | Action::UnfoldJson
        | Action::GoToTime => logs::execute(model, action),
        Action::OpenArguments => arguments::open(model),
        Action::EditArgument => arguments::edit(model),
        Action::AddArgument => arguments::add(model),
        Action::RemoveArgument => arguments::remove(model),
        Action::RevertArgument => arguments::revert(model),
        Action::RevertArguments => arguments::revert_all(model),
        Action::Undo => field::undo(model, false),
        Action::Redo => field::undo(model, true),
        Action::BreakLine => field::break_line(model),
        Action::ListPresets => arguments::list_presets(model),
        Action::SavePreset => arguments::name_preset(model),
        Action::TakePreset => arguments::take_preset(model),
        Action::ForgetPreset => arguments::forget_preset(model, effects),
        Action::Choose => dialog::choose(model, effects),
        Action::NextChoice => dialog::step(model, 1),
        Action::PreviousChoice => dialog::step(model, -1),
        Action::Run => model.overlays.push(Overlay::Plan { top: 0 }),
        Action::Begin => start(model, effects),
        Action::StopTask | Action::StopRun if guard::is_again(model, action) => {}
        Action::StopTask | Action::StopRun => dialog::ask(model, action),
        Action::Retry => match model.marked_tasks() {
            marked if marked.is_empty() => retry::one(model, effects),
            marked => retry::these(model, &marked, effects),
        },
        Action::Filter => filters::ask(model),
        Action::CompleteText if palette::is_open(model) => palette::complete(model),
        Action::ToggleActive => activation::inspect(model, effects),
        Action::CompleteText => filters::complete_text(model),
        Action::Mark => marks::mark(model),
        Action::MarkRange => marks::range(model),
        Action::InvertMarks => marks::invert(model),
        Action::Handled => handling::ask(model),
        Action::RetryAll => retry::all(model, effects),
        Action::Failures => failures::open(model),
        Action::Doctor => doctor::open(model, effects),
        Action::CheckAgain => doctor::examine(model, effects),
        Action::CopyCommands => doctor::copy_commands(model, effects),
        Action::OpenFailure => failures::enter(model),
        Action::RetryGroup => failures::retry_group(model, effects),
        Action::Timeline => model.overlays.push(Overlay::Timeline),
        Action::LeaveTimeline => {
            navigation::read_one(model);
            model.overlays.clear();
            navigation::focus(model, Pane::Logs);
        }
        Action::Stages => model.overlays.push(Overlay::Stages { top: 0 }),
        Action::History => former::open(model, effects),
        Action::EarlierRun | Action::LaterRun | Action::OldestRun | Action::NewestRun => {
            history::step_run(model, action);
        }
        Action::HistoryForm => history::change_form(model),
        Action::CompareRuns => history::compare(model),
        Action::ShowRun => former::show(model, effects),
        Action::ResumeRun | Action::WatchRun => resume::inspect(model, effects),
        Action::Reload => read_configuration(model, effects),
        Action::Profiles => profiles::ask(model),
        Action::Theme => telling::next_theme(model, effects),
        Action::RunEntry => help::run(model, effects),
        Action::FilterHelp => help::ask_for_filter(model),
        Action::Palette => palette::open(model),
        Action::Help if matches!(model.overlays.top(), Some(Overlay::Help(_))) => back(model),
        Action::Help | Action::HelpWhileTyping => model.overlays.push(Overlay::Help(HelpPane::default())),
        Action::Details => model.overlays.push(Overlay::Details { top: 0 }),
        Action::OtherPage => other_page(model),
        Action::Notices => {
            model.notices.read_all();
            model.overlays.push(Overlay::Notices { top: usize::MAX });
        }
        Action::NoticeLevel => model.notices.least = model.notices.least.next(),
        Action::Summary => model.overlays.push(Overlay::Summary { top: 0 }),
        Action::Back if model.prompt.is_some() => prompt::leave(model, effects),
        Action::Back => back(model),
        Action::BackInTrail => trail::back(model, effects),
        Action::ForwardInTrail => trail::forward(model, effects),
        Action::Quit if !model.overlays.is_empty() => back(model),
        Action::Quit => leaving::quit(model, effects),
        Action::Interrupt => leaving::interrupt(model, effects),
        Action::Learn => perform::learn(model),
        Action::Mouse => {
            model.has_mouse = !model.has_mouse;
            model.reply(if model.has_mouse {
                "The mouse works on the screen again."
            } else {
                "The mouse belongs to the terminal: it selects text."
            });
            effects.push(Effect::CaptureMouse(model.has_mouse));
        }
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
    }
}

/// The notices and what was done are two pages of one window.
fn other_page(model: &mut Model) {
    let top = usize::MAX;
    let other = match model.overlays.top() {
        Some(Overlay::Notices { .. }) => Overlay::Actions { top },
        Some(Overlay::Actions { .. }) => Overlay::Notices { top },
        _ => return,
    };
    model.overlays.pop();
    model.overlays.push(other);
}

/// Starts the run of the plan.
fn start(model: &mut Model, effects: &mut Vec<Effect>) {
    model.overlays.clear();
    model.former_run = None;
    effects.push(Effect::Send(Command::Start(Box::new(model.request()))));
    edits::go_with_start(model);
    model.row_marks.clear();
    navigation::focus(model, Pane::Grid);
}

fn read_configuration(model: &mut Model, effects: &mut Vec<Effect>) {
    model.configuration.is_reading = true;
    model.deployed = None;
    let variables = Box::new(model.variables.working.clone());
    effects.push(Effect::Send(Command::ReadConfiguration(variables)));
}

/// One step out: of the field, the overlay, the notice, the zoomed pane, what lies beside the tasks, or the former run.
fn back(model: &mut Model) {
    if model.editor().is_some() {
        field::cancel(model);
    } else if guard::keep_running(model) {
        // What was to stop goes on.
    } else if !model.overlays.is_empty() && filters::leave(model) {
        // The list of runs shows all of them again.
    } else if model.overlays.pop().is_some() {
        // One step out is done.
    } else if model.notice().is_some() {
        model.notices.hide();
    } else if marks::leave_range(model) || filters::leave(model) || marks::step_out(model) {
        // The list is as it was before.
    } else if logs::leave_search(model) {
        // Nothing is marked in the log any more.
    } else if model.is_zoomed {
        model.is_zoomed = false;
    } else if model.focus == Pane::Logs
        || (model.focus != Pane::Grid && Moment::new(model) == Moment::Showing)
    {
        navigation::focus(model, Pane::Grid);
    } else if model.former_run.is_some() {
        model.former_run = None;
    }
}
