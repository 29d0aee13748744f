//! Compute Engine's region and network, and Cloud SQL's instance, as far as checks before a run ask for them.
//!
//! ```text
//!   GET /compute/v1/projects/P/regions/R             the quotas of a new project
//!   GET /compute/v1/projects/P/global/networks/N     `default` is there
//!   GET /v1/projects/P/instances/I                   the source database
//! ```

use super::{ApiError, Project, respond};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The routes, each answered while its API is on.
pub(super) fn router(project: &Arc<Project>) -> Router {
    let compute = Router::new()
        .route("/compute/v1/projects/{project}/regions/{region}", get(region))
        .route(
            "/compute/v1/projects/{project}/global/networks/{network}",
            get(network),
        )
        .with_state(Arc::clone(project));
    let sql = Router::new()
        .route("/v1/projects/{project}/instances/{instance}", get(instance))
        .with_state(Arc::clone(project));
    project
        .gate("compute.googleapis.com", "Compute Engine API", compute)
        .merge(project.gate("sqladmin.googleapis.com", "Cloud SQL Admin API", sql))
}

/// What was asked for, if it is of this project and has this name.
fn show(
    project: &Project,
    (of, name): (&str, &str),
    is_there: bool,
    path: &str,
    body: impl FnOnce() -> Json,
) -> Response {
    respond(if of != project.names.project {
        Err(ApiError::permission_denied(format!(
            "Required permission on 'projects/{of}' (or it may not exist)."
        ))
        .with_sandbox_notice())
    } else if is_there {
        Ok(body())
    } else {
        Err(ApiError::not_found(&format!("projects/{of}/{path}/{name}")))
    })
}

async fn region(State(project): State<Arc<Project>>, Path((of, name)): Path<(String, String)>) -> Response {
    let is_there = name == project.names.location;
    show(&project, (&of, &name), is_there, "regions", || {
        let quota = |metric: &str, limit: f64| json!({"metric": metric, "limit": limit, "usage": 0.0});
        json!({
            "kind": "compute#region", "name": name, "status": "UP",
            "quotas": [quota("CPUS", 72.0), quota("IN_USE_ADDRESSES", 69.0), quota("DISKS_TOTAL_GB", 40_960.0)],
        })
    })
}

async fn network(State(project): State<Arc<Project>>, Path((of, name)): Path<(String, String)>) -> Response {
    let is_there = name == "default";
    show(
        &project,
        (&of, &name),
        is_there,
        "global/networks",
        || json!({"kind": "compute#network", "name": name, "autoCreateSubnetworks": true}),
    )
}

async fn instance(State(project): State<Arc<Project>>, Path((of, name)): Path<(String, String)>) -> Response {
    let connection = format!("{}:{}:{name}", project.names.project, project.names.location);
    // The preferences of the shipped pipeline name the source as they name the instance of Data Fusion.
    let is_there = name == project.names.instance;
    show(&project, (&of, &name), is_there, "instances", || {
        json!({
            "kind": "sql#instance", "name": name, "state": "RUNNABLE", "connectionName": connection,
            "ipAddresses": [{"type": "PRIMARY", "ipAddress": "127.0.0.1"}],
            "settings": {"activationPolicy": "ALWAYS"},
        })
    })
}
