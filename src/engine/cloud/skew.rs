//! How far this machine's clock and those of the services are apart.
//!
//! It changes no decision but what a list is asked for (`engine/clock.rs`); it is said, because times, and the windows
//! of loads, go by this machine's clock.

use super::Cloud;
use crate::client::ServerTime;
use crate::engine::clock;
use domain::finding::Finding;
use domain::service::Service;
use domain::time::{Timestamp, human};
use std::time::Duration;

/// A clock that is further off is said.
const NOTABLE: Duration = Duration::from_secs(60);

impl Cloud {
    /// The clock of CDAP, or of whatever stands before it. Google's services share theirs.
    pub fn server_time(&self) -> Option<ServerTime> {
        let client = &self.shared.client;
        [Service::Cdap, Service::DataFusion, Service::BigQuery]
            .into_iter()
            .find_map(|service| client.server_time(service))
    }

    /// What is to be said of this machine's clock.
    pub(super) fn check_clock(&self) -> Option<Finding> {
        let server = self.server_time()?;
        skew(clock::now(), server.earliest(), server.latest())
    }
}

/// At this moment it is between `earliest` and `latest` there.
fn skew(now: Timestamp, earliest: Timestamp, latest: Timestamp) -> Option<Finding> {
    let (ahead, behind) = (now.since(latest), now.until(earliest));
    let (off, word) = if ahead > behind {
        (ahead, "ahead of")
    } else {
        (behind, "behind")
    };
    (off > NOTABLE).then(|| {
        Finding::warning(
            "clock",
            format!("The clock of this machine is {} {word} the services'.", human(off)),
            "Set it right, best by a time server (timedatectl set-ntp true). Until then times are shown by it, and \
             logical.start.time, by which pipelines choose what they load, is off by as much.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_by_more_than_a_minute_is_said() {
        let now = Timestamp::from_seconds(100_000);
        for (earliest, latest, words) in [
            (0, 1, None),
            (-61, -60, None),
            (-3000, 3000, None),
            (59, 60, None),
            (-602, -600, Some("is 10m 00s ahead of")),
            (3720, 3721, Some("is 1h 02m behind")),
        ] {
            let at = |seconds: i64| Timestamp::from_seconds(100_000 + seconds);
            let found = skew(now, at(earliest), at(latest)).map(|finding| finding.message);
            match (found, words) {
                (Some(found), Some(words)) => assert!(found.contains(words), "{found}"),
                (found, words) => assert_eq!(found.as_deref(), words),
            }
        }
    }
}
