//! How long something usually takes: median and p90 of the successes. Failures say nothing about it: one that breaks
//! at once would make everything look late.

use std::time::Duration;

/// How many of the newest successes count: what a source had to give a year ago says little about tonight.
pub(super) const NEWEST: usize = 20;

/// Fewer successes than this are not enough to call anything late.
const ENOUGH: usize = 3;

/// How long something took when it succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usual {
    /// The shortest first.
    spans: Vec<Duration>,
}

/// Which share of the successes was not longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantile {
    Median,
    P90,
}

impl Usual {
    /// Of these spans, in any order.
    pub fn new(spans: impl IntoIterator<Item = Duration>) -> Self {
        let mut spans: Vec<_> = spans.into_iter().collect();
        spans.sort_unstable();
        Self { spans }
    }

    /// How many successes there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Half of the successes were not longer.
    pub fn median(&self) -> Option<Duration> {
        quantile(&self.spans, Quantile::Median)
    }

    /// Nine of ten successes were not longer.
    pub fn p90(&self) -> Option<Duration> {
        quantile(&self.spans, Quantile::P90)
    }

    /// By how much something that has worked for so long is late: longer than nine of ten successes. Nothing if it is
    /// not, or if too little is known.
    pub fn late_by(&self, worked: Duration) -> Option<Duration> {
        let p90 = self.p90().filter(|_| self.spans.len() >= ENOUGH)?;
        worked.checked_sub(p90).filter(|late| !late.is_zero())
    }

    /// What is left of something that has worked for so long, judged by those successes that took longer still; zero
    /// if none did. The end that follows from it never comes nearer while time passes.
    pub(super) fn left(&self, worked: Duration, quantile_of: Quantile) -> Duration {
        let longer = self.spans.partition_point(|span| *span <= worked);
        let end = quantile(&self.spans[longer..], quantile_of);
        end.map_or(Duration::ZERO, |end| end.saturating_sub(worked))
    }
}

/// The nearest rank: always one of the spans.
fn quantile(sorted: &[Duration], which: Quantile) -> Option<Duration> {
    let count = sorted.len();
    let rank = match which {
        Quantile::Median => count.div_ceil(2),
        Quantile::P90 => (count * 9).div_ceil(10),
    };
    sorted.get(rank.checked_sub(1)?).copied()
}
