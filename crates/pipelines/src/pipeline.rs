//! A pipeline, parsed from its JSON: stages, connections, and the nodes that execute them.
//!
//! ```text
//! Read watermark ─→ Read MySQL ─→ Add Processed Columns ─┬→ Save To Cloud Storage
//!   phase-1              └───────── phase-2 ─────────────┴→ Import To BigQuery ─→ Update watermark
//!                                                                                    phase-3
//! ```
//!
//! `pipeline/phase.rs` plans the nodes. `pipeline/check.rs` validates a pipeline as a real server does at deploy
//! time. `pipeline/plugin_uses.rs` lists the plugins, `pipeline/schema.rs` knows which schemas are known.

mod check;
mod phase;
mod plugin_uses;
mod schema;

use super::artifact::{Artifact, ArtifactSelector, PluginClass, PluginFinder};
pub use check::ValidationFailure;
pub(super) use phase::{Node, Step};

use super::event::NodeProgram;
use super::execution::{PipelinePlan, PlannedNode};
use super::macros;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A stage with the plugin that it uses.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stage {
    pub name: String,
    pub plugin: String,
    /// `batchsource`, `transform`, `batchsink`, `action` …
    pub kind: String,
    /// Which artifact the plugin comes from.
    pub artifact: ArtifactSelector,
    pub properties: BTreeMap<String, String>,
}

/// A connection from one stage to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    pub from: String,
    pub to: String,
    /// The port of a splitter.
    pub port: Option<String>,
    /// The branch of a condition.
    pub condition: Option<bool>,
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, .. } = self;
        let port = self.port.as_deref().unwrap_or("null");
        let condition = self
            .condition
            .map_or_else(|| "null".to_owned(), |way| way.to_string());
        write!(
            f,
            "Connection{{from='{from}', to='{to}', port='{port}', condition='{condition}'}}"
        )
    }
}

impl Stage {
    pub fn is_action(&self) -> bool {
        self.kind == "action"
    }

    /// Whether it moves no rows: an action or a condition.
    pub fn is_control(&self) -> bool {
        self.is_action() || self.kind == "condition"
    }
}

/// A parsed pipeline.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub stages: Vec<Stage>,
    pub connections: Vec<Connection>,
    /// The stages that run after the pipeline's end.
    pub post_actions: Vec<Stage>,
    /// What runs the data stages.
    pub engine: NodeProgram,
}

impl Pipeline {
    /// Parses an app's `config`, given as an object or as a string with JSON. [`Self::check`] validates it.
    ///
    /// # Errors
    /// The text of the 400 answer.
    pub fn parse(config: &Json) -> Result<Self, String> {
        let parsed;
        let config = match config {
            Json::String(text) => {
                parsed =
                    serde_json::from_str(text).map_err(|error| format!("java.io.EOFException: {error}"))?;
                &parsed
            }
            other => other,
        };
        let list = |key: &str| {
            config
                .get(key)
                .and_then(Json::as_array)
                .cloned()
                .unwrap_or_default()
        };
        check::check_structure(config)?;
        let text = |item: &Json, key: &str| item.get(key).and_then(Json::as_str).map(str::to_owned);
        let connection = |item: &Json| {
            Some(Connection {
                from: text(item, "from")?,
                to: text(item, "to")?,
                port: text(item, "port"),
                // Gson accepts a string too.
                condition: match item.get("condition") {
                    Some(Json::Bool(way)) => Some(*way),
                    Some(Json::String(way)) => Some(way.eq_ignore_ascii_case("true")),
                    _ => None,
                },
            })
        };
        // A server takes an unknown engine for Spark (measured).
        let engine = config.get("engine").and_then(Json::as_str).unwrap_or_default();
        let engine = if engine.eq_ignore_ascii_case("mapreduce") {
            NodeProgram::MapReduce
        } else {
            NodeProgram::Spark
        };
        Ok(Self {
            stages: list("stages").iter().filter_map(stage).collect(),
            connections: list("connections").iter().filter_map(connection).collect(),
            post_actions: list("postActions").iter().filter_map(stage).collect(),
            engine,
        })
    }

    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The names of the stages with a connection to this one.
    pub fn inputs<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.connections
            .iter()
            .filter(move |connection| connection.to == name)
            .map(|connection| connection.from.as_str())
    }

    /// The names of the stages that this one has a connection to.
    pub fn outputs<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.connections
            .iter()
            .filter(move |connection| connection.from == name)
            .map(|connection| connection.to.as_str())
    }

    /// The nodes and plugins that a deployed app shows.
    pub fn plan(&self, plugins: &PluginFinder<'_>) -> PipelinePlan {
        let nodes = self.nodes().into_iter().map(|node| PlannedNode {
            description: self.describe(&node),
            id: node.id,
            program: node.program,
        });
        PipelinePlan {
            nodes: nodes.collect(),
            plugins: plugin_uses::plugin_uses(self, plugins),
        }
    }
}

