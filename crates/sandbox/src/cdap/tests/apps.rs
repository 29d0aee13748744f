//! Apps, batch failures, preferences, secure keys, artifacts, and the instance API.

use super::*;

const N: &str = "/v3/namespaces/default";

#[tokio::test]
async fn every_deployment_is_a_new_version() {
    let server = start().await;
    let body = r#"{"artifact":{"name":"cdap-data-pipeline","version":"[6.0.0, 10.0.0)","scope":"SYSTEM"},
        "config":{"stages":[{"name":"b","size":512}],"a":null,"description":"lab"},"change":{"description":"first"}}"#;
    let first = server.put(&format!("{N}/apps/dep1"), body).await;
    let version = first.json()["version"].as_str().unwrap().to_owned();
    let created = first.json()["change"]["creationTimeMillis"].as_i64().unwrap();
    assert_eq!(
        first.body,
        format!(
            r#"{{"type":"App","name":"dep1","version":"{version}","description":"lab","artifact":{{"name":"cdap-data-pipeline","version":"6.11.0","scope":"SYSTEM"}},"change":{{"author":"root","creationTimeMillis":{created},"description":"first"}}}}"#
        )
    );
    let second = server.put(&format!("{N}/apps/dep1"), body).await.json();
    let versions = server.get(&format!("{N}/apps/dep1/versions")).await.json();
    assert_eq!(versions, json!([second["version"], version]));
    let detail = server.get(&format!("{N}/apps/dep1")).await.json();
    assert_eq!(
        detail["configuration"],
        r#"{"stages":[{"name":"b","size":512.0}],"description":"lab"}"#
    );
    assert_eq!(
        detail["programs"][0]["name"], "phase-2",
        "actions are not programs"
    );
    assert_eq!(detail["programs"][1]["type"], "Workflow");
    let old = server
        .post(
            &format!("{N}/apps/dep1/versions/{version}/workflows/DataPipelineWorkflow/start"),
            "",
        )
        .await;
    assert_eq!(old.status, 400);
    assert!(
        old.body
            .starts_with("Start action is only allowed on the latest version"),
        "{old:?}"
    );
}

#[tokio::test]
async fn lists_have_no_json_type_and_a_full_page_always_has_a_token() {
    let server = start().await;
    let whole = server.get(&format!("{N}/apps")).await;
    assert_eq!(whole.kind, "application/octet-stream");
    let names: Vec<_> = whole
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|app| app["name"].clone())
        .collect();
    assert_eq!(names, ["cdf_mysql_to_bigquery", "cdf_mysql_to_bigquery_five"]);
    let page = server.get(&format!("{N}/apps?pageSize=2")).await.json();
    let token = page["nextPageToken"]
        .as_str()
        .expect("a full page has a token")
        .to_owned();
    assert_eq!(
        server
            .get(&format!("{N}/apps?pageSize=2&pageToken={token}"))
            .await
            .body,
        r#"{"applications":[]}"#
    );
    let some = server.get(&format!("{N}/apps?nameFilter=FIVE")).await.json();
    assert_eq!(some.as_array().unwrap().len(), 1);
    assert_eq!(
        server.get(&format!("{N}/apps?nameFilterType=bogus")).await.status,
        500
    );
    let plugins = server
        .get(&format!("{N}/apps/cdf_mysql_to_bigquery/plugins"))
        .await
        .json();
    assert_eq!(
        plugins[0]["spec"]["properties"]["macros"]["lookupProperties"],
        json!(["mysql_user"])
    );
}

#[expect(clippy::too_many_lines, reason = "one table of measured refusals")]
#[tokio::test]
async fn a_batch_start_fails_item_by_item_or_as_a_whole() {
    let server = start().await;
    let item = |app: &str, program: &str, arguments: Json| json!({ "appId": app, "programType": "workflow", "programId": program, "runtimeargs": arguments });
    let good = || item("cdf_mysql_to_bigquery", "DataPipelineWorkflow", json!({ "n": 5 }));
    let program = item("cdf_mysql_to_bigquery", "Nope", json!({}));
    let profile = item(
        "cdf_mysql_to_bigquery",
        "DataPipelineWorkflow",
        json!({ "system.profile.name": "SYSTEM:nosuch" }),
    );
    let reply = server
        .post(
            &format!("{N}/start"),
            json!([good(), program, profile, good()]).to_string(),
        )
        .await;
    let codes: Vec<_> = reply
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["statusCode"].clone())
        .collect();
    assert_eq!(codes, [200, 404, 404, 200]);
    let run = reply.json()[0]["runId"].as_str().unwrap().to_owned();
    let first = format!(
        r#"[{{"statusCode":200,"runId":"{run}","appId":"cdf_mysql_to_bigquery","programType":"Workflow","programId":"DataPipelineWorkflow"}},"#
    );
    assert!(reply.body.starts_with(&first), "{reply:?}");
    assert_eq!(reply.json()[2]["error"], "'profile:system.nosuch' was not found.");

    let count = || async {
        server
            .get(&format!("{P}/runcount"))
            .await
            .body
            .parse::<u32>()
            .unwrap()
    };
    let must = "Must provide valid appId, programType, and programId for each object: ";
    let kinds =
        format!("{must}'programType' must be one of [MapReduce, Workflow, Service, Spark, Worker, Custom]");
    let id = format!("{must}'programId' must be specified.");
    let nested = "Request body is invalid json: java.lang.IllegalStateException: Expected a string but was BEGIN_OBJECT";
    for (bad, status, text, started) in [
        (
            item("nosuch", "DataPipelineWorkflow", json!({})),
            404,
            "'applicationreference:default.nosuch' was not found.",
            1,
        ),
        (
            item(
                "cdf_mysql_to_bigquery",
                "DataPipelineWorkflow",
                json!({ "n": null }),
            ),
            500,
            "null value in entry: n=null",
            1,
        ),
        (
            item(
                "cdf_mysql_to_bigquery",
                "DataPipelineWorkflow",
                json!({ "system.profile.name": "a:b:c" }),
            ),
            500,
            "No enum constant io.cdap.cdap.proto.EntityScope.A",
            1,
        ),
        (
            item(
                "cdf_mysql_to_bigquery",
                "DataPipelineWorkflow",
                json!({ "n": { "a": 1 } }),
            ),
            400,
            nested,
            0,
        ),
        (
            json!({ "appId": "x", "programType": "workflows", "programId": "y" }),
            400,
            kinds.as_str(),
            0,
        ),
        (
            json!({ "appId": "x", "programType": "Workflow" }),
            400,
            id.as_str(),
            0,
        ),
        (
            Json::Null,
            500,
            "Cannot invoke \"io.cdap.cdap.proto.BatchProgram.validate()\" because \"program\" is null",
            0,
        ),
    ] {
        let before = count().await;
        let reply = server
            .post(&format!("{N}/start"), json!([good(), bad, good()]).to_string())
            .await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(reply.body.starts_with(text), "{reply:?}");
        assert_eq!(count().await - before, started, "{text}");
    }
}

