//! Avro files of a few kilobytes, each with a hundred megabytes of rows: in a load job, and in a pipeline.

use super::input::{Input, json, request};
use super::packed::pack;
use super::uploads::{JOBS, get, media};
use serde_json::{Value, json};

const BUCKET: &str = "gs://downbeat-sandbox-landing";

const APP: &str = "/api/v3/namespaces/default/apps/hostile";

/// An Avro file of one block, whose records have one field of this type.
fn avro(kind: &Value, count: i64, block: &[u8]) -> Vec<u8> {
    let schema = json!({ "type": "record", "name": "r", "fields": [{ "name": "f", "type": kind }] });
    let mut file = b"Obj\x01".to_vec();
    long(2, &mut file);
    for text in ["avro.schema", &schema.to_string(), "avro.codec", "deflate"] {
        bytes(text.as_bytes(), &mut file);
    }
    long(0, &mut file);
    file.extend([0; 16]);
    long(count, &mut file);
    bytes(&pack(block), &mut file);
    file.extend([0; 16]);
    file
}

fn bytes(content: &[u8], out: &mut Vec<u8>) {
    long(i64::try_from(content.len()).unwrap(), out);
    out.extend(content);
}

/// Zigzag and of variable length, as Avro writes numbers; none is negative.
fn long(number: i64, out: &mut Vec<u8>) {
    let mut bits = number.cast_unsigned() << 1;
    while bits > 0x7f {
        out.push(u8::try_from(bits & 0x7f).unwrap() | 0x80);
        bits >>= 7;
    }
    out.push(u8::try_from(bits).unwrap());
}

/// A million rows of one letter.
fn letters() -> Vec<u8> {
    avro(&json!("string"), 1_000_000, &b"\x02a".repeat(1_000_000))
}

/// A row with a map of ten million empty entries.
fn entries() -> Vec<u8> {
    let mut block = Vec::new();
    long(10_000_000, &mut block);
    block.extend(vec![0; 10_000_001]);
    avro(&json!({ "type": "map", "values": "null" }), 1, &block)
}

/// Stores the same file under these names.
fn store(folder: &str, count: usize, file: &[u8]) -> Vec<Vec<u8>> {
    let one = |at| request("POST", &media(&format!("{folder}%2F{at}.avro")), "", file);
    (0..count).map(one).collect()
}

/// A load of all files of a folder.
fn load(name: &'static str, folder: &str, files: Vec<Vec<u8>>, schema: &Value, words: &'static str) -> Input {
    let job = json!({ "jobReference": { "jobId": folder }, "configuration": { "load": {
        "destinationTable": { "projectId": "downbeat-sandbox", "datasetId": "cdf_output", "tableId": folder },
        "sourceUris": [format!("{BUCKET}/{folder}/*")], "sourceFormat": "AVRO", "schema": schema,
    } } });
    let ends = [json("POST", JOBS, &job), get(&format!("{JOBS}/{folder}"))];
    Input {
        until: "DONE",
        ..Input::all(name, [files, ends.into()].concat(), 200, words)
    }
}

/// Thirty-four thousand rows of a kilobyte.
fn kilobytes() -> Vec<u8> {
    let mut record = Vec::new();
    bytes(&b"a".repeat(1_000), &mut record);
    avro(&json!("string"), 34_000, &record.repeat(34_000))
}

/// A pipeline that reads all files of a folder into a table, or into a Parquet file, and whose run ends so.
fn pipeline(name: &'static str, folder: &str, files: Vec<Vec<u8>>, into: &str, end: &'static str) -> Input {
    let stage = |name: &str, plugin: &str, kind: &str, artifact: Value, properties: Value| json!({ "name": name, "plugin": { "name": plugin, "type": kind, "artifact": artifact, "properties": properties } });
    let google = json!({ "name": "google-cloud", "version": "0.23.0", "scope": "SYSTEM" });
    let read = json!({ "referenceName": "in", "project": "auto-detect", "serviceFilePath": "auto-detect",
        "path": format!("{BUCKET}/{folder}"), "format": "avro" });
    let write = json!({ "referenceName": "out", "project": "auto-detect", "serviceFilePath": "auto-detect",
        "dataset": "cdf_output", "table": folder, "path": format!("{BUCKET}/{folder}-out"), "format": "parquet" });
    let app = json!({
        "artifact": { "name": "cdap-data-pipeline", "version": "6.11.0", "scope": "SYSTEM" },
        "config": {
            "stages": [
                stage("Read", "GCSFile", "batchsource", google.clone(), read),
                stage("Write", into, "batchsink", google, write),
            ],
            "connections": [{ "from": "Read", "to": "Write" }],
            "engine": "spark",
        },
    });
    let program = format!("{APP}/workflows/DataPipelineWorkflow");
    let run = [
        json("PUT", APP, &app),
        json("POST", &format!("{program}/start"), &json!({})),
        get(&format!("{program}/runs?status={end}")),
    ];
    Input {
        until: end,
        ..Input::all(name, [files, run.into()].concat(), 200, end)
    }
}

pub fn inputs() -> Vec<Input> {
    let fields = |count: usize| {
        let names = std::iter::once("f".to_owned()).chain((1..count).map(|n| format!("f{n}")));
        let fields: Vec<_> = names
            .map(|name| json!({ "name": name, "type": "STRING" }))
            .collect();
        json!({ "fields": fields })
    };
    let memory = "of memory are not supported";
    vec![
        load(
            "ten files of 1,000,000 letters",
            "letters",
            store("letters", 10, &letters()),
            &fields(1),
            memory,
        ),
        load(
            "letters in a table of 1,000 columns",
            "wide",
            store("wide", 1, &letters()),
            &fields(1_000),
            memory,
        ),
        load(
            "a map of 10,000,000 entries",
            "entries",
            store("entries", 1, &entries()),
            &fields(1),
            memory,
        ),
        pipeline(
            "a pipeline of ten files of 1,000,000 letters",
            "piped",
            store("piped", 10, &letters()),
            "BigQueryTable",
            "FAILED",
        ),
        pipeline(
            "a pipeline of 100 MB into a Parquet file",
            "written",
            store("written", 3, &kilobytes()),
            "GCS",
            "COMPLETED",
        ),
    ]
}
