//! The rows of the action table. The order is that of the footer and of the help.

use super::condition as when;
use super::{Action as A, Condition, Danger, Entry};
use crate::tui::context::{Context as C, Pane};

const READ_LOG: &str = "Read the log of the task.";

const PANES: &[C] = &[C::Variables, C::Configuration, C::Grid, C::Logs];
const LISTS: &[C] = &[
    C::Variables,
    C::Configuration,
    C::Grid,
    C::Logs,
    C::Arguments,
    C::Presets,
    C::History,
    C::Failures,
    C::Timeline,
    C::Plan,
    C::Pager,
    C::Help,
];
const ALL_BUT_FIELDS: &[C] = &[
    C::Variables,
    C::Configuration,
    C::Grid,
    C::Logs,
    C::Arguments,
    C::Presets,
    C::History,
    C::Failures,
    C::Timeline,
    C::Plan,
    C::Pager,
    C::Help,
    C::Dialog,
];
const FORM_AND_FIELD: &[C] = &[C::Arguments, C::Field];
const TASKS_AND_LOGS: &[C] = &[C::Grid, C::Logs];
const FILTERABLE: &[C] = &[
    C::Variables,
    C::Configuration,
    C::Grid,
    C::Arguments,
    C::Presets,
    C::History,
    C::Failures,
    C::Timeline,
    C::Plan,
    C::Pager,
];
const RUNS: &[C] = &[C::History, C::Pager];
const MARKABLE: &[C] = &[C::Configuration, C::Grid];

/// The headings of the help, with the contexts in which all of their actions work and no others.
pub(super) const GROUPS: &[(&str, &[C])] = &[
    ("In every pane", PANES),
    ("In every list and text", LISTS),
    ("Everywhere", &C::ALL),
    ("Everywhere but in a text field", ALL_BUT_FIELDS),
    ("Variables", &[C::Variables]),
    ("Configuration", &[C::Configuration]),
    ("Tasks", &[C::Grid]),
    ("In every list and text but logs and help", FILTERABLE),
    ("Configuration and tasks", MARKABLE),
    ("Tasks and logs", TASKS_AND_LOGS),
    ("Logs", &[C::Logs]),
    ("Arguments of a row", &[C::Arguments]),
    ("Arguments and text fields", FORM_AND_FIELD),
    ("Presets", &[C::Presets]),
    ("Former runs", &[C::History]),
    ("Former runs, details and summary", RUNS),
    ("Help and notices", &[C::Pager]),
    ("Failures by reason", &[C::Failures]),
    ("Time axis", &[C::Timeline]),
    ("Plan", &[C::Plan]),
    ("Help", &[C::Help]),
    ("Questions", &[C::Dialog]),
    ("Text fields", &[C::Field]),
    ("The line at the bottom", &[C::Prompt]),
];

const fn row(
    action: A,
    keys: &'static [&'static str],
    hint: &'static str,
    description: &'static str,
    contexts: &'static [C],
) -> Entry {
    Entry {
        action,
        hint,
        footer: if hint.is_empty() { &[] } else { contexts },
        description,
        keys,
        contexts,
        danger: Danger::Harmless,
        condition: |_| None,
    }
}

impl Entry {
    const fn when(self, condition: Condition) -> Self {
        Self { condition, ..self }
    }

    const fn danger(self, danger: Danger) -> Self {
        Self { danger, ..self }
    }

    /// Its hint is in the footer of these contexts only.
    const fn footer(self, footer: &'static [C]) -> Self {
        Self { footer, ..self }
    }
}

