//! Starting exactly one run.
//!
//! The batch call with one item, because the single one answers without a run id (measured). Sent once:
//! a lost answer is Ambiguous, and the engine looks the run up by its token.

use super::{Cdap, WORKFLOW};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::failure::FailureKind;
use domain::id::{PipelineName, PipelineRunId};
use domain::service::Service;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What came of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartAnswer {
    /// Accepted under this id; it does not run yet.
    Started(PipelineRunId),
    /// Certainly not started. The error's kind says whether another try makes sense.
    Refused(ClientError),
    /// Not started: flow control. A REJECTED record with our token will appear.
    Busy(ClientError),
    /// It may have been started: look it up before anything else.
    Ambiguous(ClientError),
}

impl From<ClientError> for StartAnswer {
    fn from(error: ClientError) -> Self {
        match error.kind {
            FailureKind::Busy => Self::Busy(error),
            FailureKind::Ambiguous => Self::Ambiguous(error),
            FailureKind::Transient | FailureKind::Permanent | FailureKind::Unauthorised => {
                Self::Refused(error)
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    status_code: u16,
    run_id: Option<String>,
    #[serde(default)]
    error: String,
}

impl Cdap {
    /// Asks for one run of the newest version with these arguments.
    pub async fn start(&self, app: &PipelineName, arguments: &BTreeMap<String, String>) -> StartAnswer {
        match self.post_start(app, arguments).await {
            Ok(items) => judge(app, items),
            Err(error) => error.into(),
        }
    }

    async fn post_start(
        &self,
        app: &PipelineName,
        arguments: &BTreeMap<String, String>,
    ) -> Result<Vec<Item>, ClientError> {
        let url = self.url(&["start"])?;
        // `runtimeargs`, all lower case: another spelling starts a run without arguments (measured).
        let body = json!([{
            "appId": app.as_str(),
            "programType": "Workflow",
            "programId": WORKFLOW,
            "runtimeargs": arguments,
        }]);
        let request = Request::act(Service::Cdap, operation(app), url, &body);
        self.http.json(request).await
    }
}

fn operation(app: &PipelineName) -> String {
    format!("starting {app}")
}

fn judge(app: &PipelineName, items: Vec<Item>) -> StartAnswer {
    let lost = |why: &str| {
        let error = ClientError::new(FailureKind::Ambiguous, Service::Cdap, operation(app), why);
        StartAnswer::Ambiguous(error)
    };
    let Ok([item]) = <[Item; 1]>::try_from(items) else {
        return lost("the answer does not hold exactly one item");
    };
    match (item.status_code, item.run_id) {
        (200..=299, Some(id)) if !id.is_empty() => StartAnswer::Started(PipelineRunId::new(id)),
        (200..=299, _) => lost("the answer names no run"),
        // What an item says is certain, unless it is the server's own breakdown.
        (status, _) => ClientError::answered(
            Service::Cdap,
            &operation(app),
            status,
            item.error.as_bytes(),
            true,
        )
        .into(),
    }
}
