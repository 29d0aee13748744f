//! What nests: filters, statements, classes, triggers, schemas.

use super::class::{child, names_itself, nested};
use super::input::{Input, query, request};
use super::packed::{jar, pack};
use serde_json::{Value, json};

fn filter(name: &'static str, filter: &str, status: u16, text: &'static str) -> Input {
    let path = format!("/v1/projects/downbeat-sandbox/locations/us-west1/instances?filter={filter}");
    Input::new(name, request("GET", &path, "", b""), status, text)
}

/// An artifact with these classes; CDAP looks for plugins in exported packages.
fn artifact(name: &'static str, classes: &[(&str, Vec<u8>)], status: u16, text: &'static str) -> Input {
    let manifest = b"Manifest-Version: 1.0\r\nExport-Package: a\r\nBundle-Version: 1.0.0\r\n";
    let mut entries = vec![("META-INF/MANIFEST.MF".to_owned(), pack(manifest), 0)];
    for (name, class) in classes {
        entries.push((format!("a/{name}.class"), pack(class), 0));
    }
    upload(name, &entries, status, text)
}

pub fn upload(
    name: &'static str,
    entries: &[(String, Vec<u8>, u32)],
    status: u16,
    text: &'static str,
) -> Input {
    let parents = "Artifact-Version: 1.0.0\r\nArtifact-Extends: system:cdap-data-pipeline[6.0.0,7.0.0)\r\n";
    let path = format!("/api/v3/namespaces/default/artifacts/{}", identifier(name));
    let request = request("POST", &path, parents, &jar(entries));
    Input::new(name, request, status, text)
}

/// A value in a value, `depth` times; the innermost is `core`.
fn within(depth: usize, core: &str, before: &str, after: &str) -> Vec<u8> {
    [&before.repeat(depth), core, &after.repeat(depth)]
        .concat()
        .into_bytes()
}

/// The name of an input as the name of a resource.
fn identifier(name: &str) -> String {
    name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
}

fn schedule(name: &'static str, body: &[u8], status: u16, text: &'static str) -> Input {
    let schedule = identifier(name);
    let path = format!("/api/v3/namespaces/default/apps/cdf_mysql_to_bigquery/schedules/{schedule}");
    Input::new(
        name,
        request("PUT", &path, "Content-Type: application/json\r\n", body),
        status,
        text,
    )
}

fn cron(name: &'static str, expression: &str, status: u16, text: &'static str) -> Input {
    let body: Value = json!({
        "name": identifier(name),
        "program": { "programName": "DataPipelineWorkflow", "programType": "WORKFLOW" },
        "trigger": { "type": "TIME", "cronExpression": expression },
    });
    schedule(name, body.to_string().as_bytes(), status, text)
}

pub fn inputs() -> Vec<Input> {
    let deep = "too deeply nested";
    let column = r#"{"name":"a","type":"RECORD","fields":["#;
    let table = |depth| {
        let fields = within(depth, r#"{"name":"a","type":"STRING"}"#, column, "]}");
        let fields: String = String::from_utf8(fields).unwrap();
        let body = format!(r#"{{"tableReference":{{"tableId":"deep"}},"schema":{{"fields":[{fields}]}}}}"#);
        let path = "/bigquery/v2/projects/downbeat-sandbox/datasets/cdf_output/tables";
        request(
            "POST",
            path,
            "Content-Type: application/json\r\n",
            body.as_bytes(),
        )
    };
    let trigger = within(
        10_000,
        r#"{"type":"TIME","cronExpression":"0 1 * * *"}"#,
        r#"{"type":"AND","triggers":["#,
        "]}",
    );
    let head = br#"{"name":"deep","program":{"programName":"DataPipelineWorkflow","programType":"WORKFLOW"},"trigger":"#;
    let triggers = [&head[..], &trigger, b"}"].concat();
    vec![
        filter(
            "filter: 5,000 brackets",
            &"(".repeat(5_000),
            400,
            "nested deeper than 60",
        ),
        filter(
            "filter: 10,000 NOTs",
            &format!("{}a", "NOT%20".repeat(10_000)),
            400,
            "nested deeper than 60",
        ),
        filter(
            "filter: 60,000 minus signs",
            &format!("{}a", "-".repeat(60_000)),
            400,
            "nested deeper than 60",
        ),
        Input::new(
            "SQL: 10,000 NOTs",
            query(&format!("SELECT {}TRUE", "NOT ".repeat(10_000))),
            400,
            deep,
        ),
        Input::new(
            "SQL: 60,000 minus signs",
            query(&format!("SELECT {}1", "- ".repeat(60_000))),
            400,
            deep,
        ),
        Input::new(
            "SQL: 100,000 brackets",
            query(&format!("SELECT {}1", "(".repeat(100_000))),
            400,
            deep,
        ),
        Input::new(
            "SQL: 20,000 UNIONs",
            query(&format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(20_000))),
            400,
            deep,
        ),
        Input::new(
            "SQL: 100,000 array types",
            query(&format!("SELECT CAST(NULL AS {}", "ARRAY<".repeat(100_000))),
            400,
            deep,
        ),
        Input::new(
            "JSON of SQL: 100,000 brackets",
            query(&format!("SELECT PARSE_JSON('{}')", "[".repeat(100_000))),
            400,
            "recursion",
        ),
        Input::new(
            "JSON of a body: 100,000 brackets",
            request("POST", super::input::QUERIES, "", &b"[".repeat(100_000)),
            400,
            "recursion limit",
        ),
        Input::new(
            "table: 60 records in each other",
            table(60),
            400,
            "nests deeper than the maximum",
        ),
        artifact(
            "class: its Class constant names itself",
            &[("Self", names_itself())],
            200,
            "Artifact added",
        ),
        artifact(
            "class: annotation of 1,000,000 arrays",
            &[("Deep", nested(1_000_000))],
            200,
            "Artifact added",
        ),
        artifact(
            "class: its own parent",
            &[("Own", child("a/Own", "a/Own"))],
            400,
            "ClassCircularityError",
        ),
        artifact(
            "class: parents in a ring",
            &[("One", child("a/One", "a/Two")), ("Two", child("a/Two", "a/One"))],
            400,
            "ClassCircularityError",
        ),
        schedule(
            "schedule: 10,000 triggers in each other",
            &triggers,
            400,
            "invalid json",
        ),
        cron("cron: 0-4000000000", "0-4000000000 * * * *", 200, ""),
        cron(
            "cron: 4294967295-4294967295/1",
            "4294967295-4294967295/1 * * * *",
            200,
            "",
        ),
    ]
}
