//! `downbeat doctor`: its options and its help.

use super::exit::with;
use super::{Exit, Output, assignment};
use clap::Args;

const HELP: &str = "\
Fifteen checks, side by side, within five seconds: project, APIs, roles of the service accounts, rights of the caller, \
instance, tables and columns, bucket, Cloud SQL, plugins, pipeline, macros and secrets, quotas. Nothing is changed. Each \
check is

  ok       it is there, or nothing needs it
  missing  it is not there; the commands below it, with all names filled in, make it
  unknown  the question was refused or not answered, which says nothing about the thing itself";

pub(super) fn help() -> String {
    with(
        HELP,
        &[
            (Exit::Success, "all checks are ok"),
            (Exit::Refused, "something is missing"),
            (
                Exit::Unavailable,
                "nothing is missing, but something could not be asked",
            ),
        ],
    )
}

/// Options of `downbeat doctor`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct DoctorOptions {
    /// Change one variable for these checks; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// How to print: text for people, or json, one object
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
}
