//! Reads the text of `config.toml`, and reports everything that is wrong in it with line and column.

mod arguments;
pub(super) mod keys;

use super::{Config, Connection, Fault, NAME_RULE, Profile, ScreenSettings, is_profile_name};
use domain::variable::{VariableName, Variables};
use std::collections::BTreeMap;
use std::ops::Range;
use toml_edit::{Document, Item, Key, TableLike, Value};

/// The one setting of a profile that is a list.
const SECRET_ARGUMENTS: &str = "secret_arguments";

/// The one setting of a profile that is a table.
pub(super) const ARGUMENTS: &str = "arguments";

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
                self.fault(key.span(), NAME_RULE);
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
            if key.get() == ARGUMENTS {
                match item.as_table_like() {
                    Some(table) => self.arguments(table, &mut profile.arguments),
                    None => self.fault(
                        place,
                        "Arguments are written [profile.NAME.arguments], with one NAME = VALUE on each line.",
                    ),
                }
                continue;
            }
            let list = names_of(item).filter(|_| key.get() == VariableName::KeyColumns.as_str());
            let list = list.map(|names| names.join(", "));
            let Some(text) = list.or_else(|| item.as_value().and_then(text_of)) else {
                self.fault(place, no_value(key.get()));
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

/// What is said of a list or a table in the place of a value.
fn no_value(name: &str) -> String {
    format!("{name} takes a text, a number, true or false.")
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
mod tests;
