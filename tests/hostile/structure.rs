//! What nests: filters, statements, classes, triggers, schemas.

use super::class::{child, names_itself, nested};
use super::input::{Input, JSON, QUERIES, query, request};
use super::packed::{jar, pack};
use serde_json::{Value, json};

fn filter(name: &'static str, filter: &str) -> Input {
    let path = format!("/v1/projects/downbeat-sandbox/locations/us-west1/instances?filter={filter}");
    Input::new(name, request("GET", &path, "", b""), 400, "nested deeper than 60")
}

/// An artifact with these classes; CDAP looks for plugins in exported packages.
fn artifact(name: &'static str, classes: &[(&str, Vec<u8>)], (status, text): (u16, &'static str)) -> Input {
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
    Input::new(name, request("PUT", &path, JSON, body), status, text)
}

fn cron(name: &'static str, expression: &str) -> Input {
    let body: Value = json!({
        "name": identifier(name),
        "program": { "programName": "DataPipelineWorkflow", "programType": "WORKFLOW" },
        "trigger": { "type": "TIME", "cronExpression": expression },
    });
    schedule(name, body.to_string().as_bytes(), 200, "")
}

pub fn inputs() -> Vec<Input> {
    let all = [filters(), statements(), bodies(), classes(), schedules()];
    all.into_iter().flatten().collect()
}

fn filters() -> Vec<Input> {
    vec![
        filter("filter: 5,000 brackets", &"(".repeat(5_000)),
        filter("filter: 10,000 NOTs", &format!("{}a", "NOT%20".repeat(10_000))),
        filter("filter: 60,000 minus signs", &format!("{}a", "-".repeat(60_000))),
    ]
}

fn statements() -> Vec<Input> {
    let many = |name, before: &str, part: &str, count, after: &str| {
        let sql = format!("SELECT {before}{}{after}", part.repeat(count));
        Input::new(name, query(&sql), 400, "too deeply nested")
    };
    let json = format!("SELECT PARSE_JSON('{}')", "[".repeat(100_000));
    vec![
        many("SQL: 10,000 NOTs", "", "NOT ", 10_000, "TRUE"),
        many("SQL: 60,000 minus signs", "", "- ", 60_000, "1"),
        many("SQL: 100,000 brackets", "", "(", 100_000, "1"),
        many("SQL: 20,000 UNIONs", "1", " UNION ALL SELECT 1", 20_000, ""),
        many("SQL: 100,000 array types", "CAST(NULL AS ", "ARRAY<", 100_000, ""),
        Input::new("JSON in SQL: 100,000 brackets", query(&json), 400, "recursion"),
    ]
}

fn bodies() -> Vec<Input> {
    let brackets = request("POST", QUERIES, JSON, &b"[".repeat(100_000));
    let column = r#"{"name":"a","type":"RECORD","fields":["#;
    let table = [
        br#"{"tableReference":{"tableId":"deep"},"schema":{"fields":["#.to_vec(),
        within(60, r#"{"name":"a","type":"STRING"}"#, column, "]}"),
        b"]}}".to_vec(),
    ];
    let tables = "/bigquery/v2/projects/downbeat-sandbox/datasets/cdf_output/tables";
    let table = request("POST", tables, JSON, &table.concat());
    vec![
        Input::new("JSON: 100,000 brackets", brackets, 400, "recursion limit"),
        Input::new(
            "table: 60 records in each other",
            table,
            400,
            "nests deeper than the maximum",
        ),
    ]
}

fn classes() -> Vec<Input> {
    let (own, one, two) = (
        child("a/Own", "a/Own"),
        child("a/One", "a/Two"),
        child("a/Two", "a/One"),
    );
    let (added, circle) = ((200, "Artifact added"), (400, "ClassCircularityError"));
    vec![
        artifact(
            "class: its Class constant names itself",
            &[("Self", names_itself())],
            added,
        ),
        artifact(
            "class: annotation of 1,000,000 arrays",
            &[("Deep", nested(1_000_000))],
            added,
        ),
        artifact("class: its own parent", &[("Own", own)], circle),
        artifact("class: parents in a ring", &[("One", one), ("Two", two)], circle),
    ]
}

fn schedules() -> Vec<Input> {
    let program = r#"{"name":"deep","program":{"programName":"DataPipelineWorkflow","programType":"WORKFLOW"},"trigger":"#;
    let time = r#"{"type":"TIME","cronExpression":"0 1 * * *"}"#;
    let trigger = within(10_000, time, r#"{"type":"AND","triggers":["#, "]}");
    let body = [program.as_bytes(), &trigger, b"}"].concat();
    vec![
        schedule(
            "schedule: 10,000 triggers in each other",
            &body,
            400,
            "invalid json",
        ),
        cron("cron: 0-4000000000", "0-4000000000 * * * *"),
        cron("cron: 4294967295-4294967295/1", "4294967295-4294967295/1 * * * *"),
    ]
}
