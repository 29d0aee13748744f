//! IAM policies, of an instance, a service account and the project: stored as they are set, and guarded by their etag.
//! Every caller has all permissions.

use super::api_error::ApiError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

/// The etag of a policy that was never set.
const INITIAL_ETAG: &str = "ACAB";

/// The policy as the API shows it.
pub(crate) fn show(stored: Option<&Json>) -> Json {
    stored
        .cloned()
        .unwrap_or_else(|| json!({"version": 1, "etag": INITIAL_ETAG}))
}

/// The policy in a body. Its etag, if it has one, must be that of the stored policy.
pub(crate) fn set(stored: Option<&Json>, body: &Json) -> Result<Json, ApiError> {
    let current = show(stored);
    let new = &body["policy"];
    if new["etag"].as_str().is_some_and(|etag| etag != current["etag"]) {
        let text = "There were concurrent policy changes. Please retry the whole read-modify-write with exponential \
                    backoff.";
        return Err(ApiError::aborted(text));
    }
    let mut policy = json!({
        "version": new["version"].as_i64().unwrap_or(1),
        "etag": STANDARD.encode(uuid::Uuid::new_v4().as_bytes()),
    });
    for field in ["bindings", "auditConfigs"] {
        if new[field].as_array().is_some_and(|list| !list.is_empty()) {
            policy[field] = new[field].clone();
        }
    }
    Ok(policy)
}

/// Grants all permissions that the request asks for; those on what does not exist are none, without an error, as
/// documented.
pub(crate) fn test(is_known: bool, body: &Json) -> Json {
    let permissions = body["permissions"].as_array().cloned().unwrap_or_default();
    if is_known && !permissions.is_empty() {
        json!({"permissions": permissions})
    } else {
        json!({})
    }
}
