//! What a pipeline needs before its first run: its application, its preferences, and secure keys.

use super::app::reading_preferences;
use super::{Cdap, found, get};
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::id::PipelineName;
use domain::service::Service;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a deployment may take: the first one after a start reads a plugin of 220 MB (measured: up to 3.5 s).
const DEPLOY: Duration = Duration::from_secs(120);

impl Cdap {
    /// Deploys a pipeline (`name`, `artifact`, `config`) as a new version. The same once more makes one more version,
    /// which changes nothing.
    ///
    /// # Errors
    /// 400 with the first stage that is wrong; 404 when its artifact is not installed.
    pub async fn deploy(&self, name: &PipelineName, pipeline: &Value) -> Result<(), ClientError> {
        let url = self.url(&["apps", name.as_str()])?;
        let request = Request::put(Service::Cdap, format!("deploying {name}"), url, pipeline);
        self.http
            .call(&request.changing().any_body().timeout(DEPLOY))
            .await
            .map(|_| ())
    }

    /// The preferences of a pipeline itself, without those of the levels above it.
    ///
    /// # Errors
    /// As every call.
    pub async fn preferences(&self, name: &PipelineName) -> Result<BTreeMap<String, String>, ClientError> {
        let url = self.url(&["apps", name.as_str(), "preferences"])?;
        self.http.json(get(reading_preferences(name), url)).await
    }

    /// Replaces the preferences of a pipeline, all of them.
    ///
    /// # Errors
    /// As every call.
    pub async fn set_preferences(
        &self,
        name: &PipelineName,
        preferences: &BTreeMap<String, String>,
    ) -> Result<(), ClientError> {
        let url = self.url(&["apps", name.as_str(), "preferences"])?;
        let operation = format!("writing the preferences of {name}");
        let request = Request::put(Service::Cdap, operation, url, &json!(preferences));
        self.http.call(&request.changing().any_body()).await.map(|_| ())
    }

    /// Whether there is a secure key of this name. Its value is not asked for.
    ///
    /// # Errors
    /// As every call.
    pub async fn has_secure_key(&self, key: &str) -> Result<bool, ClientError> {
        let url = self.url(&["securekeys", key, "metadata"])?;
        let request = get(format!("looking for the secure key {key}"), url);
        found(self.http.json::<IgnoredAny>(request).await).map(|key| key.is_some())
    }

    /// Puts a secure key, in place of one of the same name.
    ///
    /// # Errors
    /// As every call.
    pub async fn put_secure_key(&self, key: &str, value: &Secret) -> Result<(), ClientError> {
        let url = self.url(&["securekeys", key])?;
        let body = json!({"description": "Put there by Downbeat", "data": value.expose(), "properties": {}});
        let request = Request::put(Service::Cdap, format!("putting the secure key {key}"), url, &body);
        self.http.call(&request.changing().any_body()).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use crate::client::Secret;
    use crate::client::testing::{Script, Step, ok};
    use domain::pipeline_file::Artifact;
    use serde_json::json;

    #[tokio::test]
    async fn a_pipeline_its_preferences_and_its_key_are_put() {
        let script = Script::serve([ok(""), ok(""), ok("")]).await;
        let client = script.client();
        let cdap = client.cdap(client.endpoints().cdap.as_ref().unwrap(), &"default".into());
        cdap.deploy(&"sales".into(), &json!({"config": {}}))
            .await
            .unwrap();
        let preferences = [("a".to_owned(), "b".to_owned())].into();
        cdap.set_preferences(&"sales".into(), &preferences).await.unwrap();
        cdap.put_secure_key("mysql-password", &Secret::new("hush-1"))
            .await
            .unwrap();
        let seen = script.seen();
        let lines: Vec<_> = seen.iter().map(|seen| seen.line.as_str()).collect();
        assert_eq!(
            lines,
            [
                "PUT /v3/namespaces/default/apps/sales HTTP/1.1",
                "PUT /v3/namespaces/default/apps/sales/preferences HTTP/1.1",
                "PUT /v3/namespaces/default/securekeys/mysql-password HTTP/1.1",
            ]
        );
        assert_eq!(seen[1].body, r#"{"a":"b"}"#);
        assert!(seen[2].body.contains("hush-1"));
    }

    #[tokio::test]
    async fn what_is_missing_is_told_from_what_cannot_be_asked() {
        let missing = |text: &str| Step::SayWith(404, "content-type: text/plain; charset=utf-8", text.into());
        let forbidden = Step::SayWith(403, "content-type: text/plain; charset=utf-8", "no".into());
        let holders =
            r#"[{"name":"GCS","artifact":{"name":"google-cloud","version":"0.24.0","scope":"SYSTEM"}}]"#;
        let script = Script::serve([
            missing("mysql-password not found in the secure store."),
            forbidden.clone(),
            forbidden,
            ok(holders),
            missing("'system:batchsink:GCS' was not found."),
        ])
        .await;
        let client = script.client();
        let cdap = client.cdap(client.endpoints().cdap.as_ref().unwrap(), &"default".into());
        assert_eq!(cdap.has_secure_key("mysql-password").await, Ok(false));
        assert!(cdap.has_secure_key("mysql-password").await.is_err());
        let google = Artifact {
            name: "google-cloud".into(),
            version: "0.24.0".into(),
            scope: "SYSTEM".into(),
        };
        assert_eq!(cdap.holders("6.11.0", "batchsink", "GCS").await, Ok(vec![google]));
        assert_eq!(cdap.holders("6.11.0", "batchsink", "GCS").await, Ok(Vec::new()));
    }
}
