//! Tokens of a service account in whose name somebody else may act.

use super::is_google;
use super::source::{Fetched, SCOPE, TokenSource, text_of};
use super::trouble::{FETCHING, failed, refused};
use super::way::Way;
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use domain::failure::FailureKind;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// The longest life that needs no special permission of the organisation.
const LIFE: &str = "3600s";

/// A service account, and who acts in its name.
pub(super) struct Impersonation {
    pub(super) by: Box<dyn TokenSource>,
    account: String,
    server: Url,
    delegates: Vec<String>,
    quota_project: Option<String>,
}

impl Impersonation {
    /// By the account's address.
    pub(super) fn of(
        account: &str,
        by: Box<dyn TokenSource>,
        quota_project: Option<&str>,
    ) -> Result<Self, ClientError> {
        let mut server = Url::parse("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/")
            .map_err(|error| refused(FETCHING, &error.to_string()))?;
        if let Ok(mut path) = server.path_segments_mut() {
            path.pop_if_empty()
                .push(&format!("{account}:generateAccessToken"));
        }
        Ok(Self {
            by,
            account: account.to_owned(),
            server,
            delegates: Vec::new(),
            quota_project: quota_project.map(str::to_owned),
        })
    }

    /// By the address that a file names; `delegates` are those in between.
    pub(super) fn at(
        address: &str,
        delegates: &Value,
        by: Box<dyn TokenSource>,
        quota_project: Option<&str>,
    ) -> Result<Self, ClientError> {
        let server = Url::parse(address).ok().filter(is_google).ok_or_else(|| {
            let why = "service_account_impersonation_url is not an address of Google's";
            refused("reading the credentials", why)
        })?;
        let account = account(address).unwrap_or_default();
        let delegates = delegates.as_array().into_iter().flatten().filter_map(text_of);
        Ok(Self {
            by,
            account,
            server,
            delegates: delegates.collect(),
            quota_project: quota_project.map(str::to_owned),
        })
    }
}

/// The account that an address of `generateAccessToken` names.
pub(super) fn account(address: &str) -> Option<String> {
    let (_, name) = address.rsplit_once("/serviceAccounts/")?;
    let name = name.split(':').next().filter(|name| !name.is_empty())?;
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[async_trait::async_trait]
impl TokenSource for Impersonation {
    async fn fetch(&self, way: &Way) -> Result<Fetched, ClientError> {
        let by = self.by.fetch(way).await?;
        let operation = format!("acting as {}", self.account);
        let body = json!({"scope": [SCOPE], "delegates": self.delegates, "lifetime": LIFE});
        let quota_project = self.quota_project.as_deref();
        let answer = way
            .post_as(&operation, self.server.clone(), &body, &by.token, quota_project)
            .await?;
        let token = answer["accessToken"].as_str().filter(|token| !token.is_empty());
        let Some(token) = token else {
            let why = "the answer has no accessToken";
            return Err(failed(FailureKind::Transient, &operation, why));
        };
        Ok(Fetched {
            token: Secret::new(token),
            life: answer["expireTime"].as_str().and_then(until),
            account: Some(self.account.clone()),
        })
    }
}

/// How long it is until a moment; nothing if that is no moment.
fn until(moment: &str) -> Option<Duration> {
    let moment = chrono::DateTime::parse_from_rfc3339(moment).ok()?;
    let now = crate::clock::now().millis();
    Some(Duration::from_millis(
        u64::try_from(moment.timestamp_millis() - now).unwrap_or(0),
    ))
}
