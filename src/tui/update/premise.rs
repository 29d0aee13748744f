//! What becomes of open questions whose premise is gone.

use super::retry::Wanted;
use super::{dialog, handling, leaving, resume, retry};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, Premise};

/// Brings the open questions up to date, or closes them because there is nothing to ask any more. The selected answer
/// stays selected.
pub(super) fn keep_true(model: &mut Model) {
    let mut closed = Vec::new();
    let mut overlays = std::mem::take(&mut model.overlays);
    overlays.replace_dialogs(|asked| {
        let now = by_now(model, asked);
        if now.is_none() {
            closed.push(asked.title.clone());
        }
        now
    });
    model.overlays = overlays;
    for title in closed {
        model.reply(format!(
            "\"{title}\" has been closed: things have changed meanwhile."
        ));
    }
}

/// The question as it is asked by now.
fn by_now(model: &Model, asked: &Dialog) -> Option<Dialog> {
    let mut by_now = match &asked.premise {
        Premise::Lasting => return Some(asked.clone()),
        Premise::LeavesRun => leaving::question(model),
        Premise::StopsRun => dialog::stop_run(model)?,
        Premise::StopsTask(task) => dialog::stop_task(model, task)?,
        Premise::StopsTasks(tasks) => dialog::stop_tasks(model, tasks)?,
        Premise::Retries(Some(task)) => retry::still(model, Wanted::One(task))?,
        Premise::Retries(None) => retry::still(model, Wanted::All)?,
        Premise::RetriesThese(tasks) => retry::still(model, Wanted::These(tasks))?,
        Premise::Handling(tasks) => handling::still(model, tasks)?,
        Premise::Former { run, watched } if resume::is_still(model, run, watched.as_ref()) => asked.clone(),
        Premise::Former { .. } => return None,
    };
    let selected = asked.choices.get(asked.selected).map(|choice| choice.key);
    let place = by_now
        .choices
        .iter()
        .position(|choice| Some(choice.key) == selected);
    by_now.selected = place.unwrap_or_default();
    Some(by_now)
}
