//! The one form of all sources of tokens, and what the answers of token servers have in common.

use super::trouble::{FETCHING, failed};
use super::way::Way;
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use domain::failure::FailureKind;
use serde_json::Value;
use std::time::Duration;

/// One scope for all three services.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long a token is used whose life nobody tells: gcloud may print one that is old already.
pub(super) const UNKNOWN_LIFE: Duration = Duration::from_secs(300);

/// Fetches tokens.
#[async_trait::async_trait]
pub(super) trait TokenSource: Send + Sync {
    /// A token, a new one where the source can make one.
    async fn fetch(&self, way: &Way) -> Result<Fetched, ClientError>;
}

/// A token as a source gives it.
pub(super) struct Fetched {
    pub(super) token: Secret,
    /// From now on; `None` if the source does not tell.
    pub(super) life: Option<Duration>,
    /// Whose it is; `None` if the source does not tell.
    pub(super) account: Option<String>,
}

impl Fetched {
    /// A token of which nothing else is known.
    pub(super) fn bare(token: Secret) -> Self {
        Self {
            token,
            life: None,
            account: None,
        }
    }

    /// The answer of a token server, `{"access_token", "expires_in"}`. No error repeats any of it.
    pub(super) fn read(answer: &Value) -> Result<Self, ClientError> {
        let token = answer["access_token"].as_str().filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| {
            failed(
                FailureKind::Transient,
                FETCHING,
                "the token server's answer has no access_token",
            )
        })?;
        Ok(Self {
            token: Secret::new(token),
            life: seconds(&answer["expires_in"]),
            account: None,
        })
    }

    /// The same token with its account.
    pub(super) fn of(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }
}

/// A number of seconds; some servers write it as text.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let number = value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.map(Duration::from_secs)
}

/// A text that is not empty.
pub(super) fn text_of(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
