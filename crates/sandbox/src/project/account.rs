//! IAM's service accounts: the one that Compute Engine makes, and who may act as it.

use super::store::{Records, worker};
use super::{ApiError, ApiResult, NUMBER, Project, policy_call};
use crate::call::Call;
use serde_json::{Value as Json, json};

/// `serviceAccounts`, one of them, and the three calls about its policy.
pub(super) fn answer(project: &Project, call: &Call) -> ApiResult {
    let id = &project.names.project;
    match (
        call.method.as_str(),
        call.segments.as_slice(),
        call.custom.as_str(),
    ) {
        ("GET", [_], "") => Ok(project.store.read(|records| {
            let accounts = records.accounts.keys().map(|email| show(id, email));
            json!({"accounts": accounts.collect::<Vec<_>>()})
        })),
        ("GET", [_, email], "") => project.store.read(|records| {
            check(records, email)?;
            Ok(show(id, email))
        }),
        (_, [_, email], _) => project
            .store
            .change(|records| {
                if let Err(missing) = check(records, email) {
                    return Some(Err(missing));
                }
                policy_call(call, records.accounts.get_mut(email)?)
            })
            .unwrap_or_else(|| Err(call.unknown())),
        _ => Err(call.unknown()),
    }
}

fn check(records: &Records, email: &str) -> Result<(), ApiError> {
    if records.accounts.contains_key(email) {
        return Ok(());
    }
    Err(ApiError::not_found(&format!(
        "projects/-/serviceAccounts/{email}"
    )))
}

fn show(project: &str, email: &str) -> Json {
    let display = (email == worker()).then_some("Compute Engine default service account");
    json!({
        "name": format!("projects/{project}/serviceAccounts/{email}"), "projectId": project, "email": email,
        "uniqueId": format!("{NUMBER}00000000000000000001"), "displayName": display.unwrap_or_default(),
    })
}
