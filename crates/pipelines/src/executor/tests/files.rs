//! Pipelines between files and tables, and actions on buckets.

use super::{World, metric};
use crate::event::ExecutionEvent;
use crate::execution::ExecutionEnd;
use googlesql::QuerySettings;
use googlesql::value::Value;
use serde_json::{Value as Json, json};

fn stage(name: &str, plugin: &str, kind: &str, properties: &Json) -> Json {
    json!({"name": name, "plugin": {"name": plugin, "type": kind, "properties": properties}})
}

/// A pipeline whose stages are connected in a line.
fn chain(stages: &[Json]) -> String {
    let pairs = stages
        .windows(2)
        .map(|pair| json!({"from": pair[0]["name"], "to": pair[1]["name"]}));
    json!({"config": {"stages": stages, "connections": pairs.collect::<Vec<_>>(), "postActions": []}})
        .to_string()
}

fn schema(fields: &[(&str, &str)]) -> String {
    let field = |(name, kind): &(&str, &str)| match *kind {
        "date" => json!({"name": name, "type": [{"type": "int", "logicalType": "date"}, "null"]}),
        kind => json!({"name": name, "type": [kind, "null"]}),
    };
    json!({"type": "record", "name": "r", "fields": fields.iter().map(field).collect::<Vec<_>>()}).to_string()
}

impl World {
    fn put(&self, path: &str, text: &str) {
        self.executor.stores.buckets.put(path, text.as_bytes()).unwrap();
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.executor.stores.buckets.read(path).unwrap()).unwrap()
    }

    fn query(&self, sql: &str) -> Vec<Vec<Value>> {
        self.executor
            .stores
            .warehouse
            .query(sql, &QuerySettings::default())
            .unwrap()
            .rows
    }

    fn complete(&self, app: &str) -> Vec<ExecutionEvent> {
        let (end, seen) = self.run(app, &[], 0);
        assert_eq!(end, ExecutionEnd::Completed, "{seen:?}");
        seen
    }

    /// The end and the events of a failed run, as text.
    fn failure(&self, app: &str) -> String {
        let (end, seen) = self.run(app, &[], 0);
        assert_ne!(end, ExecutionEnd::Completed);
        format!("{end:?} {seen:?}")
    }
}

#[test]
fn lines_of_files_become_rows_of_a_table() {
    let world = World::new();
    world.put(
        "gs://in/a/one.csv",
        "id,name,born\n1,\"Lovelace, Ada\",1815-12-10\n2,Bob,\n",
    );
    world.put("gs://in/a/two.csv", "id,name,born\n3,Cyd,1990-01-01\n");
    world.put("gs://in/a/_SUCCESS", "");
    let fields = schema(&[
        ("id", "long"),
        ("name", "string"),
        ("born", "date"),
        ("file", "string"),
    ]);
    let read = json!({"referenceName": "in", "path": "gs://in/a/*.csv", "format": "csv", "skipHeader": "true",
        "enableQuotedValues": "true", "pathField": "file", "filenameOnly": "true", "schema": fields});
    let write = json!({"referenceName": "out", "dataset": "cdf_output", "table": "people"});
    let app = chain(&[
        stage("Read", "GCSFile", "batchsource", &read),
        stage(
            "Clean",
            "Wrangler",
            "transform",
            &json!({"field": "*", "directives": "uppercase :name", "schema": fields}),
        ),
        stage("Write", "BigQueryTable", "batchsink", &write),
    ]);
    let seen = world.complete(&app);
    assert_eq!(
        (
            metric(&seen, "Read.records.out"),
            metric(&seen, "Write.records.in")
        ),
        (3, 3)
    );
    let found = world.query("SELECT name, CAST(born AS STRING), file FROM cdf_output.people ORDER BY id");
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(
        found[0],
        [text("LOVELACE, ADA"), text("1815-12-10"), text("one.csv")]
    );
    assert_eq!(found[1], [text("BOB"), Value::Null, text("one.csv")]);
    assert_eq!(found[2][2], text("two.csv"));
}

