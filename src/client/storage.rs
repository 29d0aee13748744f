//! Cloud Storage: whether a bucket is there, and making one.

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use super::policy::Granted;
use domain::id::ProjectId;
use domain::service::Service;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Calls Cloud Storage.
#[derive(Clone, Debug)]
pub struct Storage {
    http: Http,
    base: Endpoint,
}

/// A bucket, reduced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bucket {
    /// Its name, without `gs://`.
    pub name: String,
    /// `US`, `EU`, `US-WEST1`.
    #[serde(default)]
    pub location: String,
}

impl Storage {
    pub(super) fn new(http: Http, base: Endpoint) -> Self {
        Self { http, base }
    }

    /// `buckets.get`; `None` if there is no bucket of this name anywhere.
    ///
    /// # Errors
    /// As every call; 403 when the bucket is somebody else's.
    pub async fn bucket(&self, name: &str) -> Result<Option<Bucket>, ClientError> {
        let url = self.base.join(&["storage", "v1", "b", name])?;
        let operation = format!("looking up the bucket {name}");
        match self
            .http
            .json(Request::get(Service::Storage, operation, url))
            .await
        {
            Ok(bucket) => Ok(Some(bucket)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `buckets.testIamPermissions`: which of these permissions the caller has on a bucket. Everybody may ask.
    ///
    /// # Errors
    /// As every call; 404 if there is no bucket of this name.
    pub async fn granted(&self, name: &str, permissions: &[&str]) -> Result<BTreeSet<String>, ClientError> {
        let mut url = self
            .base
            .join(&["storage", "v1", "b", name, "iam", "testPermissions"])?;
        url.query_pairs_mut()
            .extend_pairs(permissions.iter().map(|one| ("permissions", one)));
        let operation = format!("asking what may be done in the bucket {name}");
        let answer: Granted = self
            .http
            .json(Request::get(Service::Storage, operation, url))
            .await?;
        Ok(answer.permissions)
    }

    /// `buckets.insert`: a private bucket whose access is by roles only. One that is the caller's already is left as
    /// it is.
    ///
    /// # Errors
    /// As every call; 409 when the name is taken by somebody else.
    pub async fn create(&self, project: &ProjectId, name: &str, location: &str) -> Result<(), ClientError> {
        let mut url = self.base.join(&["storage", "v1", "b"])?;
        url.query_pairs_mut().append_pair("project", project.as_str());
        let body = json!({
            "name": name, "location": location,
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": true}, "publicAccessPrevention": "enforced",
            },
        });
        let operation = format!("making the bucket {name}");
        let request = Request::post(Service::Storage, operation, url, Some(&body)).changing();
        match self.http.json::<Value>(request).await {
            // A repeated request finds what the first one made.
            Err(error) if error.service_status() == Some(409) && error.text().contains("you already own") => {
                Ok(())
            }
            answer => answer.map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::client::testing::{Script, Step, ok};
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn a_bucket_is_looked_up_and_made_once() {
        let missing = r#"{"error":{"code":404,"message":"The specified bucket does not exist.","errors":[{"reason":"notFound"}]}}"#;
        let owned = r#"{"error":{"code":409,"message":"Your previous request to create the named bucket succeeded and you already own it.","errors":[{"reason":"conflict"}]}}"#;
        let taken = r#"{"error":{"code":409,"message":"The requested bucket name is not available.","errors":[{"reason":"conflict"}]}}"#;
        let script = Script::serve([
            Step::Say(404, missing.into()),
            ok(r#"{"name":"b","location":"US"}"#),
            ok(r#"{"kind":"storage#testIamPermissionsResponse","permissions":["a.b"]}"#),
            ok(r#"{"kind":"storage#testIamPermissionsResponse"}"#),
            Step::Say(409, owned.into()),
            Step::Say(409, taken.into()),
        ])
        .await;
        let storage = script.client().storage();
        assert_eq!(storage.bucket("b").await, Ok(None));
        assert_eq!(storage.bucket("b").await.unwrap().unwrap().location, "US");
        let granted = storage.granted("b", &["a.b", "c.d"]).await.unwrap();
        assert_eq!(Vec::from_iter(granted), ["a.b"]);
        assert_eq!(storage.granted("b", &["a.b"]).await, Ok(BTreeSet::new()));
        let asked = "GET /storage/v1/b/b/iam/testPermissions?permissions=a.b&permissions=c.d HTTP/1.1";
        assert_eq!(script.seen()[2].line, asked);
        assert_eq!(storage.create(&"p".into(), "b", "US").await, Ok(()));
        assert!(storage.create(&"p".into(), "b", "US").await.is_err());
    }
}
