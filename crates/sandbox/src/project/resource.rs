//! Resource manager v3: the project's number and its IAM policy.

use super::{ApiResult, NUMBER, Project, policy_call};
use crate::call::Call;
use serde_json::json;

/// `GET /v3/projects/P`, and the three calls about its policy.
pub(super) fn answer(project: &Project, call: &Call) -> ApiResult {
    if (call.method.as_str(), call.custom.as_str()) == ("GET", "") {
        let id = &project.names.project;
        return Ok(json!({
            "name": format!("projects/{NUMBER}"), "projectId": id, "displayName": id, "state": "ACTIVE",
        }));
    }
    project
        .store
        .change(|records| policy_call(call, &mut records.policy))
        .unwrap_or_else(|| Err(call.unknown()))
}
