//! Downbeat runs a parameterised Cloud Data Fusion pipeline once per row of a BigQuery
//! configuration table, watches every run to its real end, and shows it live in one terminal.
#![doc = include_str!("../docs/architecture.md")]
//! # Five minutes of reading
//!
//! 1. [`domain::run`]: what a run is. [`domain::event`]: what can happen to it. [`domain::plan`]: what it will do.
//! 2. [`domain::scheduler`]: how it advances; `chain.rs`, `truncate.rs`, `start.rs`, `watch.rs` and `ending.rs` are its parts,
//!    `lost.rs`, `late.rs`, `earlier.rs` and `resume.rs` what it does after trouble. [`domain::settle`]: what a start does with unfinished runs.
//!    [`domain::history`]: what earlier runs tell.
//! 3. [`engine`]: who performs what the scheduler decides.
//! 4. [`tui`]: how a key becomes a change (`tui/update.rs`) and a change a picture (`tui/view.rs`).
//! 5. [`domain::doctor`] and [`domain::setup`]: what a project lacks, and in which order it is made; `engine/cloud/examine.rs` and
//!    `app/setup/` ask and make. [`client::credentials`]: whose token a call carries.
//! 6. `crates/sandbox`: the cloud that fits into one process.
//! 7. `crates/domain/tests/scenarios/*.toml`: what a run does when the world misbehaves, played by `scheduler.rs` there.
//!
//! # Recipes
//!
//! | to add | touch |
//! | --- | --- |
//! | a key | `tui/action.rs` (the variant), `tui/action/table.rs` (its row: keys, words, contexts, condition), `tui/update.rs` (what it does). Footer and help follow; `cargo test --test screens -- --ignored write_` writes `docs/keys.md`. |
//! | a variable | `crates/domain/src/variable.rs` (one line of the table: name, type, default, unit, sentence), `crates/domain/src/variable/names.rs` (what is legal), `crates/domain/src/variable/check.rs` (how it fits the others). Form, file, `--set`, flags of `init` and environment follow; `cargo test --test commands -- --ignored write_` writes `docs/variables.md`. |
//! | a task state | `crates/domain/src/state.rs` (state and word), `crates/domain/tests/scheduler/transitions.rs` (legal transitions), `crates/domain/src/run/tries.rs` (the event that leads there), `tui/symbol.rs` (glyph, letter, explanation), `tui/summary.rs` (its place among the counts); the compiler names the last two |
//! | a fact | `crates/domain/src/event.rs` (the past tense), `crates/domain/src/event/about.rs` (its task), `crates/domain/src/event/redact.rs` (what of it may be kept), `crates/domain/src/run/apply.rs` or, about a task, `crates/domain/src/run/tries.rs`, `headless/words.rs`, `crates/domain/src/control_log/words.rs` if it is about a task that runs no pipeline, `docs/json.schema.json` and `docs/json.md`, a line in `crates/domain/tests/journal/` |
//! | a secret's name | `crates/domain/src/secret/name.rs` (its words); what must never reach a file or a screen goes through `engine/secrets.rs` |
//! | a request to CDAP or BigQuery | `client/cdap/` or `client/bigquery/` (the call), `crates/domain/src/scheduler/message.rs` (`Request`, `Effect`, `Answer`, and in `on_answer` where it is decided on), `engine/job.rs` (the arm that makes the call) |
//! | a check of `downbeat doctor` | `crates/domain/src/doctor.rs` (its name and title), a file in `crates/domain/src/doctor/` (from answers to points with remedies, by table tests), `engine/cloud/examine.rs` (its arm, and who is asked), `docs/doctor.md`, `docs/json.schema.json`; screen and printer follow |
//! | a retry rule | `client/error/judge.rs` (what a refusal means), `crates/domain/src/failure.rs` (`can_get_better`, `is_waited_for`), `crates/domain/src/policy.rs` (the pauses), `crates/domain/src/scheduler/ending.rs` (the next try), a scenario in `crates/domain/tests/scenarios/` |
//! | a pane | `tui/context.rs` (`Pane`, `Context`), `tui/model.rs` (what it shows), `tui/layout.rs` (where), `tui/view/NAME.rs` and `tui/view.rs`, `tui/action/table.rs`, `tui/update/navigation.rs`, its row in `tests/screens/matrix/cells.rs` |
//! | a sandbox plugin | `crates/pipelines/src/plugin/NAME.rs` and its entry in `plugin.rs`, `crates/pipelines/assets/artifacts` (what the API says of it), its row in `docs/plugins.md` |
//! | an exit code | `crates/domain/src/outcome.rs` (what it stands for), `cli/exit.rs` (number and meaning; the help follows), `docs/headless.md`, `docs/operations.md` |
//! | a step of the set-up | `crates/domain/src/setup.rs` (`Step`, what it judges), `app/setup/look.rs` (what is asked), `app/setup/make.rs` (what is made), `docs/setup.md`, `docs/json.schema.json`, and in `crates/sandbox/src/project.rs` what it meets in an empty project |
//! | a source of tokens | `client/credentials/NAME.rs` (a `TokenSource`), `client/credentials/identity.rs` (its word and its text), where it is opened: `file.rs` by type, or `finder.rs`; its row in `client/credentials/tests/kinds.rs`, docs/credentials.md |
//! | a setting of a profile that is not a variable | `config/connection.rs`, `config/shown.rs` (without secrets), `config/template.rs` (meaning and example), then `app/parts.rs` where it takes effect; `cargo test --test commands -- --ignored write_` writes `docs/variables.md` |
//! | a command | `cli.rs` (the variant), `cli/NAME.rs` (options and help), `app.rs` and `app/NAME.rs` (what it does), `docs/json.md` and `docs/json.schema.json` (its lines), `docs/commands.md`; `INSTA_UPDATE=always cargo test --test commands help` writes what it says of itself |

#[cfg(not(unix))]
compile_error!("Downbeat runs on Linux and macOS. On Windows, build and run it in WSL.");

pub mod app;
pub mod cli;
pub mod client;
mod clock;
pub mod config;
pub mod engine;
pub mod headless;
pub mod signals;
pub mod store;
pub mod telemetry;
pub mod tui;
