//! Pipelines of other people, deployed and run over HTTP; their effects are read with the calls that clients use.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "support/served.rs"]
mod served;

use sandbox::Settings;
use serde_json::{Value, json};
use served::{Served, wait_for};

const APPS: &str = "/api/v3/namespaces/default/apps";
const PORTS: &str = include_str!("../../pipelines/src/executor/tests/pipelines/ports.json");
const CONDITION: &str = include_str!("../../pipelines/src/executor/tests/pipelines/condition.json");

/// Deploys a pipeline, with the preferences of the shipped one.
fn deploy(sandbox: &Served, name: &str, pipeline: &str) {
    let (status, answer) = sandbox.ask("PUT", &format!("{APPS}/{name}"), pipeline);
    assert_eq!(status, 200, "{answer}");
    let shared = sandbox.get(&format!("{APPS}/cdf_mysql_to_bigquery/preferences"));
    let path = format!("{APPS}/{name}/preferences");
    let (status, answer) = sandbox.ask("PUT", &path, &shared.to_string());
    assert_eq!(status, 200, "{answer}");
}

/// Runs a pipeline to its end: its record.
fn run(sandbox: &Served, name: &str, arguments: &Value) -> Value {
    let program = format!("{APPS}/{name}/workflows/DataPipelineWorkflow");
    let body = json!([{"appId": name, "programType": "Workflow", "programId": "DataPipelineWorkflow",
        "runtimeargs": arguments}]);
    let path = "/api/v3/namespaces/default/start";
    let (status, answer) = sandbox.ask("POST", path, &body.to_string());
    assert_eq!(status, 200, "{answer}");
    let items: Value = serde_json::from_str(&answer).unwrap();
    let id = items[0]["runId"].as_str().unwrap();
    wait_for(&format!("the end of {name}"), || {
        let record = sandbox.get(&format!("{program}/runs/{id}"));
        let ended = matches!(record["status"].as_str().unwrap(), "COMPLETED" | "FAILED");
        let gone = record["cluster"]["status"] == "DEPROVISIONED";
        (ended && gone).then_some(record)
    })
}

/// What a call below a run answers.
fn below(sandbox: &Served, name: &str, record: &Value, path: &str) -> Value {
    let id = record["runid"].as_str().unwrap();
    let program = format!("{APPS}/{name}/workflows/DataPipelineWorkflow");
    sandbox.get(&format!("{program}/runs/{id}/{path}"))
}

/// The sum of a stage's metric; nothing, if it was never written.
fn metric(sandbox: &Served, name: &str, record: &Value, metric: &str) -> Option<i64> {
    let tags = json!({"namespace": "default", "app": name, "workflow": "DataPipelineWorkflow",
        "run": record["runid"]});
    let body = json!({"m": {"tags": tags, "metrics": [format!("user.{metric}")],
        "timeRange": {"aggregate": "true"}}});
    let (status, answer) = sandbox.ask("POST", "/api/v3/metrics/query", &body.to_string());
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["m"]["series"][0]["data"][0]["value"].as_i64()
}

fn count(sandbox: &Served, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM cdf_output.{table}");
    let body = json!({"query": sql, "useLegacySql": false, "timeoutMs": 60_000}).to_string();
    let path = "/bigquery/v2/projects/downbeat-sandbox/queries";
    let (status, answer) = sandbox.ask("POST", path, &body);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["rows"][0]["f"][0]["v"].as_str().unwrap().parse().unwrap()
}

#[test]
fn ports_and_error_records_are_counted_where_a_client_looks() {
    let sandbox = Served::start();
    deploy(&sandbox, "ports", PORTS);
    let record = run(&sandbox, "ports", &json!({"limit": "100"}));
    assert_eq!(record["status"], "COMPLETED");
    let told = |name: &str| metric(&sandbox, "ports", &record, name).unwrap();
    let (titled, untitled, broken) = (
        count(&sandbox, "titled"),
        count(&sandbox, "untitled"),
        count(&sandbox, "broken"),
    );
    assert_eq!((titled + untitled + broken, broken), (100, 10));
    assert_eq!(told("Clean.records.error"), broken);
    assert_eq!(told("Collect.records.out"), broken);
    assert_eq!(told("Split.records.out.nonnull"), titled);
    assert_eq!(told("Split.records.out.null"), untitled);
    assert_eq!(told("Copy.records.updated"), untitled);
    assert_eq!(metric(&sandbox, "ports", &record, "Split.records.out"), None);
}

