//! The sandbox as a library in the test of a client: start one, use it as if it were Google, shut it down.
//!
//! Run it with `cargo run -p sandbox --example in_a_test`. `tests/example.rs` keeps it working.

use reqwest::{Client, StatusCode};
use sandbox::scenario::Scenario;
use sandbox::{Sandbox, Settings};
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

/// The first list of runs fails, as it sometimes does on a real server.
const SCENARIO: &str = r#"
    [[request]]
    operation = "list"
    first = 1
    answer = 503
"#;

/// Starts the shipped pipeline, waits for its end, and counts the rows that it loaded.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn Error>> {
    // Any free port, a temporary folder, and everything fifty times faster than on a real instance.
    let sandbox = Sandbox::start(Settings {
        speed: 50.0,
        scenario: Scenario::parse("example", SCENARIO).map_err(|errors| format!("{errors:?}"))?,
        ..Settings::default()
    })
    .await?;
    let ready = sandbox.ready().clone();
    // reqwest is built without a default TLS library here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().build()?;

    // BigQuery: which tables of the source are there to load?
    let queries = format!(
        "{}/bigquery/v2/projects/{}/queries",
        ready.bigquery, ready.project
    );
    let query = async |sql: String| {
        let request = client
            .post(&queries)
            .json(&json!({ "query": sql, "useLegacySql": false }));
        request.send().await?.error_for_status()?.json::<Value>().await
    };
    let configuration = format!("{}.{}", ready.dataset, ready.configuration_table);
    let sql = format!("SELECT business_unit, data_source FROM {configuration} WHERE is_active LIMIT 1");
    let row = query(sql).await?["rows"][0]["f"].take();
    let arguments = json!({ "business_unit": row[0]["v"], "data_source": row[1]["v"] });

    // CDAP: start the pipeline, and poll it as a client does.
    let program = format!(
        "{}/v3/namespaces/{}/apps/{}/workflows/DataPipelineWorkflow",
        ready.cdap, ready.namespace, ready.pipeline
    );
    let start = client.post(format!("{program}/start")).json(&arguments);
    start.send().await?.error_for_status()?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut failed_lists = 0;
    loop {
        let list = client.get(format!("{program}/runs")).send().await?;
        if list.status() == StatusCode::SERVICE_UNAVAILABLE {
            failed_lists += 1;
            continue;
        }
        let runs: Value = list.error_for_status()?.json().await?;
        match runs[0]["status"].as_str() {
            Some("COMPLETED") => break,
            Some("FAILED" | "KILLED" | "REJECTED") => return Err(runs.to_string().into()),
            _ if Instant::now() > deadline => return Err("the run does not end".into()),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    // The fault was injected, and the client survived it.
    assert_eq!(failed_lists, 1);

    // BigQuery again: the rows are there.
    let sql = format!("SELECT COUNT(*) FROM {}.{}", ready.dataset, ready.output_table);
    let count = query(sql).await?["rows"][0]["f"][0]["v"].take();
    assert_ne!(count, json!("0"));
    writeln!(std::io::stdout(), "loaded {count} rows of {arguments}")?;

    sandbox.shutdown().await;
    Ok(())
}
