//! The pure core: what a run is, what it will do and how it advances.
//!
//! Nothing in here may touch the network, a file, the terminal, the environment or a clock; the time is
//! an argument, a [`time::Timestamp`]. Start reading at `run.rs`, then `plan.rs` and `scheduler.rs`.

pub mod activation;
pub mod arguments;
pub mod call;
pub mod cause;
pub mod check;
pub mod command;
pub mod control_log;
pub mod deployed;
pub mod doctor;
pub mod draft;
pub mod event;
pub mod failure;
pub mod failure_group;
pub mod finding;
pub mod fingerprint;
pub mod grant;
pub mod handling;
pub mod history;
pub mod id;
pub mod key;
pub mod log;
pub mod outcome;
pub mod pipeline;
pub mod pipeline_file;
pub mod plan;
pub mod plural;
pub mod policy;
pub mod release;
pub mod remedy;
pub mod request;
pub mod retention;
pub mod row;
pub mod run;
pub mod sanitize;
pub mod scheduler;
pub mod secret;
pub mod service;
pub mod settle;
pub mod setup;
pub mod shell;
pub mod state;
pub mod summary;
pub mod table_lease;
pub mod target;
pub mod task;
pub mod time;
pub mod timeline;
pub mod truncate;
pub mod variable;
pub mod verdict;
pub mod warehouse;
pub mod watched;
