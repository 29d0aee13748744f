//! Where Downbeat's files are: the only place that knows paths. It reads no contents.

use super::ConfigError;
use std::fs::{DirBuilder, File, OpenOptions};
use std::path::{Path, PathBuf};

/// The folders of this user's Downbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
}

impl Home {
    /// Everything under one folder, as `--home` and `DOWNBEAT_HOME` ask for.
    pub fn at(root: &Path) -> Self {
        // A later change of the working folder must not move the journal.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Self {
            config: root.clone(),
            data: root.clone(),
            state: root,
        }
    }

    /// `--home`, else `DOWNBEAT_HOME` (empty counts as not set), else the system's folders for this user.
    ///
    /// # Errors
    /// None of them exists.
    pub fn find(flag: Option<&Path>, variable: Option<&Path>) -> Result<Self, ConfigError> {
        let named = flag
            .into_iter()
            .chain(variable)
            .find(|path| !path.as_os_str().is_empty());
        if let Some(root) = named {
            return Ok(Self::at(root));
        }
        let folders = directories::ProjectDirs::from("", "", "downbeat").ok_or(ConfigError::NoHome)?;
        Ok(Self {
            config: folders.config_dir().to_owned(),
            data: folders.data_local_dir().to_owned(),
            state: folders
                .state_dir()
                .unwrap_or_else(|| folders.data_local_dir())
                .to_owned(),
        })
    }

    /// Profiles and settings.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The folder of journal, logs, leases and sandbox.
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The journal.
    pub fn database(&self) -> PathBuf {
        self.data.join("downbeat.db")
    }

    /// The sandbox's source, warehouse and bucket.
    pub fn sandbox(&self) -> PathBuf {
        self.data.join("sandbox")
    }

    /// The folder of our own diagnostics, `downbeat.log`.
    pub fn diagnostics(&self) -> &Path {
        &self.state
    }

    /// Creates the folders that are missing, for this user only (0700). One that exists is left as it is.
    ///
    /// # Errors
    /// A folder that cannot be created.
    pub fn create(&self) -> Result<(), ConfigError> {
        let (logs, sandbox) = (self.data.join("logs"), self.sandbox());
        for folder in [&self.config, &self.data, &self.state, &logs, &sandbox] {
            create_folder(folder).map_err(|source| ConfigError::file("create", folder, source))?;
        }
        Ok(())
    }
}

pub(super) fn create_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file to write it, created for this user only (0600).
pub(super) fn owner_only_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_variable_and_empty_is_none() {
        let (a, b) = (Path::new("/a"), Path::new("/b"));
        let config = |flag, variable| Home::find(flag, variable).unwrap().config_file();
        assert_eq!(config(Some(a), Some(b)), Path::new("/a/config.toml"));
        assert_eq!(config(None, Some(b)), Path::new("/b/config.toml"));
        assert_eq!(config(Some(Path::new("")), Some(b)), Path::new("/b/config.toml"));
        let empty = Home::find(None, Some(Path::new("")));
        // A machine without a home folder is an error; the working folder is never used.
        assert!(empty.is_err() || empty.unwrap().config_file().is_absolute());
    }

    #[test]
    fn a_relative_folder_becomes_an_absolute_one() {
        assert!(Home::at(Path::new("demo")).database().is_absolute());
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_for_this_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("deep/er"));
        home.create().unwrap();
        home.create().unwrap();
        for path in [
            home.data_dir().to_owned(),
            home.sandbox(),
            home.diagnostics().to_owned(),
        ] {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", path.display());
        }
    }
}
