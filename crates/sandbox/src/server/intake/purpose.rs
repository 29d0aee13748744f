//! What becomes of a request's body, by its address: that decides how much of it is held, and for how long.

use crate::body::MAX_JSON;
use crate::params::Params;
use crate::storage;
use crate::upload_kind::UploadKind;
use axum::http::{HeaderMap, Method, Uri};

/// The largest file that comes in one request and is kept in memory: what CDAP takes (measured).
pub(super) const FILE: u64 = 150 << 20;

/// The largest JSON for CDAP, in bytes. Apps and their runs are kept for ever; a pipeline of many stages has 100 KB.
const CDAP: u64 = 2 << 20;

/// The largest body of other APIs: instances, policies, objects' fields, lists of parts.
const OTHER: u64 = 1 << 20;

/// What becomes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is written to disk as it comes.
    Written,
    /// It is a file that is kept as it is.
    Kept,
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
                UploadKind::Chunk | UploadKind::Media | UploadKind::Multipart => Self::Kept,
                UploadKind::Resumable | UploadKind::Unknown(_) if to_storage => Self::Read(OTHER),
                UploadKind::Resumable | UploadKind::Unknown(_) => Self::Read(MAX_JSON as u64),
            };
        }
        let segments: Vec<_> = path.split('/').collect();
        let is_jar = *method == Method::POST
            && matches!(segments[..], ["", "api", "v3", "namespaces", _, "artifacts", _]);
        if is_jar {
            return Self::Kept;
        }
        let is_below = |prefix: &str| path.starts_with(prefix);
        Self::Read(if is_below("/bigquery/") || is_below("/batch/") {
            MAX_JSON as u64
        } else if is_below("/api/") {
            CDAP
        } else {
            OTHER
        })
    }

    /// The most bytes of such a body.
    pub const fn most(self) -> u64 {
        match self {
            Self::Written => u64::MAX,
            Self::Kept => FILE,
            Self::Read(most) => most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Purpose = Purpose::Read(MAX_JSON as u64);

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
            ("POST", "/api/v3/namespaces/n/artifacts/a", "", Purpose::Kept),
            ("PUT", "/sandbox/scenario", "", Purpose::Read(OTHER)),
            ("POST", "/a-bucket/an-object", "", Purpose::Read(OTHER)),
            ("PUT", "/a-bucket/an-object", "", Purpose::Written),
            (
                "POST",
                "/upload/bigquery/v2/projects/p/jobs?uploadType=multipart",
                "",
                Purpose::Kept,
            ),
            (
                "POST",
                "/upload/bigquery/v2/projects/p/jobs?uploadType=resumable",
                "",
                READ,
            ),
            (
                "PUT",
                "/upload/bigquery/v2/projects/p/jobs?upload_id=1",
                "",
                Purpose::Kept,
            ),
            (
                "POST",
                "/upload/storage/v1/b/x/o?uploadType=%6Dultipart",
                "",
                Purpose::Kept,
            ),
            ("POST", "/upload/storage/v1/b/x/o", "multipart", Purpose::Kept),
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
