//! The plugins that the sandbox can execute: each has a file below and a line in [`PLUGINS`].
//!
//! A plugin gets its properties with macros expanded, and the stores. A stage with a plugin that is installed but
//! not listed here fails its run.

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
mod network;
pub(super) mod projection;
mod splitter;
pub(super) mod wrangler;

use super::bucket::Buckets;
use super::event::{ExecutionEvent, Failure, LogEntry, LogLevel};
use super::memory::Memory;
use super::source::Source;
use googlesql::Warehouse;
use googlesql::memory::bytes_of_row;
use googlesql::value::{Column, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A plugin that can be executed.
pub(super) struct Plugin {
    pub name: &'static str,
    pub kind: &'static str,
    /// The name, version and scope of its artifact.
    pub artifact: (&'static str, &'static str, &'static str),
    pub required: &'static [&'static str],
    pub implementation: Implementation,
}

impl Plugin {
    /// An entry of a file's `PLUGINS`.
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

    /// Whether it is one of the four test plugins of `--lab`.
    pub fn is_lab(&self) -> bool {
        self.artifact == lab::ARTIFACT
    }
}

/// The function that executes a plugin, by the plugin's type.
#[derive(Clone, Copy)]
pub(super) enum Implementation {
    Action(fn(&StageContext<'_>) -> Result<ActionResult, Failure>),
    Source(fn(&StageContext<'_>) -> Result<Batch, Failure>),
    Transform(fn(&StageContext<'_>, Batch) -> Result<Batch, Failure>),
    /// Returns rows by port.
    Splitter(fn(&StageContext<'_>, Batch) -> NamedBatches),
    /// Gets the error records of other stages.
    ErrorTransform(fn(&StageContext<'_>, Vec<ErrorRecord>) -> Result<Vec<Batch>, Failure>),
    /// An aggregator or a joiner: gets all rows at once, by the stage of each input.
    Aggregator(fn(&StageContext<'_>, NamedBatches) -> Result<Batch, Failure>),
    /// Decides which branch a run takes.
    Condition(fn(&StageContext<'_>, &ConditionContext<'_>) -> Result<bool, Failure>),
    Sink(fn(&StageContext<'_>) -> Result<Box<dyn Sink>, Failure>),
}

const CORE: (&str, &str, &str) = ("core-plugins", "2.12.0", "SYSTEM");
const GOOGLE: (&str, &str, &str) = ("google-cloud", "0.23.0", "SYSTEM");

/// The plugins of each file.
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

/// The plugin of this name and type, the test plugins included.
pub(super) fn find(name: &str, kind: &str) -> Option<&'static Plugin> {
    all(true).find(|plugin| plugin.name == name && plugin.kind == kind)
}

/// All plugins; `lab` includes the test plugins.
pub(super) fn all(lab: bool) -> impl Iterator<Item = &'static Plugin> {
    let every = PLUGINS.iter().flat_map(|file| file.iter());
    every.filter(move |plugin| lab || !plugin.is_lab())
}

/// Which servers the plugins reach that ask an address over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Those of this machine.
    #[default]
    Loopback,
    /// All that this machine reaches.
    Any,
}

/// What plugins read from and write to.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The BigQuery tables.
    pub warehouse: Arc<Warehouse>,
    /// The MySQL database.
    pub source: Arc<Source>,
    /// The Cloud Storage buckets.
    pub buckets: Buckets,
    /// The servers that a pipeline may ask.
    pub network: Network,
}

/// Rows with their columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Batch {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

impl Batch {
    /// How many bytes of memory its rows take.
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(|row| bytes_of_row(row)).sum()
    }
}

/// Rows by their output port, or by the stage that sent them.
pub(super) type NamedBatches = Vec<(String, Batch)>;

/// A record that a stage could not process.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ErrorRecord {
    /// The stage that emitted it.
    pub stage: String,
    pub columns: Vec<Column>,
    pub row: Vec<Value>,
    pub code: i64,
    pub message: String,
}

/// The values that a condition's expression can refer to.
#[derive(Debug)]
pub(super) struct ConditionContext<'a> {
    pub arguments: &'a BTreeMap<String, String>,
    pub namespace: &'a str,
    pub pipeline: &'a str,
    /// The `input`, `output` and `error` counts of each stage that has run.
    pub counts: &'a BTreeMap<String, BTreeMap<&'static str, i64>>,
}

/// The result of an action.
#[derive(Debug, Default)]
pub(super) struct ActionResult {
    /// The arguments that it sets for later stages.
    pub arguments: Vec<(String, String)>,
    /// The metric `records.processed`.
    pub processed: i64,
}

/// An open sink: rows are written batch by batch and take effect when they are committed.
pub(super) trait Sink {
    /// Rows that are kept until the sink is committed are taken from `memory`.
    fn write(&mut self, batch: &Batch, memory: &mut Memory) -> Result<(), Failure>;

    /// Returns the metric `records.updated`, if the sink has it.
    fn commit(self: Box<Self>) -> Result<Option<i64>, Failure>;
}

/// The headers that the `parse-as-csv` directives of a stage have found in its rows, by column. They outlast a batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers(Rc<RefCell<BTreeMap<String, Vec<String>>>>);

impl Headers {
    /// Whether the first row was looked at.
    pub fn is_known(&self, column: &str) -> bool {
        self.0.borrow().contains_key(column)
    }

    /// The names in the header; none if there is no header.
    pub fn names(&self, column: &str) -> Vec<String> {
        self.0.borrow().get(column).cloned().unwrap_or_default()
    }

    pub fn set(&self, column: &str, names: Vec<String>) {
        self.0.borrow_mut().insert(column.to_owned(), names);
    }
}

/// What a plugin gets: its properties, the stores, and ways to report.
pub(super) struct StageContext<'a> {
    pub stage: &'a str,
    pub properties: &'a BTreeMap<String, String>,
    pub stores: &'a Stores,
    /// The argument `logical.start.time` in milliseconds; it identifies the run's window.
    pub logical_start_time: &'a str,
    /// The name of the thread in log lines.
    pub thread: &'a str,
    /// Receives every event when it happens.
    pub emit: &'a dyn Fn(ExecutionEvent),
    /// Becomes true when the run is stopped.
    pub stop: &'a AtomicBool,
    /// The factor by which sleeps are shortened.
    pub speed: f64,
    /// The error records so far.
    pub error_records: RefCell<Vec<ErrorRecord>>,
    pub headers: Headers,
    /// What the stages of the run hold by now.
    pub memory: Memory,
}

impl StageContext<'_> {
    /// The value of a property; `default` if it is missing or empty.
    pub fn property(&self, name: &str, default: &str) -> String {
        self.properties
            .get(name)
            .filter(|value| !value.is_empty())
            .map_or(default, String::as_str)
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

    /// Increments a metric of the stage, unless the increment is zero.
    pub fn count(&self, metric: &str, by: usize) {
        if by > 0 {
            (self.emit)(ExecutionEvent::MetricIncremented {
                stage: self.stage.to_owned(),
                metric: metric.to_owned(),
                by: i64::try_from(by).unwrap_or(i64::MAX),
            });
        }
    }

    /// Emits an error record: it is counted and sent to the error transforms after the stage.
    pub fn emit_error(&self, columns: &[Column], row: &[Value], code: i64, message: impl Into<String>) {
        self.error_records.borrow_mut().push(ErrorRecord {
            stage: self.stage.to_owned(),
            columns: columns.to_vec(),
            row: row.to_vec(),
            code,
            message: message.into(),
        });
    }

    /// Sleeps in slices, so that a stop takes effect soon.
    ///
    /// # Errors
    /// The exception of an interrupted thread.
    pub fn pause(&self, span: Duration) -> Result<(), Failure> {
        pause(span.div_f64(self.speed), self.stop)
    }

    /// The failure of a stage whose rows take more memory than the sandbox gives them.
    pub fn too_large(&self, text: &str) -> Failure {
        too_large(self.stage, text)
    }

    /// The failure for a property value that the sandbox does not support; no real server reports it.
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

/// Sleeps in slices, so that a stop takes effect soon.
pub(super) fn pause(span: Duration, stop: &AtomicBool) -> Result<(), Failure> {
    /// Long enough that a thousand sleeping stages do not keep a processor busy.
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

/// The failure of a stage whose rows take more memory than the sandbox gives them.
pub(super) fn too_large(stage: &str, text: &str) -> Failure {
    let text = format!("Stage '{stage}' has {text}");
    failure("java.lang.UnsupportedOperationException", text)
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
    use crate::Personality;
    use crate::artifact::ArtifactRepository;
    use std::collections::BTreeSet;

    #[test]
    fn the_documentation_names_every_plugin_and_no_other() {
        let page = include_str!("../../../docs/plugins.md");
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        let mut documented = BTreeSet::new();
        for row in rows {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let kind = if cells[2] == "with `--lab`" {
                "lab"
            } else {
                cells[2]
            };
            documented.extend(
                cells[1]
                    .split_whitespace()
                    .map(|name| (name.trim_matches('`'), kind)),
            );
        }
        let kind = |plugin: &super::Plugin| {
            if plugin.is_lab() { "lab" } else { plugin.kind }
        };
        let known: BTreeSet<_> = all(true).map(|plugin| (plugin.name, kind(plugin))).collect();
        assert_eq!(documented, known);
    }

    /// What other plugins use, and no stage is.
    const PARTS: [&str; 4] = [
        "connector",
        "jdbc",
        "validatingInputFormat",
        "validatingOutputFormat",
    ];

    #[test]
    fn the_documentation_names_every_plugin_that_is_not_executed() {
        let page = include_str!("../../../docs/plugins.md");
        let (_, section) = page.split_once("| Type | Plugins |\n").unwrap();
        let mut documented = BTreeSet::new();
        for row in section.lines().take_while(|line| line.starts_with('|')).skip(1) {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let names = cells[2].split_whitespace();
            documented.extend(names.map(|name| (cells[1].to_owned(), name.trim_matches('`').to_owned())));
        }
        let installed = ArtifactRepository::shipped(Personality::V6_11, true).unwrap();
        let classes = installed
            .visible_in("default")
            .flat_map(|artifact| &artifact.classes.plugins);
        let refused: BTreeSet<_> = classes
            .filter(|class| !PARTS.contains(&class.r#type.as_str()))
            .filter(|class| super::find(&class.name, &class.r#type).is_none())
            .map(|class| (class.r#type.clone(), class.name.clone()))
            .collect();
        assert_eq!(documented, refused);
    }
}
