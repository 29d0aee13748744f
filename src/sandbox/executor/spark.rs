//! One Spark node: opens the sources, moves records batch by batch through the stages, commits the sinks.
//!
//! All sinks commit, even when one of them fails: in the real one they work in parallel within one job,
//! so the files of a failed load can look complete (measured).

use super::{Execution, Halt, absent, blame, count};
use crate::sandbox::observation::{Failure, Level, Line, Observation};
use crate::sandbox::pipeline::layout::Node;
use crate::sandbox::plugin::{Batch, Reader, Role, Sink, Transform};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const DRIVER: &str = "io.cdap.cdap.internal.app.runtime.workflow.WorkflowDriver";
const MAIN: &str = "io.cdap.cdap.app.runtime.spark.SparkMainWrapper$";
const JOB: &str = "class io.cdap.cdap.etl.spark.batch.BatchSparkPipelineDriver";
/// In how many batches a source is read, so that the counts are seen growing.
const BATCHES: usize = 24;
/// The largest batch.
const LARGEST: usize = 500;

enum Part {
    Source(Box<dyn Reader>),
    Transform(Box<dyn Transform>),
    Sink(Box<dyn Sink>),
}

/// A stage at work.
struct Station {
    name: String,
    part: Part,
    /// The places of the stations that it feeds.
    feeds: Vec<usize>,
    timing: Timing,
}

/// How long a stage worked on its records.
#[derive(Default)]
struct Timing {
    records: usize,
    total: Duration,
    /// Per batch: the microseconds that a record took.
    means: Vec<u128>,
}

impl Timing {
    fn add(&mut self, records: usize, began: Instant) {
        let elapsed = began.elapsed();
        self.records += records;
        self.total += elapsed;
        self.means
            .push(elapsed.as_micros() / u128::try_from(records.max(1)).unwrap_or(1));
    }

