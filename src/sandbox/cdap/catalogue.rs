//! The artifacts and plugins that the sandbox pretends to have installed: those that its executor
//! understands. Nothing can be uploaded.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use crate::sandbox::plugin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An artifact's name, version and scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactId {
    /// `cdap-data-pipeline`
    pub name: String,
    /// `6.11.0`
    pub version: String,
    /// `SYSTEM` or `USER`
    pub scope: String,
}

/// An artifact as name, version and scope.
type Triple = (&'static str, &'static str, &'static str);

/// A plugin that the sandbox understands.
#[derive(Clone, Copy)]
struct Installed {
    kind: &'static str,
    name: &'static str,
    artifact: Triple,
}

/// What stages name inside their properties; no stage of its own, so the executor does not list it.
const NESTED: [Installed; 2] = [
    Installed {
        kind: "validatingOutputFormat",
        name: "json",
        artifact: ("format-json", "2.12.0", "SYSTEM"),
    },
    Installed {
        kind: "jdbc",
        name: "cloudsql-mysql",
        artifact: ("mysql-connector-java", "8.3.0", "USER"),
    },
];

fn installed(lab: bool) -> impl Iterator<Item = Installed> {
    let stages = plugin::all(lab).map(|plugin| Installed {
        kind: plugin.kind,
        name: plugin.name,
        artifact: plugin.artifact,
    });
    stages.chain(NESTED)
}

/// The Java class of a plugin and what it is for, as its specification tells them.
pub fn class_of(kind: &str, name: &str) -> (&'static str, &'static str) {
    match (kind, name) {
        ("batchsource", "CloudSQLMySQL") => (
            "io.cdap.plugin.cloudsql.mysql.CloudSQLMySQLSource",
            "Reads from a CloudSQL MySQL database table(s) using a configurable SQL query.",
        ),
        ("transform", "Projection") => (
            "io.cdap.plugin.transform.ProjectionTransform",
            "Projection transform that lets you drop, rename, and cast fields to a different type.",
        ),
        ("batchsink", "GCS") => (
            "io.cdap.plugin.gcp.gcs.sink.GCSBatchSink",
            "Writes records to one or more files in a directory on Google Cloud Storage.",
        ),
        ("batchsink", "BigQueryTable") => (
            "io.cdap.plugin.gcp.bigquery.sink.BigQuerySink",
            "This sink writes to a BigQuery table.",
        ),
        ("action", "BigQueryExecute") => (
            "io.cdap.plugin.gcp.bigquery.action.BigQueryExecute",
            "Execute a Google BigQuery SQL.",
        ),
        ("validatingOutputFormat", "json") => (
            "io.cdap.plugin.format.json.output.JsonOutputFormatProvider",
            "Plugin for writing files in json format.",
        ),
        ("jdbc", "cloudsql-mysql") => ("com.mysql.cj.jdbc.Driver", "Plugin for MySQL JDBC driver"),
        _ => ("", ""),
    }
}

fn artifact((name, version, scope): Triple) -> ArtifactId {
    ArtifactId {
        name: name.to_owned(),
        version: version.to_owned(),
        scope: scope.to_owned(),
    }
}

/// Compares versions part by part; a part that is no number counts as 0.
fn parts(version: &str) -> Vec<u32> {
    version
        .trim()
        .split(['.', '-'])
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

/// Whether `version` is `wanted`, or lies in it when it is a range such as `[6.7.0,7.0.0)`.
pub fn satisfies(version: &str, wanted: &str) -> bool {
    let Some((low, high)) = wanted.split_once(',') else {
        return version == wanted;
    };
    let (version, above, below) = (
        parts(version),
        parts(low.trim_start_matches(['[', '('])),
        parts(high.trim_end_matches([']', ')'])),
    );
    let from = if low.starts_with('[') {
        version >= above
    } else {
        version > above
    };
    let to = if high.ends_with(']') {
        version <= below
    } else {
        version < below
    };
    from && to
}

impl Cdap {
    /// All artifacts, the pipeline's own first.
    fn artifacts(&self) -> Vec<ArtifactId> {
        let pipeline = ArtifactId {
            name: "cdap-data-pipeline".to_owned(),
            version: self.personality().release().to_owned(),
            scope: "SYSTEM".to_owned(),
        };
        let others: BTreeSet<_> = installed(self.lab).map(|plugin| plugin.artifact).collect();
        std::iter::once(pipeline)
            .chain(others.into_iter().map(artifact))
            .collect()
    }

    /// The pipeline artifact that a deployment asks for by version or range.
    pub(super) fn pipeline_artifact(&self, name: &str, version: &str, scope: &str) -> Option<ArtifactId> {
        let found = self.artifacts().into_iter().next()?;
        let right = found.name == name && found.scope == scope && satisfies(&found.version, version);
        right.then_some(found)
    }
}

fn scope(call: &Call) -> Result<Option<&str>, Answer> {
    match call.parameter("scope") {
        None => Ok(None),
        Some(scope @ ("SYSTEM" | "USER")) => Ok(Some(scope)),
        Some(other) => Err(Answer::refuse(400, format!("Invalid scope {other}"))),
    }
}

/// `GET {N}/artifacts`
pub fn list(call: &Call) -> Outcome {
    let scope = scope(call)?;
    let mut artifacts = call.cdap.artifacts();
    artifacts.retain(|artifact| scope.is_none_or(|scope| artifact.scope == scope));
    Ok(Answer::json(&artifacts))
}

/// `GET {N}/artifacts/{artifact}`: its versions. Without a scope the namespace's own are meant.
pub fn versions(call: &Call) -> Outcome {
    let scope = scope(call)?.unwrap_or("USER");
    let name = call.part("artifact");
    let mut artifacts = call.cdap.artifacts();
    artifacts.retain(|artifact| artifact.name == name && artifact.scope == scope);
    if artifacts.is_empty() {
        return Err(Answer::missing(&format!("{}:{name}", owner(call, scope))));
    }
    Ok(Answer::json(&artifacts))
}

fn owner<'a>(call: &'a Call, scope: &str) -> &'a str {
    if scope == "SYSTEM" {
        "system"
    } else {
        call.namespace()
    }
}

