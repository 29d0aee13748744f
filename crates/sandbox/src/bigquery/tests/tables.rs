//! Datasets, tables and their rows over a real socket.

use super::{Service, reason};
use googlesql::QuerySettings;
use reqwest::Method as Verb;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn tables_and_datasets_describe_themselves() {
    let service = Service::start("us-west1").await;
    let (_, table) = service
        .get("/projects/p-1/datasets/cdf_output/tables/configuration")
        .await;
    assert_eq!(
        (&table["type"], &table["numRows"], &table["location"]),
        (&json!("TABLE"), &json!("8"), &json!("us-west1"))
    );
    let field = json!({"name": "is_active", "type": "BOOLEAN", "mode": "REQUIRED", "description": "only rows with TRUE are run"});
    assert_eq!(table["schema"]["fields"][2], field);
    assert_eq!(table["creationTime"].as_str().unwrap().len(), 13);
    let (_, list) = service
        .get("/projects/p-1/datasets/cdf_output/tables?maxResults=2")
        .await;
    assert_eq!(
        (&list["totalItems"], list["tables"].as_array().unwrap().len()),
        (&json!(5), 2)
    );
    assert!(list["tables"][0]["schema"].is_null());
    let token = list["nextPageToken"].as_str().unwrap();
    let (_, rest) = service
        .get(&format!(
            "/projects/p-1/datasets/cdf_output/tables?pageToken={token}"
        ))
        .await;
    assert_eq!(rest["tables"].as_array().unwrap().len(), 3);
    assert!(rest["nextPageToken"].is_null());
    let (_, dataset) = service.get("/projects/p-1/datasets/cdf_output").await;
    assert_eq!(
        (&dataset["location"], &dataset["id"]),
        (&json!("us-west1"), &json!("p-1:cdf_output"))
    );
    for (path, message) in [
        ("/projects/p-1/datasets/nope", "Not found: Dataset p-1:nope"),
        (
            "/projects/p-1/datasets/nope/tables/t",
            "Not found: Dataset p-1:nope",
        ),
        (
            "/projects/p-1/datasets/cdf_output/tables/t",
            "Not found: Table p-1:cdf_output.t",
        ),
    ] {
        let (status, error) = service.get(path).await;
        assert_eq!((status, reason(&error)), (404, ("notFound", message)));
    }
}

#[tokio::test]
async fn tables_are_created_and_deleted() {
    let service = Service::start("US").await;
    let created = service
        .ask(
            Verb::POST,
            "/projects/p-1/datasets",
            Some(json!({"datasetReference": {"datasetId": "new"}})),
        )
        .await;
    assert_eq!(created.0, 200, "{}", created.1);
    let again = service
        .ask(
            Verb::POST,
            "/projects/p-1/datasets",
            Some(json!({"datasetReference": {"datasetId": "new"}})),
        )
        .await;
    assert_eq!(again.0, 409);
    let body = json!({"tableReference": {"tableId": "t"}, "schema": {"fields": [{"name": "a", "type": "INTEGER", "mode": "REQUIRED"}]}});
    let (status, table) = service
        .ask(Verb::POST, "/projects/p-1/datasets/new/tables", Some(body))
        .await;
    assert_eq!(
        (status, &table["schema"]["fields"][0]["mode"]),
        (200, &json!("REQUIRED"))
    );
    let path = "/projects/p-1/datasets/new/tables/t";
    assert_eq!(service.ask(Verb::DELETE, path, None).await, (204, Json::Null));
    assert_eq!(service.get(path).await.0, 404);
}

#[tokio::test]
async fn rows_are_listed_as_they_were_when_the_first_page_was_read() {
    let service = Service::start("US").await;
    service.five();
    let path = "/projects/p-1/datasets/cdf_output/tables/five/data";
    let (_, first) = service
        .get(&format!("{path}?maxResults=2&selectedFields=label,n"))
        .await;
    assert_eq!(first["rows"][0]["f"], json!([{"v": "1"}, {"v": "row 1"}]));
    assert!(first["schema"].is_null());
    service
        .warehouse
        .query(
            "DELETE FROM cdf_output.five WHERE TRUE",
            &QuerySettings::default(),
        )
        .unwrap();
    let token = first["pageToken"].as_str().unwrap();
    let (_, second) = service
        .get(&format!(
            "{path}?pageToken={token}&formatOptions.useInt64Timestamp=True"
        ))
        .await;
    assert_eq!(second["rows"].as_array().unwrap().len(), 3);
    assert_eq!(second["rows"][2]["f"][2]["v"], "5");
    let (_, now) = service.get(path).await;
    assert_eq!((&now["totalRows"], &now["rows"]), (&json!("0"), &Json::Null));
    let (status, view) = service
        .get("/projects/p-1/datasets/cdf_output/tables/landing_committed/data")
        .await;
    assert_eq!(
        (status, reason(&view)),
        (400, ("invalid", "Cannot list a table of type VIEW."))
    );
}
