//! What the screen needs at its start from the rest of the program.

use super::clipboard::Clipboard;
use super::context::Pane;
use super::finding;
use super::look::Look;
use super::model::action_log::ActionLog;
use super::model::configuration::ConfigurationPane;
use super::model::doctor::Doctor;
use super::model::driver::Driver;
use super::model::failures::Failures;
use super::model::grid::GridPane;
use super::model::list_filter::{ListFilter, WindowFilter};
use super::model::logs::LogsPane;
use super::model::logs::stamp::Stamps;
use super::model::marks::{Marks, TaskMarks};
use super::model::next_plan::NextPlan;
use super::model::notices::{Notice, Notices};
use super::model::opened_run::OpenedRun;
use super::model::overlay::{Dialog, Overlay};
use super::model::prompt::TypedTexts;
use super::model::run_history::RunHistory;
use super::model::trail::Trail;
use super::model::variables::VariablesPane;
use super::model::{Model, Telling, TerminalState};
use super::preferences::{Preferences, ProfileChoice};
use super::update::{drafts, profiles, resume};
use super::viewer::Viewer;
use domain::arguments::RuntimeArguments;
use domain::draft::{KeptChange, KeptEdits};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::history::RunRecord;
use domain::id::{DagRunId, TaskId};
use domain::release::Release;
use domain::run::Run;
use domain::secret::Secrets;
use domain::summary::RunSummary;
use domain::target::{Credentials, Endpoints};
use domain::time::Timestamp;
use domain::variable::{VariableName, Variables};
use ratatui::layout::Rect;
use semver::Version;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

/// The path of the log of a run's task's try (from 1).
pub type LogPath = Box<dyn Fn(&DagRunId, &TaskId, u32) -> PathBuf + Send>;

/// Writes edited variables to the profile. Returns where each variable comes from now, in a word.
pub type Save =
    Box<dyn FnMut(&[(VariableName, String)]) -> Result<BTreeMap<VariableName, String>, Failure> + Send>;

/// Changes the edits that are kept on disk. Returns all of them.
pub type KeepEdits = Box<dyn FnMut(&KeptChange) -> Result<KeptEdits, Failure> + Send>;

/// Opens a page in a browser; false if there is none here.
pub type OpenPage = Box<dyn Fn(&str) -> bool + Send>;

/// Reads a run of the history.
pub type ReadRun = Box<dyn FnMut(&DagRunId) -> Result<OpenedRun, Failure> + Send>;

/// Reads the list of former runs, the newest first.
pub type ReadHistory = Box<dyn FnMut() -> Result<Vec<RunSummary>, Failure> + Send>;

/// Whether another process may have begun a run, or taken one up, since this was asked last. Must be cheap.
pub type HaveRunsBegun = Box<dyn FnMut() -> bool + Send>;

/// Begins to read what became of the tasks of these runs; it comes in parts, in their order. Must not block.
pub type ReadRecords = Box<dyn FnMut(Vec<RunSummary>) -> mpsc::Receiver<Vec<RunRecord>> + Send>;

/// Writes a text into a new file of its owner alone. Returns its path.
pub type KeepText = Box<dyn FnMut(&str) -> Result<PathBuf, Failure> + Send>;

/// Writes notices down for the next session; without a place for them that is nobody's trouble.
pub type KeepNotices = Box<dyn FnMut(&[Notice]) + Send>;

/// Begins to ask whether there is a newer version of this program than the second one. Must not block.
pub type AskForRelease = Box<dyn FnOnce() -> oneshot::Receiver<(Release, Version)> + Send>;

