//! The services of one run: every answer is a domain type, every error a [`Failure`]. It decides nothing
//! and retries nothing: the scheduler decides, the client repeats requests.
//!
//! What a run needs of the project is looked at in `cloud/examine.rs`. Preflight is in `cloud/preflight.rs`, what it found in order in `cloud/checks.rs`, other runs of the pipeline in `cloud/others.rs`, the reservation of the output
//! table in `cloud/reserve.rs`, reasons of failures in `cloud/explain.rs`, the job that empties the output table in
//! `cloud/truncate.rs`, what secrets there are in `cloud/learn.rs`, how far the clocks are apart in `cloud/skew.rs`.

mod activation;
mod checks;
mod deployment;
mod examine;
mod explain;
mod learn;
mod others;
mod preflight;
mod reserve;
mod skew;
mod troubles;
mod truncate;

pub(super) use preflight::Known;

use super::{Connected, SharedSecrets};
use crate::client::bigquery::{Cell, TableName};
use crate::client::cdap::LogPage;
use crate::client::fusion::Instance;
use crate::client::{BigQuery, Cdap, Client, ClientError};
use domain::arguments::RuntimeArguments;
use domain::failure::Failure;
use domain::id::{DagRunId, Location, PipelineName, PipelineRunId, ProjectId};
use domain::row::{Configuration, ConfigurationColumn};
use domain::service::Service;
use domain::time::Timestamp;
use domain::variable::Variables;
use domain::warehouse::TableAddress;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

/// The services for one set of variables; a clone shares what has been learned.
#[derive(Clone, Debug)]
pub(super) struct Cloud {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    secrets: SharedSecrets,
    /// The run whose secrets are still to be learned, and its beginning.
    unlearned: Mutex<Option<(DagRunId, Timestamp)>>,
    bigquery: BigQuery,
    variables: Variables,
    pipeline: PipelineName,
    /// The client of the instance's CDAP, once its address is known.
    cdap: OnceCell<Cdap>,
    /// The stages of the pipeline, for its counts.
    stages: OnceCell<Vec<String>>,
}

impl Cloud {
    pub fn new(client: &Client, secrets: &SharedSecrets, variables: &Variables) -> Self {
        let project = ProjectId::new(&*variables.project_id);
        let location = Location::new(&*variables.bq_location);
        Self {
            shared: Arc::new(Shared {
                bigquery: client.bigquery(&project, &location),
                client: client.clone(),
                secrets: secrets.clone(),
                unlearned: Mutex::new(None),
                variables: variables.clone(),
                pipeline: PipelineName::new(&*variables.cdf_pipeline_name),
                cdap: OnceCell::new(),
                stages: OnceCell::new(),
            }),
        }
    }

    /// What must not be written or shown.
    pub fn secrets(&self) -> &SharedSecrets {
        &self.shared.secrets
    }

    fn variables(&self) -> &Variables {
        &self.shared.variables
    }

    /// The pipeline that is run.
    pub fn pipeline(&self) -> &PipelineName {
        &self.shared.pipeline
    }

    fn bigquery(&self) -> &BigQuery {
        &self.shared.bigquery
    }

    /// The accounts whose tokens the calls have carried, by service.
    pub fn callers(&self) -> BTreeMap<Service, String> {
        self.shared.client.credentials().accounts()
    }

    /// From now on the calls carry tokens of these accounts only; of a service that is not named, those of the account
    /// that has the next token.
    pub fn go_on_as(&self, callers: &BTreeMap<Service, String>) {
        self.shared.client.credentials().pin(callers);
    }

    /// No run goes on: the calls may carry tokens of anybody.
    pub fn go_on_as_anybody(&self) {
        self.shared.client.credentials().unpin();
    }

    /// The instance. With `cdap_endpoint` there is none.
    async fn instance(&self) -> Result<Instance, ClientError> {
        let variables = self.variables();
        let (project, location) = (
            ProjectId::new(&*variables.project_id),
            Location::new(&*variables.cdf_location),
        );
        self.shared
            .client
            .fusion()
            .instance(&project, &location, &variables.cdf_instance.as_str().into())
            .await
    }

    /// The CDAP, looked up once.
    pub async fn cdap(&self) -> Result<&Cdap, ClientError> {
        let found = self.shared.cdap.get_or_try_init(|| async {
            let namespace = self.variables().cdf_namespace.as_str().into();
            let client = &self.shared.client;
            match &client.endpoints().cdap {
                Some(endpoint) => Ok(client.cdap(endpoint, &namespace)),
                None => Ok(client.cdap(self.instance().await?.ready()?, &namespace)),
            }
        });
        found.await
    }

