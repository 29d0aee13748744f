//! Compute profiles and provisioners: `native`, and `dataproc` as Data Fusion has it. Whichever a run asks for, everything
//! runs here.
#![expect(
    clippy::unnecessary_wraps,
    reason = "handlers share one signature, also those that never refuse"
)]

use super::answer::{Answer, Outcome};
use super::call::Call;
use serde::Serialize;
use std::collections::BTreeMap;

const NATIVE: &str = "native";
const DATAPROC: &str = "dataproc";
const GCP_DATAPROC: &str = "gcp-dataproc";

/// What asks for a profile: `SYSTEM:dataproc`.
pub const PROFILE_ARGUMENT: &str = "system.profile.name";

/// The system profile that these arguments ask for; `native` if they ask for none, or for one that there is not.
pub fn chosen(arguments: &BTreeMap<String, String>) -> &'static str {
    match arguments
        .get(PROFILE_ARGUMENT)
        .and_then(|text| text.split_once(':'))
    {
        Some((_, DATAPROC)) => DATAPROC,
        _ => NATIVE,
    }
}

/// What makes the clusters of a profile.
pub struct ProvisionerUse {
    pub name: &'static str,
    /// Whether the program runs beside CDAP or on a cluster of its own.
    pub cluster_mode: &'static str,
}

/// What makes the clusters of a system profile.
pub fn provisioner_of(profile: &str) -> ProvisionerUse {
    match profile {
        DATAPROC => ProvisionerUse {
            name: GCP_DATAPROC,
            cluster_mode: "ISOLATED",
        },
        _ => ProvisionerUse {
            name: NATIVE,
            cluster_mode: "ON_PREMISE",
        },
    }
}

/// Whether there is a system profile of this name.
pub fn is_system(name: &str) -> bool {
    [NATIVE, DATAPROC].contains(&name)
}

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

fn dataproc(call: &Call) -> Profile {
    Profile {
        name: DATAPROC,
        label: "Dataproc",
        description: "Runs programs on a Dataproc cluster; in the sandbox they run here.",
        provisioner: ProfileProvisioner {
            name: GCP_DATAPROC,
            properties: [],
            total_processing_cpus_label: "Custom",
        },
        ..native(call)
    }
}

/// `GET /v3/profiles`, `GET {N}/profiles`: a namespace has none of its own.
pub fn list(call: &Call) -> Outcome {
    if !call.namespace().is_empty() {
        return Ok(Answer::raw_json(b"[]".to_vec()));
    }
    Ok(Answer::json(&[native(call), dataproc(call)]))
}

/// `GET /v3/profiles/{profile}`, `GET {N}/profiles/{profile}`
pub fn one(call: &Call) -> Outcome {
    let (namespace, name) = (call.namespace(), call.path_param("profile"));
    match name {
        NATIVE if namespace.is_empty() => return Ok(Answer::json(&native(call))),
        DATAPROC if namespace.is_empty() => return Ok(Answer::json(&dataproc(call))),
        _ => {}
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
