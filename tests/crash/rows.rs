//! What must hold of rows, windows and the emptying of the output table, whoever ran what and was killed when.
//!
//! Each load has a window of its source, which the watermark table names. The windows of a source follow each other
//! without a gap and without an overlap; the output table has exactly the rows of the windows that were loaded since
//! it was emptied last, by the source database; and it is emptied only when each DAG run before has loaded all that
//! it had to load.

use super::journal::Entry;
use super::lab::Lab;
use super::server_runs::ServerRun;
use super::stores::Row;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Where the first window of a source begins, in seconds since 1970: the pipeline's own default.
const BEGINNING: i64 = 86_400;

/// A row of the watermark table.
#[derive(Clone, Debug)]
struct Load {
    unit: String,
    source: String,
    /// The window in seconds since 1970.
    from: i64,
    to: i64,
    rows: i64,
    /// When it was committed, in milliseconds.
    at: i64,
}

/// A job that emptied the output table.
#[derive(Clone, Debug)]
struct Truncate {
    dag_run: String,
    /// When it ended, in milliseconds.
    at: i64,
}

/// Everything that is wrong with the rows.
pub fn complaints(lab: &Lab, runs: &[ServerRun], journal: &[Entry]) -> Vec<String> {
    let truncates = truncates(&lab.jobs());
    let loads = loads(lab);
    let mut found = one_truncate(&truncates);
    found.extend(windows(lab, &loads));
    found.extend(emptied_early(&truncates, &loads, runs, journal));
    let last = truncates
        .iter()
        .map(|truncate| truncate.at)
        .max()
        .unwrap_or_default();
    let kept: Vec<_> = loads.iter().filter(|load| load.at > last).collect();
    if loads.is_empty() {
        found.push("nothing was loaded".to_owned());
    } else {
        found.extend(rows_of(lab, &kept));
    }
    found
}

/// How often the output table was emptied.
pub fn times_emptied(lab: &Lab) -> usize {
    truncates(&lab.jobs()).len()
}

fn truncates(jobs: &[Value]) -> Vec<Truncate> {
    let is_truncate = |job: &&Value| {
        let sql = job["configuration"]["query"]["query"].as_str();
        sql.is_some_and(|sql| sql.starts_with("TRUNCATE"))
    };
    let read = |job: &Value| {
        let id = job["jobReference"]["jobId"].as_str().unwrap();
        let text = job["statistics"]["endTime"].as_str().unwrap();
        Truncate {
            dag_run: id.split('_').nth(1).unwrap_or_default().to_owned(),
            at: text.parse().unwrap(),
        }
    };
    jobs.iter().filter(is_truncate).map(read).collect()
}

fn one_truncate(truncates: &[Truncate]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for truncate in truncates {
        *counts.entry(&truncate.dag_run).or_default() += 1;
    }
    let twice = counts.into_iter().filter(|(_, count)| *count > 1);
    twice
        .map(|(run, count)| format!("the DAG run {run} emptied the table {count} times"))
        .collect()
}

/// The windows of each source, and the rows that the pipeline counted in each.
fn windows(lab: &Lab, loads: &[Load]) -> Vec<String> {
    let mut found = Vec::new();
    let mut reached: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for load in loads {
        let key = (load.unit.as_str(), load.source.as_str());
        let before = reached.insert(key, load.to).unwrap_or(BEGINNING);
        if load.from != before || load.to < load.from {
            found.push(format!("the window before ended at {before}: {load:?}"));
        }
        let expected = count(in_source(lab, load).len());
        if load.rows != expected {
            found.push(format!("the source has {expected} rows in this window: {load:?}"));
        }
    }
    found
}

/// A truncate removes what a DAG run has loaded only when that run has loaded everything: else readers of the table
/// never see these rows, and the watermarks are past them.
fn emptied_early(
    truncates: &[Truncate],
    loads: &[Load],
    runs: &[ServerRun],
    journal: &[Entry],
) -> Vec<String> {
    // Two may have begun in one second, and so have windows with one end: the one that was at work then.
    let dag_run = |load: &Load| {
        let was_at_work = |run: &ServerRun| {
            let at = load.at.div_euclid(1000);
            run.began <= at && run.ended.is_none_or(|ended| at <= ended)
        };
        let of = runs
            .iter()
            .find(|run| window_end(run) == load.to && run.source == load.name() && was_at_work(run));
        of.map(ServerRun::dag_run).unwrap_or_default()
    };
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for truncate in in_order(truncates) {
        let before: BTreeSet<_> = loads
            .iter()
            .filter(|load| load.at <= truncate.at)
            .map(dag_run)
            .collect();
        for run in before {
            let all = loads.iter().filter(|load| dag_run(load) == run);
            let late = all.clone().filter(|load| load.at > truncate.at).count();
            let entry = journal.iter().find(|entry| entry.id == run);
            let is_whole =
                entry.is_some_and(|entry| entry.state == "success" && entry.total == count(all.count()));
            if (late > 0 || !is_whole) && known.insert(run) {
                found.push(format!(
                    "{truncate:?} removed rows of {run}, which was not through: {entry:?}, {late} later"
                ));
            }
        }
    }
    found
}

fn in_order(truncates: &[Truncate]) -> Vec<&Truncate> {
    let mut all: Vec<_> = truncates.iter().collect();
    all.sort_by_key(|truncate| truncate.at);
    all
}

/// The end of the window of a run: a minute before its logical start.
fn window_end(run: &ServerRun) -> i64 {
    run.logical.div_euclid(1000) - 60
}

/// The output table, compared with the source row by row.
fn rows_of(lab: &Lab, loads: &[&Load]) -> Vec<String> {
    let mut found = Vec::new();
    let mut expected: Vec<Row> = loads.iter().flat_map(|load| in_source(lab, load)).collect();
    expected.sort();
    for table in ["landing", "landing_committed"] {
        let mut rows = lab.stores().warehouse(table);
        rows.sort();
        if rows != expected {
            let (there, wanted): (BTreeSet<_>, BTreeSet<_>) =
                (rows.iter().collect(), expected.iter().collect());
            found.push(format!(
                "{table} has {} rows, {} of them different; the source has {}; lost {:?}, strange {:?}",
                rows.len(),
                there.len(),
                expected.len(),
                wanted.difference(&there).take(5).collect::<Vec<_>>(),
                there.difference(&wanted).take(5).collect::<Vec<_>>(),
            ));
        }
    }
    found
}

/// As SQLite counts.
fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap()
}

impl Load {
    fn name(&self) -> String {
        format!("{}.{}", self.unit, self.source)
    }
}

fn in_source(lab: &Lab, load: &Load) -> BTreeSet<Row> {
    let moment = |seconds| {
        let moment = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        moment.format("%F %T").to_string()
    };
    lab.stores()
        .source(&load.unit, &load.source, &moment(load.from), &moment(load.to))
}

/// The watermark table, in the order of its rows' commits.
fn loads(lab: &Lab) -> Vec<Load> {
    let path = lab.state().join("warehouse.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(path, flags).unwrap();
    let sql =
        "SELECT business_unit, data_source, previous_watermark / 1000000, watermark / 1000000, rows_loaded,
        updated_at / 1000 FROM \"cdf_output.watermark\" ORDER BY updated_at";
    let mut statement = database.prepare(sql).unwrap();
    let loads = statement.query_map([], |row| {
        Ok(Load {
            unit: row.get(0)?,
            source: row.get(1)?,
            from: row.get(2)?,
            to: row.get(3)?,
            rows: row.get(4)?,
            at: row.get(5)?,
        })
    });
    loads.unwrap().map(Result::unwrap).collect()
}
