//! What a person says of tasks that ended without success. In the run that goes on here it is a command like any other;
//! in any other run it is added to the journal under the lock of that run alone: no service is asked, the output table
//! is not needed, and what goes on here goes on.

use super::Driver;
use crate::engine::{Update, attach, clock};
use crate::store::Lease;
use domain::command::RunCommand;
use domain::event::RunEvent;
use domain::failure::{Failure, FailureKind};
use domain::handling::Handling;
use domain::id::{DagRunId, TaskId};
use domain::remedy::Remedy;
use domain::run::Run;
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
        let journal = &self.parts.journal;
        let _lock = Lease::run(&self.parts.data, id).map_err(|error| error.failure())?;
        // What another process has done with it is on disk by now.
        let events = journal.events(id).await.map_err(|error| error.failure())?;
        let run = Run::replay(&events).ok_or_else(|| attach::unknown(id))?;
        if !run.state.is_end() {
            return Err(unwatched(&run));
        }
        let at = clock::now().max(run.last_event);
        let facts = run.mark(tasks, handling).into_iter();
        let events: Vec<_> = facts.map(|fact| RunEvent { at, fact }).collect();
        if events.is_empty() {
            return Err(Failure::permanent(
                "Nothing was marked: none of these tasks is over without success, or it was said of them already.",
            ));
        }
        let events = self.parts.secrets.redact(&events);
        let written = journal.append(id, &events).await;
        written.map_err(|error| error.failure()).map(|()| events)
    }
}

/// A fact more would look as if somebody had watched it until now.
fn unwatched(run: &Run) -> Failure {
    let reason = format!(
        "Run {} is not over, and nobody watches it: its tasks may look otherwise by now.",
        run.id
    );
    let go_on = [
        Remedy::ResumeRun(run.id.clone()),
        Remedy::CloseRun(run.id.clone()),
    ];
    Failure::new(FailureKind::Held, reason).with_remedies(go_on)
}

#[cfg(test)]
mod tests;
