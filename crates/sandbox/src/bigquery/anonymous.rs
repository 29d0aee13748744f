//! Where results are that no table was named for: BigQuery writes each to a table of a hidden dataset, which clients read.
//!
//! Here the job keeps the result. It is written to that table when something first reads it: most results are taken from
//! the job, and writing each of them twice would be slow.

use super::ApiState;
use super::job::{Completion, Job, Outcome, Progress};
use super::job_store::JobStore;
use googlesql::value::Row;
use googlesql::{LoadOptions, QuerySettings, SqlError, Warehouse, WriteDisposition};
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// How many hexadecimal digits the name of a table has after `anon`.
const DIGITS: usize = 64;

/// The hidden dataset of the project: `_` and 40 digits.
pub(super) fn dataset(warehouse: &Warehouse) -> String {
    format!("_{}", digest(&[warehouse.project(), warehouse.location()], 40))
}

/// The table of a job's result: `anon` and 64 digits.
pub(super) fn table(job: &Job) -> String {
    format!("anon{}", digest(&[&job.id, &job.location], DIGITS))
}

fn digest(parts: &[&str], digits: usize) -> String {
    let blocks = (0..digits.div_ceil(16)).map(|block| {
        let mut hasher = DefaultHasher::new();
        (block, parts).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    });
    blocks.collect::<String>().chars().take(digits).collect()
}

/// A result that a table is to have.
pub(super) struct JobResult {
    job: String,
    completion: Arc<Completion>,
    store: Arc<JobStore>,
}

/// The result that belongs in this table; `None` for any other table.
pub(super) fn result_in(state: &ApiState, dataset_name: &str, name: &str) -> Option<JobResult> {
    if dataset_name != dataset(&state.warehouse) || !name.starts_with("anon") {
        return None;
    }
    let job = state.jobs.all().into_iter().find(|job| table(job) == name)?;
    match job.progress() {
        Progress::Done(completion) => Some(JobResult {
            job: job.id.clone(),
            completion,
            store: Arc::clone(state.jobs.store()),
        }),
        _ => None,
    }
}

impl JobResult {
    /// Writes the result to its table, unless it is there.
    pub fn write(&self, warehouse: &Warehouse, dataset: &str, table: &str) -> Result<(), SqlError> {
        let Ok(Outcome::Query(outcome)) = &self.completion.result else {
            return Ok(());
        };
        if outcome.statement_type != "SELECT" || warehouse.table(dataset, table)?.is_some() {
            return Ok(());
        }
        create_dataset(warehouse)?;
        let options = LoadOptions {
            write: WriteDisposition::Truncate,
            ..LoadOptions::default()
        };
        let rows = self.rows()?;
        warehouse
            .load(dataset, table, &outcome.columns, &rows, options)
            .map(drop)
    }

    /// All rows, which may be in the store alone.
    fn rows(&self) -> Result<Cow<'_, [Row]>, SqlError> {
        if self.completion.has_rows() {
            return Ok(self.completion.rows().into());
        }
        let mut rows = Vec::new();
        while rows.len() < self.completion.size.rows {
            let more = self.store.rows(&self.job, rows.len(), usize::MAX)?;
            if more.is_empty() {
                return Err(SqlError::not_found(format!("Not found: Job {}", self.job)));
            }
            rows.extend(more);
        }
        Ok(rows.into())
    }
}

/// Creates the hidden dataset. Clients keep tables of their own in it.
pub(super) fn create_dataset(warehouse: &Warehouse) -> Result<(), SqlError> {
    let name = dataset(warehouse);
    if warehouse.dataset(&name)?.is_none() {
        let sql = format!("CREATE SCHEMA IF NOT EXISTS `{name}`");
        warehouse.query(&sql, &QuerySettings::default())?;
    }
    Ok(())
}

/// Writes the result that belongs in this table, if one does.
pub(super) fn fill(state: &ApiState, dataset: &str, table: &str) -> Result<(), SqlError> {
    match result_in(state, dataset, table) {
        Some(result) => result.write(&state.warehouse, dataset, table),
        None => Ok(()),
    }
}

/// Writes the results whose tables a statement names.
pub(super) fn fill_named(state: &ApiState, sql: &str) -> Result<(), SqlError> {
    let dataset = dataset(&state.warehouse);
    for rest in sql.split(dataset.as_str()).skip(1) {
        let from = rest.trim_start_matches(['`', '.', ' ']);
        let name = from.get(..DIGITS + 4).filter(|name| name.starts_with("anon"));
        name.map_or(Ok(()), |name| fill(state, &dataset, name))?;
    }
    Ok(())
}

/// Drops the tables of jobs that are no longer known. Blocks.
pub(super) fn forget(state: &ApiState, jobs: &[Arc<Job>]) -> Result<(), SqlError> {
    let dataset = dataset(&state.warehouse);
    for job in jobs {
        let name = table(job);
        if state.warehouse.table(&dataset, &name)?.is_some() {
            let sql = format!("DROP TABLE IF EXISTS `{dataset}`.`{name}`");
            state.warehouse.query(&sql, &QuerySettings::default())?;
        }
    }
    Ok(())
}
