//! That a person has dealt with a task outside, beside its state and never in its place.

use super::{Task, TaskKind};
use crate::state::TaskState;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// That a person has dealt with a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// When that was said.
    pub at: Timestamp,
    /// How or why, if that was said too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Task {
    /// Whether a person can say of it that it was dealt with: it is over, and did not succeed. `end` follows from the
    /// others.
    pub fn can_be_handled(&self) -> bool {
        self.is_over() && self.state != TaskState::Success && self.kind != TaskKind::End
    }

    /// That a person has dealt with it, as long as it has not gone on since.
    pub fn handled(&self) -> Option<&Handled> {
        self.handled.as_ref().filter(|_| self.can_be_handled())
    }
}
