//! Data Fusion's instance API, `/v1` and `/v1beta1`: instances that are made, changed and deleted by
//! long-running operations, over the one CDAP that the sandbox has.
//!
//! ```text
//!   POST …/instances?instanceId=x ─→ operation ─(a while)─→ done
//!                                       │
//!   GET  …/instances/x            CREATING            ACTIVE (RUNNING in v1beta1)
//! ```
//!
//! `fusion/ledger.rs` keeps what there is, `fusion/instance.rs` shows it, `fusion/list.rs` lists it. Errors have Google's JSON
//! envelope; texts that are not known from public reports are plain sentences.

mod filter;
mod instance;
mod ledger;
mod list;
mod peering;
mod policy;

#[cfg(test)]
mod tests;

use super::resource_names::ResourceNames;
use super::{SandboxError, Settings};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use ledger::{Ledger, Verb};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What the handlers share.
#[derive(Debug)]
struct Fusion {
    names: ResourceNames,
    base: String,
    release: &'static str,
    ledger: Ledger,
}

/// A refusal: HTTP status, Google's name for it, message.
type Refused = (StatusCode, &'static str, String);

type Outcome = Result<Json, Refused>;

/// The API's paths; `base` is where the instances' `apiEndpoint` answers.
///
/// # Errors
/// A damaged file of instances.
pub fn router(settings: &Settings, names: ResourceNames, base: String) -> Result<Router, SandboxError> {
    let release = settings.personality.release();
    let ledger = Ledger::open(&settings.state, settings.speed, &names, release)?;
    let fusion = Arc::new(Fusion {
        names,
        base,
        release,
        ledger,
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
    let call = Call::read(&method, &uri, &body);
    match call.and_then(|call| fusion.answer(&call)) {
        Ok(answer) => respond(StatusCode::OK, &answer),
        Err((code, status, message)) => {
            let error = json!({"code": code.as_u16(), "message": message, "status": status});
            respond(code, &json!({ "error": error }))
        }
    }
}

fn respond(code: StatusCode, body: &Json) -> Response {
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    (code, kind, text).into_response()
}

/// A request, taken apart.
struct Call {
    method: String,
    /// `v1` or `v1beta1`.
    version: String,
    project: String,
    /// What follows `locations`.
    segments: Vec<String>,
    /// `restart` of `…/instances/x:restart`.
    custom: String,
    query: Vec<(String, String)>,
    body: Json,
}

impl Call {
    fn read(method: &Method, uri: &Uri, body: &Bytes) -> Result<Self, Refused> {
        let decode = |part: &str| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        };
        let mut segments: Vec<String> = uri.path().split('/').skip(1).map(decode).collect();
        let mut custom = String::new();
        if let Some(last) = segments.last_mut()
            && let Some((name, verb)) = last.clone().split_once(':')
        {
            name.clone_into(last);
            verb.clone_into(&mut custom);
        }
        let body = if body.is_empty() {
            Json::Null
        } else {
            serde_json::from_slice(body)
                .map_err(|error| invalid(format!("Invalid JSON payload received. {error}")))?
        };
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Ok(Self {
            method: method.to_string(),
            version: segments[0].clone(),
            project: segments[2].clone(),
            segments: segments.split_off(4),
            custom,
            query: query.into_owned().collect(),
            body,
        })
    }

    fn asked(&self, name: &str) -> Option<&str> {
        let mut found = self
            .query
            .iter()
            .filter(|(known, value)| known == name && !value.is_empty());
        found.next().map(|(_, value)| value.as_str())
    }

    /// The older version calls the healthy state RUNNING.
    fn is_beta(&self) -> bool {
        self.version == "v1beta1"
    }
}

fn invalid(message: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message.into())
}

fn missing(resource: &str) -> Refused {
    let text = format!("Resource '{resource}' was not found");
    (StatusCode::NOT_FOUND, "NOT_FOUND", text)
}

impl Fusion {
    fn answer(&self, call: &Call) -> Outcome {
        let place = format!(
            "projects/{}/locations/{}",
            call.project,
            call.segments.first().map_or("-", String::as_str)
        );
        if call.project != self.names.project {
            let text =
                format!("Permission 'datafusion.instances.get' denied on '{place}' (or it may not exist).");
            return Err((StatusCode::FORBIDDEN, "PERMISSION_DENIED", text));
        }
        let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        match (call.method.as_str(), segments.as_slice(), call.custom.as_str()) {
            ("GET", [], "") => Ok(json!({"locations": [self.location()]})),
            ("GET", [place], "") if *place == self.names.location => Ok(self.location()),
            ("GET", [_, "versions"], "") => Ok(self.versions()),
            ("GET", [location, "instances"], "") => self.instances(call, location),
            ("POST", [location, "instances"], "") => self.create(call, location),
            (method, [location, "instances", name], custom) => {
                let name = format!("projects/{}/locations/{location}/instances/{name}", call.project);
                self.instance_call(call, method, &name, custom)
            }
            (method, [location, "instances", name, "dnsPeerings", rest @ ..], "") if rest.len() < 2 => {
                let name = format!("projects/{}/locations/{location}/instances/{name}", call.project);
                self.peering_call(call, method, &name, rest.first().copied())
            }
            ("GET", [location, "operations"], "") => {
                let prefix = format!("projects/{}/locations/{location}/", call.project);
                let all: Vec<Json> = self
                    .ledger
                    .operations(&prefix)
                    .iter()
                    .map(|operation| self.shown(call, operation))
                    .collect();
                list::page(call, "operations", all)
            }
            (method, [location, "operations", name], custom) => {
                let name = format!("projects/{}/locations/{location}/operations/{name}", call.project);
                self.operation_call(call, method, &name, custom)
            }
            _ => Err(missing(&format!(
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

    fn instances(&self, call: &Call, location: &str) -> Outcome {
        let prefix = match location {
            "-" => format!("projects/{}/", call.project),
            place => format!("projects/{}/locations/{place}/", call.project),
        };
        let all = self.ledger.instances(&prefix);
        let all = all.iter().map(|instance| self.seen(call, instance)).collect();
        list::page(call, "instances", all)
    }

    fn create(&self, call: &Call, location: &str) -> Outcome {
        if location != self.names.location {
            return Err(invalid(format!(
                "Location {location} is not supported by the sandbox: everything here is in {}",
                self.names.location
            )));
        }
        let Some(id) = call.asked("instanceId") else {
            return Err(invalid("Required parameter instanceId is missing."));
        };
        instance::check(id, &call.body, self.release).map_err(invalid)?;
        let name = format!("projects/{}/locations/{location}/instances/{id}", call.project);
        let body = instance::of_body(&name, &call.body, self.release);
        let operation = self.ledger.create(&name, body, &call.version)?;
        Ok(self.shown(call, &operation))
    }

    fn instance_call(&self, call: &Call, method: &str, name: &str, custom: &str) -> Outcome {
        if (method, custom) == ("POST", "testIamPermissions") {
            return Ok(policy::test(self.ledger.instance(name).is_some(), &call.body));
        }
        let found = self.ledger.instance(name).ok_or_else(|| missing(name))?;
        let operation = match (method, custom) {
            ("GET", "") => return Ok(self.seen(call, &found)),
            ("GET", "getIamPolicy") => return Ok(policy::show(found.policy.as_ref())),
            ("POST", "setIamPolicy") => {
                return self.ledger.change(name, |found| {
                    let policy = policy::set(found.policy.as_ref(), &call.body)?;
                    found.policy = Some(policy.clone());
                    Ok(policy)
                });
            }
            ("POST", "restart") => self
                .ledger
                .begin(name, Verb::Restart, Json::Null, &call.version)?,
            ("DELETE", "") if name.ends_with(&format!("/instances/{}", self.names.instance)) => {
                let text = "The sandbox keeps its own instance; delete one that you have created.";
                return Err((StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", text.into()));
            }
            ("DELETE", "") => self.ledger.begin(name, Verb::Delete, Json::Null, &call.version)?,
            ("PATCH", "") => {
                let mask = call.asked("updateMask").unwrap_or("labels,options");
                let changes = instance::changes(mask, &call.body).map_err(invalid)?;
                self.ledger.begin(name, Verb::Update, changes, &call.version)?
            }
            _ => return Err(missing(&format!("{name}:{custom}"))),
        };
        Ok(self.shown(call, &operation))
    }

    fn operation_call(&self, call: &Call, method: &str, name: &str, custom: &str) -> Outcome {
        let found = self.ledger.operation(name).ok_or_else(|| missing(name))?;
        match (method, custom) {
            ("GET", "") => Ok(self.shown(call, &found)),
            ("POST", "cancel") => {
                self.ledger.cancel(name);
                Ok(json!({}))
            }
            ("DELETE", "") => {
                self.ledger.forget(name);
                Ok(json!({}))
            }
            _ => Err(missing(&format!("{name}:{custom}"))),
        }
    }

    fn seen(&self, call: &Call, instance: &ledger::Instance) -> Json {
        instance::show(instance, &self.base, call.is_beta())
    }

    /// An operation; a finished one carries what it made.
    fn shown(&self, call: &Call, operation: &ledger::Operation) -> Json {
        let made = self.ledger.instance(&operation.target);
        operation.show(made.map(|instance| self.seen(call, &instance)))
    }
}

/// A list answer: no list when it is empty.
fn listed(name: &str, all: Vec<Json>) -> Json {
    if all.is_empty() {
        json!({})
    } else {
        json!({ name: all })
    }
}
