//! Something worth telling before or during a run, with what to do about it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What was found, about what, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The variable, row or thing it is about.
    pub about: String,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do, in one sentence; empty when there is nothing to do.
    pub remedy: String,
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
    pub fn error(about: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            about: about.into(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// Probably not what is wanted.
    pub fn warning(about: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(about, message, remedy)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.remedy.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.remedy)
        }
    }
}
