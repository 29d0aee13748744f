//! Whose credentials the calls carry, as far as that can be known without a call.
//!
//! It looks where `gcp_auth` looks, in the same order, and reads two names out of a file, never a key.

use super::{Credentials, Source};
use serde::Deserialize;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where `gcloud auth application-default login` leaves its file, below the user's home.
const LOGIN: &str = ".config/gcloud/application_default_credentials.json";

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Where they come from.
    pub source: IdentitySource,
    /// The account, if the file names one.
    pub account: Option<String>,
    /// The file, if they come from one.
    pub file: Option<PathBuf>,
}

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// No credentials are sent.
    None,
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names.
    KeyFile,
    /// The login of `gcloud auth application-default login`.
    UserLogin,
    /// Neither of them: the metadata server is asked at the first call, then gcloud.
    MetadataOrGcloud,
}

impl IdentitySource {
    /// Its word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::KeyFile => "key_file",
            Self::UserLogin => "user_login",
            Self::MetadataOrGcloud => "metadata_or_gcloud",
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or(Path::new("")).display();
        match (self.source, &self.account) {
            (IdentitySource::None, _) => f.write_str("none"),
            (IdentitySource::KeyFile, Some(account)) => write!(f, "{account} (key file {file})"),
            (IdentitySource::KeyFile, None) => write!(f, "the key file {file}, which names no account"),
            (IdentitySource::UserLogin, Some(account)) => write!(f, "{account} (login in {file})"),
            (IdentitySource::UserLogin, None) => write!(f, "the user login in {file}"),
            (IdentitySource::MetadataOrGcloud, _) => {
                f.write_str("the account of the metadata server, else of gcloud")
            }
        }
    }
}

/// Where a user login gets its tokens.
const TOKEN_SERVER: &str = "https://accounts.google.com/o/oauth2/token";

/// What is read of a file of credentials.
#[derive(Default, Deserialize)]
struct Named {
    client_email: Option<String>,
    account: Option<String>,
    token_uri: Option<String>,
}

/// The server that gives tokens for these credentials.
pub(super) fn token_server() -> String {
    let key = std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS").map(std::fs::read);
    let named: Option<Named> = key.and_then(|text| serde_json::from_slice(&text.ok()?).ok());
    named
        .and_then(|named| named.token_uri)
        .unwrap_or_else(|| TOKEN_SERVER.to_owned())
}

impl Credentials {
    /// Whose they are.
    pub fn identity(&self) -> Identity {
        if let Source::Google(_) = &self.0 {
            return find(std::env::var_os, |path| std::fs::read(path).ok());
        }
        Identity {
            source: IdentitySource::None,
            account: None,
            file: None,
        }
    }
}

fn find(
    variable: impl Fn(&'static str) -> Option<OsString>,
    read: impl Fn(&Path) -> Option<Vec<u8>>,
) -> Identity {
    let named = |source, file: PathBuf, text: &[u8]| {
        let names: Named = serde_json::from_slice(text).unwrap_or_default();
        let mut accounts = [names.client_email, names.account].into_iter().flatten();
        Identity {
            source,
            account: accounts.find(|account| !account.is_empty()),
            file: Some(file),
        }
    };
    if let Some(file) = variable("GOOGLE_APPLICATION_CREDENTIALS") {
        let file = PathBuf::from(file);
        let text = read(&file).unwrap_or_default();
        return named(IdentitySource::KeyFile, file, &text);
    }
    let login = variable("HOME").map(|home| Path::new(&home).join(LOGIN));
    match login.and_then(|file| Some((read(&file)?, file))) {
        Some((text, file)) => named(IdentitySource::UserLogin, file, &text),
        None => Identity {
            source: IdentitySource::MetadataOrGcloud,
            account: None,
            file: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_credentials_they_are_is_told_as_far_as_it_is_known() {
        let key = r#"{"type":"service_account","client_email":"loader@p.iam.gserviceaccount.com","private_key":"hush"}"#;
        let login = r#"{"type":"authorized_user","account":"","client_id":"c","refresh_token":"hush"}"#;
        let named = r#"{"type":"authorized_user","account":"ann@example.com","refresh_token":"hush"}"#;
        let login_file = "/home/ann/.config/gcloud/application_default_credentials.json";
        for (variable, file, text, words) in [
            (
                Some("/k.json"),
                "/k.json",
                key,
                "loader@p.iam.gserviceaccount.com (key file /k.json)",
            ),
            (
                Some("/k.json"),
                "/other",
                key,
                "the key file /k.json, which names no account",
            ),
            (
                Some("/k.json"),
                "/k.json",
                "{",
                "the key file /k.json, which names no account",
            ),
            (
                None,
                login_file,
                login,
                &*format!("the user login in {login_file}"),
            ),
            (
                None,
                login_file,
                named,
                &*format!("ann@example.com (login in {login_file})"),
            ),
            (
                None,
                "/other",
                key,
                "the account of the metadata server, else of gcloud",
            ),
        ] {
            let identity = find(
                |name| match name {
                    "HOME" => Some("/home/ann".into()),
                    _ => variable.map(Into::into),
                },
                |path| (path == Path::new(file)).then(|| text.into()),
            );
            assert_eq!(identity.to_string(), words);
            assert!(!format!("{identity:?}").contains("hush"), "{identity:?}");
        }
        assert_eq!(Credentials::none().identity().to_string(), "none");
    }
}