    /// The instance and its version.
    pub async fn connect(&self) -> Result<Connected, Failure> {
        if self.shared.client.endpoints().cdap.is_some() {
            let version = self.cdap().await?.version().await?;
            return Ok(Connected {
                version,
                state: "ACTIVE".into(),
                console: None,
                caller: self.shared.client.credentials().described(),
            });
        }
        let instance = self.instance().await?;
        let version = self.cdap().await?.version().await?;
        Ok(Connected {
            version,
            state: instance.state.to_string(),
            console: instance.service_endpoint,
            caller: self.shared.client.credentials().described(),
        })
    }

    fn table(table: &TableAddress) -> Result<TableName, Failure> {
        TableName::new(table).map_err(Failure::permanent)
    }

    /// The configuration table with its findings. One row more than allowed is read, so that a cut is seen.
    pub async fn configuration(&self) -> Result<Configuration, Failure> {
        let variables = self.variables();
        let most = variables.bq_config_max_results;
        let name = Self::table(&variables.config_table())?;
        let sql = variables.config_statement(&name.to_string());
        let table = self
            .bigquery()
            .query(
                &sql,
                usize::try_from(most).unwrap_or(usize::MAX).saturating_add(1),
            )
            .await?;
        let columns: Vec<_> = table
            .columns
            .iter()
            .map(|column| ConfigurationColumn {
                name: column.name.clone(),
                kind: column.kind.clone(),
            })
            .collect();
        let rows: Vec<Vec<_>> = table
            .rows
            .iter()
            .map(|row| row.iter().map(Cell::text).collect())
            .collect();
        let configuration = Configuration::read(&columns, &rows, table.total_rows, variables);
        self.secrets().learn_rows(&configuration);
        Ok(configuration)
    }

    /// Starts exactly one run. Busy is the flow control of CDAP, and of nothing else; without the address of the CDAP
    /// nothing was sent.
    pub async fn start(&self, arguments: &RuntimeArguments) -> Result<PipelineRunId, Failure> {
        let cdap = self.cdap().await.map_err(|error| Failure::from(error).unsent())?;
        let arguments = arguments
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(cdap.start(self.pipeline(), &arguments).await?)
    }

    /// The stages of the pipeline, each behind those that feed it; read once.
    pub async fn stages(&self) -> Result<&[String], ClientError> {
        let stages = self.shared.stages.get_or_try_init(|| async {
            let app = self.cdap().await?.app(self.pipeline()).await?;
            Ok(app.map(|app| in_order(&app.configuration)).unwrap_or_default())
        });
        stages.await.map(Vec::as_slice)
    }

    /// A page of a run's log.
    pub async fn log(
        &self,
        run: &PipelineRunId,
        offset: Option<&str>,
        max: u32,
    ) -> Result<LogPage, ClientError> {
        self.learn_rest().await?;
        let cdap = self.cdap().await?;
        cdap.logs_next(self.pipeline(), run, offset, max).await
    }
}

/// The names of the stages so that each comes after those that feed it.
fn in_order(configuration: &serde_json::Value) -> Vec<String> {
    let list = |key: &str| configuration[key].as_array().cloned().unwrap_or_default();
    let name = |value: &serde_json::Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut waiting: Vec<String> = list("stages").iter().map(|stage| name(stage, "name")).collect();
    let edges: Vec<_> = list("connections")
        .iter()
        .map(|edge| (name(edge, "from"), name(edge, "to")))
        .collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let fed = |stage: &String| {
            edges
                .iter()
                .all(|(from, to)| to != stage || !waiting.contains(from))
        };
        // A server refuses cycles; if there is one all the same, any order will do.
        let next = waiting.iter().position(fed).unwrap_or(0);
        ordered.push(waiting.remove(next));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_counted_in_the_order_of_the_pipeline() {
        let app: serde_json::Value =
            serde_json::from_str(include_str!("../../assets/cdf-mysql-to-bigquery.json")).unwrap();
        let names = in_order(&app["config"]);
        assert_eq!(names.first().map(String::as_str), Some("Read watermark"));
        assert_eq!(names.last().map(String::as_str), Some("Update watermark"));
        assert_eq!(names[1], "Read MySQL");
    }
}
