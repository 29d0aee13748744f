//! The artifact repository of a server, and how a stage's plugin is found in it.

use super::version::{is_version_or_range, satisfies};
use super::{Artifact, ArtifactId, PluginClass, Version};
use crate::Personality;
use crate::plugin;
use std::cmp::Reverse;

/// The artifacts of recorded servers, each with its versions on 6.10 and on 6.11.
const SHIPPED: [(&str, &[&str], &[&str]); 13] = [
    (
        include_str!("../../assets/artifacts/cdap-data-pipeline.json"),
        &["6.10.0"],
        &["6.11.0"],
    ),
    (
        include_str!("../../assets/artifacts/core-plugins.json"),
        &["2.12.0"],
        &["2.12.0", "2.13.0"],
    ),
    (
        include_str!("../../assets/artifacts/lab-plugins.json"),
        &["1.0.0"],
        &["1.0.0"],
    ),
    (
        include_str!("../../assets/artifacts/google-cloud.json"),
        &["0.23.0"],
        &["0.23.0"],
    ),
    (
        include_str!("../../assets/artifacts/wrangler-transform.json"),
        &["4.10.0"],
        &["4.10.0"],
    ),
    (
        include_str!("../../assets/artifacts/format-avro.json"),
        &["2.12.0"],
        &["2.12.0"],
    ),
    (
        include_str!("../../assets/artifacts/format-delimited.json"),
        &["2.12.0"],
        &["2.12.0"],
    ),
    (
        include_str!("../../assets/artifacts/format-json.json"),
        &["2.12.0"],
        &["2.12.0"],
    ),
    (
        include_str!("../../assets/artifacts/format-parquet.json"),
        &["2.12.0"],
        &["2.12.0"],
    ),
    (
        include_str!("../../assets/artifacts/format-text.json"),
        &["2.12.0"],
        &["2.12.0"],
    ),
    (
        include_str!("../../assets/artifacts/cloudsql-mysql-plugin.json"),
        &["1.11.0"],
        &["1.11.0"],
    ),
    (
        include_str!("../../assets/artifacts/mysql-plugin.json"),
        &["1.11.0"],
        &["1.11.0"],
    ),
    (
        include_str!("../../assets/artifacts/mysql-connector-java.json"),
        &["8.3.0"],
        &["8.3.0"],
    ),
];

/// Which artifact a stage takes its plugin from; a part that is `None` accepts anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtifactSelector {
    /// The artifact's name.
    pub name: Option<String>,
    /// A version, or a range such as `[6.0.0,7.0.0)`.
    pub version: Option<String>,
    /// `SYSTEM` or `USER`, in any case.
    pub scope: Option<String>,
}

impl ArtifactSelector {
    /// Why no artifact can match, in CDAP's words.
    pub fn error(&self) -> Option<String> {
        if let Some(scope) = self.scope.as_ref().map(|scope| scope.to_uppercase())
            && !matches!(scope.as_str(), "SYSTEM" | "USER")
        {
            return Some(format!(
                "No enum constant io.cdap.cdap.api.artifact.ArtifactScope.{scope}"
            ));
        }
        let version = self
            .version
            .as_deref()
            .filter(|version| !is_version_or_range(version))?;
        Some(format!(
            "{version} is an invalid artifact version.Must be an exact version or a version range with a lower \
             and upper bound."
        ))
    }

    fn accepts(&self, artifact: &Artifact) -> bool {
        let same = |wanted: &Option<String>, own: &str| wanted.as_ref().is_none_or(|wanted| wanted == own);
        same(&self.name, &artifact.id.name)
            && same(
                &self.scope.as_ref().map(|scope| scope.to_uppercase()),
                &artifact.id.scope,
            )
            && self
                .version
                .as_ref()
                .is_none_or(|wanted| satisfies(&artifact.id.version, wanted))
    }
}

/// All artifacts: those of the system, and the user artifacts of every namespace.
#[derive(Clone, Debug, Default)]
pub struct ArtifactRepository {
    artifacts: Vec<Artifact>,
}

impl ArtifactRepository {
    /// The artifacts of a fresh server; `lab` adds the test plugins that the recordings were made with.
    pub fn shipped(personality: Personality, lab: bool) -> Result<Self, serde_json::Error> {
        let mut repository = Self::default();
        for (text, old, new) in SHIPPED {
            let artifact: Artifact = serde_json::from_str(text)?;
            if artifact.id.name == "lab-plugins" && !lab {
                continue;
            }
            let versions = if personality == Personality::V6_10 {
                old
            } else {
                new
            };
            for version in versions {
                let mut artifact = artifact.clone();
                (*version).clone_into(&mut artifact.id.version);
                owner(&artifact.id.scope, "default").clone_into(&mut artifact.namespace);
                repository.put(artifact);
            }
        }
        repository.add_executable();
        Ok(repository)
    }

