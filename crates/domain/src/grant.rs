//! A role that a member has, or should have.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A member and a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// `roles/datafusion.serviceAgent`
    pub role: String,
    /// `serviceAccount:name@project.iam.gserviceaccount.com`, `user:name@example.com`
    pub member: String,
}

impl Grant {
    /// A role for a member.
    pub fn new(role: impl Into<String>, member: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            member: member.into(),
        }
    }
}

/// As in `roles/x for user:y`.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.role, self.member)
    }
}
