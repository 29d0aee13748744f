//! Datasets, tables and their rows over a real socket.

use super::{Service, reason};
use googlesql::QuerySettings;
use reqwest::Method as Verb;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_dataset_has_no_routines() {
    let service = Service::start("US").await;
    let (status, list) = service.get("/projects/p-1/datasets/cdf_output/routines").await;
    assert_eq!((status, list["routines"].is_null()), (200, true), "{list}");
    for (path, message) in [
        ("cdf_output/routines/f", "Not found: Routine p-1:cdf_output.f"),
        ("nope/routines", "Not found: Dataset p-1:nope"),
    ] {
        let (status, answer) = service.get(&format!("/projects/p-1/datasets/{path}")).await;
        assert_eq!(
            (status, answer["error"]["message"].as_str()),
            (404, Some(message))
        );
    }
}

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

#[tokio::test]
async fn of_a_large_table_only_the_page_is_read() {
    let service = Service::start("US").await;
    let run = |sql: &str| service.warehouse.query(sql, &QuerySettings::default()).unwrap();
    run(
        "CREATE TABLE cdf_output.large AS SELECT x AS n, REPEAT('a', 10000) AS s FROM UNNEST(GENERATE_ARRAY(1, 12000)) AS x",
    );
    let path = "/projects/p-1/datasets/cdf_output/tables/large/data";
    let (_, first) = service
        .get(&format!("{path}?maxResults=2&startIndex=11000&selectedFields=n"))
        .await;
    assert_eq!(first["totalRows"], "12000");
    assert_eq!(
        first["rows"],
        json!([{"f": [{"v": "11001"}]}, {"f": [{"v": "11002"}]}])
    );
    let token = first["pageToken"].as_str().unwrap();
    let next = format!("{path}?maxResults=1&selectedFields=n&pageToken={token}");
    assert_eq!(
        service.get(&next).await.1["rows"],
        json!([{"f": [{"v": "11003"}]}])
    );
    // A page has ten megabytes, and the pages together have all rows.
    let (mut rows, mut pages, mut token) = (0, 0, String::new());
    loop {
        let (_, page) = service.get(&format!("{path}?{token}")).await;
        rows += page["rows"].as_array().unwrap().len();
        pages += 1;
        match page["pageToken"].as_str() {
            Some(next) => token = format!("pageToken={next}"),
            None => break,
        }
    }
    assert_eq!((rows, pages), (12_000, 13));
    run("DELETE FROM cdf_output.large WHERE n = 1");
    let (status, error) = service.get(&next).await;
    assert_eq!((status, reason(&error).0), (400, "invalid"), "{error}");
}

const LANDING: &str = "/projects/p-1/datasets/cdf_output/tables/landing";

