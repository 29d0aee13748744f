//! The records of runs: those that are kept (`journal/outcomes.rs`), and for all others what their facts give.

use super::{outcomes, reader};
use crate::store::error::StoreError;
use domain::history::RunRecord;
use domain::run::Run;
use domain::summary::RunSummary;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Records that were read.
pub(super) struct Found {
    pub(super) records: Vec<RunRecord>,
    /// The places of those that are not kept yet, each with its last fact.
    pub(super) due: Vec<(usize, i64)>,
}

/// The records of these runs, in their order. A run whose facts cannot be read is left out: the rest of the history is
/// worth having.
pub(super) fn read(path: &Path, connection: &Connection, runs: Vec<RunSummary>) -> Result<Found, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let is_kept = outcomes::exist(connection).map_err(at_path)?;
    let (mut records, mut due) = (Vec::with_capacity(runs.len()), Vec::new());
    for mut summary in runs {
        if is_kept && let Some((counts, tasks)) = outcomes::kept(connection, &summary).map_err(at_path)? {
            summary.counts = counts;
            summary.handled = tasks.iter().filter(|task| task.handled.is_some()).count();
            records.push(RunRecord { summary, tasks });
            continue;
        }
        match folded(path, connection, &summary) {
            Ok(Some((record, last))) => {
                if record.summary.state.is_end() {
                    due.push((records.len(), last));
                }
                records.push(record);
            }
            Ok(None) => {}
            Err(error @ StoreError::UnreadableEvent { .. }) => {
                tracing::warn!(%error, "a run is missing in the history");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Found { records, due })
}

/// The record that the facts of a run give, and the place of its last fact. `watched` stays as it was.
fn folded(
    path: &Path,
    connection: &Connection,
    summary: &RunSummary,
) -> Result<Option<(RunRecord, i64)>, StoreError> {
    let (events, last) = reader::events_after(path, connection, &summary.id, 0)?;
    let record = Run::replay(&events).map(|run| {
        let mut record = RunRecord::new(&run, run.last_event);
        record.summary.watched.clone_from(&summary.watched);
        (record, last)
    });
    Ok(record)
}

/// Keeps records that were folded. One that is out of date by now is written all the same: its last fact says so.
pub(super) fn keep(
    path: &Path,
    connection: &mut Connection,
    records: &[(&RunRecord, i64)],
) -> Result<(), StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(at_path)?;
    for (record, last) in records {
        // Removed meanwhile, it has no facts.
        let (now, _) = outcomes::places(&transaction, &record.summary.id).map_err(at_path)?;
        if now == *last {
            outcomes::write(&transaction, record, *last, |_| true).map_err(at_path)?;
        }
    }
    transaction.commit().map_err(at_path)
}
