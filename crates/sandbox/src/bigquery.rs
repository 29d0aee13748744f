//! BigQuery's REST API, version 2: jobs, queries, datasets, tables and rows.
//!
//! It keeps jobs (`bigquery/job_store.rs`) and computes nothing itself: `googlesql` runs the statements, each on a
//! thread that may block. Any bearer token is accepted, and none. Start reading at `bigquery/query.rs`; rows on
//! the wire are in `bigquery/encode.rs`.

mod access;
mod anonymous;
mod autodetect;
mod copy;
mod dataset;
mod destination;
mod encode;
mod error;
mod extract;
mod job;
mod job_api;
mod job_config;
mod job_registry;
mod job_resource;
mod job_store;
mod label;
mod load;
mod load_columnar;
mod load_file;
mod load_format;
mod load_record;
mod params;
mod precondition;
mod query;
mod query_config;
mod record;
mod response;
mod routine;
mod schema;
mod snapshot;
mod table;
mod table_reference;
mod tabledata;
mod upload;
mod value;
mod work;

#[cfg(test)]
mod tests;

use crate::{SandboxError, State};
use axum::Router;
use axum::http::{HeaderValue, Method, Uri, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{delete, get, post};
use error::ApiError;
use googlesql::{SqlError, Warehouse};
use job_registry::JobRegistry;
use job_store::JobStore;
use pipelines::bucket::Buckets;
use snapshot::Snapshots;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::Mutex;
use upload::Uploads;

/// What the handlers share.
struct ApiState {
    warehouse: Arc<Warehouse>,
    buckets: Buckets,
    jobs: JobRegistry,
    snapshots: Snapshots,
    uploads: Uploads,
    /// One page of rows is read and written as text at a time: it may take 50 MiB until it is an answer.
    page_turn: Mutex<()>,
}

/// The API under `/bigquery/v2`.
///
/// # Errors
/// When the job store cannot be opened or read.
pub(crate) fn router(
    warehouse: Arc<Warehouse>,
    buckets: Buckets,
    state: &State,
) -> Result<Router, SandboxError> {
    // Here, because a query that reads must not wait for one that writes.
    if let Err(error) = anonymous::create_dataset(&warehouse) {
        tracing::warn!(%error, "the dataset of anonymous results could not be created");
    }
    let store = JobStore::open(state).map_err(|error| error.with_file(state, job_store::FILE))?;
    let state = Arc::new(ApiState {
        warehouse,
        buckets,
        jobs: JobRegistry::open(store)?,
        snapshots: Snapshots::default(),
        uploads: Uploads::default(),
        page_turn: Mutex::default(),
    });
    let uploads = Router::new()
        .route(
            "/projects/{project}/jobs",
            post(upload::begin).put(upload::resume),
        )
        .with_state(Arc::clone(&state));
    Ok(Router::new()
        .nest("/bigquery/v2", methods().with_state(state))
        .nest("/upload/bigquery/v2", uploads.clone())
        .nest("/resumable/upload/bigquery/v2", uploads)
        .layer(map_response(dated)))
}

fn methods() -> Router<Arc<ApiState>> {
    let datasets = "/projects/{project}/datasets";
    let tables = "/projects/{project}/datasets/{dataset}/tables";
    Router::new()
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
        .route(&format!("{datasets}/{{dataset}}/routines"), get(routine::list))
        .route(
            &format!("{datasets}/{{dataset}}/routines/{{routine}}"),
            get(routine::get),
        )
        .route(tables, get(table::list).post(table::insert))
        .route(
            &format!("{tables}/{{table}}"),
            get(table::get)
                .delete(table::delete)
                .patch(table::patch)
                .put(table::update),
        )
        .route(&format!("{tables}/{{table}}/data"), get(tabledata::list))
        .route(
            &format!("{tables}/{{table}}/insertAll"),
            post(tabledata::insert_all),
        )
        .route("/projects/{project}/jobs/{job}/delete", delete(job_api::delete))
        .route("/projects", get(dataset::projects))
        .fallback(unknown_method)
}

/// Adds the `date` header, which Google's front ends send with each answer.
async fn dated(mut response: Response) -> Response {
    let now = httpdate::fmt_http_date(SystemTime::now());
    if let Ok(now) = HeaderValue::from_str(&now) {
        response.headers_mut().insert(header::DATE, now);
    }
    response
}

async fn unknown_method(method: Method, uri: Uri) -> ApiError {
    ApiError::not_found(format!(
        "The sandbox has no BigQuery method {method} {}",
        uri.path()
    ))
}

impl ApiState {
    /// Uses the warehouse on a thread that may block.
    async fn with_warehouse<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Warehouse) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let warehouse = self.warehouse.clone();
        self.blocking(move || work(&warehouse)).await
    }

    /// Does work on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, ApiError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result.map_err(ApiError::from),
            Err(error) => Err(ApiError::internal(format!("the warehouse failed: {error}"))),
        }
    }
}
