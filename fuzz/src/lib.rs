//! What is read from outside, as plain functions of any bytes. None may panic, hang or need more memory than the limit that
//! a target is run with, and each keeps the promises that are asserted in it.
//!
//! `cargo fuzz` calls them with coverage (`fuzz_targets/`), `cargo test` with changed seeds: those of the client in
//! `tests/field/fuzz.rs`, those of the sandbox in `crates/sandbox/tests/fuzz.rs`.

pub mod client;
pub mod sandbox;
