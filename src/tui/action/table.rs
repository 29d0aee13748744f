//! The rows of the action table. The order is that of the footer and of the help.

use super::condition as when;
use super::{Action as A, Condition, Danger, Entry};
use crate::tui::context::{Context as C, Pane};

const PANES: &[C] = &[C::Variables, C::Configuration, C::Grid, C::Logs];
const LISTS: &[C] = &[
    C::Variables,
    C::Configuration,
    C::Grid,
    C::Logs,
    C::Arguments,
    C::History,
    C::Plan,
    C::Reading,
];
const LISTS_BUT_READING: &[C] = &[
    C::Variables,
    C::Configuration,
    C::Grid,
    C::Logs,
    C::Arguments,
    C::History,
    C::Plan,
];
const OVERLAYS: &[C] = &[C::Arguments, C::History, C::Plan, C::Reading, C::Dialog];

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

    const fn that(self, danger: Danger) -> Self {
        Self { danger, ..self }
    }
}

/// Every action.
#[rustfmt::skip] // A table is read by its columns.
pub const TABLE: &[Entry] = &[
    row(A::EditVariable, &["enter", "e"], "edit", "Edit the value; true and false change at once.", &[C::Variables]),
    row(A::Save, &["s"], "save", "Save the edited variables in the profile.", &[C::Variables])
        .that(Danger::Changes).when(when::has_changes),
    row(A::Revert, &["u"], "undo", "Take the saved value again.", &[C::Variables]).when(when::has_change),
    row(A::OpenArguments, &["enter", "e"], "arguments", "Edit the row's arguments for the next run.", &[C::Configuration])
        .when(when::has_active_row),
    row(A::ReadLogs, &["enter"], "logs", "Read the log of the task.", &[C::Grid]),
    row(A::Follow, &["f"], "follow", "Stay at the end of the log, or stop there.", &[C::Logs]),
    row(A::Wrap, &["w"], "wrap", "Fold long lines, or scroll sideways.", &[C::Logs]),
    row(A::PreviousTry, &["["], "try before", "Show the log of the try before.", &[C::Grid, C::Logs]).when(when::has_tries),
    row(A::NextTry, &["]"], "", "Show the log of the next try.", &[C::Grid, C::Logs]).when(when::has_tries),
    row(A::EditArgument, &["enter", "e"], "edit", "Edit the value.", &[C::Arguments]),
    row(A::AddArgument, &["a"], "add", "Add an argument.", &[C::Arguments]),
    row(A::RemoveArgument, &["d", "del"], "remove", "Leave the argument out.", &[C::Arguments]),
    row(A::RevertArgument, &["u"], "undo", "Take what the row gives.", &[C::Arguments]),
    row(A::ShowRun, &["enter"], "show", "Show this run.", &[C::History]),
    row(A::Begin, &["enter"], "start", "Start the run.", &[C::Plan])
        .that(Danger::Changes).when(when::is_startable),
    row(A::Choose, &["enter", "space"], "choose", "Give the selected answer.", &[C::Dialog]),
    row(A::NextChoice, &["tab", "right", "down", "l", "j"], "next", "Select the next answer.", &[C::Dialog]),
    row(A::PreviousChoice, &["shift-tab", "left", "h", "k"], "", "Select the answer before.", &[C::Dialog]),
    row(A::Commit, &["enter", "tab", "shift-tab"], "take", "Take what was typed.", &[C::Text]),
    row(A::Run, &["r"], "run", "Show what a run would do, then start it.", PANES)
        .that(Danger::Changes).when(when::is_idle),
    row(A::StopTask, &["x"], "stop task", "Stop the selected task.", PANES)
        .that(Danger::Stops).when(when::is_stoppable),
    row(A::StopRun, &["X"], "stop run", "Stop the whole run.", PANES)
        .that(Danger::Stops).when(when::is_live),
    row(A::Retry, &["R"], "retry", "Try the selected task again.", PANES)
        .that(Danger::Changes).when(when::is_retryable),
    row(A::History, &["H"], "history", "List former runs.", PANES),
    row(A::Quit, &["q"], "quit", "Leave; asks only while a run is live.", PANES),
    row(A::Back, &["esc"], "back", "One step out; takes the notice away.", &C::ALL),
    row(A::Back, &["q"], "", "One step out of what lies over the panes.", OVERLAYS),
    row(A::NextPane, &["tab"], "pane", "Go to the next pane.", PANES),
    row(A::PreviousPane, &["shift-tab"], "", "Go to the pane before.", PANES),
    row(A::Pane(Pane::Variables), &["1"], "", "Go to the variables.", PANES),
    row(A::Pane(Pane::Configuration), &["2"], "", "Go to the configuration.", PANES),
    row(A::Pane(Pane::Grid), &["3"], "", "Go to the tasks.", PANES),
    row(A::Pane(Pane::Logs), &["4"], "", "Go to the logs.", PANES),
    row(A::Up, &["up", "k"], "", "One up.", LISTS),
    row(A::Down, &["down", "j"], "", "One down.", LISTS),
    row(A::Left, &["left", "h"], "", "Scroll left, or go to the pane before.", LISTS),
    row(A::Right, &["right", "l"], "", "Scroll right, or go to the next pane.", LISTS),
    row(A::HalfUp, &["ctrl-u"], "", "Half a page up.", LISTS),
    row(A::HalfDown, &["ctrl-d"], "", "Half a page down.", LISTS),
    row(A::PageUp, &["pgup"], "", "A page up.", LISTS),
    row(A::PageDown, &["pgdn"], "", "A page down.", LISTS),
    row(A::Top, &["g", "home"], "", "To the beginning.", LISTS),
    row(A::Bottom, &["G", "end"], "", "To the end; a log is followed again.", LISTS),
    row(A::Reload, &["ctrl-r"], "", "Read the configuration table again.", PANES),
    row(A::Notices, &["@"], "", "Read again what was told.", PANES),
    row(A::Help, &["?", "F1"], "", "Show all keys.", LISTS_BUT_READING),
    row(A::Interrupt, &["ctrl-c"], "", "Leave; the second time at once.", &C::ALL),
    row(A::Redraw, &["ctrl-l"], "", "Draw the screen anew.", &C::ALL),
    row(A::Suspend, &["ctrl-z"], "", "Go to the background; fg comes back.", &C::ALL),
];
