//! What is refused at deploy time, and how the shipped pipelines are laid out.

use super::*;
use crate::sandbox::observation::NodeProgram;
use serde_json::json;

const SIX: &str = include_str!("../../../assets/cdf-mysql-to-bigquery.json");
const FIVE: &str = include_str!("../../../assets/cdf-mysql-to-bigquery.five-stage.json");

fn config(text: &str) -> Json {
    let app: Json = serde_json::from_str(text).unwrap();
    app["config"].clone()
}

fn refusal(change: impl FnOnce(&mut Json)) -> String {
    let mut config = config(SIX);
    change(&mut config);
    Pipeline::parse(&config)
        .and_then(|pipeline| check::check(&pipeline))
        .unwrap_err()
}

fn plugin<'a>(config: &'a mut Json, stage: &str) -> &'a mut Json {
    let stages = config["stages"].as_array_mut().unwrap();
    &mut stages.iter_mut().find(|s| s["name"] == stage).unwrap()["plugin"]
}

#[test]
fn the_shipped_pipelines_are_sound_as_object_and_as_text() {
    for text in [SIX, FIVE] {
        let object = Pipeline::parse(&config(text)).unwrap();
        assert_eq!(check::check(&object), Ok(()));
        let string = Pipeline::parse(&Json::String(config(text).to_string())).unwrap();
        assert_eq!(object, string);
    }
}

#[test]
fn nodes_are_numbered_in_order_of_execution() {
    let layout = |text: &str| {
        let pipeline = Pipeline::parse(&config(text)).unwrap();
        let nodes = layout::nodes(&pipeline).unwrap();
        nodes
            .iter()
            .map(|n| (n.id.clone(), n.program, n.description()))
            .collect::<Vec<_>>()
    };
    let spark = "Sources 'Read MySQL' to sinks 'Import To BigQuery', 'Save To Cloud Storage'.";
    let six = layout(SIX);
    assert_eq!(six.len(), 3);
    assert_eq!(
        six[0],
        (
            "phase-1".into(),
            NodeProgram::Action,
            "Action 'Read watermark'.".into()
        )
    );
    assert_eq!(six[1], ("phase-2".into(), NodeProgram::Spark, spark.into()));
    assert_eq!(
        six[2],
        (
            "phase-3".into(),
            NodeProgram::Action,
            "Action 'Update watermark'.".into()
        )
    );
    let five = layout(FIVE);
    assert_eq!(five[0], ("phase-1".into(), NodeProgram::Spark, spark.into()));
    assert_eq!(five[1].1, NodeProgram::Action);
}

#[test]
fn bad_stages_are_refused_as_measured() {
    let missing = |stage: &str, name: &str, kind: &str| {
        format!(
            "Failed to configure pipeline: Stage '{stage}' encountered : Plugin named '{name}' of type '{kind}' not \
             found. Please make sure plugin is deployed in the namespace and try again"
        )
    };
    let unknown = refusal(|c| plugin(c, "Save To Cloud Storage")["name"] = json!("GCSX"));
    assert_eq!(unknown, missing("Save To Cloud Storage", "GCSX", "batchsink"));
    for version in ["[9.0.0,10.0.0)", "0.1.0"] {
        let text = refusal(|c| plugin(c, "Save To Cloud Storage")["artifact"]["version"] = json!(version));
        assert_eq!(text, missing("Save To Cloud Storage", "GCS", "batchsink"));
    }
    let scope = refusal(|c| plugin(c, "Read MySQL")["artifact"]["scope"] = json!("SYSTEM"));
    assert_eq!(scope, missing("Read MySQL", "CloudSQLMySQL", "batchsource"));
    let cases = [
        (
            "importQuery",
            json!(null),
            "Required property 'importQuery' has no value.",
        ),
        (
            "importQuery",
            json!(""),
            "Required property 'importQuery' has no value.",
        ),
        (
            "referenceName",
            json!("${x}"),
            "Invalid reference name '${x}'. Supported characters are: letters, numbers, and '_', '-', '.', or '$'.",
        ),
        (
            "jdbcPluginName",
            json!("nothing"),
            "Unable to load JDBC Driver class for plugin name 'nothing'. Ensure that the plugin 'nothing' of type \
             'jdbc' containing the driver has been installed correctly.",
        ),
    ];
    for (name, value, expected) in cases {
        let text = refusal(|c| plugin(c, "Read MySQL")["properties"][name] = value.clone());
        let expected = if name == "referenceName" && expected.is_empty() {
            String::new()
        } else {
            format!("Failed to configure pipeline: Stage 'Read MySQL' encountered : {expected}")
        };
        assert_eq!(text, expected);
    }
}

#[test]
fn only_the_first_bad_stage_of_the_flow_is_named() {
    let text = refusal(|c| {
        plugin(c, "Update watermark")["name"] = json!("Late");
        plugin(c, "Read MySQL")["name"] = json!("Early");
    });
    assert!(
        text.contains("'Read MySQL'") && !text.contains("Update"),
        "{text}"
    );
}

#[test]
fn bad_graphs_are_refused_as_measured() {
    let connect = |from: &str, to: &str| {
        let edge = json!({"from": from, "to": to});
        refusal(move |c| c["connections"].as_array_mut().unwrap().push(edge))
    };
    assert_eq!(
        refusal(|c| c["stages"] = json!([])),
        "A pipeline must contain at least one stage."
    );
    assert_eq!(
        connect("Update watermark", "zzz"),
        "Invalid connection Connection{from='Update watermark', to='zzz', port='null', condition='null'}. zzz is not a stage."
    );
    let cycle = connect("Update watermark", "Read MySQL");
    assert!(
        cycle.starts_with("Invalid DAG. Stages ") && cycle.ends_with(" form a cycle."),
        "{cycle}"
    );
    for (name, inside) in [
        ("Read MySQL", true),
        ("Update watermark", true),
        ("Read watermark", false),
        ("Save To Cloud Storage", false),
    ] {
        assert_eq!(cycle.contains(name), inside, "{name} in {cycle}");
    }
    let edges = json!([
        {"from": "Read MySQL", "to": "Update watermark"},
        {"from": "Update watermark", "to": "Save To Cloud Storage"},
        {"from": "Read MySQL", "to": "Add Processed Columns"},
        {"from": "Add Processed Columns", "to": "Import To BigQuery"},
    ]);
    assert_eq!(
        refusal(|c| c["connections"] = edges),
        "Action stage 'Update watermark' is invalid. Actions can only be placed at the start or end of the pipeline."
    );
    assert_eq!(
        connect("Import To BigQuery", "Save To Cloud Storage"),
        "Sink Import To BigQuery has outgoing connections to Save To Cloud Storage. Sinks cannot have any outgoing connections."
    );
}

#[test]
fn both_sinks_may_lead_to_the_action_and_an_action_may_stand_alone() {
    let mut config = config(SIX);
    let connections = config["connections"].as_array_mut().unwrap();
    connections.push(json!({"from": "Save To Cloud Storage", "to": "Update watermark"}));
    connections.retain(|c| c["from"] != "Read watermark");
    let pipeline = Pipeline::parse(&config).unwrap();
    assert_eq!(check::check(&pipeline), Ok(()));
    assert_eq!(layout::nodes(&pipeline).unwrap().len(), 3);
}
