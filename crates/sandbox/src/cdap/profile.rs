//! Compute profiles and provisioners: only `native`, which runs everything here.
#![expect(
    clippy::unnecessary_wraps,
    reason = "handlers share one signature, also those that never refuse"
)]

use super::answer::{Answer, Outcome};
use super::call::Call;
use serde::Serialize;

const NATIVE: &str = "native";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    name: &'static str,
    label: &'static str,
    description: &'static str,
    scope: &'static str,
    status: &'static str,
    provisioner: ProfileProvisioner,
    /// In seconds since 1970.
    created: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileProvisioner {
    name: &'static str,
    properties: [(); 0],
    total_processing_cpus_label: &'static str,
}

fn native(call: &Call) -> Profile {
    Profile {
        name: NATIVE,
        label: NATIVE,
        description: "Runs programs locally on the cluster",
        scope: "SYSTEM",
        status: "ENABLED",
        provisioner: ProfileProvisioner {
            name: NATIVE,
            properties: [],
            total_processing_cpus_label: "Custom",
        },
        created: call.cdap.started_at / 1000,
    }
}

/// `GET /v3/profiles`, `GET {N}/profiles`: a namespace has none of its own.
pub fn list(call: &Call) -> Outcome {
    if !call.namespace().is_empty() {
        return Ok(Answer::raw_json(b"[]".to_vec()));
    }
    Ok(Answer::json(&[native(call)]))
}

/// `GET /v3/profiles/{profile}`, `GET {N}/profiles/{profile}`
pub fn one(call: &Call) -> Outcome {
    let (namespace, name) = (call.namespace(), call.path_param("profile"));
    if namespace.is_empty() && name == NATIVE {
        return Ok(Answer::json(&native(call)));
    }
    let owner = if namespace.is_empty() { "system" } else { namespace };
    Err(Answer::not_found(&format!("profile:{owner}.{name}")))
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Provisioner {
    name: &'static str,
    label: &'static str,
    description: &'static str,
    configuration_groups: [(); 0],
    beta: bool,
}

const PROVISIONER: Provisioner = Provisioner {
    name: NATIVE,
    label: "Native",
    description: "Runs programs on the CDAP master cluster. Does not provision any resources.",
    configuration_groups: [],
    beta: false,
};

/// `GET /v3/provisioners`
pub fn provisioners(_: &Call) -> Outcome {
    Ok(Answer::json(&[PROVISIONER]))
}

/// `GET /v3/provisioners/{provisioner}`
pub fn provisioner(call: &Call) -> Outcome {
    match call.path_param("provisioner") {
        NATIVE => Ok(Answer::json(&PROVISIONER)),
        other => Err(Answer::refuse(404, format!("Provisioner {other} not found"))),
    }
}
