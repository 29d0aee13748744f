//! Holds back what changes something outside of the screen: all of it in a read-only profile, until a name is typed in a
//! protected one, and a stop for some seconds in any.
//!
//! Every effect passes here, whatever key, question or pointer it comes from, so that no way around it can be forgotten.

use crate::engine::Command;
use crate::tui::action::{Action, key};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::guard::{Confirmation, Grace};
use crate::tui::model::overlay::Overlay;
use domain::command::RunCommand;
use domain::handling::Handling;
use domain::id::TaskId;
use domain::summary::RunSummary;

/// Lets the effects of an input pass, or holds them back.
pub(super) fn hold(model: &mut Model, effects: &mut Vec<Effect>) {
    let guard = model.preferences.guard;
    let mut confirmed = take_confirmed(model);
    if guard.is_read_only && effects.iter().any(|effect| reach(effect) != Reach::Screen) {
        effects.retain(|effect| reach(effect) == Reach::Screen);
        undo(model);
        model.reply(model.read_only_reason());
    } else if guard.is_protected && effects.iter().any(changes) {
        let (held, others) = std::mem::take(effects).into_iter().partition(changes);
        *effects = others;
        let confirmation = confirmation(model, held);
        model.overlays.push(Overlay::Confirmation(Box::new(confirmation)));
    } else {
        hold_stop(model, effects);
    }
    hold_stop(model, &mut confirmed);
    effects.append(&mut confirmed);
}

/// What has waited for a name that is typed now.
fn take_confirmed(model: &mut Model) -> Vec<Effect> {
    match model.overlays.top_mut() {
        Some(Overlay::Confirmation(confirmation)) if confirmation.is_confirmed => {
            let held = std::mem::take(&mut confirmation.held);
            model.overlays.pop();
            held
        }
        _ => Vec::new(),
    }
}

/// If what was typed is the name, the effects leave.
pub(super) fn confirm(model: &mut Model) {
    let Some(Overlay::Confirmation(confirmation)) = model.overlays.top_mut() else {
        return;
    };
    confirmation.is_confirmed = confirmation.editor.text() == confirmation.name;
    if !confirmation.is_confirmed {
        let fault = format!("This is not {}.", confirmation.name);
        confirmation.editor.fault = Some(fault);
    }
}

/// The name is not typed: nothing is done.
pub(super) fn decline(model: &mut Model) {
    model.overlays.pop();
    undo(model);
    model.reply("Nothing was done.");
}

/// What was set up for effects that do not leave.
fn undo(model: &mut Model) {
    model.awaited = None;
    model.is_leaving = false;
}

fn confirmation(model: &Model, held: Vec<Effect>) -> Confirmation {
    let command = held.iter().find_map(|effect| match effect {
        Effect::Send(command) => Some(command),
        _ => None,
    });
    let variables = &model.variables.working;
    let table = RunSummary::table_of(variables);
    let (what, of_table) = match command {
        Some(Command::Start(request)) if request.empties_output() => {
            (format!("The run empties {table} and fills it."), true)
        }
        Some(Command::Start(request)) if !request.variables.has_output_table() => {
            (format!("The run starts the {table}."), true)
        }
        Some(Command::Start(_)) => (format!("The run fills {table}."), true),
        Some(Command::Resume(run)) => (format!("Run {run} goes on."), false),
        Some(Command::CloseRun(run)) => (
            format!("Run {run} is closed; what lives of it is stopped."),
            false,
        ),
        Some(Command::Run(command)) if is_stop(command) => (format!("Stops {}.", stopped(command)), false),
        Some(Command::Mark { tasks, handling, .. }) => (marked(tasks, handling), false),
        _ => ("Something is started.".to_owned(), false),
    };
    let name = Some(variables.bq_output_table.as_str()).filter(|table| of_table && !table.is_empty());
    let (name, kind) = match name {
        Some(table) => (table.to_owned(), "the output table"),
        None => (model.profile.clone(), "the profile"),
    };
    let body = vec![
        format!("The profile {} is protected.", model.profile),
        what,
        format!("Type {name}, the name of {kind}, and {}.", key(Action::Commit)),
    ];
    Confirmation {
        name,
        body,
        editor: Editor::new(""),
        held,
        is_confirmed: false,
    }
}

/// How far an effect reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// What is shown, what is remembered of this screen, what is read.
    Screen,
    /// The profile.
    Profile,
    /// It starts, stops or empties something, or is written where others read it.
    World,
}

