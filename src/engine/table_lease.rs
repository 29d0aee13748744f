//! Takes, renews and releases the lease on an output table that other machines see; what it means is decided in
//! the domain's `table_lease.rs`.
//!
//! ```text
//!  take ─→ Held ─→ keep (as long as the run lives) ─→ why it was lost
//!                  ensure (before anything is emptied or started)
//!                  release (at the end of the run)
//! ```
//!
//! The labels are read and written in `table_lease/labels.rs`. It spawns nothing: the driver does. It must never empty or
//! start anything itself.

mod elapsed;
mod holder;
mod labels;
mod output;

pub use elapsed::Elapsed;
pub use output::OutputTable;

use domain::failure::Failure;
use domain::finding::Finding;
use domain::id::DagRunId;
use domain::request::Scope;
use domain::run::Run;
use domain::table_lease::{self, Claim};
use domain::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often [`TableLease::keep`] looks whether it is time. Short, because a timer stands still while a machine
/// sleeps.
const TICK: Duration = Duration::from_secs(5);

/// The same after a renewal that failed: a right that is missing does not come back in seconds.
const TICK_AFTER_TROUBLE: Duration = Duration::from_secs(30);

/// What came of taking the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The run holds the table.
    Held {
        /// Whether the table was held for this run already: by a former process that drove it.
        carried_on: bool,
    },
    /// The run may begin, but no other machine will see it.
    Unprotected(Finding),
    /// A pipeline by hand may begin without a lease of its own: that of another one is there.
    Beside(Option<Claim>),
    /// The run must not begin: who holds the table, and until when.
    Refused(Failure),
    /// The lease of another run is over. If none of its pipeline runs lives, [`TableLease::take_over`] is right.
    Expired(Claim),
}

/// The lease of one run on its output table; a clone is the same lease.
#[derive(Clone, Debug)]
pub struct TableLease {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    output: OutputTable,
    elapsed: Elapsed,
    state: Mutex<State>,
    /// Held while the labels are read and written.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    lease: table_lease::TableLease,
    /// The server's time of the look that the held claim was made from, and when that look was sent.
    server: Option<(Timestamp, Duration)>,
    /// The end of the claim that was sent last: until then the labels may be ours.
    sent: Option<Timestamp>,
    /// Whether there is no lease and none is needed.
    unprotected: bool,
    /// Why the run must stop.
    lost: Option<Failure>,
}

impl TableLease {
    /// The lease of this run, driven by this process. Asks nobody yet.
    ///
    /// `former` are runs that nobody else can be driving: those of this machine's journal, as far as locks on them
    /// show it. `is_carried_on`: a former process has left the run unfinished on the table.
    pub fn new(output: OutputTable, run: &Run, is_carried_on: bool, former: &BTreeSet<DagRunId>) -> Self {
        let mut lease = table_lease::TableLease::new(&run.id, &holder::name(), former);
        if let Scope::Single(arguments) = &run.request.scope {
            lease = lease.by_hand(run.request.task_by_hand(arguments));
        }
        if is_carried_on {
            lease = lease.carried_on();
        }
        Self::with_clock(output, lease, Elapsed::start())
    }

    fn with_clock(output: OutputTable, lease: table_lease::TableLease, elapsed: Elapsed) -> Self {
        let state = State {
            lease,
            server: None,
            sent: None,
            unprotected: false,
            lost: None,
        };
        Self {
            shared: Arc::new(Shared {
                output,
                elapsed,
                state: Mutex::new(state),
                turn: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Takes the lease, or says why not.
    ///
    /// # Errors
    /// If the table cannot be read, or it stays open whether the lease was written.
    pub async fn take(&self) -> Result<Taken, Failure> {
        let _turn = self.shared.turn.lock().await;
        self.write_if_there(None).await
    }

    /// Takes the lease although the labels hold this claim, which is over. If its run has renewed it meanwhile,
    /// that run keeps it.
    ///
    /// # Errors
    /// As [`TableLease::take`].
    pub async fn take_over(&self, expired: &Claim) -> Result<Taken, Failure> {
        let _turn = self.shared.turn.lock().await;
        self.write_if_there(Some(expired)).await
    }

    /// Whether something may be emptied or started now. Asks the server only if the lease is nearly over, as
    /// after a sleep of the machine.
    ///
    /// # Errors
    /// Permanent if the lease is lost; else why that could not be seen.
    pub async fn ensure(&self) -> Result<(), Failure> {
        if let Some(known) = self.known() {
            return known;
        }
        let _turn = self.shared.turn.lock().await;
        // It may have been renewed while this waited.
        match self.known() {
            Some(known) => known,
            None => self.renew().await,
        }
    }

    /// Renews the lease as long as it is held; returns why it was lost.
    pub async fn keep(&self) -> Failure {
        loop {
            let lost = self.state().lost.clone();
            if let Some(lost) = lost {
                return lost;
            }
            let mut pause = TICK;
            if self.is_due() {
                let _turn = self.shared.turn.lock().await;
                if let Err(failure) = self.renew().await {
                    // The lease lasts for several renewals; `ensure` asks again before anything is started.
                    tracing::warn!(reason = failure.reason, "the lease on the table was not renewed");
                    pause = TICK_AFTER_TROUBLE;
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Removes the labels if they are still this holder's.
    ///
    /// # Errors
    /// If that cannot be done: until when the lease lasts.
    pub async fn release(&self) -> Result<(), Failure> {
        let _turn = self.shared.turn.lock().await;
        let was_sent = {
            let mut state = self.state();
            state.lease.let_go();
            state.server = None;
            state.sent.is_some()
        };
        let outcome = if was_sent { self.remove().await } else { Ok(()) };
        let unreleased = outcome.err().and_then(|failure| self.unreleased(&failure.reason));
        self.state().sent = None;
        unreleased.map_or(Ok(()), Err)
    }

    /// The labels may still be there although the run is over: until when.
    pub fn unreleased(&self, why: &str) -> Option<Failure> {
        let until = self.state().sent?;
        Some(table_lease::unreleased(&self.shared.output.name(), until, why))
    }

    /// What is certain without asking the server.
    fn known(&self) -> Option<Result<(), Failure>> {
        let state = self.state();
        if let Some(lost) = &state.lost {
            return Some(Err(lost.clone()));
        }
        let may_act = self.at_most(&state).is_some_and(|now| state.lease.may_act(now));
        (state.unprotected || may_act).then_some(Ok(()))
    }

    fn is_due(&self) -> bool {
        let state = self.state();
        let due = self.at_most(&state).zip(state.lease.renew_at());
        due.is_some_and(|(now, due)| now >= due)
    }

    /// The latest that the server's time can be.
    fn at_most(&self, state: &State) -> Option<Timestamp> {
        let (date, sent) = state.server?;
        // The date is cut to whole seconds.
        Some(date + Duration::from_secs(1) + self.shared.elapsed.now().saturating_sub(sent))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
