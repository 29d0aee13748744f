//! What a person says of tasks that ended without success. In the run that goes on here it is a command like any other;
//! any other run gets it in the journal, and what goes on here goes on.

use super::Driver;
use crate::engine::{self, Update};
use domain::command::RunCommand;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::handling::Handling;
use domain::id::{DagRunId, TaskId};
use domain::scheduler::Input;
use std::time::Duration;

impl Driver {
    pub(super) async fn mark(&mut self, run: DagRunId, tasks: Vec<TaskId>, handling: Handling) {
        let goes_on = self.live.as_ref().is_some_and(|live| {
            let known = live.scheduler.run();
            known.id == run && !known.state.is_end()
        });
        if goes_on {
            return self.step(Input::Command(RunCommand::Mark { tasks, handling }));
        }
        self.finish_former().await;
        match self.mark_former(&run, &tasks, &handling).await {
            Ok(events) => {
                let own = self.live.as_mut().filter(|live| live.scheduler.run().id == run);
                if let Some(live) = own {
                    live.scheduler.take(&events);
                    live.tails.follow(live.scheduler.run(), &events, &self.answers);
                }
                self.publish(Update::Marked { run, events }).await;
            }
            Err(failure) => self.refuse(failure).await,
        }
    }

    async fn mark_former(
        &mut self,
        id: &DagRunId,
        tasks: &[TaskId],
        handling: &Handling,
    ) -> Result<Vec<RunEvent>, Failure> {
        // The lock of a run that ended here a moment ago is on its way.
        self.released(Duration::from_secs(5)).await;
        let (parts, what) = (&self.parts, (id, tasks, handling));
        engine::mark(&parts.journal, &parts.data, &parts.secrets, what).await
    }
}

#[cfg(test)]
mod tests;
