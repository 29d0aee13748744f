//! What became of the tasks of ended runs, beside their facts, so that the history of hundreds of runs is read at once.
//!
//! It holds nothing that the facts do not say, and is thrown away rather than believed: an outcome counts only if it
//! was folded from the last fact that the run has now. A Downbeat that does not know these tables may go on writing
//! facts beside us; what it leaves behind is folded again.

use domain::history::{RunRecord, TaskRecord};
use domain::id::{DagRunId, TaskId};
use domain::run::Run;
use domain::state::TaskState;
use domain::summary::RunSummary;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

/// Made where they are missing. Formats of the journal say what a reader must know to read facts; these tables are not
/// needed for that, so that they come without a new format and an older Downbeat goes on working beside. Its removal of
/// a run removes them too.
pub(super) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS outcomes (
        run    TEXT    PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        seq    INTEGER NOT NULL, -- the last fact that is in it
        counts TEXT    NOT NULL -- pipeline tasks by state, in JSON
    ) STRICT;
    CREATE TABLE IF NOT EXISTS task_outcomes (
        run   TEXT    NOT NULL REFERENCES outcomes (run) ON DELETE CASCADE,
        place INTEGER NOT NULL, -- in the order of the chain
        body  TEXT    NOT NULL, -- the record in JSON
        PRIMARY KEY (run, place)
    ) STRICT, WITHOUT ROWID;
";

/// Whether the file has the tables.
pub(super) fn exist(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT count(*) = 2 FROM sqlite_schema WHERE type = 'table' AND name IN ('outcomes', 'task_outcomes')",
        [],
        |row| row.get(0),
    )
}

/// The last fact of a run; 0 if it has none.
pub(super) fn last_place(connection: &Connection, run: &DagRunId) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM events WHERE run = ?1")?
        .query_row([run.as_str()], |row| row.get(0))
}

/// The last fact of a run, and the last one that is in its outcome.
pub(super) fn places(connection: &Connection, run: &DagRunId) -> rusqlite::Result<(i64, Option<i64>)> {
    let last = last_place(connection, run)?;
    let kept = connection
        .prepare_cached("SELECT seq FROM outcomes WHERE run = ?1")?
        .query_row([run.as_str()], |row| row.get(0))
        .optional()?;
    Ok((last, kept))
}

/// Writes the outcome of a run that has ended, or removes that of one that goes on. `last` is the last fact before these,
/// `end` the last one now; only `touched` tasks are written if the others are there already.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    run: &Run,
    (last, end): (i64, i64),
    touched: &BTreeSet<&TaskId>,
) -> rusqlite::Result<()> {
    if !run.state.is_end() {
        return transaction
            .prepare_cached("DELETE FROM outcomes WHERE run = ?1")?
            .execute([run.id.as_str()])
            .map(drop);
    }
    let (_, kept) = places(transaction, &run.id)?;
    let is_there = kept == Some(last);
    let record = RunRecord::new(run, run.last_event);
    write(transaction, &record, end, |task| {
        !is_there || touched.contains(task)
    })
}

pub(super) fn write(
    transaction: &Transaction<'_>,
    record: &RunRecord,
    seq: i64,
    is_due: impl Fn(&TaskId) -> bool,
) -> rusqlite::Result<()> {
    let run = record.summary.id.as_str();
    let counts = json(&record.summary.counts)?;
    transaction
        .prepare_cached(
            "INSERT INTO outcomes (run, seq, counts) VALUES (?1, ?2, ?3)
             ON CONFLICT (run) DO UPDATE SET seq = ?2, counts = ?3",
        )?
        .execute(params![run, seq, counts])?;
    let mut insert = transaction
        .prepare_cached("INSERT OR REPLACE INTO task_outcomes (run, place, body) VALUES (?1, ?2, ?3)")?;
    for (place, task) in (0_i64..).zip(&record.tasks) {
        if is_due(&task.task) {
            insert.execute(params![run, place, json(task)?])?;
        }
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// Pipeline tasks by state, if the journal has them in a column of this text.
pub(super) fn counts(text: &str) -> Option<BTreeMap<TaskState, usize>> {
    serde_json::from_str(text).ok()
}

/// How many tasks of a run whose outcome is kept a person has dealt with.
pub(super) fn handled(connection: &Connection, run: &DagRunId) -> rusqlite::Result<usize> {
    let count: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM task_outcomes WHERE run = ?1 AND json_type(body, '$.handled') IS NOT NULL",
        )?
        .query_row([run.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

pub(super) type Kept = (BTreeMap<TaskState, usize>, Vec<TaskRecord>);

/// What is kept of a run, if it is as new as its facts and can be read.
pub(super) fn kept(connection: &Connection, run: &RunSummary) -> rusqlite::Result<Option<Kept>> {
    let (last, kept) = places(connection, &run.id)?;
    if run.ended.is_none() || kept != Some(last) {
        return Ok(None);
    }
    let counts: String = connection
        .prepare_cached("SELECT counts FROM outcomes WHERE run = ?1")?
        .query_row([run.id.as_str()], |row| row.get(0))?;
    let mut bodies =
        connection.prepare_cached("SELECT body FROM task_outcomes WHERE run = ?1 ORDER BY place")?;
    let bodies = bodies.query_map([run.id.as_str()], |row| row.get::<_, String>(0))?;
    let mut tasks = Vec::new();
    for body in bodies {
        // A state of a newer Downbeat: what its facts say to us is folded instead.
        let Ok(task) = serde_json::from_str(&body?) else {
            return Ok(None);
        };
        tasks.push(task);
    }
    Ok(self::counts(&counts).map(|counts| (counts, tasks)))
}
