//! Why something failed, whether it can get better, and what to do next.
//!
//! Every layer's error becomes one of these before it reaches the journal or the screen. The texts are
//! for a person: one sentence each, no stack traces, no secrets.

use crate::remedy::{self, Remedy};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A failure of a task or of one of its tries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What sort of failure it is; decides about retries.
    pub kind: FailureKind,
    /// What failed and why, in one sentence.
    pub reason: String,
    /// What to do next, texts first; empty if there is nothing to do.
    #[serde(flatten, with = "remedy::optional")]
    pub remedies: Vec<Remedy>,
}

/// What a failure means for the next step: the one taxonomy of every layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Nothing lasting happened, and it may work the next time: a broken connection, a failed run.
    Transient,
    /// Nothing happened, and it will fail again until somebody changes something: 400, 404, a macro
    /// without a value.
    Permanent,
    /// The identity may not do this: 403.
    Unauthorised,
    /// The effect may or may not have happened: an answer was lost. Look before it is repeated.
    Ambiguous,
    /// Nothing happened: another run holds the output table. It passes when that run ends, which may take
    /// hours, so it is not tried again.
    Held,
    /// Nothing happened; the service asks to be called later: 429, quotas. Written as `transient`, as
    /// journals have always had it: after the pause the two mean the same.
    #[serde(rename = "transient", skip_deserializing)]
    Busy,
    /// The request certainly did not leave, or was certainly not executed: no connection, no token to be had,
    /// no file descriptor. It waits, and is never counted as a try. Written as `transient`, for the same reason.
    #[serde(rename = "transient", skip_deserializing)]
    Unsent,
    /// Nothing happened, for want of an identity: a login that does not hold any more, a token of another account than the
    /// run's, 401. Nothing begins with it; what has begun waits until somebody has logged in again, without counting a
    /// try. Written as `unauthorised`, as journals have always had it.
    #[serde(rename = "unauthorised", skip_deserializing)]
    Unidentified,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}

impl Failure {
    /// A failure without a remedy.
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            remedies: Vec::new(),
        }
    }

    /// A failure that may be gone the next time.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::new(FailureKind::Transient, reason)
    }

    /// A failure that stays until somebody changes something.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::new(FailureKind::Permanent, reason)
    }

    /// A failure that leaves open whether the effect happened.
    pub fn ambiguous(reason: impl Into<String>) -> Self {
        Self::new(FailureKind::Ambiguous, reason)
    }

    /// The same failure with this as its only remedy.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<Remedy>) -> Self {
        self.with_remedies([remedy.into()])
    }

    /// The same failure with these remedies and no others; texts come first.
    #[must_use]
    pub fn with_remedies(mut self, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        self.remedies = remedies.into_iter().collect();
        self
    }

    /// The same failure of something that had to be done first: the request itself was not sent.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        if self.can_get_better() {
            self.kind = FailureKind::Unsent;
        }
        self
    }

    /// Whether certainly nothing was done, and a run that has begun waits for a way or an identity without counting a try.
    pub fn is_waited_for(&self) -> bool {
        matches!(self.kind, FailureKind::Unsent | FailureKind::Unidentified)
    }

    /// Whether another try makes sense (promise 5: retry only what can get better).
    pub fn can_get_better(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Transient | FailureKind::Ambiguous | FailureKind::Busy | FailureKind::Unsent
        )
    }

    /// The reason and what to do next, in the words of the screen or of a log.
    pub fn text(&self, words: impl FnOnce(&[Remedy]) -> String) -> String {
        remedy::sentences(&self.reason, &words(&self.remedies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_knows_five_kinds() {
        let written = |kind| serde_json::to_value(Failure::new(kind, "")).unwrap()["kind"].clone();
        for (kind, name) in [
            (FailureKind::Transient, "transient"),
            (FailureKind::Permanent, "permanent"),
            (FailureKind::Unauthorised, "unauthorised"),
            (FailureKind::Ambiguous, "ambiguous"),
            (FailureKind::Held, "held"),
            (FailureKind::Busy, "transient"),
            (FailureKind::Unsent, "transient"),
            (FailureKind::Unidentified, "unauthorised"),
        ] {
            assert_eq!(written(kind), name);
            let read: FailureKind = serde_json::from_value(name.into()).unwrap();
            let is_read_as_another = matches!(
                kind,
                FailureKind::Busy | FailureKind::Unsent | FailureKind::Unidentified
            );
            assert!(read == kind || is_read_as_another, "{kind:?}");
        }
    }
}
