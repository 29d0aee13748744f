//! What a profile says of its credentials: where tokens come from, and in whose name calls are made. It holds no token.

use std::fmt;
use std::str::FromStr;

/// Where tokens come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Application default credentials: a file, the metadata server, gcloud.
    #[default]
    Google,
    /// A command prints them.
    Command,
    /// A variable of the environment holds one.
    Environment,
    /// No token is sent: the sandbox, or a CDAP without security.
    None,
}

impl Credentials {
    /// All of them.
    const ALL: [Self; 4] = [Self::Google, Self::Command, Self::Environment, Self::None];

    /// The words of the setting.
    pub const WORDS: [&'static str; 4] = ["google", "command", "environment", "none"];

    /// The word of this one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Command => "command",
            Self::Environment => "environment",
            Self::None => "none",
        }
    }
}

impl FromStr for Credentials {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.word() == text);
        found.ok_or_else(|| format!("'{text}' is none of {}.", Self::WORDS.join(", ")))
    }
}

/// A command that prints a token. It may hold a secret itself, so that it does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenCommand(String);

impl TokenCommand {
    /// The command, as a shell takes it.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenCommand {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(
                "A command that prints a token is expected, like gcloud auth print-access-token.".into(),
            );
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for TokenCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The address of a service account.
pub(super) fn account(text: &str) -> Result<String, String> {
    let is_address = |(name, host): (&str, &str)| !name.is_empty() && host.contains('.');
    let is_plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/');
    if is_plain && text.split_once('@').is_some_and(is_address) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "'{text}' is not the address of a service account, like loader@my-project.iam.gserviceaccount.com."
        ))
    }
}

/// The id of a project; older ones have a domain: `example.com:my-project`.
pub(super) fn project(text: &str) -> Result<String, String> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    if !text.is_empty() && text.chars().all(is_legal) {
        Ok(text.to_owned())
    } else {
        Err(format!("'{text}' is not the id of a project."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_does_not_show() {
        let command: TokenCommand = " vault read hush ".parse().unwrap();
        assert_eq!(command.text(), "vault read hush");
        assert_eq!(format!("{command:?}"), "***");
    }
}
