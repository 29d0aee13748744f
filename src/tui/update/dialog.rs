//! Questions before something is stopped or tried again, and what their answers do.

use crate::engine::Command;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay};
use crate::tui::plan::count;
use domain::command::RunCommand;
use domain::state::TaskState;
use domain::task::TaskKind;
use ratatui::crossterm::event::KeyCode;

/// Asks before a stop or a retry. The retry of a task that has ended for sure needs no question.
pub(super) fn ask(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let dialog = match action {
        Action::StopRun => stop_run(model),
        Action::StopTask => stop_task(model),
        _ => retry(model, effects),
    };
    if let Some(dialog) = dialog {
        model.overlay = Some(Overlay::Dialog(dialog));
    }
}

fn stop_run(model: &Model) -> Option<Dialog> {
    let run = model.live_run()?;
    let live: Vec<_> = run
        .pipelines()
        .filter(|task| task.state.holds_place())
        .map(|task| task.id.as_str())
        .collect();
    let waiting = run
        .tasks
        .iter()
        .filter(|task| !task.is_over() && !task.state.holds_place());
    let mut body = vec![format!(
        "Run {}: {} will be stopped, {} will not start.",
        run.id,
        count(live.len(), "live pipeline run"),
        count(waiting.count(), "other task")
    )];
    body.extend(live.iter().take(5).map(|task| format!("- {task}")));
    if live.len() > 5 {
        body.push(format!("- and {} more", live.len() - 5));
    }
    let yes = format!("stop {}", count(live.len(), "run"));
    Some(Dialog::new("Stop the whole run?", body, "let it run").or('y', yes, send(RunCommand::Stop)))
}

fn stop_task(model: &Model) -> Option<Dialog> {
    let task = model.driven_task()?;
    let mut body = vec![format!("{}, try {}.", task.id, task.tries.len().max(1))];
    match task.live_run() {
        Some(run) => body.push(format!("1 live pipeline run will be stopped: {run}.")),
        None => body.push("It has no live pipeline run, and will not start.".into()),
    }
    if task.state == TaskState::Unknown {
        body.push("Its end cannot be seen; it will not be waited for.".into());
    }
    if task.kind != TaskKind::Pipeline {
        body.push("The tasks after it will not run.".into());
    }
    let stop = send(RunCommand::StopTask(task.id.clone()));
    Some(Dialog::new("Stop this task?", body, "let it run").or('y', "stop 1 task", stop))
}

fn retry(model: &mut Model, effects: &mut Vec<Effect>) -> Option<Dialog> {
    let task = model.driven_task()?;
    if task.state != TaskState::Unknown {
        let id = task.id.clone();
        effects.push(Effect::Send(Command::Run(RunCommand::Retry {
            task: id.clone(),
            arguments: None,
        })));
        model.reply(format!("Another try of {id} was requested."));
        return None;
    }
    let body = vec![
        format!(
            "{}: its pipeline run cannot be seen and may still be live.",
            task.id
        ),
        "A second start may load the same rows twice.".into(),
    ];
    let retry = send(RunCommand::Retry {
        task: task.id.clone(),
        arguments: None,
    });
    Some(
        Dialog::new("Start again although it may be live?", body, "wait").or(
            'y',
            "start 1 task again",
            retry,
        ),
    )
}

/// Chooses the answer of a letter, if there is one.
pub(super) fn by_letter(model: &mut Model, key: Key, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Dialog(dialog)) = &mut model.overlay else {
        return false;
    };
    let (KeyCode::Char(letter), false, false) = (key.code, key.ctrl, key.alt) else {
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
    if let Some(Overlay::Dialog(dialog)) = &mut model.overlay {
        let answers = dialog.choices.len().max(1);
        dialog.selected = (dialog.selected + answers).saturating_add_signed(step) % answers;
    }
}

/// Chooses the selected answer.
pub(super) fn choose(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dialog(dialog)) = model.overlay.take() else {
        return;
    };
    match dialog.result() {
        DialogResult::Cancel => {}
        DialogResult::Send(command) => effects.push(Effect::Send(command)),
        DialogResult::StopAndLeave if model.live_run().is_some() => {
            model.is_leaving = true;
            effects.push(Effect::Send(Command::Run(RunCommand::Stop)));
        }
        DialogResult::Leave | DialogResult::StopAndLeave => effects.push(Effect::Leave),
    }
}

fn send(command: RunCommand) -> DialogResult {
    DialogResult::Send(Command::Run(command))
}
