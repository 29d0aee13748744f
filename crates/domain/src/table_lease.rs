//! The lease on an output table that all machines see: one run at a time fills the table.
//!
//! It is two labels of the table itself. Whoever writes them sends the etag of the table as it was read
//! (`If-Match`), so that of two who read the same table one succeeds.
//!
//! ```text
//!             look                    take, renew                    act
//!  labels ──→ `decide` ──→ `Decision` ──→ labels of `claim` ──→ `may_act` ──→ truncate, starts
//!  server's time ┘                        written: `hold`        ↑ server's time, at the latest
//!
//!  written ├── RENEW_EVERY ──┤ renewed …                     until
//!          ├────────────── the holder acts ────────┤ MARGIN ──┤ GRACE ──┤ others may take it over
//! ```
//!
//! All times are the server's, as its answers tell them: no machine's own clock is compared with another's.
//! A holder that was suspended, or whose process stood still, finds out before it acts: it asks
//! [`TableLease::may_act`], and looks again if that says no.
//!
//! A pipeline by hand takes it too, so that no chain begins in its pauses; several by hand, each of another row, do each
//! other no harm, and go beside each other under the lease of one. It empties nothing: a lease that is gone is taken again,
//! unless the pipeline is carried on: a chain of another machine may have loaded its row meanwhile.

mod claim;

pub use claim::{Claim, Labels, RUN_LABEL, UNTIL_LABEL, Unreadable};

use crate::failure::{Failure, FailureKind};
use crate::finding::{Finding, FindingCode, Severity};
use crate::id::{DagRunId, TaskId};
use crate::remedy::{Remedy, WAIT_FOR_END};
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a lease lasts after it was written.
pub const TERM: Duration = Duration::from_secs(600);

/// How long after it was written it is written again. `BigQuery` allows 5 changes of a table's metadata in 10 s.
pub const RENEW_EVERY: Duration = Duration::from_secs(180);

/// How long before its end a holder stops acting on its lease: a request may be under way for so long.
pub const MARGIN: Duration = Duration::from_secs(60);

/// How long after its end others wait: the clocks of a service's servers differ a little.
pub const GRACE: Duration = Duration::from_secs(30);

/// What the labels of a table mean for one who wants to fill it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nobody holds the table: write the claim.
    Take,
    /// The labels are those of this run: write the claim again, with a later end.
    Renew,
    /// Another run holds the table.
    HeldBy(Claim),
    /// Both are pipelines by hand, of two rows: this one goes on beside the other, and writes nothing.
    Beside(Claim),
    /// The lease of another run is over. It may be taken over if no pipeline run of its tokens lives, which the
    /// caller looks up.
    Expired(Claim),
    /// This lease was held and is no longer: by whom it was taken, if that still shows. Nothing more may be
    /// started or emptied.
    Lost(Option<Claim>),
    /// There are labels of a lease, and they cannot be read.
    Unreadable(Unreadable),
}

/// One holder's view of the lease on one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableLease {
    /// Run and holder as they are written; its end is that of the last claim.
    run: String,
    holder: String,
    /// Runs that nobody drives any more.
    former: BTreeSet<String>,
    held: Option<Timestamp>,
    /// Whether the lease was held at any time.
    was_held: bool,
    /// Whether a former process of this run has held it, and has not released it.
    is_carried_on: bool,
    /// Whether the run is one pipeline by hand.
    is_by_hand: bool,
    /// The row that it loads then.
    row: Option<TaskId>,
}

impl TableLease {
    /// The lease of a run that this holder drives; `holder` is another text in each process.
    ///
    /// `former` are runs that nobody else can be driving: those of the journal of this machine, while its own
    /// lock on the table is held. Their leases count as expired.
    pub fn new(run: &DagRunId, holder: &str, former: &BTreeSet<DagRunId>) -> Self {
        Self {
            run: claim::label_text(run.as_str()),
            holder: claim::label_text(holder),
            former: former.iter().map(|run| claim::label_text(run.as_str())).collect(),
            held: None,
            was_held: false,
            is_carried_on: false,
            is_by_hand: false,
            row: None,
        }
    }

