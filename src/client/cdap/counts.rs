//! How many rows each stage of each run has handled: one request for all runs.

use super::{Cdap, WORKFLOW};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::id::{PipelineName, PipelineRunId};
use domain::pipeline::StageCounts;
use domain::service::Service;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is counted, by the last part of the metric's name.
const COUNTED: [&str; 4] = ["records.in", "records.out", "records.error", "records.updated"];

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    series: Vec<Series>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    metric_name: String,
    #[serde(default)]
    data: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    value: i64,
}

impl Cdap {
    /// The counts of these runs by stage, in the order of `stages`. A stage that has counted nothing is
    /// left out, and so is a run without any: an empty window writes no metrics at all (measured).
    ///
    /// # Errors
    /// As every call.
    pub async fn counts(
        &self,
        app: &PipelineName,
        runs: &[PipelineRunId],
        stages: &[String],
    ) -> Result<BTreeMap<PipelineRunId, Vec<StageCounts>>, ClientError> {
        if runs.is_empty() || stages.is_empty() {
            // The server refuses a query without metrics.
            return Ok(BTreeMap::new());
        }
        let url = self.api.join(&["v3", "metrics", "query"])?;
        let metrics: Vec<_> = stages
            .iter()
            .flat_map(|stage| COUNTED.map(|what| name(stage, what)))
            .collect();
        let queries: Map<String, Value> = runs
            .iter()
            .map(|run| (run.as_str().to_owned(), self.query(app, run, &metrics)))
            .collect();
        let operation = format!("counting the rows of {app}");
        let request = Request::post(Service::Cdap, operation, url, Some(&Value::Object(queries)));
        let mut answers: BTreeMap<String, Answer> = self.http.json(request).await?;
        let counted = runs.iter().filter_map(|run| {
            let counts = read(answers.remove(run.as_str())?, stages);
            (!counts.is_empty()).then(|| (run.clone(), counts))
        });
        Ok(counted.collect())
    }

    fn query(&self, app: &PipelineName, run: &PipelineRunId, metrics: &[String]) -> Value {
        // Without the workflow's tag the answer is an empty series (measured).
        json!({
            "tags": {
                "namespace": self.namespace.as_str(),
                "app": app.as_str(),
                "workflow": WORKFLOW,
                "run": run.as_str(),
            },
            "metrics": metrics,
            "timeRange": {"aggregate": "true"},
        })
    }
}

fn name(stage: &str, what: &str) -> String {
    format!("user.{stage}.{what}")
}

fn read(answer: Answer, stages: &[String]) -> Vec<StageCounts> {
    let found: BTreeMap<String, u64> = answer
        .series
        .into_iter()
        .filter_map(|series| {
            let total: i64 = series.data.iter().map(|point| point.value).sum();
            let some = !series.data.is_empty();
            some.then(|| (series.metric_name, u64::try_from(total).unwrap_or(0)))
        })
        .collect();
    let counts = |stage: &String| {
        let [read, written, errors, loaded] = COUNTED.map(|what| found.get(&name(stage, what)).copied());
        [read, written, errors, loaded]
            .iter()
            .any(Option::is_some)
            .then(|| StageCounts {
                stage: stage.clone(),
                read: read.unwrap_or(0),
                written: written.unwrap_or(0),
                errors: errors.unwrap_or(0),
                loaded,
            })
    };
    stages.iter().filter_map(counts).collect()
}