    /// Adds the plugins that the executor runs and that no recording describes.
    fn add_executable(&mut self) {
        for plugin in plugin::all(false) {
            let (name, version, scope) = plugin.artifact;
            let known = self.artifacts.iter().any(|artifact| {
                artifact
                    .classes
                    .plugins
                    .iter()
                    .any(|class| class.r#type == plugin.kind && class.name == plugin.name)
            });
            if known {
                continue;
            }
            let class = PluginClass::from_required(plugin.kind, plugin.name, plugin.required);
            match self
                .artifacts
                .iter_mut()
                .find(|artifact| artifact.id.name == name)
            {
                Some(artifact) => artifact.classes.plugins.push(class),
                None => self.put(Artifact {
                    classes: super::Classes {
                        apps: Vec::new(),
                        plugins: vec![class],
                    },
                    properties: super::Properties::default(),
                    parents: super::VersionRange::parse("system:cdap-data-pipeline[6.0.0,10.0.0)")
                        .into_iter()
                        .collect(),
                    id: ArtifactId {
                        name: name.to_owned(),
                        version: version.to_owned(),
                        scope: scope.to_owned(),
                    },
                    namespace: owner(scope, "default").to_owned(),
                }),
            }
        }
    }

    /// Adds an artifact; one of the same namespace, name and version is replaced.
    pub fn put(&mut self, artifact: Artifact) {
        self.remove(&artifact.namespace, &artifact.id.name, &artifact.id.version);
        self.artifacts.push(artifact);
        self.artifacts.sort_by_cached_key(|artifact| {
            let id = &artifact.id;
            // The order of a real server's store: system artifacts first, then by length of the name, then by name.
            (
                artifact.namespace != "system",
                id.name.len(),
                id.name.clone(),
                Version::parse(&id.version),
            )
        });
    }

    /// Removes an artifact and returns it, if it exists.
    pub fn remove(&mut self, namespace: &str, name: &str, version: &str) -> Option<Artifact> {
        let found = self.artifacts.iter().position(|artifact| {
            artifact.namespace == namespace && artifact.id.name == name && artifact.id.version == version
        });
        found.map(|at| self.artifacts.remove(at))
    }

    /// The artifacts that a namespace sees, in the order of a real server.
    pub fn visible_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Artifact> {
        self.artifacts
            .iter()
            .filter(move |artifact| artifact.namespace == "system" || artifact.namespace == namespace)
    }

    /// The artifact of this scope, name and version.
    pub fn get(&self, namespace: &str, scope: &str, name: &str, version: &str) -> Option<&Artifact> {
        let owner = owner(scope, namespace);
        self.artifacts.iter().find(|artifact| {
            artifact.namespace == owner && artifact.id.name == name && artifact.id.version == version
        })
    }

    /// The newest artifact of this scope and name whose version satisfies a version or a range.
    pub fn newest(&self, namespace: &str, scope: &str, name: &str, wanted: &str) -> Option<&Artifact> {
        let owner = owner(scope, namespace);
        let matching = self.artifacts.iter().filter(|artifact| {
            artifact.namespace == owner && artifact.id.name == name && satisfies(&artifact.id.version, wanted)
        });
        matching.max_by_key(|artifact| Version::parse(&artifact.id.version))
    }

    /// The plugins of the artifacts that extend this one: user artifacts first, then by name and version.
    pub fn plugins_extending<'a>(
        &'a self,
        namespace: &'a str,
        parent: &'a Artifact,
    ) -> impl Iterator<Item = (&'a Artifact, &'a PluginClass)> {
        let mut children: Vec<_> = self
            .visible_in(namespace)
            .filter(|artifact| parent.is_parent_in(&artifact.parents))
            .collect();
        children.sort_by_cached_key(|artifact| {
            let id = &artifact.id;
            (
                Reverse(id.scope.clone()),
                id.name.clone(),
                Version::parse(&id.version),
            )
        });
        children.into_iter().flat_map(|artifact| {
            artifact
                .classes
                .plugins
                .iter()
                .map(move |class| (artifact, class))
        })
    }

    /// The plugin of this type and name in the newest artifact that the selector accepts.
    pub fn plugin<'a>(
        &'a self,
        namespace: &str,
        kind: &str,
        name: &str,
        selector: &ArtifactSelector,
    ) -> Option<(&'a Artifact, &'a PluginClass)> {
        let visible = self
            .artifacts
            .iter()
            .filter(|artifact| artifact.namespace == "system" || artifact.namespace == namespace);
        let matching = visible.filter_map(|artifact| {
            let class = artifact
                .classes
                .plugins
                .iter()
                .find(|class| class.r#type == kind && class.name == name)?;
            selector.accepts(artifact).then_some((artifact, class))
        });
        matching.max_by_key(|(artifact, _)| (artifact.id.name.clone(), Version::parse(&artifact.id.version)))
    }
}

impl PluginClass {
    /// A plugin class of which only the required properties are known.
    fn from_required(kind: &str, name: &str, required: &[&str]) -> Self {
        let property = |name: &&str| {
            let property = super::Property {
                name: (*name).to_owned(),
                description: String::new(),
                r#type: "string".to_owned(),
                required: true,
                macro_supported: *name != "referenceName",
                macro_escaping_enabled: false,
                children: Vec::new(),
            };
            ((*name).to_owned(), property)
        };
        Self {
            r#type: kind.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            class_name: String::new(),
            config_field_name: Some("config".to_owned()),
            properties: super::Properties(required.iter().map(property).collect()),
            requirements: super::Requirements::default(),
        }
    }
}

/// The namespace that owns the artifacts of a scope: `system`, or the given one.
pub fn owner<'a>(scope: &str, namespace: &'a str) -> &'a str {
    if scope == "SYSTEM" { "system" } else { namespace }
}
