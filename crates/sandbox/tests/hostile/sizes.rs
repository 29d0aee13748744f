//! Requests that nest too deep, or are too large, packed or not.

use super::asks;
use super::served::Served;
use std::io::{Read, Write};

#[test]
fn depth_and_size_are_bounded() {
    let sandbox = Served::start();
    let instances = "GET /v1/projects/downbeat-sandbox/locations/us-west1/instances?filter=";
    let query = "POST /bigquery/v2/projects/downbeat-sandbox/queries";
    let deploy = "PUT /api/v3/namespaces/default/apps/a";
    let create = "POST /v1/projects/downbeat-sandbox/locations/us-west1/instances?instanceId=a";
    let schedule = "PUT /api/v3/namespaces/default/apps/cdf_mysql_to_bigquery/schedules/s";
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let wide = format!("[{}0]", "{\"a\":0},".repeat(1_000_000));
    let cron = |expression: &str| {
        format!(
            r#"{{"name": "s", "program": {{"programName": "DataPipelineWorkflow", "programType": "WORKFLOW"}}, "trigger":
            {{"type": "TIME", "cronExpression": "{expression}"}}, "properties": {{}}, "constraints": []}}"#
        )
    };
    let nested = "it is nested deeper than 60";
    let too_deep = "recursion limit";
    let too_many = "has too many values";
    let boundary = "POST /batch/storage/v1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: multipart/mixed; \
                    boundary=";
    let parts = "--b\n\nGET /storage/v1/b\n\n\n".repeat(1_001);
    for (request, status, text) in [
        (
            asks(&sandbox, &format!("{instances}{}", "(".repeat(5_000)), ""),
            400,
            nested,
        ),
        (
            asks(&sandbox, &format!("{instances}{}a", "NOT%20".repeat(10_000)), ""),
            400,
            nested,
        ),
        (
            asks(&sandbox, &format!("{instances}{}a", "-".repeat(60_000)), ""),
            400,
            nested,
        ),
        (
            asks(&sandbox, &format!("{instances}a&pageToken={}", usize::MAX), ""),
            200,
            "{}",
        ),
        (asks(&sandbox, query, &deep), 400, too_deep),
        (asks(&sandbox, create, &deep), 400, too_deep),
        (
            asks(&sandbox, "POST /storage/v1/b?project=downbeat-sandbox", &deep),
            400,
            too_deep,
        ),
        (asks(&sandbox, deploy, &deep), 400, ""),
        (asks(&sandbox, query, &wide), 413, too_many),
        (
            asks(&sandbox, deploy, &wide),
            413,
            "exceeds the limit: 4194304 bytes",
        ),
        (
            asks(&sandbox, create, &wide),
            413,
            "exceeds the limit: 65536 bytes",
        ),
        (asks(&sandbox, schedule, &cron("0-4000000000 * * * *")), 200, ""),
        (
            asks(
                &sandbox,
                &schedule.replace("schedules/s", "schedules/t"),
                &cron("4294967295-4294967295/1 * * * *").replace("\"s\"", "\"t\""),
            ),
            200,
            "",
        ),
        (
            format!(
                "{boundary}b\r\nContent-Length: {}\r\n\r\n{parts}--b--",
                parts.len() + 5
            ),
            400,
            "more than 1000 parts",
        ),
        (
            format!("{boundary}{}\r\nContent-Length: 3\r\n\r\n--b", "b".repeat(71)),
            400,
            "Malformed multipart body.",
        ),
    ] {
        let (found, answer) = sandbox.say(&request);
        let start: String = request.chars().take(160).collect();
        let shown: String = answer.chars().take(600).collect();
        assert_eq!(found, status, "{start}\n{shown}");
        assert!(answer.contains(text), "{start}\n{shown}");
    }
}

