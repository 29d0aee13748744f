//! The deployed pipeline as far as a plan depends on it: its stages, their macros, and which of them other
//! stages set while the pipeline runs.
//!
//! Read from the configuration that the server returns. Nothing here starts or changes a pipeline, and no
//! value of a property or a preference may reach a log: they can be passwords.

pub mod difference;
mod macros;
mod select_list;
mod stage;
mod wrangler;

pub use macros::{Expansion, Gap};
pub use select_list::is_one_select;
pub(crate) use stage::is_sql;
pub use stage::{ArgumentSetter, MacroRules, Stage};

use crate::arguments::RuntimeArguments;
use crate::pipeline::{LOGICAL_START_ARGUMENT, TOKEN_ARGUMENT};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is said of a pipeline that is not there.
pub fn not_deployed(pipeline: impl fmt::Display, namespace: impl fmt::Display) -> String {
    format!("The pipeline {pipeline} is not deployed in the namespace {namespace}.")
}

/// What helps then.
pub const DEPLOY_IT: &str = "Deploy it, or correct cdf_pipeline_name and cdf_namespace.";

/// A deployed pipeline and the preferences that its runs get.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeployedPipeline {
    /// The stages, and then what is outside them: actions after the end, properties of the engine.
    pub stages: Vec<Stage>,
    /// Which stage leads to which, by their names.
    pub connections: Vec<(String, String)>,
    /// The preferences of all levels.
    pub preferences: RuntimeArguments,
    /// The name of the artifact that it is made of, if the server says so.
    pub artifact: Option<String>,
    /// What the caller may not read, and is therefore not known: notes, because runs may well work.
    pub unread: Unread,
}

/// What of a deployed pipeline the caller may not read, each with why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// The preferences.
    pub preferences: Option<String>,
    /// The list of its plugins, which says in which properties macros are expanded.
    pub plugins: Option<String>,
}

/// The artifact of pipelines that never end. They have no workflow to start.
const STREAMING: &str = "cdap-data-streams";

/// A statement of a stage.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    /// The stage.
    pub stage: String,
    /// The project that it runs in; it may be empty or `auto-detect`.
    pub project: String,
    /// The location that it runs in; it may be empty.
    pub location: String,
    /// Its text with all macros expanded.
    pub sql: String,
}

/// What a stage looks up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// The macros without a value.
    pub gaps: BTreeSet<Gap>,
    /// The names of all arguments, with or without a value.
    pub names: BTreeSet<String>,
}

/// Shows no text: it may hold a secret argument.
impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("stage", &self.stage)
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
        Self {
            stages: stage::stages(configuration, rules),
            connections: stage::connections(configuration),
            preferences,
            artifact: None,
            unread: Unread::default(),
        }
    }

    /// The same, made of this artifact.
    #[must_use]
    pub fn of_artifact(self, artifact: Option<String>) -> Self {
        Self { artifact, ..self }
    }

    /// Whether it runs without an end, and not once per start.
    pub fn is_streaming(&self) -> bool {
        self.artifact.as_deref() == Some(STREAMING)
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

    /// A part of a property of a stage with its macros expanded, for a run with these arguments.
    pub fn expanded(&self, stage: &Stage, part: &str, arguments: &RuntimeArguments) -> Expansion {
        macros::expand(part, true, |name| self.value(stage, name, arguments))
    }

    /// What a stage looks up in a run with these arguments.
    pub fn lookups(&self, stage: &Stage, arguments: &RuntimeArguments) -> Lookups {
        let mut found = Lookups::default();
        let with_macros = stage
            .properties
            .iter()
            .filter(|(_, text)| macros::has_macro(text));
        for (property, text) in with_macros.filter(|(name, _)| stage.rules.expands(name)) {
            // Most macros stand alone, and a table may have a thousand rows.
            let simple = macros::plain(text).is_some_and(|inner| {
                inner
                    .into_iter()
                    .all(|inner| self.look_up(stage, inner, arguments, &mut found))
            });
            if !simple && let Some(expansion) = self.property(stage, property, arguments) {
                found.gaps.extend(expansion.gaps);
                found.names.extend(expansion.names);
            }
        }
        found
    }

    /// Looks one macro up; false if its value holds others.
    fn look_up(&self, stage: &Stage, inner: &str, arguments: &RuntimeArguments, found: &mut Lookups) -> bool {
        let value = if inner.contains('(') {
            Err(Gap::Server(inner.to_owned()))
        } else {
            found.names.insert(inner.to_owned());
            self.value(stage, inner, arguments)
        };
        match value {
            Ok(value) => !macros::has_macro(value),
            Err(gap) => {
                found.gaps.insert(gap);
                true
            }
        }
    }

    /// The GoogleSQL statements that a run with these arguments executes before anything else, with the names
    /// of their stages. Those that cannot be known are left out, and so are scripts, whose later statements
    /// depend on the earlier ones.
    pub fn first_statements(&self, arguments: &RuntimeArguments) -> Vec<Statement> {
        let first = self
            .stages
            .iter()
            .filter(|stage| stage.is_first && stage.plugin == "BigQueryExecute");
        let statements = first.filter_map(|stage| {
            let text = |name: &str| match self.property(stage, name, arguments) {
                Some(expansion) => expansion.text,
                None => Some(String::new()),
            };
            let sql = text("sql").filter(|sql| !select_list::is_script(sql))?;
            let is_standard = text("dialect")?.eq_ignore_ascii_case("standard");
            is_standard.then_some(Statement {
                stage: stage.name.clone(),
                project: text("project")?,
                location: text("location")?,
                sql,
            })
        });
        statements.collect()
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
    fn value<'v>(
        &'v self,
        stage: &Stage,
        name: &str,
        arguments: &'v RuntimeArguments,
    ) -> Result<&'v str, Gap> {
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
        given.ok_or_else(|| match self.unread.preferences {
            Some(_) => Gap::MayBePreference(name.to_owned()),
            None => Gap::Missing(name.to_owned()),
        })
    }
}

/// Arguments that every run has without anybody giving them.
fn is_given_by_the_server(name: &str) -> bool {
    [LOGICAL_START_ARGUMENT, TOKEN_ARGUMENT, "logicalStartTime"].contains(&name)
        || name.starts_with("runtime.")
        || name.starts_with("system.")
}

#[cfg(test)]
mod tests;
