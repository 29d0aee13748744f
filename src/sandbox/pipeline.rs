//! A pipeline as its JSON says: stages, connections, engine options.
//!
//! Read from an app's `config`, an object or a string of JSON. Checked at deploy time by
//! `pipeline/check.rs`, laid out into workflow nodes by `pipeline/layout.rs`. It runs nothing.

pub mod check;
pub mod layout;
pub mod version;

#[cfg(test)]
mod tests;

use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A whole pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The stages, in the order of the JSON.
    pub stages: Vec<StageDesign>,
    /// Which stage feeds which.
    pub connections: Vec<Connection>,
    /// The names of plugins that are to run after all.
    pub post_actions: Vec<String>,
    /// Whether the time of each stage is measured; yes if the JSON is silent.
    pub measures_time: bool,
}

/// A stage before its macros are expanded.
#[derive(Clone, Debug, PartialEq)]
pub struct StageDesign {
    /// Its name, free text.
    pub name: String,
    /// The plugin's name.
    pub plugin: String,
    /// The plugin's type: `batchsource`.
    pub kind: String,
    /// Which artifact it asks for; each part may be missing.
    pub artifact: ArtifactChoice,
    /// The properties, macros unexpanded.
    pub properties: BTreeMap<String, String>,
}

/// The artifact that a stage asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtifactChoice {
    /// `google-cloud`.
    pub name: Option<String>,
    /// A version or a range: `[0.20.0,1.0.0)`.
    pub version: Option<String>,
    /// `SYSTEM` or `USER`.
    pub scope: Option<String>,
}

/// An edge between two stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The stage it comes from.
    pub from: String,
    /// The stage it leads to.
    pub to: String,
}

impl StageDesign {
    /// Whether it is a node of its own in the workflow, outside the flow of records.
    pub fn is_control(&self) -> bool {
        matches!(self.kind.as_str(), "action" | "condition" | "sparkprogram")
    }
}

impl Pipeline {
    /// Reads an app's `config`.
    ///
    /// # Errors
    /// What is missing or has the wrong shape.
    pub fn parse(config: &Json) -> Result<Self, String> {
        if let Json::String(text) = config {
            let inner: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
            return Self::parse(&inner);
        }
        let list = |name: &str| {
            config
                .get(name)
                .and_then(Json::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let post_actions = list("postActions");
        Ok(Self {
            stages: list("stages").iter().map(stage).collect::<Result<_, _>>()?,
            connections: list("connections")
                .iter()
                .map(connection)
                .collect::<Result<_, _>>()?,
            post_actions: post_actions
                .iter()
                .map(|action| text(&action["plugin"], "name").unwrap_or_default())
                .collect(),
            measures_time: config["processTimingEnabled"].as_bool().unwrap_or(true),
        })
    }

    /// A stage by its name.
    pub fn stage(&self, name: &str) -> Option<&StageDesign> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The stages that a stage feeds, in the order of the JSON's stages.
    pub fn after(&self, name: &str) -> Vec<&StageDesign> {
        let fed = |stage: &&StageDesign| {
            self.connections
                .iter()
                .any(|c| c.from == name && c.to == stage.name)
        };
        self.stages.iter().filter(fed).collect()
    }

    /// The stages that feed a stage.
    pub fn before(&self, name: &str) -> Vec<&StageDesign> {
        let feeds = |stage: &&StageDesign| {
            self.connections
                .iter()
                .any(|c| c.to == name && c.from == stage.name)
        };
        self.stages.iter().filter(feeds).collect()
    }
}

fn text(json: &Json, name: &str) -> Option<String> {
    json.get(name).and_then(Json::as_str).map(str::to_owned)
}

fn stage(json: &Json) -> Result<StageDesign, String> {
    let name = text(json, "name").filter(|name| !name.is_empty());
    let name = name.ok_or("Invalid stage. It must have a name.")?;
    let plugin = &json["plugin"];
    let need = |field: &str| {
        text(plugin, field).ok_or_else(|| format!("Invalid stage '{name}'. Its plugin has no {field}."))
    };
    let artifact = &plugin["artifact"];
    Ok(StageDesign {
        plugin: need("name")?,
        kind: need("type")?,
        artifact: ArtifactChoice {
            name: text(artifact, "name"),
            version: text(artifact, "version"),
            scope: text(artifact, "scope"),
        },
        properties: properties(&plugin["properties"]),
        name,
    })
}

/// Numbers and booleans are taken as text, null as absent (measured).
fn properties(json: &Json) -> BTreeMap<String, String> {
    let entries = json.as_object().into_iter().flatten();
    let texts = entries.filter_map(|(name, value)| match value {
        Json::Null => None,
        Json::String(text) => Some((name.clone(), text.clone())),
        other => Some((name.clone(), other.to_string())),
    });
    texts.collect()
}

fn connection(json: &Json) -> Result<Connection, String> {
    match (text(json, "from"), text(json, "to")) {
        (Some(from), Some(to)) => Ok(Connection { from, to }),
        _ => Err("Invalid connection. It must have 'from' and 'to'.".into()),
    }
}
