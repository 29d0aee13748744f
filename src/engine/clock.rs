//! The clock of a run, and what it makes of a server's.
//!
//! A run that is carried on may have been journalled by a clock that was ahead of today's: its own clock does not
//! begin before its last event, so that its time goes on. Wall time is for display only.

use crate::client::ServerTime;
use domain::event::RunEvent;
use domain::time::Timestamp;
use std::time::Duration;

pub use crate::clock::{local_offset, now};

/// A run's clock: as [`now`], but never before the run's last event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RunClock {
    ahead: Duration,
}

impl RunClock {
    /// Of a run that is carried on after these events.
    pub fn carried_on(events: &[RunEvent]) -> Self {
        Self::after(events.last().map(|last| last.at).unwrap_or_default())
    }

    fn after(last: Timestamp) -> Self {
        Self {
            ahead: now().until(last),
        }
    }

    /// Now.
    pub fn now(self) -> Timestamp {
        now() + self.ahead
    }

    /// Sleeps until this clock shows the moment; for ever without one.
    pub async fn sleep_until(self, moment: Option<Timestamp>) {
        sleep_until(moment.map(|moment| moment - self.ahead)).await;
    }

    /// From when on a server is to be asked for what began at `since` by this clock. Only ever earlier: a list that
    /// is too long is read, and one that is too short hides a run.
    pub fn on_server(self, since: Timestamp, server: Option<ServerTime>) -> Timestamp {
        let ahead = server.map_or(self.ahead, |server| self.now().since(server.latest()));
        since - ahead
    }
}

/// Sleeps until [`now`] shows the moment; for ever without one.
///
/// Sleeps in slices: the runtime's timers stand still while a machine sleeps.
pub(super) async fn sleep_until(moment: Option<Timestamp>) {
    let Some(moment) = moment else {
        return std::future::pending().await;
    };
    loop {
        let left = now().until(moment);
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(Duration::from_secs(5))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_run_that_is_carried_on_does_not_go_back_in_time() {
        let last = now() + HOUR;
        let clock = RunClock::after(last);
        let first = clock.now();
        assert!(first >= last && first.since(last) < HOUR, "{first}");
        let clock = RunClock::after(now() - HOUR);
        assert_eq!(clock.ahead, Duration::ZERO);
    }

    #[test]
    fn a_server_is_asked_by_its_own_clock() {
        let clock = RunClock::default();
        let (now, since) = (clock.now(), clock.now() - HOUR);
        for (server, earlier) in [
            // What the server says is cut to seconds.
            (now - 10 * Duration::from_secs(60), Duration::from_secs(598)),
            (now, Duration::ZERO),
            (now + HOUR, Duration::ZERO),
        ] {
            let asked = clock.on_server(since, Some(ServerTime::read_now(server)));
            let shift = asked.until(since);
            assert!(
                shift >= earlier && shift < earlier + Duration::from_secs(60),
                "{server}: {shift:?}"
            );
        }
        assert_eq!(clock.on_server(since, None), since);
    }
}
