//! Reserves a run and its output table: on this machine by locks, for all others by a lease in the table's labels.
//!
//! The locks are taken before the first fact of a run, the lease at the end of `start`, when nothing else stands
//! against the run. It spawns nothing.

use super::cloud::Cloud;
use super::table_lease::TableLease;
use crate::store::{Journal, Lease, StoreError};
use domain::failure::{Failure, FailureKind};
use domain::finding::FindingCode;
use domain::id::DagRunId;
use domain::request::Scope;
use domain::run::Run;
use domain::summary::RunSummary;
use domain::table_lease;
use domain::warehouse::TableAddress;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// How many former runs are known to be over.
const FORMER: u32 = 1_000;

/// Held while a run goes on. The locks end when this is dropped, however the process ends.
pub(super) struct Reservation {
    /// The output table; none for a pipeline by hand that may go beside a chain, and where no table is named.
    table: Option<ReservedTable>,
    /// The pipeline of a chain for which no output table is named.
    _pipeline: Option<Lease>,
    /// The row of a pipeline by hand.
    _row: Option<Lease>,
    _run: Lease,
}

struct ReservedTable {
    /// What other machines see. Until it is taken it holds nothing.
    lease: TableLease,
    former: Arc<BTreeSet<DagRunId>>,
    _lock: Lease,
}

impl Reservation {
    /// Locks the run, and its output table: for a chain alone, for a pipeline by hand beside others by hand.
    ///
    /// # Errors
    /// If another process of this machine holds one of them: which one, with which run.
    pub async fn new(data: &Path, journal: &Journal, cloud: &Cloud, run: &Run) -> Result<Self, Failure> {
        let lock = Lease::run(data, &run.id).map_err(|error| error.failure())?;
        let row = row_lock(data, run)?;
        let pipeline = pipeline_lock(data, run)?;
        let table = match run.request.scope {
            _ if !run.request.variables.has_output_table() => None,
            Scope::Chain => Some(ReservedTable::new(data, journal, cloud, run).await?),
            Scope::Single(_) if run.request.beside => None,
            Scope::Single(_) => Some(ReservedTable::by_hand(data, journal, cloud, run).await?),
        };
        Ok(Self {
            table,
            _pipeline: pipeline,
            _row: row,
            _run: lock,
        })
    }

    /// The runs of this machine's journal on the output table, which nobody drives.
    pub fn former(&self) -> Arc<BTreeSet<DagRunId>> {
        self.table
            .as_ref()
            .map(|table| table.former.clone())
            .unwrap_or_default()
    }

    /// The lease on the output table, if the run needs one.
    pub fn lease(&self) -> Option<&TableLease> {
        self.table.as_ref().map(|table| &table.lease)
    }

    /// Ends it.
    ///
    /// # Errors
    /// If the lease cannot be removed from the table: until when it lasts there.
    pub async fn release(self) -> Result<(), Failure> {
        match self.table {
            Some(table) => table.lease.release().await,
            None => Ok(()),
        }
    }
}

impl ReservedTable {
    async fn new(data: &Path, journal: &Journal, cloud: &Cloud, run: &Run) -> Result<Self, Failure> {
        let lock = Lease::table(data, &output(run), &run.id).map_err(|error| error.failure())?;
        // With the lock held, no process drives a former run of this table.
        let former = others(journal, run).await;
        Ok(Self {
            lease: TableLease::new(cloud.output(), run, carries_on(journal, run).await, &former),
            former: Arc::new(former),
            _lock: lock,
        })
    }

    async fn by_hand(data: &Path, journal: &Journal, cloud: &Cloud, run: &Run) -> Result<Self, Failure> {
        let lock = Lease::table_by_hand(data, &output(run), &run.id);
        let lock = lock.map_err(|error| match error {
            StoreError::LeaseHeld { table, holder } => table_lease::filled_by_chain(&table, &holder),
            error => error.failure(),
        })?;
        let mut former = others(journal, run).await;
        former.retain(|other| Lease::driver_of(data, other).is_none());
        Ok(Self {
            lease: TableLease::new(cloud.output(), run, carries_on(journal, run).await, &former),
            former: Arc::new(former),
            _lock: lock,
        })
    }
}

/// Locks the pipeline for a chain without an output table: two of them would load the same rows at the same time.
fn pipeline_lock(data: &Path, run: &Run) -> Result<Option<Lease>, Failure> {
    let variables = &run.request.variables;
    if variables.has_output_table() || run.request.scope != Scope::Chain {
        return Ok(None);
    }
    let lock = Lease::table(data, &output(run), &run.id);
    lock.map(Some).map_err(|error| match error {
        StoreError::LeaseHeld { holder, .. } => {
            let reason = format!("The {} is being run by {holder}.", variables.filled());
            let remedy =
                "Wait for its end, stop it, or name the output table of each run in bq_output_table.";
            Failure::new(FailureKind::Held, reason).with_remedy(remedy)
        }
        error => error.failure(),
    })
}

/// Locks the row of a pipeline by hand, also where it goes beside others: its rows would be loaded twice.
fn row_lock(data: &Path, run: &Run) -> Result<Option<Lease>, Failure> {
    let Scope::Single(arguments) = &run.request.scope else {
        return Ok(None);
    };
    let Some(row) = run.request.task_by_hand(arguments) else {
        return Ok(None);
    };
    let lock = Lease::row(data, &output(run), &row, &run.id);
    lock.map(Some).map_err(|error| match error {
        StoreError::LeaseHeld { table, holder } => table_lease::row_is_loaded(&table, &row, &holder),
        error => error.failure(),
    })
}

/// The other runs of this machine's journal on the output table.
async fn others(journal: &Journal, run: &Run) -> BTreeSet<DagRunId> {
    let output_table = RunSummary::new(run).output_table;
    let all = journal.last_runs(FORMER).await.unwrap_or_default();
    let on_table = all.into_iter().filter(|other| other.output_table == output_table);
    on_table
        .map(|other| other.id)
        .filter(|id| *id != run.id)
        .collect()
}

/// Whether a former process has left the run with a lease on the table. Where the journal itself knows of a later
/// run, a person has decided that this one goes on all the same.
async fn carries_on(journal: &Journal, run: &Run) -> bool {
    let had_lease = !run
        .notices
        .iter()
        .any(|(_, found)| found.code == Some(FindingCode::Unreserved));
    let is_left = !run.state.is_end() && run.has_changed_output();
    is_left && had_lease && matches!(journal.overtaking(&run.id).await, Ok(None))
}

/// The output table; without one the pipeline stands in its place, whose runs fill something that is not named.
fn output(run: &Run) -> TableAddress {
    let variables = &run.request.variables;
    if variables.has_output_table() {
        return variables.output_table();
    }
    TableAddress {
        project: format!("pipeline {}/{}", variables.project_id, variables.cdf_instance),
        dataset: variables.cdf_namespace.clone(),
        table: variables.cdf_pipeline_name.clone(),
    }
}
