//! Health, versions, system services, namespaces.
#![expect(
    clippy::unnecessary_wraps,
    reason = "handlers share one signature, also those that never refuse"
)]

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::state::Namespace;
use super::string_map::InOrder;
use serde::Serialize;
use serde_json::json;

const SERVICES: [(&str, &str); 9] = [
    ("appfabric", "Service for managing HTTP handlers."),
    (
        "appfabric.processor",
        "Service for managing application lifecycle.",
    ),
    ("dataset.executor", "Service to perform dataset operations."),
    ("log.saver", "Service to collect and store logs."),
    ("messaging.service", "Service for providing messaging system."),
    ("metadata.service", "Service to perform metadata operations."),
    ("metrics", "Service to handle metrics requests."),
    ("runtime", "Service for the program runtime system."),
    ("transaction", "Service that maintains transaction states."),
];

/// The order in which a real server lists their states: that of a hash map, always the same.
const SERVICES_BY_HASH: [&str; 9] = [
    "messaging.service",
    "appfabric",
    "runtime",
    "dataset.executor",
    "metadata.service",
    "metrics",
    "transaction",
    "appfabric.processor",
    "log.saver",
];

/// `GET /`
pub fn root(_: &Call) -> Outcome {
    Ok(Answer::empty())
}

/// `GET /ping`
pub fn ping(_: &Call) -> Outcome {
    Ok(Answer::text("OK.\n"))
}

/// `GET /status`
pub fn router_status(_: &Call) -> Outcome {
    Ok(Answer::router(200, "text/plain; charset=utf-8", "OK"))
}

/// `GET /v3/version`
pub fn version(call: &Call) -> Outcome {
    Ok(Answer::json(
        &json!({ "version": call.cdap.personality().release() }),
    ))
}

#[derive(Serialize)]
struct Component {
    name: &'static str,
    version: &'static str,
}

/// `GET /v3/versions`
pub fn versions(call: &Call) -> Outcome {
    Ok(Answer::json(&[
        Component {
            name: "cdap",
            version: call.cdap.personality().release(),
        },
        Component {
            name: "sparkcompat",
            version: "spark3_2.12",
        },
        Component {
            name: "zookeeper",
            version: "3.4.5.1405704",
        },
        Component {
            name: "hadoop",
            version: "3.3.6",
        },
    ]))
}

#[derive(Serialize)]
struct Service {
    name: &'static str,
    description: &'static str,
    status: &'static str,
    logs: &'static str,
    min: u8,
    max: u8,
    requested: u8,
    provisioned: u8,
}

/// `GET /v3/system/services`
pub fn services(_: &Call) -> Outcome {
    let service = |(name, description)| Service {
        name,
        description,
        status: "OK",
        // The service that writes logs has none itself (measured).
        logs: if name == "log.saver" { "NOTOK" } else { "OK" },
        min: 1,
        max: 1,
        requested: 1,
        provisioned: 1,
    };
    Ok(Answer::json(&SERVICES.map(service)))
}

/// `GET /v3/system/services/status`
pub fn services_status(_: &Call) -> Outcome {
    let entries = SERVICES_BY_HASH.map(|name| (name.to_owned(), "OK".to_owned()));
    Ok(Answer::json(&InOrder(&entries)))
}

/// `GET /v3/system/services/{service}/status`
pub fn service_status(call: &Call) -> Outcome {
    let name = call.path_param("service");
    if SERVICES.iter().any(|(known, _)| *known == name) {
        return Ok(Answer::json(&json!({ "status": "OK" })));
    }
    let text = format!(
        "No endpoint strategy found for request {} {} HTTP/1.1",
        call.method, call.uri
    );
    Err(Answer::router_error(503, text))
}

#[derive(Serialize)]
struct NamespaceRecord<'a> {
    name: &'a str,
    identity: &'a str,
    description: &'a str,
    generation: i64,
    config: serde_json::Value,
}

fn record<'a>(name: &'a str, namespace: &'a Namespace) -> NamespaceRecord<'a> {
    NamespaceRecord {
        name,
        identity: &namespace.identity,
        description: &namespace.description,
        generation: namespace.generation,
        config: json!({ "scheduler.queue.name": "" }),
    }
}

fn is_valid(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `GET /v3/namespaces`
pub fn namespaces(call: &Call) -> Outcome {
    let state = call.cdap.state();
    let list: Vec<_> = state
        .namespaces
        .iter()
        .map(|(name, namespace)| record(name, namespace))
        .collect();
    Ok(Answer::json(&list))
}

/// `GET /v3/namespaces/{namespace}`
pub fn namespace(call: &Call) -> Outcome {
    let name = call.namespace();
    if !is_valid(name) {
        let text = format!("Invalid namespace ID: {name}. Should only contain alphanumeric characters or _.");
        return Err(Answer::refuse(500, text));
    }
    let state = call.cdap.state();
    match state.namespaces.get(name) {
        Some(namespace) => Ok(Answer::json(&record(name, namespace))),
        None => Err(Answer::not_found(&format!("namespace:{name}"))),
    }
}

/// `PUT /v3/namespaces/{namespace}`
pub fn create_namespace(call: &Call) -> Outcome {
    let name = call.namespace();
    if !is_valid(name) {
        return Err(Answer::refuse(
            400,
            "Namespace id can contain only alphanumeric characters or '_'.",
        ));
    }
    if matches!(name, "default" | "system" | "cdap") {
        let text = format!("Cannot create the namespace '{name}'. '{name}' is a reserved namespace.");
        return Err(Answer::refuse(400, text));
    }
    let body = call.json().ok();
    let mut state = call.cdap.state();
    if state.namespaces.contains_key(name) {
        return Ok(Answer::text(format!("Namespace '{name}' already exists.")));
    }
    let tail = uuid::Uuid::new_v4().simple().to_string();
    let namespace = Namespace {
        identity: format!("{name}-{}", &tail[..15]),
        description: body
            .and_then(|body| body.text_of("description"))
            .unwrap_or_default(),
        generation: call.cdap.clock.now(),
    };
    call.cdap.store.put("namespace", name, &namespace);
    state.namespaces.insert(name.to_owned(), namespace);
    Ok(Answer::text(format!("Namespace '{name}' created successfully.")))
}

/// `DELETE /v3/unrecoverable/namespaces/{namespace}`: with all that is in it.
pub fn delete_namespace(call: &Call) -> Outcome {
    let name = call.namespace();
    call.cdap.state().check_namespace(name)?;
    if name == "default" {
        return Err(Answer::refuse(
            409,
            "Namespace 'default' could not be deleted. Reason: it is a reserved namespace.",
        ));
    }
    let apps: Vec<_> = call
        .cdap
        .state()
        .apps
        .keys()
        .filter(|(of, _)| of == name)
        .cloned()
        .collect();
    for (_, app) in apps {
        call.cdap.delete_app(name, &app)?;
    }
    let keys: Vec<_> = call
        .cdap
        .state()
        .keys
        .keys()
        .filter(|(of, _)| of == name)
        .cloned()
        .collect();
    for (of, key) in keys {
        call.cdap.store.delete("key", &format!("{of}/{key}"));
        call.cdap.state().keys.remove(&(of, key));
    }
    call.cdap.set_preferences(name.to_owned(), Vec::new());
    call.cdap.store.delete("namespace", name);
    call.cdap.state().namespaces.remove(name);
    Ok(Answer::empty())
}
