//! Downbeat runs a parameterised Cloud Data Fusion pipeline once per row of a BigQuery
//! configuration table, watches every run to its real end, and shows it live in one terminal.

pub mod app;
pub mod cli;
pub mod client;
pub mod config;
pub mod domain;
pub mod engine;
pub mod headless;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod tui;