    /// The metrics of `process.time`, in microseconds.
    fn metrics(&self) -> [(&'static str, u128); 5] {
        let number = u128::try_from(self.means.len().max(1)).unwrap_or(1);
        let mean = self.means.iter().sum::<u128>() / number;
        let spread = self.means.iter().map(|m| m.abs_diff(mean).pow(2)).sum::<u128>() / number;
        [
            ("process.time.avg", mean),
            ("process.time.max", self.means.iter().copied().max().unwrap_or(0)),
            ("process.time.min", self.means.iter().copied().min().unwrap_or(0)),
            ("process.time.stddev", spread.isqrt()),
            ("process.time.total", self.total.as_micros()),
        ]
    }
}

/// Runs the node in a share of the run's time.
pub(super) fn run(execution: &mut Execution<'_>, node: &Node<'_>, share: f64) -> Result<(), Halt> {
    let id = &node.id;
    let thread = format!("spark-submitter-{id}");
    execution.say(
        &format!("action-{id}-0"),
        DRIVER,
        format!("Starting Spark Program '{id}' in workflow"),
    );
    let mut stations = stations(execution, node, &thread)?;
    execution.pace.rest(share * 0.15)?;
    execution.say(&thread, MAIN, format!("Launching user spark class {JOB}"));
    for station in &stations {
        if let Part::Sink(sink) = &station.part {
            sink.check(&mut execution.desk(&thread))
                .map_err(blame::submitted)?;
        }
    }
    let moved = move_records(execution, &mut stations, share * 0.65);
    if execution.pipeline.measures_time {
        tell_times(execution, &stations);
    }
    moved?;
    execution.pace.rest(share * 0.1)?;
    commit(execution, &mut stations, &thread)?;
    execution.pace.rest(share * 0.1)?;
    execution.say(&thread, MAIN, format!("Spark main returned {JOB}"));
    Ok(())
}

fn stations(execution: &mut Execution<'_>, node: &Node<'_>, thread: &str) -> Result<Vec<Station>, Halt> {
    // All macros first: a missing argument shows before anything is opened.
    let resolved: Result<Vec<_>, Failure> = node
        .stages
        .iter()
        .map(|design| execution.resolve(design))
        .collect();
    let mut stations = Vec::new();
    for (stage, role) in resolved? {
        let mut desk = execution.desk(thread);
        let part = match role {
            Role::Source(open) => open(&stage, &mut desk).map(Part::Source),
            Role::Transform(prepare) => prepare(&stage).map(Part::Transform),
            Role::Sink(prepare) => prepare(&stage, &mut desk).map(Part::Sink),
            Role::Action(_) | Role::Absent => Err(absent(&stage)),
        };
        let after = execution.pipeline.after(&stage.name);
        let is_fed = |name: &str| after.iter().any(|fed| fed.name == name);
        let places = node
            .stages
            .iter()
            .enumerate()
            .filter(|(_, other)| is_fed(&other.name));
        stations.push(Station {
            feeds: places.map(|(place, _)| place).collect(),
            name: stage.name,
            part: part.map_err(blame::prepared)?,
            timing: Timing::default(),
        });
    }
    Ok(stations)
}

fn move_records(execution: &mut Execution<'_>, stations: &mut [Station], share: f64) -> Result<(), Halt> {
    let is_source = |station: &Station| matches!(station.part, Part::Source(_));
    let sources: Vec<usize> = (0..stations.len())
        .filter(|place| is_source(&stations[*place]))
        .collect();
    let share = share / count(sources.len().max(1));
    for place in sources {
        let Part::Source(reader) = &stations[place].part else {
            continue;
        };
        let all = reader.left();
        let size = (all / BATCHES).clamp(1, LARGEST);
        let rest = share / count(all.div_ceil(size).max(1));
        loop {
            let began = Instant::now();
            let station = &mut stations[place];
            let Part::Source(reader) = &mut station.part else {
                break;
            };
            let Some(batch) = reader.next(size).map_err(blame::aborted)? else {
                break;
            };
            let records = batch.rows.len();
            station.timing.add(records, began);
            let name = station.name.clone();
            // A source counts both (measured).
            let mut desk = execution.desk("");
            desk.count(&name, "records.in", records);
            desk.count(&name, "records.out", records);
            let first: VecDeque<_> = station.feeds.iter().map(|to| (*to, batch.clone())).collect();
            pass_on(execution, stations, first)?;
            execution.pace.rest(rest)?;
        }
    }
    Ok(())
}

/// Moves batches on until all lie in sinks.
fn pass_on(
    execution: &mut Execution<'_>,
    stations: &mut [Station],
    mut waiting: VecDeque<(usize, Batch)>,
) -> Result<(), Halt> {
    while let Some((place, batch)) = waiting.pop_front() {
        let station = &mut stations[place];
        let mut desk = execution.desk("");
        let (began, records) = (Instant::now(), batch.rows.len());
        desk.count(&station.name, "records.in", records);
        let out = match &mut station.part {
            Part::Transform(transform) => Some(transform.apply(batch).map_err(blame::aborted)?),
            Part::Sink(sink) => sink.write(&batch).map(|()| None).map_err(blame::aborted)?,
            Part::Source(_) => None,
        };
        let leaving = out.as_ref().map_or(records, |batch| batch.rows.len());
        desk.count(&station.name, "records.out", leaving);
        station.timing.add(records, began);
        if let Some(out) = out {
            waiting.extend(station.feeds.iter().map(|to| (*to, out.clone())));
        }
    }
    Ok(())
}

fn commit(execution: &mut Execution<'_>, stations: &mut [Station], thread: &str) -> Result<(), Halt> {
    let mut broken = None;
    for station in stations {
        let Part::Sink(sink) = &mut station.part else {
            continue;
        };
        if let Err(failure) = sink.commit(&mut execution.desk(thread)) {
            (execution.observe)(Observation::Line(Line {
                level: Level::Error,
                logger: "org.apache.spark.internal.io.SparkHadoopWriter".into(),
                thread: thread.into(),
                message: "Aborting job.".into(),
                stack_trace: blame::trace(&failure),
                stage: Some(station.name.clone()),
            }));
            broken.get_or_insert(failure);
        }
    }
    broken.map_or(Ok(()), |failure| Err(blame::aborted(failure).into()))
}

fn tell_times(execution: &mut Execution<'_>, stations: &[Station]) {
    for station in stations.iter().filter(|station| station.timing.records > 0) {
        for (metric, micros) in station.timing.metrics() {
            let micros = usize::try_from(micros).unwrap_or(usize::MAX);
            execution.desk("").count(&station.name, metric, micros);
        }
    }
}
