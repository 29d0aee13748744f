//! IAM: who may act as a service account.

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::Http;
use super::policy::{Guarded, Policy};
use domain::grant::Grant;
use domain::id::ProjectId;
use domain::service::Service;

/// Calls IAM.
#[derive(Clone, Debug)]
pub struct Accounts {
    http: Http,
    base: Endpoint,
}

impl Accounts {
    pub(super) fn new(http: Http, base: Endpoint) -> Self {
        Self { http, base }
    }

    /// The policy of a service account, by its address.
    ///
    /// # Errors
    /// As every call; 404 when there is no such account.
    pub async fn policy(&self, project: &ProjectId, account: &str) -> Result<Policy, ClientError> {
        self.guarded(project, account)?.policy().await
    }

    /// Adds these grants to the policy of a service account; whether any was missing.
    ///
    /// # Errors
    /// As every call.
    pub async fn grant(
        &self,
        project: &ProjectId,
        account: &str,
        grants: &[Grant],
    ) -> Result<bool, ClientError> {
        self.guarded(project, account)?.grant(grants).await
    }

    fn guarded(&self, project: &ProjectId, account: &str) -> Result<Guarded<'_>, ClientError> {
        Ok(Guarded {
            http: &self.http,
            service: Service::Iam,
            name: format!("the service account {account}"),
            get: self.url(project, account, "getIamPolicy")?,
            set: self.url(project, account, "setIamPolicy")?,
        })
    }

    fn url(&self, project: &ProjectId, account: &str, verb: &str) -> Result<url::Url, ClientError> {
        let resource = format!("{account}:{verb}");
        self.base
            .join(&["v1", "projects", project.as_str(), "serviceAccounts", &resource])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{Script, ok};

    #[tokio::test]
    async fn the_policy_of_an_account_is_asked_for_by_its_address() {
        let script = Script::serve([ok("{}"), ok("{}")]).await;
        let accounts = script.client().accounts();
        let grants = [Grant::new("roles/iam.serviceAccountUser", "serviceAccount:agent")];
        let changed = accounts.grant(&"p".into(), "a@b.example", &grants).await;
        assert_eq!(changed, Ok(true));
        let lines: Vec<_> = script.seen().into_iter().map(|seen| seen.line).collect();
        assert_eq!(
            lines,
            [
                "POST /v1/projects/p/serviceAccounts/a@b.example:getIamPolicy?options.requestedPolicyVersion=3 HTTP/1.1",
                "POST /v1/projects/p/serviceAccounts/a@b.example:setIamPolicy HTTP/1.1",
            ]
        );
    }
}