#[test]
fn tables_and_views_become_files() {
    let world = World::new();
    let read = json!({"referenceName": "in", "dataset": "cdf_output", "table": "configuration",
        "filter": "priority < 25", "schema": schema(&[("data_source", "string"), ("priority", "long")])});
    let write = json!({"referenceName": "out", "path": "gs://out/here", "format": "csv", "writeHeader": "true", "suffix": "yyyy-MM-dd",
        "outputFileNameBase": "rows"});
    let app = chain(&[
        stage("Read", "BigQueryTable", "batchsource", &read),
        stage("Write", "GCS", "batchsink", &write),
    ]);
    world.complete(&app);
    assert_eq!(
        world.text("gs://out/here/2023-11-14/rows-r-00000"),
        "data_source,priority\nengineer,10\npayroll,20\n"
    );
    assert_eq!(world.text("gs://out/here/2023-11-14/_SUCCESS"), "");
    assert!(
        world
            .failure(&app)
            .contains("Output directory gs://out/here/2023-11-14 already exists")
    );
    let local = json!({"referenceName": "out", "path": "/tmp/out", "format": "tsv"});
    let mut views = json!({"referenceName": "in", "dataset": "cdf_output", "table": "landing_committed"});
    let app = |read: &Json| {
        chain(&[
            stage("Read", "BigQueryTable", "batchsource", read),
            stage("Write", "File", "batchsink", &local),
        ])
    };
    assert!(world.failure(&app(&views)).contains("is a 'VIEW'"));
    views["enableQueryingViews"] = "true".into();
    // The failed run left its directory behind, as a real one does.
    world
        .executor
        .stores
        .buckets
        .delete("gs://files/tmp/out/part-r-00000")
        .ok();
    let again = json!({"referenceName": "out", "path": "/tmp/other", "format": "tsv"});
    let app = chain(&[
        stage("Read", "BigQueryTable", "batchsource", &views),
        stage("Write", "File", "batchsink", &again),
    ]);
    world.complete(&app);
    assert_eq!(world.text("gs://files/tmp/other/part-r-00000"), "");
}

#[test]
fn rows_are_changed_by_their_keys() {
    let world = World::new();
    world.query("CREATE TABLE cdf_output.stock (sku STRING, n INT64, note STRING)");
    world.query("INSERT cdf_output.stock VALUES ('a', 1, 'old'), ('b', 2, 'old')");
    world.put(
        "gs://in/stock.json",
        "{\"sku\":\"a\",\"n\":10}\n{\"sku\":\"c\",\"n\":30}\n{\"sku\":\"a\",\"n\":11}\n",
    );
    let read = json!({"referenceName": "in", "path": "gs://in/stock.json", "format": "json", "schema": schema(&[("sku", "string"), ("n", "long")])});
    let app = |operation: &str, more: Json| {
        let mut write = json!({"referenceName": "out", "dataset": "cdf_output", "table": "stock", "operation": operation});
        for (name, value) in more.as_object().unwrap() {
            write[name] = value.clone();
        }
        chain(&[
            stage("Read", "GCSFile", "batchsource", &read),
            stage("Write", "BigQueryTable", "batchsink", &write),
        ])
    };
    let all = || {
        let rows = world.query("SELECT CONCAT(sku, n, IFNULL(note, '-')) FROM cdf_output.stock ORDER BY 1");
        rows.into_iter()
            .map(|row| {
                if let Value::Text(text) = &row[0] {
                    text.clone()
                } else {
                    String::new()
                }
            })
            .collect::<Vec<_>>()
    };
    let keys = json!({"relationTableKey": "sku", "dedupeBy": "n DESC"});
    world.complete(&app("update", keys.clone()));
    assert_eq!(all(), ["a11old", "b2old"]);
    world.complete(&app("upsert", keys));
    assert_eq!(all(), ["a11old", "b2old", "c30-"]);
    assert_eq!(
        world.query(
            "SELECT COUNT(*) FROM cdf_output.INFORMATION_SCHEMA.TABLES WHERE table_name LIKE 'stock%'"
        ),
        [[Value::Int(1)]]
    );
    assert!(
        world
            .failure(&app("upsert", json!({})))
            .contains("Table key must be set")
    );
    world.complete(&app("insert", json!({"truncateTable": "true"})));
    assert_eq!(
        world.query("SELECT COUNT(*) FROM cdf_output.stock"),
        [[Value::Int(3)]]
    );
    assert!(
        world
            .failure(&app("insert", json!({"partitionFilter": "n > 1"})))
            .contains("partitionFilter=n > 1")
    );
}

