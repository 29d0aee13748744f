//! The calls that show installed artifacts, their versions, and the plugins that extend them.
//!
//! Without a `scope` they show the namespace's own artifacts. `upload.rs` adds and removes artifacts.

use super::answer::{Answer, Outcome};
use super::call::Call;
pub use pipelines::artifact::ArtifactId;
use pipelines::artifact::owner;
use pipelines::artifact::{Artifact, PluginClass, Properties, Property, entity_id};
use pipelines::hash_order;
use serde::Serialize;

pub(super) fn scope(call: &Call) -> Result<Option<&str>, Answer> {
    match call.query_param("scope") {
        None => Ok(None),
        Some(scope) if scope.eq_ignore_ascii_case("SYSTEM") => Ok(Some("SYSTEM")),
        Some(scope) if scope.eq_ignore_ascii_case("USER") => Ok(Some("USER")),
        Some(other) => Err(Answer::refuse(400, format!("Invalid scope {other}"))),
    }
}

/// Answers with the artifact of the path; 404 if there is none.
fn with_artifact(call: &Call, show: impl FnOnce(&Artifact) -> Outcome) -> Outcome {
    let scope = scope(call)?.unwrap_or("USER");
    let (name, version) = (call.path_param("artifact"), call.path_param("version"));
    let state = call.cdap.state();
    match state.installed.get(call.namespace(), scope, name, version) {
        Some(artifact) => show(artifact),
        None => Err(Answer::not_found(&entity_id(
            owner(scope, call.namespace()),
            name,
            version,
        ))),
    }
}

/// `GET {N}/artifacts`
pub fn list(call: &Call) -> Outcome {
    let scope = scope(call)?;
    let state = call.cdap.state();
    state.check_namespace(call.namespace())?;
    let seen = state
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
    let name = call.path_param("artifact");
    let state = call.cdap.state();
    let seen = state
        .installed
        .visible_in(call.namespace())
        .map(|artifact| &artifact.id);
    let list: Vec<_> = seen.filter(|id| id.name == name && id.scope == scope).collect();
    if list.is_empty() {
        return Err(Answer::not_found(&format!(
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
struct PluginView<'a> {
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

/// A plugin in a list, or with all its properties.
fn plugin_view<'a>((artifact, class): (&'a Artifact, &'a PluginClass), whole: bool) -> PluginView<'a> {
    PluginView {
        config_field_name: class.config_field_name.as_deref().filter(|_| whole),
        properties: whole.then_some(&class.properties),
        name: &class.name,
        r#type: &class.r#type,
        description: &class.description,
        class_name: &class.class_name,
        artifact: &artifact.id,
    }
}

/// Answers with the plugins that extend the artifact of the path.
fn with_extending(call: &Call, show: impl FnOnce(&[(&Artifact, &PluginClass)]) -> Outcome) -> Outcome {
    let scope = scope(call)?.unwrap_or("USER");
    let (namespace, name, version) = (
        call.namespace(),
        call.path_param("artifact"),
        call.path_param("version"),
    );
    let state = call.cdap.state();
    let Some(parent) = state.installed.get(namespace, scope, name, version) else {
        return Err(Answer::not_found(&entity_id(
            owner(scope, namespace),
            name,
            version,
        )));
    };
    let plugins: Vec<_> = state.installed.plugins_extending(namespace, parent).collect();
    show(&plugins)
}

/// `GET …/extensions`: the types of plugin.
pub fn kinds(call: &Call) -> Outcome {
    with_extending(call, |plugins| {
        // JDBC drivers are not shown (measured).
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
            .filter(|(_, class)| class.r#type == call.path_param("kind"));
        Ok(Answer::json(
            &right.map(|found| plugin_view(*found, false)).collect::<Vec<_>>(),
        ))
    })
}

/// `GET …/extensions/{kind}/plugins/{plugin}`
pub fn one(call: &Call) -> Outcome {
    let (kind, name) = (call.path_param("kind"), call.path_param("plugin"));
    with_extending(call, |plugins| {
        let right = plugins
            .iter()
            .filter(|(_, class)| class.r#type == kind && class.name == name);
        let list: Vec<_> = right.map(|found| plugin_view(*found, true)).collect();
        if list.is_empty() {
            let owner = owner(scope(call)?.unwrap_or("USER"), call.namespace());
            return Err(Answer::not_found(&format!("{owner}:{kind}:{name}")));
        }
        Ok(Answer::json(&list))
    })
}
