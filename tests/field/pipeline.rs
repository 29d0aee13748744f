//! Pipelines as Data Fusion Studio exports them, put together from a few stages.

use serde_json::{Value, json};

/// A stage.
pub fn stage(name: &str, plugin: &str, kind: &str, artifact: &str, properties: &Value) -> Value {
    let artifact = json!({"name": artifact, "version": "[0.0.1,100.0.0)", "scope": "SYSTEM"});
    json!({"name": name, "plugin":
        {"name": plugin, "type": kind, "label": name, "artifact": artifact, "properties": properties}})
}

/// A stage of a Google plugin, with the machine's own project and credentials.
pub fn google(name: &str, plugin: &str, kind: &str, more: &Value) -> Value {
    let mut properties = json!({"project": "auto-detect", "serviceFilePath": "auto-detect"});
    for (property, value) in more.as_object().unwrap() {
        properties[property] = value.clone();
    }
    stage(name, plugin, kind, "google-cloud", &properties)
}

/// A statement; with `rowAsArguments` its one row becomes arguments.
pub fn statement(name: &str, sql: &str, row_as_arguments: bool) -> Value {
    let more = json!({"dialect": "standard", "mode": "interactive", "useCache": "false", "location": "US",
        "storeResults": "false", "rowAsArguments": row_as_arguments.to_string(), "sql": sql});
    google(name, "BigQueryExecute", "action", &more)
}

/// The schema of a table with the text column `v`.
pub const SCHEMA: &str =
    r#"{"type": "record", "name": "o", "fields": [{"name": "v", "type": ["string", "null"]}]}"#;

/// A source that reads the column `v` of a table.
pub fn source(table: &str) -> Value {
    let more = json!({"referenceName": "in", "dataset": "cdf_output", "table": table, "schema": SCHEMA});
    google("In", "BigQueryTable", "batchsource", &more)
}

/// A sink that drops everything.
pub fn trash(name: &str) -> Value {
    stage(
        name,
        "Trash",
        "batchsink",
        "trash-plugin",
        &json!({"referenceName": "out"}),
    )
}

/// A pipeline in which each stage leads to the next.
pub fn pipeline(stages: &[Value]) -> Value {
    let names: Vec<_> = stages.iter().map(|stage| stage["name"].clone()).collect();
    let connections: Vec<_> = names
        .windows(2)
        .map(|pair| json!({"from": pair[0], "to": pair[1]}))
        .collect();
    json!({
        "artifact": {"name": "cdap-data-pipeline", "version": "[6.0.0,7.0.0)", "scope": "SYSTEM"},
        "config": {"stages": stages, "connections": connections, "postActions": [], "properties": {},
            "resources": {"memoryMB": 2048, "virtualCores": 1},
            "driverResources": {"memoryMB": 2048, "virtualCores": 1},
            "engine": "spark", "maxConcurrentRuns": 1},
    })
}
