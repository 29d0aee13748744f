//! Performs effects and feeds their answers back: the only place that spawns work for a run.
//!
//! The order of a step is what makes a crash harmless: events go to the journal, then to the screen,
//! then the effects are executed (`driver/stepping.rs`). Nothing is decided here; that is the domain's `scheduler.rs`.
//!
//! Commands wait in `driver/inbox.rs` and are followed in `driver/commands.rs`. How a run becomes the live one is in
//! `driver/beginning.rs`, its reservation in `driver/reserving.rs`, the logs are in `driver/logs.rs`, the end is in
//! `driver/closing.rs`, and who is told of it in `driver/telling.rs`.

mod beginning;
mod closing;
mod commands;
mod inbox;
mod logs;
mod marking;
mod reserving;
mod stepping;
mod telling;
mod turns;
mod watching;

pub use watching::spawn_or_watch;

use super::clock::RunClock;
use super::cloud::Cloud;
use super::reservation::Reservation;
use super::table_lease::TableLease;
use super::tail::Tails;
use super::{Engine, SharedSecrets, Update};
use crate::client::Client;
use crate::store::{Journal, LogFolder};
use domain::arguments::RuntimeArguments;
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::run::Run;
use domain::scheduler::{Answer, Input, Outbox, Scheduler};
use domain::time::Timestamp;
use domain::variable::Variables;
use futures_util::future::BoxFuture;
use inbox::Inbox;
use std::fmt;
use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use stepping::Write;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use turns::Turns;

/// Writes `cdf_pipeline_run_arguments` of a profile back; blocking.
pub type SaveArguments = Arc<dyn Fn(&str, &str) -> Result<(), Failure> + Send + Sync>;

/// Tells somebody outside how a run ended. The run has no secrets.
pub type TellEnd = Arc<dyn Fn(&Run) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// What an engine is made of.
pub struct Parts {
    /// The services.
    pub client: Client,
    /// Where events go first.
    pub journal: Journal,
    /// Where log lines go.
    pub logs: LogFolder,
    /// The data directory, where output tables are reserved.
    pub data: PathBuf,
    /// How the arguments that ran are written back.
    pub save_arguments: SaveArguments,
    /// How the end of a run is told outside, if it is.
    pub tell_end: Option<TellEnd>,
    /// What must not be written or shown.
    pub secrets: SharedSecrets,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// Starts an engine; it ends on [`Command::Close`](super::Command::Close) or when its command channel is closed.
///
/// Commands wait until the parts are there; the screen can draw before.
pub fn spawn(parts: impl Future<Output = Result<Parts, Failure>> + Send + 'static) -> Engine {
    begin(parts, |failure, inbox, updates| async move {
        // Without a receiver there is nothing to report.
        let _ = updates.send(Update::Broken(failure)).await;
        // Until then commands are taken, so that whoever sends one hears the reason and not that nobody is there.
        drop(inbox);
    })
}

/// Starts an engine; what it does without its parts is up to the caller.
fn begin<F: Future<Output = ()> + Send>(
    parts: impl Future<Output = Result<Parts, Failure>> + Send + 'static,
    without: impl FnOnce(Failure, Inbox, mpsc::Sender<Update>) -> F + Send + 'static,
) -> Engine {
    let (commands, received) = mpsc::channel(64);
    let (updates, published) = mpsc::channel(1024);
    tokio::spawn(async move {
        let mut inbox = Inbox::new(received);
        match wait_for(parts, &mut inbox).await {
            Some(Ok(parts)) => drive(parts, inbox, updates).await,
            Some(Err(failure)) => without(failure, inbox, updates).await,
            None => {}
        }
    });
    Engine {
        commands,
        updates: published,
    }
}

/// Nothing if the engine has to end before the parts are there.
async fn wait_for(
    parts: impl Future<Output = Result<Parts, Failure>>,
    inbox: &mut Inbox,
) -> Option<Result<Parts, Failure>> {
    tokio::select! {
        parts = parts => Some(parts),
        () = inbox.is_overdue() => None,
    }
}

async fn drive(parts: Parts, inbox: Inbox, updates: mpsc::Sender<Update>) {
    let (answers, incoming) = mpsc::channel(256);
    let driver = Driver {
        parts: Arc::new(parts),
        updates,
        answers,
        live: None,
        former: Vec::new(),
        releases: JoinSet::new(),
        releasing: None,
        telling: JoinSet::new(),
        supplied: RuntimeArguments::default(),
        attached: JoinSet::new(),
        writes: JoinSet::new(),
        trouble: None,
        turns: Turns::default(),
        reads: JoinSet::new(),
    };
    driver.run(inbox, incoming).await;
}

/// The next one; without a channel there is none.
async fn next<T>(channel: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => channel.recv().await,
        None => pending().await,
    }
}

