//! Load, copy and extract jobs: the contents of tables and buckets afterwards.

use super::*;
use std::fs;
use std::time::Duration;

impl Service {
    /// Runs a job to its end.
    async fn job(&self, configuration: Json) -> Json {
        let body = json!({"configuration": configuration});
        let (status, mut job) = self.ask(Verb::POST, "/projects/p-1/jobs", Some(body)).await;
        assert_eq!(status, 200, "{job}");
        let id = job["jobReference"]["jobId"].as_str().unwrap().to_owned();
        while job["status"]["state"] != "DONE" {
            job = self.get(&format!("/projects/p-1/jobs/{id}")).await.1;
        }
        // A client looks into whatever is there.
        assert!(job["configuration"].get("query").is_none(), "{job}");
        job
    }

    fn object(&self, name: &str, content: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    async fn rows(&self, sql: &str) -> Json {
        self.query(json!({"query": sql})).await.1["rows"].clone()
    }
}

fn load(table: &str, uri: &str, more: Json) -> Json {
    let mut load = json!({
        "destinationTable": {"projectId": "p-1", "datasetId": "cdf_output", "tableId": table},
        "sourceUris": [uri], "sourceFormat": "CSV",
        "schema": {"fields": [{"name": "id", "type": "INT64"}, {"name": "name", "type": "STRING"}]},
    });
    for (name, value) in more.as_object().unwrap() {
        load[name] = value.clone();
    }
    json!({"load": load})
}

#[tokio::test]
async fn files_of_the_bucket_are_loaded_all_or_none() {
    let service = Service::start("US").await;
    service.object("b/in/1.csv", "id,name\n1,\"a, b\"\n2,\n");
    service.object("b/in/2.csv", "id,name\n3,c\n");
    service.object("b/bad.csv", "4,d\nx,e\n");
    let job = service
        .job(load("t", "gs://b/in/*.csv", json!({"skipLeadingRows": "1"})))
        .await;
    // The header line of every file is skipped.
    assert_eq!(job["statistics"]["load"]["outputRows"], "3", "{job}");
    assert_eq!(job["statistics"]["load"]["inputFiles"], "2");
    let all = "SELECT id, name FROM cdf_output.t ORDER BY id";
    let loaded = json!([
        {"f": [{"v": "1"}, {"v": "a, b"}]}, {"f": [{"v": "2"}, {"v": null}]}, {"f": [{"v": "3"}, {"v": "c"}]},
    ]);
    assert_eq!(service.rows(all).await, loaded);
    let job = service.job(load("t", "gs://b/bad.csv", json!({}))).await;
    let error = &job["status"]["errorResult"];
    assert_eq!(error["reason"], "invalid");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("Could not parse 'x' as INT64 for field id"),
        "{message}"
    );
    assert_eq!(service.rows(all).await, loaded);
    let job = service
        .job(load(
            "t",
            "gs://b/bad.csv",
            json!({"maxBadRecords": 1, "writeDisposition": "WRITE_TRUNCATE"}),
        ))
        .await;
    assert_eq!(job["statistics"]["load"]["outputRows"], "1", "{job}");
    let job = service.job(load("t", "gs://b/none.csv", json!({}))).await;
    assert_eq!(job["status"]["errorResult"]["reason"], "notFound");
    let job = service
        .job(load(
            "t",
            "gs://b/bad.csv",
            json!({"maxBadRecords": 1, "writeDisposition": "WRITE_EMPTY"}),
        ))
        .await;
    assert_eq!(job["status"]["errorResult"]["reason"], "duplicate");
}

