//! Making the instance and waiting for it: half an hour in which this program may be ended and started again. Google
//! goes on meanwhile; the operation is found again in the list of the region.

use super::Stopped;
use super::report::Report;
use super::site::Site;
use crate::client::fusion::InstanceState;
use crate::client::{ClientError, Operation};
use crate::engine::now;
use domain::failure::{Failure, FailureKind};
use domain::setup::Step;
use domain::time::human;
use std::time::Duration;
use tokio::time::Instant;

/// From here on it takes longer than usual.
const LONG: Duration = Duration::from_secs(30 * 60);

/// From here on nobody waits any more; Google goes on.
const LONGEST: Duration = Duration::from_secs(90 * 60);

/// The pauses between two looks: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(20));

/// How often a wait is told when nothing else changes.
const TOLD: Duration = Duration::from_secs(60);

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
        let (mut pause, longest) = PAUSES;
        let (mut told, mut last, mut is_warned) = (None::<Instant>, String::new(), false);
        loop {
            let operation = self.operation().await;
            let elapsed = elapsed(operation.as_ref(), begun);
            let found = self.found_instance().await?;
            let detail = operation
                .as_ref()
                .map(|one| one.detail.clone())
                .unwrap_or_default();
            let state = match &found {
                Some(found) if found.ready().is_ok() => return Ok(()),
                Some(found) if matches!(found.state, InstanceState::Down(_)) => {
                    let end = operation.and_then(|one| one.end).and_then(Result::err);
                    let message = end.or(found.state_message.clone());
                    let message = message.unwrap_or_else(|| "no reason given".into());
                    let why = format!("The instance {} is {}: {message}.", self.instance, found.state);
                    let remedy =
                        "Delete it in the Google Cloud console once the reason is mended, and set up again.";
                    return Err(Failure::permanent(why).with_remedy(remedy).into());
                }
                Some(found) => found.state.to_string(),
                None => "not to be seen yet".to_owned(),
            };
            let gap = if detail.is_empty() { "" } else { ": " };
            let line = format!("{} is {state}{gap}{detail}", self.instance);
            if line != last || told.is_none_or(|at| at.elapsed() >= TOLD) {
                report.step(Step::Instance, "wait", &[format!("{line} ({})", human(elapsed))]);
                told = Some(Instant::now());
                last = line;
            }
            if elapsed >= LONG && !is_warned {
                is_warned = true;
                let text = "this takes longer than usual; it is waited for up to 90 minutes";
                report.step(Step::Instance, "wait", &[text.into()]);
            }
            if elapsed >= LONGEST {
                return Err(Stopped::TimedOut(format!(
                    "The instance {} is not ready after {}. It was not cancelled: Google goes on making it.",
                    self.instance,
                    human(elapsed)
                )));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(longest);
        }
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
fn elapsed(operation: Option<&Operation>, begun: Instant) -> Duration {
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
