//! The sandbox's clock: real moments, scaled spans.
//!
//! Moments are the machine's own, so that a client may compare them with its clock; only waiting is
//! divided by the speed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What every change of a run waits for, as measured on real servers.
const GRID: Duration = Duration::from_secs(2);
/// From STARTING to the first line of work, as measured.
const LAUNCH: Duration = Duration::from_millis(300);
/// The least that a run works, so that a person can watch it.
const WORK: Duration = Duration::from_millis(6400);
/// From writing a log line to its being readable.
const LOG_DELAY: Duration = Duration::from_millis(100);

/// Reads the time and scales spans.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    speed: f64,
}

impl Clock {
    /// A clock that waits `speed` times shorter than measured; nonsense counts as 1.
    pub fn new(speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self { speed }
    }

    /// Now, in milliseconds since 1970.
    pub fn now(self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// The period in which changes of runs become visible.
    pub fn grid(self) -> Duration {
        self.scaled(GRID).max(Duration::from_millis(5))
    }

    /// From STARTING to the first line of work.
    pub fn launch(self) -> Duration {
        self.scaled(LAUNCH)
    }

    /// The least that an execution should take.
    pub fn work(self) -> Duration {
        self.scaled(WORK)
    }

    /// How old a log line must be to be readable, in milliseconds. Never under 3, because a page
    /// must not be cut in the middle of a millisecond that still fills up.
    pub fn log_delay(self) -> i64 {
        i64::try_from(self.scaled(LOG_DELAY).as_millis())
            .unwrap_or(100)
            .max(3)
    }

    /// How much faster than measured.
    pub fn speed(self) -> f64 {
        self.speed
    }

    /// A span as long as it takes here.
    pub fn scaled(self, span: Duration) -> Duration {
        Duration::try_from_secs_f64(span.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }

    /// A span that took place here, as long as it is told.
    pub fn told(self, span: Duration) -> Duration {
        Duration::try_from_secs_f64(span.as_secs_f64() * self.speed).unwrap_or(Duration::MAX)
    }
}
