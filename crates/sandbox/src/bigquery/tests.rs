//! The API over a real socket, as clients use it: jobs and queries. Tables are in `tests/tables.rs`.

mod destinations;
mod loads;
mod restarts;
mod tables;

use super::*;
use googlesql::QuerySettings;
use pipelines::bucket::Buckets;
use reqwest::{Client, Method as Verb, StatusCode};
use serde_json::{Value as Json, json};

struct Service {
    base: String,
    client: Client,
    warehouse: Arc<Warehouse>,
    /// The bucket's folder.
    folder: tempfile::TempDir,
}

impl Service {
    async fn start(location: &str) -> Self {
        Self::with_state(location, &State::Ephemeral).await
    }

    async fn with_state(location: &str, state: &State) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let warehouse = Arc::new(Warehouse::open(None, "p-1", location).unwrap());
        let tables = include_str!("../../assets/warehouse.sql").replace("PROJECT", "p-1");
        warehouse.seed(&tables).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/bigquery/v2", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let app = router(warehouse.clone(), Buckets::new(folder.path()), state).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            base,
            client: Client::builder().no_proxy().build().unwrap(),
            warehouse,
            folder,
        }
    }

    async fn ask(&self, verb: Verb, path: &str, body: Option<Json>) -> (u16, Json) {
        let mut request = self.client.request(verb, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Json::Null))
    }

    async fn get(&self, path: &str) -> (u16, Json) {
        self.ask(Verb::GET, path, None).await
    }

    async fn query(&self, mut body: Json) -> (u16, Json) {
        if body["useLegacySql"].is_null() {
            body["useLegacySql"] = false.into();
        }
        self.ask(Verb::POST, "/projects/p-1/queries", Some(body)).await
    }

    async fn insert(&self, id: &str, sql: &str) -> (u16, Json) {
        let body = json!({
            "jobReference": {"projectId": "p-1", "jobId": id},
            "configuration": {"query": {"query": sql, "useLegacySql": false}},
        });
        self.ask(Verb::POST, "/projects/p-1/jobs", Some(body)).await
    }

    /// Five numbered rows in `cdf_output.five`.
    fn five(&self) {
        let run = |sql: &str| self.warehouse.query(sql, &QuerySettings::default()).unwrap();
        run("CREATE TABLE cdf_output.five (n INT64, label STRING, at TIMESTAMP, ok BOOL)");
        for n in 1..=5 {
            run(&format!(
                "INSERT cdf_output.five VALUES ({n}, 'row {n}', TIMESTAMP_MICROS({n}), TRUE)"
            ));
        }
    }
}

