//! `downbeat prune`: its options and its help.

use super::Output;
use clap::Args;

pub(super) const PRUNE_HELP: &str = "\
A run goes, with its logs, if it ended more than journal_days (90) before the newest run began and is not one of the newest
journal_runs (100). Both are settings at the top of config.toml. A run without an end stays. Every start of the terminal and
of `downbeat run` does the same; this command also gives all free space of the file back.

Exit codes: 0 done; 2 the journal or the settings cannot be used.";

/// Options of `downbeat prune`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct PruneOptions {
    /// Say how many runs would go, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
