//! What belongs to others is refused in Google's words, and says whose sandbox refuses it.

#[expect(dead_code, clippy::unwrap_used, reason = "shared with other tests")]
#[path = "support/served.rs"]
mod served;

use served::Served;

const QUERY: &str = r#"{"query": "SELECT 1", "useLegacySql": false}"#;
const FOREIGN_QUERY: &str = r#"{"query": "SELECT * FROM `other.d.t`", "useLegacySql": false}"#;

/// What belongs to others: method, path, body, status and words of the answer.
const FOREIGN: [(&str, &str, &str, u16, &str); 16] = [
    (
        "GET",
        "/v1/projects/other/locations/us-west1/instances/x",
        "",
        403,
        "Permission 'datafusion.instances.get' denied on",
    ),
    (
        "GET",
        "/v1/projects/downbeat-sandbox/locations/us-west1/instances/x",
        "",
        404,
        "' was not found",
    ),
    (
        "GET",
        "/v1/projects/downbeat-sandbox/locations/europe-west1/instances/sandbox",
        "",
        404,
        "' was not found",
    ),
    (
        "POST",
        "/bigquery/v2/projects/other/queries",
        QUERY,
        403,
        "User does not have bigquery.jobs.create permission",
    ),
    (
        "POST",
        "/bigquery/v2/projects/downbeat-sandbox/queries",
        FOREIGN_QUERY,
        403,
        "User does not have permission to query table",
    ),
    (
        "GET",
        "/bigquery/v2/projects/other/datasets",
        "",
        403,
        "User does not have bigquery.datasets.list",
    ),
    (
        "GET",
        "/bigquery/v2/projects/other/datasets/d",
        "",
        403,
        "Permission bigquery.datasets.get denied",
    ),
    (
        "GET",
        "/bigquery/v2/projects/other/datasets/d/tables/t",
        "",
        403,
        "Permission bigquery.tables.get denied",
    ),
    (
        "GET",
        "/storage/v1/b?project=other",
        "",
        403,
        "Permission 'storage.buckets.list' denied",
    ),
    (
        "POST",
        "/storage/v1/b?project=other",
        r#"{"name": "abc"}"#,
        403,
        "Permission 'storage.buckets.create' denied",
    ),
    (
        "GET",
        "/storage/v1/b/others-bucket",
        "",
        404,
        "The specified bucket does not exist.",
    ),
    (
        "GET",
        "/others-bucket/object",
        "",
        404,
        "The specified bucket does not exist.",
    ),
    (
        "GET",
        "/v1/projects/other/services",
        "",
        403,
        "The caller does not have permission",
    ),
    (
        "GET",
        "/v3/projects/other",
        "",
        403,
        "The caller does not have permission",
    ),
    (
        "GET",
        "/v1/projects/other/serviceAccounts",
        "",
        403,
        "The caller does not have permission",
    ),
    (
        "GET",
        "/compute/v1/projects/other/regions/us-west1",
        "",
        403,
        "Required permission on",
    ),
];

#[test]
fn other_projects_are_told_whose_sandbox_this_is() {
    let sandbox = Served::start();
    for (method, path, body, status, words) in FOREIGN {
        let (told, answer) = sandbox.ask(method, path, body);
        assert_eq!(told, status, "{path}: {answer}");
        assert!(answer.contains(words), "{path}: {answer}");
        assert!(
            answer.contains("This is Downbeat's sandbox, not Google: its only project is downbeat-sandbox."),
            "{path}: {answer}"
        );
    }
}