impl Pipeline {
    /// The description of a program, with the connectors of conditions.
    fn describe(&self, node: &Node) -> String {
        let names = |sink: bool| {
            let mut names = Vec::new();
            for stage in &node.stages {
                if stage.kind.ends_with(if sink { "sink" } else { "source" }) {
                    names.push(format!("'{}'", stage.name));
                }
                let near: Vec<&str> = if sink {
                    self.outputs(&stage.name).collect()
                } else {
                    self.inputs(&stage.name).collect()
                };
                let conditions = near.into_iter().filter_map(|name| self.connector(name));
                names.extend(conditions.map(|name| format!("'{name}.connector'")));
            }
            names.sort();
            names.dedup();
            names.join(", ")
        };
        match node.program {
            NodeProgram::Action => String::new(),
            NodeProgram::Spark => format!("Sources {} to sinks {}.", names(false), names(true)),
            NodeProgram::MapReduce => {
                let (sources, sinks) = (names(false), names(true));
                format!("MapReduce phase executor. Sources {sources} to sinks {sinks}.")
            }
        }
    }

    /// The condition whose connector holds the rows for this condition: the first of a chain, if it gets rows.
    fn connector<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.connector_above(name, &mut BTreeSet::new())
    }

    /// [`Self::connector`], without looking again at what `seen` names.
    fn connector_above<'a>(&'a self, name: &'a str, seen: &mut BTreeSet<&'a str>) -> Option<&'a str> {
        let condition = self.stage(name).filter(|stage| stage.kind == "condition")?;
        let mut rows = false;
        for before in self.inputs(&condition.name) {
            if seen.insert(before)
                && let Some(first) = self.connector_above(before, seen)
            {
                return Some(first);
            }
            rows = rows || self.stage(before).is_some_and(|stage| !stage.is_control());
        }
        rows.then_some(condition.name.as_str())
    }
}

/// The properties of a config in which macros are not expanded as usual, from the definitions of the installed
/// plugins. A plugin whose properties were not recorded has none.
pub fn macro_options(config: &Json, plugins: &PluginFinder<'_>) -> macros::MacroOptions {
    let mut macro_options = macros::MacroOptions::default();
    let Ok(pipeline) = Pipeline::parse(config) else {
        return macro_options;
    };
    for stage in pipeline.stages.iter().chain(&pipeline.post_actions) {
        let found = plugins.find(&stage.kind, &stage.plugin, &stage.artifact);
        let known = |class: &PluginClass| !class.class_name.is_empty() && !class.properties.0.is_empty();
        let Some((_, class)) = found.filter(|(_, class)| known(class)) else {
            continue;
        };
        for name in stage.properties.keys() {
            let key = (stage.name.clone(), name.clone());
            match class.property(name) {
                Some(property) if property.macro_escaping_enabled => macro_options.escaping.insert(key),
                Some(property) if property.macro_supported => false,
                _ => macro_options.literal.insert(key),
            };
        }
    }
    macro_options
}

/// The properties of all stages of a config with macros expanded, sorted by stage name; `None` if a macro cannot
/// be expanded.
pub fn resolved_properties(
    config: &Json,
    macro_options: &macros::MacroOptions,
    scope: &macros::Scope,
) -> Option<Vec<(String, BTreeMap<String, String>)>> {
    let mut stages = Pipeline::parse(config).ok()?.stages;
    stages.sort_by(|a, b| a.name.cmp(&b.name));
    let expanded = macros::Expanded::default();
    let resolve = |stage: Stage| {
        let name = stage.name;
        let values = stage.properties.into_iter().map(|(property, value)| {
            let value = macro_options.expand(&name, &property, &value, scope).ok()?;
            expanded.add(&value).ok()?;
            Some((property, value))
        });
        let values = values.collect::<Option<_>>()?;
        Some((name, values))
    };
    stages.into_iter().map(resolve).collect()
}

