//! What is in effect: command line over environment over profile over default. A pure function.
//!
//! It reads nothing; `app.rs` passes the arguments and the environment.

use super::choice::{WithoutChoice, choose};
use super::{Config, ConfigError, Connection, Profile, SANDBOX_PROFILE, ScreenSettings};
use domain::arguments::RuntimeArguments;
use domain::finding::Finding;
use domain::secret::Secrets;
use domain::variable::{VariableError, VariableName, Variables};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

const PREFIX: &str = "DOWNBEAT_";

/// Names in the environment that are ours and are not variables.
const RESERVED: [&str; 7] = [
    "DOWNBEAT_HOME",
    "DOWNBEAT_PROFILE",
    "DOWNBEAT_LOG",
    "DOWNBEAT_ACCESS_TOKEN",
    "DOWNBEAT_CDAP_ACCESS_TOKEN",
    "DOWNBEAT_SANDBOX_SOURCE",
    "DOWNBEAT_SANDBOX_CDAP_TOKEN",
];

/// What of them is a secret, and has no business among the settings.
const TOKENS: [&str; 4] = [
    "DOWNBEAT_ACCESS_TOKEN",
    "DOWNBEAT_CDAP_ACCESS_TOKEN",
    "DOWNBEAT_SANDBOX_SOURCE",
    "DOWNBEAT_SANDBOX_CDAP_TOKEN",
];

/// Where a value comes from; a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built in.
    Default,
    /// gcloud's own settings name it.
    Gcloud,
    /// Set in the profile.
    Profile,
    /// Set by `DOWNBEAT_<VARIABLE>`.
    Environment,
    /// Set by `--set`.
    CommandLine,
    /// It was changed on the screen and is not saved.
    Edited,
}

impl Origin {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Gcloud => "gcloud",
            Self::Profile => "profile",
            Self::Environment => "environment",
            Self::CommandLine => "command line",
            Self::Edited => "edited",
        }
    }
}

