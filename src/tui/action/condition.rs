//! When an action cannot be done, and why, in one sentence.

mod tasks;

pub(super) use tasks::{can_be_handled, has_failures, has_group, has_retryable, is_retryable, is_stoppable};

use super::{Action, how_to_resume, key};
use crate::tui::context::Pane;
use crate::tui::link;
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::prompt::PromptPurpose;
use domain::shell;
use domain::task::{Task, TaskKind};
use domain::watched::Watched;

const LIVE_HERE: &str = "This run is live here.";

pub(super) fn has_run(model: &Model) -> Option<String> {
    let is_missing = model.shown_run().is_none();
    is_missing.then(|| format!("No run yet. {} previews one.", key(Action::Run)))
}

pub(super) fn shows_notices(model: &Model) -> Option<String> {
    let are_shown = matches!(model.overlays.top(), Some(Overlay::Notices { .. }));
    (!are_shown).then(|| "Only notices have a level.".into())
}

pub(super) fn shows_checks(model: &Model) -> Option<String> {
    let are_shown = matches!(model.overlays.top(), Some(Overlay::Doctor { .. }));
    (!are_shown).then(|| format!("Only {} shows checks.", key(Action::Doctor)))
}

pub(super) fn has_commands(model: &Model) -> Option<String> {
    let none = || {
        let has_none = model.doctor.commands().is_empty();
        has_none.then(|| "No check has a command to copy.".into())
    };
    shows_checks(model).or_else(none)
}

pub(super) fn has_changes(model: &Model) -> Option<String> {
    let is_clean = model.variables.changes().is_empty();
    is_clean.then(|| "Nothing to save: no variable was edited.".into())
}

pub(super) fn has_change(model: &Model) -> Option<String> {
    let is_dirty = model.variables.is_dirty(model.variables.selected);
    (!is_dirty).then(|| "Nothing to undo: this variable was not edited.".into())
}

pub(super) fn has_active_row(model: &Model) -> Option<String> {
    match model.configuration.row() {
        None => Some(format!(
            "No row to edit. {} reads the configuration table.",
            key(Action::Reload)
        )),
        Some(row) if !row.active => Some("This row is inactive, so its arguments are not used.".into()),
        Some(_) => None,
    }
}

pub(super) fn can_complete(model: &Model) -> Option<String> {
    let prompt = model.prompt.as_ref();
    let can_complete = prompt
        .is_some_and(|prompt| matches!(prompt.purpose, PromptPurpose::Filter(_) | PromptPurpose::Palette));
    (!can_complete).then(|| "There is nothing to complete here.".into())
}

pub(super) fn has_row(model: &Model) -> Option<String> {
    let is_none = model.configuration.row().is_none();
    is_none.then(|| "Select a row of the configuration table first.".into())
}

pub(super) fn has_lines(model: &Model) -> Option<String> {
    let is_empty = match model.focus {
        Pane::Grid => model.selected_task().is_none(),
        _ => model.configuration.row().is_none(),
    };
    is_empty.then(|| "There is nothing to mark.".into())
}

pub(super) fn has_run_here(model: &Model) -> Option<String> {
    let has = match model.overlays.top() {
        Some(Overlay::History(_)) => model.selected_former().is_some(),
        Some(Overlay::Summary { .. } | Overlay::Stages { .. }) => true,
        Some(Overlay::Details { .. }) => {
            matches!(model.focus, Pane::Grid | Pane::Logs) && model.shown_run().is_some()
        }
        _ => false,
    };
    (!has).then(|| "This window is of no run.".into())
}

pub(super) fn has_task(model: &Model) -> Option<String> {
    let is_missing = model.selected_task().is_none();
    is_missing.then(|| "There is no task yet.".into())
}

pub(super) fn has_page(model: &Model) -> Option<String> {
    link::of_selection(model).err()
}

pub(super) fn has_other_page(model: &Model) -> Option<String> {
    let has = matches!(
        model.overlays.top(),
        Some(Overlay::Notices { .. } | Overlay::Actions { .. })
    );
    (!has).then(|| "This window has one page.".into())
}

pub(super) fn has_presets(model: &Model) -> Option<String> {
    let has_none = model.kept.presets.is_empty();
    has_none.then(|| {
        format!(
            "No preset yet. {} saves the edit of a row as one.",
            key(Action::SavePreset)
        )
    })
}

pub(super) fn has_edit(model: &Model) -> Option<String> {
    let is_edited = match model.overlays.top() {
        Some(Overlay::Arguments(form)) => form.values != form.row,
        _ => false,
    };
    (!is_edited).then(|| "Nothing to save: the arguments are the row's.".into())
}

pub(super) fn takes_lines(model: &Model) -> Option<String> {
    let takes = model.editor().is_some_and(Editor::takes_lines);
    (!takes).then(|| "This takes one line.".into())
}

pub(super) fn is_searched(model: &Model) -> Option<String> {
    let is_missing = model.logs.find.is_none();
    is_missing.then(|| format!("Nothing is searched for. {} finds text.", key(Action::FindInLog)))
}

pub(super) fn has_log(model: &Model) -> Option<String> {
    let has_none = model.logs.target.is_none();
    has_none.then(|| "There is no log yet.".into())
}