#[test]
fn actions_make_move_copy_and_delete() {
    let world = World::new();
    for name in ["a.csv", "b.csv", "deep/c.csv"] {
        world.put(&format!("gs://in/drop/{name}"), name);
    }
    let actions = [
        stage(
            "Make",
            "GCSBucketCreate",
            "action",
            &json!({"paths": "gs://made, gs://made/sub", "failIfExists": "true"}),
        ),
        stage(
            "Copy",
            "GCSCopy",
            "action",
            &json!({"sourcePath": "gs://in/drop", "destPath": "gs://made/copy", "recursive": "true"}),
        ),
        stage(
            "Move",
            "GCSMove",
            "action",
            &json!({"sourcePath": "gs://in/drop/a.csv", "destPath": "gs://made/sub/"}),
        ),
        stage(
            "Delete",
            "GCSBucketDelete",
            "action",
            &json!({"paths": "gs://in/drop,gs://in/nothing"}),
        ),
    ];
    world.complete(&chain(&actions));
    let buckets = &world.executor.stores.buckets;
    assert_eq!(
        buckets.objects("made", ""),
        ["copy/a.csv", "copy/b.csv", "copy/deep/c.csv", "sub/", "sub/a.csv"]
    );
    assert!(buckets.objects("in", "").is_empty());
    assert_eq!(world.text("gs://made/sub/a.csv"), "a.csv");
    assert!(world.failure(&chain(&actions[..1])).contains("already exists"));
    assert!(
        world
            .failure(&chain(&actions[2..3]))
            .contains("Source path gs://in/drop/a.csv does not exist.")
    );
    let again = stage(
        "Copy",
        "GCSCopy",
        "action",
        &json!({"sourcePath": "gs://made/copy", "destPath": "gs://made/sub"}),
    );
    assert!(
        world
            .failure(&chain(&[again]))
            .contains("gs://made/sub/a.csv already exists")
    );
}

#[test]
fn unreadable_files_and_formats_are_named() {
    let world = World::new();
    world.put("gs://in/wide.csv", "1,2\n");
    let app = |properties: Json| {
        chain(&[
            stage("Read", "GCSFile", "batchsource", &properties),
            stage("Write", "Trash", "batchsink", &json!({"referenceName": "out"})),
        ])
    };
    let one = schema(&[("id", "long")]);
    for (properties, words) in [
        (
            json!({"path": "gs://in/none", "format": "text"}),
            "Input path does not exist: gs://in/none",
        ),
        (
            json!({"path": "gs://in/wide.csv", "format": "orc"}),
            "format=orc of stage 'Read' is not supported by the sandbox",
        ),
        (
            json!({"path": "gs://in/wide.csv", "format": "csv", "schema": one}),
            "Found a row with 2 fields when the schema only contains 1 field.",
        ),
        (
            json!({"path": "gs://in/wide.csv", "format": "csv"}),
            "Schema must be specified for format 'csv'.",
        ),
        (
            json!({"path": "gs://in/wide.csv", "format": "text", "fileEncoding": "UTF-32"}),
            "fileEncoding=UTF-32",
        ),
    ] {
        let mut properties = properties;
        properties["referenceName"] = "in".into();
        let found = world.failure(&app(properties));
        assert!(found.contains(words), "{words} is not in {found}");
    }
    let seen = world.complete(&app(
        json!({"referenceName": "in", "path": "gs://in/*", "format": "text"}),
    ));
    assert_eq!(metric(&seen, "Write.records.in"), 1);
}

#[test]
fn the_result_of_a_statement_is_stored_in_an_empty_table() {
    let world = World::new();
    let act = |properties: Json| {
        let mut all = json!({"sql": "SELECT n, CAST(n AS STRING) AS word FROM UNNEST([1, 2, 3]) AS n", "dialect": "standard",
            "mode": "batch", "useCache": "false", "location": "us-west1", "rowAsArguments": "false", "storeResults": "true",
            "dataset": "cdf_output", "table": "stored"});
        for (key, value) in properties.as_object().unwrap() {
            all[key] = value.clone();
        }
        let read = json!({"path": "gs://in/x.txt", "format": "text", "referenceName": "in", "ignoreNonExistingFolders": "true"});
        world.put("gs://in/x.txt", "");
        chain(&[
            stage("Execute", "BigQueryExecute", "action", &all),
            stage("Read", "GCSFile", "batchsource", &read),
            stage("Drop", "Trash", "batchsink", &json!({"referenceName": "out"})),
        ])
    };
    world.complete(&act(json!({"storeResults": "false"})));
    world.complete(&act(json!({})));
    let rows = world.query("SELECT word FROM cdf_output.stored ORDER BY n");
    assert_eq!(
        rows,
        ["1", "2", "3"].map(|word| vec![Value::Text(word.to_owned())])
    );
    assert!(world.failure(&act(json!({}))).contains("Already Exists: Table"));
    let delete = json!({"sql": "DELETE FROM cdf_output.stored WHERE TRUE"});
    assert!(
        world
            .failure(&act(delete))
            .contains("Cannot set destination table")
    );
}

