//! The text of a `config.toml` with every setting, its meaning and its default, all behind `#`: what
//! `downbeat config` prints. The file of a new profile is the same with the profile's own values. Names and defaults come from where they are read; only the sentences are here.

use super::Connection;
use super::save::value_of;
use super::screen::ScreenSettings;
use domain::retention::Retention;
use domain::variable::{VariableName, Variables};
use std::fmt::Write as _;
use toml_edit::Value;

const HEAD: &str = "\
# Settings of Downbeat. Every line is optional; a line behind # is the default or an example.
# The command line (--set NAME=VALUE) wins over the environment (DOWNBEAT_NAME), and that over this file.
";

/// What `default_profile` means.
pub(super) const DEFAULT_PROFILE: &str = "The profile that is used if none is named.";

/// What `secret_arguments` means.
pub(super) const SECRET_ARGUMENTS: &str =
    "Arguments whose values are secrets, in addition to those whose names say so.";

/// What the table of arguments means.
pub(super) const ARGUMENTS: &str =
    "Arguments that every pipeline run gets, unless its row, an edit or --args has them.";

/// The whole text.
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    top(&mut text, None);
    text.push_str("\n# One environment. Its name is 1 to 64 letters, digits, _ and -.\n# [profile.prod]\n");
    settings(&mut text, &[], true);
    text
}

/// The text of a file whose one profile sets this, and is used if none is named. Every other setting stands behind `#`.
pub(super) fn file(name: &str, set: &[(String, String)]) -> String {
    let mut text = HEAD.to_owned();
    top(&mut text, Some(name));
    let _ = write!(
        text,
        "\n# One environment; there may be more of them.\n[profile.{name}]\n"
    );
    settings(&mut text, set, true);
    text
}

/// The text of one more profile, with what it sets.
pub(super) fn section(name: &str, set: &[(String, String)]) -> String {
    let mut text =
        format!("# `downbeat config` prints every setting that a profile can have.\n[profile.{name}]\n");
    settings(&mut text, set, false);
    text
}

/// What stands above the profiles.
fn top(text: &mut String, default_profile: Option<&str>) {
    let Retention { days, runs } = Retention::default();
    match default_profile {
        Some(name) => _ = write!(text, "\n# {DEFAULT_PROFILE}\ndefault_profile = \"{name}\"\n"),
        None => setting(text, DEFAULT_PROFILE, "default_profile = \"prod\""),
    }
    let kept = "A run is removed, with its logs, this many days before the newest one,";
    setting(text, kept, &format!("journal_days = {days}"));
    let newest = "unless it is one of this many newest.";
    setting(text, newest, &format!("journal_runs = {runs}"));
    for name in ScreenSettings::NAMES {
        let (meaning, example) = of_screen(name);
        setting(text, meaning, &format!("{name} = {example}"));
    }
    text.push_str("\n# Keys of the screen by the names of docs/keys.md; \"none\" takes a key away.\n# [keys]\n# retry = [\"R\", \"F5\"]\n");
}

/// The settings of a profile, each below its meaning: those that are set, and behind `#` the rest if it is wanted.
fn settings(text: &mut String, set: &[(String, String)], with_rest: bool) {
    let given = |name: &str| {
        set.iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, text)| text)
    };
    let defaults = Variables::default();
    for name in VariableName::ALL {
        let unit = match name.unit() {
            "" => String::new(),
            unit => format!(" [{unit}]"),
        };
        let meaning = format!("{}{unit}", name.description());
        match given(name.as_str()) {
            Some(given) => _ = write!(text, "\n# {meaning}\n{name} = {}\n", value_of(*name, given)),
            None if with_rest => setting(text, &meaning, &format!("{name} = {}", value(*name, &defaults))),
            None => {}
        }
    }
    for name in Connection::NAMES {
        let (meaning, example) = of_connection(name);
        match given(name) {
            Some(given) => _ = write!(text, "\n# {meaning}\n{name} = {}\n", written(given)),
            None if with_rest => setting(text, meaning, &format!("{name} = {example}")),
            None => {}
        }
    }
    if with_rest {
        setting(text, SECRET_ARGUMENTS, "secret_arguments = [\"db_word\"]");
        // A table stands behind the settings of its profile.
        let example = "[profile.prod.arguments]\n# \"system.profile.name\" = \"SYSTEM:dataproc\"";
        setting(text, ARGUMENTS, example);
    }
}

/// The value of a setting that is no variable: true and false as they are, everything else in quotation marks.
fn written(text: &str) -> Value {
    text.parse::<bool>().map_or_else(|_| text.into(), Value::from)
}

fn setting(text: &mut String, meaning: &str, line: &str) {
    // Writing to a text cannot fail.
    let _ = write!(text, "\n# {meaning}\n# {line}\n");
}

/// The default as TOML: a number or a flag as it is, everything else in quotation marks.
fn value(name: VariableName, defaults: &Variables) -> String {
    match defaults.text(name) {
        list if name == VariableName::CdfPipelineRunArguments && list.is_empty() => "[]".into(),
        plain if plain == "true" || plain == "false" || plain.parse::<f64>().is_ok() => plain,
        words => format!("\"{words}\""),
    }
}

