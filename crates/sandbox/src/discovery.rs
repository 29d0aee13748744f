//! Discovery documents, from which `bq` and googleapiclient build their clients.
//!
//! They are Google's, trimmed to the methods that the sandbox has (`assets/discovery/trim.py`), with the sandbox's
//! address. All APIs share one port, so `/$discovery/rest` chooses by version: `v2` is BigQuery's, `v1` and
//! `v1beta1` are Data Fusion's.

use super::body::base_url;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// API, version, document.
const DOCUMENTS: [(&str, &str, &str); 4] = [
    (
        "datafusion",
        "v1",
        include_str!("../assets/discovery/datafusion.v1.json"),
    ),
    (
        "datafusion",
        "v1beta1",
        include_str!("../assets/discovery/datafusion.v1beta1.json"),
    ),
    (
        "bigquery",
        "v2",
        include_str!("../assets/discovery/bigquery.v2.json"),
    ),
    (
        "storage",
        "v1",
        include_str!("../assets/discovery/storage.v1.json"),
    ),
];

/// The discovery API and `/$discovery/rest`.
pub(super) fn router() -> Router {
    Router::new()
        .route("/$discovery/rest", get(by_version))
        .route("/%24discovery/rest", get(by_version))
        .route("/discovery/v1/apis", get(directory))
        .route("/discovery/v1/apis/{api}/{version}/rest", get(by_name))
}

#[derive(Deserialize)]
struct Params {
    version: Option<String>,
}

async fn by_version(Query(params): Query<Params>, headers: HeaderMap) -> Response {
    let version = params.version.unwrap_or_else(|| "v1".to_owned());
    answer(document("", &version), &headers)
}

async fn by_name(Path((api, version)): Path<(String, String)>, headers: HeaderMap) -> Response {
    answer(document(&api, &version), &headers)
}

/// The first document of this version, and of this API unless it is empty.
fn document(api: &str, version: &str) -> Option<Json> {
    let mut found = DOCUMENTS
        .iter()
        .filter(|(known, of_version, _)| (api.is_empty() || *known == api) && *of_version == version);
    found
        .next()
        .and_then(|(_, _, text)| serde_json::from_str(text).ok())
}

fn answer(document: Option<Json>, headers: &HeaderMap) -> Response {
    let Some(mut document) = document else {
        let text = "Requested entity was not found.";
        let body = json!({"error": {"code": 404, "message": text, "status": "NOT_FOUND"}});
        return (StatusCode::NOT_FOUND, axum::Json(body)).into_response();
    };
    let root = format!("{}/", base_url(headers));
    let service = document["servicePath"].as_str().unwrap_or_default();
    document["baseUrl"] = format!("{root}{service}").into();
    document["rootUrl"] = root.into();
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    (content_type, document.to_string()).into_response()
}

async fn directory(headers: HeaderMap) -> Response {
    let base = base_url(&headers);
    let items: Vec<Json> = DOCUMENTS
        .iter()
        .map(|(api, version, _)| {
            json!({
                "kind": "discovery#directoryItem", "id": format!("{api}:{version}"), "name": api,
                "version": version, "preferred": *version != "v1beta1",
                "discoveryRestUrl": format!("{base}/discovery/v1/apis/{api}/{version}/rest"),
            })
        })
        .collect();
    let body = json!({"kind": "discovery#directoryList", "discoveryVersion": "v1", "items": items});
    axum::Json(body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_contains_what_it_refers_to() {
        for (api, version, text) in DOCUMENTS {
            let document: Json = serde_json::from_str(text).unwrap();
            assert_eq!(
                (&document["name"], &document["version"]),
                (&json!(api), &json!(version))
            );
            for name in references(&document) {
                assert!(document["schemas"][&name].is_object(), "{api}: {name}");
            }
        }
        assert_eq!(document("", "v2").unwrap()["name"], "bigquery");
        assert_eq!(document("", "v1").unwrap()["name"], "datafusion");
        assert_eq!(document("storage", "v1").unwrap()["servicePath"], "storage/v1/");
        assert!(document("compute", "v1").is_none());
    }

    fn references(value: &Json) -> Vec<String> {
        match value {
            Json::Object(fields) => {
                let own = fields.get("$ref").and_then(Json::as_str).map(str::to_owned);
                own.into_iter()
                    .chain(fields.values().flat_map(references))
                    .collect()
            }
            Json::Array(items) => items.iter().flat_map(references).collect(),
            _ => Vec::new(),
        }
    }
}
