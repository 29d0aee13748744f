//! Follows a run that another process drives, by reading the journal again and again. It writes nothing, asks no
//! service, and starts nothing.

use super::{Command, Engine, SharedSecrets, Update};
use crate::store::{Journal, Lease, StoreError};
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::run::Run;
use domain::time::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often the journal is read.
const PAUSE: Duration = Duration::from_millis(500);

/// An engine that can only follow one run. It needs no client, so that it opens no second sandbox beside that of the
/// run's process.
pub fn attach(journal: Journal, data: PathBuf, run: DagRunId, secrets: SharedSecrets) -> Engine {
    let (commands, mut received) = mpsc::channel(64);
    let (updates, published) = mpsc::channel(1024);
    tokio::spawn(async move {
        let closing = async {
            while let Some(command) = received.recv().await {
                if matches!(command, Command::Close | Command::CloseWithLogs) {
                    return;
                }
            }
        };
        tokio::select! {
            () = follow(&journal, &data, &run, &secrets, &updates) => {}
            () = closing => {}
        }
    });
    Engine {
        commands,
        updates: published,
    }
}

/// Publishes the events of a run, from the first one on, until it has ended or nobody drives it.
pub(super) async fn follow(
    journal: &Journal,
    data: &Path,
    id: &DagRunId,
    secrets: &SharedSecrets,
    updates: &mpsc::Sender<Update>,
) {
    let mut followed = Followed::default();
    loop {
        // Before the journal is read: a driver goes only after it has written the end.
        let driver = Lease::driver_of(data, id);
        let update = match journal.events_after(id, followed.place).await {
            Ok((events, place)) => followed.take(id, events, place, driver.is_some()),
            Err(error) if error.failure().can_get_better() => None,
            Err(error) => Some(Update::Broken(error.failure())),
        };
        let goes_on = matches!(update, None | Some(Update::Events(_))) && !followed.is_over();
        // Without a receiver there is nothing to follow for.
        if let Some(update) = update
            && updates.send(secrets.redact_update(update)).await.is_err()
        {
            return;
        }
        if !goes_on {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What is known of a run that is followed.
#[derive(Default)]
struct Followed {
    run: Option<Run>,
    /// The last event that was read.
    place: i64,
    since: Timestamp,
}

impl Followed {
    fn take(&mut self, id: &DagRunId, events: Vec<RunEvent>, place: i64, is_driven: bool) -> Option<Update> {
        self.place = place;
        for event in &events {
            self.since = event.at;
            match &mut self.run {
                Some(run) => run.apply(event),
                run => *run = Run::begin(event),
            }
        }
        match &self.run {
            None => Some(Update::Refused(unknown(id))),
            Some(_) if !events.is_empty() => Some(Update::Events(events)),
            Some(run) if !run.state.is_end() && !is_driven => Some(Update::Unwatched {
                run: id.clone(),
                since: self.since,
            }),
            Some(_) => None,
        }
    }

    fn is_over(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.state.is_end())
    }
}

/// What is said of a run that is not in the journal.
pub(super) fn unknown(run: &DagRunId) -> Failure {
    StoreError::UnknownRun { run: run.clone() }.failure()
}
