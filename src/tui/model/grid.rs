//! Which task is selected: by name, so that a selection survives whatever happens to the list.

use crate::domain::id::TaskId;
use crate::domain::run::Run;
use crate::domain::task::{Task, TaskState};

/// The pane of the tasks.
#[derive(Clone, Debug, Default)]
pub struct GridPane {
    /// The selected task's name; until somebody moves, what is going on selects itself.
    pub selected: Option<TaskId>,
}

impl GridPane {
    /// The place of the selected task in a run.
    pub fn index(&self, run: &Run) -> usize {
        let selected = self.selected.as_ref();
        let found = run.tasks.iter().position(|task| Some(&task.id) == selected);
        found.unwrap_or_else(|| at_work(run))
    }

    /// The selected task.
    pub fn task<'a>(&self, run: &'a Run) -> Option<&'a Task> {
        run.tasks.get(self.index(run))
    }

    /// Selects the task at a place.
    pub fn select(&mut self, run: &Run, index: usize) {
        self.selected = run.tasks.get(index).map(|task| task.id.clone());
    }
}

/// The place of the task that a reader looks for: what went wrong in a run that is over, else the first
/// one that is not over.
fn at_work(run: &Run) -> usize {
    use TaskState as S;
    let wanted = |task: &Task| {
        if run.state.is_end() {
            matches!(task.state, S::Failed | S::TimedOut | S::Unknown | S::Stopped)
        } else {
            !task.is_over() && !task.tries.is_empty()
        }
    };
    run.tasks.iter().position(wanted).unwrap_or(0)
}
