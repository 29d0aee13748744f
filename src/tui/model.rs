//! Everything that a frame depends on, as plain data. Only `tui/update.rs` changes it; only
//! `tui/view.rs` draws it. It knows no terminal and reads no clock: `now` is a field.

pub mod action_log;
mod alerts;
pub mod arguments;
pub mod configuration;
pub mod doctor;
pub mod driver;
pub mod editor;
pub mod failures;
pub mod grid;
pub mod guard;
pub mod history_window;
pub mod list_filter;
pub mod lists;
pub mod logs;
pub mod marks;
pub mod moment;
pub mod next_plan;
mod next_run;
pub mod notices;
pub mod opened_run;
pub mod overlay;
pub mod prompt;
pub mod run_history;
pub mod trail;
pub mod variables;
pub mod window_lines;

pub use alerts::Alert;

use super::context::{Context, Pane};
use super::key::Key;
use super::mouse::Clicked;
use super::preferences::{Preferences, ProfileChoice};
use super::theme::Ground;
use crate::engine::Connected;
use action_log::ActionLog;
use configuration::ConfigurationPane;
use doctor::Doctor;
use domain::arguments::RuntimeArguments;
use domain::deployed::DeployedPipeline;
use domain::draft::KeptEdits;
use domain::failure::Failure;
use domain::key::RowName;
use domain::run::Run;
use domain::secret::Secrets;
use domain::summary::RunSummary;
use domain::target::{Credentials, Endpoints};
use domain::task::{Task, Try};
use domain::time::Timestamp;
use driver::{Awaited, Driver};
use editor::Editor;
use failures::Failures;
use grid::GridPane;
use guard::Grace;
use list_filter::{ListFilter, SelectedBefore, WindowFilter};
use logs::LogsPane;
use marks::{Marks, TaskMarks};
use next_plan::NextPlan;
use notices::Notices;
use overlay::{Overlay, Overlays};
use prompt::{Prompt, PromptPurpose, TypedTexts};
use ratatui::layout::Rect;
use run_history::RunHistory;
use std::time::Duration;
use trail::Trail;
use variables::VariablesPane;

/// What the terminal has said of itself; nothing before it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalState {
    /// Its background.
    pub ground: Option<Ground>,
    /// Whether it has the keyboard.
    pub has_focus: Option<bool>,
}

/// What was told to somebody who looks elsewhere, so that many failures do not ring as often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// When a failure was told last.
    pub last_failure: Option<Timestamp>,
    /// How many failures were not told since.
    pub untold: usize,
}

/// The state of the screen.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
#[derive(Debug)]
pub struct Model {
    /// The profile's name.
    pub profile: String,
    /// Whether everything happens in the embedded sandbox.
    pub is_sandbox: bool,
    /// The addresses that are not Google's.
    pub endpoints: Endpoints,
    /// Whose credentials are used.
    pub credentials: Credentials,
    /// The profiles that can be gone to.
    pub profiles: Vec<ProfileChoice>,
    /// What a person prefers, and what the profile allows.
    pub preferences: Preferences,
    /// What the terminal has said of itself.
    pub terminal: TerminalState,
    /// What was told to somebody who looks elsewhere.
    pub telling: Telling,
    /// A stop that can still be taken back.
    pub grace: Option<Grace>,
    /// The time of this frame.
    pub now: Timestamp,
    /// The whole screen.
    pub area: Rect,
    /// The pane that gets the keys.
    pub focus: Pane,
    /// The first of two keys, while the second one is awaited.
    pub pending: Option<PendingKey>,
    /// The views that were seen.
    pub trail: Trail,
    /// What was clicked last, and when.
    pub clicked: Option<Clicked>,
    /// Whether the mouse belongs to the screen, not to the terminal.
    pub has_mouse: bool,
    /// Whether a key that changes something says first what it would do.
    pub learns: bool,
    /// The name of the action of which that was said last; doing it again does it.
    pub explained: Option<&'static str>,
    /// The pane shown above the logs when there is room for one.
    pub upper: Pane,
    /// Whether the pane with the focus has the whole body of the screen.
    pub is_zoomed: bool,
    /// What lies over the panes.
    pub overlays: Overlays,
    /// The text field in the row of the footer. It gets the keys before anything else.
    pub prompt: Option<Prompt>,
    /// What was typed into such fields.
    pub typed: TypedTexts,
    /// The variables.
    pub variables: VariablesPane,
    /// The arguments that the profile gives every run.
    pub common_arguments: RuntimeArguments,
    /// The configuration table.
    pub configuration: ConfigurationPane,
    /// The rows that are marked: a run is of these only.
    pub row_marks: Marks<RowName>,
    /// The tasks.
    pub grid: GridPane,
    /// The tasks that are marked.
    pub task_marks: TaskMarks,
    /// Which former runs are shown.
    pub history_filter: ListFilter,
    /// What of a window over the panes is shown.
    pub window_filter: WindowFilter,
    /// Goes up whenever lines of a list may have changed, so that its filter looks at them again.
    pub lists_version: u64,
    /// What was selected before a filter was typed.
    pub before_filter: Option<SelectedBefore>,
    /// The log of the selected task.
    pub logs: LogsPane,
    /// The live run, or the last one.
    pub run: Option<Run>,
    /// Who works on that run.
    pub driver: Driver,
    /// What follows once the engine has taken up a run.
    pub awaited: Option<Awaited>,
    /// A run of the history that is shown instead.
    pub former_run: Option<Run>,
    /// Former runs, the newest first.
    pub history: Vec<RunSummary>,
    /// What became of their tasks, and what follows from it.
    pub run_history: RunHistory,
    /// What was done here.
    pub action_log: ActionLog,
    /// The edits that are kept on disk: presets, and what was not saved the last time.
    pub kept: KeptEdits,
    /// Whether it was chosen what becomes of that.
    pub draft_is_answered: bool,
    /// Whether the program ends once the variables are saved.
    pub leaves_when_saved: bool,
    /// Whether the program is left without what was not saved.
    pub discards_edits: bool,
    /// The failures of the shown run, by their reasons.
    pub failures: Failures,
    /// The plan of the next run, as it was made last.
    pub next_plan: NextPlan,
    /// What must not be shown: names, and the values that were typed here.
    pub secrets: Secrets,
    /// The instance that answers.
    pub connected: Option<Connected>,
    /// Why the instance or its pipeline could not be looked up the last time, if so.
    pub lookup_failure: Option<Failure>,
    /// What a run needs, as it was seen last.
    pub doctor: Doctor,
    /// The deployed pipeline as it was read last.
    pub deployed: Option<DeployedPipeline>,
    /// All notices.
    pub notices: Notices,
    /// Why nothing goes on: the disk, or another want of this machine.
    pub trouble: Option<Failure>,
    /// Whether the program ends when the run has ended.
    pub is_leaving: bool,
    /// Whether a frame is due.
    pub is_dirty: bool,
}

