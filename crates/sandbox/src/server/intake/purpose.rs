//! What becomes of a request's body, by its address: that decides how much of it is held, and for how long.

use crate::body::MAX_JSON;
use crate::params::Params;
use crate::storage;
use crate::upload_kind::UploadKind;
use axum::http::{HeaderMap, Method, Uri};

/// The largest jar, in bytes: what CDAP takes (measured).
const JAR: u64 = 150 << 20;

/// The largest content that comes in one request with JSON, and a load job's. Clients send larger objects to Cloud Storage in
/// other ways, which go to disk as they come.
const UPLOAD: u64 = 100 << 20;

/// The largest request of BigQuery's, as at Google.
const BIGQUERY: u64 = MAX_JSON as u64;

/// The largest batch.
const BATCH: u64 = 16 << 20;

/// The largest JSON for CDAP. Apps are kept for ever, any number of them. A pipeline of many stages has 100 KB;
/// one of thirty with 600 columns each, in the schemas of all that it passes, has some megabytes.
const CDAP: u64 = 4 << 20;

/// The largest JSON for Data Fusion. Instances are kept, with the operations that changed them; labels and options are short.
const FUSION: u64 = 64 << 10;

/// The largest body of other APIs: policies, objects' fields, lists of parts.
const OTHER: u64 = 1 << 20;

/// What becomes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is written to disk as it comes.
    Written,
    /// It is a file of at most so many bytes, which is kept as it is.
    Kept(u64),
    /// It is read as JSON or another text, of at most so many bytes: its values take more.
    Read(u64),
}

impl Purpose {
    pub fn new(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let path = uri.path();
        if *method == Method::PUT && storage::is_object(path) {
            return Self::Written;
        }
        let upload = path.strip_prefix("/resumable").unwrap_or(path);
        let to_storage = upload.starts_with("/upload/storage/");
        if to_storage || upload.starts_with("/upload/bigquery/") {
            let params = Params::parse(uri.query().unwrap_or_default());
            return match UploadKind::new(&params, headers) {
                UploadKind::Chunk | UploadKind::Media if to_storage => Self::Written,
                UploadKind::Chunk | UploadKind::Media | UploadKind::Multipart => Self::Kept(UPLOAD),
                UploadKind::Resumable | UploadKind::Unknown(_) if to_storage => Self::Read(OTHER),
                UploadKind::Resumable | UploadKind::Unknown(_) => Self::Read(BIGQUERY),
            };
        }
        let segments: Vec<_> = path.split('/').collect();
        match segments[..] {
            ["", "api", "v3", "namespaces", _, "apps"]
            | ["", "api", "v3", "namespaces", _, "artifacts", _]
                if *method == Method::POST =>
            {
                Self::Kept(JAR)
            }
            ["", "api", ..] => Self::Read(CDAP),
            ["", "bigquery", ..] => Self::Read(BIGQUERY),
            ["", "batch", ..] => Self::Read(BATCH),
            ["", "v1" | "v1beta1", "projects", _, "locations", ..] => Self::Read(FUSION),
            _ => Self::Read(OTHER),
        }
    }

    /// The most bytes of such a body.
    pub const fn most(self) -> u64 {
        match self {
            Self::Written => u64::MAX,
            Self::Kept(most) | Self::Read(most) => most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Purpose = Purpose::Read(BIGQUERY);

    const KEPT: Purpose = Purpose::Kept(UPLOAD);

    #[test]
    fn what_becomes_of_a_body_is_seen_by_its_address() {
        for (method, uri, protocol, expected) in [
            ("POST", "/bigquery/v2/projects/p/queries", "", READ),
            ("POST", "/bigquery/v2/projects/p/datasets/upload/tables", "", READ),
            (
                "PUT",
                "/api/v3/namespaces/default/apps/a",
                "",
                Purpose::Read(CDAP),
            ),
            (
                "PUT",
                "/api/v3/namespaces/artifacts/apps/a",
                "",
                Purpose::Read(CDAP),
            ),
            (
                "PUT",
                "/api/v3/namespaces/n/artifacts/a/versions/1/properties",
                "",
                Purpose::Read(CDAP),
            ),
            ("POST", "/api/v3/namespaces/n/apps", "", Purpose::Kept(JAR)),
            ("GET", "/api/v3/namespaces/n/apps", "", Purpose::Read(CDAP)),
            ("POST", "/api/v3/namespaces/n/artifacts/a", "", Purpose::Kept(JAR)),
            ("POST", "/batch/storage/v1", "", Purpose::Read(BATCH)),
            (
                "PATCH",
                "/v1/projects/p/locations/l/instances/i",
                "",
                Purpose::Read(FUSION),
            ),
            (
                "POST",
                "/v1beta1/projects/p/locations/l/instances",
                "",
                Purpose::Read(FUSION),
            ),
            ("POST", "/v1/projects/p:setIamPolicy", "", Purpose::Read(OTHER)),
            ("PUT", "/sandbox/scenario", "", Purpose::Read(OTHER)),
            ("POST", "/a-bucket/an-object", "", Purpose::Read(OTHER)),
            ("PUT", "/a-bucket/an-object", "", Purpose::Written),
            (
                "POST",
                "/upload/bigquery/v2/projects/p/jobs?uploadType=multipart",
                "",
                KEPT,
            ),
            (
                "POST",
                "/upload/bigquery/v2/projects/p/jobs?uploadType=resumable",
                "",
                READ,
            ),
            ("PUT", "/upload/bigquery/v2/projects/p/jobs?upload_id=1", "", KEPT),
            (
                "POST",
                "/upload/storage/v1/b/x/o?uploadType=%6Dultipart",
                "",
                KEPT,
            ),
            ("POST", "/upload/storage/v1/b/x/o", "multipart", KEPT),
            (
                "POST",
                "/upload/storage/v1/b/x/o?uploadType=media",
                "multipart",
                Purpose::Written,
            ),
            (
                "POST",
                "/upload/storage/v1/b/x/o?uploadType=resumable",
                "",
                Purpose::Read(OTHER),
            ),
            ("POST", "/upload/storage/v1/b/x/o", "", Purpose::Read(OTHER)),
            (
                "PUT",
                "/resumable/upload/storage/v1/b/x/o?upload_id=1",
                "",
                Purpose::Written,
            ),
        ] {
            let mut headers = HeaderMap::new();
            if !protocol.is_empty() {
                headers.insert("x-goog-upload-protocol", protocol.parse().unwrap());
            }
            let method = method.parse().unwrap();
            assert_eq!(
                Purpose::new(&method, &uri.parse().unwrap(), &headers),
                expected,
                "{method} {uri}"
            );
        }
    }
}
