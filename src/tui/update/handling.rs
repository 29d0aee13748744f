//! What a person says of tasks that ended without success: that they were dealt with outside, or that they were not after
//! all. It is asked first, because lists and retries go by it. No task and no run changes its state by it.

use super::subject;
use crate::engine::Command;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay, Premise};
use crate::tui::model::prompt::{Prompt, PromptPurpose, PromptStep};
use crate::tui::plan::count;
use domain::handling::Handling;
use domain::id::{DagRunId, TaskId};
use domain::task::Task;
use std::collections::BTreeSet;

/// Asks what is said of the marked tasks, or of the selected one.
pub(super) fn ask(model: &mut Model) {
    let marked = model.marked_tasks();
    let selected = || model.aimed_task().map(|task| BTreeSet::from([task.id.clone()]));
    let tasks = (!marked.is_empty()).then_some(marked).or_else(selected);
    if let Some(question) = tasks.and_then(|tasks| still(model, &tasks)) {
        model.overlays.push(Overlay::Dialog(question));
    }
}

/// The question for these tasks of the shown run, as they are now; nothing if it fits none of them any more.
pub(super) fn still(model: &Model, ids: &BTreeSet<TaskId>) -> Option<Dialog> {
    let run = model.shown_run()?;
    let named = run.tasks.iter().filter(|task| ids.contains(&task.id));
    let tasks: Vec<_> = named.filter(|task| task.can_be_handled()).collect();
    let (first, handled) = (
        tasks.first()?,
        tasks.iter().filter(|task| task.handled().is_some()),
    );
    let handled = handled.count();
    let open = tasks.len() - handled;
    let mut body = match tasks.as_slice() {
        [only] => vec![of_one(only)],
        several => {
            let mut lines = vec![format!("{} did not succeed:", count(several.len(), "task"))];
            lines.extend(subject::named(several.iter().map(|task| &task.id)));
            lines
        }
    };
    let others = ids.len() - tasks.len();
    if others > 0 {
        let others = count(others, "marked task");
        body.push(format!("{others} left alone: not over, or succeeded."));
    }
    if ids.len() > 1 {
        body.extend(subject::hidden(model));
    }
    if tasks.len() > 1 && handled > 0 {
        body.push(format!("{handled} of them handled by a person already."));
    }
    body.push(
        "Handled means: dealt with outside. No state changes by it; a retry of everything leaves it alone."
            .into(),
    );
    let title = match tasks.as_slice() {
        [_] => format!("Was {} handled?", first.id),
        several => format!("Were {} handled?", count(several.len(), "task")),
    };
    let all: Vec<_> = tasks.iter().map(|task| task.id.clone()).collect();
    let mut question = Dialog::new(title, body, "not now");
    if open > 0 {
        let done = Handling::Done { note: None };
        question = question.or('h', "handled", DialogResult::Send(mark(&run.id, &all, done)));
    }
    let why = if open > 0 { "handled, and why" } else { "say why" };
    let note = DialogResult::AskNote {
        run: run.id.clone(),
        tasks: all.clone(),
    };
    question = question.or('w', why, note);
    if handled > 0 {
        let back = DialogResult::Send(mark(&run.id, &all, Handling::TakenBack));
        question = question.or('b', "not handled", back);
    }
    Some(question.while_true(Premise::Handling(ids.clone())))
}

fn of_one(task: &Task) -> String {
    let said = task.handled().map(|handled| match &handled.note {
        Some(note) => format!(", handled by a person: {note}"),
        None => ", handled by a person".into(),
    });
    format!(
        "{} is {}{}.",
        task.id,
        task.state.as_str(),
        said.unwrap_or_default()
    )
}

fn mark(run: &DagRunId, tasks: &[TaskId], handling: Handling) -> Command {
    Command::Mark {
        run: run.clone(),
        tasks: tasks.to_vec(),
        handling,
    }
}

/// Opens the line in which is typed how or why.
pub(super) fn ask_note(model: &mut Model, run: DagRunId, tasks: Vec<TaskId>) {
    model.prompt = Some(Prompt::new(PromptPurpose::HandlingNote { run, tasks }, ""));
}

/// What was typed is said of the tasks. An empty text says no reason.
pub(super) fn on_note(
    run: &DagRunId,
    tasks: &[TaskId],
    text: &str,
    step: PromptStep,
    effects: &mut Vec<Effect>,
) {
    if step == PromptStep::Accepted {
        effects.push(Effect::Send(mark(run, tasks, Handling::done(text))));
    }
}
