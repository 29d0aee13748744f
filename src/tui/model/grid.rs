//! Which task is selected: by name, so that the selection stays when the list changes.

use super::list_filter::ListFilter;
use domain::id::TaskId;
use domain::run::Run;
use domain::state::TaskState;
use domain::task::{Task, TaskKind};

/// The pane of the tasks.
#[derive(Clone, Debug, Default)]
pub struct GridPane {
    /// The selected task's name; nothing while the selection follows the run.
    pub selected: Option<TaskId>,
    /// Which tasks are shown.
    pub filter: ListFilter,
}

impl GridPane {
    /// The index of the selected task in a run.
    pub fn index(&self, run: &Run) -> usize {
        let selected = self.selected.as_ref();
        let found = run.tasks.iter().position(|task| Some(&task.id) == selected);
        found.unwrap_or_else(|| at_work(run))
    }

    /// The selected task; nothing if the filter hides it.
    pub fn task<'a>(&self, run: &'a Run) -> Option<&'a Task> {
        let index = self.index(run);
        let is_shown = self.filter.shown(run.tasks.len()).contains(index);
        run.tasks.get(index).filter(|_| is_shown)
    }

    /// Selects the task at an index.
    pub fn select(&mut self, run: &Run, index: usize) {
        self.selected = run.tasks.get(index).map(|task| task.id.clone());
    }
}

/// The index of the most interesting task: the first one at work; in a run that has ended, the first one
/// that went wrong, else the pipeline that ended last.
fn at_work(run: &Run) -> usize {
    use TaskState as S;
    let is_at_work = |task: &Task| !task.is_over() && !task.tries.is_empty();
    let is_wrong = |task: &Task| matches!(task.state, S::Failed | S::TimedOut | S::Unknown | S::Stopped);
    let found = if run.state.is_end() {
        run.tasks.iter().position(is_wrong)
    } else {
        run.tasks.iter().position(is_at_work)
    };
    let ended = |task: &Task| {
        let pipeline = task.current().filter(|_| task.kind == TaskKind::Pipeline)?;
        pipeline.ended
    };
    let places = run.tasks.iter().enumerate();
    let last = || {
        places
            .filter_map(|(place, task)| Some((ended(task)?, place)))
            .max()
    };
    found.or_else(|| Some(last()?.1)).unwrap_or(0)
}
