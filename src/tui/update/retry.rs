//! Retries: of one task or of all that did not succeed, in the run of this session or in a former one, with the
//! arguments as they were or with those of the form.

use super::{arguments, resume, subject};
use crate::tui::action::{Action, key};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::opened_run::{OpenedRun, Purpose};
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay, Premise};
use crate::tui::plan::count;
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::id::TaskId;
use domain::plan::{ArgumentSource, Plan, compare};
use domain::run::Run;
use domain::state::TaskState;
use domain::task::{Task, TaskKind};
use std::collections::BTreeSet;

/// How many changes of the form a question names.
const NAMED: usize = 5;

/// Which tasks a question is about.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    One(&'a TaskId),
    These(&'a BTreeSet<TaskId>),
    All,
}

impl Wanted<'_> {
    /// The tasks that can be tried again. One that cannot be seen is not over, and is tried again only by its name.
    fn tasks<'a>(&self, run: &'a Run) -> Vec<&'a Task> {
        let is_named = |task: &Task| match self {
            Self::One(id) => task.id == **id,
            Self::These(ids) => ids.contains(&task.id),
            Self::All => task.handled().is_none(),
        };
        let mut tasks: Vec<_> = run.retryable().filter(|task| is_named(task)).collect();
        if !matches!(self, Self::All) {
            let known: BTreeSet<_> = tasks.iter().map(|task| &task.id).collect();
            let unseen = run.tasks.iter().filter(|task| task.state == TaskState::Unknown);
            let unseen = unseen.filter(|task| is_named(task) && !known.contains(&task.id));
            let unseen: Vec<_> = unseen.collect();
            tasks.extend(unseen);
        }
        tasks
    }

    fn premise(self) -> Premise {
        match self {
            Self::One(id) => Premise::Retries(Some(id.clone())),
            Self::These(ids) => Premise::RetriesThese(ids.clone()),
            Self::All => Premise::Retries(None),
        }
    }
}

/// Asks before these tasks are tried again, in the run of this session or in a former one.
pub(super) fn these(model: &mut Model, tasks: &BTreeSet<TaskId>, effects: &mut Vec<Effect>) {
    let Some(run) = model.shown_run() else { return };
    if !model.shows_driven_run() {
        let purpose = Purpose::RetryThese(tasks.clone());
        return effects.push(Effect::ReadRun(run.id.clone(), purpose));
    }
    match still(model, Wanted::These(tasks)) {
        Some(question) => model.overlays.push(Overlay::Dialog(question)),
        None => model.reply("None of these tasks can be tried again: they are not over, or they succeeded."),
    }
}

/// Asks before the task is tried again: that starts a pipeline run.
pub(super) fn one(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some((run, task)) = model.shown_run().zip(model.aimed_task()) else {
        return;
    };
    if !model.shows_driven_run() {
        let (run, purpose) = (run.id.clone(), Purpose::Retry(task.id.clone()));
        return effects.push(Effect::ReadRun(run, purpose));
    }
    if let Some(form) = arguments::asked(model, task) {
        model.overlays.push(Overlay::Arguments(Box::new(form)));
        return;
    }
    let changes = Changes::new(model, run, [task]);
    let wanted = Wanted::One(&task.id);
    let question = question(run, &[task], changes, wanted).while_true(wanted.premise());
    model.overlays.push(Overlay::Dialog(question));
}

/// The question for these tasks of the run of this session, as they are now; nothing if there is nothing to try again any
/// more.
pub(super) fn still(model: &Model, wanted: Wanted<'_>) -> Option<Dialog> {
    let run = model.run.as_ref().filter(|_| model.shows_driven_run())?;
    let tasks = wanted.tasks(run);
    let changes = Changes::new(model, run, tasks.iter().copied());
    let mut question = (!tasks.is_empty()).then(|| question(run, &tasks, changes, wanted))?;
    if matches!(wanted, Wanted::These(_)) {
        question.body.extend(subject::hidden(model));
    }
    Some(question.while_true(wanted.premise()))
}

/// Asks before all tasks that did not succeed are tried again.
pub(super) fn all(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(run) = model.shown_run() else { return };
    if !model.shows_driven_run() {
        return effects.push(Effect::ReadRun(run.id.clone(), Purpose::RetryAll));
    }
    if let Some(question) = still(model, Wanted::All) {
        model.overlays.push(Overlay::Dialog(question));
    }
}

/// Asks before tasks of a former run are tried again. The run is as it is by now.
pub(super) fn ask_for_former(model: &mut Model, opened: &OpenedRun, wanted: Wanted<'_>) {
    let run = &opened.run;
    if !run.state.is_end() {
        return model.reply(format!(
            "Run {} goes on by now. {} lists it.",
            model.run_name(run),
            key(Action::History)
        ));
    }
    let tasks: Vec<_> = match wanted {
        Wanted::One(id) => run.task(id).into_iter().collect(),
        _ => wanted.tasks(run),
    };
    if tasks.is_empty() {
        return model.reply("None of these tasks can be tried again: they succeeded.");
    }
    if let [task] = tasks[..]
        && let Some(form) = arguments::asked(model, task)
    {
        model.overlays.push(Overlay::Arguments(Box::new(form)));
        return;
    }
    let changes = Changes::new(model, run, tasks.iter().copied());
    let mut question = question(run, &tasks, changes, wanted).while_true(resume::premise(opened));
    let first = format!("A former run, {}, goes on with it.", model.run_name(run));
    question.body.insert(0, first);
    if let Some(later) = &opened.overtaken_by {
        question.body.push(later.overtakes_as(&model.summary_name(later)));
        question = question.or('r', "a new run", DialogResult::Plan);
    }
    model.overlays.push(Overlay::Dialog(question));
}