#[tokio::test]
async fn a_single_start_has_an_empty_answer() {
    let server = start().await;
    for (body, status, text) in [
        ("", 200, ""),
        ("null", 200, ""),
        ("[]", 200, ""),
        (r#"{"n":5,"b":true}"#, 200, ""),
        (r#"{"n":null}"#, 500, "null value in entry: n=null"),
        (r#"{"input":"a","input":"b"}"#, 500, "duplicate key: input"),
        ("{", 500, "End of input at line 1 column 2"),
    ] {
        let reply = server.post(&format!("{P}/start"), body).await;
        assert_eq!((reply.status, reply.body.as_str()), (status, text), "{body}");
        if status == 200 {
            assert_eq!(reply.kind, "", "no content type");
        }
    }
    let word = server.post(&format!("{N}/apps/x/bogus/y/start"), "").await;
    let text =
        "Unknown category name 'bogus'. Must be one of mapreduce,spark,custom,workflows,services,workers";
    assert_eq!((word.status, word.body.as_str()), (400, text));
    let action = server.post(&format!("{P}/bogus"), "").await;
    assert_eq!(
        (action.status, action.body.as_str()),
        (404, "bogus action was not found")
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_get_errors_of_the_framework() {
    let server = start().await;
    let reply = server.get("/v3/nosuch").await;
    assert_eq!(
        (reply.status, reply.kind.as_str(), reply.body.as_str()),
        (404, "", "Problem accessing: /v3/nosuch. Reason: Not Found")
    );
    let reply = server.post("/v3/version", "").await;
    assert_eq!((reply.status, reply.body.as_str()), (405, "/v3/version"));
    assert_eq!(server.get("/v3/version/").await.body, r#"{"version":"6.11.0"}"#);
    assert_eq!(server.get("/v3/namespaces/%64efault").await.status, 200);
    assert_eq!(server.get("/ping").await.body, "OK.\n");
}

#[tokio::test]
async fn the_shipped_pipelines_have_their_preferences_and_keys() {
    let server = start().await;
    let resolved = server.get(&format!("{P}/preferences?resolved=true")).await.json();
    assert_eq!(
        resolved["cloudsql_connection_name"],
        "downbeat-sandbox:us-west1:sandbox"
    );
    assert_eq!(resolved["gcs_bucket"], "downbeat-sandbox-landing");
    assert_eq!(
        server.get(&format!("{N}/securekeys/mysql-password")).await.kind,
        "text/plain;charset=utf-8"
    );
    let found = format!(
        "{N}/artifacts/cdap-data-pipeline/versions/6.11.0/extensions/jdbc/plugins/cloudsql-mysql?scope=SYSTEM"
    );
    assert_eq!(
        server.get(&found).await.json()[0]["artifact"]["name"],
        "mysql-connector-java"
    );
    let missing = server.get(&found.replace("cloudsql-mysql", "nothing")).await;
    assert_eq!(
        (missing.status, missing.body.as_str()),
        (404, "'system:jdbc:nothing' was not found.")
    );
}

#[tokio::test]
async fn the_instance_says_where_cdap_is() {
    let server = start().await;
    let root = server.running.as_ref().unwrap().ready.datafusion.clone();
    let fetch = |path: &str| {
        let request = server.client.get(format!("{root}{path}"));
        async { request.send().await.unwrap().json::<Json>().await.unwrap() }
    };
    let instance = fetch("/v1/projects/downbeat-sandbox/locations/us-west1/instances/sandbox").await;
    assert_eq!(
        (&instance["state"], &instance["apiEndpoint"]),
        (&json!("ACTIVE"), &json!(server.base))
    );
    let beta = fetch("/v1beta1/projects/downbeat-sandbox/locations/us-west1/instances/sandbox").await;
    assert_eq!(beta["state"], "RUNNING");
    let list = fetch("/v1/projects/downbeat-sandbox/locations/-/instances").await;
    assert_eq!(list["instances"][0], instance);
    let missing = fetch("/v1/projects/downbeat-sandbox/locations/us-west1/instances/other").await;
    assert_eq!(
        (&missing["error"]["code"], &missing["error"]["status"]),
        (&json!(404), &json!("NOT_FOUND"))
    );
    let strange = fetch("/v1/projects/other/locations/us-west1/instances/sandbox").await;
    assert_eq!(
        (&strange["error"]["code"], &strange["error"]["status"]),
        (&json!(403), &json!("PERMISSION_DENIED"))
    );
}
