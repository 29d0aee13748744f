//! An engine whose parts may be missing: then it still follows runs of other processes, and says for everything else
//! why it cannot. A sandbox is used by one process at a time, and its runs are worth watching from another one.

use super::{Inbox, Parts, begin};
use crate::engine::{Command, Engine, SharedSecrets, Update, attach};
use crate::store::Journal;
use domain::doctor::Report;
use domain::failure::Failure;
use std::path::PathBuf;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Starts an engine that is left with watching if its parts cannot be had.
pub fn spawn_or_watch(
    parts: impl Future<Output = Result<Parts, Failure>> + Send + 'static,
    journal: Journal,
    data: PathBuf,
    secrets: SharedSecrets,
) -> Engine {
    begin(parts, move |failure, inbox, updates| {
        watch(failure, (journal, data, secrets), inbox, updates)
    })
}

async fn watch(
    failure: Failure,
    (journal, data, secrets): (Journal, PathBuf, SharedSecrets),
    mut inbox: Inbox,
    updates: mpsc::Sender<Update>,
) {
    // Only one run is followed at a time.
    let mut attached = JoinSet::new();
    let mut is_told = false;
    while let Some(command) = inbox.next().await {
        let refusal = Update::Refused(failure.clone());
        let answers = match command {
            Command::Attach(run) => {
                let (journal, data) = (journal.clone(), data.clone());
                let (secrets, updates) = (secrets.clone(), updates.clone());
                attached.abort_all();
                attached.spawn(async move {
                    attach::follow(&journal, &data, &run, &secrets, &updates).await;
                });
                Vec::new()
            }
            Command::ReadConfiguration(of) => {
                let outcome = Err(failure.clone());
                let table = Update::Configuration { of, outcome };
                // The first reading comes by itself; the pane says the same each time.
                let was_told = std::mem::replace(&mut is_told, true);
                if was_told {
                    vec![table]
                } else {
                    vec![table, refusal]
                }
            }
            // The services could not be asked, which is said by the reading beside it.
            Command::Examine { variables, .. } => vec![Update::Examined {
                of: variables,
                report: Report::unasked(&failure),
            }],
            Command::Focus(_) | Command::Supply(_) | Command::Close | Command::CloseWithLogs => Vec::new(),
            Command::Start(_)
            | Command::Resume(_)
            | Command::CloseRun(_)
            | Command::Run(_)
            | Command::Mark { .. }
            | Command::JudgeActivation { .. }
            | Command::Activate(..) => vec![refusal],
        };
        for answer in answers {
            // Without a receiver there is nobody to tell.
            let _ = updates.send(answer).await;
        }
    }
}
