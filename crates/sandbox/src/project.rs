//! The project around the services: which APIs are on (`serviceusage`), who may do what (`cloudresourcemanager` v3), and
//! its service accounts (`iam`). As much of it as a set-up asks for.
//!
//! ```text
//!   GET  /v1/projects/P/services:batchGet                 POST /v1/projects/P/services:batchEnable  → operation
//!   GET  /v1/projects/P/services[/X]                      POST /v1/projects/P/services/X:enable     → operation
//!   GET  /v1/operations/O                                 POST /v1beta1/projects/P/services/X:generateServiceIdentity
//!   GET  /v3/projects/P                                   POST /v3/projects/P:getIamPolicy | setIamPolicy | testIamPermissions
//!   GET  /v1/projects/P/serviceAccounts[/A]               POST /v1/projects/P/serviceAccounts/A:getIamPolicy | …
//! ```
//!
//! A sandbox that began empty has every API off but this one. While an API is off, it answers as Google's does
//! ([`Project::gate`]). An instance that is created before Data Fusion's service agent has a role ends FAILED.
//! Error texts that no public report shows are our own.

mod account;
mod region;
mod resource;
mod service;
mod store;

#[cfg(test)]
mod tests;

use super::api_error::{ApiError, ApiResult, respond};
use super::call::Call;
use super::policy;
use super::resource_names::ResourceNames;
use super::{SandboxError, Settings};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::any;
use serde_json::Value as Json;
use std::sync::Arc;
use store::Store;

/// The number of the project.
const NUMBER: u64 = 1;

/// The role that lets Data Fusion's service agent work.
const AGENT_ROLE: &str = "roles/datafusion.serviceAgent";

/// Data Fusion's service agent in this project.
pub(super) fn agent() -> String {
    format!("service-{NUMBER}@gcp-sa-datafusion.iam.gserviceaccount.com")
}

/// The project of this sandbox.
#[derive(Debug)]
pub(super) struct Project {
    names: ResourceNames,
    store: Store,
}

impl Project {
    /// Reads the project; a new one is empty if the settings say so, else has all that a run needs.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub(super) fn open(settings: &Settings, names: ResourceNames) -> Result<Arc<Self>, SandboxError> {
        let store = Store::open(settings, &names)?;
        Ok(Arc::new(Self { names, store }))
    }

    /// The names of what a ready project has.
    pub(super) fn names(&self) -> &ResourceNames {
        &self.names
    }

    /// Whether the sandbox began without anything in the project. It stays so for a state folder.
    pub(super) fn began_empty(&self) -> bool {
        self.store.read(|records| records.began_empty)
    }

    /// Why a new instance would fail.
    pub(super) fn agent_failure(&self) -> Option<String> {
        let member = format!("serviceAccount:{}", agent());
        let policy = self.store.read(|records| records.policy.clone());
        let bindings = policy["bindings"].as_array();
        let has_role = bindings.into_iter().flatten().any(|binding| {
            let members = binding["members"].as_array();
            members.into_iter().flatten().any(|bound| *bound == member)
        });
        let text = format!(
            "The service agent {} has no role in the project; grant it {AGENT_ROLE}",
            agent()
        );
        (!has_role).then_some(text)
    }

    /// The routes, answered only while the API is on. `title` is its name in the error.
    pub(super) fn gate(
        self: &Arc<Self>,
        service: &'static str,
        title: &'static str,
        routes: Router,
    ) -> Router {
        let project = Arc::clone(self);
        routes.layer(middleware::from_fn(move |request: Request, next: Next| {
            let is_on = project.store.read(|records| records.enabled.contains(service));
            async move {
                if is_on {
                    next.run(request).await
                } else {
                    respond(Err(ApiError::service_disabled(title, service, NUMBER)))
                }
            }
        }))
    }

    /// The routes of the APIs of the project itself.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        let services = Router::new()
            .route("/v1/projects/{project}/services", any(services))
            .route("/v1/projects/{project}/services:batchGet", any(services))
            .route("/v1/projects/{project}/services:batchEnable", any(services))
            .route("/v1/projects/{project}/services/{service}", any(services))
            .route("/v1beta1/projects/{project}/services/{service}", any(services))
            .route("/v1/operations/{operation}", any(services))
            .with_state(Arc::clone(self));
        let project = Router::new()
            .route("/v3/projects/{project}", any(resource))
            .with_state(Arc::clone(self));
        let accounts = Router::new()
            .route("/v1/projects/{project}/serviceAccounts", any(accounts))
            .route("/v1/projects/{project}/serviceAccounts/{account}", any(accounts))
            .with_state(Arc::clone(self));
        services
            .merge(region::router(self))
            .merge(self.gate(
                "cloudresourcemanager.googleapis.com",
                "Cloud Resource Manager API",
                project,
            ))
            .merge(self.gate(
                "iam.googleapis.com",
                "Identity and Access Management (IAM) API",
                accounts,
            ))
    }

    /// Answers a call about this project; every other one is denied.
    fn answer(
        &self,
        method: &Method,
        uri: &Uri,
        body: &Bytes,
        handle: fn(&Self, &Call) -> ApiResult,
    ) -> Response {
        let call = Call::parse(method, uri, body);
        respond(call.and_then(|call| {
            let mine = [self.names.project.clone(), NUMBER.to_string()];
            if !call.project.is_empty() && !mine.contains(&call.project) {
                return Err(ApiError::permission_denied(format!(
                    "The caller does not have permission on the project '{}' (or it may not exist).",
                    call.project
                ))
                .with_sandbox_notice());
            }
            handle(self, &call)
        }))
    }
}

async fn services(State(project): State<Arc<Project>>, method: Method, uri: Uri, body: Bytes) -> Response {
    project.answer(&method, &uri, &body, service::answer)
}

async fn resource(State(project): State<Arc<Project>>, method: Method, uri: Uri, body: Bytes) -> Response {
    project.answer(&method, &uri, &body, resource::answer)
}

async fn accounts(State(project): State<Arc<Project>>, method: Method, uri: Uri, body: Bytes) -> Response {
    project.answer(&method, &uri, &body, account::answer)
}

/// The three calls about a policy; `None` for any other.
fn policy_call(call: &Call, stored: &mut Json) -> Option<ApiResult> {
    let shown = (!stored.is_null()).then_some(&*stored);
    match (call.method.as_str(), call.custom.as_str()) {
        ("POST", "getIamPolicy") => Some(Ok(policy::show(shown))),
        ("POST", "testIamPermissions") => Some(Ok(policy::test(true, &call.body))),
        ("POST", "setIamPolicy") => {
            Some(policy::set(shown, &call.body).inspect(|policy| stored.clone_from(policy)))
        }
        _ => None,
    }
}
