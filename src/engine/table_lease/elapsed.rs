//! Time that has passed in this process, also while the machine slept.

use crate::clock;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How much time has passed since a beginning; a clone is the same clock.
#[derive(Clone)]
pub struct Elapsed(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Elapsed {
    /// From now on.
    pub fn start() -> Self {
        let beginning = clock::elapsed();
        Self::of(move || clock::elapsed().saturating_sub(beginning))
    }

    pub(super) fn of(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// How much has passed.
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

impl fmt::Debug for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Elapsed").field(&self.now()).finish()
    }
}