/// The first of two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingKey {
    /// The key.
    pub key: Key,
    /// When it was pressed.
    pub since: Timestamp,
}

impl PendingKey {
    /// Who knows what follows is not shown it.
    const PATIENCE: Duration = Duration::from_millis(400);

    /// How long it takes until it is shown what can follow; nothing once it is.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let left = Self::PATIENCE.saturating_sub(now.since(self.since));
        (!left.is_zero()).then_some(left)
    }
}

impl Model {
    /// The run that the panes show.
    pub fn shown_run(&self) -> Option<&Run> {
        self.former_run.as_ref().or(self.run.as_ref())
    }

    /// The selected task of the shown run.
    pub fn selected_task(&self) -> Option<&Task> {
        self.grid.task(self.shown_run()?)
    }

    /// The try whose log is shown.
    pub fn shown_try(&self) -> Option<&Try> {
        let target = self.logs.target.as_ref()?;
        let task = self.shown_run()?.task(&target.task)?;
        let place = usize::try_from(target.number).ok()?.checked_sub(1)?;
        task.tries.get(place)
    }

    /// What the keys mean now.
    pub fn context(&self) -> Context {
        if self.prompt.is_some() {
            Context::Prompt
        } else {
            self.context_below()
        }
    }

    /// What the keys mean once the line at the bottom is closed.
    pub fn context_below(&self) -> Context {
        match self.overlays.top() {
            Some(_) if self.editor().is_some() => Context::Field,
            Some(Overlay::Confirmation(_)) => Context::Field,
            Some(Overlay::Dialog(_)) => Context::Dialog,
            Some(Overlay::Plan { .. }) => Context::Plan,
            Some(Overlay::Arguments(_)) => Context::Arguments,
            Some(Overlay::Presets { .. }) => Context::Presets,
            Some(Overlay::History(_)) => Context::History,
            Some(Overlay::Help(_)) => Context::Help,
            Some(Overlay::Failures(_)) => Context::Failures,
            Some(Overlay::Timeline) => Context::Timeline,
            Some(
                Overlay::Notices { .. }
                | Overlay::Doctor { .. }
                | Overlay::Actions { .. }
                | Overlay::Details { .. }
                | Overlay::Comparison { .. }
                | Overlay::Summary { .. }
                | Overlay::Stages { .. },
            ) => Context::Pager,
            None if self.editor().is_some() => Context::Field,
            None => Context::from(self.focus),
        }
    }

    /// What is typed into the palette, while it is open.
    pub fn palette_text(&self) -> Option<&str> {
        let prompt = self.prompt.as_ref()?;
        (prompt.purpose == PromptPurpose::Palette).then(|| prompt.editor.text())
    }

    /// The text field that is being typed into.
    pub fn editor(&self) -> Option<&Editor> {
        match self.overlays.top() {
            Some(Overlay::Arguments(form)) => form.editor(),
            Some(Overlay::Confirmation(confirmation)) => Some(&confirmation.editor),
            Some(_) => None,
            None => self.variables.editor.as_ref(),
        }
    }

    /// The same, to type into it.
    pub fn editor_mut(&mut self) -> Option<&mut Editor> {
        match self.overlays.top_mut() {
            Some(Overlay::Arguments(form)) => form.editor_mut(),
            Some(Overlay::Confirmation(confirmation)) => Some(&mut confirmation.editor),
            Some(_) => None,
            None => self.variables.editor.as_mut(),
        }
    }

    /// Why nothing can be changed in a read-only profile.
    pub fn read_only_reason(&self) -> String {
        format!(
            "The profile {} is read-only: nothing is started, stopped, emptied or saved here. config.toml says so.",
            self.profile
        )
    }

    /// The name of the environment in the header.
    pub fn band(&self) -> String {
        if self.is_sandbox {
            "SANDBOX".into()
        } else {
            self.profile.clone()
        }
    }
}
