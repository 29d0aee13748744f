//! Inputs from the field: tables, names, rights and accidents that the demo does not have, each with its right
//! outcome. The built program runs against a sandbox of its own; rows are counted in the warehouse, over the API
//! that any client would use, and never taken from what the program says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[path = "../fuzz/src/changed.rs"]
mod changed;
#[path = "../fuzz/src/client.rs"]
mod fuzz_targets;
#[path = "support/home.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod home;
#[path = "field/lab.rs"]
mod lab;
#[path = "field/pipeline.rs"]
mod pipeline;
#[path = "field/program.rs"]
mod program;
#[path = "support/proxy.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod proxy;
#[path = "support/schema.rs"]
mod schema;
#[path = "support/screen.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod screen;
#[path = "support/server.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod server;

#[path = "field/advice.rs"]
mod advice;
#[path = "field/control_logs.rs"]
mod control_logs;
#[path = "field/demo.rs"]
mod demo;
#[path = "field/former_runs.rs"]
mod former_runs;
#[path = "field/fuzz.rs"]
mod fuzz;
#[path = "field/json.rs"]
mod json;
#[path = "field/lease.rs"]
mod lease;
#[path = "field/local.rs"]
mod local;
#[path = "field/logs.rs"]
mod logs;
#[path = "field/network.rs"]
mod network;
#[path = "field/retry.rs"]
mod retry;
#[path = "field/rows.rs"]
mod rows;
#[path = "field/secrets.rs"]
mod secrets;
#[path = "field/settle.rs"]
mod settle;
#[path = "field/sinks.rs"]
mod sinks;
#[path = "field/store.rs"]
mod store;
#[path = "field/tables.rs"]
mod tables;
#[path = "field/truncate.rs"]
mod truncate;
#[path = "field/truth.rs"]
mod truth;
