//! What a task looked at before it went on, and found in order. What it did not find in order is a finding.

use crate::secret::Secrets;
use serde::{Deserialize, Serialize};

/// One thing that was looked at, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The variable or thing that it is about, as in a finding.
    pub about: String,
    /// What was seen, in one sentence.
    pub result: String,
}

impl Check {
    /// This is in order.
    pub fn new(about: impl Into<String>, result: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            result: result.into(),
        }
    }

    /// Strikes the secrets in place.
    pub fn redact(&mut self, secrets: &Secrets) {
        secrets.strike_in(&mut self.about);
        secrets.strike_in(&mut self.result);
    }
}
