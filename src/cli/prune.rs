//! `downbeat prune`: its options and its help.

use super::exit::with;
use super::{Exit, Output};
use clap::Args;

const HELP: &str = "\
A run goes, with its logs, if it ended more than journal_days (90) before the newest run began and is not one of the \
newest journal_runs (100). Both are settings at the top of config.toml. A run without an end stays. Every start of the \
terminal and of `downbeat run` does the same; this command also gives all free space of the file back.";

pub(super) fn help() -> String {
    with(
        HELP,
        &[
            (Exit::Success, "done"),
            (Exit::Refused, "the journal or the settings cannot be used"),
        ],
    )
}

/// Options of `downbeat prune`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct PruneOptions {
    /// Say how many runs would go, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print: text for people, or json, one object
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
}
