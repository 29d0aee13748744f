//! The logs of the run that goes on and of those before it.

use super::Driver;
use crate::engine::cloud::Cloud;
use crate::engine::tail::Tails;
use domain::id::DagRunId;

impl Driver {
    /// The logs of a run: those that are followed already, or new ones.
    pub(super) fn tails(&mut self, run: &DagRunId, cloud: &Cloud) -> Tails {
        self.former.extend(self.live.take().map(|live| live.tails));
        self.former
            .retain_mut(|tails| tails.run() == run || !tails.is_over());
        if let Some(place) = self.former.iter().position(|tails| tails.run() == run) {
            return self.former.remove(place);
        }
        let (logs, updates) = (self.parts.logs.clone(), self.updates.clone());
        Tails::new(run, cloud.clone(), logs, updates)
    }
}
