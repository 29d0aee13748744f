//! The deployed pipeline as far as a plan depends on it: its stages, their macros, and which of them other
//! stages set while the pipeline runs.
//!
//! Read from the configuration that the server returns. Nothing here starts or changes a pipeline, and no
//! value of a property or a preference may reach a log: they can be passwords.

mod macros;
mod select_list;

pub use macros::{Expansion, Gap};

use crate::arguments::RuntimeArguments;
use crate::pipeline::{LOGICAL_START_ARGUMENT, TOKEN_ARGUMENT};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A deployed pipeline and the preferences that its runs get.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeployedPipeline {
    /// The stages, and after them the actions that follow a run.
    pub stages: Vec<Stage>,
    /// The preferences of all levels.
    pub preferences: RuntimeArguments,
}

/// A stage of a pipeline.
#[derive(Clone, PartialEq)]
pub struct Stage {
    /// Its name, verbatim.
    pub name: String,
    /// The plugin's name: `BigQueryTable`.
    pub plugin: String,
    /// The plugin's type: `batchsink`.
    pub kind: String,
    /// Whether it runs after the end of the pipeline; then it cannot fail the run.
    pub is_post_action: bool,
    properties: BTreeMap<String, String>,
    rules: MacroRules,
    /// The argument setters that run before it.
    setters: Vec<ArgumentSetter>,
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

impl DeployedPipeline {
    /// Reads the configuration of a deployed application. What is not a pipeline has no stages.
    ///
    /// `rules` are those of each stage's plugin, by the stage's name.
    pub fn read(
        configuration: &Value,
        rules: &BTreeMap<String, MacroRules>,
        preferences: RuntimeArguments,
    ) -> Self {
        let list = |key: &str| configuration[key].as_array().into_iter().flatten();
        let read = |stage, is_post_action| Stage::read(stage, is_post_action, rules);
        let mut stages: Vec<_> = list("stages").map(|stage| read(stage, false)).collect();
        let mut behind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for connection in list("connections") {
            if let (Some(from), Some(to)) = (connection["from"].as_str(), connection["to"].as_str()) {
                behind.entry(from).or_default().push(to);
            }
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
        Self { stages, preferences }
    }

    /// A property of a stage with its macros expanded for a run with these arguments; `None` if the stage
    /// does not have it.
    pub fn property(&self, stage: &Stage, name: &str, arguments: &RuntimeArguments) -> Option<Expansion> {
        let text = stage.properties.get(name)?;
        if !stage.rules.expands(name) {
            return Some(Expansion {
                text: Some(text.clone()),
                ..Expansion::default()
            });
        }
        let escaping = !stage.rules.without_escapes.contains(name);
        Some(macros::expand(text, escaping, |name| {
            self.value(stage, name, arguments)
        }))
    }

    /// The macros of a stage that have no value in a run with these arguments.
    pub fn gaps(&self, stage: &Stage, arguments: &RuntimeArguments) -> BTreeSet<Gap> {
        let expansions = stage
            .properties
            .keys()
            .filter_map(|name| self.property(stage, name, arguments));
        expansions.flat_map(|expansion| expansion.gaps).collect()
    }

    /// The arguments that a run with these arguments looks up in the properties of the wanted names,
    /// through other macros too.
    pub fn macros_in_properties(
        &self,
        arguments: &RuntimeArguments,
        wanted: impl Fn(&str) -> bool,
    ) -> BTreeSet<String> {
        let stages = self.stages.iter().flat_map(|stage| {
            let names = stage.properties.keys().filter(|name| wanted(name));
            names.filter_map(|name| self.property(stage, name, arguments))
        });
        stages.flat_map(|expansion| expansion.names).collect()
    }

    /// What a macro of a stage looks up, as the server finds it when the stage begins.
    fn value(&self, stage: &Stage, name: &str, arguments: &RuntimeArguments) -> Result<String, Gap> {
        if is_given_by_the_server(name) {
            return Err(Gap::Server(name.to_owned()));
        }
        let sets = |setter: &&ArgumentSetter| setter.sets.as_ref().is_some_and(|sets| sets.contains(name));
        if let Some(setter) = stage.setters.iter().find(sets) {
            return Err(Gap::SetBy {
                name: name.to_owned(),
                stage: setter.stage.clone(),
            });
        }
        let given = arguments.get(name).or_else(|| self.preferences.get(name));
        if let Some(setter) = stage.setters.iter().find(|setter| setter.sets.is_none()) {
            return Err(Gap::MayBeSetBy {
                name: name.to_owned(),
                stage: setter.stage.clone(),
                given: given.is_some(),
            });
        }
        given
            .map(str::to_owned)
            .ok_or_else(|| Gap::Missing(name.to_owned()))
    }
}

impl Stage {
    fn read(stage: &Value, is_post_action: bool, rules: &BTreeMap<String, MacroRules>) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let plugin = &stage["plugin"];
        let properties = plugin["properties"].as_object().into_iter().flatten();
        let name = text(&stage["name"]);
        Self {
            plugin: text(&plugin["name"]),
            kind: text(&plugin["type"]),
            is_post_action,
            properties: properties
                .filter_map(|(name, value)| Some((name.clone(), property_text(value)?)))
                .collect(),
            rules: rules.get(&name).cloned().unwrap_or_default(),
            setters: Vec::new(),
            name,
        }
    }

    /// The text of a property with its macros as they are.
    pub fn raw(&self, property: &str) -> Option<&str> {
        self.properties.get(property).map(String::as_str)
    }

    /// The argument setters that run before it.
    pub fn setters(&self) -> &[ArgumentSetter] {
        &self.setters
    }

    /// What it sets if it is an argument setter: a query whose row becomes arguments, or one of the
    /// plugins that are named so.
    fn argument_setter(&self) -> Option<ArgumentSetter> {
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

impl MacroRules {
    fn expands(&self, property: &str) -> bool {
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

/// Arguments that every run has without anybody giving them.
fn is_given_by_the_server(name: &str) -> bool {
    [LOGICAL_START_ARGUMENT, TOKEN_ARGUMENT, "logicalStartTime"].contains(&name)
        || name.starts_with("runtime.")
        || name.starts_with("system.")
}

#[cfg(test)]
mod tests;
