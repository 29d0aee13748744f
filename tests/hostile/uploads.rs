//! Small uploads that unpack to gigabytes.

use super::class::child;
use super::input::{Input, QUERIES, json, request};
use super::packed::{deflate, gzip, pack};
use super::structure::upload;
use serde_json::json;

const OBJECTS: &str = "/storage/v1/b/downbeat-sandbox-landing/o";

const JOBS: &str = "/bigquery/v2/projects/downbeat-sandbox/jobs";

const GZIP: &str = "Content-Encoding: gzip\r\nContent-Type: application/json\r\n";

/// Stores 2.1 GB of `text`, packed, as an object whose encoding is gzip.
fn store(name: &str, text: &str) -> Vec<u8> {
    let path = format!("/upload{OBJECTS}?uploadType=media&name={name}&contentEncoding=gzip");
    request(
        "POST",
        &path,
        "Content-Type: text/csv\r\n",
        &gzip(text, 2_100 << 20),
    )
}

fn get(path: &str) -> Vec<u8> {
    request("GET", path, "", b"")
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
    let load = json!({ "jobReference": { "jobId": "bomb" }, "configuration": { "load": {
        "destinationTable": { "projectId": "downbeat-sandbox", "datasetId": "cdf_output", "tableId": "bomb" },
        "sourceUris": ["gs://downbeat-sandbox-landing/load.csv"], "autodetect": true, "sourceFormat": "CSV",
    } } });
    vec![
        Input::new(
            "a query of 2.5 GB in 3 MB",
            request("POST", QUERIES, GZIP, &gzip("[{},{}],", 2_500 << 20)),
            400,
            "Request payload size exceeds the limit",
        ),
        Input::new(
            "a job of 2.5 GB in 3 MB",
            request("POST", JOBS, GZIP, &gzip(" ", 2_500 << 20)),
            400,
            "Request payload size exceeds the limit",
        ),
        Input::new(
            "an object of 2.1 GB, unpacked on its way",
            get(&format!("{OBJECTS}/bomb?alt=media")),
            200,
            "aaaa",
        )
        .after(store("bomb", "a")),
        Input {
            name: "a table of 2.1 GB in one line",
            requests: vec![
                store("load.csv", "a"),
                json("POST", JOBS, &load),
                get(&format!("{JOBS}/bomb")),
            ],
            answer: (200, "errorResult"),
            until: "DONE",
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
