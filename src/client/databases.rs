//! Cloud SQL: whether the instance that a pipeline reads is there and runs.

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use domain::doctor::SqlInstance;
use domain::id::ProjectId;
use domain::service::Service;
use serde::Deserialize;

/// Calls the administration of Cloud SQL.
#[derive(Clone, Debug)]
pub struct Databases {
    http: Http,
    base: Endpoint,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    state: String,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    ip_addresses: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    /// `PRIMARY` for one that every network reaches, `PRIVATE`, `OUTGOING`.
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    #[serde(default)]
    activation_policy: String,
}

impl Databases {
    pub(super) fn new(http: Http, base: Endpoint) -> Self {
        Self { http, base }
    }

    /// `instances.get`; `None` if there is none of this name. Google hides some of those that do not exist behind 403.
    ///
    /// # Errors
    /// As every call.
    pub async fn instance(
        &self,
        project: &ProjectId,
        instance: &str,
    ) -> Result<Option<SqlInstance>, ClientError> {
        let url = self
            .base
            .join(&["v1", "projects", project.as_str(), "instances", instance])?;
        let operation = format!("looking up the Cloud SQL instance {instance}");
        match self
            .http
            .json::<Wire>(Request::get(Service::CloudSql, operation, url))
            .await
        {
            Ok(wire) => {
                let has = |kind: &str| wire.ip_addresses.iter().any(|address| address.kind == kind);
                Ok(Some(SqlInstance {
                    is_public: has("PRIMARY"),
                    is_private: has("PRIVATE"),
                    state: wire.state,
                    is_on: wire.settings.activation_policy != "NEVER",
                }))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Script, Step, ok};

    #[tokio::test]
    async fn an_instance_runs_or_is_switched_off_or_is_not_there() {
        let missing = r#"{"error":{"code":404,"message":"The Cloud SQL instance does not exist.","errors":[{"message":"x","domain":"global","reason":"instanceDoesNotExist"}]}}"#;
        let script = Script::serve([
            ok(
                r#"{"name":"hr","state":"RUNNABLE","settings":{"activationPolicy":"ALWAYS"},"ipAddresses":[{"type":"PRIMARY","ipAddress":"34.1.2.3"},{"type":"OUTGOING","ipAddress":"34.1.2.4"}]}"#,
            ),
            ok(
                r#"{"name":"hr","state":"RUNNABLE","settings":{"activationPolicy":"NEVER"},"ipAddresses":[{"type":"PRIVATE","ipAddress":"10.1.2.3"}]}"#,
            ),
            Step::Say(404, missing.into()),
        ])
        .await;
        let databases = script.client().databases();
        for is_on in [true, false] {
            let found = databases.instance(&"p".into(), "hr").await.unwrap().unwrap();
            assert_eq!((found.state.as_str(), found.is_on), ("RUNNABLE", is_on));
            assert_eq!((found.is_public, found.is_private), (is_on, !is_on));
        }
        assert_eq!(databases.instance(&"p".into(), "hr").await, Ok(None));
        assert_eq!(script.seen()[0].line, "GET /v1/projects/p/instances/hr HTTP/1.1");
    }
}
