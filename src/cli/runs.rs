//! `downbeat runs`, `downbeat runs show` and `downbeat logs`: options and help of the commands that show what the journal and
//! the logs hold.

use super::exit::with;
use super::former::TASK;
use super::{Exit, Output};
use clap::{Args, Subcommand};

const RUNS: &str = "\
Only the journal is read. With --profile NAME only the runs of that profile are listed, also of one that config.toml does \
not have any more.";

const LOGS: &str = "\
The log is printed as it was written down; the services are not asked. With --follow it goes on until the task has ended \
and its last lines have come, also while another process drives the run, and through further tries of the task. A task \
that has not begun is waited for. Ctrl-C leaves the run alone.";

pub(super) fn runs_help() -> String {
    with(
        RUNS,
        &[
            (Exit::Success, "done"),
            (Exit::Refused, "the journal cannot be read, or has no such run"),
        ],
    )
}

pub(super) fn logs_help() -> String {
    with(
        &format!("{LOGS}\n\n{TASK}"),
        &[
            (Exit::Success, "the log was printed"),
            (
                Exit::TaskFailed,
                "nobody drives the run any more, so that --follow does not go on",
            ),
            (
                Exit::Refused,
                "the journal or the log cannot be read, or there is no such run, task or try",
            ),
        ],
    )
}

/// Options of `downbeat runs`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub struct RunsOptions {
    /// One run instead of the list.
    #[command(subcommand)]
    pub what: Option<RunsCommand>,
    /// How to print: text for people, or json, one object per line
    #[arg(long, value_enum, default_value_t, value_name = "HOW", global = true)]
    pub output: Output,
    /// How many runs to list, the last ones first
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// What `downbeat runs` can do beside the list.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RunsCommand {
    /// Show one run: its tasks with their tries, and why they did not succeed
    #[command(after_help = runs_help())]
    Show {
        /// The run, or the beginning of its id
        run: String,
    },
}

/// Options of `downbeat logs`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct LogsOptions {
    /// The run, or the beginning of its id
    pub run: String,
    /// The task
    pub task: String,
    /// Which try, from 1; without it the newest
    #[arg(long = "try", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub number: Option<u32>,
    /// Go on until the task has ended
    #[arg(long, short)]
    pub follow: bool,
    /// How to print: text for people, or json, one object per line
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
}
