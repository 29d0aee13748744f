//! The plan of a run without the run: only reads, takes no lease, and writes nothing, not even to the
//! journal.

use super::SharedSecrets;
use super::cloud::{Cloud, Known};
use crate::client::Client;
use domain::failure::Failure;
use domain::finding::{Finding, Severity};
use domain::id::DagRunId;
use domain::plan::Plan;
use domain::request::RunRequest;
use std::collections::BTreeSet;

/// The plan as the run's `start` would judge it once these runs are settled, without secrets; what cannot be read is
/// an error of it.
pub async fn dry_run(
    client: impl Future<Output = Result<Client, Failure>>,
    secrets: &SharedSecrets,
    request: RunRequest,
    settled: &BTreeSet<DagRunId>,
) -> Plan {
    secrets.learn_request(&request);
    // Boxed: the future is large, and is made once.
    secrets.redact_plan(Box::pin(plan(client, secrets, request, settled)).await)
}

async fn plan(
    client: impl Future<Output = Result<Client, Failure>>,
    secrets: &SharedSecrets,
    request: RunRequest,
    settled: &BTreeSet<DagRunId>,
) -> Plan {
    let mut plan = Plan::new(request.clone(), None);
    if plan.error().is_some() {
        return plan;
    }
    match judged(client, secrets, &request, settled).await {
        Ok(judged) => judged,
        Err(failure) => {
            plan.add([Finding::from_failure("start", failure).with_severity(Severity::Error)]);
            plan
        }
    }
}

async fn judged(
    client: impl Future<Output = Result<Client, Failure>>,
    secrets: &SharedSecrets,
    request: &RunRequest,
    settled: &BTreeSet<DagRunId>,
) -> Result<Plan, Failure> {
    let cloud = Cloud::new(&client.await?, secrets, &request.variables);
    let known = Known {
        own: None,
        former: &BTreeSet::new(),
        settled,
    };
    // Boxed: the checks run side by side, which makes a large future.
    Box::pin(cloud.preflight(request, known)).await
}
