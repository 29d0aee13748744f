//! The sandbox's clock: real time, scaled durations.
//!
//! Times are the machine's, so that a client may compare them with its own clock. Only durations are divided by the
//! speed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often changes of runs become visible, as measured on real servers.
const TICK: Duration = Duration::from_secs(2);
/// From STARTING to the first line of work, as measured.
const LAUNCH: Duration = Duration::from_millis(300);
/// How long an execution takes at least, so that a person can watch it.
const WORK: Duration = Duration::from_millis(6400);
/// From writing a log line until it can be read.
const LOG_DELAY: Duration = Duration::from_millis(100);

/// Reads the time and scales durations.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    speed: f64,
}

impl Clock {
    /// A clock whose durations are `speed` times shorter than measured. A speed that is not a positive number is 1.
    pub fn new(speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self { speed }
    }

    /// Now, in milliseconds since 1970.
    #[expect(clippy::unused_self, reason = "all times come from a clock")]
    pub fn now(self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// How often changes of runs become visible.
    pub fn tick(self) -> Duration {
        self.scaled(TICK).max(Duration::from_millis(5))
    }

    /// From STARTING to the first line of work.
    pub fn launch(self) -> Duration {
        self.scaled(LAUNCH)
    }

    /// How long an execution takes at least.
    pub fn work(self) -> Duration {
        self.scaled(WORK)
    }

    /// How old a log line must be to be readable, in milliseconds. At least 3, because a page must not end in a
    /// millisecond in which lines are still written.
    pub fn log_delay(self) -> i64 {
        i64::try_from(self.scaled(LOG_DELAY).as_millis())
            .unwrap_or(100)
            .max(3)
    }

    /// How many times faster than measured.
    pub fn speed(self) -> f64 {
        self.speed
    }

    /// How long a measured duration takes here.
    pub fn scaled(self, duration: Duration) -> Duration {
        Duration::try_from_secs_f64(duration.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }

    /// The measured duration that takes so long here; the reverse of [`Self::scaled`].
    pub fn unscaled(self, duration: Duration) -> Duration {
        Duration::try_from_secs_f64(duration.as_secs_f64() * self.speed).unwrap_or(Duration::MAX)
    }
}
