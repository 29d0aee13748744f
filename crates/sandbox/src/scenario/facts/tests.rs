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
        let facts = Facts::of(method, path).unwrap();
        assert_eq!(
            (facts.service, facts.operation, facts.run),
            (service, operation, run),
            "{method} {path}"
        );
        assert!(
            operation.is_empty() || super::operation(service, operation),
            "{operation}"
        );
    }
    for path in ["/sandbox/scenario", "/", "/apiary", "/v9/x"] {
        assert_eq!(Facts::of("GET", path), None, "{path}");
    }
}

#[test]
fn a_start_is_about_its_runs() {
    let fit = |source: &str| Fit {
        arguments: [("data_source".to_owned(), source.to_owned())].into(),
        ..Fit::default()
    };
    let path = "/api/v3/namespaces/default/start";
    let body =
        r#"[{"appId":"a","runtimeargs":{"data_source":"x"}},{"runtimeargs":{"data_source":"ticket"}}]"#;
    let facts = Facts::of("POST", path).unwrap().with_body(body);
    assert!(facts.fits(&fit("ticket")) && !facts.fits(&fit("y")));
    assert_eq!(facts.key("data_source"), "x");
    let single = "/api/v3/namespaces/n/apps/a/workflows/W/start";
    let facts = Facts::of("POST", single)
        .unwrap()
        .with_body(r#"{"data_source":"ticket"}"#);
    assert!(facts.fits(&fit("ticket")));
    let list = Facts::of("GET", "/api/v3/namespaces/n/apps/a/workflows/W/runs").unwrap();
    assert!(!list.fits(&fit("ticket")), "a list is about no run");
}

#[test]
fn stars_stand_for_anything() {
    for (pattern, text, fits) in [
        ("/a/*/c", "/a/b/c", true),
        ("/a/*", "/a/b/c", true),
        ("*", "", true),
        ("/a", "/a/b", false),
        ("*é*", "caféx", true),
        ("*a*b", "aab", true),
        ("*a*c", "aab", false),
    ] {
        assert_eq!(like(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn an_object_is_met_on_every_way_to_it() {
    for (path, operation) in [
        ("/storage/v1/b/bucket/o", "objects"),
        ("/download/storage/v1/b/bucket/o/x", "object"),
        ("/upload/storage/v1/b/bucket/o", "upload"),
        ("/my-bucket/o/x", "object"),
    ] {
        let facts = Facts::of("GET", path).unwrap();
        assert_eq!(
            (facts.service, facts.operation),
            (Service::Storage, operation),
            "{path}"
        );
    }
}