    /// The same for one pipeline by hand, which loads this row.
    #[must_use]
    pub fn by_hand(self, row: Option<TaskId>) -> Self {
        Self {
            holder: claim::by_hand(&self.holder, row.as_ref()),
            is_by_hand: true,
            row,
            ..self
        }
    }

    /// Whether the run is one pipeline by hand.
    pub fn is_by_hand(&self) -> bool {
        self.is_by_hand
    }

    /// The same for a run that a former process has left unfinished on the table. Its labels must still be there:
    /// only a run that took the table over has removed or replaced them, and has emptied or filled it since.
    #[must_use]
    pub fn carried_on(self) -> Self {
        Self {
            is_carried_on: true,
            ..self
        }
    }

    /// What to do about a table with these labels; `now` is the server's time when it answered.
    pub fn decide(&self, labels: &Labels, now: Timestamp) -> Decision {
        let claim = match Claim::read(labels) {
            Ok(claim) => claim,
            Err(unreadable) => return Decision::Unreadable(unreadable),
        };
        match claim {
            Some(claim) if self.is_ours(&claim) => Decision::Renew,
            // A process that carries on its run: only one process at a time drives a run.
            Some(claim) if claim.run == self.run && (self.is_by_hand || !self.was_held) => Decision::Renew,
            claim if self.is_carried_on && !self.was_held => Decision::Lost(claim),
            claim if self.is_by_hand => self.decide_by_hand(claim, now),
            Some(claim) if self.was_held => Decision::Lost(Some(claim)),
            Some(claim) if self.is_over(&claim, now) => Decision::Expired(claim),
            Some(claim) => Decision::HeldBy(claim),
            None if !self.was_held || self.is_certain(now) => Decision::Take,
            // Somebody may have taken it, filled the table and released it.
            None => Decision::Lost(None),
        }
    }

    fn decide_by_hand(&self, claim: Option<Claim>, now: Timestamp) -> Decision {
        let is_same_row = |claim: &Claim| self.row.as_ref().is_some_and(|row| claim.loads(row));
        match claim {
            Some(claim) if claim.is_by_hand() && !is_same_row(&claim) => {
                if self.is_over(&claim, now) {
                    Decision::Take
                } else {
                    Decision::Beside(claim)
                }
            }
            Some(claim) if self.is_over(&claim, now) => Decision::Expired(claim),
            Some(claim) => Decision::HeldBy(claim),
            None => Decision::Take,
        }
    }

    /// Whether nobody can be filling the table under this claim.
    fn is_over(&self, claim: &Claim, now: Timestamp) -> bool {
        self.former.contains(&claim.run) || now > claim.until + GRACE
    }

    /// Whether the labels may be removed at the end of the run.
    pub fn may_release(&self, labels: &Labels) -> bool {
        matches!(Claim::read(labels), Ok(Some(claim)) if self.is_ours(&claim))
    }

    /// The claim of another run that holds a table with these labels, if one does.
    pub fn other_claim(labels: &Labels, now: Timestamp) -> Option<Claim> {
        let claim = Claim::read(labels).ok().flatten()?;
        (now <= claim.until + GRACE).then_some(claim)
    }

    /// The claim to write after a look at this time.
    pub fn claim(&self, now: Timestamp) -> Claim {
        Claim {
            run: self.run.clone(),
            holder: self.holder.clone(),
            until: now + TERM,
        }
    }

    /// The claim was written.
    pub fn hold(&mut self, claim: &Claim) {
        self.held = Some(claim.until);
        self.was_held = true;
    }

    /// The labels were removed, or belong to somebody else.
    pub fn let_go(&mut self) {
        self.held = None;
    }

    /// Whether something may be emptied or started without another look. `now` is the latest that the server's
    /// time can be.
    pub fn may_act(&self, now: Timestamp) -> bool {
        self.held.is_some_and(|until| now + MARGIN < until)
    }

    /// When the claim is to be written again; `None` if it is not held.
    pub fn renew_at(&self) -> Option<Timestamp> {
        self.held.map(|until| until - TERM + RENEW_EVERY)
    }

    /// Whether nobody can have taken the lease over by this time.
    fn is_certain(&self, now: Timestamp) -> bool {
        self.held.is_some_and(|until| now <= until)
    }

