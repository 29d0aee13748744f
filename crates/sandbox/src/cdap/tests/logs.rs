//! Logs: pages without loss, offsets, filters, formats.

use super::*;

/// Reads all lines in pages and returns their messages.
async fn paged(server: &TestServer, run: &str, max: usize) -> Vec<String> {
    let mut messages = Vec::new();
    let mut offset = String::new();
    loop {
        let path = format!("{P}/runs/{run}/logs/next?format=json&max={max}&fromOffset={offset}");
        let page = server.get(&path).await.json();
        let Some(last) = page.as_array().unwrap().last() else {
            return messages;
        };
        offset = last["offset"].as_str().unwrap().to_owned();
        assert_eq!(offset, format!("-10000.{}", last["log"]["timestamp"]));
        messages.extend(
            page.as_array()
                .unwrap()
                .iter()
                .map(|e| e["log"]["message"].as_str().unwrap().to_owned()),
        );
    }
}

#[tokio::test]
async fn paging_forward_loses_and_repeats_nothing() {
    let server = start().await;
    let run = server.start(json!({ "lines": "300" })).await;
    server.until_end(&run).await;
    let whole = server
        .get(&format!("{P}/runs/{run}/logs?format=json"))
        .await
        .json();
    let whole: Vec<_> = whole
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["log"]["message"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        whole[0].starts_with("Pipeline 'cdf_mysql_to_bigquery' is started by user 'root' with arguments {")
    );
    assert_eq!(
        whole.last().unwrap(),
        "Pipeline 'cdf_mysql_to_bigquery' succeeded."
    );
    assert_eq!(whole.iter().filter(|text| text.starts_with("row ")).count(), 300);
    for max in [1, 7, 1000] {
        assert_eq!(paged(&server, &run, max).await, whole, "max={max}");
    }
}

#[tokio::test]
async fn a_tail_sees_every_line_of_an_active_run() {
    let server = start().await;
    let run = server.start(json!({ "lines": "400" })).await;
    let mut rows = Vec::new();
    let mut offset = String::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let page = server
            .get(&format!(
                "{P}/runs/{run}/logs/next?format=json&max=20&fromOffset={offset}"
            ))
            .await
            .json();
        for event in page.as_array().unwrap() {
            event["offset"].as_str().unwrap().clone_into(&mut offset);
            rows.push(event["log"]["message"].as_str().unwrap().to_owned());
        }
        if rows.last().is_some_and(|row| row.ends_with("succeeded.")) {
            break;
        }
        assert!(Instant::now() < deadline, "{} lines", rows.len());
    }
    rows.retain(|row| row.starts_with("row "));
    assert_eq!(
        rows,
        (0..400).map(|number| format!("row {number}")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_line_has_the_fields_and_the_context_of_a_real_one() {
    let server = start().await;
    let run = server.start(json!({})).await;
    let record = server.until_end(&run).await;
    let inner = record["properties"]["phase-2"].as_str().unwrap();
    let reply = server
        .get(&format!(
            "{P}/runs/{run}/logs/next?format=json&filter=.origin%3Dplugin&max=1"
        ))
        .await;
    let line = &reply.json()[0];
    let at = line["log"]["timestamp"].as_i64().unwrap();
    let number = line["log"]["lineNumber"].as_i64().unwrap();
    let expected = format!(
        r#"[{{"log":{{"timestamp":{at},"logLevel":"INFO","threadName":"Executor task launch worker","className":"io.cdap.plugin.cloudsql.mysql.CloudSQLMySQLSource","simpleClassName":"CloudSQLMySQLSource","lineNumber":{number},"message":"row 0","stackTrace":"","loggerName":"io.cdap.plugin.cloudsql.mysql.CloudSQLMySQLSource","mdc":{{".workflowSparkId":"phase-2",".runId":"{run}","pipeline.stage":"Read MySQL",".origin":"plugin",".workflowId":"DataPipelineWorkflow",".namespaceId":"default",".workflowProgramRunId":"{inner}",".applicationId":"cdf_mysql_to_bigquery"}},"isNativeMethod":false}},"offset":"-10000.{at}"}}]"#
    );
    assert_eq!(reply.body, expected);
    let bare = server
        .get(&format!(
            "{P}/runs/{run}/logs/prev?max=1&format=json&suppress=mdc&suppress=stackTrace"
        ))
        .await
        .json();
    assert!(bare[0]["log"].get("mdc").is_none() && bare[0]["log"].get("message").is_some());
}

#[tokio::test]
async fn invalid_calls_are_refused_as_measured() {
    let server = start().await;
    let run = server.start(json!({ "lines": "3" })).await;
    server.until_end(&run).await;
    let at = |rest: &str| format!("{P}/runs/{run}/{rest}");
    for (path, status, body) in [
        (at("logs?format=bogus"), 500, ""),
        (at("logs?suppress=bogus&format=json"), 500, ""),
        (
            at("logs?stop=1000"),
            400,
            "Invalid time range. 'stop' should be greater than 'start'.",
        ),
        (
            at("logs/next?fromOffset=1795412481000"),
            400,
            "Invalid offset provided: 1795412481000",
        ),
        (at("logs/next?fromOffset=a.b"), 400, "For input string: \"a\""),
        (
            at("logs/next?fromOffset=1.2.3"),
            400,
            "Invalid offset provided: 1.2.3",
        ),
        (at("logs/next?max=0"), 200, "[]"),
        (at("logs/prev?max=-1"), 200, "[]"),
        (at("logs/prev?fromOffset=-10000.0"), 200, "[]"),
        (
            at("logs/prev?suppress=bogus&format=json"),
            400,
            "Field bogus is not supported as suppress field",
        ),
        (
            format!("{P}/runs/not-a-uuid/logs"),
            500,
            "Invalid UUID string: not-a-uuid",
        ),
    ] {
        let reply = server.get(&path).await;
        assert_eq!((reply.status, reply.body.as_str()), (status, body), "{path}");
    }
    let newest = server
        .get(&format!("{P}/logs/next?max=2&format=json"))
        .await
        .json();
    assert_eq!(newest.as_array().unwrap().len(), 2);
    assert_eq!(
        newest[1]["log"]["message"],
        "Pipeline 'cdf_mysql_to_bigquery' succeeded."
    );
}
