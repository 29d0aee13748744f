//! Validates a pipeline as a server does when it is deployed, with the server's messages and in its order; only
//! the first failure is reported.
//!
//! All messages were recorded from a real 6.11.0 (`crates/sandbox/tests/recorded/cdap-6.11.0/deploy-checks.jsonl`)
//! or from 6.10.0 with the real plugins (`cdap-6.10.0/deploy*.jsonl`). `check/graph.rs` checks how stages are
//! connected, `check/branch.rs` conditions and ports, `check/stage.rs` the plugin of each stage.

mod branch;
mod graph;
mod stage;

#[cfg(test)]
mod tests;

use super::{Connection, Pipeline, Stage};
use crate::artifact::PluginFinder;
use graph::Graph;
use serde_json::Value as Json;
pub use stage::ValidationFailure;
pub(super) use stage::{format_kind, validation_failure};
use std::collections::BTreeMap;

/// The most stages and post actions of a pipeline. How they are connected is looked at again and again.
const MAX_STAGES: usize = 250;

/// The most connections of a pipeline.
const MAX_CONNECTIONS: usize = 1_000;

/// The most bytes of a stage's name.
const MAX_NAME: usize = 1_000;

/// Checks that a pipeline has a size that the sandbox can plan and run. A real server knows no such bounds.
fn check_size(config: &Json) -> Result<(), String> {
    for (key, most) in [
        ("stages", MAX_STAGES),
        ("postActions", MAX_STAGES),
        ("connections", MAX_CONNECTIONS),
    ] {
        let count = list(config, key).count();
        if count > most {
            return Err(format!(
                "A pipeline of {count} {key} is not supported by the sandbox, which takes {most}."
            ));
        }
    }
    let mut names = list(config, "stages").filter_map(|stage| stage.get("name")?.as_str());
    if names.any(|name| name.len() > MAX_NAME) {
        return Err(format!(
            "A stage whose name is longer than {MAX_NAME} bytes is not supported by the sandbox."
        ));
    }
    Ok(())
}

/// Checks that the JSON has the structure of a pipeline.
pub(super) fn check_structure(config: &Json) -> Result<(), String> {
    check_size(config)?;
    for stage in list(config, "stages") {
        let Some(name) = stage.get("name").and_then(Json::as_str) else {
            return Err(format!(
                "Invalid stage '{}': name must be specified.",
                stage_text(stage)
            ));
        };
        let Some(plugin) = stage.get("plugin").filter(|plugin| plugin.is_object()) else {
            return Err(format!("Invalid stage '{name}': plugin must be specified."));
        };
        for key in ["type", "name"] {
            if plugin.get(key).and_then(Json::as_str).is_none() {
                return Err(format!(
                    "Invalid plugin {}: {key} must be specified.",
                    plugin_text(plugin)
                ));
            }
        }
        let properties = plugin.get("properties").and_then(Json::as_object);
        if properties.is_some_and(|map| map.values().any(|value| value.is_object() || value.is_array())) {
            return Err("Invalid JSON configuration was provided. Please check the syntax.".to_owned());
        }
    }
    Ok(())
}

fn list<'a>(config: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    config.get(key).and_then(Json::as_array).into_iter().flatten()
}

/// A stage in the form of its Java class' `toString`.
fn stage_text(stage: &Json) -> String {
    let plugin = stage.get("plugin").map_or("null".to_owned(), plugin_text);
    let name = stage.get("name").and_then(Json::as_str).unwrap_or("null");
    format!("ETLStage{{name='{name}', plugin={plugin}}}")
}

/// A plugin in the form of its Java class' `toString`, with its properties sorted by name: the order in which
/// they were sent is not kept.
fn plugin_text(plugin: &Json) -> String {
    let text = |of: &Json, key: &str| match of.get(key) {
        Some(Json::String(text)) => format!("'{text}'"),
        _ => "'null'".to_owned(),
    };
    let properties = plugin.get("properties").and_then(Json::as_object);
    let properties: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(key, value)| match value {
            Json::String(value) => format!("{key}={value}"),
            other => format!("{key}={other}"),
        })
        .collect();
    let artifact = plugin.get("artifact").unwrap_or(&Json::Null);
    format!(
        "Plugin{{name={}, type={}, properties={{{}}}, artifact=ArtifactSelectorConfig{{scope={}, name={}, version={}}}}}",
        text(plugin, "name"),
        text(plugin, "type"),
        properties.join(", "),
        text(artifact, "scope"),
        text(artifact, "name"),
        text(artifact, "version"),
    )
}