#[tokio::test]
async fn a_schema_is_detected_or_required() {
    let service = Service::start("US").await;
    service.object(
        "b/r.json",
        "{\"n\": 1, \"f\": 1.5, \"b\": true, \"d\": \"2024-02-29\", \"s\": \"x\"}\n{\"n\": 2, \"f\": 2}\n",
    );
    let json_lines = json!({"sourceFormat": "NEWLINE_DELIMITED_JSON", "schema": null});
    let job = service
        .job(load("auto", "gs://b/r.json", json_lines.clone()))
        .await;
    assert_eq!(
        job["status"]["errorResult"]["message"],
        "No schema specified on job or table."
    );
    let mut detected = json_lines;
    detected["autodetect"] = true.into();
    service.job(load("auto", "gs://b/r.json", detected)).await;
    let (_, table) = service.get("/projects/p-1/datasets/cdf_output/tables/auto").await;
    let fields = table["schema"]["fields"].as_array().unwrap();
    let kind = |name: &str| {
        fields.iter().find(|field| field["name"] == name).unwrap()["type"]
            .as_str()
            .unwrap()
    };
    assert_eq!(
        ["n", "f", "b", "d", "s"].map(kind),
        ["INTEGER", "FLOAT", "BOOLEAN", "DATE", "STRING"]
    );
}

#[tokio::test]
async fn tables_are_copied_and_written_to_files() {
    let service = Service::start("US").await;
    service.object("b/1.csv", "1,\"a,b\"\n2,\n");
    service.job(load("t", "gs://b/1.csv", json!({}))).await;
    let table = |name: &str| json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": name});
    let copy = json!({"copy": {"sourceTable": table("t"), "destinationTable": table("u")}});
    let job = service.job(copy.clone()).await;
    assert_eq!(job["statistics"]["copy"]["copiedRows"], "2", "{job}");
    assert_eq!(
        service.job(copy).await["status"]["errorResult"]["reason"],
        "duplicate"
    );
    let nowhere = json!({"extract": {"sourceTable": table("u"), "destinationUris": ["gs://nowhere/u.csv"]}});
    let refused = service.job(nowhere).await;
    assert_eq!(refused["status"]["errorResult"]["reason"], "notFound");
    let extract = json!({"extract": {"sourceTable": table("u"), "destinationUris": ["gs://b/out/u-*.csv"]}});
    let job = service.job(extract).await;
    assert_eq!(
        job["statistics"]["extract"]["destinationUriFileCounts"],
        json!(["1"]),
        "{job}"
    );
    let written = fs::read_to_string(service.folder.path().join("b/out/u-000000000000.csv")).unwrap();
    assert_eq!(written, "id,name\n1,\"a,b\"\n2,\n");
}

#[tokio::test]
async fn nested_rows_are_written_as_json_and_not_as_csv() {
    let service = Service::start("US").await;
    service.object("b/keep", "");
    let sql = "CREATE TABLE cdf_output.nested AS
               SELECT 1 AS id, ['a', 'b'] AS list, STRUCT(2 AS x, CAST(NULL AS ARRAY<INT64>) AS y) AS s
               UNION ALL SELECT 2, NULL, NULL";
    service.query(json!({"query": sql})).await;
    let source = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": "nested"});
    let mut extract = json!({"sourceTable": source, "destinationUris": ["gs://b/nested"]});
    let job = service.job(json!({"extract": extract})).await;
    assert_eq!(
        job["status"]["errorResult"]["message"],
        "Operation cannot be performed on a nested schema. Field: list"
    );
    extract["destinationFormat"] = "NEWLINE_DELIMITED_JSON".into();
    let job = service.job(json!({"extract": extract})).await;
    assert_eq!(job["status"]["errorResult"], Json::Null, "{job}");
    let written = fs::read_to_string(service.folder.path().join("b/nested")).unwrap();
    let lines: Vec<Json> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let first = json!({"id": "1", "list": ["a", "b"], "s": {"x": "2", "y": []}});
    assert_eq!(lines, [first, json!({"id": "2", "list": []})]);
    let rows = service
        .rows("SELECT list, s FROM cdf_output.nested WHERE id = 2")
        .await;
    assert_eq!(rows, json!([{"f": [{"v": []}, {"v": null}]}]));
}