/// The arguments that the form gives to tasks where they differ from those of the last try.
struct Changes {
    tasks: Vec<(TaskId, RuntimeArguments)>,
    /// What changed, in one sentence for each task.
    words: Vec<String>,
}

impl Changes {
    fn new<'a>(model: &Model, run: &Run, tasks: impl IntoIterator<Item = &'a Task>) -> Self {
        let (mut changed, mut words) = (Vec::new(), Vec::new());
        let form = form_arguments(model, run);
        // What was edited for this run only is not taken back by a row that was never changed.
        let keeps = |task: &&Task| {
            run.request.edits.contains_key(&task.id) && !model.configuration.edits.contains_key(&task.id)
        };
        let pipelines = tasks.into_iter().filter(|task| task.kind == TaskKind::Pipeline);
        for task in pipelines.filter(|task| !keeps(task)) {
            let given = form.iter().find(|(id, _)| *id == task.id);
            if let Some((id, given)) = given.filter(|(_, given)| *given != task.arguments) {
                changed.push((id.clone(), given.clone()));
                words.push(format!("{id}: {}.", differences(model, task, given)));
            }
        }
        Self {
            tasks: changed,
            words,
        }
    }
}

/// What a run of this request would give to its pipelines by the form and the table as they are now; by the table that it
/// read, if there is no newer one.
fn form_arguments(model: &Model, run: &Run) -> Vec<(TaskId, RuntimeArguments)> {
    let mut request = run.request.clone();
    request.edits.clone_from(&model.configuration.edits);
    let read = model.configuration.current().or(run.configuration.as_ref());
    let mut plan = Plan::new(request, read);
    plan.pass(&run.passed);
    let pipelines = plan.into_pipelines().into_iter();
    pipelines
        .map(|planned| (planned.task, planned.arguments))
        .collect()
}

/// The names of what differs, not the values: some are secrets.
fn differences(model: &Model, task: &Task, given: &RuntimeArguments) -> String {
    let lines = compare(Some(&task.arguments), given, model.secrets.names());
    let of = |wanted: ArgumentSource, word: &str| {
        let names: Vec<_> = lines
            .iter()
            .filter(|line| line.source == wanted)
            .map(|line| line.name)
            .collect();
        (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")))
    };
    let parts = [
        of(ArgumentSource::Edited, "changes"),
        of(ArgumentSource::Added, "adds"),
        of(ArgumentSource::Removed, "leaves out"),
    ];
    format!(
        "the form {}",
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    )
}

fn question(run: &Run, tasks: &[&Task], changes: Changes, wanted: Wanted<'_>) -> Dialog {
    let number = count(tasks.len(), "task");
    let mut body = Vec::new();
    if let [task] = tasks {
        body.push(format!("{}, try {}.", task.id, task.tries.len() + 1));
    } else {
        body.push(format!("{number} did not succeed:"));
        body.extend(subject::named(tasks.iter().map(|task| &task.id)));
    }
    if matches!(wanted, Wanted::All) {
        body.extend(run.left_alone());
    }
    let again = tasks.iter().filter(|task| task.handled().is_some()).count();
    if let Some(words) = (again > 0).then(|| count(again, "task")) {
        body.push(format!(
            "{words} handled by a person: what was loaded by hand may be loaded twice."
        ));
    }
    let unseen = tasks
        .iter()
        .filter(|task| task.state == TaskState::Unknown)
        .count();
    if unseen > 0 {
        let runs = count(unseen, "pipeline run");
        body.push(format!(
            "{runs} cannot be seen and may still be live: a second start may load the same rows twice."
        ));
    }
    let hidden = changes.words.len().saturating_sub(NAMED);
    body.extend(changes.words.into_iter().take(NAMED));
    if hidden > 0 {
        body.push(format!("The form changes {} more.", count(hidden, "task")));
    }
    let each = |left_out: &[(TaskId, RuntimeArguments)]| -> Vec<RunCommand> {
        let given: BTreeSet<_> = left_out.iter().map(|(id, _)| id).collect();
        let rest = tasks.iter().filter(|task| !given.contains(&task.id));
        rest.map(|task| plain(&task.id)).collect()
    };
    let others = match wanted {
        Wanted::All => vec![RunCommand::RetryAll],
        Wanted::One(_) | Wanted::These(_) => each(&changes.tasks),
    };
    let plain = match wanted {
        Wanted::All => vec![RunCommand::RetryAll],
        Wanted::One(_) | Wanted::These(_) => each(&[]),
    };
    let tell = |commands| DialogResult::Tell {
        run: run.id.clone(),
        commands,
    };
    let title = if unseen > 0 {
        "Start again although it may be live?".to_owned()
    } else {
        format!("Try {number} again?")
    };
    let dialog = Dialog::new(title, body, "not now");
    if changes.tasks.is_empty() {
        return dialog.or('y', format!("retry {number}"), tell(plain));
    }
    let given = changes
        .tasks
        .into_iter()
        .map(|(task, arguments)| RunCommand::Retry {
            task,
            arguments: Some(arguments),
        });
    let mut with_form: Vec<_> = given.collect();
    with_form.extend(others);
    dialog
        .or('y', "retry with the form's arguments", tell(with_form))
        .or('o', "with the old ones", tell(plain))
}

fn plain(task: &TaskId) -> RunCommand {
    RunCommand::Retry {
        task: task.clone(),
        arguments: None,
    }
}
