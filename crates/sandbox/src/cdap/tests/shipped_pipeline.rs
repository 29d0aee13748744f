//! The shipped pipelines over HTTP with the real executor, from the start to the rows.

use super::*;
use googlesql::Warehouse;
use pipelines::bucket::Buckets;
use pipelines::executor::StoreExecutor;
use pipelines::plugin::Stores;
use pipelines::source::Source;

/// A sandbox whose executor moves real rows; the folder holds its bucket.
async fn real() -> (TestServer, tempfile::TempDir) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(None, "downbeat-sandbox", "US").unwrap();
    let tables = include_str!("../../../assets/warehouse.sql").replace("PROJECT", "downbeat-sandbox");
    warehouse.seed(&tables).unwrap();
    let executor = StoreExecutor::new(Stores {
        warehouse: Arc::new(warehouse),
        source: Arc::new(
            Source::open(None, 7, chrono::Utc::now)
                .unwrap()
                .without_first_read_failure(),
        ),
        buckets: Buckets::new(folder.path()),
        network: pipelines::plugin::Network::Loopback,
    });
    let project = Project::open(&fast(), ResourceNames::default()).unwrap();
    let running = server::start(fast(), Arc::new(executor), Router::new(), &project)
        .await
        .unwrap();
    let base = running.ready.cdap.clone();
    let client = Client::builder().no_proxy().build().unwrap();
    (
        TestServer {
            running: Some(running),
            base,
            client,
        },
        folder,
    )
}

#[tokio::test]
async fn the_shipped_pipeline_completes_and_counts_what_it_loaded() {
    let (server, _bucket) = real().await;
    let (business_unit, data_source) = ("hr", "engineer");
    let run = server
        .start(json!({ "business_unit": business_unit, "data_source": data_source }))
        .await;
    let record = server.until_end(&run).await;
    let logs = server
        .get(&format!("{P}/runs/{run}/logs?escape=false"))
        .await
        .body;
    assert_eq!(record["status"], "COMPLETED", "{logs}");
    let nodes = server.get(&format!("{P}/runs/{run}/nodes/state")).await.json();
    assert_eq!(nodes.as_object().unwrap().len(), 3);
    let url = format!("/v3/metrics/query?tag=run:{run}&metric=user.Import%20To%20BigQuery.records.updated");
    let loaded = server.post(&url, "").await.json();
    assert!(
        loaded["series"][0]["data"][0]["value"]
            .as_i64()
            .is_some_and(|rows| rows > 0),
        "{loaded}"
    );
}

#[tokio::test]
async fn a_missing_argument_fails_with_its_name() {
    let (server, _bucket) = real().await;
    let run = server.start(json!({ "business_unit": "hr" })).await;
    assert_eq!(server.until_end(&run).await["status"], "FAILED");
    let classified = server.post(&format!("{P}/runs/{run}/classify"), "").await.json();
    assert_eq!(classified[0]["errorCategory"], "Macros");
    assert_eq!(
        classified[0]["errorReason"],
        "Argument 'data_source' is not defined."
    );
}
