//! `downbeat run`: its options and its help.

use super::{Output, assignment};
use clap::{Args, ValueEnum};
use domain::arguments::{RuntimeArguments, parse_pairs};

pub(super) const RUN_HELP: &str = "\
The run checks everything first; the output table is emptied only if all is sound.
With --dry-run it ends there: with 0, or with 2 if the run could not start.

Exit codes:
  0    every pipeline of the run completed
  1    a task failed; the reason is on the last lines
  2    the settings or the configuration table are wrong; nothing was started or emptied
  3    dag_timeout_minutes or cdf_pipeline_timeout_seconds was over
  130  interrupted (Ctrl-C, SIGTERM)";

/// Options of `downbeat run`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct RunOptions {
    /// Change one variable for this run; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Print what the run would do and what prevents it; start and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print what happens: for people, or one JSON object per line
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// Run one pipeline with these arguments instead of the whole chain; write a comma in a value as \,
    #[arg(long, value_name = "NAME=VALUE,...", value_parser = parse_pairs)]
    pub args: Option<RuntimeArguments>,
    /// What becomes of running pipelines when this program is interrupted
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub on_interrupt: OnInterrupt,
}

/// What becomes of live pipeline runs at an interrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnInterrupt {
    /// Stop them and wait for their ends
    #[default]
    Stop,
    /// Leave them running; the next start finds them again
    Leave,
}
