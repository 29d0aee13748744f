//! Requests to a sandbox that is served in this process: the bodies that its APIs read.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, Method, StatusCode};
use sandbox::{Sandbox, Settings};
use std::cell::RefCell;
use std::time::Duration;
use tokio::runtime::Runtime;

/// After how many requests another sandbox takes over, so that what was made does not add up.
const REQUESTS: usize = 2_000;

/// No request takes longer than this to be answered.
const DEADLINE: Duration = Duration::from_secs(20);

const PROJECT: &str = "downbeat-sandbox";

/// The calls whose bodies are read, by the first byte of the data.
const CALLS: [(&str, &str); 28] = [
    ("POST", "/bigquery/v2/projects/{project}/queries"),
    ("POST", "/bigquery/v2/projects/{project}/jobs"),
    ("POST", "/bigquery/v2/projects/{project}/datasets"),
    (
        "POST",
        "/bigquery/v2/projects/{project}/datasets/cdf_output/tables",
    ),
    (
        "PATCH",
        "/bigquery/v2/projects/{project}/datasets/cdf_output/tables/landing",
    ),
    (
        "POST",
        "/bigquery/v2/projects/{project}/datasets/cdf_output/tables/landing/insertAll",
    ),
    (
        "POST",
        "/upload/bigquery/v2/projects/{project}/jobs?uploadType=multipart",
    ),
    ("POST", "/storage/v1/b?project={project}"),
    ("PATCH", "/storage/v1/b/{project}-landing"),
    (
        "POST",
        "/upload/storage/v1/b/{project}-landing/o?uploadType=multipart",
    ),
    (
        "POST",
        "/upload/storage/v1/b/{project}-landing/o?uploadType=resumable&name=a",
    ),
    (
        "POST",
        "/upload/storage/v1/b/{project}-landing/o?uploadType=media&name=a",
    ),
    ("POST", "/storage/v1/b/{project}-landing/o/a/compose"),
    ("POST", "/batch/storage/v1"),
    (
        "POST",
        "/v1/projects/{project}/locations/us-west1/instances?instanceId=i",
    ),
    (
        "PATCH",
        "/v1/projects/{project}/locations/us-west1/instances/sandbox",
    ),
    ("POST", "/v1/projects/{project}:setIamPolicy"),
    ("POST", "/v1/projects/{project}/services:batchEnable"),
    ("PUT", "/api/v3/namespaces/default/apps/a"),
    ("POST", "/api/v3/namespaces/default/artifacts/a"),
    (
        "PUT",
        "/api/v3/namespaces/default/apps/cdf_mysql_to_bigquery/schedules/s",
    ),
    ("PUT", "/api/v3/namespaces/default/preferences"),
    ("PUT", "/api/v3/namespaces/default/securekeys/k"),
    ("POST", "/api/v3/namespaces/default/status"),
    ("POST", "/api/v3/metrics/query"),
    (
        "POST",
        "/api/v3/namespaces/system/apps/pipeline/services/studio/methods/v1/contexts/default/validations/pipeline",
    ),
    (
        "POST",
        "/api/v3/namespaces/system/apps/pipeline/services/studio/methods/v1/contexts/default/validations/stage",
    ),
    ("POST", "/token"),
];

/// What the body says it is, by the second byte.
const TYPES: [(&str, &str); 6] = [
    ("application/json", "identity"),
    ("application/json", "gzip"),
    ("multipart/related; boundary=b", "identity"),
    ("multipart/mixed; boundary=b", "identity"),
    ("application/x-www-form-urlencoded", "identity"),
    ("application/octet-stream", "gzip"),
];

thread_local! {
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

struct Served {
    base: String,
    client: Client,
    asked: usize,
    // Ends before the runtime that it runs on.
    _sandbox: Sandbox,
    runtime: Runtime,
}

impl Served {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(Settings::default())).unwrap();
        Self {
            base: sandbox.ready().bigquery.clone(),
            client: Client::builder().no_proxy().timeout(DEADLINE).build().unwrap(),
            asked: 0,
            _sandbox: sandbox,
            runtime,
        }
    }

    fn ask(&mut self, call: usize, kind: usize, body: &[u8]) {
        let (method, path) = CALLS[call % CALLS.len()];
        let (content_type, encoding) = TYPES[kind % TYPES.len()];
        let url = format!("{}{}", self.base, path.replace("{project}", PROJECT));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, url);
        let request = request
            .header(CONTENT_TYPE, content_type)
            .header(CONTENT_ENCODING, encoding)
            .body(body.to_vec());
        let answered = self.runtime.block_on(async {
            let response = request.send().await?;
            let failed = response.status() == StatusCode::INTERNAL_SERVER_ERROR;
            let body = response.bytes().await?;
            // What panics is answered with 500. CDAP itself answers some wrong bodies so, with a text.
            let is_broken = failed && (body.is_empty() || !path.starts_with("/api/"));
            Ok::<_, reqwest::Error>((is_broken, body))
        });
        assert!(matches!(answered, Ok((false, _))), "{path}: {answered:?}");
        self.asked += 1;
    }
}

/// The body of a request; the first two bytes choose the call and what the body says it is.
pub fn requests(data: &[u8]) {
    let [call, kind, body @ ..] = data else { return };
    SERVED.with_borrow_mut(|served| {
        if served.as_ref().is_none_or(|served| served.asked >= REQUESTS) {
            // The old one ends before the new one begins.
            *served = None;
            *served = Some(Served::new());
        }
        if let Some(served) = served {
            served.ask(usize::from(*call), usize::from(*kind), body);
        }
    });
}
