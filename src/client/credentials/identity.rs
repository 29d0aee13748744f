//! Whose credentials the calls carry: the source, the account once it is known, and the file. Never a key.

use std::fmt;
use std::path::{Path, PathBuf};

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Where they come from.
    pub source: IdentitySource,
    /// The account, once it is known.
    pub account: Option<String>,
    /// The file, if they come from one.
    pub file: Option<PathBuf>,
    /// Who acts in the account's name, if it is impersonated.
    pub by: Option<Box<Identity>>,
    /// The variable that holds the token, if one does.
    pub(super) variable: Option<&'static str>,
}

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// No credentials are sent.
    None,
    /// The key of a service account, in a file.
    KeyFile,
    /// The login of a person, in a file.
    UserLogin,
    /// An identity elsewhere that Google takes, described in a file.
    Federation,
    /// A service account in whose name another identity acts.
    Impersonation,
    /// A file that cannot be used.
    Unusable,
    /// No file: the metadata server is asked at the first call, then gcloud.
    MetadataOrGcloud,
    /// The metadata server of this machine.
    Metadata,
    /// The account of gcloud.
    Gcloud,
    /// The command of the settings.
    Command,
    /// A variable of the environment.
    Environment,
}

impl IdentitySource {
    /// Its word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::KeyFile => "key_file",
            Self::UserLogin => "user_login",
            Self::Federation => "federation",
            Self::Impersonation => "impersonation",
            Self::Unusable => "unusable_file",
            Self::MetadataOrGcloud => "metadata_or_gcloud",
            Self::Metadata => "metadata",
            Self::Gcloud => "gcloud",
            Self::Command => "command",
            Self::Environment => "environment",
        }
    }
}

impl Identity {
    pub(super) fn of(source: IdentitySource) -> Self {
        Self {
            source,
            account: None,
            file: None,
            by: None,
            variable: None,
        }
    }

    /// They come from this file.
    pub(super) fn locate(&mut self, file: &Path) {
        self.file = Some(file.to_owned());
        if let Some(by) = &mut self.by {
            by.locate(file);
        }
    }

    /// The service account that it acts for.
    pub(super) fn impersonating(self, account: &str) -> Self {
        Self {
            account: Some(account.to_owned()),
            file: self.file.clone(),
            by: Some(Box::new(self)),
            ..Self::of(IdentitySource::Impersonation)
        }
    }

    /// They come from a variable of the environment.
    pub(super) fn in_variable(name: &'static str) -> Self {
        Self {
            variable: Some(name),
            ..Self::of(IdentitySource::Environment)
        }
    }

    /// Where they come from, for people.
    fn place(&self) -> String {
        let file = self.file.as_deref().unwrap_or(Path::new("")).display();
        match self.source {
            IdentitySource::None => "none".into(),
            IdentitySource::KeyFile => format!("key file {file}"),
            IdentitySource::UserLogin => format!("login in {file}"),
            IdentitySource::Federation => format!("federation by {file}"),
            IdentitySource::Unusable => format!("the file {file}, which cannot be used"),
            IdentitySource::MetadataOrGcloud => "the account of the metadata server, else of gcloud".into(),
            IdentitySource::Metadata => "metadata server".into(),
            IdentitySource::Gcloud => "gcloud".into(),
            IdentitySource::Command => "token command".into(),
            IdentitySource::Environment => {
                format!("token in {}", self.variable.unwrap_or("the environment"))
            }
            IdentitySource::Impersonation => match &self.by {
                Some(by) => format!("impersonated by {by}"),
                None => "impersonated".into(),
            },
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        match (self.source, &self.account) {
            (IdentitySource::None | IdentitySource::Unusable | IdentitySource::MetadataOrGcloud, _) => {
                f.write_str(&place)
            }
            (_, Some(account)) => write!(f, "{account} ({place})"),
            (IdentitySource::KeyFile, None) => write!(f, "the {place}, which names no account"),
            (_, None) => write!(f, "the account of the {place}"),
        }
    }
}
