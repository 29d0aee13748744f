//! Listing runs, looking at one, stopping one.

use super::{Cdap, found, get};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::id::{PipelineName, PipelineRunId};
use domain::pipeline::{LOGICAL_START_ARGUMENT, PipelineRun, PipelineState, RunArguments};
use domain::service::Service;
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A run record; all times are whole seconds.
#[derive(Deserialize)]
struct Record {
    runid: String,
    starting: i64,
    status: PipelineState,
    #[serde(default)]
    properties: Map<String, Value>,
    #[serde(default)]
    cluster: Cluster,
}

#[derive(Default, Deserialize)]
struct Cluster {
    #[serde(default)]
    status: String,
}

/// Only the system's own early arguments have this key (measured on 6.11).
const SYSTEM_ARGUMENT: &str = "clusterMode";

impl From<Record> for PipelineRun {
    fn from(record: Record) -> Self {
        let cluster_ended = matches!(record.cluster.status.as_str(), "DEPROVISIONED" | "ORPHANED");
        Self {
            arguments: arguments(record.properties.get("runtimeArgs")),
            id: PipelineRunId::new(record.runid),
            state: record.status,
            starting: Timestamp::from_seconds(record.starting),
            cluster_ended,
        }
    }
}

/// The arguments are JSON inside a string. A young record holds the system's instead of the user's:
/// that decides nothing yet.
fn arguments(text: Option<&Value>) -> RunArguments {
    let parsed = text
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    match parsed {
        Some(map) if !map.contains_key(SYSTEM_ARGUMENT) && map.contains_key(LOGICAL_START_ARGUMENT) => {
            let plain = |value: Value| match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let list = map.into_iter().map(|(name, value)| (name, plain(value)));
            RunArguments::Visible(list.collect::<BTreeMap<_, _>>())
        }
        _ => RunArguments::Hidden,
    }
}

impl Cdap {
    /// The runs that began at or after `since` (rounded down to seconds), in all states and in no useful
    /// order; at most `limit`, unfinished ones first. No status filter: the server's own is wrong.
    ///
    /// # Errors
    /// As every call.
    pub async fn runs(
        &self,
        app: &PipelineName,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<PipelineRun>, ClientError> {
        let mut url = self.program(app, &["runs"])?;
        url.query_pairs_mut()
            .append_pair("start", &since.seconds().to_string())
            .append_pair("limit", &limit.to_string());
        // Arguments may be 100 kB each, and every record carries them.
        let request = get(format!("listing the runs of {app}"), url).max_bytes(64 << 20);
        let records: Vec<Record> = self.http.json(request).await?;
        Ok(records.into_iter().map(PipelineRun::from).collect())
    }

    /// One run, whatever the version of the pipeline; `None` if the server does not know it (yet: 6.10
    /// shows a run up to 2 s after its start).
    ///
    /// # Errors
    /// As every call.
    pub async fn run(
        &self,
        app: &PipelineName,
        run: &PipelineRunId,
    ) -> Result<Option<PipelineRun>, ClientError> {
        let url = self.at_run(app, run, &[])?;
        let request = get(format!("looking at the run {run} of {app}"), url);
        let record: Option<Record> = found(self.http.json(request).await)?;
        Ok(record.map(PipelineRun::from))
    }

    /// Asks for the end of one run, which has to be watched until it is seen. A run that is over, stopping
    /// already or unknown is no error: a second stop changes nothing.
    ///
    /// # Errors
    /// As every call.
    pub async fn stop(&self, app: &PipelineName, run: &PipelineRunId) -> Result<(), ClientError> {
        let url = self.at_run(app, run, &["stop"])?;
        let request = Request::post(
            Service::Cdap,
            format!("stopping the run {run} of {app}"),
            url,
            None,
        )
        .changing();
        match self.http.call(&request.any_body()).await {
            Ok(_) => Ok(()),
            Err(error) if error.service_status() == Some(400) && error.text().contains("not running") => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
