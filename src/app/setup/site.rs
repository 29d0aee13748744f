//! What a set-up works on: the client, the names of everything, the pipeline's file, and what was given.

use crate::cli::DeployFlags;
use crate::client::bigquery::TableName;
use crate::client::fusion::{Edition, InstanceName};
use crate::client::{BigQuery, Cdap, Client, ClientError, Secret};
use crate::config::Settings;
use anyhow::Context;
use domain::arguments::RuntimeArguments;
use domain::deployed::DeployedPipeline;
use domain::failure::Failure;
use domain::id::{InstanceId, Location, Namespace, PipelineName, ProjectId};
use domain::pipeline_file;
use domain::setup::pipeline::WATERMARK_TABLE;
use domain::setup::tables::{Definition, TableNames, definitions};
use domain::variable::Variables;
use domain::warehouse::DatasetAddress;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The pipeline that comes with Downbeat.
pub(in crate::app) const SHIPPED: &str = include_str!("../../../assets/cdf-mysql-to-bigquery.json");

/// The macro that names the bucket.
pub(super) const BUCKET: &str = "gcs_bucket";

/// What may be made.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub edition: Edition,
    pub bucket: Option<String>,
    /// Whether the instance is made too, so that what is on it can wait for it.
    pub makes_instance: bool,
}

/// One project with its instance, dataset and pipeline.
pub(super) struct Site {
    pub client: Client,
    pub variables: Variables,
    pub project: ProjectId,
    pub location: Location,
    pub instance: InstanceId,
    pub namespace: Namespace,
    pub pipeline: PipelineName,
    pub dataset: DatasetAddress,
    pub file: Value,
    pub wishes: Wishes,
    pub secrets: BTreeMap<String, Secret>,
    pub given: BTreeMap<String, String>,
    pub can_ask: bool,
    /// Whether APIs were turned on here: some of their servers do not know it for a few minutes.
    pub has_new_apis: bool,
    profile: String,
}

impl Site {
    pub fn new(
        client: Client,
        settings: &Settings,
        file: Value,
        wishes: Wishes,
        secrets: BTreeMap<String, Secret>,
        flags: &DeployFlags,
        can_ask: bool,
    ) -> Self {
        let variables = settings.variables.clone();
        let mut given: BTreeMap<_, _> = flags.preference.iter().cloned().collect();
        if let Some(bucket) = &wishes.bucket {
            given.insert(BUCKET.into(), bucket.clone());
        }
        Self {
            client,
            project: variables.project_id.as_str().into(),
            location: variables.cdf_location.as_str().into(),
            instance: variables.cdf_instance.as_str().into(),
            namespace: variables.cdf_namespace.as_str().into(),
            pipeline: variables.cdf_pipeline_name.as_str().into(),
            dataset: variables.dataset(),
            variables,
            file,
            wishes,
            secrets,
            given,
            can_ask,
            has_new_apis: false,
            profile: settings.profile.clone(),
        }
    }

    pub fn profile(&self) -> &str {
        &self.profile
    }

    pub fn instance_name(&self) -> InstanceName<'_> {
        InstanceName {
            project: &self.project,
            location: &self.location,
            instance: &self.instance,
        }
    }

    pub fn bigquery(&self) -> BigQuery {
        let location = self.variables.bq_location.as_str().into();
        self.client.bigquery(&self.project, &location)
    }

    /// The CDAP of the instance, or the one that the profile names.
    pub async fn cdap(&self) -> Result<Cdap, ClientError> {
        if let Some(api) = &self.client.endpoints().cdap {
            return Ok(self.client.cdap(api, &self.namespace));
        }
        let found = self
            .client
            .fusion()
            .instance(&self.project, &self.location, &self.instance)
            .await?;
        Ok(self.client.cdap(found.ready()?, &self.namespace))
    }

    /// What macros have if nobody says otherwise.
    pub fn defaults(&self) -> BTreeMap<String, String> {
        let bucket = format!("{}-landing", self.project.as_str().replace([':', '.'], "-"));
        BTreeMap::from([
            (BUCKET.to_owned(), bucket),
            ("bq_watermark_table".to_owned(), WATERMARK_TABLE.to_owned()),
        ])
    }

    /// The bucket, by what was given and by the preferences that are there.
    pub fn bucket(&self, there: &BTreeMap<String, String>) -> String {
        let named = self.given.get(BUCKET).or_else(|| there.get(BUCKET));
        named.cloned().unwrap_or_else(|| self.defaults()[BUCKET].clone())
    }

    /// The pipeline of the file with these preferences.
    pub fn read_with(&self, preferences: &BTreeMap<String, String>) -> DeployedPipeline {
        let mut arguments = RuntimeArguments::default();
        for (name, value) in preferences {
            arguments.insert(name.as_str(), value.as_str());
        }
        DeployedPipeline::read(&self.file["config"], &BTreeMap::new(), arguments)
    }

    /// The tables and views.
    pub fn definitions(&self, there: &BTreeMap<String, String>) -> Result<Vec<Definition>, Failure> {
        let defaults = self.defaults();
        let name = "bq_watermark_table";
        let watermark = self
            .given
            .get(name)
            .or_else(|| there.get(name))
            .or_else(|| defaults.get(name));
        let names = TableNames {
            configuration: &self.variables.bq_config_table,
            watermark: watermark.map_or(WATERMARK_TABLE, String::as_str),
            output: &self.variables.bq_output_table,
        };
        let full = |table: &str| TableName::new(&self.variables.table(table));
        for table in [names.configuration, names.watermark, names.output] {
            full(table).map_err(Failure::permanent)?;
        }
        // All of them are legal: the names of the views only add letters.
        Ok(definitions(names, |table| {
            full(table).map(|name| name.to_string()).unwrap_or_default()
        }))
    }

    /// The secure keys that the pipeline names.
    pub fn keys(&self) -> BTreeSet<String> {
        secret_keys(&self.file)
    }
}

/// The secure keys that a pipeline names.
pub(super) fn secret_keys(file: &Value) -> BTreeSet<String> {
    let pipeline = DeployedPipeline::read(&file["config"], &BTreeMap::new(), RuntimeArguments::default());
    domain::doctor::Needs::of(&pipeline, &RuntimeArguments::default()).secrets
}

/// The pipeline of a file, or the one that comes with Downbeat.
pub(super) fn read(file: Option<&Path>) -> anyhow::Result<Value> {
    let Some(path) = file else {
        return pipeline_file::read(SHIPPED).map_err(anyhow::Error::msg);
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    pipeline_file::read(&text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))
}
