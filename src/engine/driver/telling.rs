//! The end of a run is told outside, as the journal has it. It must never hold up or change the run.

use super::Driver;
use crate::engine::Update;
use domain::event::{Fact, RunEvent};
use domain::run::Run;

impl Driver {
    /// Tells the end that is among these events, if somebody wants to know. That it could not be told is said.
    pub(super) fn tell_end(&mut self, events: &[RunEvent]) {
        let is_end = |event: &RunEvent| matches!(event.fact, Fact::RunEnded { .. });
        let (Some(tell), Some(live)) = (self.parts.tell_end.clone(), &self.live) else {
            return;
        };
        if !events.iter().any(is_end) {
            return;
        }
        let run = live.scheduler.run().id.clone();
        let (parts, updates) = (self.parts.clone(), self.updates.clone());
        self.telling.spawn(async move {
            // The run in memory has the values of secrets, the journal has not.
            let told = match parts.journal.events(&run).await {
                Ok(events) => match Run::replay(&events) {
                    Some(run) => tell(&run).await,
                    None => Ok(()),
                },
                Err(error) => Err(error.failure()),
            };
            if let Err(failure) = told {
                let told = parts.secrets.redact_update(Update::Undone(failure.reason));
                // Without a receiver there is nothing to report.
                let _ = updates.send(told).await;
            }
        });
    }
}
