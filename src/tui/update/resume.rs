//! Runs that have no end: the question whether to carry one on, to close it or to watch it, and what the answer does.

use super::{edits, navigation};
use crate::engine::Command;
use crate::tui::action::how_to_resume;
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::driver::{Awaited, Driver, Then};
use crate::tui::model::opened_run::{OpenedRun, Purpose};
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay, Premise};
use crate::tui::theme::Meaning;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::id::DagRunId;
use domain::run::Run;
use domain::summary::RunSummary;
use domain::time::Timestamp;
use domain::watched::Watched;

/// Reads the run that is selected in the list, to ask what becomes of it.
pub(super) fn inspect(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(run) = model.selected_former().map(|run| run.id.clone()) {
        effects.push(Effect::ReadRun(run, Purpose::CarryOn));
    }
}

/// Asks what becomes of a run, as it is by now.
pub(super) fn ask(model: &mut Model, opened: &OpenedRun) {
    match question(opened, &model.history, model.now, model.is_sandbox) {
        Some(dialog) => model.overlays.push(Overlay::Dialog(dialog)),
        None => model.reply(format!("Run {} is over by now.", model.run_name(&opened.run))),
    }
}

/// The question for a run without an end; nothing for one that is over. `known` are the runs of the list.
pub fn question(
    opened: &OpenedRun,
    known: &[RunSummary],
    now: Timestamp,
    is_sandbox: bool,
) -> Option<Dialog> {
    let run = &opened.run;
    let name = RunSummary::name_of(run.started, &run.request.profile, known, now);
    let dialog = match (opened.watched.as_ref()?, &opened.overtaken_by) {
        (Watched::By(process), _) => watch(run, &name, process),
        (unwatched, None) => carry_on(run, &name, unwatched, is_sandbox),
        (unwatched, Some(later)) => {
            let later_name = RunSummary::name_of(later.started, &later.profile, known, now);
            overtaken(run, &name, unwatched, later.overtakes_as(&later_name), is_sandbox)
        }
    };
    Some(dialog.while_true(premise(opened)))
}

/// What a question about a run of the journal rests on.
pub(super) fn premise(opened: &OpenedRun) -> Premise {
    Premise::Former {
        run: opened.run.id.clone(),
        watched: opened.watched.clone(),
    }
}

/// Whether the list of runs still says of a run what a question rests on: that it is over, who drives it, or that nobody
/// does. A run that the list does not have is not known better.
pub(super) fn is_still(model: &Model, run: &DagRunId, watched: Option<&Watched>) -> bool {
    let driver = |watched: Option<&Watched>| match watched {
        Some(Watched::By(process)) => Some(Some(process.clone())),
        Some(Watched::NotSince { .. }) => Some(None),
        None => None,
    };
    let known = model.history.iter().find(|known| known.id == *run);
    known.is_none_or(|known| driver(known.watched.as_ref()) == driver(watched))
}

fn watch(run: &Run, name: &str, process: &str) -> Dialog {
    let body = vec![
        format!("Run {name}: {process} drives it."),
        "Watching shows it here and changes nothing. It is stopped there.".into(),
    ];
    let (run, process) = (run.id.clone(), process.to_owned());
    let title = format!("Watch the run that {process} drives?");
    Dialog::new(title, body, "not now").or('w', "watch it", DialogResult::Watch { run, process })
}

fn carry_on(run: &Run, name: &str, unwatched: &Watched, is_sandbox: bool) -> Dialog {
    let live = run.live_pipelines();
    let body = vec![
        unfinished(name, unwatched),
        what_resuming_does(live, is_sandbox),
        what_closing_does(live, is_sandbox).into(),
    ];
    Dialog::new("Resume the unfinished run?", body, "not now")
        .or('y', "resume it", resume(run))
        .or('c', "close it", close(run))
}

/// Going on is not what is proposed.
fn overtaken(run: &Run, name: &str, unwatched: &Watched, overtakes: String, is_sandbox: bool) -> Dialog {
    let body = vec![
        overtakes,
        unfinished(name, unwatched),
        what_closing_does(run.live_pipelines(), is_sandbox).into(),
    ];
    Dialog::new("Close the overtaken run?", body, "not now")
        .or('c', "close it", close(run))
        .or('r', "a new run", DialogResult::Plan)
        .or('y', "resume it all the same", resume(run))
}

