//! Reads the text of `config.toml`, and reports everything that is wrong in it with line and column.

pub(super) mod keys;

use super::{Config, Connection, Fault, Profile, ScreenSettings, is_profile_name};
use domain::variable::{VariableName, Variables};
use std::collections::BTreeMap;
use std::ops::Range;
use toml_edit::{Document, Item, Key, TableLike, Value};

/// The one setting of a profile that is a list.
const SECRET_ARGUMENTS: &str = "secret_arguments";

/// The settings of a text, or its faults in the order of the text.
pub(super) fn config(text: &str) -> Result<Config, Vec<Fault>> {
    let mut reader = Reader {
        text,
        faults: Vec::new(),
    };
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().trim_end().replace('\n', ", ");
        vec![Fault::at(text, start(error.span()), format!("{message}."))]
    })?;
    let config = reader.root(document.as_table());
    reader.faults.sort_by_key(|fault| (fault.line, fault.column));
    if reader.faults.is_empty() {
        Ok(config)
    } else {
        Err(reader.faults)
    }
}

struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, span: Option<Range<usize>>, message: impl Into<String>) {
        self.faults.push(Fault::at(self.text, start(span), message));
    }

    fn root(&mut self, table: &dyn TableLike) -> Config {
        let mut config = Config::default();
        for (key, item) in entries(table) {
            match key.get() {
                "default_profile" => match item.as_str() {
                    Some(name) => config.default_profile = Some(name.to_owned()),
                    None => self.fault(item.span().or(key.span()), "default_profile must be a text."),
                },
                "journal_days" => self.number(key, item, 0, &mut config.retention.days),
                "journal_runs" => self.number(key, item, 1, &mut config.retention.runs),
                "keys" => match item.as_table_like() {
                    Some(table) => {
                        let (settings, faults) = keys::read(self.text, table);
                        config.keys = settings;
                        self.faults.extend(faults);
                    }
                    None => self.fault(
                        key.span(),
                        "Keys are written [keys], with one action on each line.",
                    ),
                },
                name if ScreenSettings::NAMES.contains(&name) => self.screen(key, item, &mut config.screen),
                "profile" => match item.as_table_like() {
                    Some(profiles) => self.profiles(profiles, &mut config),
                    None => self.fault(key.span(), "Profiles are written [profile.NAME]."),
                },
                other => {
                    let message = format!(
                        "There is no setting '{other}' here; the settings are default_profile, journal_days, \
                         journal_runs, {}, [keys] and [profile.NAME].",
                        ScreenSettings::NAMES.join(", ")
                    );
                    self.fault(key.span(), message);
                }
            }
        }
        if let Some(Err(error)) = config.default_profile.as_deref().map(|name| config.profile(name)) {
            let message = error.to_string();
            let span = table.get("default_profile").and_then(Item::span);
            self.fault(span, message);
        }
        config
    }

    /// A setting of the screen: a text, a number, true or false, or a list of texts.
    fn screen(&mut self, key: &Key, item: &Item, to: &mut ScreenSettings) {
        let list = names_of(item).map(|names| names.join(","));
        let text = list.or_else(|| item.as_value().and_then(scalar));
        let taken = match text {
            Some(text) => to.set(key.get(), &text),
            None => Err("a text, a number, true or false, or a list of texts is expected.".into()),
        };
        if let Err(message) = taken {
            self.fault(item.span().or(key.span()), format!("{}: {message}", key.get()));
        }
    }

    /// A whole number that is not too small.
    fn number(&mut self, key: &Key, item: &Item, least: u32, to: &mut u32) {
        let number = item.as_integer().and_then(|number| u32::try_from(number).ok());
        if let Some(number) = number.filter(|number| *number >= least) {
            *to = number;
        } else {
            let message = format!("{} takes a whole number, {least} or more.", key.get());
            self.fault(item.span().or(key.span()), message);
        }
    }

    fn profiles(&mut self, table: &dyn TableLike, config: &mut Config) {
        for (key, item) in entries(table) {
            let name = key.get();
            if !is_profile_name(name) {
                self.fault(
                    key.span(),
                    "The name of a profile is 1 to 64 letters, digits, _ and -.",
                );
            } else if let Some(settings) = item.as_table_like() {
                let profile = self.profile(settings);
                let base = config.profiles.remove(name).unwrap_or_default();
                config.profiles.insert(name.to_owned(), base.overlaid(profile));
            } else {
                self.fault(
                    key.span(),
                    format!("A profile is a table: write [profile.{name}]."),
                );
            }
        }
    }

    fn profile(&mut self, table: &dyn TableLike) -> Profile {
        let mut profile = Profile::default();
        for (key, item) in entries(table) {
            let place = item.span().or(key.span());
            if key.get() == SECRET_ARGUMENTS {
                match names_of(item) {
                    Some(names) => profile.secret_arguments = names,
                    None => self.fault(
                        place,
                        format!("{SECRET_ARGUMENTS} takes a list of names: [\"db_word\"]."),
                    ),
                }
                continue;
            }
            let Some(text) = item.as_value().and_then(text_of) else {
                let message = format!("{} takes a text, a number, true or false.", key.get());
                self.fault(place, message);
                continue;
            };
            if Connection::NAMES.contains(&key.get()) {
                if let Err(message) = profile.connection.set(key.get(), &text) {
                    self.fault(place, format!("{}: {message}", key.get()));
                }
                continue;
            }
            match VariableName::from_name(key.get()) {
                Err(error) => self.fault(key.span(), error.to_string()),
                Ok(name) => match Variables::fault(name, &text) {
                    Some(message) => self.fault(place, format!("{name}: {message}")),
                    None => _ = profile.variables.insert(name, text),
                },
            }
        }
        profile
    }
}

