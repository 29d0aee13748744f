//! Making the instance and waiting for it: half an hour in which this program may be ended and started again. Google
//! goes on meanwhile; the operation is found again in the list of the region.

use super::Stopped;
use super::report::Report;
use super::site::Site;
use crate::client::fusion::{Instance, InstanceState};
use crate::client::{ClientError, Operation};
use crate::engine::now;
use domain::failure::{Failure, FailureKind};
use domain::setup::{Step, Waiting};
use domain::time::human;
use std::time::Duration;
use tokio::time::Instant;

impl Site {
    /// Asks for the instance, and waits until it can be used.
    pub(super) async fn make_instance(&self, report: &mut Report) -> Result<(), Stopped> {
        let fusion = self.client.fusion();
        match fusion.create(self.instance_name(), self.wishes.edition).await {
            Ok(_) => {}
            // Somebody else was faster, or an answer was lost: what is there now is waited for.
            Err(error) if error.service_status() == Some(409) => {}
            Err(error) if error.kind == FailureKind::Ambiguous => {
                if self.found_instance().await?.is_none() {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(explained(error).into()),
        }
        self.wait_for_instance(report).await
    }

    /// Waits until the instance can be used.
    pub(super) async fn wait_for_instance(&self, report: &mut Report) -> Result<(), Stopped> {
        let begun = Instant::now();
        let mut waiting = Waiting::default();
        loop {
            let operation = self.operation().await;
            let seen = match self.found_instance().await {
                Ok(Some(found)) if found.ready().is_ok() => return Ok(()),
                Ok(Some(found)) if matches!(found.state, InstanceState::Down(_)) => {
                    return Err(self.broken(&found, operation).into());
                }
                Ok(Some(found)) => {
                    let detail = operation.as_ref().map(|one| one.detail.as_str());
                    let detail = detail.filter(|text| !text.is_empty());
                    let detail = detail.map_or_else(String::new, |text| format!(": {text}"));
                    format!("{} is {}{detail}", self.instance, found.state)
                }
                Ok(None) => format!("{} is not to be seen yet", self.instance),
                // In half an hour a network may go away and come back.
                Err(error) if error.kind == FailureKind::Transient || error.kind == FailureKind::Unsent => {
                    format!("{} cannot be looked at now: {error}", self.instance)
                }
                Err(error) => return Err(error.into()),
            };
            let age = age(operation.as_ref(), begun);
            let turn = waiting.turn(begun.elapsed(), age, &seen);
            for line in turn.lines {
                report.step(Step::Instance, "wait", &[line]);
            }
            let Some(pause) = turn.pause else {
                return Err(Stopped::TimedOut(format!(
                    "The instance {} is not ready after {}. It was not cancelled: Google goes on making it.",
                    self.instance,
                    human(age)
                )));
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Why an instance will not become usable by itself.
    fn broken(&self, found: &Instance, operation: Option<Operation>) -> Failure {
        let end = operation.and_then(|one| one.end).and_then(Result::err);
        let message = end.or(found.state_message.clone());
        let message = message.unwrap_or_else(|| "no reason given".into());
        let why = format!("The instance {} is {}: {message}.", self.instance, found.state);
        Failure::permanent(why)
            .with_remedy("Delete it in the Google Cloud console once the reason is mended, and set up again.")
    }

    /// The newest operation on the instance. Who may not list operations sees the state of the instance all the same.
    async fn operation(&self) -> Option<Operation> {
        let fusion = self.client.fusion();
        let all = fusion.operations(&self.project, &self.location).await.ok()?;
        let target = format!("/instances/{}", self.instance);
        all.into_iter()
            .filter(|one| one.target.ends_with(&target))
            .max_by_key(|one| (one.end.is_none(), one.created))
    }
}

/// Since when it is at work, by the operation's own beginning if it is known: this program may have been started again.
fn age(operation: Option<&Operation>, begun: Instant) -> Duration {
    let created = operation.and_then(|one| one.created);
    let since = created.map_or(Duration::ZERO, |created| now().since(created));
    since.max(begun.elapsed())
}

/// An empty refusal is what a missing grant of the workers' account looks like.
fn explained(error: ClientError) -> Failure {
    let is_empty = error.service_status() == Some(400) && error.text().is_empty();
    let failure = Failure::from(error);
    if is_empty {
        return failure.with_remedy("Check the roles of the service agent and of the workers' account.");
    }
    failure
}
