//! The table of the matrix: each pane and each window in each state. A state that cannot exist there says why.

use super::{huge as h, worlds as w};
use crate::callers;
use crate::retry;
use crate::scene;
use downbeat::tui::action::Action;
use downbeat::tui::model::Model;

/// What there is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// What a person sees every day.
    Usual,
    /// Nothing.
    Empty,
    /// Answers have not come.
    Loading,
    /// Something failed.
    Error,
    /// Five hundred rows, ten thousand tasks.
    Huge,
    /// Text of all scripts, and hostile text.
    Odd,
}

impl State {
    pub const ALL: [Self; 6] = [
        Self::Usual,
        Self::Empty,
        Self::Loading,
        Self::Error,
        Self::Huge,
        Self::Odd,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Empty => "empty",
            Self::Loading => "loading",
            Self::Error => "error",
            Self::Huge => "huge",
            Self::Odd => "odd",
        }
    }
}

/// A field of the matrix.
#[derive(Clone, Copy)]
pub enum Cell {
    /// The world, the keys that lead there, and words that must stand there at 80x24.
    At(fn() -> Model, &'static str, &'static [&'static str]),
    /// The action cannot be done there, and says why in these words.
    Refused(fn() -> Model, Action, &'static str),
    /// It cannot exist: why.
    Not(&'static str),
}

/// A pane or a window in all states.
pub struct View {
    pub name: &'static str,
    pub cells: [Cell; 6],
}

/// A view that is the same whatever there is to show: why, and its one state.
const fn once(
    name: &'static str,
    make: fn() -> Model,
    keys: &'static str,
    words: &'static [&'static str],
    why: &'static str,
) -> View {
    use Cell::Not;
    View {
        name,
        cells: [
            Cell::At(make, keys, words),
            Not(why),
            Not(why),
            Not(why),
            Not(why),
            Not(why),
        ],
    }
}

const IN_MEMORY: &str = "it is made of what is in memory: nothing is waited for, nothing can fail";
const AT_START: &str = "it is read before the first frame";
const BY_TASKS: &str = "its question names one thing; long and unusual names are in stop_task";
const FORM: &str = "the form is in the matrix as arguments";

/// The order of the cells is that of [`State::ALL`].
#[expect(clippy::too_many_lines, reason = "a table")]
#[rustfmt::skip] // A table is read by its columns.
pub fn views() -> Vec<View> {
    use Cell::{At, Not, Refused};
    vec![
        View { name: "variables", cells: [
            At(w::ready, "1", &["bq_output_table", "landing", "profile"]),
            At(w::ready, "1 / q q q q enter", &["Nothing fits the filter. esc shows all."]),
            Not(AT_START),
            At(w::ready, "1 enter x", &["This is not a whole number."]),
            At(h::huge, "1", &["bq_output_table"]),
            At(w::odd, "1", &["bq_output_table"]),
        ] },
        View { name: "configuration", cells: [
            At(w::ready, "2", &["hr / engineer", "6 of 8 rows active"]),
            At(w::empty, "2", &["configuration", "ctrl-r"]),
            At(w::loading, "2", &["Reading"]),
            At(w::broken, "2", &["403, Access Denied", "BigQuery Data Viewer", "ctrl-r"]),
            At(h::huge, "2", &["500 of 500 rows active"]),
            At(w::odd, "2", &["人事部 / エンジニア"]),
        ] },
        View { name: "tasks", cells: [
            At(w::running, "3", &["hr_engineer", "running", "success", "up_for_retry", "in 10s"]),
            At(w::empty, "3", &["No run yet", "r previews one"]),
            At(w::beginning, "3", &["scheduled", "running"]),
            At(w::in_trouble, "3", &["no space left on device", "CDAP"]),
            At(h::huge_run, "3", &["10,00"]),
            At(w::odd_run, "3", &["エンジニア"]),
        ] },
        View { name: "logs", cells: [
            At(w::running, "4", &["Read MySQL", "UTC"]),
            At(w::empty, "4", &["No log yet", "r previews a run"]),
            At(w::beginning, "4", &["Reading the log of start_pipeline_sales_orders, try 1 ..."]),
            At(w::in_trouble, "4", &["permission denied. It is read again"]),
            At(h::huge_run, "4", &["10,000 lines"]),
            At(w::odd_run, "4", &["百二十行を読みました"]),
        ] },
        View { name: "time_axis", cells: [
            At(w::running, "T", &["Time axis, UTC"]),
            Refused(w::empty, Action::Timeline, "No run yet. r previews one."),
            At(w::beginning, "T", &["Time axis, UTC"]),
            At(w::failed, "T", &["Time axis, UTC"]),
            At(h::huge_run, "T", &["Time axis, UTC"]),
            At(w::odd_run, "T", &["Time axis, UTC"]),
        ] },
        View { name: "stages", cells: [
            At(w::running, "3 j j p", &["Read MySQL", "250,311", "loaded"]),
            Refused(w::empty, Action::Stages, "Only a pipeline has stages: select one."),
            At(w::beginning, "p", &["Nothing is counted yet, and the deployed pipeline is not known."]),
            At(w::failed, "p", &["start_pipeline_hr_engineer, try 1"]),
            At(h::huge_run, "p", &["start_pipeline_unit_source_00705, try 1"]),
            At(w::odd_run, "p", &["エンジニア, try 1"]),
        ] },
        View { name: "failures", cells: [
            At(w::failed, "F", &["Failures by reason", "no such field 'salary'"]),
            Refused(w::empty, Action::Failures, "No run yet. r previews one."),
            Not(IN_MEMORY),
            Not(IN_MEMORY),
            At(h::huge_run, "F", &["55 × Argument 'failAt' is not defined."]),
            At(w::odd_run, "F", &["列がありません"]),
        ] },
        View { name: "history_grid", cells: [
            At(w::ready, "H j j", &["hr_engineer", "[✖]", "Communications link failure."]),
            At(w::empty, "H", &["No run yet. r previews one."]),
            At(w::loading, "H", &["Reading what became of their tasks ..."]),
            At(w::without_journal, "", &["disk I/O error. Check the disk."]),
            At(h::huge, "H j j", &["500 runs"]),
            At(w::odd, "H j j", &["エンジニア"]),
        ] },
        View { name: "history_list", cells: [
            At(w::ready, "H tab", &["2026-11-23 09:00:00 UTC", "success", "failed"]),
            Not("without a run the window is not opened: see history_grid"),
            At(w::loading, "H tab", &["2026-11-23 09:00:00 UTC"]),
            Not("a list that cannot be read says so below: see history_grid"),
            At(h::huge, "H tab", &["Former runs"]),
            At(w::odd, "H tab", &["Former runs"]),
        ] },
        View { name: "comparison", cells: [
            At(w::ready, "H c h c", &["Two runs compared", "broke", "same"]),
            Not("it needs two runs: see history_grid"),
            At(w::loading, "H c h c", &["not read"]),
            Not("what cannot be read is not compared: see its loading"),
            At(h::huge, "H c h c", &["Two runs compared"]),
            At(w::odd, "H c h c", &["Two runs compared"]),
        ] },
        View { name: "arguments", cells: [
            At(w::ready, "2 enter G d k enter x enter", &["left out", "edited", "row"]),
            Refused(w::empty, Action::OpenArguments, "No row to edit. ctrl-r reads the configuration table."),
            Refused(w::loading, Action::OpenArguments, "No row to edit. ctrl-r reads the configuration table."),
            Refused(w::broken, Action::OpenArguments, "No row to edit. ctrl-r reads the configuration table."),
            At(h::huge, "2 enter", &["argument_000"]),
            At(w::odd, "2 enter", &["名前"]),
        ] },
        once("arguments_adding", w::ready, "2 enter a n e w", &["new"], FORM),
        View { name: "presets", cells: [
            At(w::ready, "2 enter p", &["full reload", "watermark_from = 0"]),
            Not("without a preset the key says so; only the last one can be forgotten here: see forgotten_presets"),
            Not(AT_START),
            Not(AT_START),
            At(h::huge, "2 enter p", &["preset 000"]),
            At(w::odd, "2 enter p", &["名前"]),
        ] },
        View { name: "plan", cells: [
            At(w::ready, "r", &["What this run will do", "EMPTIED"]),
            At(w::empty, "r", &["What this run will do"]),
            At(w::loading, "r", &["What this run will do"]),
            At(w::broken, "r", &["403, Access Denied"]),
            At(h::huge, "r", &["What this run will do"]),
            At(w::odd, "r", &["What this run will do"]),
        ] },
        once("plan_without_active_rows", || w::of(scene::nothing_active), "r", &["nothing to run"], "it is a plan"),
        View { name: "help", cells: [
            At(w::ready, "?", &["All keys"]),
            At(w::ready, "? / q q q q enter", &["Nothing fits 'qqqq'. / with an empty text shows all keys."]),
            Not(IN_MEMORY), Not(IN_MEMORY), Not("it is as long as the table of keys"), Not("it shows the table of keys alone"),
        ] },
        View { name: "palette", cells: [
            At(w::ready, ": t h e m e", &["theme"]),
            At(w::ready, ": q q q q", &["qqqq"]),
            Not(IN_MEMORY),
            At(w::empty, ": s t o p", &["No run is live"]),
            Not("it is as long as the table of keys"), Not("it shows the table of keys alone"),
        ] },
        View { name: "notices", cells: [
            At(w::in_trouble, "@", &["Notices", "now"]),
            At(w::empty, "@", &["No notices yet."]),
            Not(AT_START),
            At(w::broken, "@", &["error", "no space left on device"]),
            At(h::huge, "@", &["Notice 199 of very many."]),
            At(w::odd, "@", &["مبيعات"]),
        ] },
        View { name: "checks", cells: [
            At(w::examined, "!", &["What a run needs", "13 of 15 checks ok", "gcloud"]),
            Not("each check shows something"),
            At(w::empty, "!", &["Asking the services"]),
            At(w::unasked, "!", &["unknown", "no identity was found"]),
            Not("there are fifteen checks"),
            At(w::examined_oddly, "!", &["エンジニア"]),
        ] },
        View { name: "action_log", cells: [
            At(w::after_requests, "@ tab", &["POST /api/v3/namespaces/default/start"]),
            At(w::empty, "@ tab", &["Nothing was done here yet."]),
            Not(IN_MEMORY),
            At(w::after_requests, "@ tab", &["failed: 503, Service Unavailable"]),
            At(h::after_many_requests, "@ tab", &["starting pipeline 499"]),
            At(w::odd_run, "@ tab", &["列がありません"]),
        ] },
        View { name: "details", cells: [
            At(w::running, "3 i", &["hr_recruiter"]),
            At(w::empty, "3 i", &["No run yet"]),
            At(w::beginning, "3 i", &["sales_orders"]),
            At(w::failed, "3 i", &["no such field 'salary'"]),
            At(h::huge_run, "3 i", &["source_00705"]),
            At(w::odd_run, "3 i", &["エンジニア"]),
        ] },
        once("details_of_a_row", w::ready, "2 i", &["hr / engineer"], "its texts are in configuration and arguments"),
        once("details_of_a_variable", w::ready, "1 i", &["bq_"], "its texts are in variables"),
        View { name: "profiles", cells: [
            At(w::ready, "ctrl-p", &["prod: prod-project / main, red, protected", "test: test-project / main, red, read-only"]),
            Refused(w::empty, Action::Profiles, "There is no other profile in config.toml."),
            Not(AT_START), Not(AT_START),
            At(h::huge, "ctrl-p", &["profile-00"]),
            At(w::odd, "ctrl-p", &["生産"]),
        ] },
        View { name: "summary", cells: [
            At(|| w::of(scene::emptied), "S", &["Summary of the run"]),
            Refused(w::empty, Action::Summary, "No run yet. r previews one."),
            At(w::beginning, "S", &["Summary of the run"]),
            At(w::failed, "S", &["no such field 'salary'"]),
            At(h::huge_run, "S", &["55"]),
            At(w::odd_run, "S", &["Summary of the run"]),
        ] },
        View { name: "stop_task", cells: [
            At(w::running, "x", &["Stop"]),
            Refused(w::empty, Action::StopTask, "No run is live. r previews one."),
            At(w::beginning, "x", &["Stop"]),
            Not("no answer of a service is needed to ask"),
            At(h::huge_run, "X", &["Stop the whole run?"]),
            At(w::odd_run, "x", &["エンジニア"]),
        ] },
        once("stop_run", w::running, "X", &["Stop the whole run?"], BY_TASKS),
        once("leave_live", w::running, "q", &["Leave"], BY_TASKS),
        once("leave_live_google", || { let mut model = w::running(); model.is_sandbox = false; model }, "q", &["Leave"], BY_TASKS),
        once("caller", callers::running, "3", &["as loader@"], IN_MEMORY),
        once("leave_edits", w::ready, "1 j j j j enter 2 enter j enter x enter esc q", &["Leave"], BY_TASKS),
        once("interrupt", w::ready, "ctrl-c", &["ctrl-c"], BY_TASKS),
        once("resume", w::found, "", &["Resume the unfinished run?"], BY_TASKS),
        once("resume_overtaken", w::found_overtaken, "", &["emptied or filled"], BY_TASKS),
        once("watch", w::found_driven, "", &["Watch the run that process 4711 drives?"], BY_TASKS),
        once("retry_all", || w::of(retry::with_an_edit), "A", &["did not succeed"], BY_TASKS),
        once("copy_menu", w::running, "3 Y", &["Copy"], BY_TASKS),
        once("confirmation", w::protected, "r enter l a n d", &["Type landing, the name of the output table"], BY_TASKS),
        once("run_late", w::running, "3 j j", &["sales_orders", "late by 21 s: usually 41 s, rarely over 42 s"], "it is a run in the pane of the tasks"),
        once("run_emptied", || w::of(scene::emptied), "3", &["emptied"], "it is a run in the pane of the tasks"),
        once("run_failed", w::failed, "3", &["failed", "timed_out", "unknown"], "it is a run in the pane of the tasks"),
        once("run_idle", || w::of(scene::idle), "3", &["skipped"], "it is a run in the pane of the tasks"),
        once("run_truncate_pending", || w::of(scene::truncate_pending), "3", &["stopping"], "it is a run in the pane of the tasks"),
        once("run_unwatched", w::found, "n", &["unwatched since"], "it is a run in the pane of the tasks"),
        once("run_watched", w::watching, "", &["process 4711 drives it"], "it is a run in the pane of the tasks"),
        once("run_former", w::former, "", &["former run"], "it is a run in the pane of the tasks"),
        once("refusal", w::running, "r", &["A run is live. X stops it"], "a reply is a line"),
        once("read_only", w::read_only, "1", &["read-only"], "it is a word of the header"),
        once("filter", w::running, "3 / s t a t e : r u n n i n g", &["state:running"], "its list is in the matrix as tasks"),
        once("marked", w::running, "3 g g space j j space", &["2 marked"], "its list is in the matrix as tasks"),
        once("log_wrapped", w::running, "4 w", &["Read MySQL"], "the lines are in the matrix as logs"),
        once("log_paused", w::running, "4 pgup", &["reading"], "the lines are in the matrix as logs"),
        once("log_zoomed", w::running, "4 z", &["Read MySQL"], "the lines are in the matrix as logs"),
        once("log_find", w::running, "4 / r o w s enter", &["rows"], "the lines are in the matrix as logs"),
        once("log_merged", w::running, "4 M", &["4 Logs"], "the lines are in the matrix as logs"),
        once("log_saving", w::running, "4 s", &["4 Logs"], "the lines are in the matrix as logs"),
        once("handled", w::failed, "3 m", &["handled"], BY_TASKS),
        once("variables_during_a_run", w::running, "1", &["bq_output_table"], "the form is in the matrix as variables"),
        once("configuration_during_a_run", w::running, "2", &["hr / engineer"], "the rows are in the matrix as configuration"),
    ]
}
