//! `downbeat resume`, `attach`, `retry` and `mark`: options and help of the commands for one run of the journal.

use super::exit::with_codes;
use super::{Driving, GivenArguments, Output};
use clap::Args;

const RESUME: &str = "\
The first thing that is done is to look at what has become of its pipeline runs. What has ended is written
down, what had not begun may still begin, and the output table is not emptied a second time.";

const RETRY: &str = "\
Every try has the logical start time of its run, and the output table is never emptied a second time.";

const ATTACH: &str = "\
Only the journal is read: nothing is changed, and Ctrl-C leaves the run alone.";

const MARK: &str = "\
No state, outcome or exit code of the run changes by it. A retry of everything leaves such a task alone from then on, and the
lists, the summary and the lines of JSON show it. No service is asked.

Exit code 0: it is written down, or was already. 2: it does not fit one of the tasks, which must be over without success; nothing
was written. 5: the run goes on, or nobody watches it to its end.";

const RUN: &str =
    "RUN is the id of a run, or its beginning, as `downbeat runs` lists it. The profile is that of the run.";

fn help(text: &str) -> String {
    with_codes(&format!("{text}\n\n{RUN}"))
}

pub(super) fn resume_help() -> String {
    help(RESUME)
}

pub(super) fn retry_help() -> String {
    help(RETRY)
}

pub(super) fn mark_help() -> String {
    format!("{MARK}\n\n{RUN}")
}

pub(super) fn attach_help() -> String {
    help(ATTACH)
}

/// Options of `downbeat resume`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ResumeOptions {
    /// The run; without it the newest unfinished one of the profile
    pub run: Option<String>,
    /// Close it: stop what is still live, start nothing, and wait for its end
    #[arg(long)]
    pub stop: bool,
    /// Although a later run has emptied or filled its table: rows may then be loaded twice
    #[arg(long)]
    pub after_newer: bool,
    /// Secrets of a pipeline by hand, which are on no disk; @FILE reads them from a file, - from standard input
    #[arg(long, value_name = "NAME=VALUE,...|@FILE|-")]
    pub args: Option<GivenArguments>,
    /// How it is printed, and what an interrupt does
    #[command(flatten)]
    pub driving: Driving,
}

/// Options of `downbeat attach`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct AttachOptions {
    /// The run
    pub run: String,
    /// How to print what happens: for people, or one JSON object per line
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Options of `downbeat retry`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct RetryOptions {
    /// The run
    pub run: String,
    /// The tasks to try again, also as hr/engineer; without them all that did not succeed
    #[arg(value_name = "TASK")]
    pub tasks: Vec<String>,
    /// Although a later run has emptied or filled its table: rows may then be loaded twice
    #[arg(long)]
    pub after_newer: bool,
    /// Change or add these arguments of the one task that is named, or of the pipeline by hand; @FILE reads them from
    /// a file, - from standard input
    #[arg(long, value_name = "NAME=VALUE,...|@FILE|-")]
    pub args: Option<GivenArguments>,
    /// How it is printed, and what an interrupt does
    #[command(flatten)]
    pub driving: Driving,
}

/// Options of `downbeat mark`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct MarkOptions {
    /// The run
    pub run: String,
    /// The tasks that a person dealt with outside of Downbeat
    #[arg(value_name = "TASK", required = true)]
    pub tasks: Vec<String>,
    /// How or why, in one line
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Take it back: nobody dealt with them after all
    #[arg(long, conflicts_with = "note")]
    pub not_handled: bool,
    /// For people, or one JSON object per line
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
