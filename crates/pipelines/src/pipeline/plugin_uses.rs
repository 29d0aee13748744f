//! The plugins that a pipeline uses, as a deployed app lists them: those of its stages, and the nested ones.

use super::check::format_kind;
use super::{Pipeline, Stage};
use crate::artifact::{ArtifactSelector, PluginFinder};
use crate::execution::PluginUse;
use crate::{hash_order, macros};
use std::collections::BTreeMap;

/// All plugins, in the order of a real server's hash tables.
pub(super) fn plugin_uses(pipeline: &Pipeline, plugins: &PluginFinder<'_>) -> Vec<PluginUse> {
    let mut stages: Vec<_> = pipeline.stages.iter().chain(&pipeline.post_actions).collect();
    // Entries in the same bucket of the hash table are sorted by name (recorded twice).
    stages.sort_by(|a, b| a.name.cmp(&b.name));
    let plugin_uses = stages.into_iter().flat_map(|stage| {
        let own = plugin_use(stage, plugins);
        std::iter::once(own).chain(nested(stage, plugins))
    });
    hash_order::sorted(plugin_uses, |plugin| plugin.id.as_str())
}

/// The nested plugins of a stage: a database driver, which has two ids in a source (measured), and a file format.
fn nested(stage: &Stage, plugins: &PluginFinder<'_>) -> Vec<PluginUse> {
    let value = |name: &str| {
        stage
            .properties
            .get(name)
            .filter(|value| !macros::has_macro(value))
    };
    let mut nested = Vec::new();
    if let Some(driver) = value("jdbcPluginName") {
        let mut ids = vec![format!("{}:jdbc", stage.name)];
        if stage.kind == "batchsource" {
            ids.push(format!("{}:source.jdbc.{driver}", stage.name));
        }
        nested.extend(
            ids.into_iter()
                .filter_map(|id| nested_use(id, "jdbc", driver, BTreeMap::new(), plugins)),
        );
    }
    if let (Some(format), Some(kind)) = (value("format"), format_kind(stage)) {
        let name = format.to_lowercase();
        nested.extend(nested_use(
            format!("{}:{name}", stage.name),
            kind,
            &name,
            stage.properties.clone(),
            plugins,
        ));
    }
    nested
}

fn nested_use(
    id: String,
    kind: &str,
    name: &str,
    properties: BTreeMap<String, String>,
    plugins: &PluginFinder<'_>,
) -> Option<PluginUse> {
    let (artifact, _) = plugins.find(kind, name, &ArtifactSelector::default())?;
    Some(describe_use(id, kind, name, &artifact.id, properties))
}

fn plugin_use(stage: &Stage, plugins: &PluginFinder<'_>) -> PluginUse {
    let found = plugins.find(&stage.kind, &stage.plugin, &stage.artifact);
    let id = found.map_or_else(
        // The artifact was deleted after the deployment.
        || crate::artifact::ArtifactId {
            name: stage.artifact.name.clone().unwrap_or_default(),
            version: stage.artifact.version.clone().unwrap_or_default(),
            scope: stage.artifact.scope.clone().unwrap_or_default(),
        },
        |(artifact, _)| artifact.id.clone(),
    );
    describe_use(
        stage.name.clone(),
        &stage.kind,
        &stage.plugin,
        &id,
        stage.properties.clone(),
    )
}

fn describe_use(
    id: String,
    kind: &str,
    name: &str,
    artifact: &crate::artifact::ArtifactId,
    properties: BTreeMap<String, String>,
) -> PluginUse {
    let (mut lookups, mut functions) = (Vec::new(), Vec::new());
    for (_, value) in hash_order::sorted(&properties, |(name, _)| name.as_str()) {
        let (names, calls) = macros::references(value);
        lookups.extend(names);
        for call in calls {
            if !functions.contains(&call) {
                functions.push(call);
            }
        }
    }
    let lookups = hash_order::names(lookups.iter().map(String::as_str));
    PluginUse {
        id,
        name: name.to_owned(),
        kind: kind.to_owned(),
        artifact: (
            artifact.name.clone(),
            artifact.version.clone(),
            artifact.scope.clone(),
        ),
        lookups: lookups.into_iter().map(str::to_owned).collect(),
        functions,
        properties,
    }
}