/// Checks the artifact of an extension call.
fn parent(call: &Call) -> Result<(), Answer> {
    let scope = scope(call)?.unwrap_or("USER");
    let (name, version) = (call.part("artifact"), call.part("version"));
    let known = |artifact: &ArtifactId| {
        artifact.name == name && artifact.version == version && artifact.scope == scope
    };
    if call.cdap.artifacts().iter().any(known) {
        return Ok(());
    }
    Err(Answer::missing(&format!(
        "artifact:{}.{name}.{version}",
        owner(call, scope)
    )))
}

/// The plugins that extend an artifact: all extend the pipeline, the driver also its plugin.
fn extending(call: &Call) -> impl Iterator<Item = Installed> + '_ {
    let pipeline = call.part("artifact") == "cdap-data-pipeline";
    let driver = call.part("artifact") == "cloudsql-mysql-plugin";
    installed(call.cdap.lab).filter(move |plugin| pipeline || (driver && plugin.kind == "jdbc"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    config_field_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<serde_json::Value>,
    name: &'static str,
    r#type: &'static str,
    description: &'static str,
    class_name: &'static str,
    artifact: ArtifactId,
}

fn shown(plugin: Installed, whole: bool) -> Shown {
    let (class_name, description) = class_of(plugin.kind, plugin.name);
    Shown {
        config_field_name: (whole && plugin.kind != "jdbc").then_some("config"),
        properties: whole.then(|| serde_json::json!({})),
        name: plugin.name,
        r#type: plugin.kind,
        description,
        class_name,
        artifact: artifact(plugin.artifact),
    }
}

/// `GET …/extensions`: the types of plugin.
pub fn kinds(call: &Call) -> Outcome {
    parent(call)?;
    let kinds: BTreeSet<_> = extending(call).map(|plugin| plugin.kind).collect();
    Ok(Answer::json(&kinds))
}

/// `GET …/extensions/{kind}`
pub fn plugins(call: &Call) -> Outcome {
    parent(call)?;
    let list: Vec<_> = extending(call)
        .filter(|plugin| plugin.kind == call.part("kind"))
        .collect();
    Ok(Answer::json(
        &list
            .into_iter()
            .map(|plugin| shown(plugin, false))
            .collect::<Vec<_>>(),
    ))
}

/// `GET …/extensions/{kind}/plugins/{plugin}`
pub fn one(call: &Call) -> Outcome {
    parent(call)?;
    let (kind, name) = (call.part("kind"), call.part("plugin"));
    let found: Vec<_> = extending(call)
        .filter(|plugin| plugin.kind == kind && plugin.name == name)
        .map(|plugin| shown(plugin, true))
        .collect();
    if found.is_empty() {
        let owner = owner(call, scope(call)?.unwrap_or("USER"));
        return Err(Answer::missing(&format!("{owner}:{kind}:{name}")));
    }
    Ok(Answer::json(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_and_exclude_their_ends() {
        for (version, wanted, fits) in [
            ("6.11.0", "[6.7.0,7.0.0)", true),
            ("6.11.0", "[6.0.0, 10.0.0)", true),
            ("7.0.0", "[6.7.0,7.0.0)", false),
            ("7.0.0", "[6.7.0,7.0.0]", true),
            ("6.7.0", "(6.7.0,7.0.0)", false),
            ("6.11.0", "6.11.0", true),
            ("6.11.0", "1.2.3", false),
        ] {
            assert_eq!(satisfies(version, wanted), fits, "{version} in {wanted}");
        }
    }
}
