//! How many requests are under way at once: each needs a connection, and a process may have only 256 files open.
//! Requests of one kind do not wait for those of another.

use domain::scheduler::Effect;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Of each kind of request that there is for every task.
const AT_ONCE: usize = 12;

pub(super) struct Turns {
    starts: Arc<Semaphore>,
    stops: Arc<Semaphore>,
    looks: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        let turns = || Arc::new(Semaphore::new(AT_ONCE));
        Self {
            starts: turns(),
            stops: turns(),
            looks: turns(),
        }
    }
}

impl Turns {
    /// Those that this effect waits for; none if there is only one of its kind at a time.
    pub fn of(&self, effect: &Effect) -> Option<Arc<Semaphore>> {
        match effect {
            Effect::Start { .. } => Some(self.starts.clone()),
            Effect::Stop { .. } => Some(self.stops.clone()),
            Effect::LookAt { .. } | Effect::Explain { .. } => Some(self.looks.clone()),
            Effect::Preflight
            | Effect::Truncate { .. }
            | Effect::LookAtTruncate { .. }
            | Effect::CancelTruncate { .. }
            | Effect::ReadConfiguration
            | Effect::SaveArguments(_)
            | Effect::List { .. }
            | Effect::Count { .. } => None,
        }
    }

    /// Waits for a turn, which ends when this is dropped.
    pub async fn take(turns: Option<Arc<Semaphore>>) -> Option<OwnedSemaphorePermit> {
        // They are never closed.
        turns?.acquire_owned().await.ok()
    }
}
