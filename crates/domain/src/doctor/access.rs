//! Who may do what: APIs, the role of the service agent, the account of the clusters, and the caller.

use super::place::{APIS, Place, service_account};
use super::policy::{ACT_AS_ROLE, Granted, Policy};
use super::{Check, Examined, Point};
use crate::failure::Failure;
use std::collections::{BTreeMap, BTreeSet};

/// What a run asks of the project, and the role that gives it.
pub const FOR_A_RUN: [(&str, &str); 1] = [("bigquery.jobs.create", "roles/bigquery.jobUser")];

/// What only setting up asks of the project.
pub const FOR_SETUP: [&str; 6] = [
    "serviceusage.services.enable",
    "resourcemanager.projects.setIamPolicy",
    "datafusion.instances.create",
    "bigquery.datasets.create",
    "storage.buckets.create",
    "iam.serviceAccounts.actAs",
];

/// What a run asks of the instance.
pub const ON_INSTANCE: [&str; 2] = ["datafusion.instances.get", "datafusion.pipelines.execute"];

/// What only setting up asks of it.
pub const ON_INSTANCE_FOR_SETUP: [&str; 2] = ["datafusion.instances.update", "datafusion.instances.restart"];

/// The roles of the account of the clusters, and for what.
pub const WORKER_ROLES: [(&str, &str); 6] = [
    ("roles/datafusion.runner", "it reports to the instance"),
    ("roles/dataproc.worker", "its machines are a cluster"),
    ("roles/storage.admin", "it writes to the bucket"),
    ("roles/bigquery.jobUser", "it starts jobs"),
    ("roles/bigquery.dataEditor", "it fills the table"),
    ("roles/cloudsql.client", "it reads Cloud SQL"),
];

/// The role of Data Fusion's service agent in the project.
pub const AGENT_ROLE: &str = "roles/datafusion.serviceAgent";

const NO_NUMBER: &str =
    "The number of the project is not known: its service accounts have it in their names.";

/// Something else was not answered, so that this could not be asked.
fn dependent(check: Check, what: &str) -> Examined {
    Examined::new(check, vec![Point::unknown(what)])
}

/// The project: a number is the proof that it can be seen.
pub fn project(place: &Place, number: &Result<String, Failure>) -> Examined {
    let project = &place.project;
    let point = match number {
        Ok(number) => Point::ok(format!("{project} has the number {number}.")),
        Err(failure) => Point::unanswered(failure),
    };
    Examined::new(Check::Project, vec![point])
}

/// The APIs, each with whether it is enabled. `reads_cloud_sql`: whether the pipeline does, if that is known.
pub fn apis(
    place: &Place,
    answer: &Result<BTreeMap<String, bool>, Failure>,
    reads_cloud_sql: Option<bool>,
) -> Examined {
    let enabled = match answer {
        Ok(enabled) => enabled,
        Err(failure) => return Examined::new(Check::Apis, vec![Point::unanswered(failure)]),
    };
    let is_needed = |api: &str| api != "sqladmin.googleapis.com" || reads_cloud_sql != Some(false);
    let needed = APIS.into_iter().filter(|(api, _)| is_needed(api));
    let (on, off): (Vec<_>, Vec<_>) =
        needed.partition(|(api, _)| enabled.get(*api).copied().unwrap_or_default());
    let mut points = Vec::new();
    if !on.is_empty() {
        points.push(Point::ok(format!(
            "{} are enabled.",
            listed(on.iter().map(|(api, _)| *api))
        )));
    }
    if !off.is_empty() {
        let words: Vec<_> = off.iter().map(|(api, what)| format!("{api} ({what})")).collect();
        let names: Vec<_> = off.iter().map(|(api, _)| *api).collect();
        points.push(
            Point::missing(format!("Not enabled in {}: {}.", place.project, words.join(", ")))
                .run(place.enable(&names)),
        );
    }
    Examined::new(Check::Apis, points)
}

