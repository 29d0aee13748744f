//! What must hold when nothing happens any more.

use super::journal::Journal;
use super::task_of;
use super::watch::Watch;
use super::world::World;
use domain::run::Run;
use domain::state::{RunState, TaskState};
use domain::task::Task;

impl Watch {
    /// Nothing happens any more.
    pub fn check_end(&mut self, world: &World, journal: &Journal, now: u64) -> Result<(), String> {
        if let Some(broken) = self.broken.take() {
            return Err(broken);
        }
        let events = journal.events();
        let Some(run) = Run::replay(&events) else {
            return Err("The journal cannot be read.".into());
        };
        if Some(&run) != self.run.as_ref() {
            return Err("What the journal holds is not what was told.".into());
        }
        if !run.state.is_end() {
            let tasks: Vec<_> = run
                .tasks
                .iter()
                .map(|task| (task.id.as_str(), task.state))
                .collect();
            return Err(format!(
                "The run is {} at {} s: {tasks:?}",
                run.state.as_str(),
                now / 1000
            ));
        }
        for task in run.pipelines() {
            self.check_rows(task, world)?;
        }
        if self.is_gentle {
            check_gentle(&run, world)
        } else {
            Ok(())
        }
    }

    fn check_rows(&self, task: &Task, world: &World) -> Result<(), String> {
        if self.excused.contains_key(&task.id) {
            return Ok(());
        }
        let loads = world.warehouse.loads_of(&task.id);
        let is_exact = match task.state {
            TaskState::Success => {
                let own = task.current().and_then(|last| last.pipeline_run.as_ref());
                loads.len() == 1 && loads.first().copied() == own
            }
            _ => loads.len() <= 1,
        };
        if is_exact {
            return Ok(());
        }
        Err(format!(
            "{} is {}, and its rows were loaded by {loads:?}.",
            task.id,
            task.state.as_str()
        ))
    }
}

/// Trouble that passes changes nothing about how a run ends.
fn check_gentle(run: &Run, world: &World) -> Result<(), String> {
    let unsettled = run
        .pipelines()
        .find(|task| task.state != TaskState::Success || task.tries.len() != 1);
    if let Some(task) = unsettled {
        let (tries, reason) = (
            task.tries.len(),
            task.reason.as_ref().map(|reason| &reason.reason),
        );
        let state = task.state.as_str();
        return Err(format!(
            "Only passing trouble, and {} is {state} after {tries} tries: {reason:?}",
            task.id
        ));
    }
    let rows = world
        .active
        .iter()
        .all(|place| run.task(&task_of(*place)).is_some());
    if run.state != RunState::Success || !rows {
        let failed = run.tasks.iter().find(|task| task.state != TaskState::Success);
        let failed = failed.map(|task| (task.id.as_str(), task.state.as_str(), &task.reason));
        return Err(format!(
            "Only passing trouble, and the run is {}: {failed:?}",
            run.state.as_str()
        ));
    }
    Ok(())
}
