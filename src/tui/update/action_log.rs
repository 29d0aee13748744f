//! Notes in the action log what a person has asked for, with the command of the shell that does the same. No value of an
//! argument is in it.

use crate::engine::Command;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::action_log::Deed;
use crate::tui::plan::count;
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::draft::KeptChange;
use domain::handling::Handling;
use domain::id::{DagRunId, TaskId};
use domain::request::RunRequest;
use domain::shell;
use domain::variable::VariableName;

/// Notes what is asked for by these effects.
pub(super) fn note(model: &mut Model, effects: &[Effect]) {
    for effect in effects {
        let deeds = match effect {
            Effect::Send(command) => of_command(model, command),
            Effect::SaveVariables(changes) => {
                let names: Vec<_> = changes.iter().map(|(name, _)| name.as_str()).collect();
                let profile = &model.profile;
                vec![(
                    format!("Save {} in the profile {profile}.", names.join(", ")),
                    None,
                )]
            }
            Effect::KeepEdits(KeptChange::Save(name, _)) => vec![(format!("Save the preset {name}."), None)],
            Effect::KeepEdits(KeptChange::Forget(name)) => vec![(format!("Forget the preset {name}."), None)],
            _ => Vec::new(),
        };
        for (words, command) in deeds {
            let at = model.now;
            model.action_log.add(at, Deed::Asked { words, command });
        }
    }
}

type Noted = (String, Option<String>);

fn of_command(model: &Model, command: &Command) -> Vec<Noted> {
    let of_run = |word: &str, run: &DagRunId| Some(downbeat(model, &format!("{word} {run}")));
    match command {
        Command::Start(request) => vec![start(model, request)],
        Command::Resume(run) => vec![(format!("Resume the run {run}."), of_run("resume", run))],
        Command::CloseRun(run) => vec![(format!("Close the run {run}."), None)],
        Command::Attach(run) => vec![(format!("Watch the run {run}."), of_run("attach", run))],
        Command::Run(command) => {
            let parts = command.parts().iter();
            parts.map(|part| of_run_command(model, part)).collect()
        }
        Command::Activate(_, activation) => {
            let word = if activation.active {
                "Activate"
            } else {
                "Deactivate"
            };
            vec![(
                format!("{word} the row {} in {}.", activation.row, activation.place.table),
                None,
            )]
        }
        Command::Mark { run, tasks, handling } => vec![mark(model, run, tasks, handling)],
        Command::Supply(_)
        | Command::JudgeActivation { .. }
        | Command::ReadConfiguration(_)
        | Command::Examine { .. }
        | Command::Focus(_)
        | Command::Close
        | Command::CloseWithLogs => Vec::new(),
    }
}

fn mark(model: &Model, run: &DagRunId, tasks: &[TaskId], handling: &Handling) -> Noted {
    let words: Vec<_> = tasks.iter().map(|task| shell::word(task.as_str())).collect();
    let how = match handling {
        Handling::Done { note: Some(note) } => format!(" --note {}", shell::word(note)),
        Handling::Done { note: None } => String::new(),
        Handling::TakenBack => " --not-handled".into(),
    };
    // A run that goes on belongs to the process that drives it.
    let is_over = model.live_run().is_none_or(|live| live.id != *run);
    let command = is_over.then(|| downbeat(model, &format!("mark {run} {}{how}", words.join(" "))));
    let names: Vec<_> = tasks.iter().map(TaskId::as_str).collect();
    let names = names.join(", ");
    let words = match handling {
        Handling::Done { note: Some(note) } => format!("Mark {names} of the run {run} as handled: {note}"),
        Handling::Done { note: None } => format!("Mark {names} of the run {run} as handled."),
        Handling::TakenBack => format!("Mark {names} of the run {run} as not handled."),
    };
    (words, command)
}

fn start(model: &Model, request: &RunRequest) -> Noted {
    let mut command = "run".to_owned();
    let is_list = VariableName::CdfPipelineRunArguments;
    let changes = model.variables.changes().into_iter();
    for (name, text) in changes.filter(|(name, _)| *name != is_list) {
        command = format!("{command} --set {name}={}", shell::word(&text));
    }
    for row in &request.only {
        command = format!("{command} --only {}", shell::word(&row.to_string()));
    }
    let edited = match request.edits.len() {
        0 => String::new(),
        rows => format!(
            ", with edited arguments of {} (no option gives these)",
            count(rows, "row")
        ),
    };
    let pipeline = &request.variables.cdf_pipeline_name;
    (
        format!("Start a run of {pipeline}{edited}."),
        Some(downbeat(model, &command)),
    )
}

fn of_run_command(model: &Model, command: &RunCommand) -> Noted {
    let run = model
        .shown_run()
        .map(|run| run.id.to_string())
        .unwrap_or_default();
    let retry = |task: &TaskId, given: Option<&RuntimeArguments>| {
        let names: Vec<_> = given
            .into_iter()
            .flat_map(RuntimeArguments::iter)
            .map(|(name, _)| name)
            .collect();
        let (words, file) = if names.is_empty() {
            (String::new(), "")
        } else {
            (
                format!(", with the arguments {}", names.join(", ")),
                " --args @FILE",
            )
        };
        let command = format!("retry {run} {}{file}", shell::word(task.as_str()));
        (
            format!("Try {task} again{words}."),
            Some(downbeat(model, &command)),
        )
    };
    match command {
        RunCommand::Stop => (format!("Stop the run {run}."), None),
        RunCommand::StopTask(task) => (format!("Stop {task} of the run {run}."), None),
        RunCommand::Retry { task, arguments } => retry(task, arguments.as_ref()),
        RunCommand::GiveArguments { task, arguments } => retry(task, Some(arguments)),
        RunCommand::RetryAll => (
            "Try all tasks again that did not succeed.".into(),
            Some(downbeat(model, &format!("retry {run}"))),
        ),
        RunCommand::Mark { tasks, handling } => match model.shown_run() {
            Some(run) => mark(model, &run.id, tasks, handling),
            None => (String::new(), None),
        },
        // Its parts were noted one by one.
        RunCommand::Several(_) => (format!("Several commands to the run {run}."), None),
    }
}

/// The command with the profile in front.
fn downbeat(model: &Model, rest: &str) -> String {
    let profile = if model.is_sandbox {
        String::new()
    } else {
        format!(" --profile {}", shell::word(&model.profile))
    };
    format!("downbeat{profile} {rest}")
}
