//! The connection of a profile: base addresses, credentials, the colour of its band, and what may be done there.
//!
//! Credentials are named here, never written down. The address of a webhook may be a secret, and shows only its host.

use super::webhook::{Webhook, WebhookFormat, is_loopback};
use domain::variable::no_flag;
use url::Url;

/// The colours that the band of a profile can have.
pub const BAND_COLOURS: [&str; 7] = ["red", "yellow", "green", "blue", "magenta", "cyan", "white"];

/// Where the tokens come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Application default credentials: `gcloud`, a service account, the metadata server.
    #[default]
    Google,
    /// No token is sent: the sandbox, or a CDAP without security.
    None,
}

/// Addresses, credentials, colour and guards; what the profile does not set is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Base of the Data Fusion service; Google's own if not set.
    pub datafusion_endpoint: Option<Url>,
    /// Base of the BigQuery service; Google's own if not set.
    pub bigquery_endpoint: Option<Url>,
    /// Base of the instance's CDAP; the instance itself names it if not set.
    pub cdap_endpoint: Option<Url>,
    /// Base of Service Usage; Google's own if not set, or beside Data Fusion on this machine. So are the next three.
    pub serviceusage_endpoint: Option<Url>,
    /// Base of Resource Manager.
    pub resourcemanager_endpoint: Option<Url>,
    /// Base of IAM.
    pub iam_endpoint: Option<Url>,
    /// Base of Cloud Storage.
    pub storage_endpoint: Option<Url>,
    /// Where tokens come from.
    pub credentials: Option<Credentials>,
    /// One of [`BAND_COLOURS`].
    pub colour: Option<String>,
    /// Whether nothing may be started, stopped, emptied or written.
    pub read_only: Option<bool>,
    /// Whether a name must be typed before something is started, stopped or emptied.
    pub protected: Option<bool>,
    /// Who is told how a run ended.
    pub webhook: Option<Webhook>,
    /// In which form; text if not set.
    pub webhook_format: Option<WebhookFormat>,
}

impl Connection {
    /// The names that [`Self::set`] knows.
    pub const NAMES: [&'static str; 13] = [
        "datafusion_endpoint",
        "bigquery_endpoint",
        "cdap_endpoint",
        "serviceusage_endpoint",
        "resourcemanager_endpoint",
        "iam_endpoint",
        "storage_endpoint",
        "credentials",
        "colour",
        "read_only",
        "protected",
        "webhook",
        "webhook_format",
    ];

