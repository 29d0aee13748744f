//! What a job does: a query, a load, a copy or an extract, and what came of it.

use super::Desk;
use super::intake::Load;
use super::transfer::{Copy, Extract};
use googlesql::{LoadOptions, QueryOutcome, QuerySettings, SqlError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a job is to do.
pub(super) enum Work {
    Query(Query),
    Load(Load),
    Copy(Copy),
    Extract(Extract),
}

/// A statement, and where its result goes if not to the caller alone.
pub(super) struct Query {
    pub sql: String,
    pub settings: QuerySettings,
    pub destination: Option<Destination>,
}

/// A table that is written.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub dataset: String,
    pub table: String,
    pub how: LoadOptions,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Outcome {
    Query(QueryOutcome),
    /// Rows into a table: how many, from how many files and bytes.
    Load {
        rows: u64,
        files: u64,
        bytes: u64,
    },
    Copy {
        rows: u64,
    },
    /// Files of one destination each.
    Extract {
        files: Vec<u64>,
    },
}

impl Work {
    /// As `jobType` says it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Query(_) => "QUERY",
            Self::Load(_) => "LOAD",
            Self::Copy(_) => "COPY",
            Self::Extract(_) => "EXTRACT",
        }
    }

    /// Does it, on a thread that may block.
    pub fn perform(self, desk: &Desk, stop: &Arc<AtomicBool>) -> Result<Outcome, SqlError> {
        match self {
            Self::Query(query) => query.perform(desk, stop).map(Outcome::Query),
            Self::Load(load) => load.perform(desk),
            Self::Copy(copy) => copy.perform(desk),
            Self::Extract(extract) => extract.perform(desk),
        }
    }
}

impl Query {
    fn perform(&self, desk: &Desk, stop: &Arc<AtomicBool>) -> Result<QueryOutcome, SqlError> {
        let outcome = desk.warehouse.query_until(&self.sql, &self.settings, stop)?;
        if let Some(to) = self
            .destination
            .as_ref()
            .filter(|_| outcome.statement_type == "SELECT")
        {
            desk.warehouse
                .load(&to.dataset, &to.table, &outcome.columns, &outcome.rows, to.how)?;
        }
        Ok(outcome)
    }
}
