//! The studio's validation service, which checks one stage at a time.
//!
//! It answers JSON under `text/plain`, and writes nulls, unlike everything else (measured).

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::{Ordered, gson_text};
use pipelines::artifact::{PluginFinder, Version};
use pipelines::hash_order;
use pipelines::pipeline::{ValidationFailure, validate_stage};
use serde::Serialize;
use serde_json::Value as Json;

const TEXT: &str = "text/plain; charset=UTF-8";

/// The namespace of the path. The studio's 404 differs from the other services'.
pub(super) fn namespace(call: &Call) -> Result<&str, Answer> {
    let name = call.namespace();
    if call.cdap.state().namespaces.contains_key(name) {
        return Ok(name);
    }
    Err(Answer::refuse(404, format!("Namespace '{name}' does not exist"))
        .with_content_type(TEXT)
        .with_keep_alive())
}

fn undecodable(class: &str, text: &str) -> Answer {
    Answer::refuse(400, format!("Unable to decode request body: {class}: {text}"))
        .with_content_type(TEXT)
        .with_keep_alive()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validated<'a> {
    failures: Vec<Failure<'a>>,
    spec: Option<Spec>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    message: &'a str,
    causes: [Cause; 1],
    corrective_action: Option<&'a str>,
}

#[derive(Serialize)]
struct Cause {
    attributes: Ordered,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    name: String,
    plugin: SpecPlugin,
    input_schemas: Ordered,
    output_ports: Ordered,
    port_schemas: Ordered,
    output_schema: Option<Ordered>,
    error_schema: Option<Ordered>,
    stage_logging_enabled: bool,
    process_timing_enabled: bool,
    max_preview_records: u32,
    input_stages: [(); 0],
}

#[derive(Serialize)]
struct SpecPlugin {
    r#type: String,
    name: String,
    properties: Ordered,
    artifact: SpecArtifact,
}

#[derive(Serialize)]
struct SpecArtifact {
    name: String,
    version: SpecVersion,
    scope: String,
}

#[derive(Serialize)]
struct SpecVersion {
    version: String,
    major: u32,
    minor: u32,
    fix: u32,
    suffix: Option<String>,
}

/// `POST …/validations/stage`
pub fn stage(call: &Call) -> Outcome {
    let namespace = namespace(call)?;
    let body = call.json().map_err(|(text, class)| undecodable(class, &text))?;
    let whole = Json::from(&body);
    // A real server's text for a body without a stage is not known.
    let stage = whole.get("stage").filter(|stage| stage.is_object());
    let Some(stage) = stage else {
        return Err(Answer::refuse(400, "The stage to validate must be given.")
            .with_content_type(TEXT)
            .with_keep_alive());
    };
    let cdap_state = call.cdap.state();
    let plugin_finder = PluginFinder {
        artifacts: &cdap_state.installed,
        namespace,
    };
    let fault = validate_stage(stage, &plugin_finder);
    let validated = match &fault {
        Some(fault) => Validated {
            failures: vec![failure(fault, stage)],
            spec: None,
        },
        None => Validated {
            failures: Vec::new(),
            spec: spec(stage, &body, &plugin_finder),
        },
    };
    Ok(Answer::text(gson_text(&validated))
        .with_content_type(TEXT)
        .with_keep_alive())
}

fn failure<'a>(fault: &'a ValidationFailure, stage: &Json) -> Failure<'a> {
    let name = &stage["name"];
    let text = |value: &Json| Ordered::Text(value.as_str().unwrap_or_default().to_owned());
    let mut attributes = Vec::new();
    let mut put = |key: &str, value: Ordered| attributes.push((key.to_owned(), value));
    match fault {
        ValidationFailure::PluginNotFound(_) => {
            let plugin = &stage["plugin"];
            put("pluginId", text(name));
            put("pluginName", text(&plugin["name"]));
            put("pluginType", text(&plugin["type"]));
            put("requestedArtifactName", text(&plugin["artifact"]["name"]));
            put("requestedArtifactScope", text(&plugin["artifact"]["scope"]));
            put("requestedArtifactVersion", text(&plugin["artifact"]["version"]));
        }
        ValidationFailure::MissingProperty(property, _) => {
            put("stageConfig", Ordered::Text(property.clone()));
        }
        ValidationFailure::Other(_) => {}
    }
    put("stage", text(name));
    let (message, corrective_action) = fault.message_and_action();
    Failure {
        message,
        causes: [Cause {
            attributes: Ordered::Map(attributes),
        }],
        corrective_action,
    }
}