/// The names of a node's stages, in topological order.
pub fn stages_of_node(config: &Json, node: &str) -> Vec<String> {
    let nodes = Pipeline::parse(config).map(|pipeline| pipeline.nodes());
    let node = nodes
        .unwrap_or_default()
        .into_iter()
        .find(|other| other.id == node);
    let stages = node.into_iter().flat_map(|node| node.stages);
    stages.map(|stage| stage.name).collect()
}

/// Validates one stage, given as JSON, and returns its first failure.
pub fn validate_stage(json: &Json, plugins: &PluginFinder<'_>) -> Option<ValidationFailure> {
    check::validation_failure(&stage(json)?, plugins)
}

/// The plugin of a stage, given as JSON.
pub fn plugin_of_stage<'a>(
    json: &Json,
    plugins: &PluginFinder<'a>,
) -> Option<(&'a Artifact, &'a PluginClass)> {
    let stage = stage(json)?;
    plugins.find(&stage.kind, &stage.plugin, &stage.artifact)
}

fn stage(json: &Json) -> Option<Stage> {
    let plugin = json.get("plugin")?;
    let text = |item: &Json| match item {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let properties = plugin.get("properties").and_then(Json::as_object);
    let selector = |key: &str| Some(plugin.get("artifact")?.get(key)?.as_str()?.to_owned());
    Some(Stage {
        name: json.get("name")?.as_str()?.to_owned(),
        plugin: plugin.get("name")?.as_str()?.to_owned(),
        kind: plugin.get("type")?.as_str()?.to_owned(),
        artifact: ArtifactSelector {
            name: selector("name"),
            version: selector("version"),
            scope: selector("scope"),
        },
        properties: properties
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), text(value)))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Personality;
    use crate::artifact::ArtifactRepository;

    fn shipped(text: &str) -> Pipeline {
        let app: Json = serde_json::from_str(text).unwrap();
        Pipeline::parse(&app["config"]).unwrap()
    }

    fn planned(pipeline: &Pipeline) -> PipelinePlan {
        let installed = ArtifactRepository::shipped(Personality::V6_11, false).unwrap();
        pipeline.plan(&PluginFinder {
            artifacts: &installed,
            namespace: "default",
        })
    }

    #[test]
    fn the_shipped_pipelines_have_their_measured_phases() {
        let six = shipped(include_str!("../../../assets/cdf-mysql-to-bigquery.json"));
        let nodes: Vec<_> = six
            .nodes()
            .into_iter()
            .map(|n| (n.id, n.program, n.stages.len()))
            .collect();
        let expected = [
            ("phase-1", NodeProgram::Action, 1),
            ("phase-2", NodeProgram::Spark, 4),
            ("phase-3", NodeProgram::Action, 1),
        ];
        assert_eq!(
            nodes,
            expected.map(|(id, program, stages)| (id.to_owned(), program, stages))
        );
        let five = shipped(include_str!(
            "../../../assets/cdf-mysql-to-bigquery.five-stage.json"
        ));
        assert_eq!(five.nodes().len(), 2);
        assert_eq!(
            planned(&five).nodes[0].description,
            "Sources 'Read MySQL' to sinks 'Import To BigQuery', 'Save To Cloud Storage'."
        );
    }

    #[test]
    fn macros_of_a_plugin_are_listed() {
        let plan = planned(&shipped(include_str!(
            "../../../assets/cdf-mysql-to-bigquery.json"
        )));
        let source = plan.plugins.iter().find(|p| p.id == "Read MySQL").unwrap();
        assert!(source.lookups.contains(&"business_unit".to_owned()));
        assert!(
            source
                .functions
                .contains(&("secure".to_owned(), vec!["mysql-password".to_owned()]))
        );
    }
}
