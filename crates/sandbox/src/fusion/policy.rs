//! The access policy of an instance: kept as it is set, and of no effect, because everybody may do everything.

use super::Refused;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

/// A policy that nobody has set.
const FRESH: &str = "ACAB";

/// As it is shown.
pub(super) fn show(kept: Option<&Json>) -> Json {
    kept.cloned()
        .unwrap_or_else(|| json!({"version": 1, "etag": FRESH}))
}

/// The policy that a body sets; an etag in it must be that of the policy that is there.
pub(super) fn set(kept: Option<&Json>, body: &Json) -> Result<Json, Refused> {
    let now = show(kept);
    let asked = &body["policy"];
    if asked["etag"].as_str().is_some_and(|etag| etag != now["etag"]) {
        let text = "There were concurrent policy changes. Please retry the whole read-modify-write with exponential \
                    backoff.";
        return Err((StatusCode::CONFLICT, "ABORTED", text.into()));
    }
    let mut policy = json!({
        "version": asked["version"].as_i64().unwrap_or(1),
        "etag": STANDARD.encode(uuid::Uuid::new_v4().as_bytes()),
    });
    for field in ["bindings", "auditConfigs"] {
        if asked[field].as_array().is_some_and(|list| !list.is_empty()) {
            policy[field] = asked[field].clone();
        }
    }
    Ok(policy)
}

/// Everything that is asked for is allowed. Of an instance that is not there nothing is, without an error
/// (documented).
pub(super) fn test(known: bool, body: &Json) -> Json {
    let asked = body["permissions"].as_array().cloned().unwrap_or_default();
    if known && !asked.is_empty() {
        json!({"permissions": asked})
    } else {
        json!({})
    }
}
