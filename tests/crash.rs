//! The built program, killed at every journal write and at every request of a run, headless and in a terminal, and
//! started again the ordinary way; several of them on one table; and one that runs for long. `docs/testing.md` says
//! how to run the whole.
//!
//! The sandbox is a process of its own and lives on. What holds is counted in its records and in its files, by the
//! source database, and never taken from what the program says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test ends where it breaks, and prints what it has measured"
)]

#[path = "crash/case.rs"]
mod case;
#[path = "crash/conductors.rs"]
mod conductors;
#[path = "crash/headless.rs"]
mod headless;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/home.rs"]
mod home;
#[path = "crash/journal.rs"]
mod journal;
#[path = "crash/lab.rs"]
mod lab;
#[path = "crash/point.rs"]
mod point;
#[path = "crash/proxy.rs"]
mod proxy;
#[path = "crash/rows.rs"]
mod rows;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/screen.rs"]
mod screen;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/server.rs"]
mod server;
#[path = "crash/server_runs.rs"]
mod server_runs;
#[path = "crash/soak.rs"]
mod soak;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/stores.rs"]
mod stores;
#[path = "crash/sweep.rs"]
mod sweep;
#[path = "crash/terminal.rs"]
mod terminal;

/// A few points of each kind.
#[test]
fn a_run_killed_at_some_points_is_carried_on() {
    sweep::some();
}

/// All points, or those that `DOWNBEAT_CRASH` names.
#[test]
#[ignore = "takes half an hour; docs/testing.md"]
fn a_run_killed_anywhere_is_carried_on() {
    sweep::whole();
}

/// One try of each kind.
#[test]
fn several_conductors_load_each_row_once() {
    sweep::conductors(1..=4);
}

#[test]
#[ignore = "takes half an hour; docs/testing.md"]
fn several_conductors_load_each_row_once_in_two_hundred_tries() {
    sweep::conductors(1..=200);
}

#[test]
#[ignore = "takes an hour; docs/testing.md"]
fn a_soak_leaves_memory_files_and_threads_flat() {
    soak::soak();
}
