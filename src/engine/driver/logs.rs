//! The logs of the run that goes on and of those before it, and their end.

use super::{Addressed, Driver};
use crate::engine::clock;
use crate::engine::cloud::Cloud;
use crate::engine::tail::Tails;
use domain::id::DagRunId;
use std::time::Duration;
use tokio::sync::mpsc;

impl Driver {
    /// Ends the logs and the reservations. Answers are not needed any more, but must not fill the channel.
    pub(super) async fn close(mut self, patience: Duration, mut incoming: mpsc::Receiver<Addressed>) {
        let until = clock::now() + patience;
        self.former.extend(self.live.take().map(|live| live.tails));
        self.former.iter_mut().for_each(|tails| tails.close(until));
        let ending = async {
            for tails in &mut self.former {
                tails.finish(until).await;
            }
        };
        tokio::select! {
            () = ending => {}
            () = async { while incoming.recv().await.is_some() {} } => {}
        }
        self.released(Duration::from_secs(5)).await;
    }

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
