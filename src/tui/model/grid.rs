//! Which task is selected: by name, so that a selection survives whatever happens to the list.

use crate::domain::id::TaskId;
use crate::domain::run::Run;
use crate::domain::task::Task;

/// The pane of the tasks.
#[derive(Clone, Debug, Default)]
pub struct GridPane {
    /// The selected task's name; nothing until somebody moves: then the newest running one counts.
    pub selected: Option<TaskId>,
}

impl GridPane {
    /// The place of the selected task in a run.
    pub fn index(&self, run: &Run) -> usize {
        let selected = self.selected.as_ref();
        let found = run.tasks.iter().position(|task| Some(&task.id) == selected);
        found.unwrap_or(0)
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