/// An answer, and the run it was asked for.
type Addressed = (DagRunId, Answer);

struct Driver {
    parts: Arc<Parts>,
    updates: mpsc::Sender<Update>,
    answers: mpsc::Sender<Addressed>,
    live: Option<Live>,
    /// The logs of runs that ended before: late lines may still come.
    former: Vec<Tails>,
    /// Reservations of runs that are over.
    releases: JoinSet<()>,
    /// The lease of the last one.
    releasing: Option<TableLease>,
    /// Tells how runs ended.
    telling: JoinSet<()>,
    /// For the next run that is resumed.
    supplied: RuntimeArguments,
    /// Follows a run of another process.
    attached: JoinSet<()>,
    /// The write of the journal that is under way, if any.
    writes: JoinSet<Write>,
    /// Why nothing goes on, as it was said last.
    trouble: Option<Failure>,
    turns: Turns,
    /// Readings of the table without a run; the end does not wait for them.
    reads: JoinSet<()>,
}

/// The run that is going on, or that ended last.
struct Live {
    scheduler: Scheduler,
    clock: RunClock,
    cloud: Cloud,
    tails: Tails,
    /// What the journal does not have yet.
    outbox: Outbox,
    wake_at: Option<Timestamp>,
    /// Held while the run goes on: no other process drives it, and no other DAG run is on its output table.
    reservation: Option<Reservation>,
    /// Renews the lease of the reservation.
    keeping: JoinSet<()>,
}

impl Driver {
    async fn run(mut self, mut inbox: Inbox, mut incoming: mpsc::Receiver<Addressed>) {
        let mut calls = self.parts.client.calls();
        loop {
            let clock = self.live.as_ref().map(|live| live.clock).unwrap_or_default();
            let wake_at = self.wake_at();
            tokio::select! {
                biased;
                command = inbox.next() => match command {
                    // A command that is cut off leaves behind what a crash would.
                    Some(command) => tokio::select! {
                        biased;
                        () = self.on_command(command) => {}
                        () = inbox.is_overdue() => break,
                    },
                    None => break,
                },
                Some(Ok(write)) = self.writes.join_next() => self.on_write(write).await,
                Some((run, answer)) = incoming.recv() => {
                    if self.live.as_ref().is_some_and(|live| live.scheduler.run().id == run) {
                        self.step(Input::Answer(answer));
                    }
                }
                Some(call) = next(&mut calls) => self.publish(Update::Called(call)).await,
                () = clock.sleep_until(wake_at) => self.wake().await,
            }
        }
        self.close(inbox.patience(), incoming).await;
    }

    fn cloud(&self, variables: &Variables) -> Cloud {
        Cloud::new(&self.parts.client, &self.parts.secrets, variables)
    }

    /// For what is no part of a run. While none goes on, somebody else may have logged in, for the next one.
    fn cloud_outside(&self, variables: &Variables) -> Cloud {
        let cloud = self.cloud(variables);
        if !self.is_busy() {
            cloud.go_on_as_anybody();
        }
        cloud
    }

    fn is_busy(&self) -> bool {
        self.live
            .as_ref()
            .is_some_and(|live| !live.scheduler.run().state.is_end() || !live.outbox.is_empty())
    }

    async fn refuse(&self, failure: Failure) {
        self.publish(Update::Refused(failure)).await;
    }

    async fn publish(&self, update: Update) {
        // Without a receiver there is nothing to report; the closed command channel ends the engine.
        let _ = self.updates.send(self.parts.secrets.redact_update(update)).await;
    }
}
