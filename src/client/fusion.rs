//! The control plane: where an instance is and whether it can be used (`datafusion.googleapis.com` v1).

mod create;
mod permission;

pub use create::Edition;
pub use permission::InstanceName;

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use domain::doctor::WAIT_UNTIL_ACTIVE;
use domain::failure::FailureKind;
use domain::id::{InstanceId, Location, ProjectId};
use domain::service::Service;
use serde::Deserialize;
use std::fmt;
use url::Url;

/// The state of an instance; an unknown name is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum InstanceState {
    /// It can be used. v1beta1 calls this RUNNING.
    Active,
    /// It is being made or changed and will be usable by itself: `CREATING`, `UPGRADING` ...
    Changing(String),
    /// Somebody must act first: `FAILED`, `DISABLED`, `DELETING`.
    Down(String),
    /// A name that Downbeat does not know.
    Other(String),
}

impl From<String> for InstanceState {
    fn from(name: String) -> Self {
        match name.as_str() {
            "ACTIVE" | "RUNNING" => Self::Active,
            "CREATING" | "RESTARTING" | "UPDATING" | "AUTO_UPDATING" | "UPGRADING" | "AUTO_UPGRADING"
            | "ENABLING" => Self::Changing(name),
            "FAILED" | "DISABLED" | "DELETING" => Self::Down(name),
            _ => Self::Other(name),
        }
    }
}

impl fmt::Display for InstanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Active => "ACTIVE",
            Self::Changing(name) | Self::Down(name) | Self::Other(name) => name,
        })
    }
}

/// An instance of Data Fusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Whether it can be used.
    pub state: InstanceState,
    /// Why it is in that state, if the service says so.
    pub state_message: Option<String>,
    /// Base of its CDAP; absent while it is being made.
    pub api_endpoint: Option<Endpoint>,
    /// Base of the product's own screens.
    pub service_endpoint: Option<String>,
    /// `DEVELOPER`, `BASIC`, `ENTERPRISE`; empty if the service does not say.
    pub edition: String,
    /// `6.11.0`; empty if the service does not say.
    pub version: String,
    /// The account of the machines that pipelines run on; `None` is Compute Engine's default account.
    pub worker_account: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    state: InstanceState,
    state_message: Option<String>,
    api_endpoint: Option<String>,
    service_endpoint: Option<String>,
    #[serde(rename = "type", default)]
    edition: String,
    #[serde(default)]
    version: String,
    dataproc_service_account: Option<String>,
}

/// Calls the control plane.
#[derive(Clone, Debug)]
pub struct Fusion {
    http: Http,
    base: Endpoint,
}

impl Fusion {
    pub(super) fn new(http: Http, base: Endpoint) -> Self {
        Self { http, base }
    }

    /// `instances.get`.
    ///
    /// # Errors
    /// Permanent with status 404 when there is no such instance.
    pub async fn instance(
        &self,
        project: &ProjectId,
        location: &Location,
        instance: &InstanceId,
    ) -> Result<Instance, ClientError> {
        let url = self.at(project, location, &["instances", instance.as_str()])?;
        let operation = format!("looking up the instance {instance} in {location}");
        let wire: Wire = self
            .http
            .json(Request::get(Service::DataFusion, operation, url))
            .await?;
        let present = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Instance {
            state: wire.state,
            state_message: present(wire.state_message),
            api_endpoint: present(wire.api_endpoint)
                .map(|text| Endpoint::parse(Service::Cdap, &text))
                .transpose()?,
            service_endpoint: present(wire.service_endpoint),
            edition: wire.edition,
            version: wire.version,
            worker_account: present(wire.dataproc_service_account),
        })
    }

    /// `/v1/projects/{p}/locations/{l}/...`
    fn at(&self, project: &ProjectId, location: &Location, parts: &[&str]) -> Result<Url, ClientError> {
        let head = ["v1", "projects", project.as_str(), "locations", location.as_str()];
        self.base.join(&[head.as_slice(), parts].concat())
    }
}

impl Instance {
    /// The base of its CDAP, if the instance can be used now.
    ///
    /// # Errors
    /// Transient while it is changing, Permanent when somebody must act.
    pub fn ready(&self) -> Result<&Endpoint, ClientError> {
        let (kind, hint) = match (&self.state, &self.api_endpoint) {
            (InstanceState::Active, Some(endpoint)) => return Ok(endpoint),
            (InstanceState::Changing(_), _) => (FailureKind::Transient, WAIT_UNTIL_ACTIVE),
            _ => (
                FailureKind::Permanent,
                "Look at the instance in the Google Cloud console.",
            ),
        };
        let message = self.state_message.as_deref().unwrap_or("no reason given");
        let why = format!("it is {} ({message})", self.state);
        Err(ClientError::new(kind, Service::DataFusion, "using the instance", why).with_hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Script, Step, ok};
    use super::*;

    async fn get(script: &Script) -> Result<Instance, ClientError> {
        let (project, place, name) = ("p".into(), "us-west1".into(), "a/b".into());
        script.client().fusion().instance(&project, &place, &name).await
    }

    #[tokio::test]
    async fn an_instance_is_read_and_says_whether_it_can_be_used() {
        let body = |state: &str| {
            format!(
                r#"{{"name":"n","type":"BASIC","state":"{state}","version":"6.11.0","labels":{{"a":"b"}},
                "apiEndpoint":"https://i-p-dot-usw1.datafusion.googleusercontent.com/api","serviceEndpoint":""}}"#
            )
        };
        let script =
            Script::serve(["ACTIVE", "CREATING", "DISABLED", "DREAMING"].map(|state| ok(body(state)))).await;
        let active = get(&script).await.unwrap();
        assert_eq!(active.service_endpoint, None);
        assert_eq!(
            (active.edition.as_str(), active.version.as_str()),
            ("BASIC", "6.11.0")
        );
        assert!(active.ready().unwrap().as_str().ends_with("/api"));
        assert_eq!(
            get(&script).await.unwrap().ready().unwrap_err().kind,
            FailureKind::Transient
        );
        assert_eq!(
            get(&script).await.unwrap().ready().unwrap_err().kind,
            FailureKind::Permanent
        );
        assert_eq!(
            get(&script).await.unwrap().state,
            InstanceState::Other("DREAMING".into())
        );
        let line = &script.seen()[0].line;
        assert_eq!(
            line,
            "GET /v1/projects/p/locations/us-west1/instances/a%2Fb HTTP/1.1"
        );
    }

    #[tokio::test]
    async fn googles_errors_are_told_in_its_words() {
        let body = r#"{"error":{"code":403,"message":"Cloud Data Fusion API has not been used","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}"#;
        let script = Script::serve(vec![Step::Say(403, body.into()); 2]).await;
        let error = get(&script).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason()),
            (FailureKind::Unauthorised, Some("SERVICE_DISABLED"))
        );
        assert!(error.hint().contains("Enable the API"), "{}", error.hint());
    }

    #[tokio::test]
    async fn an_endpoint_in_clear_text_is_refused() {
        let script = Script::serve([ok(r#"{"state":"ACTIVE","apiEndpoint":"http://10.0.0.1/api"}"#)]).await;
        assert_eq!(get(&script).await.unwrap_err().kind, FailureKind::Permanent);
    }
}