/// What a setting of the screen means, and an example of its value.
pub(super) fn of_screen(name: &str) -> (&'static str, &'static str) {
    match name {
        "theme" => ("auto (asks the terminal), dark, light or none.", "\"auto\""),
        "ascii" => (
            "Whether only ASCII is drawn: true, false or auto (by the locale).",
            "\"auto\"",
        ),
        "notify" => (
            "How somebody who looks elsewhere is told: title, progress, bell, desktop.",
            "[\"title\", \"progress\", \"bell\", \"desktop\"]",
        ),
        "mouse" => (
            "Whether the mouse belongs to the screen, not to the terminal.",
            "true",
        ),
        "learn" => (
            "Whether a key that changes something says first what it would do, and does it the second time.",
            "false",
        ),
        "update_check" => (
            "Whether the terminal asks once a day for a newer version: true, false, or an address that answers as GitHub does.",
            "true",
        ),
        "stop_grace_seconds" => ("For how many seconds a stop can be taken back, 0 to 60.", "5"),
        _ => ("", "\"\""),
    }
}

/// The same for a setting of the way to the services.
pub(super) fn of_connection(name: &str) -> (&'static str, &'static str) {
    match name {
        "datafusion_endpoint" => (
            "Another address of the Data Fusion service.",
            "\"https://datafusion.googleapis.com\"",
        ),
        "bigquery_endpoint" => (
            "Another address of BigQuery.",
            "\"https://bigquery.googleapis.com\"",
        ),
        "cdap_endpoint" => (
            "The address of CDAP, if the instance does not name it.",
            "\"https://cdap.example.com/api\"",
        ),
        "serviceusage_endpoint" => (
            "Another address of Service Usage, which turns APIs on.",
            "\"https://serviceusage.googleapis.com\"",
        ),
        "resourcemanager_endpoint" => (
            "Another address of Resource Manager, which has the roles of the project.",
            "\"https://cloudresourcemanager.googleapis.com\"",
        ),
        "iam_endpoint" => (
            "Another address of IAM, which has the service accounts.",
            "\"https://iam.googleapis.com\"",
        ),
        "storage_endpoint" => (
            "Another address of Cloud Storage.",
            "\"https://storage.googleapis.com\"",
        ),
        "credentials" => (
            "Where tokens come from: google (application default credentials), command, environment or none.",
            "\"google\"",
        ),
        "token_command" => (
            "With command: what prints a token of Google's, and nothing else.",
            "\"gcloud auth print-access-token\"",
        ),
        "impersonate_service_account" => (
            "The service account in whose name calls are made.",
            "\"loader@my-project.iam.gserviceaccount.com\"",
        ),
        "quota_project" => (
            "The project that pays for calls; the one in the file of credentials if not set.",
            "\"my-project\"",
        ),
        "datafusion_credentials" => (
            "Other credentials for the Data Fusion service alone.",
            "\"google\"",
        ),
        "bigquery_credentials" => ("Other credentials for BigQuery alone.", "\"google\""),
        "cdap_credentials" => ("Other credentials for CDAP alone.", "\"google\""),
        "cdap_token_command" => (
            "With cdap_credentials = command: what prints a token of the CDAP server's own.",
            "\"cat /run/secrets/cdap-token\"",
        ),
        "colour" => ("The colour of the name at the top of the screen.", "\"red\""),
        "read_only" => (
            "Whether nothing may be started, stopped, emptied or written.",
            "false",
        ),
        "protected" => (
            "Whether a name must be typed before anything is started, stopped or emptied.",
            "false",
        ),
        "webhook" => (
            "Who is told how a run ended, by POST. Keep it in DOWNBEAT_WEBHOOK if it is a secret.",
            "\"https://hooks.slack.com/services/...\"",
        ),
        "webhook_format" => (
            "text (Slack, Google Chat, Mattermost) or json (the summary line of docs/json.md).",
            "\"text\"",
        ),
        _ => ("", "\"\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read::config;

    /// The text with its settings taken out of their comments.
    fn written_out() -> String {
        let lines = template();
        let lines = lines.lines().map(|line| {
            let setting = line.strip_prefix("# ").filter(|line| {
                line.starts_with('[')
                    || line
                        .split_once(" = ")
                        .is_some_and(|(name, _)| !name.contains(' '))
            });
            setting.unwrap_or(line)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn it_changes_nothing_until_a_line_is_taken_out_of_its_comment() {
        assert_eq!(config(&template()).unwrap(), config("").unwrap());
    }

    #[test]
    fn every_setting_is_in_it_with_a_meaning_and_a_legal_value() {
        let text = written_out();
        let read = config(&text).unwrap_or_else(|faults| panic!("{faults:?} in\n{text}"));
        let profile = read.profile("prod").unwrap();
        let names = VariableName::ALL.iter().map(VariableName::to_string);
        let others = ScreenSettings::NAMES
            .into_iter()
            .chain(Connection::NAMES)
            .map(str::to_owned);
        for name in names.chain(others) {
            let at = text
                .find(&format!("\n{name} = "))
                .unwrap_or_else(|| panic!("{name} is missing"));
            let meaning = text[..at].lines().last().unwrap_or_default();
            assert!(
                meaning.len() > 4 && meaning.starts_with("# "),
                "{name}: '{meaning}'"
            );
        }
        assert_eq!(profile.secret_arguments, ["db_word"]);
        assert_eq!(
            profile.arguments.get("system.profile.name"),
            Some("SYSTEM:dataproc")
        );
        // The defaults are written as they are.
        let mut variables = Variables::default();
        for (name, value) in &profile.variables {
            variables.set(*name, value).unwrap();
        }
        assert_eq!(variables, Variables::default());
    }
}
