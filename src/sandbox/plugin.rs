//! The plugins the sandbox can execute: one line here and one file below for each.
//!
//! A plugin gets its properties with every macro expanded, and the stores. Anything that is not listed
//! is refused at deploy time, as a server refuses a plugin that is not installed.

mod bigquery_execute;
mod bigquery_table;
mod database;
mod gcs;
mod lab;
pub(super) mod projection;
pub(super) mod wrangler;

use super::bucket::Buckets;
use super::observation::{Failure, Level, Line, Observation};
use super::source::Source;
use super::value::{Column, Value};
use super::warehouse::Warehouse;
use std::cell::Cell;
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
    pub work: Work,
}

impl Plugin {
    /// Whether it is one of the four that are there for tests of servers and clients only.
    pub fn is_lab(&self) -> bool {
        self.artifact == lab::ARTIFACT
    }
}

/// What a plugin does.
#[derive(Clone, Copy)]
pub(super) enum Work {
    Action(fn(&Task<'_>) -> Result<Done, Failure>),
    Source(fn(&Task<'_>) -> Result<Batch, Failure>),
    Transform(fn(&Task<'_>, Batch) -> Result<Batch, Failure>),
    Sink(fn(&Task<'_>) -> Result<Box<dyn Sink>, Failure>),
}

const GOOGLE: (&str, &str, &str) = ("google-cloud", "0.23.0", "SYSTEM");

const CLOUD_SQL: (&str, &str, &str) = ("cloudsql-mysql-plugin", "1.11.0", "USER");
const MYSQL: (&str, &str, &str) = ("mysql-plugin", "1.11.0", "USER");
const DATABASE: (&str, &str, &str) = ("database-plugins", "2.12.0", "SYSTEM");

static PLUGINS: &[Plugin] = &[
    Plugin {
        name: "BigQueryExecute",
        kind: "action",
        artifact: GOOGLE,
        required: &["sql"],
        work: Work::Action(bigquery_execute::run),
    },
    Plugin {
        name: "CloudSQLMySQL",
        kind: "batchsource",
        artifact: CLOUD_SQL,
        required: &[
            "referenceName",
            "jdbcPluginName",
            "connectionName",
            "database",
            "importQuery",
        ],
        work: Work::Source(database::read),
    },
    Plugin {
        name: "Mysql",
        kind: "batchsource",
        artifact: MYSQL,
        required: &["referenceName", "jdbcPluginName", "database", "importQuery"],
        work: Work::Source(database::read),
    },
    Plugin {
        name: "Database",
        kind: "batchsource",
        artifact: DATABASE,
        required: &[
            "referenceName",
            "jdbcPluginName",
            "connectionString",
            "importQuery",
        ],
        work: Work::Source(database::read),
    },
    Plugin {
        name: "CloudSQLMySQL",
        kind: "action",
        artifact: CLOUD_SQL,
        required: &["jdbcPluginName", "connectionName", "database", "query"],
        work: Work::Action(database::act),
    },
    Plugin {
        name: "Mysql",
        kind: "action",
        artifact: MYSQL,
        required: &["jdbcPluginName", "host", "port", "database", "query"],
        work: Work::Action(database::act),
    },
    Plugin {
        name: "Database",
        kind: "action",
        artifact: DATABASE,
        required: &["jdbcPluginName", "connectionString", "query"],
        work: Work::Action(database::act),
    },
    Plugin {
        name: "Mysql",
        kind: "postaction",
        artifact: MYSQL,
        required: &["jdbcPluginName", "host", "port", "database", "query"],
        work: Work::Action(database::act),
    },
    Plugin {
        name: "DatabaseQuery",
        kind: "postaction",
        artifact: DATABASE,
        required: &["jdbcPluginName", "connectionString", "query"],
        work: Work::Action(database::act),
    },
    Plugin {
        name: "Projection",
        kind: "transform",
        artifact: ("core-plugins", "2.12.0", "SYSTEM"),
        required: &[],
        work: Work::Transform(projection::apply),
    },
    Plugin {
        name: "Wrangler",
        kind: "transform",
        artifact: ("wrangler-transform", "4.10.0", "SYSTEM"),
        required: &["field", "schema"],
        work: Work::Transform(wrangler::apply),
    },
    Plugin {
        name: "GCS",
        kind: "batchsink",
        artifact: GOOGLE,
        required: &["referenceName", "path", "format"],
        work: Work::Sink(gcs::open),
    },
    Plugin {
        name: "BigQueryTable",
        kind: "batchsink",
        artifact: GOOGLE,
        required: &["referenceName", "dataset", "table"],
        work: Work::Sink(bigquery_table::open),
    },
    Plugin {
        name: "LabSource",
        kind: "batchsource",
        artifact: lab::ARTIFACT,
        required: &["path"],
        work: Work::Source(lab::read),
    },
    Plugin {
        name: "LabWork",
        kind: "transform",
        artifact: lab::ARTIFACT,
        required: &[],
        work: Work::Transform(lab::work),
    },
    Plugin {
        name: "LabSink",
        kind: "batchsink",
        artifact: lab::ARTIFACT,
        required: &["path"],
        work: Work::Sink(lab::write),
    },
    Plugin {
        name: "LabAction",
        kind: "action",
        artifact: lab::ARTIFACT,
        required: &[],
        work: Work::Action(lab::act),
    },
];

/// The plugin of this name and type, those of the lab included.
pub(super) fn find(name: &str, kind: &str) -> Option<&'static Plugin> {
    PLUGINS
        .iter()
        .find(|plugin| plugin.name == name && plugin.kind == kind)
}

/// Every plugin, for look-ups of artifacts; those of the lab only where they are wanted.
pub(super) fn all(lab: bool) -> impl Iterator<Item = &'static Plugin> {
    PLUGINS.iter().filter(move |plugin| lab || !plugin.is_lab())
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

/// What an action did.
#[derive(Debug, Default)]
pub(super) struct Done {
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
pub(super) struct Task<'a> {
    pub stage: &'a str,
    pub properties: &'a BTreeMap<String, String>,
    pub stores: &'a Stores,
    /// `logical.start.time`, which names the window.
    pub window: &'a str,
    /// The thread that log lines name.
    pub thread: &'a str,
    /// Hears every line when it is said.
    pub tell: &'a dyn Fn(Observation),
    /// Becomes true when the run is to end.
    pub stop: &'a AtomicBool,
    /// How much faster than asked it may sleep.
    pub speed: f64,
    /// How many records went to the error output.
    pub rejected: Cell<i64>,
}

impl Task<'_> {
    /// A property's value, or what stands for it when it is not given.
    pub fn property(&self, name: &str, otherwise: &str) -> String {
        self.properties
            .get(name)
            .filter(|value| !value.is_empty())
            .map_or(otherwise, String::as_str)
            .to_owned()
    }

    /// Writes a log line.
    pub fn say(&self, level: Level, logger: &str, message: impl Into<String>) {
        (self.tell)(Observation::Line(Line {
            level,
            logger: logger.to_owned(),
            thread: self.thread.to_owned(),
            message: message.into(),
            stack_trace: String::new(),
            stage: Some(self.stage.to_owned()),
        }));
    }

    /// Puts a record aside: it goes no further, and is counted.
    pub fn reject(&self) {
        self.rejected.set(self.rejected.get() + 1);
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
    const SLICE: Duration = Duration::from_millis(20);
    let mut left = span;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(left.min(SLICE));
        left = left.saturating_sub(SLICE);
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