/// The start values and callbacks of the screen.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of this start on its own"
)]
pub struct Setup {
    /// The profile's name.
    pub profile: String,
    /// Whether everything happens in the embedded sandbox.
    pub is_sandbox: bool,
    /// The addresses that are not Google's.
    pub endpoints: Endpoints,
    /// Whose credentials are used.
    pub credentials: Credentials,
    /// How everything looks.
    pub look: Look,
    /// The profiles of `config.toml`.
    pub profiles: Vec<ProfileChoice>,
    /// Whether there are profiles and none was chosen, so that this is the sandbox; the screen asks which one is meant.
    pub lacks_choice: bool,
    /// What a person prefers, and what the profile allows.
    pub preferences: Preferences,
    /// The variables.
    pub variables: Variables,
    /// Where each comes from, in a word: `profile`, `environment`, `command line`. Without an entry it is
    /// the default.
    pub origins: BTreeMap<VariableName, String>,
    /// The arguments that the profile gives every run.
    pub common_arguments: RuntimeArguments,
    /// What was found about the settings.
    pub findings: Vec<Finding>,
    /// The names of arguments whose values are secrets, in addition to those that look so.
    pub secret_names: Vec<String>,
    /// The run that ended last, from the journal.
    pub last_run: Option<Run>,
    /// A run that has not ended; the screen offers to resume or to watch it.
    pub unfinished: Option<OpenedRun>,
    /// Former runs, the newest first.
    pub history: Vec<RunSummary>,
    /// The path of a try's log.
    pub log_path: LogPath,
    /// Writes the profile.
    pub save: Save,
    /// The edits that were kept for this profile.
    pub kept: KeptEdits,
    /// Changes them.
    pub keep_edits: KeepEdits,
    /// Opens a page in a browser.
    pub open_page: OpenPage,
    /// Reads a former run.
    pub read_run: ReadRun,
    /// Reads the list of former runs again.
    pub read_history: ReadHistory,
    /// Whether that is worth while.
    pub have_runs_begun: HaveRunsBegun,
    /// Reads what became of the tasks of former runs.
    pub read_records: ReadRecords,
    /// How texts get into the clipboard.
    pub clipboard: Clipboard,
    /// Writes a text that the clipboard cannot take into a new file.
    pub keep_text: KeepText,
    /// Which program shows a file, if there is one.
    pub viewer: Option<Viewer>,
    /// Whether the mouse belongs to the screen at first.
    pub has_mouse: bool,
    /// Whether keys say at first what they would do.
    pub learns: bool,
    /// Notices of earlier sessions, the oldest first.
    pub past_notices: Vec<Notice>,
    /// Writes notices down for the next session.
    pub keep_notices: KeepNotices,
    /// Asks for a newer version, if that is wanted.
    pub ask_for_release: Option<AskForRelease>,
    /// Seconds that the time zone of this machine is before UTC, at a moment.
    pub local_offset: fn(Timestamp) -> i32,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

impl Setup {
    fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add_names(self.secret_names.iter().cloned());
        secrets
    }

    /// The model of the first frame.
    pub fn model(&self) -> Model {
        let mut model = self.first_model();
        // The newest notice is the one that is shown: the first finding is the most important one.
        for found in self.findings.iter().rev() {
            model.notify(finding::meaning(found.severity), finding::text(found));
        }
        model.notices.keep_out_of_file();
        model
    }

    /// The questions of the start, the one to be answered first at the end.
    fn questions(&self) -> impl Iterator<Item = Dialog> {
        let now = (self.clock)();
        let draft = self.kept.draft.as_ref().map(drafts::question);
        let unfinished = self.unfinished.as_ref();
        let run = unfinished.and_then(|run| resume::question(run, &self.history, now, self.is_sandbox));
        let profile = self
            .lacks_choice
            .then(|| profiles::question(&self.profile, &self.profiles));
        draft.into_iter().chain(run).chain(profile)
    }

    /// A run without an end is looked at; without one, the next run is prepared.
    fn first_pane(&self) -> Pane {
        match self.unfinished {
            Some(_) => Pane::Grid,
            None => Pane::Configuration,
        }
    }

    fn first_model(&self) -> Model {
        Model {
            profile: self.profile.clone(),
            is_sandbox: self.is_sandbox,
            endpoints: self.endpoints.clone(),
            credentials: self.credentials.clone(),
            profiles: self.profiles.clone(),
            preferences: self.preferences,
            terminal: TerminalState::default(),
            telling: Telling::default(),
            grace: None,
            now: (self.clock)(),
            area: Rect::ZERO,
            focus: self.first_pane(),
            upper: self.first_pane(),
            pending: None,
            trail: Trail::default(),
            clicked: None,
            has_mouse: self.has_mouse && !self.preferences.is_linear,
            learns: self.learns,
            explained: None,
            // One pane after the other is read, each as long as it can be.
            is_zoomed: self.preferences.is_linear,
            overlays: self.questions().map(Overlay::Dialog).collect(),
            prompt: None,
            typed: TypedTexts::default(),
            variables: VariablesPane::new(self.variables.clone(), self.origins.clone()),
            common_arguments: self.common_arguments.clone(),
            configuration: ConfigurationPane::default(),
            row_marks: Marks::default(),
            grid: GridPane::default(),
            task_marks: TaskMarks::default(),
            history_filter: ListFilter::default(),
            window_filter: WindowFilter::default(),
            lists_version: 1,
            before_filter: None,
            logs: LogsPane {
                stamps: Stamps {
                    local: self.local_offset,
                    ..Stamps::default()
                },
                ..LogsPane::default()
            },
            run: self.last_run.clone(),
            driver: Driver::Nobody,
            awaited: None,
            former_run: None,
            history: self.history.clone(),
            run_history: RunHistory::default(),
            failures: Failures::default(),
            next_plan: NextPlan::default(),
            secrets: self.secrets(),
            action_log: ActionLog::default(),
            kept: self.kept.clone(),
            draft_is_answered: false,
            leaves_when_saved: false,
            discards_edits: false,
            connected: None,
            lookup_failure: None,
            doctor: Doctor::default(),
            deployed: None,
            notices: Notices::of_earlier(self.past_notices.iter().cloned()),
            trouble: None,
            is_leaving: false,
            is_dirty: true,
        }
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("profile", &self.profile)
            .field("is_sandbox", &self.is_sandbox)
            .field("unfinished", &self.unfinished)
            .finish_non_exhaustive()
    }
}
