//! Reads and writes the labels of the table: each writing follows a look at them, and is refused where somebody has
//! changed the table since.

use super::{TableLease, Taken};
use crate::client::ClientError;
use crate::client::bigquery::Patched;
use domain::failure::{Failure, FailureKind};
use domain::table_lease::{self, Claim, Decision};
use std::time::Duration;
use uuid::Uuid;

/// How often the table is read again because somebody changed it in between.
const TRIES: u32 = 10;

impl TableLease {
    pub(super) async fn remove(&self) -> Result<(), Failure> {
        for tries in 1..=TRIES {
            let found = self.shared.output.look().await?;
            if !self.state().lease.may_release(&found.labels) {
                return Ok(());
            }
            match self.shared.output.patch(&Claim::no_labels(), &found.etag).await? {
                Patched::Done { .. } => return Ok(()),
                Patched::Changed => pause(tries).await,
            }
        }
        Err(restless(&self.shared.output.name()))
    }

    pub(super) async fn renew(&self) -> Result<(), Failure> {
        match self.write_if_there(None).await? {
            Taken::Held { .. } | Taken::Beside(_) => Ok(()),
            // Only before anything was held can a run do without.
            Taken::Unprotected(finding) if self.state().unprotected => {
                tracing::warn!(finding.message, "the table is not reserved");
                Ok(())
            }
            Taken::Unprotected(finding) => Err(Failure {
                kind: FailureKind::Unauthorised,
                ..finding.into()
            }),
            Taken::Refused(failure) => Err(failure),
            Taken::Expired(claim) => Err(table_lease::held(&self.shared.output.name(), &claim)),
        }
    }

    /// A pipeline by hand may load into another table than the one that is reserved, and does without a lease on one that is
    /// not there or cannot be read: a chain cannot fill such a table either.
    pub(super) async fn write_if_there(&self, expired: Option<&Claim>) -> Result<Taken, Failure> {
        match self.write(expired).await {
            Err(failure)
                if !failure.can_get_better()
                    && !failure.is_waited_for()
                    && self.state().lease.is_by_hand() =>
            {
                self.state().unprotected = true;
                Ok(Taken::Beside(None))
            }
            taken => taken,
        }
    }

    /// Reads the labels, decides, and writes the claim; again if somebody changes the table in between.
    async fn write(&self, expired: Option<&Claim>) -> Result<Taken, Failure> {
        for tries in 1..=TRIES {
            let sent = self.shared.elapsed.now();
            let found = self.shared.output.look().await?;
            let Some(now) = found.server_time.filter(|_| !found.etag.is_empty()) else {
                let why = "the server's answer has no etag or no date";
                return Ok(self.unprotected(why));
            };
            let decision = self.state().lease.decide(&found.labels, now);
            let carried_on = decision == Decision::Renew;
            if let Some(other) = self.refusal(decision, expired) {
                return Ok(other);
            }
            let claim = {
                let mut state = self.state();
                let claim = state.lease.claim(now);
                state.sent = Some(claim.until);
                claim
            };
            match self.shared.output.patch(&claim.labels(), &found.etag).await {
                Ok(Patched::Done { .. }) => {
                    let mut state = self.state();
                    state.lease.hold(&claim);
                    state.server = Some((now, sent));
                    return Ok(Taken::Held { carried_on });
                }
                Ok(Patched::Changed) => pause(tries).await,
                Err(error) if is_refused(&error) => return Ok(self.unprotected(error.text())),
                Err(error) => return Err(error.into()),
            }
        }
        Err(restless(&self.shared.output.name()))
    }

    /// What else than writing the claim follows from a decision.
    fn refusal(&self, decision: Decision, expired: Option<&Claim>) -> Option<Taken> {
        let name = self.shared.output.name();
        Some(match decision {
            Decision::Take | Decision::Renew => return None,
            Decision::Expired(claim) if expired == Some(&claim) => return None,
            Decision::Expired(claim) => Taken::Expired(claim),
            Decision::Beside(claim) => Taken::Beside(Some(claim)),
            Decision::HeldBy(claim) if self.state().lease.is_by_hand() => {
                Taken::Refused(table_lease::filled_by_chain(&name, &claim.to_string()))
            }
            Decision::HeldBy(claim) => Taken::Refused(table_lease::held(&name, &claim)),
            Decision::Unreadable(why) => Taken::Refused(table_lease::unreadable(&name, &why)),
            Decision::Lost(by) => {
                let failure = table_lease::lost(&name, by.as_ref());
                let mut state = self.state();
                state.lease.let_go();
                state.lost = Some(failure.clone());
                Taken::Refused(failure)
            }
        })
    }

    /// Without a right to write labels. Once the lease was held, others rely on it, and it is not given up.
    fn unprotected(&self, why: &str) -> Taken {
        let mut state = self.state();
        state.unprotected = state.server.is_none();
        drop(state);
        Taken::Unprotected(table_lease::unprotected(&self.shared.output.name(), why))
    }
}

/// The labels could never be written as they were read.
fn restless(table: &str) -> Failure {
    Failure::transient(format!(
        "The table {table} changes all the time, so that its labels could not be changed."
    ))
    .with_remedy("See what else writes to the table, and try again.")
}

/// Whether labels cannot be written, as opposed to not now. A 401 is the identity's trouble, and a 404 the
/// table's.
fn is_refused(error: &ClientError) -> bool {
    let is_lasting = matches!(error.kind, FailureKind::Unauthorised | FailureKind::Permanent);
    is_lasting && !matches!(error.status(), Some(401 | 404) | None)
}

/// A short pause before the table is read again, another one each time.
async fn pause(tries: u32) {
    let [first, ..] = Uuid::new_v4().into_bytes();
    let part = f64::from(first) / f64::from(u8::MAX);
    tokio::time::sleep(Duration::from_millis(100).mul_f64(f64::from(tries) * part)).await;
}
