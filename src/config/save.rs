//! Writes changed variables back to `config.toml`: the rest of the text, comments included, stays.

use super::{ConfigError, Fault, Home, file, is_profile_name};
use domain::variable::{VariableName, Variables};
use std::collections::BTreeMap;
use std::path::Path;
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
    file::change(home, |text, path| with_changes(text, path, profile, changes))
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

/// The text with the changes in it.
fn with_changes(
    text: &str,
    path: &Path,
    profile: &str,
    changes: &BTreeMap<VariableName, String>,
) -> Result<String, ConfigError> {
    let wrong_shape = |message: String| ConfigError::Text {
        path: path.to_owned(),
        faults: vec![Fault::at(text, 0, message)],
    };
    let mut document = document(text, path)?;
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
    Ok(document.to_string())
}

/// The text in a form that can be changed.
pub(super) fn document(text: &str, path: &Path) -> Result<DocumentMut, ConfigError> {
    let parsed = Document::parse(text).map_err(|error| ConfigError::Text {
        path: path.to_owned(),
        faults: vec![Fault::at(text, 0, error.message())],
    });
    parsed.map(Document::into_mut)
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
pub(super) fn value_of(name: VariableName, text: &str) -> Value {
    let text = text.trim();
    let is_number = !name.unit().is_empty();
    let flag = Variables::flag(name, text);
    match (is_number, text.parse::<i64>(), text.parse::<f64>()) {
        (true, Ok(number), _) => number.into(),
        (true, _, Ok(number)) => number.into(),
        _ => flag.map_or_else(|| text.into(), Value::from),
    }
}

#[cfg(test)]
mod tests;
