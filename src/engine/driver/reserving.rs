//! The reservation of the output table: made before a run, kept while it goes on, released at its end.

use super::Driver;
use crate::engine::Update;
use crate::engine::cloud::Cloud;
use crate::engine::reservation::Reservation;
use crate::store::waiting;
use domain::failure::{Failure, FailureKind};
use domain::policy;
use domain::run::Run;
use std::time::Duration;
use tokio::task::JoinSet;

impl Driver {
    /// Reserves the output table of a run, once those of former runs are free again.
    pub(super) async fn reserve(&mut self, cloud: &Cloud, run: &Run) -> Result<Reservation, Failure> {
        self.released(Duration::from_secs(5)).await;
        let parts = self.parts.clone();
        self.patiently(|| Reservation::new(&parts.data, &parts.journal, cloud, run))
            .await
    }

    /// Tries until the disk, or what else is in the way on this machine, is not any more.
    pub(super) async fn patiently<T, F>(&mut self, attempt: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut failures = 0;
        loop {
            match attempt().await {
                Err(failure) if failure.kind == FailureKind::Unsent => {
                    failures += 1;
                    self.say_trouble(waiting(failure)).await;
                    tokio::time::sleep(policy::write_pause(failures)).await;
                }
                outcome => {
                    self.say_trouble_is_over().await;
                    return outcome;
                }
            }
        }
    }

    /// Keeps the reservation of the live run unless that is over. A run that is carried on does not wait for a `start`
    /// to take it.
    pub(super) fn keep_reservation(&mut self, carried_on: bool) {
        self.release_if_over();
        let Some(live) = &mut self.live else { return };
        let lease = live.reservation.as_ref().and_then(Reservation::lease);
        let Some(lease) = lease.filter(|_| live.keeping.is_empty()).cloned() else {
            return;
        };
        live.keeping.spawn(async move {
            if carried_on && let Err(failure) = lease.ensure().await {
                tracing::warn!(reason = failure.reason, "the output table is not reserved");
            }
            let lost = lease.keep().await;
            // Whatever would be started next is refused for the same reason.
            tracing::error!(reason = lost.reason, "the output table belongs to another run");
        });
    }

    /// Releases the reservation of a run that is over, once its end is on disk.
    pub(super) fn release_if_over(&mut self) {
        let over = self
            .live
            .as_mut()
            .filter(|live| live.scheduler.run().state.is_end() && live.outbox.is_empty());
        let Some(live) = over else { return };
        live.keeping = JoinSet::new();
        let Some(reservation) = live.reservation.take() else {
            return;
        };
        self.releasing = reservation.lease().cloned();
        let (secrets, updates) = (self.parts.secrets.clone(), self.updates.clone());
        self.releases.spawn(async move {
            if let Err(failure) = reservation.release().await {
                let told = secrets.redact_update(Update::Undone(failure.reason));
                // Without a receiver there is nothing to report.
                let _ = updates.send(told).await;
            }
        });
    }

    /// Waits until the reservations of former runs are released, for at most so long.
    pub(super) async fn released(&mut self, limit: Duration) {
        let all = async { while self.releases.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(limit, all).await;
    }
}
