//! Questions before something is stopped, and what the answers of all questions do.

use super::{copy, drafts, handling, leaving, log_extract, marks, profiles, resume, subject};
use crate::engine::Command;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::model::marks::is_stoppable;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay, Premise};
use crate::tui::plan::count;
use domain::command::RunCommand;
use domain::id::TaskId;
use domain::state::TaskState;
use domain::task::{Task, TaskKind};
use ratatui::crossterm::event::KeyCode;
use std::collections::BTreeSet;

/// Asks before a stop.
pub(super) fn ask(model: &mut Model, action: Action) {
    let dialog = match action {
        Action::StopRun => stop_run(model),
        _ => match model.marked_tasks() {
            marked if marked.is_empty() => model.driven_task().and_then(|task| stop_task(model, &task.id)),
            marked => stop_tasks(model, &marked),
        },
    };
    if let Some(dialog) = dialog {
        model.overlays.push(Overlay::Dialog(dialog));
    }
}

/// The question whether to stop the live run, if there is one.
pub(super) fn stop_run(model: &Model) -> Option<Dialog> {
    let run = model.live_run()?;
    let live: Vec<_> = run
        .pipelines()
        .filter(|task| task.state.holds_place())
        .map(|task| &task.id)
        .collect();
    let waiting = run
        .tasks
        .iter()
        .filter(|task| !task.is_over() && !task.state.holds_place());
    let mut body = vec![format!(
        "Run {}: {} will be stopped, {} will not start.",
        model.run_name(run),
        count(live.len(), "live pipeline run"),
        count(waiting.count(), "other task")
    )];
    body.extend(subject::named(live.iter().copied()));
    let yes = match live.len() {
        0 => "stop it".to_owned(),
        live => format!("stop {}", count(live, "run")),
    };
    let dialog = Dialog::new("Stop the whole run?", body, "let it run").while_true(Premise::StopsRun);
    Some(dialog.or('y', yes, send(RunCommand::Stop)))
}

/// The question whether to stop this task of it, if it is not over.
pub(super) fn stop_task(model: &Model, id: &TaskId) -> Option<Dialog> {
    let task = model.live_run()?.task(id).filter(|task| !task.is_over())?;
    let name = model.run_name(model.live_run()?);
    let mut body = vec![format!("Run {name}, try {}.", task.tries.len().max(1))];
    match task.live_run() {
        Some(_) => body.push("1 live pipeline run will be stopped.".into()),
        None => body.push("It has no live pipeline run, and will not start.".into()),
    }
    if task.state == TaskState::Unknown {
        body.push("Its end cannot be seen; it will not be waited for.".into());
    }
    if task.kind != TaskKind::Pipeline {
        body.push("The tasks after it will not run.".into());
    }
    let stop = send(RunCommand::StopTask(task.id.clone()));
    let dialog = Dialog::new(format!("Stop {}?", task.id), body, "let it run");
    let dialog = dialog.while_true(Premise::StopsTask(task.id.clone()));
    Some(dialog.or('y', "stop 1 task", stop))
}

/// The question whether to stop these tasks of it, as far as they are not over.
pub(super) fn stop_tasks(model: &Model, ids: &BTreeSet<TaskId>) -> Option<Dialog> {
    let run = model.live_run()?;
    let is_wanted = |task: &&Task| ids.contains(&task.id) && is_stoppable(task);
    let tasks: Vec<_> = run.tasks.iter().filter(is_wanted).collect();
    let live = tasks.iter().filter(|task| task.state.holds_place()).count();
    let number = count(tasks.len(), "task");
    let mut body = vec![format!(
        "{number} will be stopped, with {}; what has not begun will not start:",
        count(live, "live pipeline run")
    )];
    body.extend(subject::named(tasks.iter().map(|task| &task.id)));
    let over = ids.len().saturating_sub(tasks.len());
    if over > 0 {
        let others = count(over, "marked task");
        body.push(format!(
            "{others} left alone: over already, or nothing that can be stopped."
        ));
    }
    body.extend(subject::hidden(model));
    if tasks.iter().any(|task| task.kind != TaskKind::Pipeline) {
        body.push("truncate_table is among them: the tasks after it will not run.".into());
    }
    let stops = tasks.iter().map(|task| RunCommand::StopTask(task.id.clone()));
    let command = RunCommand::together(stops.collect())?;
    let dialog = Dialog::new(format!("Stop {number}?"), body, "let them run");
    let dialog = dialog.while_true(Premise::StopsTasks(ids.clone()));
    Some(dialog.or('y', format!("stop {number}"), send(command)))
}

/// Chooses the answer of a letter, if there is one.
pub(super) fn by_key(model: &mut Model, key: Key, effects: &mut Vec<Effect>) -> bool {
    match (key.code, key.ctrl, key.alt) {
        (KeyCode::Char(letter), false, false) => by_letter(model, letter, effects),
        _ => false,
    }
}

/// The same, with the letter alone.
pub(super) fn by_letter(model: &mut Model, letter: char, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Dialog(dialog)) = model.overlays.top_mut() else {
        return false;
    };
    let Some(place) = dialog.choices.iter().position(|choice| choice.key == letter) else {
        return false;
    };
    dialog.selected = place;
    choose(model, effects);
    true
}

/// Selects another answer.
pub(super) fn step(model: &mut Model, step: isize) {
    if let Some(Overlay::Dialog(dialog)) = model.overlays.top_mut() {
        let answers = dialog.choices.len().max(1);
        dialog.selected = (dialog.selected + answers).saturating_add_signed(step) % answers;
    }
}

/// Chooses the selected answer.
pub(super) fn choose(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dialog(dialog)) = model.overlays.pop() else {
        return;
    };
    let is_of_marked = matches!(
        dialog.premise,
        Premise::StopsTasks(_) | Premise::RetriesThese(_) | Premise::Handling(_)
    );
    if is_of_marked && dialog.result() != DialogResult::Cancel {
        marks::clear_tasks(model);
    }
    match dialog.result() {
        DialogResult::Cancel => {}
        DialogResult::Send(command) => effects.push(Effect::Send(command)),
        DialogResult::Tell { run, commands } => resume::tell(model, run, commands, effects),
        DialogResult::AskNote { run, tasks } => handling::ask_note(model, run, tasks),
        DialogResult::Copy { what, text } => copy::copy(model, what, &text, effects),
        DialogResult::Log(errand) => log_extract::run(model, errand, effects),
        DialogResult::Plan => {
            model.former_run = None;
            model.overlays.push(Overlay::Plan { top: 0 });
        }
        DialogResult::Watch { run, process } => resume::follow(model, run, process, effects),
        DialogResult::StopAndLeave if model.live_run().is_some() => {
            model.is_leaving = true;
            effects.push(Effect::Send(Command::Run(RunCommand::Stop)));
        }
        DialogResult::Leave => {
            model.discards_edits = true;
            effects.push(Effect::Leave);
        }
        DialogResult::StopAndLeave => effects.push(Effect::Leave),
        DialogResult::SwitchProfile(name) => profiles::switch(model, name, effects),
        DialogResult::SaveAndLeave => leaving::save_and_leave(model, effects),
        DialogResult::TakeDraft => drafts::take(model, effects),
        DialogResult::DropDraft => drafts::forget(model, effects),
    }
}

fn send(command: RunCommand) -> DialogResult {
    DialogResult::Send(Command::Run(command))
}
