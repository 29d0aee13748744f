//! The plugins of an app with their whole specifications: `GET {N}/apps/{app}/plugins`.

use super::answer::{Answer, Outcome};
use super::app_calls::with_version;
use super::call::Call;
use super::json::Ordered;
use super::state::CdapState;
use pipelines::artifact::{ArtifactSelector, PluginClass, Requirements, Version};
use pipelines::execution::PluginUse;
use pipelines::hash_order;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct PluginView<'a> {
    pub spec: Spec<'a>,
    id: &'a str,
    name: &'a str,
    r#type: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec<'a> {
    parents: Vec<ArtifactView<'a>>,
    artifact_id: ArtifactView<'a>,
    plugin_class: PluginClass,
    properties: Values<'a>,
}

#[derive(Serialize)]
pub(super) struct ArtifactView<'a> {
    name: &'a str,
    version: Version,
    scope: &'a str,
}

#[derive(Serialize)]
struct Values<'a> {
    properties: Ordered,
    macros: Macros<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Macros<'a> {
    lookup_properties: &'a [String],
    macro_functions: Vec<Function<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Function<'a> {
    function_name: &'a str,
    arguments: &'a [String],
}

pub(super) fn artifact_view(plugin: &PluginUse) -> ArtifactView<'_> {
    let (name, version, scope) = &plugin.artifact;
    let version = Version::parse(version).unwrap_or_else(|| Version {
        version: version.clone(),
        major: 0,
        minor: 0,
        fix: 0,
        suffix: None,
    });
    ArtifactView { name, version, scope }
}

/// The class; only its names if the artifact is not installed any more.
fn class(plugin: &PluginUse, namespace: &str, state: &CdapState) -> PluginClass {
    let (name, version, scope) = &plugin.artifact;
    let wanted = ArtifactSelector {
        name: Some(name.clone()),
        version: Some(version.clone()),
        scope: Some(scope.clone()),
    };
    let found = state
        .installed
        .plugin(namespace, &plugin.kind, &plugin.name, &wanted);
    found.map_or_else(
        || PluginClass {
            r#type: plugin.kind.clone(),
            name: plugin.name.clone(),
            description: String::new(),
            class_name: String::new(),
            config_field_name: None,
            properties: pipelines::artifact::Properties::default(),
            requirements: Requirements::default(),
        },
        |(_, class)| {
            let mut class = class.clone();
            class.properties.0 = hash_order::sorted(class.properties.0, |(name, _)| name.as_str());
            class
        },
    )
}

pub(super) fn plugin_view<'a>(
    plugin: &'a PluginUse,
    all: &'a [PluginUse],
    namespace: &str,
    state: &CdapState,
) -> PluginView<'a> {
    let outer = plugin.id.split_once(':').map(|(stage, _)| stage);
    let parents = all.iter().filter(|other| Some(other.id.as_str()) == outer);
    let values = plugin
        .properties
        .iter()
        .map(|(key, value)| (key.clone(), Ordered::Text(value.clone())));
    let functions = plugin
        .functions
        .iter()
        .map(|(function_name, arguments)| Function {
            function_name,
            arguments,
        });
    PluginView {
        spec: Spec {
            parents: parents.map(artifact_view).collect(),
            artifact_id: artifact_view(plugin),
            plugin_class: class(plugin, namespace, state),
            properties: Values {
                properties: Ordered::Map(hash_order::sorted(values, |(key, _)| key.as_str())),
                macros: Macros {
                    lookup_properties: &plugin.lookups,
                    macro_functions: functions.collect(),
                },
            },
        },
        id: &plugin.id,
        name: &plugin.name,
        r#type: &plugin.kind,
    }
}

/// `GET {N}/apps/{app}/plugins`
pub fn list(call: &Call) -> Outcome {
    with_version(call, |version, _, state| {
        let all = &version.plan.plugins;
        let list = all
            .iter()
            .map(|plugin| plugin_view(plugin, all, call.namespace(), state));
        Answer::json(&list.collect::<Vec<_>>())
    })
}
