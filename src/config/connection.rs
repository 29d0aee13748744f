//! The connection of a profile: base addresses, credentials, the colour of its band, and what may be done there.
//!
//! Credentials are named here, never written down. The address of a webhook may be a secret, and shows only its host.

use super::credentials::{Credentials, TokenCommand, account, project};
use super::webhook::{Webhook, WebhookFormat, is_loopback};
use domain::finding::Finding;
use domain::variable::no_flag;
use url::Url;

/// The colours that the band of a profile can have.
pub const BAND_COLOURS: [&str; 7] = ["red", "yellow", "green", "blue", "magenta", "cyan", "white"];

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
    /// The same for the Data Fusion service alone.
    pub datafusion_credentials: Option<Credentials>,
    /// The same for BigQuery alone.
    pub bigquery_credentials: Option<Credentials>,
    /// The same for CDAP alone.
    pub cdap_credentials: Option<Credentials>,
    /// Prints a token of Google's.
    pub token_command: Option<TokenCommand>,
    /// Prints a token of the CDAP server's own.
    pub cdap_token_command: Option<TokenCommand>,
    /// The service account in whose name calls are made.
    pub impersonate_service_account: Option<String>,
    /// The project that pays for calls; the credentials' own if not set.
    pub quota_project: Option<String>,
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
    pub const NAMES: [&'static str; 20] = [
        "datafusion_endpoint",
        "bigquery_endpoint",
        "cdap_endpoint",
        "serviceusage_endpoint",
        "resourcemanager_endpoint",
        "iam_endpoint",
        "storage_endpoint",
        "credentials",
        "token_command",
        "impersonate_service_account",
        "quota_project",
        "datafusion_credentials",
        "bigquery_credentials",
        "cdap_credentials",
        "cdap_token_command",
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
            "datafusion_credentials" => self.datafusion_credentials = Some(text.parse()?),
            "bigquery_credentials" => self.bigquery_credentials = Some(text.parse()?),
            "cdap_credentials" => self.cdap_credentials = Some(text.parse()?),
            "token_command" => self.token_command = Some(text.parse()?),
            "cdap_token_command" => self.cdap_token_command = Some(text.parse()?),
            "impersonate_service_account" => self.impersonate_service_account = Some(account(text)?),
            "quota_project" => self.quota_project = Some(project(text)?),
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

    /// Where the tokens of the service with this endpoint come from; Google unless the profile says otherwise.
    pub fn credentials_at(&self, endpoint: &str) -> Credentials {
        let own = match endpoint {
            "bigquery_endpoint" => self.bigquery_credentials,
            "cdap_endpoint" => self.cdap_credentials,
            _ => self.datafusion_credentials,
        };
        own.or(self.credentials).unwrap_or_default()
    }

    /// The addresses that would carry a token in the clear.
    pub(super) fn exposed(&self) -> impl Iterator<Item = (&'static str, &Url)> {
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
        .filter(|(name, url)| {
            let has_token = self.credentials_at(name) != Credentials::None;
            has_token && url.scheme() == "http" && !is_loopback(url)
        })
    }

    /// What does not fit each other of the settings of credentials.
    pub(super) fn misfits(&self) -> Vec<Finding> {
        let is_command = |endpoint| self.credentials_at(endpoint) == Credentials::Command;
        let for_google = ["datafusion_endpoint", "bigquery_endpoint"]
            .into_iter()
            .any(is_command);
        let for_cdap = is_command("cdap_endpoint");
        let (google, own) = (self.token_command.is_some(), self.cdap_token_command.is_some());
        let mut found = Vec::new();
        if (for_google && !google) || (for_cdap && !google && !own) {
            let message = "credentials are those of a command, and token_command is not set.";
            let remedy = "Set token_command, for example to gcloud auth print-access-token.";
            found.push(Finding::error("token_command", message, remedy));
        }
        if google && !for_google && !for_cdap {
            let message = "token_command is set, and no credentials are those of a command: it is not used.";
            let remedy = "Set credentials to command, or remove token_command.";
            found.push(Finding::warning("token_command", message, remedy));
        }
        if own && !for_cdap {
            let message =
                "cdap_token_command is set, and cdap_credentials are not those of a command: it is not used.";
            let remedy = "Set cdap_credentials to command, or remove cdap_token_command.";
            found.push(Finding::warning("cdap_token_command", message, remedy));
        }
        found
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
            datafusion_credentials: other.datafusion_credentials.or(self.datafusion_credentials),
            bigquery_credentials: other.bigquery_credentials.or(self.bigquery_credentials),
            cdap_credentials: other.cdap_credentials.or(self.cdap_credentials),
            token_command: other.token_command.or(self.token_command),
            cdap_token_command: other.cdap_token_command.or(self.cdap_token_command),
            impersonate_service_account: other
                .impersonate_service_account
                .or(self.impersonate_service_account),
            quota_project: other.quota_project.or(self.quota_project),
            colour: other.colour.or(self.colour),
            read_only: other.read_only.or(self.read_only),
            protected: other.protected.or(self.protected),
            webhook: other.webhook.or(self.webhook),
            webhook_format: other.webhook_format.or(self.webhook_format),
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
            ("cdap_credentials", "command", "cdap"),
            ("token_command", "gcloud auth print-access-token", " "),
            ("quota_project", "my-project", "my project"),
            (
                "impersonate_service_account",
                "loader@p.iam.gserviceaccount.com",
                "loader",
            ),
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