#[test]
fn files_with_their_schema_are_written_and_read() {
    let world = World::new();
    let table = "CREATE TABLE cdf_output.typed AS SELECT 1 AS id, NUMERIC '-1.50' AS price, DATE '2024-02-29' AS day, \
        TIMESTAMP '2024-02-29 23:59:59.5+00' AS moment, 'a\"ü' AS name UNION ALL SELECT 2, NULL, NULL, NULL, NULL";
    world.query(table);
    let all = world.query("SELECT * FROM cdf_output.typed ORDER BY id");
    for format in ["avro", "parquet"] {
        let read = json!({"referenceName": "in", "dataset": "cdf_output", "table": "typed"});
        let folder = format!("gs://typed/{format}");
        let write = json!({"referenceName": "out", "path": folder, "format": format});
        world.complete(&chain(&[
            stage("Read", "BigQueryTable", "batchsource", &read),
            stage("Write", "GCS", "batchsink", &write),
        ]));
        // Without a schema the file's own is used; with one, only the columns in it.
        for (table, schema) in [
            ("back", String::new()),
            ("some", schema(&[("day", "date"), ("id", "long")])),
        ] {
            let read = json!({"referenceName": "in", "path": format!("{folder}/part-r-00000.{format}"), "format": format, "schema": schema});
            let write = json!({"referenceName": "out", "dataset": "cdf_output", "table": table, "truncateTable": "true"});
            world.complete(&chain(&[
                stage("Read", "GCSFile", "batchsource", &read),
                stage("Write", "BigQueryTable", "batchsink", &write),
            ]));
        }
        assert_eq!(world.query("SELECT * FROM cdf_output.back ORDER BY id"), all);
        let some = world.query("SELECT * FROM cdf_output.some ORDER BY id");
        assert_eq!(some[0], [Value::Date("2024-02-29".into()), Value::Int(1)]);
    }
    // These messages were recorded from a real server.
    world.put("gs://typed/broken.avro", "a,b");
    let (more, other) = (
        schema(&[("id", "long"), ("more", "string")]),
        schema(&[("name", "long")]),
    );
    for (place, (file, read_with, written_with, words)) in [
        (
            "broken.avro",
            "",
            "",
            "org.apache.avro.InvalidAvroMagicException\", message: Some(\"Not an Avro data file.\")",
        ),
        (
            "avro/*.avro",
            &*more,
            "",
            "Found Root, expecting r, missing required field more",
        ),
        ("avro/*.avro", &*other, "", "Found string, expecting union"),
        (
            "avro/*.avro",
            "",
            &*more,
            "Error occurred in the phase: 'Writing'. Error message: Input record does not contain the more field.",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("gs://typed/{file}");
        let read = json!({"referenceName": "in", "path": path, "format": "avro", "schema": read_with});
        let write = json!({"referenceName": "out", "path": format!("gs://typed/out/{place}"), "format": "avro", "schema": written_with});
        let failure = world.failure(&chain(&[
            stage("Read", "GCSFile", "batchsource", &read),
            stage("Write", "GCS", "batchsink", &write),
        ]));
        assert!(failure.contains(words), "{words} is not in {failure}");
    }
}

#[test]
fn sources_and_sinks_share_the_memory() {
    let world = World::new();
    world.put("gs://in/lines.txt", &"x\n".repeat(300_000));
    let read = |name: &str| {
        let properties = json!({"referenceName": "in", "path": "gs://in/lines.txt", "format": "text"});
        stage(name, "GCSFile", "batchsource", &properties)
    };
    let write = |name: &str| {
        let properties =
            json!({"referenceName": "out", "path": format!("gs://out/{name}"), "format": "avro"});
        stage(name, "GCS", "batchsink", &properties)
    };
    let connected = |stages: &[Json], ways: &[(&str, &str)]| {
        let ways: Vec<_> = ways
            .iter()
            .map(|(from, to)| json!({"from": from, "to": to}))
            .collect();
        json!({"config": {"stages": stages, "connections": ways, "postActions": []}}).to_string()
    };
    // A row takes 120 bytes: three times all rows have room, and four times they have not.
    let sources = ["R1", "R2", "R3", "R4"];
    let drop = stage("Drop", "Trash", "batchsink", &json!({"referenceName": "out"}));
    let stages = [sources.map(read).to_vec(), vec![drop]].concat();
    let failure = world.failure(&connected(&stages, &sources.map(|name| (name, "Drop"))));
    assert!(
        failure.contains("Stage 'R4' encountered : java.io.IOException: rows that take more"),
        "{failure}"
    );
    let sinks = ["W1", "W2", "W3", "W4"];
    let stages = [vec![read("R")], sinks.map(write).to_vec()].concat();
    let failure = world.failure(&connected(&stages, &sinks.map(|name| ("R", name))));
    assert!(failure.contains("has rows that take more"), "{failure}");
    // What came out of the source is held once.
    for name in ["one", "two"] {
        world.complete(&chain(&[read("R"), write(name)]));
    }
}
