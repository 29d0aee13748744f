//! Instances in requests and responses.

use super::field::camel_case;
use super::operation::rfc3339;
use super::store::Instance;
use serde_json::{Map, Value as Json, json};

/// The fields that a body may set.
const WRITABLE: [&str; 19] = [
    "type",
    "displayName",
    "description",
    "labels",
    "options",
    "version",
    "enableRbac",
    "enableStackdriverLogging",
    "enableStackdriverMonitoring",
    "enableZoneSeparation",
    "privateInstance",
    "networkConfig",
    "dataprocServiceAccount",
    "cryptoKeyConfig",
    "eventPublishConfig",
    "loggingConfig",
    "maintenancePolicy",
    "tags",
    "zone",
];

/// Refuses an instance that cannot be created.
pub(super) fn check(id: &str, body: &Json, release: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let first = id.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    if !first || id.len() > 30 || !id.chars().all(legal) || id.ends_with('-') {
        return Err(format!(
            "Invalid instance id '{id}': lower-case letters, digits and hyphens, 30 at most."
        ));
    }
    if !["BASIC", "ENTERPRISE", "DEVELOPER"]
        .iter()
        .any(|kind| body["type"] == **kind)
    {
        return Err("Invalid value at 'instance.type': BASIC, ENTERPRISE or DEVELOPER is needed.".into());
    }
    match body["version"].as_str() {
        // gcloud sends an empty version when the user gives none.
        Some(version) if !version.is_empty() && version != release => Err(format!(
            "invalid creation request due to cloud-control2-saas::INVALID_ARGUMENT: Invalid instance version: {version}"
        )),
        _ => Ok(()),
    }
}

/// The stored form of a new instance.
pub(super) fn from_body(name: &str, body: &Json, release: &str) -> Json {
    let mut fields: Map<String, Json> = WRITABLE
        .iter()
        .filter(|field| !body[**field].is_null())
        .map(|field| ((*field).to_owned(), body[*field].clone()))
        .collect();
    fields.insert("name".into(), name.into());
    fields.insert("version".into(), release.into());
    Json::Object(fields)
}

/// The fields of a body that an update mask selects.
pub(super) fn changes(mask: &str, body: &Json) -> Result<Json, String> {
    let mut changes = Map::new();
    for field in mask.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        // Masks may use `snake_case`.
        let camel = camel_case(field);
        let (top, _) = camel.split_once('.').unwrap_or((&camel, ""));
        if !WRITABLE.contains(&top) || top == "type" {
            return Err(format!("Invalid field in update_mask: '{field}'"));
        }
        changes.insert(top.to_owned(), body[top].clone());
    }
    Ok(Json::Object(changes))
}

/// An instance as the API shows it.
pub(super) fn show(instance: &Instance, base: &str, beta: bool) -> Json {
    let state = match instance.state.as_str() {
        "ACTIVE" if beta => "RUNNING",
        state => state,
    };
    let mut shown = instance.body.clone();
    let project = instance.name().split('/').nth(1).unwrap_or_default().to_owned();
    let ready = !matches!(instance.state.as_str(), "CREATING" | "FAILED");
    let mut put = |name: &str, value: Json| shown[name] = value;
    put("state", state.into());
    put("createTime", rfc3339(instance.created).into());
    put("updateTime", rfc3339(instance.updated).into());
    put("p4ServiceAccount", crate::project::agent().into());
    put("tenantProjectId", format!("{project}-tp").into());
    put("availableVersion", json!([]));
    // Nothing answers before the instance is created.
    if ready {
        put("serviceEndpoint", base.into());
        put("apiEndpoint", format!("{base}/api").into());
        put("gcsBucket", "gs://downbeat-sandbox-landing".into());
    }
    shown
}
