//! Time that has passed in this process, also while the machine slept.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How much time has passed since a beginning; a clone is the same clock.
///
/// The steady clock stands still while a machine sleeps, and the wall clock can be set: the later one of the two
/// counts, because a lease that is taken for over too early costs one look, and one too late the rows.
#[derive(Clone)]
pub struct Elapsed(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Elapsed {
    /// From now on.
    pub fn start() -> Self {
        let (steady, wall) = (Instant::now(), SystemTime::now());
        Self::of(move || steady.elapsed().max(wall.elapsed().unwrap_or_default()))
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
