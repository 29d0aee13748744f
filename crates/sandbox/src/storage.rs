//! Cloud Storage: the JSON API with its uploads and downloads, and the objects of the XML API.
//!
//! Objects are in `pipelines::bucket`, so pipelines and load jobs see them too. Any bearer token is accepted, and
//! none; every caller has all permissions, and buckets have uniform access. Only the live generation is kept.
//! Start reading at `storage/object.rs`; resources on the wire are in `storage/resource.rs`.

mod batch;
mod bucket;
mod conditions;
mod content;
mod error;
mod glob;
mod list;
mod media;
mod object;
mod resource;
mod resumable;
mod upload;
mod upload_request;
mod xml;

pub(super) use xml::is_object;

#[cfg(test)]
mod tests;

use crate::body;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Method, Uri};
use axum::routing::{get, post};
use error::ApiError;
use pipelines::bucket::{BucketError, Buckets};
use resumable::Uploads;
use serde_json::Value as Json;
use std::sync::Arc;

/// What the handlers share.
struct ApiState {
    buckets: Buckets,
    uploads: Uploads,
}

/// The API under `/storage/v1`, `/upload/storage/v1`, `/download/storage/v1`, `/batch/storage/v1`, and
/// `/BUCKET/OBJECT`.
pub(crate) fn router(buckets: Buckets) -> Router {
    let state = Arc::new(ApiState {
        buckets,
        uploads: Uploads::default(),
    });
    let object = "/b/{bucket}/o/{object}";
    let api = Router::new()
        .route("/b", get(bucket::list).post(bucket::insert))
        .route(
            "/b/{bucket}",
            get(bucket::get)
                .patch(bucket::patch)
                .put(bucket::update)
                .delete(bucket::delete),
        )
        .route("/b/{bucket}/iam", get(bucket::policy).put(bucket::set_policy))
        .route("/b/{bucket}/iam/testPermissions", get(bucket::permissions))
        .route("/b/{bucket}/storageLayout", get(bucket::layout))
        .route("/b/{bucket}/managedFolders", get(bucket::managed_folders))
        .route("/b/{bucket}/o", get(list::objects).post(upload::post))
        .route(
            object,
            get(object::get)
                .patch(object::patch)
                .put(object::update)
                .delete(object::delete),
        )
        .route(&format!("{object}/compose"), post(object::compose))
        .route(&format!("{object}/moveTo/o/{{to_object}}"), post(object::move_to))
        .route(
            &format!("{object}/copyTo/b/{{to_bucket}}/o/{{to_object}}"),
            post(object::copy),
        )
        .route(
            &format!("{object}/rewriteTo/b/{{to_bucket}}/o/{{to_object}}"),
            post(object::rewrite),
        )
        .fallback(unknown_method);
    let uploads = Router::new().route(
        "/b/{bucket}/o",
        post(upload::post)
            .put(resumable::resume)
            .delete(resumable::cancel),
    );
    let downloads = Router::new().route(object, get(media::get));
    let apis = Router::new()
        .nest("/storage/v1", api)
        .nest("/upload/storage/v1", uploads.clone())
        .nest("/resumable/upload/storage/v1", uploads)
        .nest("/download/storage/v1", downloads)
        .route(
            "/{bucket}/{*object}",
            get(xml::get).put(xml::put).delete(xml::delete),
        )
        .with_state(state);
    // A call in a batch has the limits of the batch.
    let batches = post(batch::perform).with_state(apis.clone().layer(DefaultBodyLimit::disable()));
    apis.route("/batch/storage/v1", batches)
}

async fn unknown_method(method: Method, uri: Uri) -> ApiError {
    ApiError::not_found(format!(
        "The sandbox has no Cloud Storage method {method} {}",
        uri.path()
    ))
}

/// A JSON body; an empty one is null.
fn json_body(headers: &HeaderMap, bytes: &Bytes) -> Result<Json, ApiError> {
    if bytes.is_empty() {
        return Ok(Json::Null);
    }
    Ok(body::json(headers, bytes)?)
}

impl ApiState {
    /// Uses the buckets on a thread that may block.
    async fn with_buckets<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Buckets) -> Result<T, BucketError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let buckets = self.buckets.clone();
        match tokio::task::spawn_blocking(move || work(&buckets)).await {
            Ok(result) => result.map_err(ApiError::from),
            Err(error) => Err(ApiError::internal(format!("the buckets failed: {error}"))),
        }
    }

    /// A missing bucket is reported before a missing object.
    fn check_bucket(&self, bucket: &str) -> Result<(), ApiError> {
        if self.buckets.has(bucket) {
            Ok(())
        } else {
            Err(ApiError::no_bucket())
        }
    }
}
