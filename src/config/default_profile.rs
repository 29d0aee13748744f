//! Which profile a start uses that names none: `default_profile`, written into `config.toml`. All else of it stays.

use super::save::document;
use super::{Config, ConfigError, Home, file};
use std::path::Path;
use toml_edit::{Item, Value};

const KEY: &str = "default_profile";

/// Makes a profile the one of starts that name none.
///
/// # Errors
/// There is no such profile, or the file cannot be read or written: it is left as it is.
pub fn use_profile(home: &Home, name: &str) -> Result<(), ConfigError> {
    file::change(home, |text, path| {
        Config::parse(text, path)?.profile(name)?;
        with_default(text, path, name)
    })
}

/// The text with this default.
pub(super) fn with_default(text: &str, path: &Path, name: &str) -> Result<String, ConfigError> {
    let mut document = document(text, path)?;
    let mut value = Value::from(name);
    if let Some(old) = document.get_mut(KEY).and_then(Item::as_value_mut) {
        // The comment at the end of the line belongs to the setting.
        *value.decor_mut() = old.decor().clone();
        *old = value;
        return Ok(document.to_string());
    }
    if document.as_table().iter().any(|(_, item)| item.is_value()) {
        document.insert(KEY, value.into());
        return Ok(document.to_string());
    }
    // Above the first table there are comments only: those of the file, and behind an empty line those of the table.
    let (file, table) = text.split_at(end_of_head(text));
    Ok(format!("{file}{KEY} = {value}\n\n{table}"))
}

/// Where the comments of the whole file end.
fn end_of_head(text: &str) -> usize {
    let mut at = 0;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        at += line.len();
        if words.is_empty() {
            end = at;
        } else if !words.starts_with('#') {
            break;
        }
    }
    // A file of comments alone: behind them, on a line of its own.
    let is_all = at == text.len()
        && text
            .lines()
            .all(|line| line.trim().is_empty() || line.starts_with('#'));
    if is_all && text.ends_with('\n') {
        text.len()
    } else {
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> String {
        let path = Path::new("config.toml");
        file::checked(text, path, |text, path| with_default(text, path, "prod")).unwrap()
    }

    #[test]
    fn it_stands_at_the_top_and_the_comments_stay_where_they_belong() {
        let profile = "[profile.prod]\nproject_id = 'my-project'\n";
        for (text, expected) in [
            (
                profile.to_owned(),
                format!("default_profile = \"prod\"\n\n{profile}"),
            ),
            (
                format!("# Mine.\n\n# Careful.\n{profile}"),
                format!("# Mine.\n\ndefault_profile = \"prod\"\n\n# Careful.\n{profile}"),
            ),
            (
                format!("# Careful.\n{profile}"),
                format!("default_profile = \"prod\"\n\n# Careful.\n{profile}"),
            ),
            (
                format!("theme = 'dark' # always\n{profile}"),
                format!("theme = 'dark' # always\ndefault_profile = \"prod\"\n{profile}"),
            ),
            (
                format!("default_profile = 'sandbox' # for now\n{profile}"),
                format!("default_profile = \"prod\" # for now\n{profile}"),
            ),
        ] {
            assert_eq!(with(&text), expected);
        }
    }

    #[test]
    fn an_unknown_profile_is_refused_and_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        std::fs::write(home.config_file(), "# mine\n").unwrap();
        let error = use_profile(&home, "prod").unwrap_err().to_string();
        assert!(error.contains("no profile 'prod'"), "{error}");
        assert_eq!(std::fs::read_to_string(home.config_file()).unwrap(), "# mine\n");
        use_profile(&home, "sandbox").unwrap();
        let text = std::fs::read_to_string(home.config_file()).unwrap();
        assert_eq!(text, "# mine\ndefault_profile = \"sandbox\"\n\n");
    }
}
