//! The clock of this process: it goes on while the machine sleeps, and nobody can set it.
//!
//! Intervals and limits go by it. The wall clock is read once, so that a moment can be shown and written down; what
//! happens to it later (a daylight-saving mistake, a late answer of a time server) ends no wait and begins none.

use domain::time::Timestamp;
use std::sync::OnceLock;
use std::time::Duration;

/// What was read when the process first asked.
struct Beginning {
    wall: Timestamp,
    steady: Steady,
}

fn beginning() -> &'static Beginning {
    static BEGINNING: OnceLock<Beginning> = OnceLock::new();
    BEGINNING.get_or_init(|| Beginning {
        wall: Timestamp::from_millis(chrono::Utc::now().timestamp_millis()),
        steady: Steady::now(),
    })
}

/// How much time has passed since the process first asked, sleep included.
pub fn elapsed() -> Duration {
    beginning().steady.elapsed()
}

/// Seconds that the time zone of this machine is before UTC, at a moment.
pub fn local_offset(at: Timestamp) -> i32 {
    use chrono::{Local, Offset, TimeZone};
    let local = Local.timestamp_millis_opt(at.millis()).earliest();
    local.map_or(0, |local| local.offset().fix().local_minus_utc())
}

/// Now: the wall clock as the process first read it, and what has passed since.
pub fn now() -> Timestamp {
    beginning().wall + elapsed()
}

/// A moment of the system's clock that counts sleep.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
#[derive(Clone, Copy)]
struct Steady(Duration);

#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
impl Steady {
    fn now() -> Self {
        // macOS counts sleep in its monotonic clock; Linux has a clock of its own for that.
        #[cfg(target_os = "macos")]
        let id = rustix::time::ClockId::Monotonic;
        #[cfg(not(target_os = "macos"))]
        let id = rustix::time::ClockId::Boottime;
        let read = rustix::time::clock_gettime(id);
        let seconds = u64::try_from(read.tv_sec).unwrap_or_default();
        Self(Duration::new(
            seconds,
            u32::try_from(read.tv_nsec).unwrap_or_default(),
        ))
    }

    fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

/// Elsewhere the standard library's clock is the best there is; that of Windows counts sleep.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
type Steady = std::time::Instant;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_the_wall_clock_and_never_goes_back() {
        let wall = chrono::Utc::now().timestamp_millis();
        let mut last = now();
        assert!((last.millis() - wall).abs() < 60_000, "{last}");
        for _ in 0..1000 {
            let next = now();
            assert!(next >= last);
            last = next;
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_counts_as_the_system_counts_the_time_since_its_start() {
        let uptime = || -> f64 {
            let text = std::fs::read_to_string("/proc/uptime").unwrap();
            text.split(' ').next().unwrap().parse().unwrap()
        };
        let before = uptime();
        let read = Steady::now().0.as_secs_f64();
        let after = uptime();
        assert!(
            (before - 0.1..=after + 0.1).contains(&read),
            "{before} {read} {after}"
        );
    }
}
