//! What a request carries of an identity: a token, and the project that pays for the call.
//!
//! `client/http.rs` asks an [`Authority`] before each request; where tokens come from is in `client/credentials.rs`.
//! It fetches nothing itself.

use super::error::ClientError;
use domain::service::Service;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// A text that no `Debug` output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The text without the white space around it, which files and shells add.
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    pub(in crate::client) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What one request may carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::client) struct Grant {
    /// The bearer token.
    pub(in crate::client) token: Secret,
    /// The project that pays for the call, for services of Google's that count by the caller.
    pub(in crate::client) quota_project: Option<Arc<str>>,
}

/// Who decides what a request carries.
#[async_trait::async_trait]
pub(in crate::client) trait Authority: fmt::Debug + Send + Sync {
    /// What a request to this address carries; `None` without an identity, or if the address is not encrypted.
    async fn grant(&self, service: Service, url: &Url) -> Result<Option<Grant>, ClientError>;

    /// The same in place of a token that was answered with 401; `None` if there is no other.
    async fn renewed(
        &self,
        service: Service,
        url: &Url,
        rejected: &Secret,
    ) -> Result<Option<Grant>, ClientError>;
}

/// Lets every request go without a token: for the sandbox, and for the calls that fetch tokens.
#[derive(Debug)]
pub(in crate::client) struct Nobody;

#[async_trait::async_trait]
impl Authority for Nobody {
    async fn grant(&self, _: Service, _: &Url) -> Result<Option<Grant>, ClientError> {
        Ok(None)
    }

    async fn renewed(&self, _: Service, _: &Url, _: &Secret) -> Result<Option<Grant>, ClientError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let secret = Secret::new(" hush-1 \n");
        assert_eq!(secret.expose(), "hush-1");
        let grant = Grant {
            token: secret.clone(),
            quota_project: None,
        };
        let shown = format!("{secret:?} {grant:?}");
        assert!(!shown.contains("hush"), "{shown}");
    }
}
