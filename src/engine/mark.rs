//! What a person says of tasks of a run that nobody drives. It is added to the journal under the lock of that run alone: no
//! service is asked, and the output table is not needed.

use super::{SharedSecrets, attach, clock};
use crate::store::{Journal, Lease};
use domain::event::RunEvent;
use domain::failure::{Failure, FailureKind};
use domain::handling::Handling;
use domain::id::{DagRunId, TaskId};
use domain::remedy::Remedy;
use domain::run::Run;
use std::path::Path;

/// Says it of those of the tasks that it fits. Returns the facts, which are in the journal by then.
///
/// # Errors
/// It fits none of them, the run is driven or not over, or the journal cannot be written.
pub async fn mark(
    journal: &Journal,
    data: &Path,
    secrets: &SharedSecrets,
    (id, tasks, handling): (&DagRunId, &[TaskId], &Handling),
) -> Result<Vec<RunEvent>, Failure> {
    let _lock = Lease::run(data, id).map_err(|error| error.failure())?;
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
    let events = secrets.redact(&events);
    let written = journal.append(id, &events).await;
    written.map_err(|error| error.failure()).map(|()| events)
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