#[test]
fn a_branch_that_is_not_taken_leaves_no_trace() {
    let sandbox = Served::start();
    deploy(&sandbox, "condition", CONDITION);
    let detail = sandbox.get(&format!("{APPS}/condition"));
    let programs = detail["programs"].as_array().unwrap().iter();
    let spark: Vec<_> = programs
        .filter(|program| program["type"] == "Spark")
        .map(|program| program["name"].as_str().unwrap())
        .collect();
    assert_eq!(spark, ["phase-1", "phase-3", "phase-5"]);
    let record = run(&sandbox, "condition", &json!({"limit": "20", "enough": "15"}));
    assert_eq!(record["status"], "COMPLETED");
    let states = below(&sandbox, "condition", &record, "nodes/state");
    let nodes: Vec<_> = states.as_object().unwrap().keys().cloned().collect();
    assert_eq!(nodes, ["phase-1", "phase-3", "phase-4"]);
    let token = below(&sandbox, "condition", &record, "token");
    let counted = &token["stage.statistics.Read.output.records"];
    assert_eq!(*counted, json!([{"node": "phase-1", "value": "20"}]));
    assert_eq!(
        metric(&sandbox, "condition", &record, "Many.records.in"),
        Some(20)
    );
    assert_eq!(metric(&sandbox, "condition", &record, "Few.records.in"), None);
    // What the condition asks for is not there: nothing but the first phase has run.
    let record = run(&sandbox, "condition", &json!({"limit": "20"}));
    assert_eq!(record["status"], "FAILED");
    let states = below(&sandbox, "condition", &record, "nodes/state");
    assert_eq!(states["phase-1"]["nodeStatus"], "COMPLETED");
    assert_eq!(states.as_object().unwrap().len(), 1);
}

