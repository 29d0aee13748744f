//! Data Fusion's instance API, `/v1` and `/v1beta1`. Long-running operations create, change and delete instances;
//! all of them have the one CDAP of the sandbox.
//!
//! ```text
//!   POST …/instances?instanceId=x ─→ operation ─(a while)─→ done
//!                                       │
//!   GET  …/instances/x            CREATING            ACTIVE (RUNNING in v1beta1)
//! ```
//!
//! `fusion/store.rs` stores instances and operations; `fusion/instance.rs` and `fusion/operation.rs` show them.
//! Error texts that no public report shows are our own.

mod field;
pub(super) mod filter;
mod instance;
mod list;
mod operation;
mod peering;
mod store;

#[cfg(test)]
mod tests;

use super::api_error::{ApiError, ApiResult, respond};
use super::call::Call;
use super::policy;
use super::project::Project;
use super::resource_names::ResourceNames;
use super::{SandboxError, Settings};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::Response;
use axum::routing::any;
use operation::{Operation, Verb};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{Instance, InstanceStore};

/// What the handlers share.
#[derive(Debug)]
struct Fusion {
    names: ResourceNames,
    base: String,
    release: &'static str,
    store: InstanceStore,
    project: Arc<Project>,
}

/// The API's paths; `base` is where the instances' `apiEndpoint` answers.
///
/// # Errors
/// When the stored instances cannot be read.
pub(crate) fn router(
    settings: &Settings,
    names: ResourceNames,
    base: String,
    project: Arc<Project>,
) -> Result<Router, SandboxError> {
    let release = settings.personality.release();
    let own = (!project.began_empty()).then_some(&names);
    let store = InstanceStore::open(&settings.state, settings.speed, own, release)?;
    let fusion = Arc::new(Fusion {
        names,
        base,
        release,
        store,
        project,
    });
    let mut router = Router::new();
    for version in ["v1", "v1beta1"] {
        for rest in ["/locations", "/locations/{*rest}"] {
            router = router.route(&format!("/{version}/projects/{{project}}{rest}"), any(handle));
        }
    }
    Ok(router.with_state(fusion))
}

async fn handle(State(fusion): State<Arc<Fusion>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let call = Call::parse(&method, &uri, &body);
    respond(call.and_then(|call| fusion.answer(&call)))
}

impl Fusion {
    fn answer(&self, call: &Call) -> ApiResult {
        let project = format!("projects/{}", call.project);
        // The first is `locations`, which the routes have looked at.
        let segments: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
        let place = format!("{project}/locations/{}", segments.first().unwrap_or(&"-"));
        if call.project != self.names.project {
            let text =
                format!("Permission 'datafusion.instances.get' denied on '{place}' (or it may not exist).");
            return Err(ApiError::permission_denied(text).with_sandbox_notice());
        }
        match (call.method.as_str(), segments.as_slice(), call.custom.as_str()) {
            ("GET", [], "") => Ok(json!({"locations": [self.location()]})),
            ("GET", [location], "") if *location == self.names.location => Ok(self.location()),
            ("GET", [_, "versions"], "") => Ok(self.versions()),
            ("GET", [location, "instances"], "") => self.instances(call, location),
            ("POST", [location, "instances"], "") => self.create(call, location),
            (method, [_, "instances", id], custom) => {
                self.instance_call(call, method, &format!("{place}/instances/{id}"), custom)
            }
            (method, [_, "instances", id, "dnsPeerings", rest @ ..], "") if rest.len() < 2 => {
                let name = format!("{place}/instances/{id}");
                self.peering_call(call, method, &name, rest.first().copied())
            }
            ("GET", [_, "operations"], "") => self.operations(call, &place),
            (method, [_, "operations", id], custom) => {
                self.operation_call(call, method, &format!("{place}/operations/{id}"), custom)
            }
            _ => Err(ApiError::not_found(&format!(
                "{place}/{}",
                segments.get(1..).unwrap_or_default().join("/")
            ))),
        }
    }

    fn location(&self) -> Json {
        let (project, location) = (&self.names.project, &self.names.location);
        json!({"name": format!("projects/{project}/locations/{location}"), "locationId": location})
    }

    fn versions(&self) -> Json {
        let version = json!({
            "versionNumber": self.release,
            "defaultVersion": true,
            "availableFeatures": [],
            "type": "TYPE_GENERAL_AVAILABILITY",
        });
        json!({"versions": [version], "availableVersions": [version]})
    }

