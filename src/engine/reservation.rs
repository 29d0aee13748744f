//! Reserves the output table of a run: on this machine by a lock, for all others by a lease in the table's labels.
//!
//! The lock is taken before the first fact of a run, the lease at the end of `start`, when nothing else stands
//! against the run. It spawns nothing.

use super::cloud::Cloud;
use super::table_lease::TableLease;
use crate::store::{Journal, Lease};
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::request::Scope;
use domain::run::Run;
use domain::summary::RunSummary;
use std::collections::BTreeSet;
use std::path::Path;

/// How many former runs are known to be over.
const FORMER: u32 = 1_000;

/// Held while a run goes on.
pub(super) struct Reservation {
    /// What other machines see. Until it is taken it holds nothing.
    pub lease: TableLease,
    /// Ends when this is dropped, however the process ends.
    _lock: Lease,
}

impl Reservation {
    /// Locks the output table of a chain; a pipeline by hand empties nothing and needs no reservation.
    ///
    /// # Errors
    /// If another process of this machine holds it: which one, with which run.
    pub async fn new(
        data: &Path,
        journal: &Journal,
        cloud: &Cloud,
        run: &Run,
    ) -> Result<Option<Self>, Failure> {
        if let Scope::Single(_) = run.request.scope {
            return Ok(None);
        }
        let variables = &run.request.variables;
        let project = variables.project_id.as_str().into();
        let dataset = variables.bq_dataset_id.as_str().into();
        let table = variables.bq_output_table.as_str().into();
        let lock = Lease::take(data, &project, &dataset, &table, &run.id).map_err(|error| error.failure())?;
        // With the lock held, no process drives a former run of this table.
        let output_table = RunSummary::new(run).output_table;
        let former = journal.last_runs(FORMER).await.unwrap_or_default();
        let former = former
            .into_iter()
            .filter(|other| other.output_table == output_table);
        let former: BTreeSet<DagRunId> = former.map(|other| other.id).filter(|id| *id != run.id).collect();
        Ok(Some(Self {
            lease: TableLease::new(cloud.output(), &run.id, &former),
            _lock: lock,
        }))
    }

    /// Ends it. What cannot be removed from the table ends there by itself.
    pub async fn release(self) {
        if let Err(failure) = self.lease.release().await {
            tracing::warn!(reason = failure.reason, "the lease on the table was not released");
        }
    }
}