fn spec(stage: &Json, body: &Ordered, plugin_finder: &PluginFinder<'_>) -> Option<Spec> {
    let text = |of: &Json, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let plugin = &stage["plugin"];
    let (artifact, class) = pipelines::pipeline::plugin_of_stage(stage, plugin_finder)?;
    let Version {
        version,
        major,
        minor,
        fix,
        suffix,
    } = Version::parse(&artifact.id.version)?;
    let properties = body
        .get("stage")
        .and_then(|stage| stage.get("plugin")?.get("properties"));
    let properties: Vec<_> = match properties {
        Some(Ordered::Map(entries)) => entries.clone(),
        _ => Vec::new(),
    };
    Some(Spec {
        name: text(stage, "name"),
        output_schema: output_schema(&class.class_name, &properties),
        plugin: SpecPlugin {
            r#type: class.r#type.clone(),
            name: class.name.clone(),
            properties: Ordered::Map(hash_order::sorted(
                properties
                    .into_iter()
                    .filter_map(|(key, value)| Some((key, Ordered::Text(value.text()?)))),
                |(key, _)| key.as_str(),
            )),
            artifact: SpecArtifact {
                name: artifact.id.name.clone(),
                version: SpecVersion {
                    version,
                    major,
                    minor,
                    fix,
                    suffix,
                },
                scope: artifact.id.scope.clone(),
            },
        },
        input_schemas: input_schemas(body, text(plugin, "type") != "batchsource"),
        output_ports: Ordered::Map(Vec::new()),
        port_schemas: Ordered::Map(Vec::new()),
        error_schema: None,
        stage_logging_enabled: true,
        process_timing_enabled: true,
        max_preview_records: 100,
        input_stages: [],
    })
}

/// The input schemas of the stage, by the name of the stage before it.
fn input_schemas(body: &Ordered, fed: bool) -> Ordered {
    let list = match body.get("inputSchemas") {
        Some(Ordered::List(items)) if fed => items.as_slice(),
        _ => &[],
    };
    let entries = list
        .iter()
        .filter_map(|item| Some((item.text_of("stage")?, item.get("schema")?.clone())));
    Ordered::Map(entries.collect())
}

/// The schema in the stage's properties; the lab's source always has the same one.
fn output_schema(class: &str, properties: &[(String, Ordered)]) -> Option<Ordered> {
    if class == "lab.LabPlugins$LabSource" {
        let schema = r#"{"type":"record","name":"line","fields":[{"name":"body","type":"string"}]}"#;
        return serde_json::from_str(schema).ok();
    }
    let (_, schema) = properties.iter().find(|(name, _)| name == "schema")?;
    serde_json::from_str(&schema.text()?).ok()
}

/// `POST …/validations/pipeline`: a stub in real servers, which look at the artifact alone.
pub fn pipeline(call: &Call) -> Outcome {
    namespace(call)?;
    let body = call.json().map_err(|(text, class)| undecodable(class, &text))?;
    if !matches!(body.get("artifact"), Some(Ordered::Map(_))) {
        let text =
            "Invalid artifact in pipeline request: An artifact must be specified to create an application.";
        return Err(Answer::refuse(400, text)
            .with_content_type(TEXT)
            .with_keep_alive());
    }
    let dummy = concat!(
        r#"{"endingActions":[],"stages":[{"name":"dummy","plugin":{"type":"batchsource","name":"file","properties":{},"#,
        r#""artifact":{"name":"core-plugins","version":{"version":"2.2.0","major":2,"minor":2,"fix":0},"scope":"SYSTEM"}},"#,
        r#""inputSchemas":{},"outputPorts":{},"portSchemas":{},"stageLoggingEnabled":true,"processTimingEnabled":true,"#,
        r#""maxPreviewRecords":100,"inputStages":[]}],"connections":[],"resources":{"virtualCores":1,"memoryMB":512},"#,
        r#""stageLoggingEnabled":true,"processTimingEnabled":true,"numOfRecordsPreview":0,"properties":{}}"#
    );
    Ok(Answer::raw_json(dummy.as_bytes().to_vec()).with_keep_alive())
}
