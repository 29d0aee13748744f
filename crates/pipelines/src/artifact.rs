//! Artifacts and the plugin classes in them, in the JSON form of CDAP's artifact API.
//!
//! The descriptions in `assets/artifacts` were recorded from real servers, property lists included; clients
//! add artifacts of their own. Which plugins the executor can run is listed in `plugin.rs`, not here.
//! `artifact/repository.rs` looks artifacts up, `artifact/version.rs` compares versions, `artifact/jar.rs`
//! finds the plugins of an uploaded jar.

pub(crate) mod class_file;
mod jar;
mod repository;
mod version;

pub use jar::{Jar, JarError};
pub use repository::{ArtifactRepository, ArtifactSelector, owner};
pub use version::{Version, VersionRange};

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

/// An artifact with its classes, as CDAP's artifact detail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// The application and plugin classes in it.
    pub classes: Classes,
    /// The properties that a client has set.
    pub properties: Properties<String>,
    /// The artifacts whose plugins it provides; not serialised when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<VersionRange>,
    /// Name, version and scope.
    #[serde(flatten)]
    pub id: ArtifactId,
    /// The namespace of a user's artifact; `system` otherwise.
    #[serde(skip)]
    pub namespace: String,
}

/// The classes of an artifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Classes {
    /// The application classes, as recorded.
    pub apps: Vec<Json>,
    /// The plugin classes.
    pub plugins: Vec<PluginClass>,
}

/// A plugin class, as CDAP's `PluginClass`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginClass {
    /// `batchsink`
    pub r#type: String,
    /// `BigQueryTable`
    pub name: String,
    /// The text that CDAP's studio shows.
    #[serde(default)]
    pub description: String,
    /// The name of the Java class; empty where it is not known.
    pub class_name: String,
    /// The field of that class that holds the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_field_name: Option<String>,
    /// The properties by name, in the order of a real server.
    #[serde(default = "Properties::default")]
    pub properties: Properties<Property>,
    /// The datasets and capabilities that it needs.
    #[serde(default)]
    pub requirements: Requirements,
}

/// The datasets and capabilities that a plugin needs; empty for all plugins that are shipped.
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
    /// The key in a stage's properties.
    pub name: String,
    /// The text that CDAP's studio shows; empty where none was recorded.
    pub description: String,
    /// `string`, `int`, `boolean`, or the class of a group of properties.
    pub r#type: String,
    /// Whether a stage must have it.
    pub required: bool,
    /// Whether its value may hold macros.
    pub macro_supported: bool,
    /// Whether macros in it can be escaped.
    pub macro_escaping_enabled: bool,
    /// The names of its member properties, if it is a group.
    pub children: Vec<String>,
}

/// A map that keeps its order in JSON.
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

/// Finds plugins among the artifacts that one namespace sees.
#[derive(Clone, Copy, Debug)]
pub struct PluginFinder<'a> {
    /// The artifacts of all namespaces.
    pub artifacts: &'a ArtifactRepository,
    /// The namespace that looks for plugins.
    pub namespace: &'a str,
}

impl<'a> PluginFinder<'a> {
    /// The plugin of this type and name in the newest artifact that the selector accepts.
    pub fn find(
        &self,
        kind: &str,
        name: &str,
        selector: &ArtifactSelector,
    ) -> Option<(&'a Artifact, &'a PluginClass)> {
        self.artifacts.plugin(self.namespace, kind, name, selector)
    }
}

impl PluginClass {
    /// The property of this name.
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        let found = self.properties.0.iter().find(|(key, _)| key == name);
        found.map(|(_, property)| property)
    }
}

impl Artifact {
    /// Whether it lies in one of these ranges of parent artifacts.
    pub fn is_parent_in(&self, parents: &[VersionRange]) -> bool {
        let Self { id, namespace, .. } = self;
        parents
            .iter()
            .any(|range| range.contains(namespace, &id.name, &id.version))
    }
}

/// The id of an artifact in error messages: `artifact:default.lab-user.2.0.0`.
pub fn entity_id(namespace: &str, name: &str, version: &str) -> String {
    format!("artifact:{namespace}.{name}.{version}")
}
