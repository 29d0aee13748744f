//! What is installed, as clients look it up: artifacts, their versions, the plugins that extend them.
//!
//! Without a `scope` a namespace's own artifacts are meant. `upload.rs` changes what is installed.

use super::answer::{Answer, Outcome};
use super::call::Call;
pub use pipelines::artifact::ArtifactId;
use pipelines::artifact::owner;
use pipelines::artifact::{Artifact, PluginClass, Properties, Property, entity_id};
use pipelines::hash_order;
use serde::Serialize;

pub(super) fn scope(call: &Call) -> Result<Option<&str>, Answer> {
    match call.parameter("scope") {
        None => Ok(None),
        Some(scope) if scope.eq_ignore_ascii_case("SYSTEM") => Ok(Some("SYSTEM")),
        Some(scope) if scope.eq_ignore_ascii_case("USER") => Ok(Some("USER")),
        Some(other) => Err(Answer::refuse(400, format!("Invalid scope {other}"))),
    }
}

/// Hands the artifact of the path to `show`; 404 when there is none.
fn with_artifact(call: &Call, show: impl FnOnce(&Artifact) -> Outcome) -> Outcome {
    let scope = scope(call)?.unwrap_or("USER");
    let (name, version) = (call.part("artifact"), call.part("version"));
    let world = call.cdap.world();
    match world.installed.get(call.namespace(), scope, name, version) {
        Some(artifact) => show(artifact),
        None => Err(Answer::missing(&entity_id(
            owner(scope, call.namespace()),
            name,
            version,
        ))),
    }
}

/// `GET {N}/artifacts`
pub fn list(call: &Call) -> Outcome {
    let scope = scope(call)?;
    let world = call.cdap.world();
    world.check_namespace(call.namespace())?;
    let seen = world
        .installed
        .visible_in(call.namespace())
        .map(|artifact| &artifact.id);
    let list: Vec<_> = seen
        .filter(|id| scope.is_none_or(|scope| id.scope == scope))
        .collect();
    Ok(Answer::json(&list))
}

/// `GET {N}/artifacts/{artifact}`: its versions.
pub fn versions(call: &Call) -> Outcome {
    let scope = scope(call)?.unwrap_or("USER");
    let name = call.part("artifact");
    let world = call.cdap.world();
    let seen = world
        .installed
        .visible_in(call.namespace())
        .map(|artifact| &artifact.id);
    let list: Vec<_> = seen.filter(|id| id.name == name && id.scope == scope).collect();
    if list.is_empty() {
        return Err(Answer::missing(&format!(
            "{}:{name}",
            owner(scope, call.namespace())
        )));
    }
    Ok(Answer::json(&list))
}

/// `GET {N}/artifacts/{artifact}/versions/{version}`
pub fn detail(call: &Call) -> Outcome {
    with_artifact(call, |artifact| Ok(Answer::json(artifact)))
}

/// `GET …/properties`
pub fn properties(call: &Call) -> Outcome {
    with_artifact(call, |artifact| Ok(Answer::json(&artifact.properties)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    config_field_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<&'a Properties<Property>>,
    name: &'a str,
    r#type: &'a str,
    description: &'a str,
    class_name: &'a str,
    artifact: &'a ArtifactId,
}

/// A plugin in a list, or alone with all that is known of it.
fn shown<'a>((artifact, class): (&'a Artifact, &'a PluginClass), whole: bool) -> Shown<'a> {
    Shown {
        config_field_name: class.config_field_name.as_deref().filter(|_| whole),
        properties: whole.then_some(&class.properties),
        name: &class.name,
        r#type: &class.r#type,
        description: &class.description,
        class_name: &class.class_name,
        artifact: &artifact.id,
    }
}

/// Hands the plugins that extend the artifact of the path to `show`.
fn with_extending(call: &Call, show: impl FnOnce(&[(&Artifact, &PluginClass)]) -> Outcome) -> Outcome {
    let scope = scope(call)?.unwrap_or("USER");
    let (namespace, name, version) = (call.namespace(), call.part("artifact"), call.part("version"));
    let world = call.cdap.world();
    let Some(parent) = world.installed.get(namespace, scope, name, version) else {
        return Err(Answer::missing(&entity_id(
            owner(scope, namespace),
            name,
            version,
        )));
    };
    let plugins: Vec<_> = world.installed.plugins_extending(namespace, parent).collect();
    show(&plugins)
}

/// `GET …/extensions`: the types of plugin.
pub fn kinds(call: &Call) -> Outcome {
    with_extending(call, |plugins| {
        // The driver of a database is no plugin of a pipeline (measured).
        let kinds = plugins
            .iter()
            .map(|(_, class)| class.r#type.as_str())
            .filter(|kind| *kind != "jdbc");
        Ok(Answer::json(&hash_order::names(kinds)))
    })
}

/// `GET …/extensions/{kind}`
pub fn plugins(call: &Call) -> Outcome {
    with_extending(call, |plugins| {
        let right = plugins
            .iter()
            .filter(|(_, class)| class.r#type == call.part("kind"));
        Ok(Answer::json(
            &right.map(|found| shown(*found, false)).collect::<Vec<_>>(),
        ))
    })
}

/// `GET …/extensions/{kind}/plugins/{plugin}`
pub fn one(call: &Call) -> Outcome {
    let (kind, name) = (call.part("kind"), call.part("plugin"));
    with_extending(call, |plugins| {
        let right = plugins
            .iter()
            .filter(|(_, class)| class.r#type == kind && class.name == name);
        let list: Vec<_> = right.map(|found| shown(*found, true)).collect();
        if list.is_empty() {
            let owner = owner(scope(call)?.unwrap_or("USER"), call.namespace());
            return Err(Answer::missing(&format!("{owner}:{kind}:{name}")));
        }
        Ok(Answer::json(&list))
    })
}
