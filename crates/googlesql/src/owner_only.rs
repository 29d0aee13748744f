//! Files that only their owner may read, from the moment they exist.

use std::io;
use std::path::{Path, PathBuf};

/// Creates the file, and its folder, if they are missing, and restricts both to their owner. Returns the file's path.
///
/// SQLite gives its journal files the mode of the database file.
///
/// # Errors
/// The system's error.
pub fn create_file(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let path = folder.join(name);
    create(folder, &path)?;
    Ok(path)
}

#[cfg(unix)]
fn create(folder: &Path, file: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true).mode(0o600).open(file)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn create(folder: &Path, _: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}
