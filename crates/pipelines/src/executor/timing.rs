//! The processing time of a record in each stage: `process.time.*` in microseconds, as CDAP's studio shows it.
//!
//! Rows are processed in batches, so each row gets an equal share of its batch's time. A server updates these
//! metrics while a stage works; here they are emitted once, after all rows.

use super::Execution;
use crate::event::ExecutionEvent;
use std::collections::BTreeMap;
use std::time::Duration;

/// The processing times of one stage, in microseconds per row.
#[derive(Debug, Default)]
pub(super) struct Timing {
    rows: f64,
    total: f64,
    squares: f64,
    least: f64,
    most: f64,
}

impl Timing {
    /// Adds the time of a batch of rows.
    pub fn add(&mut self, rows: usize, elapsed: Duration) {
        if rows == 0 {
            return;
        }
        let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
        let each = elapsed.as_secs_f64() * 1e6 / rows;
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

    fn metrics(&self) -> [(&'static str, f64); 5] {
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
    /// Emits the processing times of all stages that had rows, unless the pipeline has disabled them.
    pub(super) fn emit_process_times(&mut self, times: BTreeMap<&str, Timing>) {
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
            for (name, micros) in timing.metrics() {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the metric has whole microseconds"
                )]
                let by = micros as i64;
                (self.emit)(ExecutionEvent::MetricIncremented {
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
    fn every_row_gets_its_share_of_a_batchs_time() {
        let mut timing = Timing::default();
        timing.add(0, Duration::from_secs(9));
        timing.add(2, Duration::from_micros(20));
        timing.add(2, Duration::from_micros(60));
        let metrics = timing.metrics().map(|(name, micros)| (name, micros.round()));
        assert_eq!(
            metrics,
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
