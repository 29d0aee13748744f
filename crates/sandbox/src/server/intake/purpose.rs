//! What becomes of a request's body, by its address: that decides how much of it is held, and for how long.

use crate::body::MAX_JSON;
use crate::params::Params;
use crate::storage;
use crate::upload_kind::UploadKind;
use axum::http::{HeaderMap, Method, Uri};

/// The largest file that comes in one request and is kept in memory: what CDAP takes (measured).
pub(super) const FILE: u64 = 150 << 20;

/// What becomes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is written to disk as it comes.
    Written,
    /// It is a file that is kept as it is.
    Kept,
    /// It is read as JSON or another text: its values take more than its bytes.
    Read,
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
                UploadKind::Resumable | UploadKind::Unknown(_) => Self::Read,
            };
        }
        let segments: Vec<_> = path.split('/').collect();
        let is_jar = *method == Method::POST
            && matches!(segments[..], ["", "api", "v3", "namespaces", _, "artifacts", _]);
        if is_jar { Self::Kept } else { Self::Read }
    }

    /// The most bytes of such a body.
    pub const fn most(self) -> u64 {
        match self {
            Self::Written => u64::MAX,
            Self::Kept => FILE,
            Self::Read => MAX_JSON as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_a_body_is_seen_by_its_address() {
        for (method, uri, protocol, expected) in [
            ("POST", "/bigquery/v2/projects/p/queries", "", Purpose::Read),
            (
                "POST",
                "/bigquery/v2/projects/p/datasets/upload/tables",
                "",
                Purpose::Read,
            ),
            ("PUT", "/api/v3/namespaces/default/apps/a", "", Purpose::Read),
            ("PUT", "/api/v3/namespaces/artifacts/apps/a", "", Purpose::Read),
            (
                "PUT",
                "/api/v3/namespaces/n/artifacts/a/versions/1/properties",
                "",
                Purpose::Read,
            ),
            ("POST", "/api/v3/namespaces/n/artifacts/a", "", Purpose::Kept),
            ("PUT", "/sandbox/scenario", "", Purpose::Read),
            ("POST", "/a-bucket/an-object", "", Purpose::Read),
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
                Purpose::Read,
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
                Purpose::Read,
            ),
            ("POST", "/upload/storage/v1/b/x/o", "", Purpose::Read),
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
