//! Repairs a pipeline that another release exported, as the studio's import offers to: artifacts that are not installed
//! are replaced by the installed ones of the same name. A real server refuses the pipeline when it is deployed as it is.

use crate::cdap::json::Ordered;
use pipelines::artifact::{ArtifactRepository, ArtifactSelector, Version};

/// A range that holds every version.
const ANY: &str = "[0.0.0,99999.0.0)";

/// Replaces versions that are not installed: the pipeline's own, and those of its plugins.
pub(super) fn repair(request: &mut Ordered, installed: &ArtifactRepository, namespace: &str) {
    if let Some(artifact) = request.get_mut("artifact") {
        let [name, version, scope] = ["name", "version", "scope"].map(|key| artifact.text_of(key));
        let (name, version) = (name.unwrap_or_default(), version.unwrap_or_default());
        let scope = scope.unwrap_or_else(|| "USER".to_owned()).to_ascii_uppercase();
        let newest = |wanted: &str| installed.newest(namespace, &scope, &name, wanted);
        if newest(&version).is_none()
            && let Some(other) = newest(ANY)
        {
            replace(artifact, &other.id.version);
        }
    }
    for list in ["stages", "postActions"] {
        let stages = request.get_mut("config").and_then(|config| config.get_mut(list));
        let Some(Ordered::List(stages)) = stages else {
            continue;
        };
        for stage in stages {
            repair_plugin(stage, installed, namespace);
        }
    }
}

fn repair_plugin(stage: &mut Ordered, installed: &ArtifactRepository, namespace: &str) -> Option<()> {
    let plugin = stage.get_mut("plugin")?;
    let (kind, name) = (plugin.text_of("type")?, plugin.text_of("name")?);
    let artifact = plugin.get_mut("artifact")?;
    let selector = |version| ArtifactSelector {
        name: artifact.text_of("name"),
        version,
        scope: artifact.text_of("scope"),
    };
    let find = |version| installed.plugin(namespace, &kind, &name, &selector(version));
    if find(artifact.text_of("version")).is_none() {
        let (other, _) = find(None)?;
        replace(artifact, &other.id.version.clone());
    }
    Some(())
}

fn replace(artifact: &mut Ordered, version: &str) {
    if let Some(old) = artifact.get_mut("version") {
        *old = Ordered::Text(version.to_owned());
    }
}

/// What can be done when a version of an artifact is not installed, but another one of its line is.
pub(super) fn hint(
    installed: &ArtifactRepository,
    (namespace, scope, name): (&str, &str, &str),
    version: &str,
) -> String {
    let major = |text: &str| Version::parse(text).map(|version| version.major);
    match installed
        .newest(namespace, scope, name, ANY)
        .map(|other| &other.id.version)
    {
        Some(own) if major(own) == major(version) => {
            format!(" The sandbox has {own}; with --accept-releases it takes what other releases exported.")
        }
        _ => String::new(),
    }
}
