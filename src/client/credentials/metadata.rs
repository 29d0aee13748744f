//! The metadata server of Google's machines: Compute Engine, Cloud Run, GKE.

use super::outside::Outside;
use super::source::{Fetched, TokenSource};
use super::trouble::{FETCHING, refused, silent};
use super::way::Way;
use crate::client::error::ClientError;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// Elsewhere nobody has this name, and some networks answer nothing at all.
const PROBE: Duration = Duration::from_secs(3);

/// The account of this machine.
pub(super) struct Metadata {
    account: Url,
}

impl Metadata {
    /// The server that the environment names, or Google's.
    pub(super) fn new(outside: &Outside) -> Result<Self, ClientError> {
        let host = outside.text("GCE_METADATA_HOST");
        let host = host.as_deref().unwrap_or("metadata.google.internal");
        let address = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/");
        let account = Url::parse(&address).map_err(|error| {
            let why = format!("GCE_METADATA_HOST is not a host ({error})");
            refused(ASKING, &why)
        })?;
        Ok(Self { account })
    }

    /// Whether there is one, and whose tokens it gives.
    pub(super) async fn probe(&self, way: &Way) -> Result<String, ClientError> {
        let why = || silent(ASKING, PROBE);
        tokio::time::timeout(PROBE, self.email(way))
            .await
            .unwrap_or_else(|_| Err(why()))
    }

    async fn email(&self, way: &Way) -> Result<String, ClientError> {
        let bytes = way.metadata(ASKING, self.below("email")?).await?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        let is_name = !text.is_empty() && text.len() < 320 && !text.contains(char::is_whitespace);
        if is_name {
            Ok(text.to_owned())
        } else {
            Err(refused(ASKING, "the answer names no account"))
        }
    }

    fn below(&self, name: &str) -> Result<Url, ClientError> {
        self.account
            .join(name)
            .map_err(|error| refused(ASKING, &error.to_string()))
    }
}

/// What is said to be done while it is asked.
pub(super) const ASKING: &str = "asking the metadata server";

#[async_trait::async_trait]
impl TokenSource for Metadata {
    async fn fetch(&self, way: &Way) -> Result<Fetched, ClientError> {
        // Asked each time: another account may have been given to the machine.
        let account = self.email(way).await?;
        let bytes = way.metadata(FETCHING, self.below("token")?).await?;
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(Fetched::read(&answer)?.of(account))
    }
}