/// Every action.
#[rustfmt::skip] // A table is read by its columns.
pub const TABLE: &[Entry] = &[
    row(A::EditVariable, &["enter", "e"], "edit", "Edit the value; true and false switch at once.", &[C::Variables]),
    row(A::Save, &["s"], "save", "Save the edited variables in the profile.", &[C::Variables])
        .danger(Danger::Changes).when(when::has_changes),
    row(A::Revert, &["u"], "undo", "Take the saved value again.", &[C::Variables]).when(when::has_change),
    row(A::OpenArguments, &["enter", "e"], "arguments", "Edit the row's arguments for the next run.", &[C::Configuration])
        .when(when::has_active_row),
    row(A::ReadLogs, &["enter"], "logs", READ_LOG, &[C::Grid]),
    row(A::Follow, &["f"], "follow", "Follow what is at work, or the end of a log; or stay with what is selected.", TASKS_AND_LOGS)
        .footer(&[C::Logs]),
    row(A::Wrap, &["w"], "wrap", "Wrap long lines, or scroll them sideways.", &[C::Logs]),
    row(A::FindInLog, &["/"], "find", "Find text in the log, or what a regular expression describes.", &[C::Logs]),
    row(A::Copy, &["y"], "", "Copy the row or the selected rows of the log; of a task, the id of its pipeline run or its name.", TASKS_AND_LOGS).when(when::has_task),
    row(A::NextFound, &["n"], "", "Go to the next place of the text that is searched for.", &[C::Logs]).when(when::is_searched),
    row(A::PreviousFound, &["N"], "", "Go to the place before.", &[C::Logs]).when(when::is_searched),
    row(A::FilterLog, &["&"], "filter", "Show only lines with a text, or without it after !; an empty text shows all again.", &[C::Logs]),
    row(A::LogLevel, &["L"], "level", "Show lines of a level and above: all, INFO, WARN, ERROR.", &[C::Logs]),
    row(A::LogContext, &["C"], "", "Show 0, 1, 3 or 5 rows around each filtered line.", &[C::Logs]).when(when::is_filtered),
    row(A::NextError, &["e"], "error", "Go to the next error.", &[C::Logs]),
    row(A::PreviousError, &["E"], "", "Go to the error before.", &[C::Logs]),
    row(A::Times, &["t"], "times", "Show times in UTC, not at all, since the start of the try, or in local time.", &[C::Logs]),
    row(A::GoToTime, &["J"], "", "Go to a time: 10:15, 2026-11-23 10:15:30, +5m since the start.", &[C::Logs]),
    row(A::SelectLines, &["v"], "", "Select rows from here on, to copy them; again, or esc, ends it.", &[C::Logs]),
    row(A::UnfoldJson, &["enter", "space"], "JSON", "Fold the JSON of the line out below it, or in again.", &[C::Logs]).when(when::has_json),
    row(A::MergedLog, &["M"], "all tasks", "Show the logs of all tasks as one, in the order of their times; again, the log that was read.", &[C::Logs]).when(when::has_log),
    row(A::AllTries, &["g a"], "", "Show the logs of all tries of the task as one; again, the log that was read.", &[C::Logs]).when(when::has_log),
    row(A::DuringTry, &["D"], "", "Show what all tasks have written while this try was at work; again, what they have written at any time.", &[C::Logs]).when(when::has_try),
    row(A::CopyMenu, &["Y"], "", "Copy the visible part of the log or all of it, the failure as Markdown, or the id of the run.", TASKS_AND_LOGS).when(when::has_task),
    row(A::SaveLog, &["s"], "save", "Save the log in a new file: all of it, what the filter shows, or the selected rows.", &[C::Logs]).when(when::has_log),
    row(A::OpenLog, &["ctrl-o"], "", "Open the log in the program of PAGER or EDITOR, else less; the run goes on meanwhile.", TASKS_AND_LOGS).when(when::has_log),
    row(A::PreviousTry, &["["], "try before", "Show the log of the try before.", TASKS_AND_LOGS).when(when::has_tries),
    row(A::NextTry, &["]"], "", "Show the log of the next try.", TASKS_AND_LOGS).when(when::has_tries),
    row(A::EditArgument, &["enter", "e"], "edit", "Edit the value.", &[C::Arguments]).when(when::has_selection),
    row(A::AddArgument, &["a"], "add", "Add an argument.", &[C::Arguments]),
    row(A::RemoveArgument, &["d", "del"], "remove", "Leave the argument out.", &[C::Arguments]).when(when::has_selection),
    row(A::RevertArgument, &["u"], "undo", "Take the row's value again.", &[C::Arguments]).when(when::has_selection),
    row(A::RevertArguments, &["U"], "", "Take all of the row's values again.", &[C::Arguments]),
    row(A::ListPresets, &["p"], "presets", "List the presets: edits that were saved under a name.", &[C::Arguments])
        .when(when::has_presets),
    row(A::SavePreset, &["P"], "save preset", "Save what differs from the row under a name, without secrets.", &[C::Arguments])
        .danger(Danger::Changes).when(when::has_edit),
    row(A::Undo, &["ctrl-_", "ctrl-7", "ctrl-/"], "undo", "Take the last change back.", FORM_AND_FIELD).footer(&[C::Field]),
    row(A::Redo, &["ctrl-r"], "", "Make the change again that was taken back.", FORM_AND_FIELD),
    row(A::TakePreset, &["enter"], "take", "Give the row's arguments with what the preset changes.", &[C::Presets]).when(when::has_selection),
    row(A::ForgetPreset, &["d", "del"], "forget", "Forget the preset.", &[C::Presets]).danger(Danger::Changes).when(when::has_selection),
    row(A::ShowRun, &["enter"], "show", "Show this run.", &[C::History]),
    row(A::ResumeRun, &["r"], "resume", "Carry on, or close, a run without an end that nobody watches; asks first.", &[C::History])
        .danger(Danger::Changes).when(when::is_resumable),
    row(A::WatchRun, &["w"], "watch", "Watch a run that another process drives.", &[C::History]).when(when::is_watchable),
    row(A::CompareRuns, &["c"], "compare", "Mark the run; two marked ones are compared, task by task.", &[C::History]),
    row(A::HistoryForm, &["tab", "shift-tab"], "list or grid", "Show the runs as a list, or as a grid of tasks and runs.", &[C::History]),
    row(A::CopyRun, &["y"], "copy id", "Copy the id of the run.", RUNS).when(when::has_run_here),
    row(A::EarlierRun, &["left", "h"], "", "The run before.", &[C::History]),
    row(A::LaterRun, &["right", "l"], "", "The next run.", &[C::History]),
    row(A::OldestRun, &["0"], "", "The oldest run.", &[C::History]),
    row(A::NewestRun, &["$"], "", "The newest run.", &[C::History]),
    row(A::Begin, &["enter"], "start", "Start the run.", &[C::Plan])
        .danger(Danger::Changes).when(when::is_startable),
    row(A::Choose, &["enter", "space"], "choose", "Give the selected answer; its letter does it at once.", &[C::Dialog]),
    row(A::NextChoice, &["tab", "right", "down", "l", "j"], "next", "Select the next answer.", &[C::Dialog]),
    row(A::PreviousChoice, &["shift-tab", "left", "up", "h", "k"], "", "Select the answer before.", &[C::Dialog]),
    row(A::Commit, &["enter", "tab", "shift-tab"], "accept", "Accept the text.", &[C::Field]),
    row(A::BreakLine, &["alt-enter", "ctrl-j"], "line", "Break the line, in a value.", &[C::Field]).when(when::takes_lines),
    row(A::KeepText, &["enter"], "accept", "Accept the text; esc leaves without it.", &[C::Prompt]),
    row(A::CompleteText, &["tab"], "complete", "Complete the name, or the field or value of a filter.", &[C::Prompt]).when(when::can_complete),
    row(A::EarlierText, &["up"], "", "Take the text that was typed here before.", &[C::Prompt]),
    row(A::LaterText, &["down"], "", "Take the later text again.", &[C::Prompt]),
    row(A::Run, &["r"], "run", "Show what a run would do, of the marked rows if any are, before it starts.", PANES)
        .when(when::is_idle),
    row(A::StopTask, &["x"], "stop task", "Stop the selected task, or the marked ones; asks first.", PANES)
        .danger(Danger::Stops).when(when::is_stoppable),
    row(A::StopRun, &["X"], "stop run", "Stop the whole run; asks first.", PANES)
        .danger(Danger::Stops).when(when::is_live),
    row(A::Retry, &["R"], "retry", "Try the selected task again, or the marked ones, with the form's arguments if they differ.", PANES)
        .danger(Danger::Changes).when(when::is_retryable),
    row(A::RetryAll, &["A"], "retry all", "Try all tasks again that did not succeed; asks first.", PANES)
        .danger(Danger::Changes).when(when::has_retryable),
    row(A::Handled, &["m"], "handled", "Say that the task, or the marked ones, were dealt with outside, or take that back; asks first, and no state changes.", TASKS_AND_LOGS)
        .danger(Danger::Changes).when(when::can_be_handled).footer(&[C::Grid]),
    row(A::Doctor, &["!"], "checks", "Show what a run needs of the project, what is missing, and how to get it.", PANES)
        .footer(&[]),
    row(A::Failures, &["F"], "failures", "Group the failures by their reasons.", PANES).when(when::has_failures),
    row(A::Timeline, &["T"], "time axis", "Show the tasks on a time axis.", PANES).when(when::has_run),
    row(A::Stages, &["p"], "stages", "Show the pipeline's stages as a graph, with the counts of the task's try.", TASKS_AND_LOGS)
        .when(when::has_stages),
    row(A::OpenFailure, &["enter", "space"], "unfold", "Show the tasks of the reason, or go to the task.", &[C::Failures]).when(when::has_selection),
    row(A::RetryGroup, &["R"], "retry these", "Try all tasks with this reason again, with the form's arguments if they differ; asks first.", &[C::Failures])
        .danger(Danger::Changes).when(when::has_group),
    row(A::LeaveTimeline, &["enter"], "logs", READ_LOG, &[C::Timeline]).when(when::has_selection),
    row(A::History, &["H"], "history", "Show former runs: a grid of tasks and runs, or a list.", PANES),
    row(A::Filter, &["/"], "filter", "Show only the lines with these letters, or such as state:failed unit:hr -source:orders; tab completes; in texts the lines with these words.", FILTERABLE),
    row(A::ToggleActive, &["a"], "", "Make the row active or inactive in the table; shows the statement and asks first.", &[C::Configuration])
        .danger(Danger::Changes).when(when::has_row),
    row(A::Mark, &["space"], "mark", "Mark the line or unmark it, for a run of marked rows, or to stop or try again marked tasks.", MARKABLE)
        .when(when::has_lines),
    row(A::MarkRange, &["v"], "", "Mark from here on while the selection moves; again, or space, keeps it.", MARKABLE).when(when::has_lines),
    row(A::InvertMarks, &["*"], "", "Mark what is not marked, and unmark the rest.", MARKABLE).when(when::has_lines),
    row(A::Quit, &["q"], "quit", "One step out; from a pane, leave. Asks first if a run is live or an edit is not saved.", ALL_BUT_FIELDS)
        .footer(PANES),
    row(A::Back, &["esc"], "back", "One step out: of a field, a window, a notice, a search in a log, a zoomed pane, a former run, the logs, the forms over a run.", &C::ALL),
    row(A::Zoom, &["z"], "zoom", "Give the pane the whole screen, or give it back; a log then has no borders.", PANES)
        .footer(TASKS_AND_LOGS),
    row(A::Details, &["i"], "", "Show all about what is selected.", PANES),
    row(A::BackInTrail, &["<", "alt-left"], "", "Back to the view before: a pane, or a former run.", PANES).when(when::has_past),
    row(A::ForwardInTrail, &[">", "alt-right"], "", "Forward again.", PANES).when(when::has_future),
    row(A::NextPane, &["tab"], "pane", "Go to the next pane.", PANES),
    row(A::PreviousPane, &["shift-tab"], "", "Go to the pane before.", PANES),
    row(A::Pane(Pane::Variables), &["1", "g v"], "", "Go to the variables.", PANES),
    row(A::Pane(Pane::Configuration), &["2", "g c"], "", "Go to the configuration.", PANES),
    row(A::Pane(Pane::Grid), &["3", "g t"], "", "Go to the tasks.", PANES),
    row(A::Pane(Pane::Logs), &["4", "g l"], "", "Go to the logs.", PANES),
    row(A::Left, &["left", "h"], "", "Scroll a log left, or go to the pane before.", PANES),
    row(A::Right, &["right", "l"], "", "Scroll a log right, or go to the next pane.", PANES),
    row(A::OpenPage, &["o"], "page", "Open the page of the pipeline run, the pipeline or the instance in a browser, or copy its address.", PANES)
        .footer(&[]).when(when::has_page),
    row(A::Reload, &["ctrl-r"], "", "Read the configuration table again.", PANES),
    row(A::Profiles, &["ctrl-p"], "", "Go to another profile, in the same program.", PANES).when(when::can_switch),
    row(A::Theme, &["ctrl-t"], "", "Switch the colours: auto, dark, light, none.", PANES),
    row(A::Summary, &["S"], "summary", "Sum up the run: how it went, what failed for which reason, what to do next.", PANES)
        .when(when::has_run).footer(&[]),
    row(A::NoticeLevel, &["L"], "level", "Show the notices from the next level on: all, warnings, errors.", &[C::Pager])
        .when(when::shows_notices),
    row(A::OtherPage, &["tab", "shift-tab"], "other page", "Go from the notices to what was done here, with its requests and commands, or back.", &[C::Pager])
        .when(when::has_other_page),
    row(A::CheckAgain, &["ctrl-r"], "check again", "Look at everything again that a run needs.", &[C::Pager]).when(when::shows_checks),
    row(A::CopyCommands, &["Y"], "copy commands", "Copy the commands of the remedies, each below what it is for.", &[C::Pager]).when(when::has_commands),
    row(A::Notices, &["@"], "", "Show all notices.", PANES),
    row(A::Up, &["up", "k"], "", "One up.", LISTS),
    row(A::Down, &["down", "j"], "", "One down.", LISTS),
    row(A::HalfUp, &["ctrl-u"], "", "Half a page up.", LISTS),
    row(A::HalfDown, &["ctrl-d"], "", "Half a page down.", LISTS),
    row(A::PageUp, &["pgup"], "", "A page up.", LISTS),
    row(A::PageDown, &["pgdn"], "", "A page down.", LISTS),
    row(A::Top, &["g g", "home"], "", "To the beginning.", LISTS),
    row(A::Bottom, &["G", "end"], "", "To the end; a log is followed again.", LISTS),
    row(A::HelpWhileTyping, &["F1"], "help", "Show all keys; what is typed stays.", &[C::Field]),
    row(A::Help, &["?", "F1"], "", "Show all keys, or close them again.", LISTS),
    row(A::RunEntry, &["enter"], "do it", "Do what is selected, here or in the pane where it works.", &[C::Help]),
    row(A::FilterHelp, &["/"], "find", "Keep what fits a name, some words or a key.", &[C::Help]),
    row(A::Palette, &[":"], "", "Find something to do by its name, and do it.", LISTS),
    row(A::Interrupt, &["ctrl-c"], "", "Leave after a question; the second time at once.", &C::ALL),
    row(A::Mouse, &["F2"], "", "Give the mouse back to the terminal, so that it selects text; or take it again.", &C::ALL),
    row(A::Learn, &[], "", "Say what a key that changes something would do, before it does it; or stop that.", LISTS),
    row(A::Redraw, &["ctrl-l"], "", "Draw the screen again.", &C::ALL),
    row(A::Suspend, &["ctrl-z"], "", "Go to the background; fg comes back.", &C::ALL),
];
