//! A pipeline as its JSON says it: stages, connections, and the nodes they are executed as.
//!
//! ```text
//! Read watermark ─→ Read MySQL ─→ Add Processed Columns ─┬→ Save To Cloud Storage
//!   phase-1              └───────── phase-2 ─────────────┴→ Import To BigQuery ─→ Update watermark
//!                                                                                    phase-3
//! ```
//!
//! Every action is a node of its own; data stages that are connected are one Spark program together,
//! with all of its sinks. `pipeline/check.rs` refuses what a real server refuses at deploy time.

mod check;

use super::execution::{Plan, PlannedNode, PluginUse};
use super::macros;
use super::observation::NodeProgram;
use super::plugin;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A stage.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub name: String,
    pub plugin: String,
    /// `batchsource`, `transform`, `batchsink`, `action` …
    pub kind: String,
    pub properties: BTreeMap<String, String>,
}

impl Stage {
    /// Control stages stand between phases; all others move rows.
    pub fn is_action(&self) -> bool {
        self.kind == "action"
    }
}

/// A pipeline.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub stages: Vec<Stage>,
    pub connections: Vec<(String, String)>,
    /// What its data nodes are executed with.
    pub engine: NodeProgram,
}

/// A workflow node: its stages in the order in which rows pass them.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub id: String,
    pub program: NodeProgram,
    pub stages: Vec<Stage>,
}

impl Pipeline {
    /// Reads an app's `config`, given as an object or as a string that holds one.
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
        let stages = list("stages").iter().map(stage).collect::<Option<Vec<_>>>();
        let text = |item: &Json, key: &str| item.get(key).and_then(Json::as_str).map(str::to_owned);
        let connections = list("connections")
            .iter()
            .filter_map(|c| Some((text(c, "from")?, text(c, "to")?)))
            .collect();
        let stages = stages.ok_or("A stage needs a name and a plugin.")?;
        // An engine that it does not know is Spark, as on a server (measured).
        let engine = config.get("engine").and_then(Json::as_str).unwrap_or_default();
        let engine = if engine.eq_ignore_ascii_case("mapreduce") {
            NodeProgram::MapReduce
        } else {
            NodeProgram::Spark
        };
        let pipeline = Self {
            stages,
            connections,
            engine,
        };
        pipeline.check()?;
        Ok(pipeline)
    }

    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The stages that feed this one.
    pub fn inputs<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.connections
            .iter()
            .filter(move |(_, to)| to == name)
            .map(|(from, _)| from.as_str())
    }

    /// The nodes in order of execution, numbered from 1.
    pub fn nodes(&self) -> Vec<Node> {
        let mut groups: Vec<Vec<Stage>> = Vec::new();
        let mut group_of: BTreeMap<&str, usize> = BTreeMap::new();
        for stage in self.ordered() {
            let mut joined: BTreeSet<usize> = BTreeSet::new();
            if !stage.is_action() {
                let data = |name: &&str| self.stage(name).is_some_and(|s| !s.is_action());
                joined.extend(
                    self.neighbours(&stage.name)
                        .filter(data)
                        .filter_map(|n| group_of.get(n)),
                );
            }
            let home = joined.first().copied().unwrap_or(groups.len());
            if home == groups.len() {
                groups.push(Vec::new());
            }
            for other in joined.into_iter().skip(1) {
                let moved = std::mem::take(&mut groups[other]);
                group_of
                    .values_mut()
                    .filter(|group| **group == other)
                    .for_each(|group| *group = home);
                groups[home].extend(moved);
            }
            groups[home].push(stage.clone());
            group_of.insert(&stage.name, home);
        }
        let groups = groups.into_iter().filter(|stages| !stages.is_empty());
        self.in_order(groups.collect())
    }

    fn neighbours<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let after = self
            .connections
            .iter()
            .filter(move |(from, _)| from == name)
            .map(|(_, to)| to.as_str());
        self.inputs(name).chain(after)
    }

    /// Groups so that each comes after those it waits for.
    fn in_order(&self, mut groups: Vec<Vec<Stage>>) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut done: BTreeSet<String> = BTreeSet::new();
        while !groups.is_empty() {
            let ready = groups.iter().position(|group| {
                let inside = |name: &str| group.iter().any(|stage| stage.name == name);
                group.iter().all(|stage| {
                    self.inputs(&stage.name)
                        .all(|from| inside(from) || done.contains(from))
                })
            });
            // `check` has refused cycles, so one is always ready.
            let stages = groups.remove(ready.unwrap_or(0));
            done.extend(stages.iter().map(|stage| stage.name.clone()));
            let program = if stages[0].is_action() {
                NodeProgram::Action
            } else {
                self.engine
            };
            nodes.push(Node {
                id: format!("phase-{}", nodes.len() + 1),
                program,
                stages,
            });
        }
        nodes
    }

    /// The stages so that each comes after its inputs; shorter than the pipeline if there is a cycle.
    fn ordered(&self) -> Vec<&Stage> {
        let mut ordered: Vec<&Stage> = Vec::new();
        while let Some(next) = self.stages.iter().find(|stage| {
            let placed = |name: &str| ordered.iter().any(|done| done.name == name);
            !placed(&stage.name) && self.inputs(&stage.name).all(placed)
        }) {
            ordered.push(next);
        }
        ordered
    }

    /// What a deployed app shows of it.
    pub fn plan(&self) -> Plan {
        let nodes = self.nodes().into_iter().map(|node| PlannedNode {
            description: describe(&node),
            id: node.id,
            program: node.program,
        });
        Plan {
            nodes: nodes.collect(),
            plugins: self.stages.iter().map(plugin_use).collect(),
        }
    }
}

