//! The system's own app, whose service edits pipelines. It validates stages (`validation.rs`), and has no connections
//! and no drafts.
#![expect(
    clippy::unnecessary_wraps,
    reason = "handlers share one signature, also those that never refuse"
)]

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::validation::namespace;
use serde::Serialize;
use serde_json::json;

const APP: &str = "pipeline";
const DESCRIPTION: &str = "Data Pipeline System Services.";

#[derive(Serialize)]
struct Record {
    r#type: &'static str,
    name: &'static str,
    version: &'static str,
    description: &'static str,
    artifact: Artifact,
    change: Change,
}

#[derive(Serialize)]
struct Artifact {
    name: &'static str,
    version: &'static str,
    scope: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    author: &'static str,
    creation_time_millis: i64,
    latest: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    name: &'static str,
    app_version: &'static str,
    description: &'static str,
    change: Change,
    configuration: &'static str,
    datasets: [(); 0],
    programs: [Program; 1],
    plugins: [(); 0],
    artifact: Artifact,
}

#[derive(Serialize)]
struct Program {
    r#type: &'static str,
    app: &'static str,
    name: &'static str,
    description: &'static str,
}

fn artifact(call: &Call) -> Artifact {
    Artifact {
        name: "cdap-data-pipeline",
        version: call.cdap.personality().release(),
        scope: "SYSTEM",
    }
}

fn change(call: &Call) -> Change {
    Change {
        author: "root",
        creation_time_millis: call.cdap.started_at,
        latest: true,
    }
}

/// `GET /v3/namespaces/system/apps`
pub fn apps(call: &Call) -> Outcome {
    let app = Record {
        r#type: "App",
        name: APP,
        version: "-SNAPSHOT",
        description: DESCRIPTION,
        artifact: artifact(call),
        change: change(call),
    };
    Ok(Answer::json(&[app])
        .with_content_type("application/octet-stream")
        .chunked())
}

/// `GET /v3/namespaces/system/apps/pipeline`
pub fn detail(call: &Call) -> Outcome {
    Ok(Answer::json(&Detail {
        name: APP,
        app_version: "-SNAPSHOT",
        description: DESCRIPTION,
        change: change(call),
        configuration: r#"{"service":true}"#,
        datasets: [],
        programs: [Program {
            r#type: "Service",
            app: APP,
            name: "studio",
            description: "Handles pipeline studio operations, like validation, connections and schema propagation.",
        }],
        plugins: [],
        artifact: artifact(call),
    }))
}

/// `GET …/services/studio/available`
pub fn available(_: &Call) -> Outcome {
    Ok(Answer::text("Service is available to accept requests."))
}

/// `GET …/services/studio/status`
pub fn status(_: &Call) -> Outcome {
    Ok(Answer::json(&json!({ "status": "RUNNING" })))
}

/// `GET …/contexts/{namespace}/connections` and `…/drafts`
pub fn empty_list(call: &Call) -> Outcome {
    namespace(call)?;
    Ok(Answer::raw_json(b"[]".to_vec()).with_keep_alive())
}
