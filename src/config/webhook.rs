//! The address that is told how a run ended, and in which form.
//!
//! Such an address is often a secret itself (`https://hooks.slack.com/services/…`): only its host is ever shown.

use std::fmt;
use url::Url;

/// What is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookFormat {
    /// `{"text": "…"}`, which Slack, Google Chat and Mattermost show as a message.
    #[default]
    Text,
    /// The `summary` line of `docs/json.md`, with the text beside it.
    Json,
}

impl std::str::FromStr for WebhookFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("'{text}' is neither text nor json.")),
        }
    }
}

/// An address over `https`, or `http` on this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook(Url);

impl Webhook {
    /// The whole address, for the request alone.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

impl std::str::FromStr for Webhook {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        encrypted(text).map(Self)
    }
}

/// An address over `https`, or `http` on this machine. What is wrong with another one is said without repeating it.
pub(super) fn encrypted(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("This is not an address ({error})."))?;
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("The address is not encrypted: write https://.".into()),
        _ => Err("An address begins with https:// and a host.".into()),
    }
}

/// Whether an address is on this machine: what goes there crosses no network.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({self}/…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_judged_and_never_repeated() {
        for (text, is_good) in [
            ("https://hooks.example/services/T0/hunter2", true),
            (
                "https://chat.example/v1/spaces/a/messages?key=b&token=hunter2",
                true,
            ),
            ("http://127.0.0.1:8080/hunter2", true),
            ("http://hooks.example/hunter2", false),
            ("hooks.example/hunter2", false),
            ("ftp://hooks.example/hunter2", false),
        ] {
            let told = match text.parse::<Webhook>() {
                Ok(webhook) => format!("{webhook} {webhook:?}"),
                Err(fault) => fault,
            };
            assert_eq!(text.parse::<Webhook>().is_ok(), is_good, "{text}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
