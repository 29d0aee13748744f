//! The sandbox's BigQuery REST API, version 2: jobs, queries, tables and rows over the warehouse.
//!
//! It keeps jobs (`bigquery/archive.rs`) and computes nothing itself: statements go to `sandbox/warehouse.rs`, each on
//! a thread that may block. Any bearer token is accepted, and none. Start reading at
//! `bigquery/query.rs`; what a row looks like on the wire is in `bigquery/encode.rs`.

mod archive;
mod asked;
mod carry;
mod dataset;
mod detection;
mod encode;
mod fault;
mod intake;
mod job;
mod job_api;
mod order;
mod parameter;
mod query;
mod snapshot;
mod table;
mod transfer;
mod upload;
mod work;

#[cfg(test)]
mod tests;

use crate::{SandboxError, State};
use archive::Archive;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::routing::{delete, get, post};
use fault::Fault;
use googlesql::{SqlError, Warehouse};
use job::Ledger;
use pipelines::bucket::Buckets;
use snapshot::Snapshots;
use std::sync::Arc;
use upload::Uploads;

/// The most that a request may send, as at Google.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// The most that an upload may send at once.
const LARGEST_UPLOAD: usize = 256 * 1024 * 1024;

/// What the handlers share.
struct Desk {
    warehouse: Arc<Warehouse>,
    buckets: Buckets,
    jobs: Ledger,
    snapshots: Snapshots,
    uploads: Uploads,
}

/// The API under `/bigquery/v2`.
///
/// # Errors
/// When the store of jobs cannot be opened or read.
pub fn router(warehouse: Arc<Warehouse>, buckets: Buckets, state: &State) -> Result<Router, SandboxError> {
    let archive = Archive::open(state).map_err(|error| error.with_file(state, archive::FILE))?;
    let desk = Arc::new(Desk {
        warehouse,
        buckets,
        jobs: Ledger::open(archive)?,
        snapshots: Snapshots::default(),
        uploads: Uploads::default(),
    });
    let datasets = "/projects/{project}/datasets";
    let tables = "/projects/{project}/datasets/{dataset}/tables";
    let api = Router::new()
        .route(
            "/projects/{project}/jobs",
            post(job_api::insert).get(job_api::list),
        )
        .route("/projects/{project}/jobs/{job}", get(job_api::get))
        .route("/projects/{project}/jobs/{job}/cancel", post(job_api::cancel))
        .route("/projects/{project}/queries", post(query::query))
        .route("/projects/{project}/queries/{job}", get(query::results))
        .route(datasets, get(dataset::list).post(dataset::insert))
        .route(
            &format!("{datasets}/{{dataset}}"),
            get(dataset::get)
                .delete(dataset::delete)
                .patch(dataset::patch)
                .put(dataset::patch),
        )
        .route(tables, get(table::list).post(table::insert))
        .route(
            &format!("{tables}/{{table}}"),
            get(table::get)
                .delete(table::delete)
                .patch(table::patch)
                .put(table::patch),
        )
        .route(&format!("{tables}/{{table}}/data"), get(table::rows))
        .route(&format!("{tables}/{{table}}/insertAll"), post(table::insert_all))
        .route("/projects/{project}/jobs/{job}/delete", delete(job_api::delete))
        .route("/projects", get(dataset::projects))
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Arc::clone(&desk));
    let uploads = Router::new()
        .route("/projects/{project}/jobs", post(upload::begin).put(upload::go_on))
        .layer(DefaultBodyLimit::max(LARGEST_UPLOAD))
        .with_state(desk);
    Ok(Router::new()
        .nest("/bigquery/v2", api)
        .nest("/upload/bigquery/v2", uploads.clone())
        .nest("/resumable/upload/bigquery/v2", uploads))
}

async fn nowhere(method: Method, uri: Uri) -> Fault {
    Fault::not_found(format!(
        "The sandbox has no BigQuery method {method} {}",
        uri.path()
    ))
}

impl Desk {
    /// Asks the warehouse on a thread that may block.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Warehouse) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, Fault> {
        let warehouse = self.warehouse.clone();
        let answer = tokio::task::spawn_blocking(move || question(&warehouse)).await;
        match answer {
            Ok(answer) => answer.map_err(Fault::from),
            Err(error) => Err(Fault::internal(format!("the warehouse gave up: {error}"))),
        }
    }

    /// A project of somebody else: existence is hidden behind 403.
    fn check_project(&self, project: &str, denied: impl FnOnce() -> String) -> Result<(), Fault> {
        if project == self.warehouse.project() {
            Ok(())
        } else {
            Err(Fault::new("accessDenied", denied()))
        }
    }
}
