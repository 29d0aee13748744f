//! Artifacts and the plugins in them: what a server has installed, in the form in which it tells it.
//!
//! The descriptions under `assets/artifacts` are those of real servers (property lists included);
//! clients add their own. Whether the executor can run a plugin is not known here (`sandbox/plugin.rs`).
//! `installed.rs` looks things up, `version.rs` compares versions.

mod class_file;
mod installed;
mod jar;
mod version;

pub use installed::{Installed, Wanted, owner};
pub use jar::Jar;
pub use version::{Range, Version};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// An artifact's name, version and scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ArtifactId {
    /// `cdap-data-pipeline`
    pub name: String,
    /// `6.11.0`
    pub version: String,
    /// `SYSTEM` or `USER`
    pub scope: String,
}

/// An artifact as it is shown alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// What is in it.
    pub classes: Classes,
    /// Free properties.
    pub properties: Properties<String>,
    /// What it extends; absent when it extends nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Range>,
    /// Name, version, scope.
    #[serde(flatten)]
    pub id: ArtifactId,
    /// The namespace of a user's artifact; `system` otherwise.
    #[serde(skip)]
    pub namespace: String,
}

/// The classes of an artifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Classes {
    /// Kinds of application.
    pub apps: Vec<Json>,
    /// Plugins.
    pub plugins: Vec<PluginClass>,
}

/// A plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginClass {
    /// `batchsink`
    pub r#type: String,
    /// `BigQueryTable`
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The Java class.
    pub class_name: String,
    /// The field of that class that takes the properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_field_name: Option<String>,
    /// The properties, in a real server's order.
    #[serde(default = "Properties::default")]
    pub properties: Properties<Property>,
    /// What it asks of a server.
    #[serde(default)]
    pub requirements: Requirements,
}

/// What a plugin asks of a server: nothing, for all that are known here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Requirements {
    dataset_types: Vec<String>,
    capabilities: Vec<String>,
}

/// A property of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// Its name.
    pub name: String,
    /// What it is for; empty where no server was asked.
    pub description: String,
    /// `string`, `int`, `boolean`, or the class of a group of properties.
    pub r#type: String,
    /// Whether a stage must have it.
    pub required: bool,
    /// Whether its value may hold macros.
    pub macro_supported: bool,
    /// Whether macros in it can be escaped.
    pub macro_escaping_enabled: bool,
    /// The properties that a group stands for.
    pub children: Vec<String>,
}

/// A map that keeps its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Properties<T>(pub Vec<(String, T)>);

impl<T> Default for Properties<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for Properties<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Properties<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Entries<T> {
            type Value = Properties<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Properties(entries))
            }
        }
        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

/// What one namespace finds.
#[derive(Clone, Copy, Debug)]
pub struct Shelf<'a> {
    /// All artifacts.
    pub installed: &'a Installed,
    /// The namespace.
    pub namespace: &'a str,
}

impl<'a> Shelf<'a> {
    /// The plugin that a stage means: of the newest artifact that fits.
    pub fn plugin(&self, kind: &str, name: &str, wanted: &Wanted) -> Option<(&'a Artifact, &'a PluginClass)> {
        self.installed.plugin(self.namespace, kind, name, wanted)
    }
}

impl PluginClass {
    /// A property by its name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        let found = self.properties.0.iter().find(|(key, _)| key == name);
        found.map(|(_, property)| property)
    }
}

impl Artifact {
    /// Whether it may be parent of what extends these.
    pub fn is_parent_in(&self, parents: &[Range]) -> bool {
        parents.iter().any(|range| range.holds(self))
    }

    /// `artifact:default.lab-user.2.0.0`
    pub fn entity(&self) -> String {
        entity(&self.namespace, &self.id.name, &self.id.version)
    }
}

/// `artifact:default.lab-user.2.0.0`
pub fn entity(namespace: &str, name: &str, version: &str) -> String {
    format!("artifact:{namespace}.{name}.{version}")
}
