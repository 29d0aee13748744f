//! An instance as a body asks for it and as the API shows it.

use super::ledger::{Instance, moment};
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

/// What cannot be made.
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
        // gcloud sends it empty when nobody has named one.
        Some(version) if !version.is_empty() && version != release => Err(format!(
            "invalid creation request due to cloud-control2-saas::INVALID_ARGUMENT: Invalid instance version: {version}"
        )),
        _ => Ok(()),
    }
}

/// The kept form of what a body asks for.
pub(super) fn of_body(name: &str, body: &Json, release: &str) -> Json {
    let mut kept: Map<String, Json> = WRITABLE
        .iter()
        .filter(|field| !body[**field].is_null())
        .map(|field| ((*field).to_owned(), body[*field].clone()))
        .collect();
    kept.insert("name".into(), name.into());
    kept.insert("version".into(), release.into());
    Json::Object(kept)
}

/// The fields that a mask takes out of a body.
pub(super) fn changes(mask: &str, body: &Json) -> Result<Json, String> {
    let mut changes = Map::new();
    for field in mask.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        // `update_mask=display_name` means the same.
        let camel = camel(field);
        let (top, _) = camel.split_once('.').unwrap_or((&camel, ""));
        if !WRITABLE.contains(&top) || top == "type" {
            return Err(format!("Invalid field in update_mask: '{field}'"));
        }
        changes.insert(top.to_owned(), body[top].clone());
    }
    Ok(Json::Object(changes))
}

pub(super) fn camel(field: &str) -> String {
    let mut words = field.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.extend(letters);
    }
    camel
}

/// The body of an instance, in the order of the real API's documentation.
pub(super) fn show(instance: &Instance, base: &str, beta: bool) -> Json {
    let state = match instance.state.as_str() {
        "ACTIVE" if beta => "RUNNING",
        state => state,
    };
    let mut shown = instance.body.clone();
    let project = instance.name().split('/').nth(1).unwrap_or_default().to_owned();
    let ready = instance.state != "CREATING";
    let mut put = |name: &str, value: Json| shown[name] = value;
    put("state", state.into());
    put("createTime", moment(instance.created).into());
    put("updateTime", moment(instance.updated).into());
    put(
        "p4ServiceAccount",
        "service-1@gcp-sa-datafusion.iam.gserviceaccount.com".into(),
    );
    put("tenantProjectId", format!("{project}-tp").into());
    put("availableVersion", json!([]));
    // Until it is there nobody answers.
    if ready {
        put("serviceEndpoint", base.into());
        put("apiEndpoint", format!("{base}/api").into());
        put("gcsBucket", "gs://downbeat-sandbox-landing".into());
    }
    shown
}
