//! Where the result of a query is: its destination table, also when none was named.

use super::*;

impl Service {
    /// The destination table of a job that has ended.
    async fn destination(&self, id: &str, sql: &str) -> Json {
        let (status, job) = self.insert(id, sql).await;
        assert_eq!(status, 200, "{job}");
        self.get(&format!("/projects/p-1/queries/{id}")).await;
        let (_, job) = self.get(&format!("/projects/p-1/jobs/{id}")).await;
        assert_eq!(job["status"]["state"], "DONE", "{job}");
        job["configuration"]["query"]["destinationTable"].clone()
    }
}

fn path(table: &Json) -> String {
    let part = |name: &str| table[name].as_str().unwrap().to_owned();
    format!(
        "/projects/{}/datasets/{}/tables/{}",
        part("projectId"),
        part("datasetId"),
        part("tableId")
    )
}

#[tokio::test]
async fn a_result_is_in_a_table_of_the_hidden_dataset() {
    let service = Service::start("US").await;
    service.five();
    let sql = "SELECT n, [n] AS list FROM cdf_output.five ORDER BY n";
    let table = service.destination("first", sql).await;
    let (dataset, name) = (
        table["datasetId"].as_str().unwrap(),
        table["tableId"].as_str().unwrap(),
    );
    assert!(dataset.starts_with('_') && dataset.len() == 41, "{dataset}");
    assert!(name.starts_with("anon") && name.len() == 68, "{name}");
    let (status, found) = service.get(&path(&table)).await;
    assert_eq!((status, &found["numRows"]), (200, &json!("5")), "{found}");
    let (_, rows) = service.get(&format!("{}/data?maxResults=1", path(&table))).await;
    assert_eq!(rows["rows"], json!([{"f": [{"v": "1"}, {"v": [{"v": "1"}]}]}]));
    let again = format!("SELECT COUNT(*) FROM `p-1.{dataset}.{name}`");
    let (_, counted) = service.query(json!({"query": again})).await;
    assert_eq!(counted["rows"], json!([{"f": [{"v": "5"}]}]));
    let (_, listed) = service.get("/projects/p-1/datasets").await;
    assert!(!listed.to_string().contains(dataset), "{listed}");
    let (_, listed) = service.get("/projects/p-1/datasets?all=true").await;
    assert!(listed.to_string().contains(dataset), "{listed}");
    let (status, _) = service.get(&format!("/projects/p-1/datasets/{dataset}")).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_result_can_be_read_by_sql_and_copied_before_anything_else_read_it() {
    let service = Service::start("US").await;
    let table = service.destination("one", "SELECT 7 AS n").await;
    let name = |part: &str| table[part].as_str().unwrap().to_owned();
    let sql = format!("SELECT n + 1 FROM {}.{}", name("datasetId"), name("tableId"));
    let (_, answer) = service.query(json!({"query": sql})).await;
    assert_eq!(answer["rows"], json!([{"f": [{"v": "8"}]}]), "{answer}");
    let table = service.destination("two", "SELECT 9 AS n").await;
    let to = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": "copied"});
    let body = json!({
        "jobReference": {"projectId": "p-1", "jobId": "copy"},
        "configuration": {"copy": {"sourceTable": table, "destinationTable": to}},
    });
    let (_, job) = service.ask(Verb::POST, "/projects/p-1/jobs", Some(body)).await;
    assert_eq!(job["statistics"]["copy"]["copiedRows"], "1", "{job}");
}

#[tokio::test]
async fn what_a_statement_changes_is_its_destination() {
    let service = Service::start("US").await;
    let made = |table: &str| json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": table});
    for (id, sql, expected) in [
        ("a", "CREATE TABLE cdf_output.made (n INT64)", made("made")),
        ("b", "INSERT INTO cdf_output.made VALUES (1)", made("made")),
        ("c", "UPDATE cdf_output.made SET n = 2 WHERE n = 1", made("made")),
        (
            "d",
            "MERGE cdf_output.made USING (SELECT 2 AS m) ON n = m WHEN MATCHED THEN DELETE",
            made("made"),
        ),
        ("e", "CREATE TABLE cdf_output.more AS SELECT 1 AS n", made("more")),
        ("f", "CREATE VIEW cdf_output.seen AS SELECT 1 AS n", made("seen")),
        ("g", "TRUNCATE TABLE cdf_output.more", made("more")),
        ("h", "DROP TABLE cdf_output.more", made("more")),
        ("i", "CREATE SCHEMA other", Json::Null),
    ] {
        assert_eq!(service.destination(id, sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_removed_job_takes_its_table_with_it() {
    let service = Service::start("US").await;
    let table = service.destination("gone", "SELECT 7 AS n").await;
    assert_eq!(service.get(&path(&table)).await.0, 200);
    let (status, _) = service
        .ask(Verb::DELETE, "/projects/p-1/jobs/gone/delete", None)
        .await;
    assert_eq!(status, 204);
    while service.get(&path(&table)).await.0 != 404 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_decorator_is_refused_wherever_a_table_is_named() {
    let service = Service::start("US").await;
    service.five();
    let before = service.get("/projects/p-1/datasets/cdf_output/tables").await;
    let words = "Table decorators cannot be used";
    for name in ["five$20260101", "five$__NULL__", "five@-3600000"] {
        let named = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": name});
        let five = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": "five"});
        let table = format!("/projects/p-1/datasets/cdf_output/tables/{name}");
        let schema = json!({"fields": [{"name": "n", "type": "INT64"}]});
        let jobs = "/projects/p-1/jobs";
        let load = json!({"destinationTable": named, "sourceUris": ["gs://b/a.csv"], "schema": schema});
        let copy = |from: &Json, to: &Json| json!({"sourceTable": from, "destinationTable": to});
        let query = json!({"query": "SELECT 1 AS n", "useLegacySql": false, "destinationTable": named});
        let extract = json!({"sourceTable": named, "destinationUris": ["gs://b/a.csv"]});
        for (verb, path, body) in [
            (Verb::GET, table.clone(), None),
            (Verb::GET, format!("{table}/data"), None),
            (Verb::DELETE, table.clone(), None),
            (Verb::PATCH, table.clone(), Some(json!({"schema": schema}))),
            (
                Verb::POST,
                format!("{table}/insertAll"),
                Some(json!({"rows": [{"json": {"n": 1}}]})),
            ),
            (
                Verb::POST,
                "/projects/p-1/datasets/cdf_output/tables".into(),
                Some(json!({"tableReference": named, "schema": schema})),
            ),
            (
                Verb::POST,
                jobs.into(),
                Some(json!({"configuration": {"load": load}})),
            ),
            (
                Verb::POST,
                jobs.into(),
                Some(json!({"configuration": {"query": query}})),
            ),
            (
                Verb::POST,
                jobs.into(),
                Some(json!({"configuration": {"copy": copy(&named, &five)}})),
            ),
            (
                Verb::POST,
                jobs.into(),
                Some(json!({"configuration": {"copy": copy(&five, &named)}})),
            ),
            (
                Verb::POST,
                jobs.into(),
                Some(json!({"configuration": {"extract": extract}})),
            ),
        ] {
            let (status, answer) = service.ask(verb.clone(), &path, body).await;
            let (reason, message) = reason(&answer);
            assert_eq!((status, reason), (400, "invalid"), "{verb} {path}");
            assert!(message.contains(words) && message.contains(name), "{message}");
        }
        for sql in [
            format!("SELECT * FROM `cdf_output.{name}`"),
            format!("SELECT * FROM cdf_output.`{name}`"),
            format!("CREATE TABLE `cdf_output.{name}` (n INT64)"),
            format!("INSERT INTO `cdf_output.{name}` VALUES (1)"),
            format!("ALTER TABLE cdf_output.five RENAME TO `{name}`"),
            format!("DROP TABLE `cdf_output.{name}`"),
        ] {
            let (status, answer) = service.query(json!({"query": sql})).await;
            assert_eq!(status, 400, "{sql}: {answer}");
            assert!(reason(&answer).1.contains(words), "{sql}: {answer}");
        }
    }
    assert_eq!(
        service.get("/projects/p-1/datasets/cdf_output/tables").await,
        before
    );
}

#[tokio::test]
async fn a_row_too_large_for_an_answer_goes_to_a_table() {
    let service = Service::start("US").await;
    let sql = "SELECT a AS x, a AS y, a AS z FROM (SELECT GENERATE_ARRAY(1, 1000000) AS a)";
    let table = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": "wide"});
    let query = json!({"query": sql, "useLegacySql": false, "destinationTable": table});
    let body = json!({"jobReference": {"jobId": "wide"}, "configuration": {"query": query}});
    assert_eq!(
        service.ask(Verb::POST, "/projects/p-1/jobs", Some(body)).await.0,
        200
    );
    let (status, answer) = service.get("/projects/p-1/queries/wide?timeoutMs=60000").await;
    assert_eq!((status, reason(&answer).0), (403, "responseTooLarge"));
    let (_, job) = service.get("/projects/p-1/jobs/wide").await;
    assert_eq!(job["status"], json!({"state": "DONE"}));
    let (status, answer) = service.query(json!({"query": sql})).await;
    assert_eq!((status, reason(&answer).0), (403, "responseTooLarge"));
}

#[tokio::test]
async fn results_that_take_too_much_memory_are_read_from_the_store() {
    let service = Service::start("US").await;
    let large = "SELECT x, REPEAT('x', 999999) FROM UNNEST(GENERATE_ARRAY(1, 30)) x ORDER BY x";
    for count in 0..3 {
        assert_eq!(service.insert(&format!("job{count}"), large).await.0, 200);
    }
    let (_, other) = service.query(json!({"query": "SELECT 1"})).await;
    assert_eq!(other["totalRows"], "1");
    // Of three results there is room for one.
    for count in [0, 1, 2, 0] {
        let (mut seen, mut path) = (Vec::new(), String::new());
        loop {
            let page = format!("/projects/p-1/queries/job{count}?timeoutMs=60000{path}");
            let (status, page) = service.get(&page).await;
            assert_eq!((status, &page["totalRows"]), (200, &json!("30")), "{page}");
            let rows = page["rows"].as_array().unwrap();
            seen.extend(
                rows.iter()
                    .map(|row| row["f"][0]["v"].as_str().unwrap().to_owned()),
            );
            let Some(token) = page["pageToken"].as_str() else {
                break;
            };
            assert_eq!(rows.len(), 9);
            path = format!("&pageToken={token}");
        }
        let numbers = (1..=30).map(|number| number.to_string());
        assert_eq!(seen, numbers.collect::<Vec<_>>());
    }
    let (_, part) = service
        .get("/projects/p-1/queries/job0?startIndex=28&maxResults=1")
        .await;
    assert_eq!(part["rows"][0]["f"][0]["v"], "29");
    let (_, job) = service.get("/projects/p-1/jobs/job0").await;
    let table = &job["configuration"]["query"]["destinationTable"];
    let sql = format!(
        "SELECT SUM(x) FROM `{}`.`{}`",
        table["datasetId"].as_str().unwrap(),
        table["tableId"].as_str().unwrap()
    );
    assert_eq!(
        service.query(json!({"query": sql})).await.1["rows"][0]["f"][0]["v"],
        "465"
    );
}

#[tokio::test]
async fn a_job_ends_at_its_time_out_and_a_writer_that_goes_on_holds_up_no_reader() {
    let service = Service::start("US").await;
    let endless = "INSERT INTO cdf_output.configuration (business_unit) SELECT CAST(a AS STRING) \
                   FROM UNNEST(GENERATE_ARRAY(1, 1000000)) a JOIN UNNEST(GENERATE_ARRAY(1, 1000000)) b \
                   ON a > b + 10000000";
    let job = json!({
        "jobReference": {"jobId": "endless"},
        "configuration": {"jobTimeoutMs": "1500", "query": {"query": endless, "useLegacySql": false}},
    });
    let (status, _) = service.ask(Verb::POST, "/projects/p-1/jobs", Some(job)).await;
    assert_eq!(status, 200);
    let (status, answer) = service
        .query(json!({"query": "SELECT 1", "useLegacySql": false, "timeoutMs": 10_000}))
        .await;
    assert_eq!((status, &answer["jobComplete"]), (200, &json!(true)), "{answer}");
    let (status, answer) = service.get("/projects/p-1/queries/endless?timeoutMs=30000").await;
    assert_eq!(
        (status, &answer["error"]["errors"][0]["reason"]),
        (400, &json!("stopped"))
    );
}
