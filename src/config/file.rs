//! The one way in which `config.toml` is changed: under a lock, whole or not at all, and only from a text without faults to
//! a text without faults.
//!
//! It must never lose what it does not understand: a file with a fault anywhere is left as it is.

use super::home::{create_folder, owner_only_file};
use super::{Config, ConfigError, Home};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Replaces the text of the file by what `change` makes of it; without a file that text is empty. The path is for errors.
///
/// # Errors
/// A file that cannot be read or written, or that has faults before or after the change: it is left as it is.
pub(super) fn change(
    home: &Home,
    change: impl FnOnce(&str, &Path) -> Result<String, ConfigError>,
) -> Result<(), ConfigError> {
    let path = home.config_file();
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder).map_err(|source| ConfigError::file("create", folder, source))?;
    // Two programs that save at once must not lose each other's change.
    let lock_path = path.with_extension("toml.lock");
    let lock = owner_only_file(&lock_path).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|source| ConfigError::file("lock", lock_path, source))?;
    // A dotfile is often a link into a repository: the file behind it is the one to replace.
    let target = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let text = match std::fs::read_to_string(&target) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(ConfigError::file("read", target, source)),
    };
    let new_text = checked(&text, &path, change)?;
    replace(&target, &new_text).map_err(|source| ConfigError::file("write", target, source))
}

/// The new text, once both are read without a fault.
pub(super) fn checked(
    text: &str,
    path: &Path,
    change: impl FnOnce(&str, &Path) -> Result<String, ConfigError>,
) -> Result<String, ConfigError> {
    Config::parse(text, path)?;
    let new_text = change(text, path)?;
    Config::parse(&new_text, path)?;
    Ok(new_text)
}

/// Replaces a file whole or not at all, by one that only its owner may read: writes a new one beside it, syncs it, and
/// renames it over the old one.
///
/// # Errors
/// The system's; the old file is as it was.
pub fn replace(target: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = target.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = owner_only_file(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, target));
    if written.is_err() {
        // The half-written copy is of no use; it does no harm if it cannot be removed.
        let _ = std::fs::remove_file(&beside);
    }
    written?;
    match target.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