fn unfinished(name: &str, unwatched: &Watched) -> String {
    format!("Run {name} has not ended: {}.", unwatched.text())
}

fn resume(run: &Run) -> DialogResult {
    DialogResult::Tell {
        run: run.id.clone(),
        commands: Vec::new(),
    }
}

fn close(run: &Run) -> DialogResult {
    DialogResult::Send(Command::CloseRun(run.id.clone()))
}

fn what_resuming_does(live: usize, is_sandbox: bool) -> String {
    let first = match (live, is_sandbox) {
        (0, _) => "Resuming looks for its pipeline runs first and starts nothing twice.",
        (_, true) => "Its pipeline runs ended with the sandbox that ran them. Resuming writes that down.",
        (_, false) => {
            "Its pipeline runs may still be live in Data Fusion. Resuming looks them up first and starts nothing twice."
        }
    };
    format!("{first} What had not begun, or has a try left, begins then.")
}

const fn what_closing_does(live: usize, is_sandbox: bool) -> &'static str {
    match (live, is_sandbox) {
        (0, _) | (_, true) => "Closing it starts nothing more.",
        (_, false) => "Closing it stops what is live, and starts nothing more.",
    }
}

/// Has the engine take up a run, and then follow these commands.
pub(super) fn take_up(model: &mut Model, run: DagRunId, then: Vec<RunCommand>, effects: &mut Vec<Effect>) {
    effects.push(Effect::Send(Command::Resume(run.clone())));
    model.awaited = Some(Awaited {
        run,
        then: Then::Send(then),
    });
    model.overlays.clear();
    navigation::focus(model, Pane::Grid);
}

/// Has the engine follow the journal of a run that another process drives.
pub(super) fn follow(model: &mut Model, run: DagRunId, process: String, effects: &mut Vec<Effect>) {
    effects.push(Effect::Send(Command::Attach(run.clone())));
    model.awaited = Some(Awaited {
        run,
        then: Then::Watch(process),
    });
    model.overlays.clear();
    navigation::focus(model, Pane::Grid);
}

/// A run begins, or the engine has taken one up: who drives it.
pub(super) fn on_run_taken_up(model: &mut Model, run: &DagRunId) {
    let awaited = model.awaited.as_ref().filter(|awaited| awaited.run == *run);
    model.driver = match awaited.map(|awaited| &awaited.then) {
        Some(Then::Watch(process)) => Driver::Elsewhere(process.clone()),
        Some(Then::Send(_)) | None => Driver::Here,
    };
}

/// Sends what waited for a run that these events have brought.
pub(super) fn send_awaited(model: &mut Model, events: &[RunEvent], effects: &mut Vec<Effect>) {
    let taken = events.iter().find_map(|event| match &event.fact {
        Fact::RunStarted { run, .. } => Some(run),
        _ => None,
    });
    let Some(awaited) = taken.and_then(|run| model.awaited.take_if(|awaited| awaited.run == *run)) else {
        return;
    };
    if let Then::Send(commands) = awaited.then {
        effects.extend(RunCommand::together(commands).map(Command::Run).map(Effect::Send));
    }
}

/// The process that drove the watched run has gone before its end.
pub(super) fn on_unwatched(model: &mut Model, run: &DagRunId, since: Timestamp) {
    let Some(watched) = model.run.as_ref().filter(|watched| watched.id == *run) else {
        return;
    };
    let live = watched.live_pipelines();
    let mut summary = RunSummary::new(watched);
    summary.watched = Some(Watched::NotSince { since, live });
    model.driver = Driver::Nobody;
    model.replace_former(&summary);
    let text = format!(
        "The process that drove run {} has gone before its end. {}",
        model.name_of_id(run),
        how_to_resume()
    );
    model.notify(Meaning::Warning, text);
}

/// Sends commands to a run: at once if the engine has it, else once it has taken it up.
pub(super) fn tell(model: &mut Model, run: DagRunId, commands: Vec<RunCommand>, effects: &mut Vec<Effect>) {
    edits::go_with_retry(model, &commands);
    let known = model.run.as_ref().filter(|_| model.driver == Driver::Here);
    if known.is_some_and(|known| known.id == run) {
        effects.extend(RunCommand::together(commands).map(Command::Run).map(Effect::Send));
    } else {
        take_up(model, run, commands, effects);
    }
}
