//! Reading the journal. Unknown names are left out; anything else that does not read is an error,
//! because a missing intent could start a pipeline twice.

use super::outcomes;
use crate::store::error::StoreError;
use domain::event::{Fact, RunEvent};
use domain::id::DagRunId;
use domain::run::Run;
use domain::state::TaskState;
use domain::summary::RunSummary;
use domain::time::Timestamp;
use rusqlite::{Connection, Params, Row, params};
use serde::Deserialize;
use std::path::Path;

/// The facts of a run.
pub(super) fn events(
    path: &Path,
    connection: &Connection,
    run: &DagRunId,
) -> Result<Vec<RunEvent>, StoreError> {
    events_after(path, connection, run, 0).map(|(events, _)| events)
}

/// The facts of a run behind a place, and the place of the last one, which may be a fact of an unknown name.
pub(super) fn events_after(
    path: &Path,
    connection: &Connection,
    run: &DagRunId,
    mut place: i64,
) -> Result<(Vec<RunEvent>, i64), StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let mut statement = connection
        .prepare_cached("SELECT seq, at, name, body FROM events WHERE run = ?1 AND seq > ?2 ORDER BY seq")
        .map_err(at_path)?;
    let mut rows = statement.query(params![run.as_str(), place]).map_err(at_path)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(at_path)? {
        place = row.get("seq").map_err(at_path)?;
        events.extend(fact(row, run, path)?);
    }
    Ok((events, place))
}

/// The fact of a row; nothing if its name is unknown.
fn fact(row: &Row<'_>, run: &DagRunId, path: &Path) -> Result<Option<RunEvent>, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let at = Timestamp::from_millis(row.get("at").map_err(at_path)?);
    let body: String = row.get("body").map_err(at_path)?;
    match serde_json::from_str(&body) {
        Ok(fact) => Ok(Some(RunEvent { at, fact })),
        Err(_) if !is_known(&row.get::<_, String>("name").map_err(at_path)?) => Ok(None),
        Err(error) => Err(StoreError::UnreadableEvent {
            run: run.clone(),
            seq: row.get("seq").map_err(at_path)?,
            reason: error.to_string(),
        }),
    }
}

/// Whether a fact has this name. Serde answers it, so that there is no second list to keep: a known name
/// alone either is a fact or lacks a field.
fn is_known(name: &str) -> bool {
    Fact::deserialize(serde_json::json!({ "event": name }))
        .err()
        .is_none_or(|error| !error.to_string().starts_with("unknown variant"))
}

/// The newest runs first.
pub(super) fn last_runs(
    path: &Path,
    connection: &Connection,
    most: u32,
) -> Result<Vec<RunSummary>, StoreError> {
    listed(connection, None, most)
        .map(|runs| runs.into_iter().map(|(run, _)| run).collect())
        .map_err(|error| StoreError::sqlite(path, &error))
}

/// The same, of one profile if one is named, with all counts of each: those that are not kept are folded from its facts.
pub(super) fn counted_runs(
    path: &Path,
    connection: &Connection,
    profile: Option<&str>,
    most: u32,
) -> Result<Vec<RunSummary>, StoreError> {
    let listed = listed(connection, profile, most).map_err(|error| StoreError::sqlite(path, &error))?;
    let mut runs = Vec::with_capacity(listed.len());
    for (mut summary, is_counted) in listed {
        if is_counted {
            let handled = outcomes::handled(connection, &summary.id);
            summary.handled = handled.map_err(|error| StoreError::sqlite(path, &error))?;
        } else {
            match events(path, connection, &summary.id) {
                Ok(events) => {
                    if let Some(run) = Run::replay(&events) {
                        summary.counts = run.counts();
                        summary.handled = run.handled().count();
                    }
                }
                // A list is worth having although one run is not.
                Err(StoreError::UnreadableEvent { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        runs.push(summary);
    }
    Ok(runs)
}

/// The newest runs first, each with whether all of its counts are known.
fn listed(
    connection: &Connection,
    profile: Option<&str>,
    most: u32,
) -> rusqlite::Result<Vec<(RunSummary, bool)>> {
    let sql = if outcomes::exist(connection)? {
        "SELECT runs.*, outcomes.counts AS counts FROM runs LEFT JOIN outcomes ON outcomes.run = runs.id
           AND runs.ended IS NOT NULL AND outcomes.seq = (SELECT max(seq) FROM events WHERE events.run = runs.id)
         WHERE ?2 IS NULL OR runs.profile = ?2
         ORDER BY runs.started DESC, runs.rowid DESC LIMIT ?1"
    } else {
        "SELECT *, NULL AS counts FROM runs WHERE ?2 IS NULL OR profile = ?2
         ORDER BY started DESC, rowid DESC LIMIT ?1"
    };
    let mut statement = connection.prepare(sql)?;
    let runs = statement.query_map(rusqlite::params![most, profile], |row| {
        let mut summary = summary(row)?;
        let counts: Option<String> = row.get("counts")?;
        let counts = counts.and_then(|text| outcomes::counts(&text));
        let is_counted = counts.is_some();
        summary.counts = counts.unwrap_or(summary.counts);
        Ok((summary, is_counted))
    })?;
    runs.collect()
}

/// Runs without an end, newest first.
pub(super) fn unfinished(path: &Path, connection: &Connection) -> Result<Vec<RunSummary>, StoreError> {
    let sql = "SELECT * FROM runs WHERE ended IS NULL ORDER BY started DESC, rowid DESC";
    summaries(connection, sql, []).map_err(|error| StoreError::sqlite(path, &error))
}

/// The newest later run on the output table of this one that may have changed it. Later is what was written later: a
/// clock may have been set in between.
pub(super) fn overtaking(
    path: &Path,
    connection: &Connection,
    run: &DagRunId,
) -> Result<Option<RunSummary>, StoreError> {
    let sql = "
        SELECT later.* FROM runs AS later JOIN runs AS this ON later.output_table = this.output_table
        WHERE this.id = ?1 AND later.rowid > this.rowid ORDER BY later.rowid DESC";
    let later =
        summaries(connection, sql, [run.as_str()]).map_err(|error| StoreError::sqlite(path, &error))?;
    for summary in later {
        let changed = match events(path, connection, &summary.id) {
            Ok(events) => Run::replay(&events).is_some_and(|run| run.has_changed_output()),
            // A newer Downbeat's: it may have.
            Err(StoreError::UnreadableEvent { .. }) => true,
            Err(error) => return Err(error),
        };
        if changed {
            return Ok(Some(summary));
        }
    }
    Ok(None)
}

fn summaries(connection: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<Vec<RunSummary>> {
    connection.prepare(sql)?.query_map(params, summary)?.collect()
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let count = |name| {
        let count: i64 = row.get(name)?;
        Ok::<_, rusqlite::Error>(usize::try_from(count).unwrap_or(0))
    };
    let state = serde_json::Value::String(row.get("state")?);
    let counts = [
        (TaskState::Success, count("succeeded")?),
        (TaskState::Failed, count("failed")?),
    ];
    Ok(RunSummary {
        id: DagRunId::new(row.get::<_, String>("id")?),
        profile: row.get("profile")?,
        pipeline: row.get("pipeline")?,
        output_table: row.get("output_table")?,
        started: Timestamp::from_millis(row.get("started")?),
        ended: row.get::<_, Option<i64>>("ended")?.map(Timestamp::from_millis),
        state: serde_json::from_value(state).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, Box::new(error))
        })?,
        counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
        total: count("total")?,
        handled: 0,
        watched: None,
    })
}
