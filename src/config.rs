//! The settings: `config.toml`, its profiles, and what is in effect for this start.
//!
//! [`Config`] is the file, [`Profile`] one environment of it, [`Settings`] the outcome of command line,
//! environment, profile and defaults. It reads and writes only the files of [`Home`]. What the variables
//! mean is in [`domain::variable`].

mod airflow;
mod choice;
mod connection;
mod credentials;
mod default_profile;
mod error;
mod file;
mod home;
mod new_profile;
mod read;
mod resolve;
mod save;
mod schema;
mod screen;
mod shown;
mod template;
mod update_check;
mod webhook;

pub use airflow::{AirflowVariables, airflow_json};
pub use choice::WithoutChoice;
pub use connection::{BAND_COLOURS, Connection};
pub use credentials::{Credentials, TokenCommand};
pub use default_profile::use_profile;
pub use error::{ConfigError, Fault};
pub use file::replace as replace_file;
pub use home::Home;
pub use new_profile::{NewProfile, fault_of_name, fault_of_setting};
pub use read::keys::KeySetting;
pub use resolve::{Origin, Overrides, Settings};
pub use save::save_variables;
pub use schema::schema;
pub use screen::ScreenSettings;
pub use template::template;
pub use update_check::UpdateCheck;
pub use webhook::{Webhook, WebhookFormat};

use domain::arguments::RuntimeArguments;
use domain::retention::Retention;
use domain::variable::VariableName;
use std::collections::BTreeMap;
use std::path::Path;

/// The profile that exists without a file: everything on this machine.
pub const SANDBOX_PROFILE: &str = "sandbox";

/// The profile that exists without a file: nothing of it is set, so that everything comes from the environment
/// and the command line.
pub const ENVIRONMENT_PROFILE: &str = "environment";

/// One environment: the values that differ from the defaults, and the way to its services.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Texts that [`domain::variable::Variables::set`] takes.
    pub variables: BTreeMap<VariableName, String>,
    /// Endpoints, credentials and colour.
    pub connection: Connection,
    /// Names of arguments whose values are secrets, in addition to those that look so.
    pub secret_arguments: Vec<String>,
    /// Arguments that every pipeline run gets; none of them is a secret.
    pub arguments: RuntimeArguments,
}

impl Profile {
    /// The built-in profile. Its endpoints are known once the sandbox listens.
    pub fn sandbox() -> Self {
        use VariableName as V;
        let variables = [
            (V::ProjectId, "downbeat-sandbox"),
            (V::CdfLocation, "us-west1"),
            (V::CdfInstance, "sandbox"),
            (V::CdfPipelineName, "cdf_mysql_to_bigquery"),
            (V::BqDatasetId, "cdf_output"),
            (V::BqConfigTable, "configuration"),
            (V::BqOutputTable, "landing"),
            // A demo does not wait three minutes for its second try.
            (V::DagRetryIntervalMinutes, "0.1"),
            // Three tries of an hour each fit, so that a fresh start has no warning.
            (V::DagTimeoutMinutes, "190"),
        ];
        Self {
            variables: variables.map(|(name, text)| (name, text.to_owned())).into(),
            connection: Connection {
                credentials: Some(Credentials::None),
                ..Connection::default()
            },
            secret_arguments: Vec::new(),
            arguments: RuntimeArguments::default(),
        }
    }

    /// Whether it says more than what a run writes back.
    fn leads_somewhere(&self) -> bool {
        let written_back = [VariableName::CdfPipelineRunArguments];
        let mut names = self.variables.keys();
        names.any(|name| !written_back.contains(name)) || self.connection != Connection::default()
    }

    /// This profile with what the other one sets laid over it.
    fn overlaid(mut self, other: Self) -> Self {
        self.variables.extend(other.variables);
        self.connection = self.connection.overlaid(other.connection);
        self.secret_arguments.extend(other.secret_arguments);
        let mut arguments = other.arguments;
        arguments.fill(&self.arguments);
        self.arguments = arguments;
        self
    }
}

/// What `config.toml` says, the built-in profiles included.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    default_profile: Option<String>,
    retention: Retention,
    keys: Vec<KeySetting>,
    screen: ScreenSettings,
    profiles: BTreeMap<String, Profile>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            default_profile: None,
            retention: Retention::default(),
            keys: Vec::new(),
            screen: ScreenSettings::default(),
            profiles: [
                (SANDBOX_PROFILE.to_owned(), Profile::sandbox()),
                (ENVIRONMENT_PROFILE.to_owned(), Profile::default()),
            ]
            .into(),
        }
    }
}

impl Config {
    /// Reads the file of this home; without one there are the built-in profiles alone.
    ///
    /// # Errors
    /// A file that cannot be read, or everything that is wrong in it, with lines and columns.
    pub fn load(home: &Home) -> Result<Self, ConfigError> {
        let path = home.config_file();
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigError::file("read", path, source)),
        }
    }

    /// Reads the text of a file; the path is for the errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        read::config(text).map_err(|faults| ConfigError::Text {
            path: path.to_owned(),
            faults,
        })
    }

    /// The profile that the file chooses for a start without a choice.
    pub fn default_profile(&self) -> Option<&str> {
        self.default_profile.as_deref()
    }

    /// How long ended runs are kept.
    pub const fn retention(&self) -> Retention {
        self.retention
    }

    /// The keys that somebody has changed.
    pub fn keys(&self) -> &[KeySetting] {
        &self.keys
    }

    /// The profiles of the file that are somebody's own: the two built-in ones do not count, unless the file
    /// says where `environment` leads.
    pub fn own_names(&self) -> Vec<&str> {
        let own = |name: &&str| match *name {
            SANDBOX_PROFILE => false,
            ENVIRONMENT_PROFILE => self.profiles[*name].leads_somewhere(),
            _ => true,
        };
        self.names().filter(own).collect()
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// An unknown name, with the known ones.
    pub fn profile(&self, name: &str) -> Result<&Profile, ConfigError> {
        self.profiles
            .get(name)
            .ok_or_else(|| ConfigError::UnknownProfile {
                name: name.to_owned(),
                known: self.names().collect::<Vec<_>>().join(", "),
            })
    }

    /// The names of all profiles, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }
}

const NAME_RULE: &str = "The name of a profile is 1 to 64 letters, digits, _ and -.";

/// Whether this can be the name of a profile: it is typed on command lines and shown in the header.
fn is_profile_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_there_is_the_sandbox() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(&Home::at(folder.path())).unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.default_profile(), None);
        assert_eq!(config.names().collect::<Vec<_>>(), ["environment", "sandbox"]);
    }

    #[test]
    fn an_unknown_profile_is_refused_with_the_known_ones() {
        let config = Config::parse("[profile.prod]", Path::new("config.toml")).unwrap();
        let error = config.profile("porduction").unwrap_err().to_string();
        assert!(
            error.contains("'porduction'") && error.contains("environment, prod, sandbox"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_the_same_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        std::fs::create_dir(home.config_file()).unwrap();
        let error = Config::load(&home).unwrap_err().to_string();
        assert!(error.contains("config.toml"), "{error}");
    }
}