/// Changes the table `landing`; `etag` is that of `If-Match`.
async fn change(service: &Service, verb: Verb, etag: Option<&str>, body: Json) -> (u16, Json) {
    let mut request = service.client.request(verb, format!("{}{LANDING}", service.base));
    if let Some(etag) = etag {
        request = request.header("If-Match", etag);
    }
    let answer = request.json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn etag(table: &Json) -> &str {
    table["etag"].as_str().unwrap()
}

#[tokio::test]
async fn a_change_with_an_etag_is_made_only_to_what_was_read() {
    let service = Service::start("US").await;
    let (_, read) = service.get(LANDING).await;
    assert!(read["labels"].is_null());
    let label = |value: &str| json!({"labels": {"holder": value}});
    let (status, first) = change(&service, Verb::PATCH, Some(etag(&read)), label("first")).await;
    assert_eq!((status, &first["labels"]), (200, &label("first")["labels"]));
    assert_ne!(first["etag"], read["etag"]);
    assert_eq!(service.get(LANDING).await.1, first);

    for verb in [Verb::PATCH, Verb::PUT] {
        let (status, error) = change(&service, verb, Some(etag(&read)), label("second")).await;
        assert_eq!(status, 412);
        assert_eq!(reason(&error), ("conditionNotMet", "Precondition check failed."));
        let item = &error["error"]["errors"][0];
        assert_eq!(
            (
                &item["location"],
                &item["locationType"],
                &error["error"]["status"]
            ),
            (
                &json!("If-Match"),
                &json!("header"),
                &json!("FAILED_PRECONDITION")
            )
        );
    }
    // Rows are a part of what an etag stands for.
    let insert = "INSERT INTO cdf_output.landing (load_id) VALUES ('a')";
    service
        .warehouse
        .query(insert, &QuerySettings::default())
        .unwrap();
    let late = change(&service, Verb::PATCH, Some(etag(&first)), label("third")).await;
    assert_eq!(late.0, 412);
    for etag in [None, Some("*")] {
        assert_eq!(change(&service, Verb::PATCH, etag, label("any")).await.0, 200);
    }
    let (_, now) = service.get(LANDING).await;
    let quoted = format!("\"{}\"", etag(&now));
    assert_eq!(
        change(&service, Verb::PATCH, Some(&quoted), label("in-quotes"))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn labels_are_merged_and_outlive_the_rows() {
    let service = Service::start("US").await;
    let patch = |body: Json| change(&service, Verb::PATCH, None, body);
    let answer = service.client.get(format!("{}{LANDING}", service.base)).send();
    assert!(answer.await.unwrap().headers().contains_key("date"));
    let (status, error) = patch(json!({"labels": {"Holder": "x"}})).await;
    assert_eq!((status, reason(&error).0), (400, "invalid"));
    patch(json!({"labels": {"a": "1", "b": "2"}})).await;
    let (_, merged) = patch(json!({"labels": {"a": null, "c": "3"}})).await;
    assert_eq!(merged["labels"], json!({"b": "2", "c": "3"}));

    let run = |sql: &str| service.warehouse.query(sql, &QuerySettings::default()).unwrap();
    run("TRUNCATE TABLE cdf_output.landing");
    run("ALTER TABLE cdf_output.landing DROP COLUMN business_unit");
    assert_eq!(service.get(LANDING).await.1["labels"], merged["labels"]);
    run("CREATE OR REPLACE TABLE cdf_output.landing (load_id STRING)");
    assert!(service.get(LANDING).await.1["labels"].is_null());

    let (_, all) = change(&service, Verb::PUT, None, json!({"labels": {"d": "4"}})).await;
    assert_eq!(all["labels"], json!({"d": "4"}));
    let (_, none) = change(&service, Verb::PUT, None, json!({})).await;
    assert!(none["labels"].is_null());
}

#[tokio::test]
async fn of_two_who_read_the_same_table_one_changes_it() {
    let service = Service::start("US").await;
    let (_, read) = service.get(LANDING).await;
    let tries = (0..8).map(|n| {
        let body = json!({"labels": {"holder": format!("h{n}")}});
        change(&service, Verb::PATCH, Some(etag(&read)), body)
    });
    let answers = futures_util::future::join_all(tries).await;
    let won: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| [200, 412].contains(status)));
    assert_eq!(service.get(LANDING).await.1["labels"], won[0].1["labels"]);
}

#[tokio::test]
async fn a_request_inserts_a_bounded_number_of_rows() {
    let service = Service::start("US").await;
    service.five();
    let path = "/projects/p-1/datasets/cdf_output/tables/five/insertAll";
    let insert = |count: usize| {
        let rows = vec![0; count];
        service.ask(
            Verb::POST,
            path,
            Some(json!({"skipInvalidRows": true, "rows": rows})),
        )
    };
    let (status, answer) = insert(50_001).await;
    assert_eq!(
        (status, reason(&answer)),
        (
            400,
            (
                "invalid",
                "too many rows present in the request, limit: 50000 row count: 50001."
            )
        )
    );
    let (status, answer) = insert(50_000).await;
    assert_eq!((status, &answer["insertErrors"]), (200, &Json::Null));
    let mut rows = vec![json!({"json": {"n": 6}}); 1_000];
    rows[7] = json!(0);
    rows[8] = json!({"json": {"n": "x"}});
    let (_, answer) = service.ask(Verb::POST, path, Some(json!({"rows": rows}))).await;
    let errors = answer["insertErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1_000);
    assert_eq!(
        (&errors[0]["index"], &errors[0]["errors"][0]["reason"]),
        (&json!(8), &json!("invalid"))
    );
    assert_eq!(
        (&errors[8]["index"], &errors[8]["errors"][0]["reason"]),
        (&json!(7), &json!("stopped"))
    );
}

#[tokio::test]
async fn rows_that_are_too_large_to_be_kept_are_read_page_by_page() {
    let service = Service::start("US").await;
    let text = ["REPEAT('x', 1000000)"; 5].join(", ");
    let sql = format!(
        "CREATE TABLE cdf_output.large AS SELECT n, CONCAT({text}) AS text FROM UNNEST([1, 2, 3, 4, 5]) AS n"
    );
    service.query(json!({"query": sql})).await;
    let path = "/projects/p-1/datasets/cdf_output/tables/large/data?maxResults=1&selectedFields=n";
    let mut token = String::new();
    for n in 1..=5 {
        let (_, page) = service.get(&format!("{path}&pageToken={token}")).await;
        assert_eq!(page["rows"], json!([{"f": [{"v": n.to_string()}]}]), "{page}");
        assert_eq!(page["totalRows"], "5");
        token = page["pageToken"].as_str().unwrap_or_default().to_owned();
        assert_eq!(token.is_empty(), n == 5);
    }
    service
        .query(json!({"query": "INSERT cdf_output.large (n) VALUES (6)"}))
        .await;
    let (_, first) = service.get(path).await;
    let token = first["pageToken"].as_str().unwrap().to_owned();
    let sql = "DELETE FROM cdf_output.large WHERE n = 6";
    service.query(json!({"query": sql})).await;
    // No snapshot was kept: the pages are those of the table, as long as it does not change.
    let (status, _) = service.get(&format!("{path}&pageToken={token}")).await;
    assert_eq!(status, 400);
}
