//! A file of credentials: what it is by its `type`, whose it is, and the source of tokens in it.
//!
//! What cannot be used is an error with the file's path and the reason; no other identity takes its place.

use super::federation::Federation;
use super::identity::{Identity, IdentitySource};
use super::impersonation::{self, Impersonation};
use super::key::Key;
use super::login::Login;
use super::source::{TokenSource, text_of};
use super::trouble::refused;
use crate::client::error::ClientError;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A file that was read. It holds secrets.
pub(super) struct CredentialFile {
    path: PathBuf,
    text: String,
    value: Value,
}

/// What a file may be.
const TYPES: &str = "service_account, authorized_user, external_account, external_account_authorized_user or \
                     impersonated_service_account";

impl CredentialFile {
    pub(super) fn read(path: &Path) -> Result<Self, ClientError> {
        let text = std::fs::read_to_string(path).map_err(|error| unusable(path, &error.to_string()))?;
        // The error of the reader names a line and a column, never what is there.
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| unusable(path, &format!("it is not JSON ({error})")))?;
        if !value.is_object() {
            return Err(unusable(path, "it is not a JSON object"));
        }
        Ok(Self {
            path: path.to_owned(),
            text,
            value,
        })
    }

    /// The project that it says to charge.
    pub(super) fn quota_project(&self) -> Option<String> {
        text_of(&self.value["quota_project_id"])
    }

    /// Whose credentials it holds, as far as it says so.
    pub(super) fn identity(&self) -> Identity {
        let mut identity = named(&self.value);
        identity.locate(&self.path);
        identity
    }

    /// The source of tokens.
    pub(super) fn open(&self) -> Result<Box<dyn TokenSource>, ClientError> {
        let quota_project = self.quota_project();
        let opened = open(&self.value, Some(&self.text), quota_project.as_deref());
        opened.map_err(|error| unusable(&self.path, error.text()))
    }
}

fn kind(value: &Value) -> Option<&str> {
    // Keys had no type once.
    let is_key = value["private_key"].is_string();
    value["type"].as_str().or(is_key.then_some("service_account"))
}

fn open(
    value: &Value,
    text: Option<&str>,
    quota_project: Option<&str>,
) -> Result<Box<dyn TokenSource>, ClientError> {
    let refuse = |why: String| refused("reading the credentials", &why);
    Ok(match kind(value) {
        Some("service_account") => match text {
            Some(text) => Box::new(Key::read(text)?),
            None => Box::new(Key::read(&value.to_string())?),
        },
        Some("authorized_user") => Box::new(Login::read(value)?),
        Some("external_account") => {
            let own = Box::new(Federation::workload(value, &principal(value))?);
            match value["service_account_impersonation_url"].as_str() {
                Some(address) => Box::new(Impersonation::at(address, &Value::Null, own, quota_project)?),
                None => own,
            }
        }
        Some("external_account_authorized_user") => {
            Box::new(Federation::workforce(value, &principal(value))?)
        }
        Some("impersonated_service_account") => {
            let source = &value["source_credentials"];
            if kind(source) == Some("impersonated_service_account") {
                return Err(refuse("its source_credentials are impersonated again".into()));
            }
            let by = open(source, None, quota_project)?;
            let address = value["service_account_impersonation_url"].as_str();
            let address =
                address.ok_or_else(|| refuse("it has no service_account_impersonation_url".into()))?;
            Box::new(Impersonation::at(
                address,
                &value["delegates"],
                by,
                quota_project,
            )?)
        }
        Some(other) => return Err(refuse(format!("its type '{other}' is none of {TYPES}"))),
        None => return Err(refuse(format!("it has no type: {TYPES}"))),
    })
}

fn named(value: &Value) -> Identity {
    let of = |source, account| Identity {
        account,
        ..Identity::of(source)
    };
    let impersonated = |by: Identity| {
        let address = value["service_account_impersonation_url"].as_str();
        Identity {
            by: Some(Box::new(by)),
            ..of(
                IdentitySource::Impersonation,
                address.and_then(impersonation::account),
            )
        }
    };
    match kind(value) {
        Some("service_account") => of(IdentitySource::KeyFile, text_of(&value["client_email"])),
        Some("authorized_user") => of(IdentitySource::UserLogin, text_of(&value["account"])),
        Some("external_account") => {
            let own = of(IdentitySource::Federation, Some(principal(value)));
            if value["service_account_impersonation_url"].is_string() {
                impersonated(own)
            } else {
                own
            }
        }
        Some("external_account_authorized_user") => of(IdentitySource::Federation, Some(principal(value))),
        Some("impersonated_service_account") => impersonated(named(&value["source_credentials"])),
        _ => Identity::of(IdentitySource::Unusable),
    }
}

/// The name of a federated identity: the provider that vouches for it. The token tells no more.
fn principal(value: &Value) -> String {
    let audience = value["audience"].as_str().unwrap_or("unknown");
    audience
        .strip_prefix("//iam.googleapis.com/")
        .unwrap_or(audience)
        .to_owned()
}

/// The file stops the search.
pub(super) fn unusable(path: &Path, why: &str) -> ClientError {
    let why = format!("{} cannot be used: {why}", path.display());
    refused("reading the credentials", &why).with_hint(
        "Correct or remove this file, or name another one in GOOGLE_APPLICATION_CREDENTIALS: as long as it is there, \
         nobody else's credentials are used. docs/credentials.md has what is understood.",
    )
}
