//! The sandbox's Cloud Storage: the JSON API, its uploads and downloads, and the XML API's objects.
//!
//! It keeps nothing itself: objects are those of `sandbox/bucket.rs`, which pipelines and load jobs use,
//! too. Any bearer token is accepted, and none; every caller may do everything, and buckets have uniform
//! access. There are no earlier generations and no deleted objects to come back. Start reading at
//! `storage/object.rs`; what a resource looks like on the wire is in `storage/show.rs`.

mod asked;
mod batch;
mod bucket;
mod fault;
mod list;
mod media;
mod object;
mod resumable;
mod show;
mod upload;
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
use fault::Fault;
use pipelines::bucket::{BucketError, Buckets};
use resumable::Uploads;
use serde_json::Value as Json;
use std::sync::Arc;

/// The most that a body other than a resumable upload may have.
const LARGEST_BODY: usize = 256 * 1024 * 1024;

/// What the handlers share.
struct Desk {
    buckets: Buckets,
    uploads: Uploads,
}

/// The API under `/storage/v1`, `/upload/storage/v1`, `/download/storage/v1`, `/batch/storage/v1`, and
/// `/BUCKET/OBJECT`.
pub fn router(buckets: Buckets) -> Router {
    let desk = Arc::new(Desk {
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
        .fallback(nowhere);
    let uploads = Router::new().route(
        "/b/{bucket}/o",
        post(upload::post).put(resumable::go_on).delete(resumable::cancel),
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
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(desk);
    let batches = post(batch::perform).with_state(apis.clone());
    apis.route("/batch/storage/v1", batches)
}

async fn nowhere(method: Method, uri: Uri) -> Fault {
    Fault::not_found(format!(
        "The sandbox has no Cloud Storage method {method} {}",
        uri.path()
    ))
}

/// A body of JSON; nothing says nothing.
fn said(headers: &HeaderMap, bytes: &Bytes) -> Result<Json, Fault> {
    if bytes.is_empty() {
        return Ok(Json::Null);
    }
    Ok(body::json(headers, bytes)?)
}

impl Desk {
    /// Asks the buckets on a thread that may block.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Buckets) -> Result<T, BucketError> + Send + 'static,
    ) -> Result<T, Fault> {
        let buckets = self.buckets.clone();
        let answer = tokio::task::spawn_blocking(move || question(&buckets)).await;
        match answer {
            Ok(answer) => answer.map_err(Fault::from),
            Err(error) => Err(Fault::internal(format!("the disk gave up: {error}"))),
        }
    }

    /// A bucket that is not there is said before anything else.
    fn check_bucket(&self, bucket: &str) -> Result<(), Fault> {
        if self.buckets.has(bucket) {
            Ok(())
        } else {
            Err(Fault::no_bucket())
        }
    }
}
