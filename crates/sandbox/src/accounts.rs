//! Google's accounts: access tokens for refresh tokens and signed assertions, and a virtual machine's
//! metadata server, so that clients with ordinary credentials work.
//!
//! ```text
//!   POST /token  grant_type=refresh_token | urn:ietf:params:oauth:grant-type:jwt-bearer  → a token
//!   GET  /computeMetadata/v1/instance/service-accounts/default/token                     → a token
//! ```
//!
//! Anybody gets one: signatures and refresh tokens are not checked, and APIs go on taking foreign tokens and
//! none. A token of ours says in itself when it ends and how many times tokens had been expired when it
//! was made (`FaultInjector::expire_tokens`); `server/fault_layer.rs` refuses it when it is over.

mod metadata;
mod token;

pub(super) use token::Token;

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

/// The scope that opens everything.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// An assertion may be for an hour, and clocks may differ a little.
const LONGEST: i64 = 3600 + 300;

/// Who gives tokens out.
#[derive(Debug)]
struct Accounts {
    faults: Arc<FaultInjector>,
    project: String,
}

impl Accounts {
    /// The service account that everybody is.
    fn email(&self) -> String {
        format!("sandbox@{}.iam.gserviceaccount.com", self.project)
    }

    fn grant(&self) -> Token {
        Token::new(self.faults.token_expiries())
    }
}

/// The paths of tokens and metadata.
pub(super) fn router(faults: Arc<FaultInjector>, names: &ResourceNames) -> Router {
    let accounts = Arc::new(Accounts {
        faults,
        project: names.project.clone(),
    });
    Router::new()
        .route("/token", post(grant))
        .route("/", get(metadata::root))
        .route("/computeMetadata", get(metadata::root))
        .route("/computeMetadata/v1", get(metadata::answer))
        .route("/computeMetadata/v1/", get(metadata::answer))
        .route("/computeMetadata/v1/{*path}", get(metadata::answer))
        .with_state(accounts)
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

fn refuse(error: &str, description: &str) -> Response {
    respond(
        StatusCode::BAD_REQUEST,
        &json!({"error": error, "error_description": description}),
    )
}

async fn grant(State(accounts): State<Arc<Accounts>>, body: String) -> Response {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| {
        let mut found = form
            .iter()
            .filter(|(known, value)| known == name && !value.is_empty());
        found.next().map(|(_, value)| value.as_str())
    };
    let scope = match field("grant_type") {
        Some("refresh_token") if field("refresh_token").is_some() => {
            field("scope").unwrap_or(SCOPE).to_owned()
        }
        Some("refresh_token") => {
            return refuse("invalid_request", "Missing required parameter: refresh_token");
        }
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            match claims(
                field("assertion").unwrap_or_default(),
                chrono::Utc::now().timestamp(),
            ) {
                Ok(claims) if claims["target_audience"].is_string() => {
                    return refuse("invalid_request", "The sandbox gives no ID tokens");
                }
                Ok(claims) => claims["scope"].as_str().unwrap_or(SCOPE).to_owned(),
                Err(text) => return refuse("invalid_grant", text),
            }
        }
        Some(other) => {
            return refuse("unsupported_grant_type", &format!("Invalid grant_type: {other}"));
        }
        None => return refuse("invalid_request", "Required parameter is missing: grant_type"),
    };
    let token = accounts.grant();
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

/// What a signed assertion says; by whom it is signed is not asked.
fn claims(assertion: &str, now: i64) -> Result<Json, &'static str> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [_, claims, _] = parts[..] else {
        return Err("Invalid JWT: it must have three parts.");
    };
    let claims: Option<Json> = URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let claims = claims.ok_or("Invalid JWT: its claims are no JSON.")?;
    let (from, until) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    let timely = from
        .zip(until)
        .is_some_and(|(from, until)| until > now && from < now + 300 && until - from <= LONGEST);
    if timely {
        Ok(claims)
    } else {
        // The words are believed, not recorded.
        Err(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
             Check your iat and exp values in the JWT claim.",
        )
    }
}

#[cfg(test)]
mod tests;
