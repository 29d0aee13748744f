//! The identity of the calls: Google's credentials, found by `gcp_auth`, or none.
//!
//! Credentials are looked up at the first call that needs them, never before, in a task of their own
//! under a deadline, because `gcp_auth` has none. A token is sent over https only, and one of Google's to
//! Google only. `client/http.rs` calls [`Credentials::token`] before each request.

mod google;
mod identity;

pub use identity::{Identity, IdentitySource};

use super::error::ClientError;
use domain::failure::FailureKind;
use domain::service::Service;
use google::Google;
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

/// A source of tokens; a clone shares the token.
#[derive(Clone)]
pub struct Credentials(Source);

#[derive(Clone)]
enum Source {
    Anonymous,
    Google(Arc<Google>),
    #[cfg(test)]
    Fixed(Secret),
    /// Tokens in turn, sent to loopback too: the only way to see a renewal over a socket without TLS.
    #[cfg(test)]
    Scripted(Arc<std::sync::Mutex<Vec<Secret>>>),
}

impl Credentials {
    #[cfg(test)]
    pub(in crate::client) fn scripted(tokens: &[&str]) -> Self {
        let tokens = tokens.iter().rev().map(|text| Secret::new(text)).collect();
        Self(Source::Scripted(Arc::new(std::sync::Mutex::new(tokens))))
    }

    #[cfg(test)]
    pub(in crate::client) fn fixed(token: &str) -> Self {
        Self(Source::Fixed(Secret::new(token)))
    }

    /// No identity: for the sandbox and servers without security.
    pub fn none() -> Self {
        Self(Source::Anonymous)
    }

    /// Application default credentials, as `gcp_auth` finds them.
    pub fn google() -> Self {
        Self(Source::Google(Arc::new(Google::default())))
    }

    /// The token for this address; `None` without an identity, or if the address is not encrypted.
    pub(in crate::client) async fn token(&self, url: &Url) -> Result<Option<Secret>, ClientError> {
        #[cfg(test)]
        if let Source::Scripted(tokens) = &self.0 {
            return Ok(tokens.lock().unwrap().last().cloned());
        }
        if url.scheme() != "https" {
            return Ok(None);
        }
        match &self.0 {
            Source::Anonymous => Ok(None),
            Source::Google(google) if is_google(url) => google.token().await.map(Some),
            Source::Google(_) => Err(refuse_host(url)),
            #[cfg(test)]
            Source::Fixed(token) => Ok(Some(token.clone())),
            #[cfg(test)]
            Source::Scripted(_) => Ok(None),
        }
    }

    /// A token in place of one that was answered with 401; `None` if there is no other.
    pub(in crate::client) async fn renewed(&self, rejected: &Secret) -> Result<Option<Secret>, ClientError> {
        match &self.0 {
            Source::Anonymous => Ok(None),
            Source::Google(google) => google.renewed(rejected).await.map(Some),
            #[cfg(test)]
            Source::Fixed(_) => Ok(None),
            #[cfg(test)]
            Source::Scripted(tokens) => {
                let mut tokens = tokens.lock().unwrap();
                tokens.pop();
                Ok(tokens.last().cloned())
            }
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Source::Anonymous => "Credentials(none)",
            Source::Google(_) => "Credentials(google)",
            #[cfg(test)]
            Source::Fixed(_) => "Credentials(fixed ***)",
            #[cfg(test)]
            Source::Scripted(_) => "Credentials(scripted ***)",
        })
    }
}

fn is_google(url: &Url) -> bool {
    let ours = [".googleapis.com", ".googleusercontent.com"];
    url.host_str()
        .is_some_and(|host| ours.iter().any(|end| host.ends_with(end)))
}

fn refuse_host(url: &Url) -> ClientError {
    let host = url.host_str().unwrap_or("an address without a host");
    ClientError::new(
        FailureKind::Unauthorised,
        Service::Credentials,
        "choosing a token",
        format!("{host} is not one of Google's hosts, so it gets no Google token"),
    )
    .with_hint("Check the endpoint in the profile.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let secret = Secret::new(" hush-1 \n");
        assert_eq!(secret.expose(), "hush-1");
        let shown = format!("{secret:?} {:?}", Credentials::fixed("hush-1"));
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[tokio::test]
    async fn no_token_leaves_in_clear_text_or_to_strangers() {
        let fixed = Credentials::fixed("t");
        for (url, sent) in [
            ("https://x.googleapis.com/v1", true),
            ("https://cdap.example/v3", true),
            ("http://127.0.0.1:1/v3", false),
            ("http://x.googleapis.com/v1", false),
        ] {
            let token = fixed.token(&Url::parse(url).unwrap()).await.unwrap();
            assert_eq!(token.is_some(), sent, "{url}");
        }
        for host in [
            "evilgoogleapis.com",
            "googleapis.com.evil.example",
            "host.example",
        ] {
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            let refused = Credentials::google().token(&url).await.unwrap_err();
            assert_eq!(refused.kind, FailureKind::Unauthorised, "{host}");
        }
    }
}