impl Pipeline {
    /// Validates the pipeline as a server does at deploy time.
    ///
    /// # Errors
    /// The text of the 400 answer.
    pub fn check(&self, plugins: &PluginFinder<'_>) -> Result<(), String> {
        if self.stages.is_empty() {
            return Err("A pipeline must contain at least one stage.".into());
        }
        self.check_names()?;
        for connection in &self.connections {
            let Connection { from, to, .. } = connection;
            if let Some(missing) = [from, to].into_iter().find(|name| self.stage(name).is_none()) {
                return Err(format!(
                    "Invalid connection {connection}. {missing} is not a stage."
                ));
            }
        }
        if self.connections.is_empty() {
            return match &self.stages[..] {
                [only] if only.is_action() => stage::check(only, plugins),
                _ => Err(
                    "Invalid pipeline. There are no connections between stages. This is only allowed if \
                          the pipeline consists of a single action plugin."
                        .to_owned(),
                ),
            };
        }
        self.check_condition_connections()?;
        let graph = Graph::from_pipeline(self);
        graph.check()?;
        self.stages
            .iter()
            .try_for_each(|stage| self.check_connections(stage))?;
        self.check_positions(&graph)?;
        self.check_condition_branches(&graph)?;
        graph.without_actions().check_islands()?;
        self.check_phases()?;
        for stage in self.topological_order() {
            stage::check(stage, plugins)?;
            self.check_join(stage)?;
            self.check_splitter_ports(stage)?;
        }
        self.post_actions
            .iter()
            .try_for_each(|stage| stage::check(stage, plugins))
    }

    /// Checks that different stages have different names; equal stages count as one (measured).
    fn check_names(&self) -> Result<(), String> {
        let mut seen: BTreeMap<&str, &Stage> = BTreeMap::new();
        for stage in &self.stages {
            let before = seen.insert(&stage.name, stage);
            if before.is_some_and(|before| before != stage) {
                return Err(format!(
                    "Invalid pipeline. Multiple stages are named {}. Please ensure all stage names are unique",
                    stage.name
                ));
            }
        }
        Ok(())
    }

    /// Checks the incoming and outgoing connections of a stage.
    fn check_connections(&self, stage: &Stage) -> Result<(), String> {
        let Stage { name, kind, .. } = stage;
        if stage.is_action() {
            return Ok(());
        }
        let is_data = |name: &&str| self.stage(name).is_some_and(|stage| !stage.is_control());
        let joined = |names: Vec<&str>| crate::hash_order::names(names).join(",");
        let from: Vec<_> = self.inputs(name).filter(is_data).collect();
        let to: Vec<_> = self.outputs(name).filter(is_data).collect();
        let is_sink = matches!(kind.as_str(), "batchsink" | "sparksink" | "alertpublisher");
        if kind == "batchsource" && !from.is_empty() {
            return Err(format!(
                "{kind} {name} has incoming connections from {}. {kind} stages cannot have any incoming connections.",
                joined(from)
            ));
        }
        if is_sink && !to.is_empty() {
            return Err(format!(
                "{kind} {name} has outgoing connections to {}. {kind} stages cannot have any outgoing connections.",
                joined(to)
            ));
        }
        if kind == "errortransform" {
            self.check_error_transform(stage)?;
        }
        if kind != "batchsource" && kind != "condition" && self.inputs(name).next().is_none() {
            return Err(format!(
                "Stage {name} is unreachable, it has no incoming connections."
            ));
        }
        if !is_sink && self.outputs(name).next().is_none() {
            return Err(format!(
                "Stage {name} is a dead end, it has no outgoing connections."
            ));
        }
        Ok(())
    }

    /// Checks that sources are at the start, and actions at the start or the end.
    fn check_positions(&self, graph: &Graph<'_>) -> Result<(), String> {
        let data = |name: &&str| self.stage(name).is_some_and(|stage| !stage.is_control());
        let places = self.stages.iter().map(|stage| {
            let before = graph.ancestors(&stage.name).iter().any(data);
            let after = graph.descendants(&stage.name).iter().any(data);
            (stage, before, after)
        });
        let places: Vec<_> = places.collect();
        for (Stage { name, kind, .. }, before, _) in &places {
            if kind == "batchsource" && *before {
                return Err(format!(
                    "{kind} {name} is invalid. {kind} stages can only be placed at the start of the pipeline."
                ));
            }
        }
        match places
            .iter()
            .find(|(stage, before, after)| stage.is_action() && *before && *after)
        {
            Some((stage, ..)) => Err(format!(
                "Action stage '{}' is invalid. Actions can only be placed at the start or end of the pipeline.",
                stage.name
            )),
            None => Ok(()),
        }
    }
}
