//! Invalid pipelines are refused as by recorded servers.

use crate::Personality;
use crate::artifact::{ArtifactRepository, PluginFinder};
use crate::pipeline::Pipeline;
use serde_json::{Value as Json, json};

/// Recordings that this check does not reproduce. The sandbox checks the artifact and the config; three answers
/// print properties in the order in which they were sent; one depends on the recorded machine; and which of several
/// missing properties is reported depends on the order of fields in a Java class.
const NOT_COMPARED: [&str; 9] = [
    "stage without name",
    "plugin without type",
    "plugin without name",
    "pipeline artifact plugin",
    "post action email bad",
    "core javascript",
    "artifact no scope",
    "artifact no version",
    "config ",
];

fn judge(config: &Json, installed: &ArtifactRepository) -> Result<(), String> {
    let plugins = PluginFinder {
        artifacts: installed,
        namespace: "default",
    };
    Pipeline::parse(config)?.check(&plugins)
}

#[test]
fn every_recorded_pipeline_is_accepted_or_refused_as_recorded() {
    let mut installed = ArtifactRepository::shipped(Personality::V6_11, true).unwrap();
    // The recorded server had no plugins for file formats.
    for format in ["json", "text", "avro", "parquet", "delimited"] {
        installed.remove("system", &format!("format-{format}"), "2.12.0");
    }
    let recorded = include_str!("../../../../sandbox/tests/recorded/cdap-6.11.0/deploy-checks.jsonl");
    let mut faults = Vec::new();
    let mut judged = 0;
    for line in recorded.lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        let name = line["name"].as_str().unwrap();
        if line["request"]["method"] != "PUT"
            || name.starts_with("schedule ")
            || NOT_COMPARED.iter().any(|other| name.starts_with(other))
        {
            continue;
        }
        let body: Json = serde_json::from_str(line["request"]["body"].as_str().unwrap()).unwrap();
        let refusal = judge(&body["config"], &installed).err();
        let expected =
            (line["response"]["status"] != 200).then(|| line["response"]["body"].as_str().unwrap());
        judged += 1;
        if refusal.as_deref() != expected {
            faults.push(format!("{name}\n  recorded {expected:?}\n  ours     {refusal:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(judged > 70, "{judged}");
}

fn shipped(change: impl FnOnce(&mut Json)) -> Result<(), String> {
    let text = include_str!("../../../../../assets/cdf-mysql-to-bigquery.json");
    let mut app: Json = serde_json::from_str(text).unwrap();
    change(&mut app["config"]);
    judge(
        &app["config"],
        &ArtifactRepository::shipped(Personality::V6_10, false).unwrap(),
    )
}

/// What the 18 variants of `cdap-6.10.0/deploy.jsonl` changed; the recording names them only.
#[test]
fn variants_of_the_shipped_pipeline_are_refused_as_recorded() {
    let lead = "Failed to configure pipeline: Stage";
    let absent = |stage: &str, name: &str, kind: &str| {
        format!(
            "{lead} '{stage}' encountered : Plugin named '{name}' of type '{kind}' not found. Please make sure plugin \
             is deployed in the namespace and try again"
        )
    };
    assert_eq!(shipped(|_| {}), Ok(()));
    assert_eq!(
        shipped(|c| c["stages"][3]["plugin"]["properties"]["nothing"] = json!("1")),
        Ok(())
    );
    assert_eq!(shipped(|c| c["engine"] = json!("mapreduce")), Ok(()));
    assert_eq!(
        shipped(|c| c["stages"][4]["plugin"]["properties"]["truncateTable"] = json!(false)),
        Ok(())
    );
    for (refusal, expected) in [
        (
            shipped(|c| c["stages"] = json!([])),
            "A pipeline must contain at least one stage.".to_owned(),
        ),
        (
            shipped(|c| c["stages"][1]["plugin"]["artifact"]["scope"] = json!("SYSTEM")),
            absent("Read MySQL", "CloudSQLMySQL", "batchsource"),
        ),
        (
            shipped(|c| c["stages"][3]["plugin"]["artifact"]["version"] = json!("[9.0.0,10.0.0)")),
            absent("Save To Cloud Storage", "GCS", "batchsink"),
        ),
        (
            shipped(|c| c["stages"][3]["plugin"]["artifact"]["version"] = json!("0.1.0")),
            absent("Save To Cloud Storage", "GCS", "batchsink"),
        ),
        (
            shipped(|c| c["stages"][3]["plugin"]["name"] = json!("GCSX")),
            absent("Save To Cloud Storage", "GCSX", "batchsink"),
        ),
        (
            shipped(|c| {
                c["stages"][1]["plugin"]["properties"].as_object_mut().unwrap().remove("importQuery");
            }),
            format!("{lead} 'Read MySQL' encountered : Required property 'importQuery' has no value."),
        ),
        (
            shipped(|c| c["stages"][1]["plugin"]["properties"]["referenceName"] = json!("${x}")),
            format!("{lead} 'Read MySQL' encountered : Invalid reference name '${{x}}'. Supported characters are: letters, numbers, and '_', '-', '.', or '$'."),
        ),
        (
            shipped(|c| c["stages"][1]["plugin"]["properties"]["port"] = json!("abc")),
            format!("{lead} 'Read MySQL' encountered : Unable to create config for batchsource CloudSQLMySQL 'connection' is invalid: Failed to assign value '{{\"port\":\"abc\",\"instanceType\":\"public\",\"jdbcPluginName\":\"cloudsql-mysql\",\"connectionArguments\":\"serverTimezone\\u003dUTC;connectTimeout\\u003d20000;socketTimeout\\u003d900000\"}}' to plugin config field class io.cdap.plugin.cloudsql.mysql.CloudSQLMySQLSource$CloudSQLMySQLSourceConfig.connection."),
        ),
        (
            shipped(|c| c["stages"][1]["plugin"]["properties"]["jdbcPluginName"] = json!("nothing")),
            format!("{lead} 'Read MySQL' encountered : Unable to load JDBC Driver class for plugin name 'nothing'. Ensure that the plugin 'nothing' of type 'jdbc' containing the driver has been installed correctly."),
        ),
        (
            shipped(|c| connect(c, "Update watermark", "zzz")),
            "Invalid connection Connection{from='Update watermark', to='zzz', port='null', condition='null'}. zzz is not a stage.".to_owned(),
        ),
        (
            shipped(|c| connect(c, "Update watermark", "Read MySQL")),
            "Invalid DAG. Stages Import To BigQuery,Add Processed Columns,Save To Cloud Storage,Update watermark,Read MySQL form a cycle.".to_owned(),
        ),
    ] {
        assert_eq!(refusal.unwrap_err(), expected);
    }
}

fn connect(config: &mut Json, from: &str, to: &str) {
    let connections = config["connections"].as_array_mut().unwrap();
    connections.push(json!({ "from": from, "to": to }));
}

#[test]
fn a_file_sink_without_its_format_is_refused_as_recorded() {
    let text = include_str!("../../../../../assets/cdf-mysql-to-bigquery.json");
    let app: Json = serde_json::from_str(text).unwrap();
    let mut installed = ArtifactRepository::shipped(Personality::V6_10, false).unwrap();
    installed.remove("system", "format-json", "2.12.0");
    assert_eq!(
        judge(&app["config"], &installed).unwrap_err(),
        "Failed to configure pipeline: Stage 'Save To Cloud Storage' encountered : Null error occurred while configuring the stage Save To Cloud Storage."
    );
}

/// A pipeline of conditions behind one another, both branches of each leading to the next one.
fn conditions(count: usize) -> Json {
    let name = |at: usize| format!("c{at}");
    let stage = |name: String| {
        json!({"name": name, "plugin": {"name": "Conditional", "type": "condition",
            "properties": {"expression": "true"}}})
    };
    let mut connections: Vec<_> = (1..count)
        .flat_map(|at| {
            [true, false].map(|way| json!({"from": name(at - 1), "to": name(at), "condition": way}))
        })
        .collect();
    connections.push(json!({"from": name(count - 1), "to": "end", "condition": true}));
    let mut stages: Vec<_> = (0..count).map(|at| stage(name(at))).collect();
    let query = json!({"sql": "SELECT 1", "project": "p", "serviceAccountType": "filePath", "dialect": "standard",
        "mode": "batch", "location": "US"});
    stages.push(
        json!({"name": "end", "plugin": {"name": "BigQueryExecute", "type": "action", "properties": query}}),
    );
    json!({"stages": stages, "connections": connections})
}

/// A source, and pairs of transforms behind it of which each gets the rows of both before it.
fn ladder(count: usize) -> Json {
    let transform = |name: String| json!({"name": name, "plugin": {"name": "Projection", "type": "transform", "properties": {}}});
    let source = json!({"name": "s", "plugin": {"name": "File", "type": "batchsource",
        "properties": {"referenceName": "r", "path": "/a", "format": "text"}}});
    let mut stages = vec![source];
    let mut connections = Vec::new();
    for at in 0..count {
        for side in ["a", "b"] {
            stages.push(transform(format!("{side}{at}")));
            match at.checked_sub(1) {
                None => connections.push(json!({"from": "s", "to": format!("{side}{at}")})),
                Some(before) => connections.extend(
                    ["a", "b"]
                        .map(|from| json!({"from": format!("{from}{before}"), "to": format!("{side}{at}")})),
                ),
            }
        }
    }
    json!({"stages": stages, "connections": connections})
}

#[test]
fn a_pipeline_that_takes_for_ever_to_plan_is_refused() {
    let installed = ArtifactRepository::shipped(Personality::V6_11, false).unwrap();
    let many =
        json!({"stages": vec![json!({"name": "s", "plugin": {"name": "Trash", "type": "batchsink"}}); 251]});
    let long =
        json!({"stages": [{"name": "s".repeat(1_001), "plugin": {"name": "Trash", "type": "batchsink"}}]});
    for (config, words) in [
        (
            many,
            "A pipeline of 251 stages is not supported by the sandbox, which takes 250.",
        ),
        (
            long,
            "A stage whose name is longer than 1000 bytes is not supported by the sandbox.",
        ),
        (
            json!({"stages": [], "connections": vec![json!({"from": "a", "to": "b"}); 1_001]}),
            "A pipeline of 1001 connections is not supported by the sandbox, which takes 1000.",
        ),
        (
            conditions(60),
            "A pipeline of more than 1000 phases is not supported by the sandbox: its conditions lead to the same \
             stages on too many ways.",
        ),
        // Each stage of it is looked at once.
        (
            ladder(60),
            "Stage a59 is a dead end, it has no outgoing connections.",
        ),
    ] {
        assert_eq!(judge(&config, &installed), Err(words.to_owned()));
    }
    let pipeline = Pipeline::parse(&ladder(60)).unwrap();
    assert!(!pipeline.input_schema_known(pipeline.stage("a59").unwrap()));
    let pipeline = Pipeline::parse(&conditions(60)).unwrap();
    assert_eq!(pipeline.connector("c59"), None);
}