/// How far an effect reaches. Each has to be named: a new one must not pass because nobody thought of it.
const fn reach(effect: &Effect) -> Reach {
    match effect {
        Effect::Send(command) => match command {
            Command::Start(_)
            | Command::Resume(_)
            | Command::Supply(_)
            | Command::CloseRun(_)
            | Command::Activate(..)
            | Command::Run(_)
            | Command::Mark { .. } => Reach::World,
            Command::Attach(_)
            | Command::ReadConfiguration(_)
            | Command::Examine { .. }
            | Command::JudgeActivation { .. }
            | Command::Focus(_)
            | Command::Close
            | Command::CloseWithLogs => Reach::Screen,
        },
        Effect::SaveVariables(_) => Reach::Profile,
        Effect::KeepEdits(_)
        | Effect::ReadLog(_)
        | Effect::ReadRun(..)
        | Effect::ReadHistory
        | Effect::ReadRecords(_)
        | Effect::OpenPage(_)
        | Effect::Copy { .. }
        | Effect::TakeLog(..)
        | Effect::ShowOutside(_)
        | Effect::AskGround
        | Effect::Tell(_)
        | Effect::CaptureMouse(_)
        | Effect::Redraw
        | Effect::Suspend
        | Effect::SwitchProfile(_)
        | Effect::Leave => Reach::Screen,
    }
}

fn changes(effect: &Effect) -> bool {
    reach(effect) == Reach::World
}

/// Keeps a stop for some seconds. One that the program ends with is not kept: that question was its own.
fn hold_stop(model: &mut Model, effects: &mut Vec<Effect>) {
    let grace = model.preferences.stop_grace;
    if grace.is_zero() || model.is_leaving || model.live_run().is_none() {
        return;
    }
    let is_held = |effect: &Effect| matches!(effect, Effect::Send(Command::Run(command)) if is_stop(command));
    let Some(place) = effects.iter().position(is_held) else {
        return;
    };
    if let Effect::Send(Command::Run(command)) = effects.remove(place) {
        // A stop that waits already leaves with the next one.
        let command = match model.grace.take().map(|waiting| waiting.command) {
            Some(Command::Run(before)) if before != command => {
                let parts = before.parts().iter().chain(command.parts());
                RunCommand::Several(parts.cloned().collect())
            }
            _ => command,
        };
        model.grace = Some(Grace {
            until: model.now + grace,
            ticks: grace.as_secs(),
            what: stopped(&command),
            key: if command.parts().contains(&RunCommand::Stop) {
                Action::StopRun
            } else {
                Action::StopTask
            },
            command: Command::Run(command),
        });
    }
}

/// A second has passed.
pub(super) fn tick(model: &mut Model) {
    if let Some(grace) = &mut model.grace {
        grace.ticks = grace.ticks.saturating_sub(1);
    }
}

/// Sends a stop whose time is over; forgets one that has nothing left to stop.
pub(super) fn on_time(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(grace) = &model.grace else { return };
    let is_due = grace.until <= model.now || grace.ticks == 0;
    if model.live_run().is_none() {
        model.grace = None;
    } else if is_due {
        let waiting = model.grace.take();
        effects.extend(waiting.map(|grace| Effect::Send(grace.command)));
    }
}

/// The key that stops is pressed once more: the stop that waits leaves at once, if it is for the same. Whether it is.
pub(super) fn is_again(model: &mut Model, action: Action) -> bool {
    let selected = model
        .selected_task()
        .map(|task| RunCommand::StopTask(task.id.clone()));
    let Some(grace) = &mut model.grace else {
        return false;
    };
    let is_same = match &grace.command {
        Command::Run(command) if action == Action::StopTask => {
            selected.is_some_and(|selected| command.parts().contains(&selected))
        }
        _ => grace.key == action,
    };
    if is_same {
        grace.ticks = 0;
    }
    is_same
}

/// Takes the stop back that waits. Whether there was one.
pub(super) fn keep_running(model: &mut Model) -> bool {
    match model.grace.take() {
        Some(grace) => {
            model.reply(format!("Nothing was stopped: {} goes on.", grace.what));
            true
        }
        None => false,
    }
}

fn is_stop(command: &RunCommand) -> bool {
    let mut parts = command.parts().iter();
    parts.all(|part| matches!(part, RunCommand::Stop | RunCommand::StopTask(_)))
}

fn marked(tasks: &[TaskId], handling: &Handling) -> String {
    let which = match tasks {
        [only] => only.to_string(),
        several => format!("{} tasks", several.len()),
    };
    match handling {
        Handling::Done { .. } => format!("Marks {which} as handled by a person."),
        Handling::TakenBack => format!("Marks {which} as not handled."),
    }
}

/// What a stop ends, in words.
fn stopped(command: &RunCommand) -> String {
    match command.parts() {
        [RunCommand::StopTask(task)] => task.to_string(),
        parts if parts.contains(&RunCommand::Stop) => "the whole run".into(),
        parts => format!("{} tasks", parts.len()),
    }
}
