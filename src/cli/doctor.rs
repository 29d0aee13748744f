//! `downbeat doctor`: its options and its help.

use super::{Output, assignment};
use clap::Args;

pub(super) const HELP: &str = "\
Fifteen checks, side by side, within five seconds: project, APIs, roles of the service accounts, rights of
the caller, instance, tables and columns, bucket, Cloud SQL, plugins, pipeline, macros and secrets, quotas.
Nothing is changed. Each check is

  ok       it is there, or nothing needs it
  missing  it is not there; the commands below it, with all names filled in, make it
  unknown  the question was refused or not answered, which says nothing about the thing itself

Exit codes:
  0    all checks are ok
  2    something is missing
  4    nothing is missing, but something could not be asked";

/// Options of `downbeat doctor`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct DoctorOptions {
    /// Change one variable for these checks; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// How to print what was seen: for people, or one JSON object
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
