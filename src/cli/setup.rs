//! `downbeat setup`, `downbeat deploy` and `downbeat pipelines`: options and help of the commands that make a project ready.

use super::exit::with;
use super::{Exit, Output, assignment};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const SETUP: &str = "\
It looks first, and prints what is there and what it would make, with what that costs. Then it asks, and makes what is \
missing in this order: APIs, roles, instance, dataset, tables and views, bucket, secret, pipeline, preferences. Nothing \
that is there is changed or removed, except that the pipeline is deployed again if it differs from the file. Started \
again it goes on where it was: an instance that is being made is found again and waited for.

  downbeat setup --profile prod --dry-run
  downbeat setup --profile prod --preference cloudsql_connection_name=my-project:us-west1:mysql \\
    --preference mysql_user=downbeat

Who may not change roles gives them to somebody who may: --no-roles leaves that step out.";

const SECRET: &str = "\
A secret is asked for without echo, or read from DOWNBEAT_SECRET_<KEY> (DOWNBEAT_SECRET_MYSQL_PASSWORD) or a file. It is \
never printed.";

const DEPLOY: &str = "\
Without FILE it is the pipeline that comes with Downbeat. The artifacts of its stages are looked up on the instance; what \
differs from the deployed pipeline is printed, stage by stage and without values. Its preferences are taken from the \
variables of the profile and from --preference; those that are there already stay.";

pub(super) fn setup_help() -> String {
    making(SETUP)
}

pub(super) fn deploy_help() -> String {
    making(DEPLOY)
}

fn making(help: &str) -> String {
    let help = with(
        &format!("{help}\n\n{SECRET}"),
        &[
            (Exit::Success, "everything is there"),
            (Exit::TaskFailed, "a step failed; what was made before it stays"),
            (Exit::Refused, "refused; nothing was changed"),
            (
                Exit::TimedOut,
                "the instance was not ready after two hours; it is still being made",
            ),
            (
                Exit::Unavailable,
                "a service or the network failed before anything was changed",
            ),
            (Exit::Interrupted, "interrupted (Ctrl-C, SIGTERM, SIGHUP)"),
        ],
    );
    format!("{help}\nAfter 1, 3, 4 and 130 the same command goes on where it was.")
}

pub(super) fn pipelines_help() -> String {
    let codes = &[
        (Exit::Success, "done"),
        (
            Exit::Refused,
            "there is no such pipeline, or the instance cannot be used",
        ),
        (Exit::Unavailable, "a service or the network failed"),
    ];
    with("Nothing is changed on the instance.", codes)
}

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
    /// How to print: text for people, or json, one object per line
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
}

/// Options of `downbeat setup`.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct SetupOptions {
    /// Another pipeline than the one that comes with Downbeat
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// What is paid for, if the instance must be made: developer for trials, basic for production, enterprise
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
    #[command(after_help = pipelines_help())]
    List {
        /// How to print: text for people, or json, one object per line
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Show a pipeline: its stages, and how it differs from the one that comes with Downbeat
    #[command(after_help = pipelines_help())]
    Show {
        /// Its name; without it that of the profile
        name: Option<String>,
        /// How to print: text for people, or json, one object per line
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Write a pipeline as a file that `downbeat deploy` and Data Fusion take
    #[command(after_help = pipelines_help())]
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
