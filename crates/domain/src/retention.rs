//! How long ended runs stay in the journal.

use crate::id::DagRunId;
use crate::summary::RunSummary;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An ended run is removed if it is older than `days` and not one of the newest `runs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How old the end of a run may be, seen from the start of the newest run.
    pub days: u32,
    /// How many runs stay however old they are.
    pub runs: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 90, runs: 100 }
    }
}

impl Retention {
    /// The runs that have been kept for long enough, the oldest first; `runs` are all, the newest first. A run without
    /// an end is never one of them. Age is counted from the newest run and not from a clock, so that neither a wrong
    /// clock nor a long pause empties the journal.
    pub fn expired(&self, runs: &[RunSummary]) -> Vec<DagRunId> {
        let Some(newest) = runs.first() else {
            return Vec::new();
        };
        let kept = usize::try_from(self.runs).unwrap_or(usize::MAX).max(1);
        let longest = DAY.saturating_mul(self.days);
        let is_old = |run: &&RunSummary| {
            run.ended
                .is_some_and(|ended| ended < newest.started && newest.started.since(ended) > longest)
        };
        let expired = runs.iter().skip(kept).filter(is_old);
        expired.rev().map(|run| run.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::RunState;
    use crate::time::Timestamp;
    use std::collections::BTreeMap;

    /// A run that began on a day and ended after so many hours, if it did.
    fn run(id: &str, day: i64, hours: Option<i64>) -> RunSummary {
        let seconds = day * 24 * 60 * 60;
        RunSummary {
            id: id.into(),
            profile: String::new(),
            pipeline: String::new(),
            output_table: String::new(),
            started: Timestamp::from_seconds(seconds),
            ended: hours.map(|hours| Timestamp::from_seconds(seconds + hours * 60 * 60)),
            state: RunState::Success,
            counts: BTreeMap::new(),
            total: 0,
            handled: 0,
            watched: None,
        }
    }

    #[test]
    fn old_ended_runs_expire_but_never_the_newest_and_never_an_open_one() {
        let runs = [
            run("today", 100, None),
            run("yesterday", 99, Some(1)),
            run("long", 9, Some(2 * 24)),
            run("old", 9, Some(1)),
            run("open", 5, None),
            run("oldest", 1, Some(1)),
        ];
        for (days, kept, expected) in [
            (90, 1, &["oldest", "old"][..]),
            (90, 4, &["oldest"]),
            (90, 100, &[]),
            (0, 1, &["oldest", "old", "long", "yesterday"]),
            (0, 0, &["oldest", "old", "long", "yesterday"]),
            (365, 0, &[]),
            (u32::MAX, 0, &[]),
        ] {
            let retention = Retention { days, runs: kept };
            let expired: Vec<_> = retention.expired(&runs).iter().map(ToString::to_string).collect();
            assert_eq!(expired, expected, "{retention:?}");
        }
        assert_eq!(Retention::default().expired(&[]), []);
    }

    #[test]
    fn a_clock_that_is_years_ahead_or_behind_removes_no_more() {
        let runs: Vec<_> = (0..200)
            .rev()
            .map(|day| run("r", 20_000 + day, Some(1)))
            .collect();
        let before = Retention::default().expired(&runs).len();
        // The listing is by start: a run of a clock that was behind is the oldest.
        let behind = [runs.as_slice(), &[run("behind", 10, Some(1))]].concat();
        assert_eq!(Retention::default().expired(&behind).len(), before + 1);
        let ahead = [&[run("ahead", 40_000, Some(1))], runs.as_slice()].concat();
        assert_eq!(
            Retention::default().expired(&ahead).len(),
            101,
            "the newest 100 stay"
        );
    }
}
