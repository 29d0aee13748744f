//! Resource Manager: the number of a project, who has which role in it, and what the caller may do there.

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use super::policy::{Granted, Guarded, Policy};
use domain::failure::FailureKind;
use domain::grant::Grant;
use domain::id::ProjectId;
use domain::service::Service;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// Calls Resource Manager.
#[derive(Clone, Debug)]
pub struct Projects {
    http: Http,
    base: Endpoint,
}

#[derive(Deserialize)]
struct Wire {
    name: String,
}

impl Projects {
    pub(super) fn new(http: Http, base: Endpoint) -> Self {
        Self { http, base }
    }

    /// The number of a project, which the addresses of its service agents are made of.
    ///
    /// # Errors
    /// 403 also when there is no such project.
    pub async fn number(&self, project: &ProjectId) -> Result<u64, ClientError> {
        let url = self.base.join(&["v3", "projects", project.as_str()])?;
        let operation = format!("looking up the project {project}");
        let found: Wire = self
            .http
            .json(Request::get(Service::ResourceManager, operation.as_str(), url))
            .await?;
        let number = found
            .name
            .strip_prefix("projects/")
            .and_then(|text| text.parse().ok());
        number.ok_or_else(|| {
            let why = format!("'{}' is not the name of a project", found.name);
            ClientError::new(FailureKind::Permanent, Service::ResourceManager, operation, why)
        })
    }

    /// The policy of a project.
    ///
    /// # Errors
    /// As every call.
    pub async fn policy(&self, project: &ProjectId) -> Result<Policy, ClientError> {
        self.guarded(project)?.policy().await
    }

    /// Adds these grants to the policy of a project; whether any was missing.
    ///
    /// # Errors
    /// As every call; 409 when others change the policy all the time.
    pub async fn grant(&self, project: &ProjectId, grants: &[Grant]) -> Result<bool, ClientError> {
        self.guarded(project)?.grant(grants).await
    }

    /// Which of these permissions (at most 100) the caller has on a project.
    ///
    /// # Errors
    /// As every call.
    pub async fn granted(
        &self,
        project: &ProjectId,
        permissions: &[&str],
    ) -> Result<BTreeSet<String>, ClientError> {
        let resource = format!("{project}:testIamPermissions");
        let url = self.base.join(&["v3", "projects", &resource])?;
        let operation = format!("asking what is allowed in {project}");
        let body = json!({"permissions": permissions});
        let request = Request::post(Service::ResourceManager, operation, url, Some(&body));
        let granted: Granted = self.http.json(request).await?;
        Ok(granted.permissions)
    }

    fn guarded(&self, project: &ProjectId) -> Result<Guarded<'_>, ClientError> {
        let at = |verb: &str| self.base.join(&["v3", "projects", &format!("{project}:{verb}")]);
        Ok(Guarded {
            http: &self.http,
            service: Service::ResourceManager,
            name: format!("the project {project}"),
            get: at("getIamPolicy")?,
            set: at("setIamPolicy")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{Script, Step, ok};

    #[tokio::test]
    async fn a_policy_that_was_changed_in_between_is_read_again() {
        let raced =
            r#"{"error":{"code":409,"message":"There were concurrent policy changes.","status":"ABORTED"}}"#;
        let script = Script::serve([
            ok(r#"{"etag":"one"}"#),
            Step::Say(409, raced.into()),
            ok(r#"{"etag":"two","bindings":[{"role":"roles/b","members":["user:b"]}]}"#),
            ok("{}"),
        ])
        .await;
        let grants = [Grant::new("roles/a", "user:a")];
        let changed = script.client().projects().grant(&"p".into(), &grants).await;
        assert_eq!(changed, Ok(true));
        let last = &script.seen()[3].body;
        for part in [r#""etag":"two""#, "user:a", "user:b"] {
            assert!(last.contains(part), "{last}");
        }
    }

    #[tokio::test]
    async fn what_is_granted_already_is_not_written() {
        let policy = r#"{"etag":"one","bindings":[{"role":"roles/a","members":["user:a"]}]}"#;
        let script = Script::serve([ok(policy)]).await;
        let grants = [Grant::new("roles/a", "user:a")];
        let projects = script.client().projects();
        assert_eq!(projects.grant(&"p".into(), &grants).await, Ok(false));
    }

    #[tokio::test]
    async fn number_and_permissions_are_read() {
        let script = Script::serve([ok(r#"{"name":"projects/42"}"#), ok("{}")]).await;
        let projects = script.client().projects();
        assert_eq!(projects.number(&"p".into()).await, Ok(42));
        assert!(projects.granted(&"p".into(), &["a.b"]).await.unwrap().is_empty());
    }
}
