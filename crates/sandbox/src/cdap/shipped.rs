//! Deploys the shipped pipelines with their preferences and the source's password, once, as a client would. What a user
//! changes afterwards stays changed.

use super::Cdap;
use super::state::SecureKey;
use crate::SandboxError;
use crate::resource_names::ResourceNames;
use pipelines::source::{PASSWORD, USER};

const PIPELINES: [&str; 2] = [
    include_str!("../../../../assets/cdf-mysql-to-bigquery.json"),
    include_str!("../../../../assets/cdf-mysql-to-bigquery.five-stage.json"),
];

impl Cdap {
    /// Deploys the shipped pipelines with their preferences and the secure key.
    pub(super) fn deploy_shipped(&self, names: &ResourceNames) -> Result<(), SandboxError> {
        let namespace = &names.namespace;
        for pipeline in PIPELINES {
            let name = serde_json::from_str::<serde_json::Value>(pipeline)
                .ok()
                .and_then(|body| body.get("name")?.as_str().map(str::to_owned))
                .unwrap_or_else(|| names.pipeline.clone());
            self.deploy(namespace, &name, pipeline)
                .map_err(|refused| SandboxError::Deploy(format!("{name}: {}", refused.body_text())))?;
            self.set_preferences(format!("{namespace}/{name}"), preferences(names));
        }
        let key = SecureKey {
            description: "The password of the sandbox's source database".to_owned(),
            value: PASSWORD.to_owned(),
            created: self.clock.now(),
            properties: Vec::new(),
        };
        self.put_key(namespace, "mysql-password", key);
        Ok(())
    }
}

fn preferences(names: &ResourceNames) -> Vec<(String, String)> {
    let project = &names.project;
    [
        ("bq_dataset_id", names.dataset.clone()),
        ("bq_config_table", names.configuration_table.clone()),
        ("bq_location", "US".to_owned()),
        ("project_id", project.clone()),
        ("bq_output_table", names.output_table.clone()),
        ("bq_watermark_table", "watermark".to_owned()),
        (
            "cloudsql_connection_name",
            format!("{project}:{}:{}", names.location, names.instance),
        ),
        ("mysql_user", USER.to_owned()),
        ("gcs_bucket", format!("{project}-landing")),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}
