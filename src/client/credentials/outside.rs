//! What credentials are looked up in outside of this program: its environment. Tests put another in its place.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

type Read = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// The variables of the environment.
#[derive(Clone)]
pub struct Outside(Arc<Read>);

impl Outside {
    /// Variables that are read with this function.
    pub fn new(read: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|text| !text.is_empty())
    }

    /// The same as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.variable(name)?.into_string().ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The folder of gcloud's settings.
    pub(super) fn gcloud_folder(&self) -> Option<PathBuf> {
        if let Some(folder) = self.variable("CLOUDSDK_CONFIG") {
            return Some(folder.into());
        }
        if cfg!(windows) {
            return Some(PathBuf::from(self.variable("APPDATA")?).join("gcloud"));
        }
        Some(PathBuf::from(self.variable("HOME")?).join(".config/gcloud"))
    }
}

/// The environment of this process.
impl Default for Outside {
    fn default() -> Self {
        Self::new(|name| std::env::var_os(name))
    }
}

/// Nothing of it: values may be secret.
impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}
