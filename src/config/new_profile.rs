//! Adds a profile to `config.toml`: a file of its own with every setting explained if there was none, else a section
//! below what is there, which stays as it is.

use super::default_profile::with_default;
use super::{Config, ConfigError, Connection, Fault, Home, NAME_RULE, file, is_profile_name, template};
use domain::variable::{VariableName, Variables};
use std::path::Path;

/// A profile that is to be written: names of variables and of other settings, with texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewProfile {
    /// Its name.
    pub name: String,
    /// What it sets.
    pub settings: Vec<(String, String)>,
    /// Whether starts that name no profile use it. The first profile of a file is used so in any case.
    pub is_default: bool,
}

/// What is wrong with the name of a profile that is to be added to this file, if anything.
pub fn fault_of_name(config: &Config, name: &str) -> Option<String> {
    match name {
        super::SANDBOX_PROFILE | super::ENVIRONMENT_PROFILE => {
            Some("sandbox and environment are built in; choose another name.".into())
        }
        _ if !is_profile_name(name) => Some(NAME_RULE.into()),
        _ if config.profile(name).is_ok() => Some(format!(
            "There is a profile {name} already, and it is left as it is. Choose another name, or change it with \
             `downbeat variables set NAME=VALUE --profile {name}`."
        )),
        _ => None,
    }
}

/// What is wrong with a setting of a profile, if anything.
pub fn fault_of_setting(name: &str, text: &str) -> Option<String> {
    if Connection::NAMES.contains(&name) {
        return Connection::default().set(name, text).err();
    }
    match VariableName::from_name(name) {
        Ok(name) => Variables::fault(name, text),
        Err(error) => Some(error.message),
    }
}

impl NewProfile {
    /// Adds it; whether starts that name no profile use it from now on.
    ///
    /// # Errors
    /// A profile of this name is there already, a setting is not legal, or the file cannot be read or written: it is left
    /// as it is.
    pub fn add(&self, home: &Home) -> Result<bool, ConfigError> {
        let mut is_default = false;
        file::change(home, |text, path| {
            let text = self.added(text, path)?;
            is_default = Config::parse(&text, path)?.default_profile() == Some(&self.name);
            Ok(text)
        })?;
        Ok(is_default)
    }

    fn added(&self, text: &str, path: &Path) -> Result<String, ConfigError> {
        self.check(&Config::parse(text, path)?, path)?;
        if text.trim().is_empty() {
            return Ok(template::file(&self.name, &self.settings));
        }
        let config = Config::parse(text, path)?;
        let is_first = config.default_profile().is_none() && config.own_names().is_empty();
        let line_end = if text.ends_with('\n') { "" } else { "\n" };
        let section = template::section(&self.name, &self.settings);
        let text = format!("{text}{line_end}\n{section}");
        if self.is_default || is_first {
            return with_default(&text, path, &self.name);
        }
        Ok(text)
    }

    fn check(&self, config: &Config, path: &Path) -> Result<(), ConfigError> {
        if let Some(message) = fault_of_name(config, &self.name) {
            return Err(ConfigError::Text {
                path: path.to_owned(),
                faults: vec![place(path, &self.name, message)],
            });
        }
        let mut faults = self.settings.iter();
        let fault = faults.find_map(|(name, text)| Some((name, fault_of_setting(name, text)?)));
        match fault {
            Some((name, message)) => Err(ConfigError::Value {
                name: name.clone(),
                message,
                origin: "the new profile".into(),
            }),
            None => Ok(()),
        }
    }
}

/// Where a profile stands in the file.
fn place(path: &Path, name: &str, message: String) -> Fault {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let byte = text.find(&format!("profile.{name}")).unwrap_or_default();
    Fault::at(&text, byte, message)
}

#[cfg(test)]
mod tests;