/// A transform, a source, a sink, an aggregator and an action that the sandbox does not execute.
const BEYOND: [(&str, &str, &str); 5] = [
    (
        "JavaScript",
        "transform",
        r#"{"script": "function transform(input, emitter, context) {}"}"#,
    ),
    ("KVTable", "batchsource", r#"{"name": "table"}"#),
    ("KVTable", "batchsink", r#"{"name": "table"}"#),
    (
        "RowDenormalizer",
        "batchaggregator",
        r#"{"outputFields": "a", "keyField": "id", "nameField": "n", "valueField": "v"}"#,
    ),
    (
        "SSH",
        "action",
        r#"{"host": "h", "user": "u", "privateKey": "k", "command": "ls"}"#,
    ),
];

#[test]
fn a_plugin_that_is_not_executed_is_deployed_and_fails_its_run_by_name() {
    let sandbox = Served::start();
    for (at, (plugin, kind, properties)) in BEYOND.into_iter().enumerate() {
        let mut pipeline: Value = serde_json::from_str(CONDITION).unwrap();
        let stages = pipeline["config"]["stages"].as_array().unwrap();
        let (read, write) = (stages[0].clone(), stages[2].clone());
        let properties: Value = serde_json::from_str(properties).unwrap();
        let odd = json!({"name": "Odd", "plugin": {"name": plugin, "type": kind, "properties": properties}});
        let (stages, connections) = match kind {
            "action" => (json!([odd]), json!([])),
            "batchsource" => (json!([odd, write]), json!([{"from": "Odd", "to": "Many"}])),
            "batchsink" => (json!([read, odd]), json!([{"from": "Read", "to": "Odd"}])),
            _ => (
                json!([read, odd, write]),
                json!([{"from": "Read", "to": "Odd"}, {"from": "Odd", "to": "Many"}]),
            ),
        };
        pipeline["config"]["stages"] = stages;
        pipeline["config"]["connections"] = connections;
        let name = format!("beyond{at}");
        deploy(&sandbox, &name, &pipeline.to_string());
        let record = run(&sandbox, &name, &json!({"limit": "3"}));
        assert_eq!(record["status"], "FAILED", "{plugin}");
        let mut cause = below(&sandbox, &name, &record, "nodes/state")["phase-1"]["failureCause"].clone();
        while cause["cause"].is_object() {
            cause = cause["cause"].take();
        }
        let words =
            format!("Plugin '{plugin}' of type '{kind}' in stage 'Odd' is not executed by the sandbox");
        assert_eq!(cause["message"], words.as_str());
        let id = record["runid"].as_str().unwrap();
        let path = format!("{APPS}/{name}/workflows/DataPipelineWorkflow/runs/{id}/classify");
        let (status, answer) = sandbox.ask("POST", &path, "");
        assert_eq!(status, 200, "{answer}");
        let path = format!("{APPS}/{name}/workflows/DataPipelineWorkflow/runs/{id}/logs?escape=false");
        let (_, log) = sandbox.ask("GET", &path, "");
        // The last line of a failed run is followed by its cause; an action's is printed nowhere else.
        let (_, last) = log.split_once("DataPipelineWorkflow.").unwrap();
        let (_, trace) = last.split_once(" failed.\n").unwrap();
        assert!(trace.contains(&words), "{log}");
    }
}

/// Everything that pages of the log say, read in this direction.
fn paged(sandbox: &Served, name: &str, record: &Value, direction: &str) -> Vec<String> {
    let (mut offset, mut lines) = (String::new(), Vec::new());
    loop {
        let path = format!("logs/{direction}?format=json&max=3&fromOffset={offset}");
        let page = below(sandbox, name, record, &path);
        let page = page.as_array().unwrap();
        let told = page
            .iter()
            .map(|line| line["log"]["message"].as_str().unwrap().to_owned());
        let next = if direction == "next" {
            lines.extend(told);
            page.last()
        } else {
            lines.splice(0..0, told);
            page.first()
        };
        match next {
            Some(line) => line["offset"].as_str().unwrap().clone_into(&mut offset),
            None => return lines,
        }
    }
}

#[test]
fn pages_of_a_log_lose_no_line_in_either_direction() {
    let sandbox = Served::start();
    deploy(&sandbox, "condition", CONDITION);
    let record = run(&sandbox, "condition", &json!({"limit": "20", "enough": "15"}));
    let all = below(&sandbox, "condition", &record, "logs?format=json");
    let all: Vec<_> = all.as_array().unwrap().iter().collect();
    let times: Vec<_> = all
        .iter()
        .map(|line| line["log"]["timestamp"].as_i64().unwrap())
        .collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    let messages: Vec<_> = all
        .iter()
        .map(|line| line["log"]["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(paged(&sandbox, "condition", &record, "next"), messages);
    assert_eq!(paged(&sandbox, "condition", &record, "prev"), messages);
}

/// Runs one statement: the texts of its rows.
fn sql(sandbox: &Served, statement: &str) -> Vec<Vec<String>> {
    let body = json!({"query": statement, "useLegacySql": false, "timeoutMs": 60_000}).to_string();
    let (status, answer) = sandbox.ask("POST", "/bigquery/v2/projects/downbeat-sandbox/queries", &body);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let rows = answer["rows"].as_array().cloned().unwrap_or_default();
    let cells = |row: &Value| {
        row["f"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| cell["v"].as_str().unwrap_or("NULL").to_owned())
            .collect()
    };
    rows.iter().map(cells).collect()
}

/// A pipeline of a source, a Wrangler with this recipe and this output, and a table of the recipe's name.
fn wrangling(source: &Value, recipe: &str, output: &str, table: &str) -> Value {
    let google = json!({"name": "google-cloud", "version": "[0.0.1,100.0.0)", "scope": "SYSTEM"});
    let sink = json!({"name": "BigQueryTable", "type": "batchsink", "artifact": google, "properties": {
        "referenceName": "out", "project": "auto-detect", "serviceFilePath": "auto-detect", "dataset": "cdf_output",
        "table": table, "operation": "insert", "location": "US", "schema": output}});
    let wrangler = json!({"name": "Wrangler", "type": "transform",
        "artifact": {"name": "wrangler-transform", "version": "[0.0.1,100.0.0)", "scope": "SYSTEM"},
        "properties": {"field": "*", "precondition": "false", "directives": recipe, "on-error": "fail-pipeline",
            "schema": output}});
    json!({"artifact": {"name": "cdap-data-pipeline", "version": "[6.0.0,7.0.0)", "scope": "SYSTEM"}, "config": {
        "connections": [{"from": "In", "to": "Wrangle"}, {"from": "Wrangle", "to": "Out"}],
        "stages": [{"name": "In", "plugin": source}, {"name": "Wrangle", "plugin": wrangler}, {"name": "Out", "plugin": sink}],
        "postActions": [], "properties": {}, "engine": "spark"}})
}

/// A schema of fields that may be NULL.
fn schema(fields: &[(&str, Value)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": [kind, "null"]}));
    json!({"type": "record", "name": "o", "fields": fields.collect::<Vec<_>>()}).to_string()
}

fn file_source(plugin: &str, properties: &Value) -> Value {
    let artifact = if plugin == "File" {
        "core-plugins"
    } else {
        "google-cloud"
    };
    json!({"name": plugin, "type": "batchsource", "properties": properties,
        "artifact": {"name": artifact, "version": "[0.0.1,100.0.0)", "scope": "SYSTEM"}})
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of pipelines")]
fn what_the_studio_builds_of_files_and_directives_is_executed() {
    let sandbox = Served::start();
    for (bucket, name, text) in [
        (
            "field",
            "people.csv",
            "first_name,salary\nAnn,85000\n\"Bob, Jr\",41000\n",
        ),
        ("field", "header.csv", "id,full name\n1,\"Braun, Otto\"\n2,Cole\n"),
        ("field", "fixed.txt", "21  10  ABC\n18  14  CDE\n"),
        (
            "field",
            "json.txt",
            "{\"id\":1,\"who\":{\"first\":\"Ann\",\"last\":\"Lee\"}}\n{\"id\":2,\"who\":{\"first\":\"Bob\"}}\n",
        ),
        ("files", "in/one.txt", "one\n"),
    ] {
        sandbox.ask(
            "POST",
            "/storage/v1/b?project=downbeat-sandbox",
            &json!({"name": bucket}).to_string(),
        );
        let name = name.replace('/', "%2F");
        let path = format!("/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}");
        let (status, answer) = sandbox.ask("POST", &path, text);
        assert_eq!(status, 200, "{answer}");
    }
    let text = || json!("string");
    let lines = |path: &str| {
        let plugin = if path.starts_with("file:") {
            "File"
        } else {
            "GCSFile"
        };
        file_source(
            plugin,
            &json!({"referenceName": "in", "project": "auto-detect", "serviceFilePath": "auto-detect",
            "path": path, "format": "text", "schema": schema(&[("body", text())])}),
        )
    };
    let people = schema(&[("first_name", text()), ("salary", text())]);
    let connected = |connection: &str| {
        file_source(
            "GCSFile",
            &json!({"path": "gs://field/people.csv", "useConnection": "true", "format": "csv",
            "enableQuotedValues": "true", "connection": connection, "skipHeader": "true", "referenceName": "people",
            "schema": people}),
        )
    };
    let who = json!({"type": "record", "name": "who1", "fields": [
        {"name": "first", "type": ["string", "null"]}, {"name": "last", "type": ["string", "null"]}]});
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    for (table, source, recipe, output, query, expected) in [
        (
            "connected",
            connected("${conn(Cloud Storage Default)}"),
            "mask-number :salary xxxxxx",
            people.clone(),
            "SELECT first_name, salary FROM cdf_output.connected ORDER BY 1",
            [row(&["Ann", "xxxxxx"]), row(&["Bob, Jr", "xxxxxx"])],
        ),
        (
            "recorded",
            lines("gs://field/json.txt"),
            "parse-as-json :body 1\nrename :body_id :id\nset-type :id long",
            schema(&[("id", json!("long")), ("body_who", who)]),
            "SELECT id, TO_JSON_STRING(body_who) FROM cdf_output.recorded ORDER BY id",
            [
                row(&["1", "{\"first\":\"Ann\",\"last\":\"Lee\"}"]),
                row(&["2", "{\"first\":\"Bob\",\"last\":null}"]),
            ],
        ),
        (
            "headed",
            lines("gs://field/header.csv"),
            "parse-as-csv :body ',' true\ndrop :body\nset-type :id integer",
            schema(&[("id", json!("int")), ("full_name", text())]),
            "SELECT id, full_name FROM cdf_output.headed ORDER BY id",
            [row(&["1", "Braun, Otto"]), row(&["2", "Cole"])],
        ),
        (
            "fixed",
            lines("gs://field/fixed.txt"),
            "parse-as-fixed-length :body 2,4,5 ' '\nrename body_1 a\nrename body_2 b\nrename body_3 c",
            schema(&[("a", text()), ("b", text()), ("c", text())]),
            "SELECT a, b, c FROM cdf_output.fixed ORDER BY a",
            [row(&["18", "14", "CDE"]), row(&["21", "10", "ABC"])],
        ),
        (
            "local",
            lines("file:/in/one.txt"),
            "copy :body :again\nsplit-to-rows :again 'n'",
            schema(&[("body", text()), ("again", text())]),
            "SELECT body, again FROM cdf_output.local ORDER BY again",
            [row(&["one", "e"]), row(&["one", "o"])],
        ),
    ] {
        deploy(
            &sandbox,
            table,
            &wrangling(&source, recipe, &output, table).to_string(),
        );
        let record = run(&sandbox, table, &json!({}));
        let id = record["runid"].as_str().unwrap();
        let path = format!("{APPS}/{table}/workflows/DataPipelineWorkflow/runs/{id}/logs?escape=false");
        assert_eq!(
            record["status"],
            "COMPLETED",
            "{table}: {}",
            sandbox.ask("GET", &path, "").1
        );
        assert_eq!(sql(&sandbox, query), expected, "{table}");
    }
    let pipeline = wrangling(&connected("${conn(Warehouse)}"), "trim :salary", &people, "lost");
    deploy(&sandbox, "lost", &pipeline.to_string());
    let record = run(&sandbox, "lost", &json!({}));
    let id = record["runid"].as_str().unwrap();
    let path = format!("{APPS}/lost/workflows/DataPipelineWorkflow/runs/{id}/logs?escape=false");
    let (_, log) = sandbox.ask("GET", &path, "");
    let words = "Connection 'Warehouse' does not exist: the sandbox has 'Cloud Storage Default' and 'BigQuery Default' alone";
    assert_eq!(record["status"], "FAILED");
    assert!(log.contains(words), "{log}");
}

/// A pipeline as an instance of another patch release exports it.
fn exported() -> Value {
    let mut pipeline: Value = serde_json::from_str(CONDITION).unwrap();
    pipeline["artifact"]["version"] = json!("6.11.1");
    for stage in pipeline["config"]["stages"].as_array_mut().unwrap() {
        if stage["plugin"]["name"] == "BigQueryTable" {
            stage["plugin"]["artifact"] =
                json!({"name": "google-cloud", "version": "0.24.1", "scope": "SYSTEM"});
        }
    }
    pipeline
}

#[test]
fn an_export_of_another_release_is_refused_or_repaired() {
    let sandbox = Served::start();
    let path = format!("{APPS}/exported");
    let (status, answer) = sandbox.ask("PUT", &path, &exported().to_string());
    assert_eq!(
        (status, answer.as_str()),
        (
            404,
            "'system:cdap-data-pipeline 6.11.1' was not found. The sandbox has 6.11.0; with --accept-releases it takes \
             what other releases exported."
        )
    );
    let sandbox = Served::start_with(Settings {
        accept_releases: true,
        ..Settings::default()
    });
    deploy(&sandbox, "exported", &exported().to_string());
    let app = sandbox.get(&path);
    assert_eq!(app["artifact"]["version"], "6.11.0");
    let config = app["configuration"].as_str().unwrap();
    assert!(!config.contains("0.24.1"), "{config}");
    let record = run(&sandbox, "exported", &json!({"limit": "20", "enough": "15"}));
    assert_eq!(record["status"], "COMPLETED");
    // What no release has is not found either way.
    let mut unknown = exported();
    unknown["artifact"]["name"] = json!("cdap-data-pipelines");
    let (status, answer) = sandbox.ask("PUT", &path, &unknown.to_string());
    assert_eq!(
        (status, answer.as_str()),
        (404, "'system:cdap-data-pipelines 6.11.1' was not found.")
    );
}

/// Starts the shipped pipeline for the tickets as a client does that lets the server fill in the logical start time.
fn read_tickets(sandbox: &Served) -> String {
    let arguments = json!({"business_unit": "operations", "data_source": "ticket"});
    let record = run(sandbox, "cdf_mysql_to_bigquery", &arguments);
    record["status"].as_str().unwrap().to_owned()
}

#[test]
fn the_tickets_of_the_demo_are_read_at_the_second_try_by_anybody() {
    let sandbox = Served::start();
    let ends: Vec<_> = (0..4).map(|_| read_tickets(&sandbox)).collect();
    assert_eq!(ends, ["FAILED", "COMPLETED", "FAILED", "COMPLETED"]);
}