fn stage(json: &Json) -> Option<Stage> {
    let plugin = json.get("plugin")?;
    let text = |item: &Json| match item {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let properties = plugin.get("properties").and_then(Json::as_object);
    Some(Stage {
        name: json.get("name")?.as_str()?.to_owned(),
        plugin: plugin.get("name")?.as_str()?.to_owned(),
        kind: plugin.get("type")?.as_str()?.to_owned(),
        properties: properties
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect(),
    })
}

fn describe(node: &Node) -> String {
    let names = |sink: bool| {
        let wanted = node
            .stages
            .iter()
            .filter(|s| s.kind.ends_with(if sink { "sink" } else { "source" }));
        let mut names: Vec<_> = wanted.map(|stage| format!("'{}'", stage.name)).collect();
        names.sort();
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

fn plugin_use(stage: &Stage) -> PluginUse {
    let (mut lookups, mut functions) = (BTreeSet::new(), Vec::new());
    for value in stage.properties.values() {
        let (names, calls) = macros::mentioned(value);
        lookups.extend(names);
        functions.extend(
            calls
                .into_iter()
                .filter(|call| !functions.contains(call))
                .collect::<Vec<_>>(),
        );
    }
    let artifact =
        plugin::find(&stage.plugin, &stage.kind).map_or(("unknown", "0", "SYSTEM"), |p| p.artifact);
    PluginUse {
        id: stage.name.clone(),
        name: stage.plugin.clone(),
        kind: stage.kind.clone(),
        artifact: (artifact.0.into(), artifact.1.into(), artifact.2.into()),
        properties: stage.properties.clone(),
        lookups: lookups.into_iter().collect(),
        functions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(text: &str) -> Pipeline {
        let app: Json = serde_json::from_str(text).unwrap();
        Pipeline::parse(&app["config"]).unwrap()
    }

    #[test]
    fn the_shipped_pipelines_have_their_measured_phases() {
        let six = shipped(include_str!("../../assets/cdf-mysql-to-bigquery.json"));
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
        let five = shipped(include_str!("../../assets/cdf-mysql-to-bigquery.five-stage.json"));
        assert_eq!(five.nodes().len(), 2);
        assert_eq!(
            five.plan().nodes[0].description,
            "Sources 'Read MySQL' to sinks 'Import To BigQuery', 'Save To Cloud Storage'."
        );
    }

    #[test]
    fn macros_of_a_plugin_are_listed() {
        let plan = shipped(include_str!("../../assets/cdf-mysql-to-bigquery.json")).plan();
        let source = plan.plugins.iter().find(|p| p.id == "Read MySQL").unwrap();
        assert!(source.lookups.contains(&"business_unit".to_owned()));
        assert!(
            source
                .functions
                .contains(&("secure".to_owned(), vec!["mysql-password".to_owned()]))
        );
    }
}
