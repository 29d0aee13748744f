//! Making an instance: a long-running operation, found again by its name or by the instance that it makes.

use super::{Fusion, InstanceName};
use crate::client::error::ClientError;
use crate::client::http::Request;
use crate::client::operation::Operation;
use domain::id::{Location, ProjectId};
use domain::service::Service;
use serde::Deserialize;
use serde_json::json;
use std::fmt;

/// What is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// For trials: no high availability.
    #[default]
    Developer,
    /// One namespace.
    Basic,
    /// All of it.
    Enterprise,
}

impl Edition {
    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Developer => "DEVELOPER",
            Self::Basic => "BASIC",
            Self::Enterprise => "ENTERPRISE",
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    operations: Vec<Operation>,
    #[serde(rename = "nextPageToken", default)]
    next: String,
}

/// The most pages of operations that are read.
const PAGES: usize = 20;

impl Fusion {
    /// `instances.create`: begins to make an instance with logs and metrics in Google's own tools. A lost answer is
    /// cleared up by looking for the operation or the instance.
    ///
    /// # Errors
    /// 409 when there is one of this name; Ambiguous when it is not known whether the request arrived.
    pub async fn create(&self, name: InstanceName<'_>, edition: Edition) -> Result<Operation, ClientError> {
        let mut url = self.at(name.project, name.location, &["instances"])?;
        url.query_pairs_mut()
            .append_pair("instanceId", name.instance.as_str());
        let body = json!({
            "type": edition.as_str(),
            "displayName": name.instance.as_str(),
            "enableStackdriverLogging": true,
            "enableStackdriverMonitoring": true,
            "labels": {"created-by": "downbeat"},
        });
        let operation = format!("making the instance {} in {}", name.instance, name.location);
        let request = Request::post_once(Service::DataFusion, operation, url, &body).changing();
        self.http.json(request).await
    }

    /// How an operation stands, by its full name.
    ///
    /// # Errors
    /// As every call.
    pub async fn operation(&self, name: &str) -> Result<Operation, ClientError> {
        let parts: Vec<&str> = std::iter::once("v1").chain(name.split('/')).collect();
        let url = self.base.join(&parts)?;
        let operation = "looking at the operation that makes the instance";
        self.http
            .json(Request::get(Service::DataFusion, operation, url))
            .await
    }

    /// The operations of a region that are known, also those that have ended.
    ///
    /// # Errors
    /// As every call.
    pub async fn operations(
        &self,
        project: &ProjectId,
        location: &Location,
    ) -> Result<Vec<Operation>, ClientError> {
        let mut found = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES {
            let mut url = self.at(project, location, &["operations"])?;
            if !token.is_empty() {
                url.query_pairs_mut().append_pair("pageToken", &token);
            }
            let operation = format!("listing the operations in {location}");
            let page: Page = self
                .http
                .json(Request::get(Service::DataFusion, operation, url))
                .await?;
            found.extend(page.operations);
            if page.next.is_empty() {
                break;
            }
            token = page.next;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Script, Step, ok};
    use super::*;
    use domain::failure::FailureKind;

    #[tokio::test]
    async fn an_instance_is_asked_for_once_and_its_operation_found_again() {
        let operation = r#"{"name":"projects/p/locations/l/operations/o","metadata":{"target":"projects/p/locations/l/instances/i","verb":"create","statusDetail":"at it","createTime":"2026-01-02T03:04:05.5Z"},"done":false}"#;
        let page = format!(r#"{{"operations":[{operation}],"nextPageToken":"n"}}"#);
        let script = Script::serve([Step::Reset, ok(operation), ok(page), ok("{}")]).await;
        let (project, location, instance) = ("p".into(), "l".into(), "i".into());
        let name = InstanceName {
            project: &project,
            location: &location,
            instance: &instance,
        };
        let fusion = script.client().fusion();
        let lost = fusion.create(name, Edition::Basic).await.unwrap_err();
        assert_eq!(lost.kind, FailureKind::Ambiguous);
        let made = fusion.create(name, Edition::Basic).await.unwrap();
        assert_eq!(
            (made.verb.as_str(), made.detail.as_str(), &made.end),
            ("create", "at it", &None)
        );
        assert!(made.created.is_some());
        assert_eq!(fusion.operations(&project, &location).await.unwrap(), [made]);
        let lines: Vec<_> = script.seen().into_iter().map(|seen| seen.line).collect();
        assert_eq!(
            lines[1],
            "POST /v1/projects/p/locations/l/instances?instanceId=i HTTP/1.1"
        );
        assert_eq!(
            lines[3],
            "GET /v1/projects/p/locations/l/operations?pageToken=n HTTP/1.1"
        );
    }
}
