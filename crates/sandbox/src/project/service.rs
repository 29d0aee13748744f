//! Service usage: which APIs are on, and turning them on, which takes a while.

use super::store::{Operation, Records};
use super::{ApiError, ApiResult, NUMBER, Project, agent};
use crate::call::Call;
use serde_json::{Value as Json, json};

/// The most services that one call names.
const MOST: usize = 20;

/// `GET` and `POST` of `services` and `operations`.
pub(super) fn answer(project: &Project, call: &Call) -> ApiResult {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice(), call.custom.as_str()) {
        ("GET", ["services"], "") => Ok(project.store.read(|records| list(call, records))),
        ("GET", ["services"], "batchGet") => batch_get(project, call),
        ("POST", ["services"], "batchEnable") => {
            let ids = call.body["serviceIds"].as_array().cloned().unwrap_or_default();
            enable(
                project,
                ids.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            )
        }
        ("GET", ["services", service], "") => Ok(project.store.read(|records| show(records, service))),
        ("POST", ["services", service], "enable") => enable(project, vec![(*service).to_owned()]),
        ("POST", ["services", service], "generateServiceIdentity") => identity(project, service),
        ("GET", ["operations", id], "") => {
            let name = format!("operations/{id}");
            let found = project.store.read(|records| {
                let operation = records.operations.get(&name)?;
                Some(show_operation(records, operation))
            });
            found.ok_or_else(|| ApiError::not_found(&name))
        }
        _ => Err(call.unknown()),
    }
}

fn show(records: &Records, service: &str) -> Json {
    let state = if records.enabled.contains(service) {
        "ENABLED"
    } else {
        "DISABLED"
    };
    let parent = format!("projects/{NUMBER}");
    json!({
        "name": format!("{parent}/services/{service}"), "parent": parent, "state": state,
        "config": {"name": service},
    })
}

fn show_operation(records: &Records, operation: &Operation) -> Json {
    let mut shown = json!({
        "name": operation.name,
        "metadata": {
            "@type": "type.googleapis.com/google.api.serviceusage.v1.OperationMetadata",
            "resourceNames": operation.services.iter().map(|id| format!("projects/{NUMBER}/services/{id}"))
                .collect::<Vec<_>>(),
        },
    });
    if operation.done {
        shown["done"] = true.into();
        let services: Vec<Json> = operation.services.iter().map(|id| show(records, id)).collect();
        shown["response"] = json!({"services": services});
    }
    shown
}

fn list(call: &Call, records: &Records) -> Json {
    let enabled = call.params.text("filter") == Some("state:ENABLED");
    let known = super::store::SERVICES.iter().copied();
    let listed: Vec<Json> = known
        .filter(|service| !enabled || records.enabled.contains(*service))
        .map(|service| show(records, service))
        .collect();
    json!({"services": listed})
}

fn batch_get(project: &Project, call: &Call) -> ApiResult {
    let names: Vec<&str> = call.params.all("names").collect();
    if names.is_empty() || names.len() > 30 {
        return Err(ApiError::invalid("names: 1 to 30 services are needed."));
    }
    let ids = names
        .iter()
        .map(|name| name.rsplit('/').next().unwrap_or_default());
    Ok(project
        .store
        .read(|records| json!({"services": ids.map(|id| show(records, id)).collect::<Vec<_>>()})))
}

fn enable(project: &Project, services: Vec<String>) -> ApiResult {
    if services.is_empty() || services.len() > MOST {
        return Err(ApiError::invalid(format!(
            "service_ids: 1 to {MOST} services are needed."
        )));
    }
    if let Some(unknown) = services.iter().find(|id| !id.ends_with(".googleapis.com")) {
        return Err(ApiError::not_found(unknown));
    }
    let operation = project.store.enable(services);
    Ok(project.store.read(|records| show_operation(records, &operation)))
}

/// Google makes the service agent when it is asked for; here it is always there.
fn identity(project: &Project, service: &str) -> ApiResult {
    if service != "datafusion.googleapis.com" {
        let text = format!("The sandbox has no service agent of {service}");
        return Err(ApiError::invalid(text));
    }
    if !project.store.read(|records| records.enabled.contains(service)) {
        return Err(ApiError::failed_precondition(format!(
            "Service {service} is not enabled for consumer 'projects/{NUMBER}'."
        )));
    }
    Ok(json!({
        "name": format!("operations/finished.{NUMBER}"), "done": true,
        "response": {
            "@type": "type.googleapis.com/google.api.serviceusage.v1beta1.ServiceIdentity",
            "email": agent(), "uniqueId": "100000000000000000001",
        },
    }))
}
