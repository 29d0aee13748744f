//! The work of a job: a query, a load, a copy or an extract.

use super::ApiState;
use super::anonymous;
use super::copy::Copy;
use super::encode;
use super::extract::Extract;
use super::job::Outcome;
use super::load::Load;
use super::table_reference::Destination;
use googlesql::{QueryOutcome, QuerySettings, SqlError};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a job is to do.
pub(super) enum Work {
    Query(Query),
    Load(Load),
    Copy(Copy),
    Extract(Extract),
}

/// A statement, and the table for its result if it has one.
pub(super) struct Query {
    pub sql: String,
    pub settings: QuerySettings,
    pub destination: Option<Destination>,
}

impl Work {
    /// The `jobType` of the configuration.
    pub const fn job_type(&self) -> &'static str {
        match self {
            Self::Query(_) => "QUERY",
            Self::Load(_) => "LOAD",
            Self::Copy(_) => "COPY",
            Self::Extract(_) => "EXTRACT",
        }
    }

    /// Does the work on this thread, which may block. Only a query stops when it is cancelled.
    pub fn execute(self, state: &ApiState, cancelled: &Arc<AtomicBool>) -> Result<Outcome, SqlError> {
        match self {
            Self::Query(query) => query.execute(state, cancelled).map(Outcome::Query),
            Self::Load(load) => load.execute(state),
            Self::Copy(copy) => copy.execute(state),
            Self::Extract(extract) => extract.execute(state),
        }
    }
}

impl Query {
    fn execute(&self, state: &ApiState, cancelled: &Arc<AtomicBool>) -> Result<QueryOutcome, SqlError> {
        anonymous::fill_named(state, &self.sql)?;
        let outcome = state
            .warehouse
            .query_until(&self.sql, &self.settings, cancelled)?;
        if outcome.statement_type == "SELECT" {
            match &self.destination {
                Some(destination) => {
                    destination.write(state, &outcome.columns, &outcome.rows)?;
                }
                // It has to fit into answers.
                None => encode::check(&outcome.rows)?,
            }
        }
        Ok(outcome)
    }
}
