//! The CDAP of an instance: one namespace of its `/v3` interface.
//!
//! Only run-level calls are used: the program-level ones see the newest version of a pipeline alone
//! (measured). JSON comes under any content type and with unknown fields; both are accepted.
//! Where to look: `app.rs` what is deployed, `artifact.rs` what is installed, `deploy.rs` deploying, `start.rs`, `run.rs` list, look and stop, `log.rs`,
//! `reason.rs` reasons of failures, `counts.rs` rows.

mod app;
mod artifact;
mod counts;
mod deploy;
mod log;
mod reason;
mod run;
mod start;

pub use app::App;
pub use log::{LogEvent, LogPage, offset_at};
pub use reason::{Classified, NodeFailure};

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use domain::id::{Namespace, PipelineName, PipelineRunId};
use domain::service::Service;
use serde::Deserialize;
use url::Url;

/// The name of the workflow in every batch pipeline.
const WORKFLOW: &str = "DataPipelineWorkflow";

/// A namespace of a CDAP.
#[derive(Clone, Debug)]
pub struct Cdap {
    http: Http,
    api: Endpoint,
    namespace: Namespace,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

impl Cdap {
    pub(super) fn new(http: Http, api: Endpoint, namespace: Namespace) -> Self {
        Self { http, api, namespace }
    }

    /// The server's version: `6.11.0`.
    ///
    /// # Errors
    /// As every call: what failed, and what it means.
    pub async fn version(&self) -> Result<String, ClientError> {
        let url = self.api.join(&["v3", "version"])?;
        let answer: Version = self.http.json(get("asking for the version", url)).await?;
        Ok(answer.version)
    }

    /// `/v3/namespaces/{ns}/...`
    fn url(&self, parts: &[&str]) -> Result<Url, ClientError> {
        self.api
            .join(&[&["v3", "namespaces", self.namespace.as_str()], parts].concat())
    }

    /// `.../apps/{app}/workflows/DataPipelineWorkflow/...`
    fn program(&self, app: &PipelineName, parts: &[&str]) -> Result<Url, ClientError> {
        self.url(&[&["apps", app.as_str(), "workflows", WORKFLOW], parts].concat())
    }

    /// `.../runs/{run}/...`
    fn at_run(&self, app: &PipelineName, run: &PipelineRunId, parts: &[&str]) -> Result<Url, ClientError> {
        self.program(app, &[&["runs", run.as_str()], parts].concat())
    }
}

fn get(operation: impl Into<String>, url: Url) -> Request {
    Request::get(Service::Cdap, operation, url)
}

/// `None` for what the server says does not exist.
fn found<T>(answer: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
