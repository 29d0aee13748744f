//! BigQuery: statements under ids of our own, queries that return rows, what a table is, and its labels.
//!
//! A statement with an effect is a job whose id is chosen before it is sent (`job.rs`), so that a lost
//! answer can be cleared up; rows are read with `query.rs`. Names reach SQL only as a [`TableName`].

mod cell;
mod change;
mod dataset;
mod dry_run;
mod job;
mod label;
mod name;
mod nested;
mod query;
mod scalar;
mod schema;
mod table;

pub use cell::Cell;
pub use dataset::Dataset;
pub use job::JobStatus;
pub use label::{LabelChanges, Patched};
pub use name::TableName;
pub use query::Table;
pub use schema::Column;
pub use table::TableDescription;

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use domain::id::{Location, ProjectId};
use domain::service::Service;
use url::Url;

/// BigQuery, with the project that pays and the location that jobs run in.
#[derive(Clone, Debug)]
pub struct BigQuery {
    http: Http,
    base: Endpoint,
    project: ProjectId,
    location: Location,
}

impl BigQuery {
    pub(super) fn new(http: Http, base: Endpoint, project: ProjectId, location: Location) -> Self {
        Self {
            http,
            base,
            project,
            location,
        }
    }

    /// `/bigquery/v2/projects/{p}/...` in the project that pays.
    fn url(&self, parts: &[&str]) -> Result<Url, ClientError> {
        self.url_in(self.project.as_str(), parts)
    }

    /// The same in another project.
    fn url_in(&self, project: &str, parts: &[&str]) -> Result<Url, ClientError> {
        let head = ["bigquery", "v2", "projects", project];
        self.base.join(&[head.as_slice(), parts].concat())
    }

    /// The same with the location, which every call about a job needs outside US and EU.
    fn located(&self, parts: &[&str]) -> Result<Url, ClientError> {
        let mut url = self.url(parts)?;
        url.query_pairs_mut()
            .append_pair("location", self.location.as_str());
        Ok(url)
    }
}

fn get(operation: impl Into<String>, url: Url) -> Request {
    Request::get(Service::BigQuery, operation, url)
}

#[cfg(test)]
mod tests;
