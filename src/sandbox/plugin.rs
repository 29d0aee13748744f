//! The plugins that the sandbox knows, and what the executor asks of them.
//!
//! To add one, write its file and add one line to [`definitions`]. Plugins that real servers have and this one
//! has not yet are in `plugin/absent.rs`: they deploy, and their runs fail naming them. How the parts of a
//! pipeline meet is in `executor/spark.rs`.

mod absent;
mod avro;
mod bigquery_execute;
mod bigquery_table;
mod cloudsql_mysql;
pub mod desk;
mod gcs;
mod json_line;
mod projection;
mod tables;

#[cfg(test)]
mod tests;

pub use desk::{Desk, Stage, World, failure};

use super::observation::Failure;
use super::value::{Column, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The warehouse, as the plugins see it. Errors are BigQuery's messages.
pub trait Tables: Send + Sync {
    /// Checks a statement without running it.
    fn check(&self, sql: &str) -> Result<(), String>;

    /// Runs a statement and gives its result's columns and rows, both empty for anything but a query.
    fn query(&self, sql: &str) -> Result<(Vec<Column>, Vec<Vec<Value>>), String>;

    /// Appends rows as one load job: all of them or none. Gives how many were loaded.
    fn append(
        &self,
        dataset: &str,
        table: &str,
        columns: &[Column],
        rows: &[Vec<Value>],
    ) -> Result<u64, String>;

    /// The columns of a table, or `None` if there is no such table.
    fn columns(&self, dataset: &str, table: &str) -> Result<Option<Vec<Column>>, String>;
}

/// The properties of a stage.
pub type Properties = BTreeMap<String, String>;

/// The artifact that holds a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// `google-cloud`.
    pub name: &'static str,
    /// `0.23.0`.
    pub version: &'static str,
    /// `SYSTEM` or `USER`.
    pub scope: &'static str,
}

/// A plugin.
#[derive(Debug)]
pub struct Definition {
    /// Its name: `BigQueryTable`.
    pub name: &'static str,
    /// Its type: `batchsink`.
    pub kind: &'static str,
    /// Where it comes from.
    pub artifact: Artifact,
    /// Properties that must have a value at deploy time.
    pub required: &'static [&'static str],
    /// Further checks at deploy time, with the text of the refusal.
    pub check: Option<fn(&Properties) -> Result<(), String>>,
    /// Plugins that it uses itself.
    pub nested: fn(&Properties) -> Vec<Nested>,
    /// What it does.
    pub role: Role,
}

/// A plugin within a plugin: `Read MySQL:jdbc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// What follows the stage's name and a colon.
    pub suffix: String,
    /// Its name: `cloudsql-mysql`.
    pub name: String,
    /// Its type: `jdbc`.
    pub kind: &'static str,
    /// Where it comes from.
    pub artifact: Artifact,
}

/// An action's work; gives the arguments that it sets.
pub type Act = fn(&Stage, &mut Desk<'_>) -> Result<Vec<(String, String)>, Failure>;

/// Opens one end of the flow of records.
pub type Open<End> = fn(&Stage, &mut Desk<'_>) -> Result<Box<End>, Failure>;

/// What a plugin does when it runs. Functions get the stage with its macros expanded.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// Does its work.
    Action(Act),
    /// Opens what it reads.
    Source(Open<dyn Reader>),
    /// Prepares to change records.
    Transform(fn(&Stage) -> Result<Box<dyn Transform>, Failure>),
    /// Prepares to write; nothing may be seen before the commit.
    Sink(Open<dyn Sink>),
    /// Real servers have it, the sandbox has not.
    Absent,
}

/// Some records of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The fields.
    pub columns: Arc<Vec<Column>>,
    /// The records, as wide as the fields.
    pub rows: Vec<Vec<Value>>,
}

/// An open source.
pub trait Reader {
    /// How many records are left, about.
    fn left(&self) -> usize;

    /// The next records, at most `most`; none at the end.
    fn next(&mut self, most: usize) -> Result<Option<Batch>, Failure>;
}

/// A prepared transform.
pub trait Transform {
    /// Changes some records.
    fn apply(&mut self, batch: Batch) -> Result<Batch, Failure>;
}

/// A prepared sink.
pub trait Sink {
    /// The look at the output just before the work (Hadoop's `checkOutputSpecs`).
    fn check(&self, desk: &mut Desk<'_>) -> Result<(), Failure>;

    /// Takes some records.
    fn write(&mut self, batch: &Batch) -> Result<(), Failure>;

    /// Makes what was written seen.
    fn commit(&mut self, desk: &mut Desk<'_>) -> Result<(), Failure>;
}

/// All plugins that can be deployed.
pub fn definitions() -> &'static [Definition] {
    ALL
}

const ALL: &[Definition] = &[
    bigquery_execute::DEFINITION,
    cloudsql_mysql::DEFINITION,
    projection::DEFINITION,
    gcs::DEFINITION,
    bigquery_table::DEFINITION,
    absent::named("BigQueryArgumentSetter", "action", GOOGLE_CLOUD),
    absent::named("BigQueryTable", "batchsource", GOOGLE_CLOUD),
    absent::named("GCSFile", "batchsource", GOOGLE_CLOUD),
    absent::named("GCSBucketCreate", "action", GOOGLE_CLOUD),
    absent::named("GCSBucketDelete", "action", GOOGLE_CLOUD),
    absent::named("GCSCopy", "action", GOOGLE_CLOUD),
    absent::named("GCSMove", "action", GOOGLE_CLOUD),
    absent::named("GCSArgumentSetter", "action", GOOGLE_CLOUD),
    absent::named("CloudSQLMySQL", "action", CLOUDSQL_MYSQL),
    absent::named("CloudSQLMySQL", "batchsink", CLOUDSQL_MYSQL),
    absent::named("File", "batchsource", CORE),
    absent::named("File", "batchsink", CORE),
    absent::named("Trash", "batchsink", CORE),
    absent::named("JavaScript", "transform", CORE),
    absent::named("GroupByAggregate", "batchaggregator", CORE),
    absent::named("Deduplicate", "batchaggregator", CORE),
    absent::named("Joiner", "batchjoiner", CORE),
    absent::named("ErrorCollector", "errortransform", CORE),
    absent::named("Conditional", "condition", CORE),
    absent::named("Wrangler", "transform", WRANGLER),
];

const GOOGLE_CLOUD: Artifact = Artifact {
    name: "google-cloud",
    version: "0.23.0",
    scope: "SYSTEM",
};
const CORE: Artifact = Artifact {
    name: "core-plugins",
    version: "2.12.0",
    scope: "SYSTEM",
};
// Comes from the Hub, hence the scope.
const CLOUDSQL_MYSQL: Artifact = Artifact {
    name: "cloudsql-mysql-plugin",
    version: "1.11.0",
    scope: "USER",
};
const WRANGLER: Artifact = Artifact {
    name: "wrangler-transform",
    version: "4.10.0",
    scope: "SYSTEM",
};

fn alone(_: &Properties) -> Vec<Nested> {
    Vec::new()
}