fn reason(error: &Json) -> (&str, &str) {
    let first = &error["error"]["errors"][0];
    assert_eq!(first["message"], error["error"]["message"]);
    assert_eq!(first["domain"], "global");
    (
        first["reason"].as_str().unwrap(),
        first["message"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn a_query_answers_with_schema_rows_and_a_job() {
    let service = Service::start("US").await;
    service.five();
    let sql = "SELECT n, label, `at`, ok, NULL AS nothing, 1.5 FROM cdf_output.five ORDER BY n LIMIT 1";
    let (status, answer) = service.query(json!({"query": sql})).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        (&answer["kind"], &answer["jobComplete"]),
        (&json!("bigquery#queryResponse"), &json!(true))
    );
    let types: Vec<_> = answer["schema"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["name"].as_str().unwrap(), f["type"].as_str().unwrap()))
        .collect();
    assert_eq!(
        types,
        [
            ("n", "INTEGER"),
            ("label", "STRING"),
            ("at", "TIMESTAMP"),
            ("ok", "BOOLEAN"),
            ("nothing", "INTEGER"),
            ("f0_", "FLOAT")
        ]
    );
    let cells = json!([{"f": [{"v": "1"}, {"v": "row 1"}, {"v": "1.0E-6"}, {"v": "true"}, {"v": null}, {"v": "1.5"}]}]);
    assert_eq!(answer["rows"], cells);
    assert_eq!(answer["totalRows"], "1");
    assert_eq!(answer["jobReference"]["location"], "US");

    let micros = json!({"query": sql, "formatOptions": {"useInt64Timestamp": true}});
    assert_eq!(service.query(micros).await.1["rows"][0]["f"][2]["v"], "1");
}

#[tokio::test]
async fn an_empty_result_has_no_rows_and_a_change_has_no_schema() {
    let service = Service::start("US").await;
    let (_, empty) = service
        .query(json!({"query": "SELECT load_id FROM cdf_output.landing"}))
        .await;
    assert_eq!(empty["totalRows"], "0");
    assert!(empty["rows"].is_null() && empty["schema"].is_object() && empty["pageToken"].is_null());
    let insert = "INSERT INTO cdf_output.landing (load_id) VALUES ('a'), ('b')";
    let (_, changed) = service.query(json!({"query": insert})).await;
    assert_eq!(changed["numDmlAffectedRows"], "2");
    assert!(changed["schema"].is_null() && changed["totalRows"].is_null());
}

#[tokio::test]
async fn results_come_page_by_page_by_token_or_by_index() {
    let service = Service::start("US").await;
    service.five();
    let body = json!({"query": "SELECT n FROM cdf_output.five ORDER BY n", "maxResults": 0});
    let (_, first) = service.query(body).await;
    assert_eq!((&first["totalRows"], &first["rows"]), (&json!("5"), &Json::Null));
    let job = first["jobReference"]["jobId"].as_str().unwrap();
    let mut token = first["pageToken"].as_str().map(str::to_owned);
    let mut seen = Vec::new();
    while let Some(next) = token {
        let path = format!("/projects/p-1/queries/{job}?maxResults=2&location=us&pageToken={next}");
        let (status, page) = service.get(&path).await;
        assert_eq!(status, 200, "{page}");
        assert_eq!(page["totalRows"], "5");
        seen.extend(
            page["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["f"][0]["v"].as_str().unwrap().to_owned()),
        );
        token = page["pageToken"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5"]);
    let (_, tail) = service
        .get(&format!("/projects/p-1/queries/{job}?startIndex=3&timeoutMs=0"))
        .await;
    assert_eq!(tail["rows"].as_array().unwrap().len(), 2);
    assert!(tail["pageToken"].is_null());
    let (status, wrong) = service
        .get(&format!("/projects/p-1/queries/{job}?pageToken=made-up"))
        .await;
    assert_eq!((status, reason(&wrong).0), (400, "invalid"));
}

#[tokio::test]
async fn a_truncate_job_has_statistics_and_its_id_is_not_used_again() {
    let service = Service::start("US").await;
    service.five();
    let sql = "TRUNCATE TABLE `p-1.cdf_output.five`";
    let (status, job) = service.insert("downbeat_1", sql).await;
    assert_eq!(status, 200, "{job}");
    assert_eq!(job["id"], "p-1:US.downbeat_1");
    assert_eq!(job["status"], json!({"state": "DONE"}));
    assert_eq!(job["configuration"]["query"]["query"], sql);
    let query = &job["statistics"]["query"];
    assert_eq!(
        (&query["statementType"], &query["numDmlAffectedRows"]),
        (&json!("TRUNCATE_TABLE"), &json!("5"))
    );
    assert_eq!(query["dmlStats"]["deletedRowCount"], "5");
    assert_eq!(job["statistics"]["endTime"].as_str().unwrap().len(), 13);

    let (status, again) = service.insert("downbeat_1", sql).await;
    assert_eq!(status, 409);
    assert_eq!(
        reason(&again),
        ("duplicate", "Already Exists: Job p-1:US.downbeat_1")
    );
    assert_eq!(again["error"]["status"], "ALREADY_EXISTS");
    let (_, same) = service.get("/projects/p-1/jobs/downbeat_1?location=us").await;
    assert_eq!(same["statistics"], job["statistics"]);
    let (_, table) = service.get("/projects/p-1/datasets/cdf_output/tables/five").await;
    assert_eq!(table["numRows"], "0");
}

#[tokio::test]
async fn jobs_are_listed_by_state_and_page() {
    let service = Service::start("US").await;
    for id in ["a", "b", "c"] {
        service.insert(id, "SELECT 1").await;
        service.get(&format!("/projects/p-1/queries/{id}")).await;
    }
    let list = |more: &str| {
        let path = format!("/projects/p-1/jobs?maxResults=2{more}");
        let service = &service;
        async move { service.get(&path).await.1 }
    };
    let ids = |listed: &Json| -> Vec<String> {
        let jobs = listed["jobs"].as_array().into_iter().flatten();
        jobs.map(|job| job["jobReference"]["jobId"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = list("").await;
    assert_eq!(ids(&first), ["c", "b"]);
    let item = &first["jobs"][0];
    assert_eq!(
        (&item["state"], &item["configuration"]),
        (&json!("DONE"), &Json::Null)
    );
    let token = first["nextPageToken"].as_str().unwrap();
    assert_eq!(ids(&list(&format!("&pageToken={token}")).await), ["a"]);
    assert_eq!(ids(&list("&stateFilter=done").await), ["c", "b"]);
    assert!(ids(&list("&stateFilter=pending&stateFilter=running").await).is_empty());
    let full = list("&projection=full").await;
    assert_eq!(full["jobs"][0]["configuration"]["query"]["query"], "SELECT 1");
}

#[tokio::test]
async fn a_failed_job_is_a_job_and_its_results_are_an_error() {
    let service = Service::start("US").await;
    for (id, sql, why, status, words) in [
        (
            "a",
            "SELEC 1",
            "invalidQuery",
            400,
            "Syntax error: Unexpected identifier \"SELEC\" at [1:1]",
        ),
        (
            "b",
            "SELECT x FROM cdf_output.landing",
            "invalidQuery",
            400,
            "Unrecognized name: x at [1:8]",
        ),
        (
            "c",
            "TRUNCATE TABLE `p-1.cdf_output.no`",
            "notFound",
            404,
            "Not found: Table p-1:cdf_output.no was not found in location US",
        ),
        (
            "d",
            "SELECT 1 FROM `other.d.t`",
            "accessDenied",
            403,
            "Access Denied: Table other:d.t",
        ),
    ] {
        let (code, job) = service.insert(id, sql).await;
        assert_eq!((code, &job["status"]["state"]), (200, &json!("DONE")));
        assert_eq!(job["status"]["errorResult"]["reason"], why);
        let (code, error) = service.get(&format!("/projects/p-1/queries/{id}")).await;
        assert_eq!(code, status, "{error}");
        let (reason, message) = reason(&error);
        assert_eq!(reason, why);
        assert!(message.contains(words), "{message}");
        assert_eq!(service.query(json!({"query": sql})).await, (code, error));
        // The id of a failed job is not used again either.
        assert_eq!(service.insert(id, "SELECT 1").await.0, 409);
    }
}

#[tokio::test]
async fn a_job_is_found_only_where_it_ran() {
    let service = Service::start("us-west1").await;
    let (_, job) = service.insert("j", "SELECT 1").await;
    assert_eq!(
        job["jobReference"],
        json!({"projectId": "p-1", "jobId": "j", "location": "us-west1"})
    );
    for (query, status, message) in [
        ("?location=US-WEST1", 200, ""),
        ("?location=EU", 404, "Not found: Job p-1:EU.j"),
        ("", 404, "Not found: Job p-1:j"),
    ] {
        let (code, answer) = service.get(&format!("/projects/p-1/jobs/j{query}")).await;
        assert_eq!(code, status);
        if code == 404 {
            assert_eq!(reason(&answer), ("notFound", message));
        }
    }
    let elsewhere = json!({"query": "SELECT 1 FROM cdf_output.landing", "location": "EU"});
    let (status, error) = service.query(elsewhere).await;
    assert_eq!(status, 404);
    assert_eq!(
        reason(&error).1,
        "Not found: Dataset p-1:cdf_output was not found in location EU"
    );
}

#[tokio::test]
async fn a_repeated_request_runs_once() {
    let service = Service::start("US").await;
    let body = json!({"query": "INSERT INTO cdf_output.landing (load_id) VALUES ('x')", "requestId": "r-1"});
    let (_, first) = service.query(body.clone()).await;
    let (_, second) = service.query(body).await;
    assert_eq!(first["jobReference"], second["jobReference"]);
    let other = json!({"query": "SELECT COUNT(*) FROM cdf_output.landing", "requestId": "r-1"});
    assert_eq!(service.query(other).await.1["rows"][0]["f"][0]["v"], "1");
}

#[tokio::test]
async fn parameters_and_the_default_dataset_reach_the_query() {
    let service = Service::start("US").await;
    let body = json!({
        "query": "SELECT data_source FROM configuration WHERE business_unit = @unit AND priority >= @least ORDER BY priority",
        "defaultDataset": {"datasetId": "cdf_output"},
        "parameterMode": "NAMED",
        "queryParameters": [
            {"name": "unit", "parameterType": {"type": "STRING"}, "parameterValue": {"value": "hr"}},
            {"name": "Least", "parameterType": {"type": "INT64"}, "parameterValue": {"value": "20"}},
        ],
    });
    let (status, answer) = service.query(body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["rows"][0]["f"][0]["v"], "payroll");
    let (status, error) = service.query(json!({"query": "SELECT @nobody"})).await;
    assert_eq!(
        (status, reason(&error).1),
        (400, "Query parameter 'nobody' not found at [1:8]")
    );
    let positional = json!({"query": "SELECT ? || ?", "parameterMode": "POSITIONAL", "queryParameters": [
        {"parameterType": {"type": "STRING"}, "parameterValue": {"value": "a"}},
        {"parameterType": {"type": "STRING"}, "parameterValue": {"value": "b"}},
    ]});
    assert_eq!(service.query(positional).await.1["rows"][0]["f"][0]["v"], "ab");
}

#[tokio::test]
async fn a_dry_run_checks_and_changes_nothing() {
    let service = Service::start("US").await;
    service.five();
    let dry = |sql: &str| json!({"configuration": {"dryRun": true, "query": {"query": sql, "useLegacySql": false}}});
    for sql in [
        "TRUNCATE TABLE cdf_output.five",
        "SELECT ERROR('only when run') FROM cdf_output.five",
    ] {
        let (status, job) = service
            .ask(Verb::POST, "/projects/p-1/jobs", Some(dry(sql)))
            .await;
        assert_eq!(
            (status, &job["jobReference"]["jobId"]),
            (200, &Json::Null),
            "{job}"
        );
    }
    let (status, error) = service
        .ask(
            Verb::POST,
            "/projects/p-1/jobs",
            Some(dry("SELECT * FROM cdf_output.no")),
        )
        .await;
    assert_eq!((status, reason(&error).0), (404, "notFound"));
    let (_, count) = service
        .query(json!({"query": "SELECT COUNT(*) FROM cdf_output.five"}))
        .await;
    assert_eq!(count["rows"][0]["f"][0]["v"], "5");
}

#[tokio::test]
async fn legacy_sql_other_jobs_and_broken_bodies_are_refused() {
    let service = Service::start("US").await;
    let legacy = json!({"query": "SELECT 1", "useLegacySql": true});
    assert_eq!(service.query(legacy).await.0, 400);
    let silent = json!({"configuration": {"query": {"query": "SELECT 1"}}});
    let (status, error) = service.ask(Verb::POST, "/projects/p-1/jobs", Some(silent)).await;
    assert_eq!((status, reason(&error).0), (400, "invalidQuery"));
    let query = json!({"query": "SELECT 1", "useLegacySql": false});
    let late = json!({"configuration": {"jobTimeoutMs": "-1", "query": query}});
    let (status, error) = service.ask(Verb::POST, "/projects/p-1/jobs", Some(late)).await;
    assert_eq!(
        (status, reason(&error)),
        (400, ("invalid", "Invalid value for jobTimeoutMs: -1"))
    );
    let load = json!({"configuration": {"load": {}}});
    let (status, error) = service.ask(Verb::POST, "/projects/p-1/jobs", Some(load)).await;
    assert_eq!((status, reason(&error).0), (400, "required"));
    let broken = service
        .client
        .post(format!("{}/projects/p-1/queries", service.base))
        .body("{");
    let answer = broken.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(reason(&answer.json().await.unwrap()).0, "parseError");
    let (status, error) = service.get("/projects/other/datasets/d/tables/t").await;
    assert_eq!((status, reason(&error).0), (403, "accessDenied"));
    let (status, error) = service.insert("no spaces", "SELECT 1").await;
    assert_eq!((status, reason(&error).0), (400, "invalid"));
    assert_eq!(service.get("/projects/p-1/models").await.0, 404);
}

#[tokio::test]
async fn jobs_are_listed_newest_first_and_cancelling_a_done_one_does_nothing() {
    let service = Service::start("US").await;
    for (id, sql) in [("good", "SELECT 1"), ("bad", "SELEC")] {
        service.insert(id, sql).await;
    }
    let (_, list) = service
        .get("/projects/p-1/jobs?stateFilter=done&stateFilter=pending&maxResults=1")
        .await;
    assert_eq!(list["jobs"][0]["jobReference"]["jobId"], "bad");
    assert_eq!(list["jobs"][0]["errorResult"]["reason"], "invalidQuery");
    assert!(list["nextPageToken"].is_string());
    let (_, none) = service.get("/projects/p-1/jobs?stateFilter=running").await;
    assert!(none["jobs"].is_null());
    let (status, cancel) = service
        .ask(Verb::POST, "/projects/p-1/jobs/good/cancel", None)
        .await;
    assert_eq!(
        (status, &cancel["kind"]),
        (200, &json!("bigquery#jobCancelResponse"))
    );
    assert_eq!(cancel["job"]["status"], json!({"state": "DONE"}));
}
