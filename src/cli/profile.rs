//! `downbeat init` and `downbeat profile`: options and help of the commands that look after the profiles of `config.toml`.

use super::exit::with;
use super::variables::VariableFlags;
use super::{Exit, Output, assignment};
use clap::{Args, Subcommand};

const NEW: &str = "\
On a terminal it asks for what the flags leave out; elsewhere it says which flags are missing, and writes nothing. A file \
that is there keeps every line of its own: the new profile is added at its end. The first profile of a file is used by \
every start that names none; `downbeat profile use NAME` changes that.

  downbeat init --profile prod --project-id my-project --cdf-instance my-instance \\
    --cdf-pipeline-name cdf_mysql_to_bigquery --bq-output-table landing --protected --colour red";

const PROFILE: &str = "\
A profile is one environment: its variables, the way to its services, and what may be done there. It is a section \
[profile.NAME] of config.toml. Secrets are not printed.";

pub(super) fn new_help() -> String {
    with(
        NEW,
        &[
            (Exit::Success, "the profile is written"),
            (Exit::Refused, "it is not, and the file is as it was"),
            (Exit::Interrupted, "interrupted, and nothing was written"),
        ],
    )
}

pub(super) fn profile_help() -> String {
    with(
        PROFILE,
        &[
            (Exit::Success, "done"),
            (
                Exit::Refused,
                "there is no such profile, or the settings cannot be read or written",
            ),
        ],
    )
}

/// Options of `downbeat init`.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct InitOptions {
    /// What the new profile sets.
    #[command(flatten)]
    pub new: NewProfileOptions,
}

/// What a new profile sets, and how it is written.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct NewProfileOptions {
    /// The variables that have flags of their own.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// Where the tokens come from; `downbeat config` has the choices
    #[arg(long, value_name = "KIND")]
    pub credentials: Option<String>,
    /// Another address of the Data Fusion service
    #[arg(long, value_name = "URL")]
    pub datafusion_endpoint: Option<String>,
    /// Another address of BigQuery
    #[arg(long, value_name = "URL")]
    pub bigquery_endpoint: Option<String>,
    /// The address of a CDAP that is used instead of an instance
    #[arg(long, value_name = "URL")]
    pub cdap_endpoint: Option<String>,
    /// The colour of the profile's name on the screen
    #[arg(long, value_name = "COLOUR")]
    pub colour: Option<String>,
    /// Ask for a name before anything is started, stopped or emptied in the terminal
    #[arg(long)]
    pub protected: bool,
    /// Let nothing be started, stopped, emptied or written
    #[arg(long)]
    pub read_only: bool,
    /// Any setting of a profile by its name; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Use it for starts that name no profile, although another one is used so far
    #[arg(long = "default")]
    pub is_default: bool,
    /// Ask nothing, on a terminal either
    #[arg(long)]
    pub no_input: bool,
    /// How to print: text for people, or json, one object per line
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub output: Output,
}

impl NewProfileOptions {
    /// The settings by their names; a later one of a name wins.
    pub fn settings(&self) -> Vec<(String, String)> {
        let named = |name: &str, text: &Option<String>| Some((name.to_owned(), text.clone()?));
        let flag = |name: &str, is_set: bool| is_set.then(|| (name.to_owned(), "true".to_owned()));
        let others = [
            named("credentials", &self.credentials),
            named("datafusion_endpoint", &self.datafusion_endpoint),
            named("bigquery_endpoint", &self.bigquery_endpoint),
            named("cdap_endpoint", &self.cdap_endpoint),
            named("colour", &self.colour),
            flag("protected", self.protected),
            flag("read_only", self.read_only),
        ];
        let variables = self.variables.given();
        let others = others.into_iter().flatten();
        variables.chain(others).chain(self.set.iter().cloned()).collect()
    }
}

/// Options of `downbeat profile`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ProfileOptions {
    /// What is done.
    #[command(subcommand)]
    pub what: ProfileCommand,
}

impl ProfileOptions {
    pub(super) fn takes_settings(&self) -> bool {
        matches!(self.what, ProfileCommand::New { .. })
    }

    /// Whether the command and `--profile` name different profiles.
    pub(super) fn names_twice(&self, option: Option<&str>) -> bool {
        let named = match &self.what {
            ProfileCommand::List { .. } => None,
            ProfileCommand::Show { name, .. } | ProfileCommand::New { name, .. } => name.as_deref(),
            ProfileCommand::Use { name, .. } => Some(name.as_str()),
        };
        option.is_some() && named.is_some() && option != named
    }
}

/// What `downbeat profile` can do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles; * is the one of starts that name none
    #[command(after_help = profile_help())]
    List {
        /// How to print: text for people, or json, one object per line
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Print what a profile sets, without secrets
    #[command(after_help = profile_help())]
    Show {
        /// The profile; without it the one that a start would use
        name: Option<String>,
        /// How to print: text for people, or json, one object
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Use a profile for starts that name none
    #[command(after_help = profile_help())]
    Use {
        /// The profile
        name: String,
        /// How to print: text for people, or json, one object
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Add a profile, as `downbeat init` does
    #[command(after_help = new_help())]
    New {
        /// Its name
        name: Option<String>,
        /// What it sets.
        #[command(flatten)]
        new: Box<NewProfileOptions>,
    },
}

impl ProfileCommand {
    pub(super) fn output(&self) -> Output {
        match self {
            Self::List { output } | Self::Show { output, .. } | Self::Use { output, .. } => *output,
            Self::New { new, .. } => new.output,
        }
    }
}
