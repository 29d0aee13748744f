//! Executes Data Fusion pipelines from their own JSON, stage by stage, on local stores.
//!
//! A run reads rows from a source database, files or tables, applies transforms, and writes files to local buckets
//! and rows to the tables of `googlesql`. This crate serves no HTTP: `crates/sandbox` implements the APIs of CDAP and
//! Google on top of it.
//!
//! # The map
//!
//! ```text
//!   artifact    which artifacts and plugin classes a server has        ┐ deploy time
//!   pipeline    parses the JSON, validates it, plans its nodes         ┘
//!   execution   the interface: Executor, ExecutionRequest, ExecutionEnd
//!   event       what an execution reports: nodes, log lines, metrics
//!   executor    runs the nodes; passes rows from stage to stage        ┐
//!   macros      expands ${…} in properties                             │ run time
//!   plugin      what each stage does; plugin/wrangler has directives   ┘
//!   source      the MySQL database: embedded, or a real server         ┐
//!   bucket      the Cloud Storage objects                              │ stores
//!   container   Avro and Parquet files                                 ┘
//!   memory       how many bytes the rows that are held together take
//!   hash_order   the iteration order of Java's hash tables
//!   personality  which release of CDAP it resembles
//!   fuzzing      entries for the targets in `fuzz/`
//! ```
//!
//! # How a pipeline runs
//!
//! 1. The sandbox calls [`execution::Executor::plan`] with the `config` of an app and the installed artifacts.
//!    `pipeline::check` refuses what a real server refuses, with the same message; `pipeline::phase` plans the nodes.
//! 2. It calls [`execution::Executor::execute`] on a thread. [`executor::StoreExecutor`] runs one node after the
//!    other. It expands the macros of a node when the node starts.
//! 3. A data node reads its sources and passes the rows in batches through the functions that `plugin::find` returns;
//!    the sinks commit at the end. Everything that happens is reported as an [`event::ExecutionEvent`].
//!
//! Messages that imitate CDAP, Google or MySQL were recorded or read in their sources; do not reword them. What the
//! sandbox cannot do fails with a message that ends with "is not supported by the sandbox".
//!
//! # To add a plugin
//!
//! Write `plugin/NAME.rs` with a constant `PLUGINS`, add the module and its line to `plugin.rs`, put the recorded
//! description of the plugin into `assets/artifacts` if there is one, and add a row to `docs/plugins.md`, which a test
//! in `plugin.rs` compares with the list.

#![cfg(feature = "full")]

pub mod artifact;
pub mod bucket;
pub mod container;
pub mod event;
pub mod execution;
pub mod executor;
#[doc(hidden)]
pub mod fuzzing;
pub mod hash_order;
pub mod macros;
pub mod memory;
mod personality;
pub mod pipeline;
pub mod plugin;
pub mod source;

pub use personality::Personality;
