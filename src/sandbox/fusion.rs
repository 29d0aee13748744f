//! Data Fusion's instance API, `/v1` and `/v1beta1`: one instance, always healthy.
//!
//! Read-only: instances cannot be made or deleted here. Errors have Google's JSON envelope.

use super::Personality;
use super::server::Names;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;

#[derive(Debug)]
struct Fusion {
    names: Names,
    base: String,
    release: &'static str,
}

/// The API's paths; `port` is where the instance's `apiEndpoint` answers.
pub fn router(names: Names, port: u16, personality: Personality) -> Router {
    let fusion = Arc::new(Fusion {
        names,
        base: format!("http://127.0.0.1:{port}"),
        release: personality.release(),
    });
    let mut router = Router::new();
    for version in ["v1", "v1beta1"] {
        let under = |rest: &str| format!("/{version}/projects/{{project}}/locations{rest}");
        router = router
            .route(&under(""), get(locations))
            .route(&under("/{location}/instances"), get(instances))
            .route(&under("/{location}/instances/{instance}"), get(instance))
            .route(&under("/{location}/operations"), get(operations))
            .route(&under("/{location}/operations/{operation}"), get(operation))
            .route(&under("/{location}/versions"), get(versions));
    }
    router.with_state(fusion)
}

/// The body of an instance, in the order of the real API's documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    name: String,
    r#type: &'static str,
    state: &'static str,
    display_name: &'static str,
    create_time: &'static str,
    update_time: &'static str,
    version: &'static str,
    service_endpoint: String,
    api_endpoint: String,
    gcs_bucket: &'static str,
    labels: Json,
    available_version: Vec<Json>,
}

impl Fusion {
    fn instance(&self, beta: bool) -> Instance {
        let Names {
            project,
            location,
            instance,
            ..
        } = &self.names;
        Instance {
            name: format!("projects/{project}/locations/{location}/instances/{instance}"),
            r#type: "DEVELOPER",
            state: if beta { "RUNNING" } else { "ACTIVE" },
            display_name: "Downbeat's sandbox",
            create_time: "2026-01-01T00:00:00Z",
            update_time: "2026-01-01T00:00:00Z",
            version: self.release,
            service_endpoint: self.base.clone(),
            api_endpoint: format!("{}/api", self.base),
            gcs_bucket: "gs://downbeat-sandbox-landing",
            labels: json!({ "created-by": "downbeat" }),
            available_version: Vec::new(),
        }
    }

    /// A stranger's project is forbidden, an unknown region is not found, as at Google.
    fn turn_away(&self, project: &str, location: &str) -> Option<Response> {
        (project != self.names.project).then(|| {
            let resource = format!("projects/{project}/locations/{location}");
            let text = format!(
                "Permission 'datafusion.instances.get' denied on '{resource}' (or it may not exist)."
            );
            refusal(StatusCode::FORBIDDEN, "PERMISSION_DENIED", &text)
        })
    }
}

async fn locations(State(fusion): State<Arc<Fusion>>, Path(project): Path<String>) -> Response {
    if let Some(refused) = fusion.turn_away(&project, "-") {
        return refused;
    }
    let location = &fusion.names.location;
    answer(&json!({ "locations": [{
        "name": format!("projects/{project}/locations/{location}"),
        "locationId": location,
    }] }))
}

async fn instances(
    State(fusion): State<Arc<Fusion>>,
    uri: Uri,
    Path((project, location)): Path<(String, String)>,
) -> Response {
    if let Some(refused) = fusion.turn_away(&project, &location) {
        return refused;
    }
    if location == "-" || location == fusion.names.location {
        return answer(&json!({ "instances": [fusion.instance(is_beta(&uri))] }));
    }
    answer(&json!({}))
}

async fn instance(
    State(fusion): State<Arc<Fusion>>,
    uri: Uri,
    Path((project, location, instance)): Path<(String, String, String)>,
) -> Response {
    if let Some(refused) = fusion.turn_away(&project, &location) {
        return refused;
    }
    if location == fusion.names.location && instance == fusion.names.instance {
        return answer(&fusion.instance(is_beta(&uri)));
    }
    missing(&format!(
        "projects/{project}/locations/{location}/instances/{instance}"
    ))
}

async fn operations(
    State(fusion): State<Arc<Fusion>>,
    Path((project, location)): Path<(String, String)>,
) -> Response {
    fusion
        .turn_away(&project, &location)
        .unwrap_or_else(|| answer(&json!({})))
}

async fn operation(
    State(fusion): State<Arc<Fusion>>,
    Path((project, location, operation)): Path<(String, String, String)>,
) -> Response {
    fusion.turn_away(&project, &location).unwrap_or_else(|| {
        missing(&format!(
            "projects/{project}/locations/{location}/operations/{operation}"
        ))
    })
}

async fn versions(
    State(fusion): State<Arc<Fusion>>,
    Path((project, location)): Path<(String, String)>,
) -> Response {
    fusion.turn_away(&project, &location).unwrap_or_else(|| {
        let version = json!({
            "versionNumber": fusion.release,
            "defaultVersion": true,
            "availableFeatures": [],
            "type": "TYPE_GENERAL_AVAILABILITY",
        });
        answer(&json!({ "versions": [version], "availableVersions": [version] }))
    })
}

/// The older version calls the healthy state RUNNING.
fn is_beta(uri: &Uri) -> bool {
    uri.path().starts_with("/v1beta1/")
}

fn answer(body: &impl Serialize) -> Response {
    with_status(StatusCode::OK, body)
}

fn missing(resource: &str) -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        &format!("Resource '{resource}' was not found"),
    )
}

fn refusal(code: StatusCode, status: &str, message: &str) -> Response {
    with_status(
        code,
        &json!({ "error": { "code": code.as_u16(), "message": message, "status": status } }),
    )
}

fn with_status(code: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    (
        code,
        [(header::CONTENT_TYPE, "application/json; charset=UTF-8")],
        text,
    )
        .into_response()
}
