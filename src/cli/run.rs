//! `downbeat run`: its options and its help.

use super::exit::with_codes;
use super::{GivenArguments, Output, assignment};
use clap::{Args, ValueEnum};

const HELP: &str = "\
The run checks everything first; the output table is emptied only if all is sound. With --dry-run it ends there, with the \
exit code that the run would have ended with by then.

Unfinished runs of the same output table are settled first: the newest one is carried on instead of a new run, without \
emptying the table again, and the exit code is that of this run; older ones are closed. A run that a later one has \
overtaken, because that has emptied or filled the table, is closed too.

The first line says so, and names profile, project, instance, table and credentials. The sandbox is used if it is asked \
for (--profile sandbox), or if nothing else is configured and nothing is set from outside.";

pub(super) fn help() -> String {
    with_codes(HELP)
}

/// Options of `downbeat run`.
#[derive(Clone, Debug, PartialEq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct RunOptions {
    /// Change one variable for this run; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Print what the run would do and what prevents it; start and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// End with 0 if no row of the configuration is active
    #[arg(long)]
    pub allow_empty: bool,
    /// Close unfinished runs of the same output table, stopping what is still live, and start anew
    #[arg(long, conflicts_with_all = ["no_resume", "args"])]
    pub fresh: bool,
    /// End with 5 if a run of the same output table is unfinished, and touch none
    #[arg(long, conflicts_with = "args")]
    pub no_resume: bool,
    /// Run only this row of the configuration, named by its key columns; may be repeated. The output table is then not emptied: the rows that it has
    /// stay, and those of this run are added
    #[arg(long, value_name = "UNIT/SOURCE", value_parser = row, conflicts_with = "args")]
    pub only: Vec<String>,
    /// Run one pipeline with these arguments instead of the whole chain; write a comma in a value as \,.
    /// @FILE reads them from a file, - from standard input: others can see a command line, with its passwords
    #[arg(long, value_name = "NAME=VALUE,...|@FILE|-")]
    pub args: Option<GivenArguments>,
    /// Empty the output table even if the pipeline does not show that it fills this table
    #[arg(long)]
    pub allow_unresolved_sink: bool,
    /// With --args: run the pipeline although another run fills the same table. Rows that both read are loaded twice
    #[arg(long, requires = "args")]
    pub beside: bool,
    /// How it is printed, and what an interrupt does
    #[command(flatten)]
    pub driving: Driving,
}

/// Keys with a stroke between them; how many there are is a setting.
fn row(text: &str) -> Result<String, String> {
    if text.split('/').any(|key| key.trim().is_empty()) {
        return Err("no key is empty in UNIT/SOURCE, the name of a row".into());
    }
    Ok(text.to_owned())
}

/// Options of each command that drives a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
pub struct Driving {
    /// How to print: text for people, or json, one object per line
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
    /// What becomes of live pipeline runs at an interrupt: stop, and wait for their ends, or leave, so that the next
    /// `downbeat run` or `downbeat resume` carries the run on
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub on_interrupt: OnInterrupt,
}

/// What becomes of live pipeline runs at an interrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnInterrupt {
    /// Stop them and wait for their ends
    #[default]
    Stop,
    /// Leave them running; the next `downbeat run` carries the run on, and so does `downbeat resume`
    Leave,
}
