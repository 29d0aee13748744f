//! When a live run ends, judged by its past: its pipelines are played to their ends in the order of the plan, on as many
//! places as there are. Once with the median of each, once with its p90.

use super::Past;
use super::usual::Quantile;
use crate::id::TaskId;
use crate::plan::Limits;
use crate::run::Run;
use crate::state::TaskState;
use crate::task::Task;
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// What a pipeline that is not over counts for at most, in percent.
const NEARLY: u128 = 99;

/// The weight of pipelines of which nothing is known: one that works for so long is as good as done.
const UNKNOWN: Duration = Duration::from_secs(600);

/// What is left of a live run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eta {
    /// If each pipeline takes its median.
    pub median: Duration,
    /// If each pipeline takes its p90; never less than the median.
    pub p90: Duration,
    /// The pipeline that ends last: it decides about the end.
    pub last: Option<TaskId>,
}

impl Past {
    /// What is left of a live run; nothing if the past says nothing about it, or if it is over.
    pub fn eta(&self, run: &Run, now: Timestamp) -> Option<Eta> {
        if run.state.is_end() {
            return None;
        }
        let open: Vec<_> = run.pipelines().filter(|task| !task.is_over()).collect();
        if run.pipelines().next().is_none() {
            return self.eta_before_the_plan(run, now);
        }
        if self.pipelines.is_empty() && !open.is_empty() {
            return None;
        }
        let places = Limits::new(&run.request.variables)
            .max_active
            .clamp(1, open.len().max(1));
        let (median, last) = self.play(&open, places, Quantile::Median, now);
        let (p90, _) = self.play(&open, places, Quantile::P90, now);
        Some(Eta {
            median,
            // Longer parts can lead to an earlier end: another order on the places.
            p90: p90.max(median),
            last,
        })
    }

    /// How much of a run is done, in percent: its pipelines, each with the weight of its usual time, all alike where nothing
    /// is known. 100 only if none is awaited any more; nothing before there are pipelines.
    pub fn percent(&self, run: &Run, now: Timestamp) -> Option<u8> {
        let (mut done, mut all, mut are_over) = (0, 0, true);
        for task in run.pipelines() {
            let weight = self.weight(task);
            all += weight;
            if task.is_over() {
                done += weight;
                continue;
            }
            are_over = false;
            let open = task.open_try().filter(|_| task.state.holds_place());
            let worked = open.map_or(0, |open| open.working(now).as_millis());
            // What takes longer than usual is nearly done, and not more.
            done += worked.min(weight * NEARLY / 100);
        }
        let percent = done.checked_mul(100)?.checked_div(all)?;
        let most = if are_over { 100 } else { NEARLY };
        u8::try_from(percent.min(most)).ok()
    }

    /// How long a pipeline usually takes, in milliseconds; never 0.
    fn weight(&self, task: &Task) -> u128 {
        let own = self.task(&task.id).and_then(|past| past.usual.median());
        let usual = own.or_else(|| self.pipelines.median());
        usual.unwrap_or(UNKNOWN).as_millis().max(1)
    }

    /// Before the rows are read, only the whole is known.
    fn eta_before_the_plan(&self, run: &Run, now: Timestamp) -> Option<Eta> {
        let worked = run.elapsed(now);
        (!self.whole.is_empty()).then(|| Eta {
            median: self.whole.left(worked, Quantile::Median),
            p90: self.whole.left(worked, Quantile::P90),
            last: None,
        })
    }

    /// How long it takes until the last of these has ended, and which one that is.
    fn play(
        &self,
        open: &[&Task],
        places: usize,
        quantile: Quantile,
        now: Timestamp,
    ) -> (Duration, Option<TaskId>) {
        let mut free: BinaryHeap<Reverse<Duration>> = BinaryHeap::new();
        let (mut end, mut last) = (Duration::ZERO, None);
        let (running, mut waiting): (Vec<&Task>, Vec<&Task>) =
            open.iter().partition(|task| task.state.holds_place());
        for task in running {
            let worked = task.open_try().map_or(Duration::ZERO, |open| open.working(now));
            let ends = self.left(task, worked, quantile);
            free.push(Reverse(ends));
            (end, last) = later((end, last), (ends, task));
        }
        while free.len() < places {
            free.push(Reverse(Duration::ZERO));
        }
        // A limit that was lowered meanwhile ends no task.
        for _ in places..free.len() {
            free.pop();
        }
        let due = |task: &Task| task.due.map_or(Duration::ZERO, |due| now.until(due));
        // What waits for its next try leaves its place to others meanwhile.
        waiting.sort_by_key(|task| due(task));
        for task in waiting {
            let due = due(task);
            let place = free.pop().map_or(Duration::ZERO, |Reverse(free)| free);
            let ends = place.max(due) + self.left(task, Duration::ZERO, quantile);
            free.push(Reverse(ends));
            (end, last) = later((end, last), (ends, task));
        }
        (end, last.map(|task| task.id.clone()))
    }

    fn left(&self, task: &Task, worked: Duration, quantile: Quantile) -> Duration {
        if task.state == TaskState::Stopping {
            return Duration::ZERO;
        }
        // What has no past of its own is taken for as long as the others.
        let own = self.task(&task.id).map(|past| &past.usual);
        let usual = own.filter(|usual| !usual.is_empty());
        usual.unwrap_or(&self.pipelines).left(worked, quantile)
    }
}

fn later<'a>(
    known: (Duration, Option<&'a Task>),
    other: (Duration, &'a Task),
) -> (Duration, Option<&'a Task>) {
    match known {
        (end, Some(task)) if end >= other.0 => (end, Some(task)),
        _ => (other.0, Some(other.1)),
    }
}
