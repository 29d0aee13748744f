//! Why tasks cannot be stopped, tried again or marked.

use super::{has_run, has_selection, is_idle, is_live, is_of_others, nobody_watches, of_profile};
use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::model::Model;
use crate::tui::model::failures::NO_FAILURE;
use crate::tui::model::marks;
use domain::state::TaskState;
use domain::task::{Task, TaskKind};

const NO_TASK: &str = "There is no run with a task.";
const NONE_WITHOUT_SUCCESS: &str = "None of the marked tasks is over without success.";

pub(in crate::tui::action) fn is_stoppable(model: &Model) -> Option<String> {
    let marked = model.marked_tasks();
    if !marked.is_empty() {
        return is_live(model).or_else(|| {
            let live = model.live_run().filter(|_| model.shows_driven_run());
            let mut tasks = live.into_iter().flat_map(|run| &run.tasks);
            let can_stop = tasks.any(|task| marked.contains(&task.id) && marks::is_stoppable(task));
            (!can_stop)
                .then(|| "None of the marked tasks can be stopped: they are over, or no pipelines.".into())
        });
    }
    is_live(model).or_else(|| match model.driven_task() {
        None => Some(aim(model)),
        Some(task) if task.is_over() => Some("This task is over; there is nothing to stop.".into()),
        Some(_) => None,
    })
}

pub(in crate::tui::action) fn is_retryable(model: &Model) -> Option<String> {
    let marked = model.marked_tasks();
    if !marked.is_empty() {
        return keeps_from_retries(model).or_else(|| {
            let mut tasks = model.shown_run().into_iter().flat_map(|run| &run.tasks);
            let is_possible = |task: &Task| {
                marked.contains(&task.id) && (task.is_over() || task.state == TaskState::Unknown)
            };
            let none = !tasks.any(|task| is_possible(task) && task.state != TaskState::Success);
            none.then(|| NONE_WITHOUT_SUCCESS.into())
        });
    }
    keeps_from_retries(model).or_else(|| {
        let Some((run, task)) = model.shown_run().zip(model.aimed_task()) else {
            return Some(aim(model));
        };
        if let Some(why) = run.retry_refusal(&task.id) {
            return Some(why.into());
        }
        let reason = match task.state {
            TaskState::Failed
            | TaskState::TimedOut
            | TaskState::Stopped
            | TaskState::Skipped
            | TaskState::Unknown
                if task.kind != TaskKind::End =>
            {
                return None;
            }
            TaskState::UpstreamFailed => "A task before this one failed: try that one again.",
            TaskState::UpForRetry => "Its next try starts by itself.",
            TaskState::Success => "This task succeeded.",
            _ => "Only a task that is over, or cannot be seen, is tried again.",
        };
        Some(reason.into())
    })
}

pub(in crate::tui::action) fn can_be_handled(model: &Model) -> Option<String> {
    let Some(run) = model.shown_run() else {
        return Some(NO_TASK.into());
    };
    if !run.state.is_end() && !model.shows_driven_run() {
        return Some(is_of_others(model).unwrap_or_else(nobody_watches));
    }
    let marked = model.marked_tasks();
    let mut marked_tasks = run.tasks.iter().filter(|task| marked.contains(&task.id));
    let Some(task) = model.aimed_task() else {
        return Some(aim(model));
    };
    let why = match task.state {
        _ if marked_tasks.any(Task::can_be_handled) => return None,
        _ if !marked.is_empty() => NONE_WITHOUT_SUCCESS,
        _ if task.can_be_handled() => return None,
        _ if task.kind == TaskKind::End => "It follows from the tasks before it: select one of those.",
        TaskState::Success => "This task succeeded.",
        TaskState::Unknown => "Its end is still awaited: it must be stopped, which gives it up, first.",
        _ => "This task is not over.",
    };
    Some(why.into())
}

pub(in crate::tui::action) fn has_retryable(model: &Model) -> Option<String> {
    keeps_from_retries(model).or_else(|| {
        let Some(run) = model.shown_run() else {
            return Some("There is no run with tasks to try again.".into());
        };
        if run.retried_with_all().next().is_some() {
            return None;
        }
        if let Some(alone) = run.left_alone() {
            return Some(format!(
                "{alone} {} tries a selected one again.",
                key(Action::Retry)
            ));
        }
        let failed = |task: &&Task| task.is_over() && task.state != TaskState::Success;
        let refusal = run
            .tasks
            .iter()
            .filter(failed)
            .find_map(|task| run.retry_refusal(&task.id));
        Some(refusal.unwrap_or("No task is over that did not succeed.").into())
    })
}

/// Why the keys act on no task here.
fn aim(model: &Model) -> String {
    let tasks = key(Action::Pane(Pane::Grid));
    match model.focus {
        _ if model.shown_run().is_none() => NO_TASK.into(),
        Pane::Configuration => {
            format!("The selected row has no task in the run that is shown. {tasks} goes to its tasks.")
        }
        _ => format!("Select a task first: {tasks} goes to them."),
    }
}

/// What stands against any retry in the shown run. One that is over is taken up again first.
fn keeps_from_retries(model: &Model) -> Option<String> {
    let run = model.shown_run()?;
    if model.shows_driven_run() {
        return None;
    }
    if !run.state.is_end() {
        return Some(is_of_others(model).unwrap_or_else(nobody_watches));
    }
    if run.request.profile != model.profile {
        return Some(of_profile(&run.request.profile));
    }
    is_idle(model)
}

pub(in crate::tui::action) fn has_failures(model: &Model) -> Option<String> {
    let has_none = model.failures.groups.is_empty();
    has_run(model).or_else(|| has_none.then(|| NO_FAILURE.into()))
}

pub(in crate::tui::action) fn has_group(model: &Model) -> Option<String> {
    keeps_from_retries(model)
        .or_else(|| has_failures(model))
        .or_else(|| has_selection(model))
}
