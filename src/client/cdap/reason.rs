//! Why a run failed: the innermost causes of its nodes, and the server's own classification.

use super::{Cdap, get};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::failure::FailureKind;
use domain::id::{PipelineName, PipelineRunId};
use domain::service::Service;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A node of a workflow that did not end well. Nodes are not stages: `phase-1` may be several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFailure {
    /// The class of the innermost cause that says something; empty if no cause is given.
    pub class: String,
    /// What it says; may have several lines, may be empty.
    pub message: String,
}

/// One line of the server's classification of a failure (6.11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Classified {
    /// The stage, if one is to blame.
    #[serde(rename = "stageName")]
    pub stage: Option<String>,
    /// The reason in a sentence.
    #[serde(rename = "errorReason")]
    pub reason: String,
    /// The error's text.
    #[serde(rename = "errorMessage")]
    pub message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    #[serde(default)]
    node_status: String,
    failure_cause: Option<Cause>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cause {
    #[serde(default)]
    class_name: String,
    message: Option<String>,
    #[serde(rename = "cause")]
    inner: Option<Box<Cause>>,
}

impl Cause {
    /// The innermost cause with a message; the outer ones only wrap it. Without any: the innermost.
    fn innermost(self) -> (String, String) {
        let own = (self.class_name, self.message.unwrap_or_default());
        let Some(inner) = self.inner else { return own };
        let inner = inner.innermost();
        if inner.1.is_empty() && !own.1.is_empty() {
            own
        } else {
            inner
        }
    }
}

impl Cdap {
    /// The nodes of a run that failed or were killed. Empty for a run that failed without a trace, which
    /// happens (measured).
    ///
    /// # Errors
    /// As every call.
    pub async fn node_failures(
        &self,
        app: &PipelineName,
        run: &PipelineRunId,
    ) -> Result<Vec<NodeFailure>, ClientError> {
        let url = self.at_run(app, run, &["nodes", "state"])?;
        let request = get(format!("reading why the run {run} failed"), url);
        let nodes: BTreeMap<String, Node> = self.http.json(request).await?;
        // A stopped run's nodes say either (measured).
        let failed = nodes
            .into_values()
            .filter(|node| matches!(node.node_status.as_str(), "FAILED" | "KILLED"));
        let causes = failed.map(|node| {
            let (class, message) = node.failure_cause.map(Cause::innermost).unwrap_or_default();
            NodeFailure { class, message }
        });
        Ok(causes.collect())
    }

    /// The server's classification of a failed run; empty where it has none: before 6.11, or for a run
    /// that did not fail.
    ///
    /// # Errors
    /// As every call, but for 404, 405, 500 and 501.
    pub async fn classify(
        &self,
        app: &PipelineName,
        run: &PipelineRunId,
    ) -> Result<Vec<Classified>, ClientError> {
        let url = self.at_run(app, run, &["classify"])?;
        let operation = format!("classifying the failure of the run {run}");
        // Sent once: its 500 means "not a failed run", and is not worth a second request.
        let request = Request::post_once(Service::Cdap, operation, url, &serde_json::json!({}));
        match self.http.json(request).await {
            Err(error) if matches!(error.status(), Some(404 | 405 | 500 | 501)) => Ok(Vec::new()),
            // It changes nothing, so a lost answer leaves nothing open.
            Err(error) if error.kind == FailureKind::Ambiguous => {
                Err(error.with_kind(FailureKind::Transient))
            }
            answer => answer,
        }
    }
}
