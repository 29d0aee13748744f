//! `downbeat runs`, `downbeat runs show` and `downbeat logs`: options and help of the commands that show what the journal and
//! the logs hold.

use super::Output;
use clap::{Args, Subcommand};

pub(super) const RUNS_HELP: &str = "\
Only the journal is read. With --profile NAME only the runs of that profile are listed, also of one that config.toml does not
have any more.

Exit codes: 0 done; 2 the journal cannot be read, or has no such run.";

pub(super) const LOGS_HELP: &str = "\
The log is printed as it was written down; the services are not asked. TASK is a task as `downbeat runs show RUN` names it:
hr_engineer, start_pipeline_hr_engineer or hr/engineer.

With --follow it goes on until the task has ended and its last lines have come, also while another process drives the run, and
through further tries of the task. A task that has not begun is waited for. Ctrl-C leaves the run alone.

Exit codes: 0 the log was printed; 1 nobody drives the run any more, so that it does not go on; 2 the journal or the log cannot
be read, or there is no such run, task or try.";

/// Options of `downbeat runs`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub struct RunsOptions {
    /// One run instead of the list.
    #[command(subcommand)]
    pub what: Option<RunsCommand>,
    /// For people, or one JSON object per line
    #[arg(long, value_enum, default_value_t, global = true)]
    pub output: Output,
    /// How many runs to list, the last ones first
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// What `downbeat runs` can do beside the list.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RunsCommand {
    /// Show one run: its tasks with their tries, and why they did not succeed
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
    /// For people, or one JSON object per line
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
