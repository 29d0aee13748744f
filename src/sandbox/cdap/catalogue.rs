//! The artifacts and plugins that the sandbox pretends to have installed: those that its executor
//! understands. Nothing can be uploaded.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
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

const ARTIFACTS: [(&str, &str, &str); 6] = [
    ("core-plugins", "2.13.0", "SYSTEM"),
    ("google-cloud", "0.24.0", "SYSTEM"),
    ("wrangler-transform", "4.11.0", "SYSTEM"),
    ("format-json", "2.13.0", "SYSTEM"),
    ("cloudsql-mysql-plugin", "1.11.0", "USER"),
    ("mysql-connector-java", "8.3.0", "USER"),
];

struct Plugin {
    kind: &'static str,
    name: &'static str,
    artifact: &'static str,
    class: &'static str,
    description: &'static str,
}

const PLUGINS: [Plugin; 8] = [
    Plugin {
        kind: "batchsource",
        name: "CloudSQLMySQL",
        artifact: "cloudsql-mysql-plugin",
        class: "io.cdap.plugin.cloudsql.mysql.CloudSQLMySQLSource",
        description: "Reads from a CloudSQL MySQL database table(s) using a configurable SQL query.",
    },
    Plugin {
        kind: "transform",
        name: "Wrangler",
        artifact: "wrangler-transform",
        class: "io.cdap.wrangler.Wrangler",
        description: "Wrangler - A interactive tool for data cleansing and transformation.",
    },
    Plugin {
        kind: "transform",
        name: "Projection",
        artifact: "core-plugins",
        class: "io.cdap.plugin.transform.ProjectionTransform",
        description: "Projection transform that lets you drop, rename, and cast fields to a different type.",
    },
    Plugin {
        kind: "batchsink",
        name: "GCS",
        artifact: "google-cloud",
        class: "io.cdap.plugin.gcp.gcs.sink.GCSBatchSink",
        description: "Writes records to one or more files in a directory on Google Cloud Storage.",
    },
    Plugin {
        kind: "batchsink",
        name: "BigQueryTable",
        artifact: "google-cloud",
        class: "io.cdap.plugin.gcp.bigquery.sink.BigQuerySink",
        description: "This sink writes to a BigQuery table.",
    },
    Plugin {
        kind: "action",
        name: "BigQueryExecute",
        artifact: "google-cloud",
        class: "io.cdap.plugin.gcp.bigquery.action.BigQueryExecute",
        description: "Execute a Google BigQuery SQL.",
    },
    Plugin {
        kind: "validatingOutputFormat",
        name: "json",
        artifact: "format-json",
        class: "io.cdap.plugin.format.json.output.JsonOutputFormatProvider",
        description: "Plugin for writing files in json format.",
    },
    Plugin {
        kind: "jdbc",
        name: "cloudsql-mysql",
        artifact: "mysql-connector-java",
        class: "com.mysql.cj.jdbc.Driver",
        description: "Plugin for MySQL JDBC driver",
    },
];

/// The Java class of a plugin, as its specification names it.
pub fn class_of(kind: &str, name: &str) -> (&'static str, &'static str) {
    let found = PLUGINS
        .iter()
        .find(|plugin| plugin.kind == kind && plugin.name == name);
    found.map_or(("", ""), |plugin| (plugin.class, plugin.description))
}

fn artifact(name: &str) -> Option<ArtifactId> {
    let (name, version, scope) = ARTIFACTS.into_iter().find(|(known, ..)| *known == name)?;
    Some(ArtifactId {
        name: name.to_owned(),
        version: version.to_owned(),
        scope: scope.to_owned(),
    })
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
        std::iter::once(pipeline)
            .chain(ARTIFACTS.iter().filter_map(|(name, ..)| artifact(name)))
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
fn extending(call: &Call) -> impl Iterator<Item = &'static Plugin> + '_ {
    let pipeline = call.part("artifact") == "cdap-data-pipeline";
    let driver = call.part("artifact") == "cloudsql-mysql-plugin";
    PLUGINS
        .iter()
        .filter(move |plugin| pipeline || (driver && plugin.kind == "jdbc"))
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
    artifact: Option<ArtifactId>,
}

fn shown(plugin: &Plugin, whole: bool) -> Shown {
    Shown {
        config_field_name: (whole && plugin.kind != "jdbc").then_some("config"),
        properties: whole.then(|| serde_json::json!({})),
        name: plugin.name,
        r#type: plugin.kind,
        description: plugin.description,
        class_name: plugin.class,
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
pub fn plugin(call: &Call) -> Outcome {
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
