//! `downbeat setup`, `downbeat deploy` and `downbeat pipelines`: options and help of the commands that make a project ready.

use super::{Output, assignment};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const CODES: &str = "\
Exit codes: 0 everything is there; 1 a step failed, what was made before it stays; 2 refused, nothing was changed;
3 the instance was not ready after 90 minutes, it is still being made; 4 a service or the network failed before anything
was changed; 130 interrupted. After 1, 3, 4 and 130 the same command goes on where it was.";

pub(super) fn setup_help() -> String {
    format!(
        "\
It looks first, and prints what is there and what it would make, with what that costs. Then it asks, and makes what is
missing in this order: APIs, roles, instance, dataset, tables and views, bucket, secret, pipeline, preferences. Nothing that is
there is changed or removed, except that the pipeline is deployed again if it differs from the file. Started again it goes on
where it was: an instance that is being made is found again and waited for.

  downbeat setup --profile prod --dry-run
  downbeat setup --profile prod --preference cloudsql_connection_name=my-project:us-west1:mysql \\
    --preference mysql_user=downbeat

A secret is asked for without echo, or read from DOWNBEAT_SECRET_<KEY> (DOWNBEAT_SECRET_MYSQL_PASSWORD) or a file. It is
never printed. Who may not change roles gives them to somebody who may: --no-roles leaves that step out.

{CODES}"
    )
}

pub(super) fn deploy_help() -> String {
    format!(
        "\
Without FILE it is the pipeline that comes with Downbeat. The artifacts of its stages are looked up on the instance; what
differs from the deployed pipeline is printed, stage by stage and without values. Its preferences are taken from the
variables of the profile and from --preference; those that are there already stay.

{CODES}"
    )
}

pub(super) const PIPELINES_HELP: &str = "\
Exit codes: 0 done; 2 there is no such pipeline, or the instance cannot be used; 4 a service or the network failed.";

/// How much is asked, given and printed.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct DeployFlags {
    /// The value of a macro of the pipeline; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub preference: Vec<(String, String)>,
    /// The file that holds the value of a secure key; may be repeated
    #[arg(long, value_name = "KEY=FILE", value_parser = assignment)]
    pub secret_file: Vec<(String, String)>,
    /// Ask nothing: make what the plan says
    #[arg(long, short)]
    pub yes: bool,
    /// The name of a protected profile, which must be typed otherwise
    #[arg(long, value_name = "PROFILE")]
    pub confirm: Option<String>,
    /// Print the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// For people, or one JSON object per line
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Options of `downbeat setup`.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct SetupOptions {
    /// Another pipeline than the one that comes with Downbeat
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// What is paid for, if the instance must be made
    #[arg(long, value_enum, default_value_t, value_name = "EDITION")]
    pub edition: InstanceEdition,
    /// The bucket of the pipeline; PROJECT-landing if neither this nor a preference names one
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// Change no roles: somebody else does
    #[arg(long)]
    pub no_roles: bool,
    /// How much is asked, given and printed.
    #[command(flatten)]
    pub flags: DeployFlags,
}

/// What an instance is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum InstanceEdition {
    /// For trials
    #[default]
    Developer,
    /// One namespace, for production
    Basic,
    /// Everything
    Enterprise,
}

/// Options of `downbeat deploy`.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct DeployOptions {
    /// An exported pipeline; without it the one that comes with Downbeat
    pub file: Option<PathBuf>,
    /// How much is asked, given and printed.
    #[command(flatten)]
    pub flags: DeployFlags,
}

/// Options of `downbeat pipelines`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct PipelinesOptions {
    /// What is done.
    #[command(subcommand)]
    pub what: PipelinesCommand,
}

/// What `downbeat pipelines` can do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum PipelinesCommand {
    /// List what is deployed in the namespace; * is the pipeline of the profile
    List {
        /// For people, or one JSON object per line
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Show a pipeline: its stages, and how it differs from the one that comes with Downbeat
    Show {
        /// Its name; without it that of the profile
        name: Option<String>,
        /// For people, or one JSON object per line
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Write a pipeline as a file that `downbeat deploy` and Data Fusion take
    Export {
        /// Its name
        name: String,
        /// The file to write; it must not exist yet. - is standard output
        #[arg(default_value = "-", value_name = "FILE|-")]
        file: PathBuf,
    },
}

impl PipelinesOptions {
    /// How it prints.
    pub fn output(&self) -> Output {
        match self.what {
            PipelinesCommand::List { output } | PipelinesCommand::Show { output, .. } => output,
            PipelinesCommand::Export { .. } => Output::Text,
        }
    }
}
