//! The one thread that writes the journal, a transaction for each batch.

use super::{Batch, outcomes, reader};
use crate::store::error::StoreError;
use domain::event::{Fact, RunEvent};
use domain::id::DagRunId;
use domain::run::Run;
use domain::summary::RunSummary;
use domain::time::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

/// Owns the writing connection.
pub(super) struct Writer {
    path: PathBuf,
    connection: Connection,
    /// The run that was written last and its last position, so that its summary is kept without
    /// reading it again.
    current: Option<(Run, i64)>,
}

impl Writer {
    pub(super) fn new(path: PathBuf, connection: Connection) -> Self {
        Self {
            path,
            connection,
            current: None,
        }
    }

    /// Works until the last handle is gone.
    pub(super) fn run(mut self, batches: &Receiver<Batch>) {
        while let Ok(batch) = batches.recv() {
            let result = self.append(&batch.run, &batch.events);
            // A caller that does not wait any more does not need the answer.
            let _ = batch.done.send(result);
        }
    }

    fn append(&mut self, id: &DagRunId, events: &[RunEvent]) -> Result<(), StoreError> {
        let at_path = |error| StoreError::sqlite(&self.path, &error);
        // Taken out, so that a failure leaves nothing that was not written.
        let current = self.current.take();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(at_path)?;
        let last = outcomes::last_place(&transaction, id).map_err(at_path)?;
        let known = match current {
            // Another process may have written to the run: then the run in memory is out of date.
            Some((run, place)) if run.id == *id && place == last => Some(run),
            _ if last == 0 => None,
            _ => Run::replay(&reader::events(&self.path, &transaction, id)?),
        };
        let run = fold(id, known, last > 0, events)?;
        write_summary(&transaction, &RunSummary::new(&run)).map_err(at_path)?;
        let end = write_events(&self.path, &transaction, id, last, events)?;
        let touched = events.iter().filter_map(|event| event.fact.task()).collect();
        outcomes::keep(&transaction, &run, (last, end), &touched).map_err(at_path)?;
        transaction.commit().map_err(at_path)?;
        self.current = Some((run, end));
        Ok(())
    }
}

/// The run as it is after these facts.
fn fold(id: &DagRunId, known: Option<Run>, exists: bool, events: &[RunEvent]) -> Result<Run, StoreError> {
    let begins = |event: &RunEvent| matches!(event.fact, Fact::RunStarted { .. });
    match known {
        Some(_) if events.iter().any(begins) => Err(StoreError::RunExists { run: id.clone() }),
        Some(mut run) => {
            events.iter().for_each(|event| run.apply(event));
            Ok(run)
        }
        None => Run::replay(events)
            .filter(|run| run.id == *id && !exists)
            .ok_or_else(|| StoreError::UnknownRun { run: id.clone() }),
    }
}

fn write_summary(transaction: &Transaction<'_>, run: &RunSummary) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO runs (id, profile, pipeline, output_table, started, ended, state, succeeded, failed, total)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (id) DO UPDATE SET ended = ?6, state = ?7, succeeded = ?8, failed = ?9, total = ?10",
        )?
        .execute(params![
            run.id.as_str(),
            run.profile,
            run.pipeline,
            run.output_table,
            run.started.millis(),
            run.ended.map(Timestamp::millis),
            run.state.as_str(),
            number(run.succeeded()),
            number(run.failed()),
            number(run.total),
        ])
        .map(drop)
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes the facts behind `last`; returns the position of the last one.
fn write_events(
    path: &Path,
    transaction: &Transaction<'_>,
    run: &DagRunId,
    last: i64,
    events: &[RunEvent],
) -> Result<i64, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let mut insert = transaction
        .prepare_cached("INSERT INTO events (run, seq, at, name, body) VALUES (?1, ?2, ?3, ?4, ?5)")
        .map_err(at_path)?;
    let mut seq = last;
    for event in events {
        seq += 1;
        let unreadable = |error: serde_json::Error| StoreError::UnreadableEvent {
            run: run.clone(),
            seq,
            reason: error.to_string(),
        };
        let body = serde_json::to_value(&event.fact).map_err(unreadable)?;
        let name = body["event"].as_str().unwrap_or_default();
        insert
            .execute(params![
                run.as_str(),
                seq,
                event.at.millis(),
                name,
                body.to_string()
            ])
            .map_err(at_path)?;
    }
    Ok(seq)
}
