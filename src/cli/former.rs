//! `downbeat resume`, `attach`, `retry` and `mark`: options and help of the commands for one run of the journal.

use super::exit::{with, with_codes};
use super::{Driving, Exit, GivenArguments, Output};
use clap::Args;

const RESUME: &str = "\
The first thing that is done is to look at what has become of its pipeline runs. What has ended is written down, what had \
not begun may still begin, and the output table is not emptied a second time.";

const RETRY: &str = "\
Every try has the logical start time of its run, and the output table is never emptied a second time.";

const ATTACH: &str = "\
Only the journal is read: nothing is changed, and Ctrl-C leaves the run alone.";

const MARK: &str = "\
No state, outcome or exit code of the run changes by it. A retry of everything leaves such a task alone from then on, and \
the lists, the summary and the lines of JSON show it. No service is asked.";

const RUN: &str =
    "RUN is the id of a run, or its beginning, as `downbeat runs` lists it. The profile is that of the run.";

pub(super) const TASK: &str = "\
TASK is a task as `downbeat runs show RUN` names it: hr_engineer, start_pipeline_hr_engineer or hr/engineer.";

pub(super) fn resume_help() -> String {
    with_codes(&format!("{RESUME}\n\n{RUN}"))
}

pub(super) fn retry_help() -> String {
    with_codes(&format!("{RETRY}\n\n{RUN} {TASK}"))
}

pub(super) fn mark_help() -> String {
    with(
        &format!("{MARK}\n\n{RUN} {TASK}"),
        &[
            (Exit::Success, "it is written down, or was already"),
            (
                Exit::Refused,
                "it does not fit one of the tasks, which must be over without success; nothing was written",
            ),
            (Exit::Held, "the run goes on, or nobody watches it to its end"),
        ],
    )
}

pub(super) fn attach_help() -> String {
    with_codes(&format!("{ATTACH}\n\n{RUN}"))
}

/// Options of `downbeat resume`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ResumeOptions {
    /// The run; without it the newest unfinished one of the profile
    pub run: Option<String>,
    /// Close it: stop what is still live, start nothing, and wait for its end
    #[arg(long)]
    pub stop: bool,
    /// Go on although a later run has emptied or filled its table: rows may then be loaded twice
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
    /// How to print: text for people, or json, one object per line
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
}

/// Options of `downbeat retry`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct RetryOptions {
    /// The run
    pub run: String,
    /// The tasks to try again; without them all that did not succeed
    #[arg(value_name = "TASK")]
    pub tasks: Vec<String>,
    /// Go on although a later run has emptied or filled its table: rows may then be loaded twice
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
    /// How to print: text for people, or json, one object per line
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
}
