//! The stages of a deployed pipeline: what each is, where its macros are expanded, and which of them set
//! arguments for those behind them.

use super::{macros, select_list};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What the name of a property has in it whose text becomes SQL. A sink of a database pastes the name of its table, too.
const SQL_NAMES: [&str; 8] = [
    "sql",
    "query",
    "filter",
    "condition",
    "where",
    "statement",
    "tablename",
    "schemaname",
];

/// A stage of a pipeline.
#[derive(Clone, PartialEq)]
pub struct Stage {
    /// Its name, verbatim.
    pub name: String,
    /// The plugin's name: `BigQueryTable`.
    pub plugin: String,
    /// The plugin's type: `batchsink`.
    pub kind: String,
    /// Whether it is outside the stages: an action after the end, or the properties of the engine. A macro
    /// without a value there need not fail the run.
    pub is_outside: bool,
    /// Whether no other stage runs before it.
    pub(super) is_first: bool,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) rules: MacroRules,
    /// The argument setters that run before it.
    pub(super) setters: Vec<ArgumentSetter>,
}

/// A stage that sets arguments for the stages behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentSetter {
    /// Its name.
    pub stage: String,
    /// The arguments that it sets; `None` if its properties do not say which.
    pub sets: Option<BTreeSet<String>>,
}

/// In which properties of a plugin macros are expanded, as far as the server tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MacroRules {
    /// Properties that are taken as they are.
    pub literal: BTreeSet<String>,
    /// Properties in which a backslash has no meaning.
    pub without_escapes: BTreeSet<String>,
    /// All properties that the plugin has; the server ignores others. Empty if it does not say.
    pub known: BTreeSet<String>,
}

/// Shows no property: it may hold a password.
impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("name", &self.name)
            .field("plugin", &self.plugin)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Which stage leads to which.
pub(super) fn connections(configuration: &Value) -> Vec<(String, String)> {
    let list = configuration["connections"].as_array().into_iter().flatten();
    let ends = list.filter_map(|one| Some((one["from"].as_str()?, one["to"].as_str()?)));
    ends.map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
}

/// The stages of a configuration, then what is outside them.
pub(super) fn stages(configuration: &Value, rules: &BTreeMap<String, MacroRules>) -> Vec<Stage> {
    let list = |key: &str| configuration[key].as_array().into_iter().flatten();
    let read = |stage, is_outside| Stage::read(stage, is_outside, rules);
    let mut stages: Vec<_> = list("stages").map(|stage| read(stage, false)).collect();
    let connections = connections(configuration);
    let mut behind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in &connections {
        behind.entry(from).or_default().push(to);
    }
    for stage in &mut stages {
        stage.is_first = !behind.values().flatten().any(|name| *name == stage.name);
    }
    let setters: Vec<_> = stages.iter().filter_map(Stage::argument_setter).collect();
    for setter in &setters {
        let reached = all_behind(&setter.stage, &behind);
        for stage in stages
            .iter_mut()
            .filter(|stage| reached.contains(stage.name.as_str()))
        {
            stage.setters.push(setter.clone());
        }
    }
    stages.extend(list("postActions").map(|stage| {
        let setters = setters.clone();
        Stage {
            setters,
            ..read(stage, true)
        }
    }));
    stages.push(Stage::engine(&configuration["properties"]));
    if configuration["pushdownEnabled"] == true {
        stages.push(Stage {
            name: "SQL engine".into(),
            ..read(&configuration["transformationPushdown"], true)
        });
    }
    stages
}

impl Stage {
    fn read(stage: &Value, is_outside: bool, rules: &BTreeMap<String, MacroRules>) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let plugin = &stage["plugin"];
        let properties = plugin["properties"].as_object().into_iter().flatten();
        let name = text(&stage["name"]);
        Self {
            plugin: text(&plugin["name"]),
            kind: text(&plugin["type"]),
            is_outside,
            is_first: false,
            properties: properties
                .filter_map(|(name, value)| Some((name.clone(), property_text(value)?)))
                .collect(),
            rules: rules.get(&name).cloned().unwrap_or_default(),
            setters: Vec::new(),
            name,
        }
    }

    /// The properties of the engine, as if they were a stage's.
    fn engine(properties: &Value) -> Self {
        let name = "engine properties";
        let stage = serde_json::json!({"name": name, "plugin": {"properties": properties}});
        Self::read(&stage, true, &BTreeMap::new())
    }

    /// The text of a property with its macros as they are.
    pub fn raw(&self, property: &str) -> Option<&str> {
        self.properties.get(property).map(String::as_str)
    }

    /// The texts of all its properties with their macros as they are.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.properties.values().map(String::as_str)
    }

    /// Its properties with macros, and their texts.
    pub(crate) fn with_macros(&self) -> impl Iterator<Item = (&str, &str)> {
        let properties = self.properties.iter();
        let properties = properties.map(|(name, text)| (name.as_str(), text.as_str()));
        properties.filter(|(_, text)| macros::has_macro(text))
    }

    /// The argument setters that run before it.
    pub fn setters(&self) -> &[ArgumentSetter] {
        &self.setters
    }

    /// What it sets if it is an argument setter: a query whose row becomes arguments, or one of the
    /// plugins that are named so.
    pub(super) fn argument_setter(&self) -> Option<ArgumentSetter> {
        let plugin: String = self.plugin.chars().filter(char::is_ascii_alphanumeric).collect();
        let plugin = plugin.to_ascii_lowercase();
        let row = self.raw("rowAsArguments").unwrap_or_default().trim();
        let sets = if row.eq_ignore_ascii_case("true") || macros::has_macro(row) {
            self.raw("sql").and_then(select_list::column_names)
        } else if ["argumentsetter", "argumentssetter", "argsetter"]
            .iter()
            .any(|name| plugin.contains(name))
        {
            self.raw("argumentsColumns").and_then(listed_names)
        } else {
            return None;
        };
        Some(ArgumentSetter {
            stage: self.name.clone(),
            sets,
        })
    }
}

/// Whether this property of a stage is SQL, or becomes a part of it: by the name, or by the words of a text.
pub(crate) fn is_sql(property: &str, text: &str) -> bool {
    let name = property.to_ascii_lowercase();
    SQL_NAMES.iter().any(|part| name.contains(part)) || select_list::reads_as_sql(text)
}

impl MacroRules {
    pub(super) fn expands(&self, property: &str) -> bool {
        !self.literal.contains(property) && (self.known.is_empty() || self.known.contains(property))
    }
}

/// Names between commas; `None` if a macro stands for some of them.
fn listed_names(list: &str) -> Option<BTreeSet<String>> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    (!macros::has_macro(list)).then(|| names.map(str::to_owned).collect())
}

fn property_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The stages that the connections lead to from this one.
fn all_behind<'a>(stage: &str, behind: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&str> = behind.get(stage).cloned().unwrap_or_default();
    while let Some(next) = waiting.pop() {
        if reached.insert(next) {
            waiting.extend(behind.get(next).into_iter().flatten());
        }
    }
    reached
}
