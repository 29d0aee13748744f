//! The list of former runs, and the runs that are read from it.

use super::retry::Wanted;
use super::{navigation, resume, retry};
use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::driver::Driver;
use crate::tui::model::history_window::HistoryWindow;
use crate::tui::model::opened_run::{OpenedRun, Purpose};
use crate::tui::model::overlay::Overlay;
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::history::RunRecord;
use domain::id::DagRunId;
use domain::run::Run;
use domain::summary::RunSummary;
use domain::watched::Watched;
use std::collections::BTreeSet;

/// Opens the list at once; what other processes have changed meanwhile is read again.
pub(super) fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    effects.push(Effect::ReadHistory);
    if model.history.is_empty() {
        model.reply(format!("No former run yet. {} previews a run.", key(Action::Run)));
    } else {
        model.record_run();
        let shown = model.former_run.as_ref().map(|run| run.id.clone());
        let newest = model.history.first().map(|run| run.id.clone());
        let window = HistoryWindow::new(shown.or(newest).unwrap_or_else(|| "".into()));
        model.overlays.push(Overlay::History(Box::new(window)));
    }
}

/// Shows the selected run.
pub(super) fn show(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(run) = model.selected_former().map(|run| run.id.clone()) else {
        return;
    };
    // The task that was looked at across the runs is the one to look at in this run.
    if let Some(task) = model.history_window().and_then(|window| window.task.clone()) {
        model.grid.selected = Some(task);
        model.logs.pinned = None;
    }
    model.overlays.clear();
    let has_engine_it = model.driver != Driver::Nobody;
    if has_engine_it && model.run.as_ref().is_some_and(|shown| shown.id == run) {
        model.former_run = None;
    } else {
        effects.push(Effect::ReadRun(run, Purpose::Show));
    }
    navigation::focus(model, Pane::Grid);
}

/// A run was read, or could not be.
pub(super) fn on_run_read(
    model: &mut Model,
    run: &DagRunId,
    purpose: &Purpose,
    outcome: Result<Box<OpenedRun>, Failure>,
) {
    model.failures.is_stale = true;
    let opened = match outcome {
        Ok(opened) => opened,
        Err(failure) => {
            let why = failure.text(remedy::text);
            let name = model.name_of_id(run);
            return model.notify(Meaning::Warning, format!("Run {name} cannot be read: {why}"));
        }
    };
    remember(model, &opened);
    model.lists_version += 1;
    match purpose {
        Purpose::Show => {
            model.former_run = Some(opened.run);
            model.logs.pinned = None;
        }
        Purpose::Refresh => refresh(model, opened.run),
        Purpose::CarryOn => resume::ask(model, &opened),
        Purpose::Retry(task) => retry::ask_for_former(model, &opened, Wanted::One(task)),
        Purpose::RetryThese(tasks) => retry::ask_for_former(model, &opened, Wanted::These(tasks)),
        Purpose::RetryAll => retry::ask_for_former(model, &opened, Wanted::All),
    }
}

/// A person has said something of tasks of a run that does not go on.
pub(super) fn on_marked(model: &mut Model, id: &DagRunId, events: &[RunEvent]) {
    model.failures.is_stale = true;
    let shown = [model.former_run.as_mut(), model.run.as_mut()];
    let mut known = None;
    for run in shown.into_iter().flatten().filter(|run| run.id == *id) {
        events.iter().for_each(|event| run.apply(event));
        known = Some(RunRecord::new(run, run.last_event));
    }
    if let Some(record) = known {
        model.replace_former(&record.summary);
        model.run_history.take([record]);
        model.run_history.gather();
    }
}

fn refresh(model: &mut Model, run: Run) {
    let is_free = model.driver == Driver::Nobody;
    let shown = [model.former_run.as_mut(), model.run.as_mut().filter(|_| is_free)];
    for shown in shown.into_iter().flatten().filter(|shown| shown.id == run.id) {
        shown.clone_from(&run);
    }
}

/// Updates the list by what was read of a run.
fn remember(model: &mut Model, opened: &OpenedRun) {
    let mut summary = RunSummary::new(&opened.run);
    summary.watched.clone_from(&opened.watched);
    model.replace_former(&summary);
}

/// The list was read again. The selection stays with its run; the run that the engine has is newer here.
pub(super) fn on_history_read(
    model: &mut Model,
    outcome: Result<Vec<RunSummary>, Failure>,
    effects: &mut Vec<Effect>,
) {
    model.lists_version += 1;
    let history = match outcome {
        Ok(history) => history,
        Err(failure) => {
            let why = failure.text(remedy::text);
            let text = format!("The list of runs cannot be read again: {why}");
            return model.notify(Meaning::Warning, text);
        }
    };
    model.history = history;
    if model.driver != Driver::Nobody {
        model.remember_run();
    }
    // A shown run may have gone on in another process.
    if let Some(shown) = model.shown_run().filter(|run| !run.state.is_end())
        && (model.former_run.is_some() || model.driver == Driver::Nobody)
    {
        effects.push(Effect::ReadRun(shown.id.clone(), Purpose::Refresh));
    }
    read_records(model, effects);
}

/// Somebody looked whether another process has begun a run. Who comes back to a terminal where nothing is open, or is
/// about to start one, is asked whether to watch it; anybody else is told.
pub(super) fn on_looked(
    model: &mut Model,
    is_back: bool,
    history: Vec<RunSummary>,
    effects: &mut Vec<Effect>,
) {
    if history == model.history {
        model.is_dirty = false;
        return;
    }
    let is_driven = |run: &&RunSummary| matches!(run.watched, Some(Watched::By(_)));
    let known: BTreeSet<_> = model
        .history
        .iter()
        .filter(is_driven)
        .map(|run| run.id.clone())
        .collect();
    on_history_read(model, Ok(history), effects);
    let mut news = model
        .history
        .iter()
        .filter(is_driven)
        .filter(|run| !known.contains(&run.id));
    let Some(run) = news.next() else { return };
    let (id, name) = (run.id.clone(), model.summary_name(run));
    let Some(Watched::By(process)) = &run.watched else {
        return;
    };
    let is_free = match model.overlays.top() {
        None => is_back,
        Some(Overlay::Plan { .. }) => true,
        Some(_) => false,
    };
    if is_free && model.editor().is_none() && model.prompt.is_none() {
        return effects.push(Effect::ReadRun(id, Purpose::CarryOn));
    }
    let (list, watch) = (key(Action::History), key(Action::WatchRun));
    let text = format!("{process} drives run {name} now. {list} lists the runs, {watch} there watches it.");
    model.notify(Meaning::Warning, text);
}

/// Reads what became of the tasks of the runs in the list, as far as it is not known.
pub(super) fn read_records(model: &mut Model, effects: &mut Vec<Effect>) {
    let driven = model.run.as_ref().filter(|_| model.driver != Driver::Nobody);
    let missing = model.run_history.missing(&model.history, driven);
    model.run_history.gather();
    if !missing.is_empty() {
        model.run_history.is_reading = true;
        effects.push(Effect::ReadRecords(missing));
    }
}

/// Some records were read. The newest come first and tell the most: they are shown at once, the others together.
pub(super) fn on_records_read(model: &mut Model, records: Vec<RunRecord>) {
    let is_first = model.run_history.next.runs() == 0;
    model.run_history.take(records);
    if is_first {
        model.run_history.gather();
        model.count_former();
    } else {
        model.is_dirty = false;
    }
}

/// The last of them was read.
pub(super) fn on_records_done(model: &mut Model) {
    model.run_history.is_reading = false;
    model.run_history.gather();
    model.count_former();
}