#[test]
fn each_api_has_one_limit_and_words_for_it() {
    let sandbox = Served::start();
    for (head, most) in [
        ("POST /bigquery/v2/projects/downbeat-sandbox/queries", 10 << 20),
        (
            "POST /upload/bigquery/v2/projects/downbeat-sandbox/jobs?uploadType=multipart",
            100 << 20,
        ),
        (
            "PUT /upload/bigquery/v2/projects/downbeat-sandbox/jobs?upload_id=1",
            100 << 20,
        ),
        (
            "POST /upload/storage/v1/b/downbeat-sandbox-landing/o?uploadType=multipart",
            100 << 20,
        ),
        ("POST /storage/v1/b?project=downbeat-sandbox", 1 << 20),
        ("POST /batch/storage/v1", 16 << 20),
        ("PUT /api/v3/namespaces/default/apps/a", 4 << 20),
        ("POST /api/v3/namespaces/default/apps", 150 << 20),
        ("POST /api/v3/namespaces/default/artifacts/a", 150 << 20),
        (
            "POST /v1/projects/downbeat-sandbox/locations/us-west1/instances?instanceId=a",
            64 << 10,
        ),
        ("POST /token", 1 << 20),
    ] {
        // The length alone is enough to refuse it.
        let (status, answer) = sandbox.say(&format!(
            "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            most + 1
        ));
        assert_eq!(status, 413, "{head}\n{answer}");
        assert!(
            answer.contains(&format!(
                r#""message":"Request payload size exceeds the limit: {most} bytes.""#
            )),
            "{head}\n{answer}"
        );
        // What is exactly as large gets to the API. A file would take its time.
        if most < 100 << 20 {
            let (status, answer) = sandbox.say(&asks(&sandbox, head, &" ".repeat(most)));
            assert_ne!(status, 413, "{head}\n{answer}");
        }
    }
}

#[test]
fn what_is_kept_for_ever_is_small() {
    let sandbox = Served::start();
    let create = "POST /v1/projects/downbeat-sandbox/locations/us-west1/instances?instanceId=a";
    for (request, status, text) in [
        (
            asks(
                &sandbox,
                "PUT /api/v3/namespaces/default/securekeys/k",
                &format!("{{\"data\": \"{}\"}}", "x".repeat(70_000)),
            ),
            400,
            "A secure key of more than 65536 bytes",
        ),
        (
            asks(
                &sandbox,
                "PUT /api/v3/namespaces/default/preferences",
                &format!("{{\"k\": \"{}\"}}", "x".repeat(140_000)),
            ),
            400,
            "more than 131072 bytes together",
        ),
        (
            asks(
                &sandbox,
                create,
                &format!("{{\"labels\": {{\"a\": \"{}\"}}}}", "x".repeat(70_000)),
            ),
            413,
            "exceeds the limit: 65536 bytes",
        ),
        (
            asks(
                &sandbox,
                "POST /upload/storage/v1/b/downbeat-sandbox-landing/o?uploadType=resumable&name=a",
                &format!("{{\"metadata\": {{\"a\": \"{}\"}}}}", "x".repeat(9_000)),
            ),
            400,
            "at most 8192 bytes",
        ),
    ] {
        let (found, answer) = sandbox.say(&request);
        assert_eq!(found, status, "{answer}");
        assert!(answer.contains(text), "{answer}");
    }
}

/// These bytes as gzip.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::best());
    encoder.read_to_end(&mut packed).unwrap();
    packed
}

#[test]
fn what_is_packed_small_and_large_inside_is_refused_or_streamed() {
    let sandbox = Served::start();
    let bomb = packed(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let send = |head: &str| {
        let (host, length) = (sandbox.address(), bomb.len());
        let head = format!("{head}\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        let mut stream = sandbox.send("");
        stream.write_all(&[head.as_bytes(), &bomb].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    for path in [
        "/bigquery/v2/projects/downbeat-sandbox/queries",
        "/upload/bigquery/v2/projects/downbeat-sandbox/jobs?uploadType=resumable",
        "/storage/v1/b?project=downbeat-sandbox",
        "/upload/storage/v1/b/downbeat-sandbox-landing/o?uploadType=resumable&name=a",
    ] {
        let answer = send(&format!("POST {path} HTTP/1.1\r\nContent-Encoding: gzip"));
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
        assert!(
            answer.contains("Request payload size exceeds the limit"),
            "{path}: {answer}"
        );
    }
    let answer = send("PUT /downbeat-sandbox-landing/bomb HTTP/1.1\r\nContent-Encoding: gzip");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    // Unpacked on the way out, for a client that does not take it packed: all of it, and never more than a chunk at once.
    let mut download = sandbox.send("GET /downbeat-sandbox-landing/bomb HTTP/1.0\r\n\r\n");
    let (mut chunk, mut all) = (vec![0; 1 << 20], 0);
    loop {
        match download.read(&mut chunk).unwrap() {
            0 => break,
            length => all += length,
        }
    }
    assert!(all > 64 << 20, "{all}");
}
