//! Writes changed variables back to `config.toml`: the rest of the text, comments included, stays.
//!
//! The file is replaced as a whole or not at all, whatever happens in between.

use super::home::{create_folder, owner_only_file};
use super::{Config, ConfigError, Fault, Home, is_profile_name};
use domain::variable::{VariableName, Variables};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::{Document, DocumentMut, Item, Table, TableLike, Value};

/// Writes the changes into `[profile.NAME]`, which is added if it is missing (the built-in sandbox's too).
///
/// # Errors
/// A file that cannot be read or written, or that was broken in the meantime: it is left as it is.
pub fn save_variables(
    home: &Home,
    profile: &str,
    changes: &BTreeMap<VariableName, String>,
) -> Result<(), ConfigError> {
    refuse_illegal(profile, changes)?;
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
    let new_text = with_changes(&text, &path, profile, changes)?;
    replace(&target, &new_text).map_err(|source| ConfigError::file("write", target, source))
}

fn refuse_illegal(profile: &str, changes: &BTreeMap<VariableName, String>) -> Result<(), ConfigError> {
    let illegal = |name: &str, message: String| ConfigError::Value {
        name: name.to_owned(),
        message,
        origin: "the screen".into(),
    };
    if !is_profile_name(profile) {
        let message = "a profile's name is 1 to 64 letters, digits, _ and -.";
        return Err(illegal(profile, message.into()));
    }
    changes
        .iter()
        .try_for_each(|(name, text)| match Variables::fault(*name, text) {
            Some(message) => Err(illegal(name.as_str(), message)),
            None => Ok(()),
        })
}

/// The text with the changes in it. The new text is parsed before it is written.
fn with_changes(
    text: &str,
    path: &Path,
    profile: &str,
    changes: &BTreeMap<VariableName, String>,
) -> Result<String, ConfigError> {
    Config::parse(text, path)?;
    let wrong_shape = |message: String| ConfigError::Text {
        path: path.to_owned(),
        faults: vec![Fault::at(text, 0, message)],
    };
    let document = Document::parse(text).map_err(|error| wrong_shape(error.message().to_owned()))?;
    let mut document: DocumentMut = document.into_mut();
    let section = section(&mut document, profile)
        .ok_or_else(|| wrong_shape(format!("[profile.{profile}] is not a table.")))?;
    for (name, text) in changes {
        let mut value = value_of(*name, text);
        match section.get_mut(name.as_str()).and_then(Item::as_value_mut) {
            Some(old) => {
                // The comment at the end of the line belongs to the old value.
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            None => _ = section.insert(name.as_str(), Item::Value(value)),
        }
    }
    let new_text = document.to_string();
    Config::parse(&new_text, path)?;
    Ok(new_text)
}

/// The section of the profile, added if it is missing.
fn section<'a>(document: &'a mut DocumentMut, profile: &str) -> Option<&'a mut dyn TableLike> {
    let end = document.trailing().as_str().unwrap_or_default().to_owned();
    let is_first = document.is_empty() && end.is_empty();
    let profiles = document
        .entry("profile")
        .or_insert_with(|| Item::Table(implicit_table()));
    if let Item::Table(profiles) = profiles
        && !profiles.contains_key(profile)
    {
        // Comments at the end of the file stay above what is added below them.
        let mut made = Table::new();
        made.decor_mut()
            .set_prefix(if is_first { end } else { end + "\n" });
        profiles.insert(profile, Item::Table(made));
        document.set_trailing("");
    }
    let profiles = document.get_mut("profile")?.as_table_like_mut()?;
    profiles
        .entry(profile)
        .or_insert(toml_edit::table())
        .as_table_like_mut()
}

/// `[profile]` itself is not written when `[profile.NAME]` is.
fn implicit_table() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

/// The value in the form that a person would write it.
fn value_of(name: VariableName, text: &str) -> Value {
    let text = text.trim();
    let mut typed = Variables::default();
    let is_number = !name.unit().is_empty();
    match (is_number, text.parse::<i64>(), text.parse::<f64>()) {
        (true, Ok(number), _) => number.into(),
        (true, _, Ok(number)) => number.into(),
        _ if name == VariableName::BqTruncate && typed.set(name, text).is_ok() => typed.bq_truncate.into(),
        _ => text.into(),
    }
}

/// Writes a file beside it, syncs it, and renames it over the old one.
fn replace(target: &Path, text: &str) -> std::io::Result<()> {
    let beside: PathBuf = target.with_extension(format!("toml.{}.new", std::process::id()));
    let written = owner_only_file(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, target));
    if written.is_err() {
        // The half-written copy is of no use; it does no harm if it cannot be removed.
        let _ = std::fs::remove_file(&beside);
    }
    written?;
    match target.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