pub(super) fn has_try(model: &Model) -> Option<String> {
    let has_none = model.shown_try().is_none() && model.logs.filter.during.is_none();
    has_none.then(|| "The task has not begun to work.".into())
}

pub(super) fn has_json(model: &Model) -> Option<String> {
    let has_none = !model.logs.has_json();
    has_none.then(|| "This line of the log has no JSON object or list in it.".into())
}

pub(super) fn is_filtered(model: &Model) -> Option<String> {
    let text = || {
        format!(
            "All lines are shown. {} shows only lines with a text, {} those of a level.",
            key(Action::FilterLog),
            key(Action::LogLevel)
        )
    };
    model.logs.filter.is_all().then(text)
}

pub(super) fn has_tries(model: &Model) -> Option<String> {
    let tries = model.selected_task().map_or(0, |task| task.tries.len());
    (tries < 2).then(|| "This task has no other try.".into())
}

pub(super) fn has_past(model: &Model) -> Option<String> {
    (!model.trail.has_past()).then(|| "There is no view before this one.".into())
}

pub(super) fn has_future(model: &Model) -> Option<String> {
    (!model.trail.has_future()).then(|| {
        format!(
            "There is no view after this one. {} goes back.",
            key(Action::BackInTrail)
        )
    })
}

pub(super) fn is_idle(model: &Model) -> Option<String> {
    model.live_run().map(|_| {
        format!(
            "A run is live. {} stops it, {} stops one task.",
            key(Action::StopRun),
            key(Action::StopTask)
        )
    })
}

pub(super) fn can_switch(model: &Model) -> Option<String> {
    let is_alone = model.profiles.iter().all(|profile| profile.name == model.profile);
    is_idle(model).or_else(|| is_alone.then(|| "There is no other profile in config.toml.".into()))
}

pub(super) fn is_live(model: &Model) -> Option<String> {
    if model.live_run().is_some() {
        return None;
    }
    Some(is_of_others(model).unwrap_or_else(|| format!("No run is live. {} previews one.", key(Action::Run))))
}

/// Why nothing can be done to the shown run, if it has no end and the engine does not drive it.
fn is_of_others(model: &Model) -> Option<String> {
    Some(match model.watched()? {
        Watched::By(process) => format!(
            "This run is only watched here: {process} drives it. It is stopped, and its tasks are tried again, there."
        ),
        Watched::NotSince { .. } => nobody_watches(),
    })
}

fn nobody_watches() -> String {
    format!("Nobody watches this run. {}", how_to_resume())
}

fn over_and_shown() -> String {
    format!("This run is over. {} shows it", key(Action::ShowRun))
}

pub(super) fn is_resumable(model: &Model) -> Option<String> {
    let run = model.selected_former()?;
    match &run.watched {
        _ if model.live_run().is_some_and(|live| live.id == run.id) => Some(LIVE_HERE.into()),
        None => Some(format!(
            "{}, and {} then tries its tasks again.",
            over_and_shown(),
            key(Action::Retry)
        )),
        Some(Watched::By(process)) => Some(format!(
            "{process} drives this run. {} watches it.",
            key(Action::WatchRun)
        )),
        Some(Watched::NotSince { .. }) if run.profile != model.profile => Some(of_profile(&run.profile)),
        Some(Watched::NotSince { .. }) => is_idle(model),
    }
}

/// Another profile leads to other services, which do not know the run.
fn of_profile(profile: &str) -> String {
    let profile = shell::word(profile);
    format!("This is a run of another profile: `downbeat --profile {profile}` opens it there.")
}

pub(super) fn is_watchable(model: &Model) -> Option<String> {
    let run = model.selected_former()?;
    let is_followed = model
        .watched_run()
        .is_some_and(|(watched, _)| watched.id == run.id);
    match &run.watched {
        _ if model.live_run().is_some_and(|live| live.id == run.id) => Some(LIVE_HERE.into()),
        _ if is_followed => Some("This run is being watched here.".into()),
        None => Some(format!("{}.", over_and_shown())),
        Some(Watched::NotSince { .. }) => Some(format!(
            "No process drives this run. {} resumes it.",
            key(Action::ResumeRun)
        )),
        Some(Watched::By(_)) => is_idle(model),
    }
}

pub(super) fn is_startable(model: &Model) -> Option<String> {
    is_idle(model).or_else(|| {
        if model.configuration.trouble().is_some() {
            return Some(format!(
                "The run cannot start: the configuration table cannot be read. Back with {}, {} reads it again.",
                key(Action::Back),
                key(Action::Reload)
            ));
        }
        model
            .is_blocked()
            .then(|| "The run cannot start: see the errors of the plan.".into())
    })
}

pub(super) fn has_stages(model: &Model) -> Option<String> {
    let is_pipeline = |task: &Task| task.kind == TaskKind::Pipeline;
    let has_none = !model.selected_task().is_some_and(is_pipeline);
    has_none.then(|| "Only a pipeline has stages: select one.".into())
}

/// Of a window whose filter hides all lines none is selected.
pub(super) fn has_selection(model: &Model) -> Option<String> {
    let list = model.overlays.top().and_then(Overlay::list)?;
    let is_hidden = model.list_filter(list).shown(model.list_total(list)).is_empty();
    is_hidden.then(|| "Nothing is selected here.".into())
}