/// What comes from outside of `config.toml`.
#[derive(Clone, Default)]
pub struct Overrides {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--set name=value`, in order: the last one of a name wins.
    pub set: Vec<(String, String)>,
    /// `DOWNBEAT_…` of the environment. An empty value counts as not set.
    pub environment: BTreeMap<String, String>,
    /// The project that gcloud would use.
    pub gcloud_project: Option<String>,
}

/// The names only: values may hold secrets.
impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides")
            .field("profile", &self.profile)
            .field("set", &self.set.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("environment", &self.environment.keys())
            .field("gcloud_project", &self.gcloud_project)
            .finish()
    }
}

impl Overrides {
    /// Takes only the `DOWNBEAT_` names out of the environment (`std::env::vars_os`): the rest may hold secrets.
    pub fn from_outside(
        profile: Option<String>,
        set: Vec<(String, String)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        // Bytes that are not text become a text that no variable takes, which is refused by name.
        let texts = environment.into_iter().map(|(key, text)| {
            (
                key.to_string_lossy().into_owned(),
                text.to_string_lossy().into_owned(),
            )
        });
        Self {
            profile,
            set,
            gcloud_project: None,
            environment: texts
                .filter(|(key, _)| key.starts_with(PREFIX) && !TOKENS.contains(&key.as_str()))
                .collect(),
        }
    }

    /// Whether a name of the environment is that of a setting of the screen.
    pub fn is_of_screen(name: &OsString) -> bool {
        let name = name.to_string_lossy();
        let name = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase);
        name.is_some_and(|name| ScreenSettings::NAMES.contains(&name.as_str()))
    }

    /// What the environment sets, without our own few names: the whole name, the name in `config.toml`, the text.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, String, &str)> {
        let ours = self
            .environment
            .iter()
            .filter(|(key, text)| !RESERVED.contains(&key.as_str()) && !text.is_empty());
        ours.filter_map(|(key, text)| {
            let name = key.strip_prefix(PREFIX)?.to_ascii_lowercase();
            Some((key.as_str(), name, text.as_str()))
        })
    }

    /// A variable of the environment that is set.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let text = self.environment.get(name).map(String::as_str);
        text.filter(|text| !text.is_empty())
    }
}

/// What is in effect for this start.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The name of the chosen profile.
    pub profile: String,
    /// The values.
    pub variables: Variables,
    /// Endpoints, credentials and colour.
    pub connection: Connection,
    /// How the screen looks and tells.
    pub screen: ScreenSettings,
    /// Names of arguments whose values are secrets, in addition to those that look so.
    pub secret_arguments: Vec<String>,
    /// Arguments that every pipeline run gets.
    pub arguments: RuntimeArguments,
    /// What goes wrong in the embedded sandbox: files, or names of shipped scenarios.
    pub scenario: Vec<PathBuf>,
    /// What was found about where the values come from. [`Variables::check`] finds how they fit each other.
    pub findings: Vec<Finding>,
    /// Whether there are profiles, and none was chosen.
    pub lacks_choice: bool,
    origins: BTreeMap<VariableName, Origin>,
}

impl Settings {
    /// Chooses the profile and lays everything over it.
    ///
    /// # Errors
    /// An unknown profile or name, or a value that cannot be taken, with where it was given.
    pub fn resolve(
        config: &Config,
        overrides: &Overrides,
        without: WithoutChoice,
    ) -> Result<Self, ConfigError> {
        let (name, finding) = choose(config, overrides, without)?;
        let mut settings = Self {
            profile: name.to_owned(),
            variables: Variables::default(),
            connection: Connection::default(),
            screen: config.screen.clone(),
            secret_arguments: Vec::new(),
            arguments: RuntimeArguments::default(),
            scenario: Vec::new(),
            lacks_choice: finding.is_some(),
            findings: finding.into_iter().collect(),
            origins: BTreeMap::new(),
        };
        settings.take_profile(config.profile(name)?)?;
        settings.take_environment(overrides)?;
        for (name, text) in &overrides.set {
            settings.take(name, text, Origin::CommandLine, || format!("--set {name}"))?;
        }
        settings.take_gcloud(overrides)?;
        settings.redact_last_arguments();
        let exposed = settings.connection.exposed().map(|(name, url)| {
            let message = format!("{name} is {url}: a Google token would cross the network in the clear.");
            Finding::error(name, message, "Use https://, or set credentials to none.")
        });
        settings.findings.extend(exposed.collect::<Vec<_>>());
        let misfits = settings.connection.misfits();
        settings.findings.extend(misfits);
        Ok(settings)
    }

    /// What the last run gave may have been written by a version that knew fewer secrets.
    fn redact_last_arguments(&mut self) {
        let mut secrets = Secrets::default();
        secrets.add_names(self.secret_arguments.iter().cloned());
        for arguments in &mut self.variables.cdf_pipeline_run_arguments.0 {
            *arguments = secrets.redact(arguments);
        }
    }

    fn take_profile(&mut self, profile: &Profile) -> Result<(), ConfigError> {
        self.connection = profile.connection.clone();
        self.secret_arguments.clone_from(&profile.secret_arguments);
        self.arguments.clone_from(&profile.arguments);
        let source = format!("[profile.{}]", self.profile);
        for (name, text) in &profile.variables {
            self.take(name.as_str(), text, Origin::Profile, || source.clone())?;
        }
        Ok(())
    }

    /// A profile that names no project has the one that gcloud would use.
    fn take_gcloud(&mut self, overrides: &Overrides) -> Result<(), ConfigError> {
        let is_open = self.profile != SANDBOX_PROFILE && self.variables.project_id.is_empty();
        match &overrides.gcloud_project {
            Some(project) if is_open => self.take("project_id", project, Origin::Gcloud, || "gcloud".into()),
            _ => Ok(()),
        }
    }

    fn take_environment(&mut self, overrides: &Overrides) -> Result<(), ConfigError> {
        for (key, name, text) in overrides.settings() {
            if ScreenSettings::NAMES.contains(&name.as_str()) {
                self.screen
                    .set(&name, text)
                    .map_err(|message| ConfigError::Value {
                        name: name.clone(),
                        message,
                        origin: format!("the environment variable {key}"),
                    })?;
                continue;
            }
            match VariableName::from_name(&name) {
                Err(error) if !Connection::NAMES.contains(&name.as_str()) => {
                    // Other programs may use our prefix, so it is a warning.
                    let message = format!("The environment has {key}, which is ignored. {}", error.message);
                    let finding = Finding::warning(key, message, "Correct its name or unset it.");
                    self.findings.push(finding);
                }
                _ => self.take(&name, text, Origin::Environment, || {
                    format!("the environment variable {key}")
                })?,
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        name: &str,
        text: &str,
        origin: Origin,
        source: impl Fn() -> String,
    ) -> Result<(), ConfigError> {
        let refusal = |message| ConfigError::Value {
            name: name.to_owned(),
            message,
            origin: source(),
        };
        if Connection::NAMES.contains(&name) {
            return self.connection.set(name, text).map_err(refusal);
        }
        let taken = self.variables.set_by_name(name, text);
        let name = taken.map_err(|error| refusal(error.message))?;
        self.origins.insert(name, origin);
        Ok(())
    }

    /// Where the value of a variable comes from.
    pub fn origin(&self, name: VariableName) -> Origin {
        self.origins.get(&name).copied().unwrap_or(Origin::Default)
    }

    /// Takes a value that was typed on the screen.
    ///
    /// # Errors
    /// The text is not a legal value; nothing has changed.
    pub fn edit(&mut self, name: VariableName, text: &str) -> Result<(), VariableError> {
        let before = self.variables.text(name);
        self.variables.set(name, text)?;
        if self.variables.text(name) != before {
            self.origins.insert(name, Origin::Edited);
        }
        Ok(())
    }

    /// The edits are in the profile now.
    pub fn mark_saved(&mut self) {
        for origin in self
            .origins
            .values_mut()
            .filter(|origin| **origin == Origin::Edited)
        {
            *origin = Origin::Profile;
        }
    }

    /// Whether to start the embedded sandbox: its profile is chosen, and no endpoint is set.
    pub fn wants_sandbox(&self) -> bool {
        let named = &self.connection;
        let endpoints = [
            &named.datafusion_endpoint,
            &named.bigquery_endpoint,
            &named.cdap_endpoint,
        ];
        self.profile == SANDBOX_PROFILE && endpoints.iter().all(|endpoint| endpoint.is_none())
    }
}

#[cfg(test)]
mod tests;
