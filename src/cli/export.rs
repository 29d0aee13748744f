//! `downbeat export`: its options and its help.

use super::Exit;
use super::exit::with;
use clap::{Args, Subcommand};
use std::path::PathBuf;

const HELP: &str = "\
One JSON object per line, as `downbeat run --output json` prints them (docs/json.md), in the order in which they were \
written. Of a damaged journal it writes what can be read, and says what cannot; the journal itself is never changed.";

fn help() -> String {
    with(
        HELP,
        &[
            (Exit::Success, "everything was written"),
            (Exit::TaskFailed, "a part of the journal could not be read"),
            (Exit::Refused, "nothing could be written"),
        ],
    )
}

/// Options of `downbeat export`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ExportOptions {
    /// What is written.
    #[command(subcommand)]
    pub what: Export,
}

/// What `downbeat export` can write.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Export {
    /// Write every fact of every run as JSON lines
    #[command(after_help = help())]
    Journal {
        /// The file to write; it must not exist yet. - is standard output
        #[arg(default_value = "-", value_name = "FILE|-")]
        file: PathBuf,
    },
}
