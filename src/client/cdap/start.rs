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
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    status_code: u16,
    run_id: Option<String>,
    #[serde(default)]
    error: String,
}

impl Cdap {
    /// Asks for one run of the newest version with these arguments; the run does not work yet.
    ///
    /// # Errors
    /// Ambiguous when the run may have been started: look it up before anything else. Busy when flow
    /// control refused it, which leaves a REJECTED record with our token. Unsent when it never arrived. Any other
    /// kind: not started.
    pub async fn start(
        &self,
        app: &PipelineName,
        arguments: &BTreeMap<String, String>,
    ) -> Result<PipelineRunId, ClientError> {
        let url = self.url(&["start"])?;
        // `runtimeargs`, all lower case: another spelling starts a run without arguments (measured).
        let body = json!([{
            "appId": app.as_str(),
            "programType": "Workflow",
            "programId": WORKFLOW,
            "runtimeargs": arguments,
        }]);
        let request = Request::post_once(Service::Cdap, operation(app), url, &body).changing();
        run_of(app, self.http.json(request).await?)
    }
}

fn operation(app: &PipelineName) -> String {
    format!("starting {app}")
}

/// The run that the answer's one item names.
fn run_of(app: &PipelineName, items: Vec<Item>) -> Result<PipelineRunId, ClientError> {
    let lost = |why: &str| {
        Err(ClientError::new(
            FailureKind::Ambiguous,
            Service::Cdap,
            operation(app),
            why,
        ))
    };
    let Ok([item]) = <[Item; 1]>::try_from(items) else {
        return lost("the answer does not hold exactly one item");
    };
    match (item.status_code, item.run_id) {
        // The id goes into addresses, and every later look is a look at it: another form is no answer.
        (200..=299, Some(id)) if Uuid::try_parse(&id).is_ok() => Ok(PipelineRunId::new(id)),
        (200..=299, Some(_)) => lost("the answer names a run by something that is not a run id"),
        (200..=299, None) => lost("the answer names no run"),
        // What an item says is certain, except when the server itself broke down.
        (status, _) => Err(ClientError::from_item(&operation(app), status, &item.error)),
    }
}
