//! Requests by their names, runs by their arguments.

use super::*;

#[test]
fn calls_have_names() {
    const APP: &str = "/api/v3/namespaces/default/apps/a";
    let program = format!("{APP}/workflows/DataPipelineWorkflow");
    let version = format!("{APP}/versions/v/workflows/DataPipelineWorkflow/runs");
    for (method, path, service, operation, run) in [
        (
            "POST",
            "/api/v3/namespaces/default/start",
            Service::Cdap,
            "start",
            None,
        ),
        ("POST", &format!("{program}/start"), Service::Cdap, "start", None),
        ("GET", &format!("{program}/runs"), Service::Cdap, "list", None),
        ("GET", &version, Service::Cdap, "list", None),
        (
            "GET",
            &format!("{program}/runs/r"),
            Service::Cdap,
            "record",
            Some("r"),
        ),
        (
            "POST",
            &format!("{program}/runs/r/stop"),
            Service::Cdap,
            "stop",
            Some("r"),
        ),
        (
            "GET",
            &format!("{program}/runs/r/logs/next"),
            Service::Cdap,
            "logs",
            Some("r"),
        ),
        (
            "GET",
            &format!("{program}/runs/r/nodes/state"),
            Service::Cdap,
            "nodes",
            Some("r"),
        ),
        ("POST", "/api/v3/metrics/query", Service::Cdap, "metrics", None),
        ("PUT", APP, Service::Cdap, "deploy", None),
        ("GET", APP, Service::Cdap, "app", None),
        ("GET", "/api/v3/version", Service::Cdap, "", None),
        (
            "POST",
            "/bigquery/v2/projects/p/queries",
            Service::BigQuery,
            "query",
            None,
        ),
        (
            "POST",
            "/bigquery/v2/projects/p/jobs",
            Service::BigQuery,
            "insert",
            None,
        ),
        (
            "GET",
            "/bigquery/v2/projects/p/jobs/j",
            Service::BigQuery,
            "job",
            None,
        ),
        (
            "GET",
            "/v1/projects/p/locations/l/instances/i",
            Service::DataFusion,
            "instance",
            None,
        ),
        ("GET", "/my-bucket/o/x", Service::Storage, "object", None),
    ] {
        let request = ApiRequest::new(method, path).unwrap();
        assert_eq!(
            (request.service, request.operation, request.run),
            (service, operation, run),
            "{method} {path}"
        );
        assert!(
            operation.is_empty() || has_operation(service, operation),
            "{operation}"
        );
    }
    for path in ["/sandbox/scenario", "/", "/apiary", "/v9/x"] {
        assert_eq!(ApiRequest::new("GET", path), None, "{path}");
    }
}

#[test]
fn a_start_is_about_its_runs() {
    let matcher = |source: &str| RequestMatcher {
        arguments: [("data_source".to_owned(), source.to_owned())].into(),
        ..RequestMatcher::default()
    };
    let path = "/api/v3/namespaces/default/start";
    let body =
        r#"[{"appId":"a","runtimeargs":{"data_source":"x"}},{"runtimeargs":{"data_source":"ticket"}}]"#;
    let request = ApiRequest::new("POST", path).unwrap().with_body(body);
    assert!(request.matches(&matcher("ticket")) && !request.matches(&matcher("y")));
    assert_eq!(request.key("data_source"), "x");
    let single = "/api/v3/namespaces/n/apps/a/workflows/W/start";
    let request = ApiRequest::new("POST", single)
        .unwrap()
        .with_body(r#"{"data_source":"ticket"}"#);
    assert!(request.matches(&matcher("ticket")));
    let list = ApiRequest::new("GET", "/api/v3/namespaces/n/apps/a/workflows/W/runs").unwrap();
    assert!(!list.matches(&matcher("ticket")), "a list is about no run");
}

#[test]
fn stars_match_any_characters() {
    for (pattern, text, fits) in [
        ("/a/*/c", "/a/b/c", true),
        ("/a/*", "/a/b/c", true),
        ("*", "", true),
        ("/a", "/a/b", false),
        ("*é*", "caféx", true),
        ("*a*b", "aab", true),
        ("*a*c", "aab", false),
    ] {
        assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn an_object_is_recognized_by_each_of_its_paths() {
    for (path, operation) in [
        ("/storage/v1/b/bucket/o", "objects"),
        ("/download/storage/v1/b/bucket/o/x", "object"),
        ("/upload/storage/v1/b/bucket/o", "upload"),
        ("/my-bucket/o/x", "object"),
    ] {
        let request = ApiRequest::new("GET", path).unwrap();
        assert_eq!(
            (request.service, request.operation),
            (Service::Storage, operation),
            "{path}"
        );
    }
}
