//! `downbeat variables`: its options, and the flags that are the variables' own names.

use super::exit::with;
use super::{Exit, Output};
use clap::error::Error;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use domain::variable::{VariableName, Variables};
use std::path::PathBuf;
use std::sync::LazyLock;

const HELP: &str = "\
A value is taken from --set, else from the environment, else from the profile, else it is the default; `list` says from \
where. `import` and `export` read and write the JSON of `airflow variables export`. Of other names in such a file nothing \
is taken; they are named, and `export --update FILE` leaves them in their file as they are.";

pub(super) fn help() -> String {
    with(
        HELP,
        &[
            (Exit::Success, "done"),
            (
                Exit::Refused,
                "the settings, the file or a value are wrong, and nothing was written",
            ),
        ],
    )
}

/// Options of `downbeat variables`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct VariablesOptions {
    /// What is done.
    #[command(subcommand)]
    pub what: VariablesCommand,
}

/// What `downbeat variables` can do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum VariablesCommand {
    /// List all variables with the values in effect, and where these come from
    #[command(after_help = help())]
    List {
        /// How to print: text for people, or json, one object per line
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Print the value of one variable
    #[command(after_help = help())]
    Get {
        /// The variable
        name: String,
        /// How to print: text for people, or json, one object
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Write values into the profile
    #[command(after_help = help())]
    Set {
        /// NAME VALUE, or any number of NAME=VALUE
        #[arg(value_name = "NAME=VALUE", required = true, allow_negative_numbers = true)]
        assignments: Vec<String>,
        /// How to print: text for people, or json, one object
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Take values from a file of `airflow variables export` into the profile
    #[command(after_help = help())]
    Import {
        /// The file; - is standard input
        #[arg(value_name = "FILE|-")]
        file: PathBuf,
        /// Say what would be taken, and write nothing
        #[arg(long)]
        dry_run: bool,
        /// How to print: text for people, or json, one object
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        output: Output,
    },
    /// Write the values in effect as `airflow variables import` reads them
    #[command(after_help = help())]
    Export {
        /// The file to write; it must not exist yet. - is standard output
        #[arg(default_value = "-", value_name = "FILE|-")]
        file: PathBuf,
        /// Change our names in a file that is there, and leave all others in it as they are
        #[arg(long)]
        update: bool,
        /// Write the variables that the DAG does not have, too
        #[arg(long)]
        all: bool,
    },
}

impl VariablesCommand {
    pub(super) fn output(&self) -> Output {
        match self {
            Self::List { output }
            | Self::Get { output, .. }
            | Self::Set { output, .. }
            | Self::Import { output, .. } => *output,
            Self::Export { .. } => Output::Text,
        }
    }
}

/// Values that are given by the flags of the variables, such as `--project-id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariableFlags(Vec<(VariableName, String)>);

struct Flag {
    name: VariableName,
    long: String,
    help: String,
}

/// A flag for each variable that a person sets; the list of arguments is written by runs.
static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| {
    let defaults = Variables::default();
    let written_by_runs = VariableName::CdfPipelineRunArguments;
    let names = VariableName::ALL.iter().filter(|name| **name != written_by_runs);
    let flag = |name: &VariableName| Flag {
        name: *name,
        long: name.as_str().replace('_', "-"),
        help: match defaults.text(*name) {
            none if none.is_empty() => name.description().trim_end_matches('.').to_owned(),
            default => format!(
                "{} [default: {default}]",
                name.description().trim_end_matches('.')
            ),
        },
    };
    names.map(flag).collect()
});

impl VariableFlags {
    pub(super) fn given(&self) -> impl Iterator<Item = (String, String)> {
        let given = self.0.iter();
        given.map(|(name, text)| (name.as_str().to_owned(), text.clone()))
    }

    /// The flag of a variable: `--project-id`.
    pub fn of(name: VariableName) -> String {
        format!("--{}", name.as_str().replace('_', "-"))
    }
}

impl Args for VariableFlags {
    fn augment_args(command: Command) -> Command {
        FLAGS.iter().fold(command, |command, flag| {
            let name = flag.name;
            let judge = move |text: &str| match Variables::fault(name, text) {
                Some(message) => Err(message),
                None => Ok(text.to_owned()),
            };
            let arg = Arg::new(name.as_str())
                .long(flag.long.as_str())
                .value_name("VALUE")
                .value_parser(judge)
                .help(flag.help.as_str());
            command.arg(arg)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for VariableFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = FLAGS.iter().filter_map(|flag| {
            let text = matches.get_one::<String>(flag.name.as_str())?;
            Some((flag.name, text.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