/// The role of Data Fusion's own account in the project.
pub fn agent(place: &Place, number: &Result<String, Failure>, policy: &Result<Policy, Failure>) -> Examined {
    const ROLE: &str = AGENT_ROLE;
    let (number, policy) = match (number, policy) {
        (_, Err(failure)) => return Examined::new(Check::ServiceAgent, vec![Point::unanswered(failure)]),
        (Err(_), _) => return dependent(Check::ServiceAgent, NO_NUMBER),
        (Ok(number), Ok(policy)) => (number, policy),
    };
    let agent = agent_account(number);
    let point = match policy.grants(&agent, ROLE) {
        Granted::Yes => Point::ok(format!("{agent} has {ROLE}.")),
        Granted::Perhaps => Point::unknown(format!(
            "{agent} has {ROLE} only through another role, a group or under a condition, if at all."
        ))
        .advise("If instances or clusters cannot be made, grant the role itself.")
        .run(place.grant(&service_account(&agent), ROLE)),
        Granted::No => Point::missing(format!(
            "{agent} does not have {ROLE}: instances are not made, and runs fail before their cluster is there."
        ))
        .run(format!(
            "gcloud beta services identity create --service=datafusion.googleapis.com {}",
            place.project_option()
        ))
        .run(place.grant(&service_account(&agent), ROLE)),
    };
    Examined::new(Check::ServiceAgent, vec![point])
}

/// Whether the agent may act as the account of the clusters. `own`: the policy of that account.
pub fn act_as(
    place: &Place,
    number: &Result<String, Failure>,
    worker: &Result<String, Failure>,
    own: &Result<Policy, Failure>,
    of_project: &Result<Policy, Failure>,
) -> Examined {
    const ROLE: &str = ACT_AS_ROLE;
    let (number, worker) = match (number, worker) {
        (Err(_), _) => return dependent(Check::ActAs, NO_NUMBER),
        (_, Err(failure)) => return Examined::new(Check::ActAs, vec![Point::unanswered(failure)]),
        (Ok(number), Ok(worker)) => (number, worker),
    };
    let agent = agent_account(number);
    let everywhere = of_project.as_ref().map(|policy| policy.grants(&agent, ROLE));
    let here = own.as_ref().map(|policy| policy.grants(&agent, ROLE));
    let point = match (here, everywhere) {
        (Ok(Granted::Yes), _) => Point::ok(format!("{agent} may act as {worker}.")),
        (_, Ok(Granted::Yes)) => Point::ok(format!(
            "{agent} may act as {worker}, and as any other account of the project."
        )),
        (Err(failure), _) => Point::unanswered(failure),
        (Ok(Granted::Perhaps), _) | (_, Ok(Granted::Perhaps)) => Point::unknown(format!(
            "{agent} may act as {worker} only through another role, a group or under a condition, if at all."
        ))
        .run(place.grant_acting(worker, &service_account(&agent))),
        (Ok(Granted::No), _) => Point::missing(format!(
            "{agent} may not act as {worker}: runs fail with 'User not authorized to act as service account'."
        ))
        .run(place.grant_acting(worker, &service_account(&agent))),
    };
    Examined::new(Check::ActAs, vec![point])
}

/// The roles of the account of the clusters.
pub fn worker(
    place: &Place,
    number: &Result<String, Failure>,
    worker: &Result<String, Failure>,
    policy: &Result<Policy, Failure>,
    reads_cloud_sql: Option<bool>,
) -> Examined {
    let (worker, policy) = match (worker, policy) {
        (_, Err(failure)) => return Examined::new(Check::WorkerAccount, vec![Point::unanswered(failure)]),
        (Err(_), _) if number.is_err() => return dependent(Check::WorkerAccount, NO_NUMBER),
        (Err(failure), _) => return Examined::new(Check::WorkerAccount, vec![Point::unanswered(failure)]),
        (Ok(worker), Ok(policy)) => (worker, policy),
    };
    let is_needed = |role: &str| role != "roles/cloudsql.client" || reads_cloud_sql != Some(false);
    let mut points = Vec::new();
    let mut held = Vec::new();
    for (role, what) in WORKER_ROLES.into_iter().filter(|(role, _)| is_needed(role)) {
        let point = match policy.grants(worker, role) {
            Granted::Yes => {
                held.push(role);
                continue;
            }
            Granted::Perhaps => Point::unknown(format!(
                "{worker} has {role} only through another role, a group or under a condition, if at all ({what})."
            )),
            Granted::No => Point::missing(format!("{worker} does not have {role} on the project ({what}).")),
        };
        points.push(point.run(place.grant(&service_account(worker), role)));
    }
    if !held.is_empty() {
        points.insert(0, Point::ok(format!("{worker} has {}.", listed(held))));
    }
    Examined::new(Check::WorkerAccount, points)
}

