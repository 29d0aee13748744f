//! Workload and workforce identity federation (GitHub Actions, AWS, Azure, OIDC, executables), by Google's own crate.
//!
//! It makes its calls itself, over the same TLS and proxy settings, and keeps its tokens itself. What its errors say of
//! the output of executables is cut off.

use super::source::{Fetched, SCOPE, TokenSource};
use super::trouble::{FETCHING, failed, refused};
use super::way::Way;
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use domain::cause;
use domain::failure::FailureKind;
use google_cloud_auth::credentials::{
    AccessTokenCredentials, external_account, external_account_authorized_user,
};
use serde_json::Value;
use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

/// Where what a command has said begins in an error.
const OUTPUT: &str = ", stderr=<";

/// The crate keeps its tokens and renews them early: it is asked often.
const LIFE: Duration = Duration::from_secs(90);

/// An identity elsewhere that Google takes.
pub(super) struct Federation {
    credentials: AccessTokenCredentials,
    name: String,
}

impl Federation {
    /// Of a file of type `external_account`, without the impersonation in it; this makes it.
    pub(super) fn workload(value: &Value, name: &str) -> Result<Self, ClientError> {
        let mut value = value.clone();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("service_account_impersonation_url");
        }
        let built = external_account::Builder::new(value)
            .with_scopes([SCOPE])
            .build_access_token_credentials();
        Self::built(built, name)
    }

    /// Of a file of type `external_account_authorized_user`.
    pub(super) fn workforce(value: &Value, name: &str) -> Result<Self, ClientError> {
        let builder = external_account_authorized_user::Builder::new(value.clone());
        Self::built(builder.build_access_token_credentials(), name)
    }

    fn built<E: Error>(built: Result<AccessTokenCredentials, E>, name: &str) -> Result<Self, ClientError> {
        match built {
            Ok(credentials) => Ok(Self {
                credentials,
                name: name.to_owned(),
            }),
            Err(error) => Err(refused("reading the credentials", &with_causes(&error))),
        }
    }
}

#[async_trait::async_trait]
impl TokenSource for Federation {
    async fn fetch(&self, _: &Way) -> Result<Fetched, ClientError> {
        match self.credentials.access_token().await {
            Ok(token) => Ok(Fetched {
                token: Secret::new(&token.token),
                life: Some(LIFE),
                account: Some(self.name.clone()),
            }),
            Err(error) => {
                let why = with_causes(&error);
                let kind = match cause::named(None, &why) {
                    Some(cause) => cause.kind,
                    None if error.is_transient() && !why.contains(NO_OUTPUT) => FailureKind::Transient,
                    None => FailureKind::Unauthorised,
                };
                Err(failed(kind, FETCHING, &why))
            }
        }
    }
}

const NO_OUTPUT: &str = "command execution failed";

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            let _ = write!(text, ": {said}");
        }
        source = cause.source();
    }
    match text.split_once(OUTPUT) {
        Some((before, _)) => before.to_owned(),
        None => text,
    }
}
