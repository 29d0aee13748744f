//! A virtual machine's metadata server: who one is, in which project, and a token
//! (cloud.google.com/compute/docs/metadata/querying-metadata).

use super::{Accounts, SCOPE};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What clients know a metadata server by.
const FLAVOR: (&str, &str) = ("metadata-flavor", "Google");

/// An answer's form.
enum Form {
    Text(String),
    Json(Json),
}

/// Clients look here whether there is such a server at all.
pub(super) async fn root() -> Response {
    text(StatusCode::OK, "computeMetadata/\n".into())
}

pub(super) async fn answer(State(accounts): State<Arc<Accounts>>, uri: Uri, headers: HeaderMap) -> Response {
    if headers.get(FLAVOR.0).is_none_or(|flavor| flavor != FLAVOR.1) {
        return text(
            StatusCode::FORBIDDEN,
            "Missing Metadata-Flavor:Google header.\n".into(),
        );
    }
    let path = uri.path().strip_prefix("/computeMetadata/v1").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let whole = uri
        .query()
        .is_some_and(|query| query.to_ascii_lowercase().contains("recursive=true"));
    match accounts.told(&segments, whole) {
        Some(Form::Text(body)) => text(StatusCode::OK, body),
        Some(Form::Json(body)) => {
            let kind = [("content-type", "application/json"), FLAVOR];
            (kind, body.to_string()).into_response()
        }
        None => text(StatusCode::NOT_FOUND, "Not Found\n".into()),
    }
}

fn text(status: StatusCode, body: String) -> Response {
    let kind = [(header::CONTENT_TYPE.as_str(), "application/text"), FLAVOR];
    (status, kind, body).into_response()
}

impl Accounts {
    fn told(&self, segments: &[&str], whole: bool) -> Option<Form> {
        let email = self.email();
        Some(match segments {
            [] => Form::Text("instance/\nproject/\nuniverse/\n".into()),
            ["project", "project-id"] => Form::Text(self.project.clone()),
            ["project", "numeric-project-id"] => Form::Text("1".into()),
            ["universe", "universe-domain" | "universe_domain"] => Form::Text("googleapis.com".into()),
            ["instance", "id"] => Form::Text("1".into()),
            ["instance", "name"] => Form::Text("sandbox".into()),
            ["instance", "zone"] => Form::Text("projects/1/zones/us-west1-a".into()),
            ["instance", "service-accounts"] if whole => {
                Form::Json(json!({"default": self.account(), email: self.account()}))
            }
            ["instance", "service-accounts"] => Form::Text(format!("default/\n{email}/\n")),
            ["instance", "service-accounts", who, rest @ ..] if *who == "default" || *who == email => {
                match rest {
                    [] if whole => Form::Json(self.account()),
                    [] => Form::Text("aliases\nemail\nscopes\ntoken\n".into()),
                    ["aliases"] => Form::Text("default\n".into()),
                    ["email"] => Form::Text(email),
                    ["scopes"] => Form::Text(format!("{SCOPE}\n")),
                    ["token"] => {
                        let token = self.grant();
                        Form::Json(json!({
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
