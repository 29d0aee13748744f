//! How long stages work on a record: `process.time.*` in microseconds, as the pipeline's editor shows it.
//!
//! Rows pass in batches, so that each row of a batch counts for its share of it. A server tells a stage's times
//! while it works; here they are told once, when the node's rows have passed.

use super::Execution;
use super::flow::Flow;
use crate::event::ExecutionEvent;
use std::time::Duration;

/// The times of one stage, in microseconds a row.
#[derive(Debug, Default)]
pub(super) struct Timing {
    rows: f64,
    total: f64,
    squares: f64,
    least: f64,
    most: f64,
}

impl Timing {
    /// So many rows took so long.
    pub fn add(&mut self, rows: usize, took: Duration) {
        if rows == 0 {
            return;
        }
        let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
        let each = took.as_secs_f64() * 1e6 / rows;
        self.least = if self.rows == 0.0 {
            each
        } else {
            self.least.min(each)
        };
        self.most = self.most.max(each);
        self.rows += rows;
        self.total += each * rows;
        self.squares += each * each * rows;
    }

    fn told(&self) -> [(&'static str, f64); 5] {
        let average = self.total / self.rows;
        let variance = (self.squares / self.rows - average * average).max(0.0);
        [
            ("total", self.total),
            ("min", self.least),
            ("max", self.most),
            ("avg", average),
            ("stddev", variance.sqrt()),
        ]
    }
}

impl Execution<'_> {
    /// Tells the times of all stages that rows have passed, unless the pipeline wants none.
    pub(super) fn tell_times(&mut self, flow: &mut Flow<'_>) {
        let times = std::mem::take(&mut flow.times);
        if self
            .request
            .config
            .get("processTimingEnabled")
            .and_then(serde_json::Value::as_bool)
            == Some(false)
        {
            return;
        }
        for (stage, timing) in times.into_iter().filter(|(_, timing)| timing.rows > 0.0) {
            for (name, micros) in timing.told() {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a time of a run; whole microseconds are told"
                )]
                let by = micros as i64;
                (self.tell)(ExecutionEvent::MetricIncremented {
                    stage: stage.to_owned(),
                    metric: format!("process.time.{name}"),
                    by,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_a_batch_counts_for_its_share() {
        let mut timing = Timing::default();
        timing.add(0, Duration::from_secs(9));
        timing.add(2, Duration::from_micros(20));
        timing.add(2, Duration::from_micros(60));
        let told = timing.told().map(|(name, micros)| (name, micros.round()));
        assert_eq!(
            told,
            [
                ("total", 80.0),
                ("min", 10.0),
                ("max", 30.0),
                ("avg", 20.0),
                ("stddev", 10.0)
            ]
        );
    }
}
