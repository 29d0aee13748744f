//! What becomes of edited arguments: they are for the next run, and are used up once a pipeline was started with them.

use crate::tui::model::Model;
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use domain::command::RunCommand;
use domain::event::Fact;
use domain::id::{DagRunId, TaskId};
use std::collections::BTreeSet;

/// The edits that the next run uses go with its start. Those of rows that do not run stay.
pub(super) fn go_with_start(model: &mut Model) {
    let starts = model.plan().pipelines;
    let tasks: Option<BTreeSet<TaskId>> =
        starts.map(|starts| starts.into_iter().map(|start| start.pipeline.task).collect());
    hand_over(model, |task| {
        tasks.as_ref().is_none_or(|tasks| tasks.contains(task))
    });
}

/// The edits that a retry uses go with it.
pub(super) fn go_with_retry(model: &mut Model, commands: &[RunCommand]) {
    let given = |command: &RunCommand, wanted: &TaskId| match command {
        RunCommand::Retry {
            task,
            arguments: Some(_),
        } => task == wanted,
        _ => false,
    };
    hand_over(model, |wanted| {
        commands.iter().any(|command| given(command, wanted))
    });
}

fn hand_over(model: &mut Model, goes: impl Fn(&TaskId) -> bool) {
    let pane = &mut model.configuration;
    let (sent, kept) = std::mem::take(&mut pane.edits)
        .into_iter()
        .partition(|(task, _)| goes(task));
    pane.edits = kept;
    pane.sent = sent;
}

/// Nothing was started with them: they are for the next run again, unless something was edited since.
pub(super) fn come_back(model: &mut Model) -> usize {
    let pane = &mut model.configuration;
    let mut number = 0;
    for (task, sent) in &pane.sent {
        if !pane.edits.contains_key(task) {
            pane.edits.insert(task.clone(), sent.clone());
            number += 1;
        }
    }
    number
}

/// A run has begun. It says once that its edits are not for the run after it.
pub(super) fn on_run_started(model: &mut Model, run: &DagRunId) {
    let rows = model.configuration.sent.len();
    if rows > 0 {
        let rows = count(rows, "row");
        model.notify(
            Meaning::Waiting,
            format!(
                "The edited arguments of {rows} go with run {run}, and with no other: the next one takes the rows' own again."
            ),
        );
    }
}

/// A pipeline was started with its edits, or the run has ended without starting it.
pub(super) fn on_fact(model: &mut Model, fact: &Fact) {
    match fact {
        Fact::StartIntended { task, .. } => {
            let pane = &mut model.configuration;
            if let Some(sent) = pane.sent.remove(task)
                && pane.edits.get(task) == Some(&sent)
            {
                pane.edits.remove(task);
            }
        }
        Fact::RunEnded { .. } => {
            let rows = come_back(model);
            if rows > 0 {
                let rows = count(rows, "row");
                let text = format!(
                    "No pipeline was started with the edited arguments of {rows}: they are for the next run again."
                );
                model.notify(Meaning::Warning, text);
            }
        }
        _ => {}
    }
}