    /// Those of them that do not say where a run takes place.
    pub(super) const WITHOUT_PLACE: [&'static str; 5] =
        ["colour", "read_only", "protected", "webhook", "webhook_format"];

    /// Takes a value from text. The name is one of [`Self::NAMES`].
    ///
    /// # Errors
    /// A sentence that says what is expected instead.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        match name {
            "datafusion_endpoint" => self.datafusion_endpoint = Some(endpoint(text)?),
            "bigquery_endpoint" => self.bigquery_endpoint = Some(endpoint(text)?),
            "cdap_endpoint" => self.cdap_endpoint = Some(endpoint(text)?),
            "serviceusage_endpoint" => self.serviceusage_endpoint = Some(endpoint(text)?),
            "resourcemanager_endpoint" => self.resourcemanager_endpoint = Some(endpoint(text)?),
            "iam_endpoint" => self.iam_endpoint = Some(endpoint(text)?),
            "storage_endpoint" => self.storage_endpoint = Some(endpoint(text)?),
            "credentials" => self.credentials = Some(text.parse()?),
            "colour" if BAND_COLOURS.contains(&text) => self.colour = Some(text.to_owned()),
            "colour" => {
                return Err(format!(
                    "'{text}' is not one of the colours of the band: {}.",
                    BAND_COLOURS.join(", ")
                ));
            }
            "read_only" => self.read_only = Some(flag(text)?),
            "protected" => self.protected = Some(flag(text)?),
            "webhook" => self.webhook = Some(text.parse()?),
            "webhook_format" => self.webhook_format = Some(text.parse()?),
            _ => return Err(no_setting(name)),
        }
        Ok(())
    }

    /// Where tokens come from; Google unless the profile says otherwise.
    pub fn credentials(&self) -> Credentials {
        self.credentials.unwrap_or_default()
    }

    /// The addresses that would carry a token in the clear.
    pub(super) fn exposed(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        let tokens = self.credentials() == Credentials::Google;
        [
            ("datafusion_endpoint", &self.datafusion_endpoint),
            ("bigquery_endpoint", &self.bigquery_endpoint),
            ("cdap_endpoint", &self.cdap_endpoint),
            ("serviceusage_endpoint", &self.serviceusage_endpoint),
            ("resourcemanager_endpoint", &self.resourcemanager_endpoint),
            ("iam_endpoint", &self.iam_endpoint),
            ("storage_endpoint", &self.storage_endpoint),
        ]
        .into_iter()
        .filter_map(|(name, url)| url.as_ref().map(|url| (name, url)))
        .filter(move |(_, url)| tokens && url.scheme() == "http" && !is_loopback(url))
    }

    pub(super) fn overlaid(self, other: Self) -> Self {
        Self {
            datafusion_endpoint: other.datafusion_endpoint.or(self.datafusion_endpoint),
            bigquery_endpoint: other.bigquery_endpoint.or(self.bigquery_endpoint),
            cdap_endpoint: other.cdap_endpoint.or(self.cdap_endpoint),
            serviceusage_endpoint: other.serviceusage_endpoint.or(self.serviceusage_endpoint),
            resourcemanager_endpoint: other.resourcemanager_endpoint.or(self.resourcemanager_endpoint),
            iam_endpoint: other.iam_endpoint.or(self.iam_endpoint),
            storage_endpoint: other.storage_endpoint.or(self.storage_endpoint),
            credentials: other.credentials.or(self.credentials),
            colour: other.colour.or(self.colour),
            read_only: other.read_only.or(self.read_only),
            protected: other.protected.or(self.protected),
            webhook: other.webhook.or(self.webhook),
            webhook_format: other.webhook_format.or(self.webhook_format),
        }
    }
}

impl std::str::FromStr for Credentials {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "google" => Ok(Self::Google),
            "none" => Ok(Self::None),
            _ => Err(format!("'{text}' is neither google nor none.")),
        }
    }
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| no_flag(text))
}

/// What is said of a name that is none of the settings.
pub(super) fn no_setting(name: &str) -> String {
    format!("There is no setting '{name}'.")
}

fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| {
        format!("This is not an address ({error}); write it like https://datafusion.googleapis.com.")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("An address begins with https:// or http:// and a host.".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("An address must not hold a user or a password: this file is not for secrets.".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("A base address must not contain ? or #.".into());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_judged() {
        for (name, good, bad) in [
            (
                "datafusion_endpoint",
                "https://datafusion.googleapis.com",
                "datafusion",
            ),
            ("cdap_endpoint", "http://127.0.0.1:11015/", "ftp://host/"),
            (
                "cdap_endpoint",
                "https://host/api",
                "https://user:hunter2@host/api",
            ),
            (
                "bigquery_endpoint",
                "https://host/base",
                "https://host/base?key=1",
            ),
            ("credentials", "none", "gcloud"),
            ("colour", "red", "mauve"),
            ("read_only", "true", "yes"),
            ("protected", "false", "1"),
            ("webhook", "https://hooks.example/a?b=c", "http://host/hunter2"),
            ("webhook_format", "json", "xml"),
        ] {
            let mut connection = Connection::default();
            connection.set(name, good).unwrap();
            let fault = connection.set(name, bad).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn a_token_is_exposed_on_the_open_network_only() {
        for (address, credentials, exposed) in [
            ("http://cdap.example:11015", "google", 1),
            ("http://cdap.example:11015", "none", 0),
            ("https://cdap.example", "google", 0),
            ("http://127.0.0.1:11015", "google", 0),
            ("http://[::1]:11015", "google", 0),
            ("http://localhost:11015", "google", 0),
            ("http://localhost.example", "google", 1),
        ] {
            let mut connection = Connection::default();
            connection.set("cdap_endpoint", address).unwrap();
            connection.set("credentials", credentials).unwrap();
            assert_eq!(connection.exposed().count(), exposed, "{address} {credentials}");
        }
    }
}
