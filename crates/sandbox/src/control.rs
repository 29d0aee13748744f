//! `/sandbox/…`: shows and changes what goes wrong while the sandbox runs. No API of Google has these paths.
//!
//! `docs/scenarios.md` is the contract: scripts and tests rely on these paths and keys.

use super::cdap::Cdap;
use super::scenario::{Scenario, ServerFault, parse_duration, shipped};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long a killed control plane is away without `?away`; a real one needed 11.7 s (measured).
const DEFAULT_ABSENCE: Duration = Duration::from_secs(12);

/// The routes of `/sandbox`.
pub(super) fn router(cdap: Arc<Cdap>) -> Router {
    Router::new()
        .route(
            "/sandbox/scenario",
            get(scenario).put(replace_scenario).delete(end_scenario),
        )
        .route("/sandbox/faults", get(faults))
        .route("/sandbox/kill", post(kill))
        .route("/sandbox/redeploy", post(redeploy))
        .route("/sandbox/expire-tokens", post(expire_tokens))
        .with_state(cdap)
}

fn error(status: StatusCode, text: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, format!("{text}\n")).into_response()
}

fn json(value: &impl serde::Serialize) -> Response {
    let body = serde_json::to_string(value).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The rules and their counters.
async fn scenario(State(cdap): State<Arc<Cdap>>) -> Response {
    let injector = cdap.faults();
    let (title, rules) = injector.rule_statuses();
    json(&json!({
        "title": title, "away": injector.is_away(), "given": injector.injected().0, "rules": rules,
    }))
}

/// Starts another scenario: the text of a file, or the name of a shipped one.
async fn replace_scenario(State(cdap): State<Arc<Cdap>>, text: String) -> Response {
    let parsed = match shipped::parse(text.trim()) {
        Some(parsed) => parsed,
        None => Scenario::parse("scenario", &text),
    };
    match parsed {
        Ok(other) => {
            cdap.faults().replace(other);
            scenario(State(cdap)).await
        }
        Err(errors) => {
            let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
            error(StatusCode::BAD_REQUEST, &lines.join("\n"))
        }
    }
}

/// Ends the scenario. Runs keep the faults that were decided at their start.
async fn end_scenario(State(cdap): State<Arc<Cdap>>) -> Response {
    cdap.faults().replace(Scenario::default());
    scenario(State(cdap)).await
}

/// The last faults, oldest first.
async fn faults(State(cdap): State<Arc<Cdap>>) -> Response {
    let (total, last) = cdap.faults().injected();
    json(&json!({ "given": total, "faults": last }))
}

#[derive(Deserialize)]
struct KillParams {
    away: Option<String>,
}

/// Kills the control plane.
async fn kill(State(cdap): State<Arc<Cdap>>, Query(params): Query<KillParams>) -> Response {
    let away = match params.away.as_deref().map(parse_duration) {
        None => DEFAULT_ABSENCE,
        Some(Some(away)) => away,
        Some(None) => {
            return error(
                StatusCode::BAD_REQUEST,
                "away must be a duration such as 500ms, 2s, 3m or forever.",
            );
        }
    };
    cdap.faults().note_manual(&ServerFault::Kill(away));
    cdap.kill(away);
    json(&json!({ "away": format!("{away:?}") }))
}

/// Expires all issued tokens.
async fn expire_tokens(State(cdap): State<Arc<Cdap>>) -> Response {
    let injector = cdap.faults();
    injector.note_manual(&ServerFault::ExpireTokens);
    injector.expire_tokens();
    json(&json!({ "expiries": injector.token_expiries() }))
}

#[derive(Deserialize)]
struct RedeployParams {
    app: Option<String>,
    namespace: Option<String>,
}

/// Deploys an app again without changes.
async fn redeploy(State(cdap): State<Arc<Cdap>>, uri: Uri) -> Response {
    let Ok(Query(RedeployParams { app, namespace })) = Query::try_from_uri(&uri) else {
        return error(
            StatusCode::BAD_REQUEST,
            "Write ?app=NAME, and &namespace=NAME if it is not default.",
        );
    };
    let app = app.unwrap_or_else(|| "cdf_mysql_to_bigquery".to_owned());
    let namespace = namespace.unwrap_or_else(|| "default".to_owned());
    match cdap.redeploy(&namespace, &app) {
        Some(version) => {
            cdap.faults().note_manual(&ServerFault::Redeploy(app));
            json(&json!({ "version": version }))
        }
        None => error(
            StatusCode::NOT_FOUND,
            &format!("There is no app '{app}' in {namespace}."),
        ),
    }
}
