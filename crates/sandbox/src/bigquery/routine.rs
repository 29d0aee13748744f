//! `routines`: there are none, because statements that make them are refused. Clients such as dbt list them beside the tables.

use super::ApiState;
use super::dataset;
use super::error::ApiError;
use super::response::{self, ApiResult};
use crate::params::Params;
use axum::extract::{Path, State};
use std::sync::Arc;

/// The routines of a dataset.
pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset)): Path<(String, String)>,
    params: Params,
) -> ApiResult {
    state.check_dataset(&project, &dataset)?;
    dataset::find(&state, &dataset).await?;
    Ok(axum::Json(response::list(
        "bigquery#listRoutinesResponse",
        "routines",
        &[],
        &params.page()?,
    )))
}

/// One routine.
pub(super) async fn get(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset, routine)): Path<(String, String, String)>,
) -> ApiResult {
    state.check_dataset(&project, &dataset)?;
    dataset::find(&state, &dataset).await?;
    Err(ApiError::not_found(format!(
        "Not found: Routine {project}:{dataset}.{routine}"
    )))
}