    fn instances(&self, call: &Call, location: &str) -> ApiResult {
        let prefix = match location {
            "-" => format!("projects/{}/", call.project),
            place => format!("projects/{}/locations/{place}/", call.project),
        };
        let all = self.store.instances(&prefix);
        let all = all
            .iter()
            .map(|instance| self.instance_json(call, instance))
            .collect();
        list::page(call, "instances", all)
    }

    fn operations(&self, call: &Call, place: &str) -> ApiResult {
        let all = self.store.operations(&format!("{place}/"));
        let all = all
            .iter()
            .map(|operation| self.operation_json(call, operation))
            .collect();
        list::page(call, "operations", all)
    }

    fn create(&self, call: &Call, location: &str) -> ApiResult {
        if location != self.names.location {
            return Err(ApiError::invalid(format!(
                "Location {location} is not supported by the sandbox: everything here is in {}",
                self.names.location
            )));
        }
        let Some(id) = call.params.text("instanceId") else {
            return Err(ApiError::invalid("Required parameter instanceId is missing."));
        };
        instance::check(id, &call.body, self.release).map_err(ApiError::invalid)?;
        let name = format!("projects/{}/locations/{location}/instances/{id}", call.project);
        let body = instance::from_body(&name, &call.body, self.release);
        let operation = self
            .store
            .create(&name, body, &call.version, self.project.agent_failure())?;
        Ok(self.operation_json(call, &operation))
    }

    fn instance_call(&self, call: &Call, method: &str, name: &str, custom: &str) -> ApiResult {
        if (method, custom) == ("POST", "testIamPermissions") {
            return Ok(policy::test(self.store.instance(name).is_some(), &call.body));
        }
        let found = self
            .store
            .instance(name)
            .ok_or_else(|| ApiError::not_found(name).with_sandbox_notice())?;
        let operation = match (method, custom) {
            ("GET", "") => return Ok(self.instance_json(call, &found)),
            ("GET", "getIamPolicy") => return Ok(policy::show(found.policy.as_ref())),
            ("POST", "setIamPolicy") => {
                return self.store.change(name, |found| {
                    let policy = policy::set(found.policy.as_ref(), &call.body)?;
                    found.policy = Some(policy.clone());
                    Ok(policy)
                });
            }
            ("POST", "restart") => {
                self.store
                    .start_operation(name, Verb::Restart, Json::Null, &call.version)?
            }
            ("DELETE", "")
                if !self.project.began_empty()
                    && name.ends_with(&format!("/instances/{}", self.names.instance)) =>
            {
                let text = "The sandbox's own instance cannot be deleted. Delete one that you have created.";
                return Err(ApiError::failed_precondition(text));
            }
            ("DELETE", "") => self
                .store
                .start_operation(name, Verb::Delete, Json::Null, &call.version)?,
            ("PATCH", "") => {
                let mask = call.params.text("updateMask").unwrap_or("labels,options");
                let changes = instance::changes(mask, &call.body).map_err(ApiError::invalid)?;
                self.store
                    .start_operation(name, Verb::Update, changes, &call.version)?
            }
            _ => return Err(ApiError::not_found(&format!("{name}:{custom}"))),
        };
        Ok(self.operation_json(call, &operation))
    }

    fn operation_call(&self, call: &Call, method: &str, name: &str, custom: &str) -> ApiResult {
        let found = self
            .store
            .operation(name)
            .ok_or_else(|| ApiError::not_found(name))?;
        match (method, custom) {
            ("GET", "") => Ok(self.operation_json(call, &found)),
            ("POST", "cancel") => {
                self.store.cancel(name);
                Ok(json!({}))
            }
            ("DELETE", "") => {
                self.store.delete_operation(name);
                Ok(json!({}))
            }
            _ => Err(ApiError::not_found(&format!("{name}:{custom}"))),
        }
    }

    fn instance_json(&self, call: &Call, instance: &Instance) -> Json {
        instance::show(instance, &self.base, call.is_beta())
    }

    /// An operation; a finished one contains its instance.
    fn operation_json(&self, call: &Call, operation: &Operation) -> Json {
        let instance = self.store.instance(&operation.target);
        operation.show(instance.map(|instance| self.instance_json(call, &instance)))
    }
}
