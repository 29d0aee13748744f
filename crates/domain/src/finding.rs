//! Something worth knowing before or during a run, with what to do about it.

use crate::failure::Failure;
use crate::remedy::{self, Remedy};
use serde::{Deserialize, Serialize};

/// What was found, about what, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The variable, row or thing it is about.
    pub about: String,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do, texts first; empty if there is nothing to do.
    #[serde(flatten, with = "remedy::written")]
    pub remedies: Vec<Remedy>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Probably not what is wanted; a run may begin.
    Warning,
    /// No run may begin.
    Error,
}

impl Finding {
    /// No run may begin because of this.
    pub fn error(about: impl Into<String>, message: impl Into<String>, remedy: impl Into<Remedy>) -> Self {
        Self {
            severity: Severity::Error,
            about: about.into(),
            message: message.into(),
            remedies: vec![remedy.into()],
        }
    }

    /// Probably not what is wanted.
    pub fn warning(about: impl Into<String>, message: impl Into<String>, remedy: impl Into<Remedy>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(about, message, remedy)
        }
    }

    /// A failure that stops nothing.
    pub fn from_failure(about: impl Into<String>, failure: Failure) -> Self {
        Self {
            severity: Severity::Warning,
            about: about.into(),
            message: failure.reason,
            remedies: failure.remedies,
        }
    }

    /// What was found and what to do, in the words of the screen or of a log.
    pub fn text(&self, words: impl FnOnce(&[Remedy]) -> String) -> String {
        remedy::sentences(&self.message, &words(&self.remedies))
    }
}

/// No run may begin, for the reason that was found.
impl From<Finding> for Failure {
    fn from(finding: Finding) -> Self {
        Self::permanent(finding.message).with_remedies(finding.remedies)
    }
}