/// A list of texts, none of them empty.
fn names_of(item: &Item) -> Option<Vec<String>> {
    let names = item
        .as_array()?
        .iter()
        .map(|name| name.as_str().filter(|name| !name.is_empty()));
    names.map(|name| name.map(str::to_owned)).collect()
}

fn entries(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}

fn start(span: Option<Range<usize>>) -> usize {
    span.map_or(0, |span| span.start)
}

/// A plain value as text. A list of tables, the natural form of `cdf_pipeline_run_arguments`, is JSON.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        Value::Boolean(flag) => Some(flag.value().to_string()),
        Value::Array(list) => {
            let maps: Option<Vec<BTreeMap<&str, String>>> = list
                .iter()
                .map(|entry| {
                    let pairs = entry.as_inline_table()?.iter();
                    pairs.map(|(name, value)| Some((name, scalar(value)?))).collect()
                })
                .collect();
            serde_json::to_string(&maps?).ok()
        }
        Value::Datetime(_) | Value::InlineTable(_) => None,
    }
}

fn scalar(value: &Value) -> Option<String> {
    if value.is_array() { None } else { text_of(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Credentials;
    use domain::retention::Retention;

    fn faults(text: &str) -> Vec<String> {
        config(text).unwrap_err().iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = r#"
default_profile = "prod"
[profile.prod]
project_id = "my-project"
cdf_pipeline_timeout_seconds = 600
dag_retry_interval_minutes = 0.5
bq_truncate = false
cdf_pipeline_run_arguments = [{ business_unit = "hr", data_source = "engineer", n = 1 }]
cdap_endpoint = "http://127.0.0.1:11015"
credentials = "none"
colour = "red"
secret_arguments = ["db_word"]
"#;
        let config = config(text).unwrap();
        assert_eq!(config.default_profile(), Some("prod"));
        let profile = config.profile("prod").unwrap();
        let texts: Vec<_> = profile
            .variables
            .iter()
            .map(|(n, t)| (n.as_str(), t.as_str()))
            .collect();
        let run_arguments = r#"[{"business_unit":"hr","data_source":"engineer","n":"1"}]"#;
        let expected = [
            ("cdf_pipeline_run_arguments", run_arguments),
            ("cdf_pipeline_timeout_seconds", "600"),
            ("dag_retry_interval_minutes", "0.5"),
            ("project_id", "my-project"),
            ("bq_truncate", "false"),
        ];
        assert_eq!(texts, expected);
        assert_eq!(profile.connection.credentials(), Credentials::None);
        assert_eq!(profile.connection.colour.as_deref(), Some("red"));
        assert_eq!(profile.secret_arguments, ["db_word"]);
    }

    #[test]
    fn the_journal_keeps_runs_for_as_long_as_is_said() {
        let retention = |text| config(text).unwrap().retention();
        assert_eq!(retention(""), Retention::default());
        let (days, runs) = (0, 7);
        assert_eq!(
            retention("journal_days = 0\njournal_runs = 7"),
            Retention { days, runs }
        );
        for (text, beginning) in [
            (
                "journal_days = -1",
                "1:16: journal_days takes a whole number, 0 or more",
            ),
            ("journal_days = 1.5", "1:16: journal_days"),
            (
                "journal_runs = 0",
                "1:16: journal_runs takes a whole number, 1 or more",
            ),
            ("journal_runs = 5000000000", "1:16: journal_runs"),
            ("[profile.a]\njournal_runs = 9", "2:1: journal_runs"),
        ] {
            let faults = faults(text);
            assert!(
                faults.len() == 1 && faults[0].starts_with(beginning),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn keys_are_read_with_their_places() {
        let text = "[keys]\nstop_task = \"F7\"\nretry = [\"R\", \"g r\"]\n";
        let config = config(text).unwrap();
        let names: Vec<_> = config
            .keys()
            .iter()
            .map(|setting| (setting.action(), setting.keys().collect::<Vec<_>>()))
            .collect();
        assert_eq!(names, [("stop_task", vec!["F7"]), ("retry", vec!["R", "g r"])]);
        let place = |setting: usize, key| {
            let fault = config.keys()[setting].fault(key, "m".into());
            fault.to_string()
        };
        assert_eq!(place(0, None), "2:1: m");
        assert_eq!(place(0, Some(0)), "2:13: m");
        assert_eq!(place(1, Some(1)), "3:15: m");
        for (text, beginning) in [
            ("[keys]\nretry = 1", "2:9: retry takes a key"),
            ("[keys]\nretry = [1]", "2:9: retry takes a key"),
            ("keys = \"x\"", "1:1: Keys are written [keys]"),
            ("[keys]\nretry = \"a\"\nretry = \"b\"", "3:1: duplicate key"),
        ] {
            let faults = faults(text);
            assert!(
                faults.len() == 1 && faults[0].starts_with(beginning),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn the_screen_is_set_at_the_top() {
        let text =
            "theme = \"light\"\nascii = true\nnotify = [\"bell\", \"title\"]\nstop_grace_seconds = 0\n";
        let screen = config(text).unwrap().screen;
        assert_eq!(screen.theme.as_deref(), Some("light"));
        assert_eq!(screen.ascii, Some(Some(true)));
        assert_eq!(screen.notify, Some(vec!["bell".to_owned(), "title".to_owned()]));
        assert_eq!(screen.stop_grace_seconds, Some(0));
        for (text, beginning) in [
            ("theme = \"pink\"", "1:9: theme: 'pink' is not one of auto"),
            ("ascii = 1", "1:9: ascii: '1' is not true"),
            ("notify = [\"horn\"]", "1:10: notify: 'horn'"),
            ("notify = [1]", "1:10: notify: a text"),
            ("[profile.a]\ntheme = \"dark\"", "2:1: theme"),
        ] {
            let faults = faults(text);
            assert!(
                faults.len() == 1 && faults[0].starts_with(beginning),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn a_section_of_the_sandbox_is_laid_over_the_built_in_one() {
        let config = config("[profile.sandbox]\nmax_active_pipelines = 2").unwrap();
        let profile = config.profile("sandbox").unwrap();
        assert_eq!(profile.variables[&VariableName::MaxActivePipelines], "2");
        assert_eq!(profile.variables[&VariableName::BqOutputTable], "landing");
        assert_eq!(profile.connection.credentials(), Credentials::None);
    }

    #[test]
    fn every_fault_has_its_place() {
        let text = r#"defualt_profile = "x"

[profile.prod]
  cdf_pipline_name = "a"
max_active_pipelines = 0
bq_truncate = 1979-05-27
cdap_endpoint = "nowhere"
[profile."a b"]
"#;
        let faults = faults(text);
        let expected = [
            "1:1: There is no setting 'defualt_profile'",
            "4:3: cdf_pipline_name: There is no variable of this name. Did you mean cdf_pipeline_name?",
            "5:24: max_active_pipelines: 0 is out of bounds",
            "6:15: bq_truncate takes a text",
            "7:17: cdap_endpoint: This is not an address",
            "8:10: The name of a profile",
        ];
        assert_eq!(faults.len(), expected.len(), "{faults:#?}");
        for (fault, beginning) in faults.iter().zip(expected) {
            assert!(fault.starts_with(beginning), "{fault}");
        }
    }

    #[test]
    fn wrong_shapes_and_broken_text_have_a_place_too() {
        for (text, beginning) in [
            ("a = ", "1:5: "),
            (
                "[profile.x]\nproject_id = \"a\"\nproject_id = \"b\"",
                "3:1: duplicate key",
            ),
            ("profile = 1", "1:1: Profiles are written"),
            ("[profile]\nx = 1", "2:1: A profile is a table"),
            ("default_profile = 1", "1:19: default_profile must be a text"),
            ("default_profile = 'x'", "1:19: There is no profile 'x'"),
            ("[profile.x]\ncdf_pipeline_run_arguments = [1]", "2:30: "),
            (
                "[profile.x]\nsecret_arguments = 'a'",
                "2:20: secret_arguments takes a list",
            ),
            (
                "[profile.x]\nsecret_arguments = ['a', 1]",
                "2:20: secret_arguments takes a list",
            ),
            (
                "[profile.x]\nsecret_argument = ['a']",
                "2:19: secret_argument takes a text",
            ),
        ] {
            let faults = faults(text);
            assert!(faults[0].starts_with(beginning), "{text}: {faults:?}");
        }
    }
}