/// What the caller may do on the project.
pub fn caller_on_project(place: &Place, granted: &Result<BTreeSet<String>, Failure>) -> Examined {
    let granted = match granted {
        Ok(granted) => granted,
        Err(failure) => return Examined::new(Check::CallerOnProject, vec![Point::unanswered(failure)]),
    };
    let points = FOR_A_RUN.into_iter().map(|(permission, role)| {
        if granted.contains(permission) {
            return Point::ok(format!("The caller has {permission}, which a run needs."));
        }
        Point::missing(format!(
            "The caller does not have {permission}, which a run needs."
        ))
        .advise(ASK_FOR_IT)
        .run(place.grant(&place.caller(), role))
    });
    let points = points.chain(for_setup(granted, &FOR_SETUP)).collect();
    Examined::new(Check::CallerOnProject, points)
}

/// What the caller may do on the instance. The service says nothing of an instance that does not exist, so that an empty
/// answer means something only if `exists`. `in_namespace`: what the namespace says of the right to run pipelines, where
/// the instance does not give it.
pub fn caller_on_instance(
    place: &Place,
    exists: bool,
    granted: &Result<BTreeSet<String>, Failure>,
    in_namespace: Option<&Result<bool, Failure>>,
) -> Examined {
    let Some(instance) = &place.instance else {
        let point = Point::ok("There is no instance: the profile names a CDAP.");
        return Examined::new(Check::CallerOnInstance, vec![point]);
    };
    let granted = match granted {
        Ok(granted) => granted,
        Err(failure) => return Examined::new(Check::CallerOnInstance, vec![Point::unanswered(failure)]),
    };
    let has = |permission: &&str| granted.contains(*permission);
    let without: Vec<_> = ON_INSTANCE.into_iter().filter(|name| !has(name)).collect();
    let in_namespace = in_namespace.filter(|_| without == ["datafusion.pipelines.execute"]);
    let names = listed(without.iter().copied());
    let grant = |point: Point| {
        point
            .advise(ASK_FOR_IT)
            .run(place.grant(&place.caller(), "roles/datafusion.admin"))
    };
    let point = match in_namespace {
        _ if without.is_empty() => {
            Point::ok(format!("The caller has {} on {instance}.", listed(ON_INSTANCE)))
        }
        _ if !exists => Point::unknown(format!(
            "{instance} could not be seen, so that it is not known what the caller may do on it."
        )),
        Some(Ok(true)) => Point::ok(format!(
            "The caller may run pipelines in the namespace {} of {instance}.",
            place.namespace
        )),
        Some(Err(failure)) => Point::unanswered(failure),
        Some(Ok(false)) | None => grant(Point::missing(format!(
            "The caller does not have {names} on {instance}, which a run needs."
        ))),
    };
    let points = [point]
        .into_iter()
        .chain(for_setup(granted, &ON_INSTANCE_FOR_SETUP));
    Examined::new(Check::CallerOnInstance, points.collect())
}

const ASK_FOR_IT: &str = "Somebody who may change the roles of the project grants it.";

/// What setting up would need; a run does without.
fn for_setup(granted: &BTreeSet<String>, permissions: &[&str]) -> Option<Point> {
    let without: Vec<_> = permissions
        .iter()
        .copied()
        .filter(|permission| !granted.contains(*permission))
        .collect();
    (!without.is_empty()).then(|| {
        Point::ok(format!(
            "Only for setting up, the caller does not have {}.",
            listed(without)
        ))
    })
}

/// The account of the clusters in the project of this number: the instance's own, else that of its machines.
pub fn worker_account(number: &str, of_instance: Option<&str>) -> String {
    of_instance.filter(|account| !account.is_empty()).map_or_else(
        || format!("{number}-compute@developer.gserviceaccount.com"),
        str::to_owned,
    )
}

/// The account of Data Fusion itself, its service agent, in the project of this number.
pub fn agent_account(number: &str) -> String {
    format!("service-{number}@gcp-sa-datafusion.iam.gserviceaccount.com")
}

/// `a, b and c`
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    crate::finding::listed(&names)
}

#[cfg(test)]
mod tests;
