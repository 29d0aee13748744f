//! What is bounded alone, many times: at once, or one after the other where each leaves something.

use super::input::{Input, JSON, QUERIES, json, query, request};
use super::packed::zipped;
use super::uploads::JOBS;
use serde_json::json;

const UPLOADS: &str = "/upload/bigquery/v2/projects/downbeat-sandbox/jobs?uploadType=resumable";

/// Values that take fifty times their size in memory, in a list.
fn lists(count: usize) -> String {
    format!("[{}[0]]", "[0],".repeat(count))
}

/// A query with such a list beside it.
fn beside(count: usize, field: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"query":"SELECT 1","useLegacySql":false,{field}"beside":{}}}"#,
        lists(count)
    );
    body.into_bytes()
}

/// The same with an id of its own, which the server compares with those that follow.
fn identified(id: usize) -> Vec<u8> {
    request(
        "POST",
        QUERIES,
        JSON,
        &beside(330_000, &format!(r#""requestId":"{id}","#)),
    )
}

/// A load job of a file of 30 MB that comes with it. It replaces the rows of the one before.
fn load(id: usize) -> Vec<u8> {
    let job = json!({ "jobReference": { "jobId": format!("load{id}") }, "configuration": { "load": {
        "destinationTable": { "projectId": "downbeat-sandbox", "datasetId": "cdf_output", "tableId": "loaded" },
        "schema": { "fields": [{ "name": "text", "type": "STRING" }] }, "writeDisposition": "WRITE_TRUNCATE",
    } } });
    let lines = [vec![b'x'; 1_000_000], b"\n".to_vec()].concat().repeat(30);
    let body = [format!("--b\n\n{job}\n--b\n\n").as_bytes(), &lines, b"\n--b--"].concat();
    let path = "/upload/bigquery/v2/projects/downbeat-sandbox/jobs?uploadType=multipart";
    request(
        "POST",
        path,
        "Content-Type: multipart/related; boundary=b\r\n",
        &body,
    )
}

/// Load jobs one after the other, and the last of them until it has ended.
fn loads(count: usize) -> Input {
    let last = request("GET", &format!("{JOBS}/load{}", count - 1), "", b"");
    let requests = (0..count).map(load).chain([last]).collect();
    Input {
        until: "DONE",
        ..Input::all("10 load jobs of 30 MB", requests, 200, r#""outputRows":"30""#)
    }
}

fn unread_pages() -> Input {
    Input::new(
        "100 clients that read nothing of a page of 9 MB",
        request(
            "GET",
            "/bigquery/v2/projects/downbeat-sandbox/datasets/cdf_output/tables/long/data",
            "",
            b"",
        ),
        200,
        "xxx",
    )
    .after(query(
        "CREATE TABLE cdf_output.long AS SELECT REPEAT('x', 1000000) AS text FROM UNNEST(GENERATE_ARRAY(1, 9))",
    ))
    .unread_by(100)
}

pub fn inputs() -> Vec<Input> {
    let packed = "Content-Encoding: gzip\r\nContent-Type: application/json\r\n";
    let job = format!(
        r#"{{"configuration":{{"beside":{},"query":{{"query":"SELECT 1","useLegacySql":false}}}}}}"#,
        lists(330_000)
    );
    let config = json!({ "artifact": { "name": "cdap-data-pipeline", "version": "6.11.0", "scope": "SYSTEM" },
        "config": lists(450_000) });
    let multipart = [
        &b"--b\n\n{\"name\":\"x\"}\n--b\n\n"[..],
        &vec![b'x'; 50 << 20],
        b"\n--b--",
    ]
    .concat();
    vec![
        Input::new(
            "20 packed queries of many values at once",
            request("POST", QUERIES, packed, &zipped(&beside(330_000, ""))),
            200,
            "jobComplete",
        )
        .at_once(20),
        Input::all(
            "30 queries of many values with an id",
            (0..30).map(identified).collect(),
            200,
            "jobComplete",
        ),
        Input::new(
            "a job of many values",
            request("POST", JOBS, JSON, job.as_bytes()),
            400,
            "The configuration of a job has too many values",
        ),
        Input::all(
            "20 uploads of jobs of many values",
            vec![request("POST", UPLOADS, JSON, job.as_bytes()); 20],
            200,
            "",
        ),
        Input::new(
            "a large app in a namespace named artifacts",
            request(
                "PUT",
                "/api/v3/namespaces/artifacts/apps/x",
                JSON,
                lists(6_000_000).as_bytes(),
            ),
            413,
            "Request payload size exceeds the limit",
        ),
        Input::new(
            "a config of many values in a text",
            json("PUT", "/api/v3/namespaces/default/apps/x", &config),
            400,
            "",
        ),
        Input::new(
            "8 multipart uploads of 50 MB at once, named by a header",
            request(
                "POST",
                "/upload/storage/v1/b/downbeat-sandbox-landing/o",
                "X-Goog-Upload-Protocol: multipart\r\nContent-Type: multipart/related; boundary=b\r\n",
                &multipart,
            ),
            200,
            "\"x\"",
        )
        .at_once(8),
        Input::all(
            "10 results of 9 MB",
            vec![query("SELECT REPEAT('x', 1000000) FROM UNNEST(GENERATE_ARRAY(1, 9))"); 10],
            200,
            "xxx",
        ),
        Input::all(
            "5 results of 90 MB",
            vec![query("SELECT REPEAT('x', 1000000) FROM UNNEST(GENERATE_ARRAY(1, 90))"); 5],
            200,
            "pageToken",
        ),
        unread_pages(),
        Input::new(
            "6 statements of 100 MB at once",
            query("SELECT COUNT(*) FROM (SELECT REPEAT('x', 1000000) t, x FROM UNNEST(GENERATE_ARRAY(1, 100)) x ORDER BY t, x)"),
            200,
            "100",
        )
        .at_once(6),
        loads(10),
    ]
}
