//! Upgrades: an app is deployed again with the newest versions of its artifacts.
//!
//! Each creates a new version, also if nothing is newer (measured). Version ranges, and artifacts that are not installed,
//! stay as they are.

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::{Ordered, gson};
use pipelines::artifact::ArtifactRepository;
use serde::Serialize;
use serde_json::{Value as Json, json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Upgraded<'a> {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    app_id: AppId<'a>,
}

#[derive(Serialize)]
struct AppId<'a> {
    application: &'a str,
    version: String,
    namespace: &'a str,
    entity: &'static str,
}

fn upgraded<'a>(call: &'a Call, application: &'a str, outcome: Result<String, Answer>) -> Upgraded<'a> {
    let (status_code, error, version) = match outcome {
        Ok(version) => (200, None, version),
        // Internal errors are not described in a list (measured).
        Err(refused) => {
            let text = match refused.status() {
                500 => "Upgrade failed due to internal error.".to_owned(),
                _ => refused.body_text(),
            };
            (refused.status(), Some(text), "-SNAPSHOT".to_owned())
        }
    };
    Upgraded {
        status_code,
        error,
        app_id: AppId {
            application,
            version,
            namespace: call.namespace(),
            entity: "APPLICATION",
        },
    }
}

/// `POST {N}/apps/{app}/upgrade`
pub fn one(call: &Call) -> Outcome {
    let scopes = scopes(call)?;
    let app = call.path_param("app");
    let version = upgrade(call, app, &scopes)?;
    Ok(Answer::json(&upgraded(call, app, Ok(version))))
}

/// `POST {N}/upgrade`: a list of names, each with its own status.
pub fn many(call: &Call) -> Outcome {
    let scopes = scopes(call)?;
    let invalid = |text: &str| Answer::refuse(400, format!("Request body is invalid json{text}"));
    let body = if call.body.is_empty() {
        Ordered::Null
    } else {
        call.json()
            .map_err(|(text, class)| invalid(&format!(": {class}: {text}")))?
    };
    let items = match body {
        Ordered::List(items) => items,
        Ordered::Map(_) => {
            let text = ": java.lang.IllegalStateException: Expected BEGIN_ARRAY but was BEGIN_OBJECT at line 1 column 2 path $";
            return Err(invalid(text));
        }
        _ => return Err(invalid(", please check that it is a json array.")),
    };
    let names: Option<Vec<_>> = items.iter().map(|item| item.text_of("name")).collect();
    let names = names.ok_or_else(|| Answer::refuse(400, "Path parameter app-id cannot be empty"))?;
    let done: Vec<_> = names
        .iter()
        .map(|app| upgraded(call, app, upgrade(call, app, &scopes)))
        .collect();
    Ok(Answer::raw_json(gson(&done))
        .with_content_type("application/octet-stream")
        .chunked())
}

/// The scopes in which newer artifacts are searched; both by default.
fn scopes(call: &Call) -> Result<Vec<&str>, Answer> {
    let scopes: Vec<_> = call.query_params("artifactScope").collect();
    match scopes
        .iter()
        .find(|scope| !matches!(scope.to_ascii_uppercase().as_str(), "SYSTEM" | "USER"))
    {
        Some(other) => Err(Answer::refuse(400, format!("Invalid scope {other}"))),
        None if scopes.is_empty() => Ok(vec!["SYSTEM", "USER"]),
        None => Ok(scopes),
    }
}

/// Deploys the newest version of an app again. Returns the new version's id.
fn upgrade(call: &Call, app: &str, scopes: &[&str]) -> Result<String, Answer> {
    let (config, artifact) = {
        let state = call.cdap.state();
        let version = state
            .newest(call.namespace(), app)
            .ok_or_else(|| Answer::not_found(&format!("applicationreference:{}.{app}", call.namespace())))?;
        let mut config = version.config.clone();
        if config.get("properties").is_none_or(Json::is_null) {
            // A defect of the real server, for pipelines that no editor wrote (measured).
            let text = "Cannot invoke \"Object.getClass()\" because \"m\" is null";
            return Err(Answer::refuse(500, text));
        }
        if config.get("postActions").is_none() {
            config["postActions"] = json!([]);
        }
        for part in ["stages", "postActions"] {
            for stage in config[part].as_array_mut().into_iter().flatten() {
                let wanted = &mut stage["plugin"]["artifact"];
                set_newest_version(wanted, &state.installed, call.namespace(), scopes);
            }
        }
        let mut artifact = json!({
            "name": version.artifact.name, "version": version.artifact.version, "scope": version.artifact.scope,
        });
        set_newest_version(&mut artifact, &state.installed, call.namespace(), scopes);
        (config, artifact)
    };
    // A config as text is echoed unchanged: integers stay integers (measured).
    let body = json!({ "artifact": artifact, "config": config.to_string() });
    Ok(call.cdap.deploy(call.namespace(), app, &body.to_string())?.id)
}

/// Replaces the version of an artifact by the newest one, if it names one version of an installed artifact.
fn set_newest_version(artifact: &mut Json, installed: &ArtifactRepository, namespace: &str, scopes: &[&str]) {
    let text = |key: &str| artifact.get(key).and_then(Json::as_str).unwrap_or_default();
    let (name, version, scope) = (text("name"), text("version"), text("scope"));
    if version.starts_with(['[', '(']) || !scopes.iter().any(|wanted| wanted.eq_ignore_ascii_case(scope)) {
        return;
    }
    let every = "[0.0.0,9999.0.0)";
    if let Some(newest) = installed.newest(namespace, &scope.to_ascii_uppercase(), name, every) {
        artifact["version"] = Json::String(newest.id.version.clone());
    }
}
