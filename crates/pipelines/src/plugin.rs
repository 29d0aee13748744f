//! The plugins the sandbox can execute: one line here and one file below for each.
//!
//! A plugin gets its properties with every macro expanded, and the stores. Anything that is not listed
//! is refused at deploy time, as a server refuses a plugin that is not installed.

mod arguments;
mod bigquery_arguments;
mod bigquery_execute;
mod bigquery_source;
mod bigquery_table;
mod bucket_actions;
pub(super) mod conditional;
mod database;
mod error_collector;
mod file;
pub(super) mod group_by;
mod http;
pub(super) mod joiner;
mod lab;
pub(super) mod projection;
mod splitter;
pub(super) mod wrangler;

use super::bucket::Buckets;
use super::event::{ExecutionEvent, Failure, LogEntry, LogLevel};
use super::source::Source;
use googlesql::Warehouse;
use googlesql::value::{Column, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A plugin.
pub(super) struct Plugin {
    pub name: &'static str,
    pub kind: &'static str,
    /// Name, version and scope of the artifact that holds it.
    pub artifact: (&'static str, &'static str, &'static str),
    pub required: &'static [&'static str],
    pub implementation: Implementation,
}

impl Plugin {
    /// What a file lists in its `PLUGINS`.
    const fn new(
        name: &'static str,
        kind: &'static str,
        artifact: (&'static str, &'static str, &'static str),
        required: &'static [&'static str],
        implementation: Implementation,
    ) -> Self {
        Self {
            name,
            kind,
            artifact,
            required,
            implementation,
        }
    }

    /// Whether it is one of the four that are there for tests of servers and clients only.
    pub fn is_lab(&self) -> bool {
        self.artifact == lab::ARTIFACT
    }
}

/// What a plugin does.
#[derive(Clone, Copy)]
pub(super) enum Implementation {
    Action(fn(&StageContext<'_>) -> Result<ActionResult, Failure>),
    Source(fn(&StageContext<'_>) -> Result<Batch, Failure>),
    Transform(fn(&StageContext<'_>, Batch) -> Result<Batch, Failure>),
    /// Rows leave by named ports.
    Splitter(fn(&StageContext<'_>, Batch) -> NamedBatches),
    /// Takes what other stages put aside.
    ErrorTransform(fn(&StageContext<'_>, Vec<ErrorRecord>) -> Result<Vec<Batch>, Failure>),
    /// Sees all rows at once, those of each input apart, by the input's stage.
    Aggregator(fn(&StageContext<'_>, NamedBatches) -> Result<Batch, Failure>),
    /// Says which way a run takes.
    Condition(fn(&StageContext<'_>, &ConditionContext<'_>) -> Result<bool, Failure>),
    Sink(fn(&StageContext<'_>) -> Result<Box<dyn Sink>, Failure>),
}

const CORE: (&str, &str, &str) = ("core-plugins", "2.12.0", "SYSTEM");
const GOOGLE: (&str, &str, &str) = ("google-cloud", "0.23.0", "SYSTEM");

/// One line for each file.
static PLUGINS: &[&[Plugin]] = &[
    arguments::PLUGINS,
    bigquery_arguments::PLUGINS,
    bigquery_execute::PLUGINS,
    bigquery_source::PLUGINS,
    bigquery_table::PLUGINS,
    bucket_actions::PLUGINS,
    conditional::PLUGINS,
    database::PLUGINS,
    error_collector::PLUGINS,
    file::PLUGINS,
    group_by::PLUGINS,
    http::PLUGINS,
    joiner::PLUGINS,
    lab::PLUGINS,
    projection::PLUGINS,
    splitter::PLUGINS,
    wrangler::PLUGINS,
];

/// The plugin of this name and type, those of the lab included.
pub(super) fn find(name: &str, kind: &str) -> Option<&'static Plugin> {
    all(true).find(|plugin| plugin.name == name && plugin.kind == kind)
}

/// Every plugin, for look-ups of artifacts; those of the lab only where they are wanted.
pub(super) fn all(lab: bool) -> impl Iterator<Item = &'static Plugin> {
    let every = PLUGINS.iter().flat_map(|file| file.iter());
    every.filter(move |plugin| lab || !plugin.is_lab())
}

/// Where rows come from and go to.
#[derive(Clone, Debug)]
pub struct Stores {
    /// Tables.
    pub warehouse: Arc<Warehouse>,
    /// The source database.
    pub source: Arc<Source>,
    /// Files.
    pub buckets: Buckets,
}

/// Rows with their columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Batch {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

/// Rows by the port that they leave by, or by the stage that they come from.
pub(super) type NamedBatches = Vec<(String, Batch)>;

/// A record that a stage put aside: an error record, as CDAP calls it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ErrorRecord {
    /// The stage that put it aside.
    pub stage: String,
    pub columns: Vec<Column>,
    pub row: Vec<Value>,
    pub code: i64,
    pub message: String,
}

/// What a condition can ask for besides its properties.
#[derive(Debug)]
pub(super) struct ConditionContext<'a> {
    pub arguments: &'a BTreeMap<String, String>,
    pub namespace: &'a str,
    pub pipeline: &'a str,
    /// `input`, `output` and `error` of each stage that has run.
    pub counts: &'a BTreeMap<String, BTreeMap<&'static str, i64>>,
}

/// What an action did.
#[derive(Debug, Default)]
pub(super) struct ActionResult {
    /// Arguments it sets for what comes after it.
    pub arguments: Vec<(String, String)>,
    /// `records.processed`.
    pub processed: i64,
}

/// An open sink: rows go in batch by batch, and count only once they are committed.
pub(super) trait Sink {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure>;

    /// Returns `records.updated`, for a sink that has such a count.
    fn commit(self: Box<Self>) -> Result<Option<i64>, Failure>;
}

/// One stage at work.
pub(super) struct StageContext<'a> {
    pub stage: &'a str,
    pub properties: &'a BTreeMap<String, String>,
    pub stores: &'a Stores,
    /// `logical.start.time`, which names the window.
    pub logical_start_time: &'a str,
    /// The thread that log lines name.
    pub thread: &'a str,
    /// Hears every line when it is said.
    pub emit: &'a dyn Fn(ExecutionEvent),
    /// Becomes true when the run is to end.
    pub stop: &'a AtomicBool,
    /// How much faster than asked it may sleep.
    pub speed: f64,
    /// The records that went to the error output.
    pub error_records: RefCell<Vec<ErrorRecord>>,
}

impl StageContext<'_> {
    /// A property's value, or what stands for it when it is not given.
    pub fn property(&self, name: &str, otherwise: &str) -> String {
        self.properties
            .get(name)
            .filter(|value| !value.is_empty())
            .map_or(otherwise, String::as_str)
            .to_owned()
    }

    /// Writes a log line.
    pub fn log(&self, level: LogLevel, logger: &str, message: impl Into<String>) {
        (self.emit)(ExecutionEvent::Log(LogEntry {
            level,
            logger: logger.to_owned(),
            thread: self.thread.to_owned(),
            message: message.into(),
            stack_trace: String::new(),
            stage: Some(self.stage.to_owned()),
        }));
    }

    /// Counts for a metric of the stage, if there is something to count.
    pub fn count(&self, metric: &str, by: usize) {
        if by > 0 {
            (self.emit)(ExecutionEvent::MetricIncremented {
                stage: self.stage.to_owned(),
                metric: metric.to_owned(),
                by: i64::try_from(by).unwrap_or(i64::MAX),
            });
        }
    }

    /// Puts a record aside: it goes no further than to an error transform, and is counted.
    pub fn emit_error(&self, columns: &[Column], row: &[Value], code: i64, message: impl Into<String>) {
        self.error_records.borrow_mut().push(ErrorRecord {
            stage: self.stage.to_owned(),
            columns: columns.to_vec(),
            row: row.to_vec(),
            code,
            message: message.into(),
        });
    }

    /// Sleeps, in slices, so that a stop is heard.
    ///
    /// # Errors
    /// The exception of an interrupted thread.
    pub fn pause(&self, span: Duration) -> Result<(), Failure> {
        pause(span.div_f64(self.speed), self.stop)
    }

    /// A value that this sandbox does not execute, said so that nobody takes it for the real thing.
    pub fn unsupported(&self, property: &str, value: &str) -> Failure {
        failure(
            "java.lang.UnsupportedOperationException",
            format!(
                "{property}={value} of stage '{}' is not supported by the sandbox",
                self.stage
            ),
        )
    }
}

/// Waits, in slices, so that a stop is heard.
pub(super) fn pause(span: Duration, stop: &AtomicBool) -> Result<(), Failure> {
    /// A thousand sleepers must not keep a processor busy with looking.
    const LONGEST: Duration = Duration::from_millis(200);
    let mut slice = Duration::from_millis(20);
    let mut left = span;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(left.min(slice));
        left = left.saturating_sub(slice);
        slice = (slice * 2).min(LONGEST);
    }
    if stop.load(Ordering::Relaxed) {
        return Err(failure("java.lang.InterruptedException", "sleep interrupted"));
    }
    Ok(())
}

/// An exception without a cause.
pub(super) fn failure(class_name: &str, message: impl Into<String>) -> Failure {
    Failure {
        class_name: class_name.to_owned(),
        message: Some(message.into()),
        cause: None,
    }
}

#[cfg(test)]
mod tests {
    use super::all;
    use std::collections::BTreeSet;

    #[test]
    fn the_documentation_names_every_plugin_and_no_other() {
        let page = include_str!("../../../docs/plugins.md");
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        let mut told = BTreeSet::new();
        for row in rows {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let kind = if cells[2] == "with `--lab`" {
                "lab"
            } else {
                cells[2]
            };
            told.extend(
                cells[1]
                    .split_whitespace()
                    .map(|name| (name.trim_matches('`'), kind)),
            );
        }
        let kind = |plugin: &super::Plugin| if plugin.is_lab() { "lab" } else { plugin.kind };
        let known: BTreeSet<_> = all(true).map(|plugin| (plugin.name, kind(plugin))).collect();
        assert_eq!(told, known);
    }
}
