//! The metadata server of a virtual machine: its project, its service account and tokens
//! (cloud.google.com/compute/docs/metadata/querying-metadata).

use super::{ApiState, SCOPE};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The header by which clients recognise a metadata server.
const FLAVOR: (&str, &str) = ("metadata-flavor", "Google");

/// A metadata value.
enum Metadata {
    Text(String),
    Json(Json),
}

/// Clients request this to detect a metadata server.
pub(super) async fn root() -> Response {
    text(StatusCode::OK, "computeMetadata/\n".into())
}

pub(super) async fn answer(State(state): State<Arc<ApiState>>, uri: Uri, headers: HeaderMap) -> Response {
    if headers.get(FLAVOR.0).is_none_or(|flavor| flavor != FLAVOR.1) {
        return text(
            StatusCode::FORBIDDEN,
            "Missing Metadata-Flavor:Google header.\n".into(),
        );
    }
    let path = uri.path().strip_prefix("/computeMetadata/v1").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_recursive = uri
        .query()
        .is_some_and(|query| query.to_ascii_lowercase().contains("recursive=true"));
    match state.metadata(&segments, is_recursive) {
        Some(Metadata::Text(body)) => text(StatusCode::OK, body),
        Some(Metadata::Json(body)) => {
            let headers = [("content-type", "application/json"), FLAVOR];
            (headers, body.to_string()).into_response()
        }
        None => text(StatusCode::NOT_FOUND, "Not Found\n".into()),
    }
}

fn text(status: StatusCode, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE.as_str(), "application/text"), FLAVOR];
    (status, headers, body).into_response()
}

impl ApiState {
    fn metadata(&self, segments: &[&str], is_recursive: bool) -> Option<Metadata> {
        let email = self.email();
        Some(match segments {
            [] => Metadata::Text("instance/\nproject/\nuniverse/\n".into()),
            ["project", "project-id"] => Metadata::Text(self.project.clone()),
            ["project", "numeric-project-id"] => Metadata::Text("1".into()),
            ["universe", "universe-domain" | "universe_domain"] => Metadata::Text("googleapis.com".into()),
            ["instance", "id"] => Metadata::Text("1".into()),
            ["instance", "name"] => Metadata::Text("sandbox".into()),
            ["instance", "zone"] => Metadata::Text("projects/1/zones/us-west1-a".into()),
            ["instance", "service-accounts"] if is_recursive => {
                Metadata::Json(json!({"default": self.account(), email: self.account()}))
            }
            ["instance", "service-accounts"] => Metadata::Text(format!("default/\n{email}/\n")),
            ["instance", "service-accounts", name, rest @ ..] if *name == "default" || *name == email => {
                match rest {
                    [] if is_recursive => Metadata::Json(self.account()),
                    [] => Metadata::Text("aliases\nemail\nscopes\ntoken\n".into()),
                    ["aliases"] => Metadata::Text("default\n".into()),
                    ["email"] => Metadata::Text(email),
                    ["scopes"] => Metadata::Text(format!("{SCOPE}\n")),
                    ["token"] => {
                        let token = self.issue_token();
                        Metadata::Json(json!({
                            "access_token": token.to_string(),
                            "expires_in": token.seconds_left(),
                            "token_type": "Bearer",
                        }))
                    }
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    fn account(&self) -> Json {
        json!({"aliases": ["default"], "email": self.email(), "scopes": [SCOPE]})
    }
}
