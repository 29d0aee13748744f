//! Files of the sandbox's folder: for their owner's eyes only, before anything is written into them.

use std::io;
use std::path::{Path, PathBuf};

/// Makes a file in a folder, and the folder, if they are not there; what SQLite puts beside a file inherits its mode.
///
/// # Errors
/// What the system says.
pub fn file(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let path = folder.join(name);
    make(folder, &path)?;
    Ok(path)
}

#[cfg(unix)]
fn make(folder: &Path, file: &Path) -> io::Result<()> {
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
fn make(folder: &Path, _: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}
