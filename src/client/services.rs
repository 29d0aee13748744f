//! Service Usage: which APIs are on in a project, turning them on, and the service agents that come with them.

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use super::operation::Operation;
use domain::id::ProjectId;
use domain::service::Service;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Calls Service Usage.
#[derive(Clone, Debug)]
pub struct Services {
    http: Http,
    base: Endpoint,
}

#[derive(Deserialize)]
struct States {
    #[serde(default)]
    services: Vec<State>,
}

#[derive(Deserialize)]
struct State {
    name: String,
    #[serde(default)]
    state: String,
}

impl Services {
    pub(super) fn new(http: Http, base: Endpoint) -> Self {
        Self { http, base }
    }

    /// `services.batchGet`: whether each of these APIs (`datafusion.googleapis.com`, at most 30) is on. One that the
    /// answer leaves out is off.
    ///
    /// # Errors
    /// As every call.
    pub async fn states(
        &self,
        project: &ProjectId,
        services: &[&str],
    ) -> Result<BTreeMap<String, bool>, ClientError> {
        let mut url = self
            .base
            .join(&["v1", "projects", project.as_str(), "services:batchGet"])?;
        for service in services {
            let name = format!("projects/{project}/services/{service}");
            url.query_pairs_mut().append_pair("names", &name);
        }
        let operation = format!("asking which APIs are on in {project}");
        let found: States = self
            .http
            .json(Request::get(Service::ServiceUsage, operation, url))
            .await?;
        let is_on = |service: &str| {
            let mut states = found.services.iter();
            states.any(|one| one.name.rsplit('/').next() == Some(service) && one.state == "ENABLED")
        };
        Ok(services
            .iter()
            .map(|service| ((*service).to_owned(), is_on(service)))
            .collect())
    }

    /// `services.batchEnable`: begins to turn these APIs (at most 20) on. One that is on already stays so.
    ///
    /// # Errors
    /// As every call.
    pub async fn enable(&self, project: &ProjectId, services: &[&str]) -> Result<Operation, ClientError> {
        let url = self
            .base
            .join(&["v1", "projects", project.as_str(), "services:batchEnable"])?;
        let operation = format!("turning APIs on in {project}");
        let body = json!({"serviceIds": services});
        self.http
            .json(Request::post(Service::ServiceUsage, operation, url, Some(&body)).changing())
            .await
    }

    /// How an operation of [`Self::enable`] stands.
    ///
    /// # Errors
    /// As every call.
    pub async fn operation(&self, name: &str) -> Result<Operation, ClientError> {
        let parts: Vec<&str> = std::iter::once("v1").chain(name.split('/')).collect();
        let url = self.base.join(&parts)?;
        self.http
            .json(Request::get(
                Service::ServiceUsage,
                format!("looking at {name}"),
                url,
            ))
            .await
    }

    /// `generateServiceIdentity`: makes the service agent of an API, if there is none yet.
    ///
    /// # Errors
    /// As every call.
    pub async fn generate_identity(&self, project: &ProjectId, service: &str) -> Result<(), ClientError> {
        let verb = format!("{service}:generateServiceIdentity");
        let url = self
            .base
            .join(&["v1beta1", "projects", project.as_str(), "services", &verb])?;
        let operation = format!("making the service agent of {service}");
        let request = Request::post(Service::ServiceUsage, operation, url, Some(&json!({}))).changing();
        self.http.json::<Value>(request).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use crate::client::testing::{Script, ok};

    #[tokio::test]
    async fn states_and_operations_are_read() {
        let states = r#"{"services":[{"name":"projects/1/services/a.googleapis.com","state":"ENABLED"}]}"#;
        let failed = r#"{"name":"operations/x","done":true,"error":{"code":9,"message":"no\nbilling"}}"#;
        let script = Script::serve([ok(states), ok(r#"{"name":"operations/x"}"#), ok(failed)]).await;
        let services = script.client().services();
        let project = "p".into();
        let states = services
            .states(&project, &["a.googleapis.com", "b.googleapis.com"])
            .await
            .unwrap();
        assert_eq!(states.into_values().collect::<Vec<_>>(), [true, false]);
        let begun = services.enable(&project, &["b.googleapis.com"]).await.unwrap();
        assert_eq!((begun.name.as_str(), &begun.end), ("operations/x", &None));
        let ended = services.operation(&begun.name).await.unwrap().end;
        assert!(ended.unwrap().unwrap_err().contains("billing"));
        let seen = script.seen();
        assert_eq!(
            seen[0].line,
            "GET /v1/projects/p/services:batchGet?names=projects%2Fp%2Fservices%2Fa.googleapis.com&names=projects%2Fp%2Fservices%2Fb.googleapis.com HTTP/1.1"
        );
        assert_eq!(seen[1].body, r#"{"serviceIds":["b.googleapis.com"]}"#);
        assert_eq!(seen[2].line, "GET /v1/operations/x HTTP/1.1");
    }
}
