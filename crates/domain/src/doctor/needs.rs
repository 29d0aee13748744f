//! What a deployed pipeline needs outside of itself: buckets, databases, secrets, plugins, columns of its output.
//!
//! Read from its properties. A part whose macros have no value is left out: that is another check's to say. No value of
//! a property may be shown but the names of these things.

use crate::arguments::RuntimeArguments;
use crate::deployed::{DeployedPipeline, Stage};
use std::collections::BTreeSet;

/// A plugin, and what it is asked for below.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plugin {
    /// `batchsource`, `jdbc` ...
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The plugin that loads it, if one does: a JDBC driver is listed below that one's artifact.
    pub below: Option<(String, String)>,
}

/// What a pipeline needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The names of buckets.
    pub buckets: BTreeSet<String>,
    /// The connection names of Cloud SQL instances.
    pub databases: BTreeSet<String>,
    /// The names of secrets in the secure store.
    pub secrets: BTreeSet<String>,
    /// The plugins of its stages, their drivers and formats.
    pub plugins: BTreeSet<Plugin>,
    /// The columns that the output table must have if it exists.
    pub output_columns: BTreeSet<String>,
    /// The watermark table, if a preference names one as the shipped pipeline does.
    pub watermark: Option<String>,
    /// Whether a stage reads or writes Cloud SQL.
    pub uses_cloud_sql: bool,
}

impl Needs {
    /// What a run with these arguments needs.
    pub fn of(pipeline: &DeployedPipeline, arguments: &RuntimeArguments) -> Self {
        let mut needs = Self::default();
        for stage in &pipeline.stages {
            let text = |part: &str| pipeline.expanded(stage, part, arguments).text;
            let value = |name: &str| stage.raw(name).and_then(text).filter(|text| !text.is_empty());
            needs.uses_cloud_sql |= stage.plugin.starts_with("CloudSQL");
            if !stage.plugin.is_empty() && !stage.is_outside {
                needs.add_plugins(stage);
            }
            needs.secrets.extend(secrets(stage));
            needs
                .buckets
                .extend(value("bucket").map(|text| bucket(&text).to_owned()));
            let paths = stage.texts().filter(|text| text.starts_with("gs://"));
            needs.buckets.extend(
                paths
                    .filter_map(|path| text(bucket(path)))
                    .filter(|name| !name.is_empty()),
            );
            if stage.plugin.starts_with("CloudSQL") && stage.raw("instanceType") != Some("private") {
                needs.databases.extend(value("connectionName"));
            }
            if stage.plugin == "BigQueryTable" && stage.kind == "batchsink" {
                let columns = [value("partitionByField"), value("clusteringOrder")];
                let columns = columns.iter().flatten().flat_map(|list| list.split(','));
                needs
                    .output_columns
                    .extend(columns.map(|column| column.trim().to_owned()));
            }
        }
        let watermark = pipeline.preferences.get("bq_watermark_table");
        needs.watermark = watermark.filter(|name| !name.is_empty()).map(Into::into);
        needs
    }

    fn add_plugins(&mut self, stage: &Stage) {
        let plugin = |kind: &str, name: &str, below| Plugin {
            kind: kind.into(),
            name: name.into(),
            below,
        };
        let is_literal = |text: &&str| !text.is_empty() && !text.contains("${");
        self.plugins.insert(plugin(&stage.kind, &stage.plugin, None));
        if let Some(driver) = stage.raw("jdbcPluginName").filter(is_literal) {
            let below = (stage.kind.clone(), stage.plugin.clone());
            self.plugins.insert(plugin("jdbc", driver, Some(below)));
        }
        let format = stage.raw("format").filter(is_literal);
        if let Some(format) = format.filter(|_| stage.kind == "batchsink" && stage.plugin == "GCS") {
            let below = (stage.kind.clone(), stage.plugin.clone());
            self.plugins
                .insert(plugin("validatingOutputFormat", format, Some(below)));
        }
    }
}

/// The bucket of a path, or the path itself if it is one.
fn bucket(path: &str) -> &str {
    let path = path.strip_prefix("gs://").unwrap_or(path);
    path.split('/').next().unwrap_or_default()
}

/// The secrets that a stage names: `${secure(NAME)}`.
fn secrets(stage: &Stage) -> Vec<String> {
    let texts = stage.texts();
    let names = texts.flat_map(|text| {
        text.split("${secure(")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(name, _)| name.trim().to_owned())
    });
    names
        .filter(|name| !name.is_empty() && !name.contains("${"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[expect(
        clippy::disallowed_macros,
        reason = "the shipped pipeline is the test's input"
    )]
    fn of(preferences: &[(&str, &str)]) -> Needs {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../../../assets/cdf-mysql-to-bigquery.json")).unwrap();
        let mut given = RuntimeArguments::default();
        for (name, value) in preferences {
            given.insert(*name, *value);
        }
        let pipeline = DeployedPipeline::read(&file["config"], &BTreeMap::new(), given);
        Needs::of(&pipeline, &RuntimeArguments::default())
    }

    #[test]
    fn the_shipped_pipeline_names_what_it_needs() {
        let needs = of(&[
            ("gcs_bucket", "acme-landing"),
            ("cloudsql_connection_name", "acme:us-west1:hr"),
            ("bq_watermark_table", "watermark"),
        ]);
        assert_eq!(Vec::from_iter(&needs.buckets), ["acme-landing"]);
        assert_eq!(Vec::from_iter(&needs.databases), ["acme:us-west1:hr"]);
        assert_eq!(Vec::from_iter(&needs.secrets), ["mysql-password"]);
        assert_eq!(needs.watermark.as_deref(), Some("watermark"));
        assert!(needs.uses_cloud_sql);
        assert_eq!(
            Vec::from_iter(&needs.output_columns),
            ["business_unit", "data_source", "processed_time"]
        );
        let plugins: Vec<_> = needs
            .plugins
            .iter()
            .map(|one| format!("{}:{}", one.kind, one.name))
            .collect();
        assert_eq!(
            plugins,
            [
                "action:BigQueryExecute",
                "batchsink:BigQueryTable",
                "batchsink:GCS",
                "batchsource:CloudSQLMySQL",
                "jdbc:cloudsql-mysql",
                "transform:Projection",
                "validatingOutputFormat:json",
            ]
        );
    }

    #[test]
    fn what_has_no_value_is_no_name() {
        let needs = of(&[]);
        assert!(needs.buckets.is_empty() && needs.databases.is_empty());
        assert!(needs.watermark.is_none() && needs.uses_cloud_sql);
    }
}
