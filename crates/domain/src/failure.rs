//! Why something failed, whether it can get better, and what to do next.
//!
//! Every layer's error ends here before it reaches the journal or the screen. The texts are for a
//! person: one sentence each, no stack traces, no secrets.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A failure of a task or of one of its tries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What sort of failure it is; decides about retries.
    pub kind: FailureKind,
    /// What failed and why, in one sentence.
    pub reason: String,
    /// What to do next, if there is something to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The one error taxonomy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// It may work the next time: a broken connection, an overloaded server, a failed run.
    Transient,
    /// It will fail again until somebody changes something: 400, 404, an unresolved macro.
    Permanent,
    /// The identity is missing or may not do this: 401, 403.
    Unauthorised,
    /// The effect may or may not have happened: an answer was lost.
    Ambiguous,
}

impl Failure {
    /// A failure that may be gone the next time.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Transient,
            reason: reason.into(),
            remedy: None,
        }
    }

    /// A failure that stays until somebody changes something.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Permanent,
            reason: reason.into(),
            remedy: None,
        }
    }

    /// The same failure with what to do next.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Whether another try makes sense (promise 5: retry only what can get better).
    pub fn can_get_better(&self) -> bool {
        matches!(self.kind, FailureKind::Transient | FailureKind::Ambiguous)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(remedy) = &self.remedy else {
            return f.write_str(&self.reason);
        };
        // Servers end their sentences or do not.
        let stop = if self.reason.ends_with(['.', '!', '?', '…']) {
            ""
        } else {
            "."
        };
        write!(f, "{}{stop} {remedy}", self.reason)
    }
}