    fn is_ours(&self, claim: &Claim) -> bool {
        (&claim.run, &claim.holder) == (&self.run, &self.holder)
    }
}

/// No run may begin, because another one fills the table.
pub fn held(table: &str, claim: &Claim) -> Failure {
    let reason = format!("Another run fills the table {table}: {claim}.");
    Failure::new(FailureKind::Held, reason).with_remedy(format!(
        "{WAIT_FOR_END} If its machine is gone, its reservation of the table ends by itself at {}.",
        claim.until + GRACE
    ))
}

/// A pipeline by hand may not run without being asked for twice: a chain fills the table. `by` is the chain's run.
pub fn filled_by_chain(table: &str, by: &str) -> Failure {
    let reason = format!("The table {table} is being filled by {by}: rows may be loaded twice.");
    Failure::new(FailureKind::Held, reason).with_remedies([Remedy::from(WAIT_FOR_END), Remedy::RunBeside])
}

/// A pipeline by hand goes on beside another one that has reserved the table.
pub fn beside(table: &str, claim: &Claim) -> Finding {
    let text = format!(
        "The table {table} is reserved by another pipeline by hand, {claim}: this one goes on beside it."
    );
    Finding::from_failure("bq_output_table", Failure::transient(text))
        .with_severity(Severity::Note)
        .with_code(FindingCode::Unreserved)
}

/// A pipeline by hand may not run while another process of this machine loads the same row.
pub fn row_is_loaded(table: &str, row: &TaskId, holder: &str) -> Failure {
    let reason = format!(
        "{row} is being run by hand by {holder}, on the same table {table}: its rows would be loaded twice."
    );
    Failure::new(FailureKind::Held, reason).with_remedy(WAIT_FOR_END)
}

/// No run may begin: nobody drives the other run any more, and one of its pipeline runs goes on.
pub fn abandoned(table: &str, claim: &Claim, alive: &str) -> Failure {
    let reason = format!(
        "The pipeline run {alive} still fills the table {table}, although nobody drives run {} of {} any more.",
        claim.run, claim.holder
    );
    Failure::new(FailureKind::Held, reason).with_remedy(
        "Wait for its end, resume that run on its machine, or stop the pipeline run in Data Fusion.",
    )
}

/// The run goes no further: the table is not its own any more.
pub fn lost(table: &str, by: Option<&Claim>) -> Failure {
    let by = by.map_or_else(
        || "another run".to_owned(),
        |claim| format!("another run ({claim})"),
    );
    Failure::permanent(format!(
        "The table {table} was not reserved for this run for a while, and {by} may have emptied or filled it."
    ))
    .with_remedy("Nothing more is started. When the other run has ended, start a run anew.")
}

/// The run is over, and its lease could not be removed from the table; `until` is its end.
pub fn unreleased(table: &str, until: Timestamp, why: &str) -> Failure {
    Failure::permanent(format!(
        "The reservation of the table {table} could not be removed: {why} It ends by itself at {}; until then other \
         machines cannot fill the table.",
        until + GRACE
    ))
}

/// No run may begin: labels with our names say nothing.
pub fn unreadable(table: &str, why: &Unreadable) -> Failure {
    Failure::permanent(format!(
        "The table {table} is reserved in a way that cannot be read: {why}."
    ))
    .with_remedy(format!(
        "If no newer Downbeat fills the table, remove the labels: bq update --clear_label {RUN_LABEL} \
             --clear_label {UNTIL_LABEL} {}",
        bq_name(table)
    ))
}

/// A run without a lease may begin, and this is what that costs.
pub fn unprotected(table: &str, why: &str) -> Finding {
    Finding::warning(
        "bq_output_table",
        format!(
            "The table {table} cannot be reserved, because its labels cannot be written ({why}). Another machine \
             would not see this run, and could empty the table while it is filled."
        ),
        "Give the identity in use the permission bigquery.tables.update on the table (it is in the role BigQuery \
         Data Editor), or make sure that only this machine fills the table.",
    )
    .with_code(FindingCode::Unreserved)
}

/// `project:dataset.table`, as the command bq names tables.
fn bq_name(table: &str) -> String {
    table.replacen('.', ":", 1)
}

#[cfg(test)]
mod tests;
