//! The folder of a sandbox: locked while it runs, and removed afterwards if it is temporary.

use super::{SandboxError, State};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The name of the locked file.
const LOCK: &str = "sandbox.lock";

/// How the names of temporary folders begin.
const PREFIX: &str = "downbeat-";

/// The folder of a running sandbox.
#[derive(Debug)]
pub(super) enum StateDir {
    /// A folder that remains.
    Permanent {
        path: PathBuf,
        /// Held while the sandbox runs.
        _lock: File,
    },
    Temporary(TemporaryDir),
}

impl StateDir {
    /// Creates and locks the folder.
    pub fn open(state: &State) -> Result<Self, SandboxError> {
        match state {
            State::Directory(path) => {
                create(path)?;
                Ok(Self::Permanent {
                    path: path.clone(),
                    _lock: lock(path)?,
                })
            }
            State::Ephemeral => TemporaryDir::new().map(Self::Temporary),
        }
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Permanent { path, .. } => path,
            Self::Temporary(folder) => &folder.path,
        }
    }
}

/// One sandbox at a time uses a folder. The system frees the lock of a process that dies.
fn lock(folder: &Path) -> Result<File, SandboxError> {
    let path = folder.join(LOCK);
    let failed = |source| SandboxError::Folder {
        path: path.clone(),
        source,
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SandboxError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Creates a folder that only its owner can access.
fn create(folder: &Path) -> Result<(), SandboxError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| SandboxError::Folder {
            path: folder.to_owned(),
            source,
        })
}

/// A folder that is removed with the sandbox, or by the next sandbox if this process is killed.
#[derive(Debug)]
pub(super) struct TemporaryDir {
    path: PathBuf,
    _lock: File,
}

impl TemporaryDir {
    fn new() -> Result<Self, SandboxError> {
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(temporary: &Path) -> Result<Self, SandboxError> {
        remove_abandoned(temporary);
        let name = format!("{PREFIX}{}", uuid::Uuid::new_v4());
        // The folder is locked before it has its name, so that no other sandbox takes it for an abandoned one.
        let (hidden, path) = (temporary.join(format!(".{name}")), temporary.join(&name));
        create(&hidden)?;
        let lock = lock(&hidden)?;
        std::fs::rename(&hidden, &path).map_err(|source| SandboxError::Folder {
            path: path.clone(),
            source,
        })?;
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        // If this fails, the next sandbox removes the folder.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of killed sandboxes: their lock files exist and are free.
fn remove_abandoned(temporary: &Path) {
    for entry in std::fs::read_dir(temporary).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let path = entry.path();
        if is_folder && is_ours && path.join(LOCK).is_file() && lock(&path).is_ok() {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_killed_sandbox_is_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let killed = temporary.path().join("downbeat-killed");
        let (foreign, other) = (
            temporary.path().join("downbeat-foreign"),
            temporary.path().join("other"),
        );
        for folder in [&killed, &foreign, &other] {
            create(folder).unwrap();
        }
        std::fs::write(killed.join(LOCK), "").unwrap();
        std::fs::write(other.join(LOCK), "").unwrap();
        let first = TemporaryDir::new_in(temporary.path()).unwrap();
        let second = TemporaryDir::new_in(temporary.path()).unwrap();
        assert!(!killed.exists() && foreign.exists() && other.exists());
        assert!(first.path.exists() && second.path.exists());
        let path = first.path.clone();
        drop(first);
        assert!(!path.exists());
    }
}
