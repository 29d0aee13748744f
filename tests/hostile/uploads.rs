//! Small uploads that unpack to gigabytes.

use super::class::child;
use super::input::{Input, QUERIES, json, request};
use super::packed::{deflate, gzip, pack};
use super::structure::upload;
use serde_json::json;

const OBJECTS: &str = "/storage/v1/b/downbeat-sandbox-landing/o";

pub const JOBS: &str = "/bigquery/v2/projects/downbeat-sandbox/jobs";

const GZIP: &str = "Content-Encoding: gzip\r\nContent-Type: application/json\r\n";

/// Where an object of this name is stored.
pub fn media(name: &str) -> String {
    format!("/upload{OBJECTS}?uploadType=media&name={name}")
}

/// Stores 2.1 GB of a text, packed, as an object whose encoding is gzip.
fn store(name: &str) -> Vec<u8> {
    let path = format!("{}&contentEncoding=gzip", media(name));
    request("POST", &path, "", &gzip("a", 2_100 << 20))
}

/// A job that loads an object into a table, both of this name.
fn load(name: &str) -> Vec<u8> {
    load_as(name, "CSV")
}

fn load_as(name: &str, format: &str) -> Vec<u8> {
    let job = json!({ "jobReference": { "jobId": name }, "configuration": { "load": {
        "destinationTable": { "projectId": "downbeat-sandbox", "datasetId": "cdf_output", "tableId": name },
        "sourceUris": [format!("gs://downbeat-sandbox-landing/{name}")], "autodetect": true, "sourceFormat": format,
        "skipLeadingRows": usize::from(name == "header"),
    } } });
    json("POST", JOBS, &job)
}

/// A load of these bytes, which is refused in these words.
fn refused(name: &'static str, table: &str, format: &str, content: &[u8], words: &'static str) -> Input {
    Input {
        name,
        requests: vec![
            request("POST", &media(table), "", content),
            load_as(table, format),
            get(&format!("{JOBS}/{table}")),
        ],
        answer: (200, words),
        until: "DONE",
        clients: 1,
        silent: 0,
    }
}

pub fn get(path: &str) -> Vec<u8> {
    request("GET", path, "", b"")
}

/// Files of load jobs that would be large in memory.
pub fn loads() -> Vec<Input> {
    vec![
        refused(
            "a header of 50,000,000 commas",
            "header",
            "CSV",
            &b",".repeat(50_000_000),
            "Row size is larger than",
        ),
        refused(
            "a quote that does not end in 90 MB",
            "quote",
            "CSV",
            &[&b"1,\""[..], &b"x".repeat(90_000_000)].concat(),
            "Row size is larger than",
        ),
        refused(
            "4,000,000 rows of one letter",
            "letters",
            "CSV",
            &b"x\n".repeat(4_000_000),
            "of memory are not supported",
        ),
        refused(
            "a line of JSON of 90 MB that is no text",
            "bytes",
            "NEWLINE_DELIMITED_JSON",
            &b"\xff".repeat(90_000_000),
            "Row size is larger than",
        ),
    ]
}

pub fn inputs() -> Vec<Input> {
    let megabyte = |count: usize| deflate("a", count << 20);
    let manifest = b"Manifest-Version: 1.0\r\nExport-Package: a\r\nBundle-Version: 1.0.0\r\n";
    let manifest = ("META-INF/MANIFEST.MF".to_owned(), pack(manifest), 0);
    let many = (0..500).map(|at| (format!("a/C{at}.class"), megabyte(16), 1));
    let classes = (0..20_000).map(|at| {
        (
            format!("a/C{at}.class"),
            pack(&child(&format!("a/C{at}"), "a/B")),
            1,
        )
    });
    vec![
        Input::new(
            "a query of 2.5 GB in 3 MB",
            request("POST", QUERIES, GZIP, &gzip("[{},{}],", 2_500 << 20)),
            413,
            "Request payload has too many values",
        ),
        Input::new(
            "a job of 2.5 GB in 3 MB",
            request("POST", JOBS, GZIP, &gzip(" ", 2_500 << 20)),
            413,
            "Request payload size exceeds the limit",
        ),
        Input::new(
            "an object of 2.1 GB, unpacked on its way",
            get(&format!("{OBJECTS}/bomb?alt=media")),
            200,
            "aaaa",
        )
        .after(store("bomb")),
        Input {
            name: "a table of 2.1 GB in one line",
            requests: vec![store("line"), load("line"), get(&format!("{JOBS}/line"))],
            answer: (200, "Row size is larger than"),
            until: "DONE",
            clients: 1,
            silent: 0,
        },
        Input {
            name: "a table of 30,000,000 empty cells",
            requests: vec![
                request(
                    "POST",
                    &media("cells"),
                    "",
                    &[b",".repeat(999), b"\n".to_vec()].concat().repeat(30_000),
                ),
                load("cells"),
                get(&format!("{JOBS}/cells")),
            ],
            answer: (200, "of memory are not supported"),
            until: "DONE",
            clients: 1,
            silent: 0,
        },
        upload(
            "a jar of 8 GB in 500 classes",
            &std::iter::once(manifest.clone()).chain(many).collect::<Vec<_>>(),
            413,
            "unpacks to more than the sandbox reads",
        ),
        upload(
            "a jar of 20,000 classes",
            &std::iter::once(manifest.clone())
                .chain(classes)
                .collect::<Vec<_>>(),
            200,
            "Artifact added",
        ),
        upload(
            "a manifest of 2 GB",
            &[("META-INF/MANIFEST.MF".to_owned(), megabyte(2_000), 1)],
            413,
            "unpacks to more than the sandbox reads",
        ),
    ]
}
