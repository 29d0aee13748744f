//! Google's token endpoint, for refresh tokens and signed assertions, and the metadata server of a virtual machine, so
//! that clients with ordinary credentials work.
//!
//! ```text
//!   POST /token  grant_type=refresh_token | urn:ietf:params:oauth:grant-type:jwt-bearer  → a token
//!   GET  /computeMetadata/v1/instance/service-accounts/default/token                     → a token
//! ```
//!
//! Every request gets a token: signatures and refresh tokens are not checked, and the APIs accept other tokens and
//! none. The sandbox's tokens contain their expiry and the number of forced expiries when they were issued
//! (`FaultInjector::expire_tokens`); `server/fault_layer.rs` refuses an expired one.

mod metadata;
mod token;

pub(super) use token::Token;

use super::params::Params;
use super::resource_names::ResourceNames;
use super::scenario::injector::FaultInjector;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The scope of all Google Cloud APIs.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The longest lifetime of an assertion in seconds: an hour, and 5 minutes of clock difference.
const MAX_LIFETIME: i64 = 3600 + 300;

/// What the handlers share.
#[derive(Debug)]
struct ApiState {
    faults: Arc<FaultInjector>,
    project: String,
}

impl ApiState {
    /// The service account of every caller.
    fn email(&self) -> String {
        format!("sandbox@{}.iam.gserviceaccount.com", self.project)
    }

    fn issue_token(&self) -> Token {
        Token::new(self.faults.token_expiries())
    }
}

/// The token endpoint and the metadata server.
pub(super) fn router(faults: Arc<FaultInjector>, names: &ResourceNames) -> Router {
    let state = Arc::new(ApiState {
        faults,
        project: names.project.clone(),
    });
    Router::new()
        .route("/token", post(token))
        .route("/", get(metadata::root))
        .route("/computeMetadata", get(metadata::root))
        .route("/computeMetadata/v1", get(metadata::answer))
        .route("/computeMetadata/v1/", get(metadata::answer))
        .route("/computeMetadata/v1/{*path}", get(metadata::answer))
        .with_state(state)
}

fn respond(status: StatusCode, body: &Json) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (
            header::CACHE_CONTROL,
            "no-cache, no-store, max-age=0, must-revalidate",
        ),
    ];
    (status, headers, body.to_string()).into_response()
}

fn error_response(error: &str, description: &str) -> Response {
    respond(
        StatusCode::BAD_REQUEST,
        &json!({"error": error, "error_description": description}),
    )
}

async fn token(State(state): State<Arc<ApiState>>, body: String) -> Response {
    let scope = match granted_scope(&Params::parse(&body)) {
        Ok(scope) => scope,
        Err((error, description)) => return error_response(error, &description),
    };
    let token = state.issue_token();
    respond(
        StatusCode::OK,
        &json!({
            "access_token": token.to_string(),
            "expires_in": token.seconds_left(),
            "scope": scope,
            "token_type": "Bearer",
        }),
    )
}

/// The scope of the token that the form asks for, or the OAuth error and its description.
fn granted_scope(form: &Params) -> Result<String, (&'static str, String)> {
    match form.text("grant_type") {
        Some("refresh_token") if form.text("refresh_token").is_some() => {
            Ok(form.text("scope").unwrap_or(SCOPE).to_owned())
        }
        Some("refresh_token") => Err((
            "invalid_request",
            "Missing required parameter: refresh_token".into(),
        )),
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            let assertion = form.text("assertion").unwrap_or_default();
            let claims = claims(assertion, chrono::Utc::now().timestamp())
                .map_err(|text| ("invalid_grant", text.to_owned()))?;
            if claims["target_audience"].is_string() {
                let text = "The sandbox does not issue ID tokens";
                return Err(("invalid_request", text.into()));
            }
            Ok(claims["scope"].as_str().unwrap_or(SCOPE).to_owned())
        }
        Some(other) => Err(("unsupported_grant_type", format!("Invalid grant_type: {other}"))),
        None => Err((
            "invalid_request",
            "Required parameter is missing: grant_type".into(),
        )),
    }
}

/// The claims of a signed assertion. Its signature is not checked.
fn claims(assertion: &str, now: i64) -> Result<Json, &'static str> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [_, claims, _] = parts[..] else {
        return Err("Invalid JWT: it must have three parts.");
    };
    let claims: Option<Json> = URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let claims = claims.ok_or("Invalid JWT: its claims are not JSON.")?;
    let times = claims["iat"].as_i64().zip(claims["exp"].as_i64());
    let is_valid = times.is_some_and(|(issued, expires)| {
        expires > now && issued < now + 300 && expires - issued <= MAX_LIFETIME
    });
    if is_valid {
        Ok(claims)
    } else {
        // The text is a guess: it is not recorded.
        Err(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
             Check your iat and exp values in the JWT claim.",
        )
    }
}

#[cfg(test)]
mod tests;
