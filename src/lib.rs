//! Downbeat runs a parameterised Cloud Data Fusion pipeline once per row of a BigQuery
//! configuration table, watches every run to its real end, and shows it live in one terminal.

pub mod client;
pub mod domain;
pub mod engine;
pub mod sandbox;
pub mod tui;