#[tokio::test]
async fn large_tables_are_written_in_pieces_and_copied_within_a_bound() {
    let service = Service::start("US").await;
    service.object("b/keep", "");
    let text = ["REPEAT('x', 1000000)"; 8].join(", ");
    let sql = format!(
        "CREATE TABLE cdf_output.large AS
         SELECT n, CONCAT({text}) AS text, PARSE_JSON('{{\"b\": 1.5}}') AS j, n > 1 AS t, CAST(NULL AS DATE) AS d
         FROM UNNEST([1, 2, 3]) AS n"
    );
    service.query(json!({"query": sql})).await;
    let source = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": "large"});
    let extract = json!({"extract": {
        "sourceTable": source, "destinationUris": ["gs://b/large"], "destinationFormat": "NEWLINE_DELIMITED_JSON",
    }});
    let job = service.job(extract).await;
    assert_eq!(job["status"]["errorResult"], Json::Null, "{job}");
    let written = fs::read_to_string(service.folder.path().join("b/large")).unwrap();
    let lines: Vec<Json> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    let text = "x".repeat(8_000_000);
    assert_eq!(
        lines[2],
        json!({"n": "3", "text": text, "j": {"b": 1.5}, "t": true})
    );
    let to = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": "copy"});
    let copy = |count: usize| json!({"copy": {"sourceTables": vec![&source; count], "destinationTable": to}});
    let job = service.job(copy(6)).await;
    let error = &job["status"]["errorResult"];
    assert_eq!(error["reason"], "resourcesExceeded", "{job}");
    let job = service.job(copy(2)).await;
    assert_eq!(job["statistics"]["copy"]["copiedRows"], "6", "{job}");
}

#[tokio::test]
async fn compressed_files_are_written_and_loaded() {
    let service = Service::start("US").await;
    service.object("b/1.csv", "1,a\n2,b\n");
    service.job(load("t", "gs://b/1.csv", json!({}))).await;
    let table = json!({"projectId": "p-1", "datasetId": "cdf_output", "tableId": "t"});
    let mut extract =
        json!({"sourceTable": table, "destinationUris": ["gs://b/out/t.csv"], "compression": "GZIP"});
    let job = service.job(json!({"extract": extract})).await;
    assert_eq!(job["status"]["errorResult"], Json::Null, "{job}");
    let written = fs::read(service.folder.path().join("b/out/t.csv")).unwrap();
    assert_eq!(written[..2], [0x1f, 0x8b]);
    let back = load("u", "gs://b/out/t.csv", json!({"skipLeadingRows": 1}));
    let job = service.job(back).await;
    assert_eq!(job["statistics"]["load"]["outputRows"], "2", "{job}");
    extract["compression"] = "SNAPPY".into();
    let body = json!({"configuration": {"extract": extract}});
    let refused = service.ask(Verb::POST, "/projects/p-1/jobs", Some(body)).await;
    assert_ne!(refused.0, 200, "{refused:?}");
}

#[tokio::test]
async fn a_load_comes_in_chunks_by_put_or_post() {
    let service = Service::start("US").await;
    let jobs = service
        .base
        .replace("/bigquery/v2", "/upload/bigquery/v2/projects/p-1/jobs");
    for verb in [Verb::PUT, Verb::POST] {
        let name = format!("by_{}", verb.as_str().to_lowercase());
        let mut configuration = load(&name, "", json!({}));
        configuration["load"]
            .as_object_mut()
            .unwrap()
            .remove("sourceUris");
        let request = service.client.post(format!("{jobs}?uploadType=resumable"));
        let begun = request
            .json(&json!({"configuration": configuration}))
            .send()
            .await
            .unwrap();
        let location = begun.headers()["location"].to_str().unwrap().to_owned();
        for (range, chunk, status) in [("bytes 0-3/*", "1,a\n", 308), ("bytes 4-7/8", "2,b\n", 200)] {
            let request = service.client.request(verb.clone(), &location);
            let answer = request
                .header("content-range", range)
                .body(chunk)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status().as_u16(), status, "{verb} {range}");
        }
        let count = format!("SELECT COUNT(*) FROM cdf_output.{name}");
        let rows = wait_for_rows(&service, &count).await;
        assert_eq!(rows[0]["f"][0]["v"], "2", "{verb}");
    }
}

/// The job may still run after the answer to the last chunk.
async fn wait_for_rows(service: &Service, sql: &str) -> Json {
    let found = async {
        loop {
            let rows = service.rows(sql).await;
            if !rows.is_null() {
                return rows;
            }
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, found).await.unwrap()
}
