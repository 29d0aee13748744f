//! What becomes of an open question whose premise is gone.

use super::{dialog, leaving, resume, retry};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Overlay, Premise};

/// Brings the open question up to date, or closes it because there is nothing to ask any more. The selected answer
/// stays selected.
pub(super) fn keep_true(model: &mut Model) {
    let Some(Overlay::Dialog(asked)) = &model.overlay else {
        return;
    };
    let by_now = match &asked.premise {
        Premise::Lasting => return,
        Premise::LeavesRun => Some(leaving::question(model)),
        Premise::StopsRun => dialog::stop_run(model),
        Premise::StopsTask(task) => dialog::stop_task(model, task),
        Premise::Retries(task) => retry::still(model, task.as_ref()),
        Premise::Former { run, watched } => {
            resume::is_still(model, run, watched.as_ref()).then(|| asked.clone())
        }
    };
    let Some(mut by_now) = by_now else {
        let title = asked.title.clone();
        model.overlay = None;
        return model.reply(format!(
            "\"{title}\" has been closed: things have changed meanwhile."
        ));
    };
    let selected = asked.choices.get(asked.selected).map(|choice| choice.key);
    let place = by_now
        .choices
        .iter()
        .position(|choice| Some(choice.key) == selected);
    by_now.selected = place.unwrap_or_default();
    model.overlay = Some(Overlay::Dialog(by_now));
}
