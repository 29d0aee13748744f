//! `/sandbox/…`: what goes wrong, looked at and changed while the sandbox runs. No path of Google's.
//!
//! `docs/scenarios.md` is the contract: scripts and tests rely on these paths and keys.

use super::cdap::Cdap;
use super::scenario::{Happening, Scenario, named, span};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long a killed control plane is away if nobody says; a real one needed 11.7 s (measured).
const AWAY: Duration = Duration::from_secs(12);

/// The paths.
pub(super) fn router(cdap: Arc<Cdap>) -> Router {
    Router::new()
        .route("/sandbox/scenario", get(scenario).put(play).delete(end))
        .route("/sandbox/faults", get(faults))
        .route("/sandbox/kill", post(kill))
        .route("/sandbox/redeploy", post(redeploy))
        .route("/sandbox/expire-tokens", post(expire_tokens))
        .with_state(cdap)
}

fn refuse(status: StatusCode, text: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, format!("{text}\n")).into_response()
}

fn json(value: &impl serde::Serialize) -> Response {
    let body = serde_json::to_string(value).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The rules and their counters.
async fn scenario(State(cdap): State<Arc<Cdap>>) -> Response {
    let (title, rules) = cdap.faults().standings();
    json(&json!({
        "title": title, "away": cdap.faults().is_away(), "given": cdap.faults().given().0, "rules": rules,
    }))
}

/// Another scenario, from its beginning: the text of a file, or the name of a shipped one.
async fn play(State(cdap): State<Arc<Cdap>>, text: String) -> Response {
    let read = match named(text.trim()) {
        Some(shipped) => shipped,
        None => Scenario::read("scenario", &text),
    };
    match read {
        Ok(read) => {
            cdap.faults().play(read);
            scenario(State(cdap)).await
        }
        Err(mistakes) => {
            let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            refuse(StatusCode::BAD_REQUEST, &lines.join("\n"))
        }
    }
}

/// Nothing goes wrong any more. What runs were given at their start stays with them.
async fn end(State(cdap): State<Arc<Cdap>>) -> Response {
    cdap.faults().play(Scenario::default());
    scenario(State(cdap)).await
}

/// The last faults, oldest first.
async fn faults(State(cdap): State<Arc<Cdap>>) -> Response {
    let (given, last) = cdap.faults().given();
    json(&json!({ "given": given, "faults": last }))
}

#[derive(Deserialize)]
struct Away {
    away: Option<String>,
}

/// Kills the control plane.
async fn kill(State(cdap): State<Arc<Cdap>>, Query(Away { away }): Query<Away>) -> Response {
    let away = match away.as_deref().map(span) {
        None => AWAY,
        Some(Some(away)) => away,
        Some(None) => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "away is a span such as 500ms, 2s, 3m or forever.",
            );
        }
    };
    cdap.faults().by_hand(&Happening::Kill(away));
    cdap.kill(away);
    json(&json!({ "away": format!("{away:?}") }))
}

/// Ends all tokens that were given out.
async fn expire_tokens(State(cdap): State<Arc<Cdap>>) -> Response {
    cdap.faults().by_hand(&Happening::ExpireTokens);
    cdap.faults().expire_tokens();
    json(&json!({ "expiries": cdap.faults().expiries() }))
}

#[derive(Deserialize)]
struct App {
    app: Option<String>,
    namespace: Option<String>,
}

/// Deploys an app again as it is.
async fn redeploy(State(cdap): State<Arc<Cdap>>, uri: Uri) -> Response {
    let Ok(Query(App { app, namespace })) = Query::try_from_uri(&uri) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Write ?app=NAME, and &namespace=NAME if it is not default.",
        );
    };
    let app = app.unwrap_or_else(|| "cdf_mysql_to_bigquery".to_owned());
    let namespace = namespace.unwrap_or_else(|| "default".to_owned());
    match cdap.redeploy(&namespace, &app) {
        Some(version) => {
            cdap.faults().by_hand(&Happening::Redeploy(app));
            json(&json!({ "version": version }))
        }
        None => refuse(
            StatusCode::NOT_FOUND,
            &format!("There is no app '{app}' in {namespace}."),
        ),
    }
}
