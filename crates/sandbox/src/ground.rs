//! The folder that a sandbox stands on: locked while it runs, and swept away if it was not to stay.

use super::SandboxError;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The file that is locked.
const LOCK: &str = "sandbox.lock";

/// How the folder of a sandbox that is not to stay begins.
const PREFIX: &str = "downbeat-";

/// One sandbox at a time in a folder; the system frees the lock of a process that dies.
pub(super) fn lock(folder: &Path) -> Result<File, SandboxError> {
    let path = folder.join(LOCK);
    let refuse = |source| SandboxError::Folder {
        path: path.clone(),
        source,
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(refuse)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SandboxError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(refuse(source)),
    }
}

/// Makes a folder for its owner alone.
pub(super) fn create(folder: &Path) -> Result<(), SandboxError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| SandboxError::Folder {
            path: folder.to_owned(),
            source,
        })
}

/// A folder that goes with the process, or with the next one's beginning if this one is killed.
#[derive(Debug)]
pub(super) struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// A new one among the system's temporary files.
    pub fn new() -> Result<Self, SandboxError> {
        Self::below(&std::env::temp_dir())
    }

    fn below(temporary: &Path) -> Result<Self, SandboxError> {
        sweep(temporary);
        let name = format!("{PREFIX}{}", uuid::Uuid::new_v4());
        // It gets its name with its lock: no other sandbox takes it for a left one in between.
        let (hidden, path) = (temporary.join(format!(".{name}")), temporary.join(&name));
        create(&hidden)?;
        let lock = lock(&hidden)?;
        std::fs::rename(&hidden, &path).map_err(|source| SandboxError::Folder {
            path: path.clone(),
            source,
        })?;
        Ok(Self { path, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next sandbox, or the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of sandboxes that were killed: their locks are free. One without a lock is somebody else's.
fn sweep(temporary: &Path) {
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
    fn what_a_killed_sandbox_left_is_swept() {
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
        let first = Scratch::below(temporary.path()).unwrap();
        let second = Scratch::below(temporary.path()).unwrap();
        assert!(!killed.exists() && foreign.exists() && other.exists());
        assert!(first.path().exists() && second.path().exists());
        let path = first.path().to_owned();
        drop(first);
        assert!(!path.exists());
    }
}
