//! The command line: types and help only. `app.rs` does what a command says, `config.rs` reads the values.
//!
//! `cli/run.rs`, `cli/former.rs` and `cli/sandbox.rs` have the options of the commands, `cli/exit.rs` the exit codes.

mod arguments;
mod demo;
mod doctor;
mod exit;
mod export;
mod former;
mod help;
mod manual;
mod print;
mod profile;
mod prune;
mod run;
mod runs;
mod sandbox;
mod setup;
mod talk;
mod variables;

pub use arguments::{ArgumentsSource, GivenArguments};
pub use demo::DemoOptions;
pub use doctor::DoctorOptions;
pub use exit::Exit;
pub use export::{Export, ExportOptions};
pub use former::{AttachOptions, MarkOptions, ResumeOptions, RetryOptions};
pub use help::Places;
pub use manual::manual;
pub use print::{CompletionsOptions, ConfigOptions, completions};
pub use profile::{InitOptions, NewProfileOptions, ProfileCommand, ProfileOptions};
pub use prune::PruneOptions;
pub use run::{Driving, OnInterrupt, RunOptions};
pub use runs::{LogsOptions, RunsCommand, RunsOptions};
pub use sandbox::{GivenSecret, Release, SandboxOptions};
pub use setup::{
    DeployFlags, DeployOptions, InstanceEdition, PipelinesCommand, PipelinesOptions, SetupOptions,
};
use talk::COMMON;
pub use talk::{Color, LogLevel, Talk};
pub use variables::{VariableFlags, VariablesCommand, VariablesOptions};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use demo::DEMO_HELP;
use help::help;
use sandbox::SANDBOX_HELP;
use std::ffi::OsString;
use std::path::PathBuf;

/// Runs a Data Fusion pipeline once per active row of a BigQuery table, and shows it live; without a command the terminal opens
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "downbeat", version, after_help = help(&Places::default()), max_term_width = 100)]
pub struct Cli {
    /// Where the settings come from.
    #[command(flatten)]
    pub choice: Choice,
    /// What to do; without a command the terminal opens.
    #[command(subcommand)]
    pub mode: Option<Mode>,
}

/// Where the settings come from.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct Choice {
    /// The profile of config.toml to use
    #[arg(long, short, global = true, help_heading = COMMON, value_name = "NAME")]
    pub profile: Option<String>,
    /// Keep all files (settings, journal, logs, sandbox) in this folder
    #[arg(long, global = true, help_heading = COMMON, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Change one variable for this start; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Print lines instead of a screen, for screen readers: the same keys, and nothing is drawn again
    #[arg(long)]
    pub linear: bool,
    /// How much is said, and in which colours.
    #[command(flatten)]
    pub talk: Talk,
    /// Whether lines are printed, and no terminal opens
    #[arg(skip)]
    pub is_headless: bool,
    /// The demo that this start is, if it is one
    #[arg(skip)]
    pub demo: Option<DemoOptions>,
}

/// The commands beside the terminal.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Mode {
    /// Do one run without the terminal, and print what happens line by line
    #[command(after_help = run::help())]
    Run(RunOptions),
    /// Open the terminal on a sandbox that is removed at the end, also one where things go wrong
    #[command(after_help = DEMO_HELP)]
    Demo(DemoOptions),
    /// Look at everything that a run needs, and say how to get what is missing
    #[command(after_help = doctor::help())]
    Doctor(DoctorOptions),
    /// Serve a local Data Fusion, CDAP, BigQuery, Cloud Storage and source database
    #[command(after_help = SANDBOX_HELP)]
    Sandbox(SandboxOptions),
    /// Carry on a run that nobody drives any more: after a crash, a reboot, or --on-interrupt leave
    #[command(after_help = former::resume_help())]
    Resume(ResumeOptions),
    /// Watch a run that another process drives
    #[command(after_help = former::attach_help())]
    Attach(AttachOptions),
    /// Try tasks of a run that has ended again
    #[command(after_help = former::retry_help())]
    Retry(RetryOptions),
    /// Say of tasks that did not succeed that a person has dealt with them
    #[command(after_help = former::mark_help())]
    Mark(MarkOptions),
    /// Make a profile of config.toml: by questions, or by flags
    #[command(after_help = profile::new_help())]
    Init(Box<InitOptions>),
    /// List, show, choose and add profiles of config.toml
    #[command(after_help = profile::profile_help())]
    Profile(ProfileOptions),
    /// List, print, set, import and export the variables of a profile
    #[command(after_help = variables::help())]
    Variables(VariablesOptions),
    /// Make what a project lacks before its first run: APIs, roles, instance, tables, bucket, secret, pipeline
    #[command(after_help = setup::setup_help())]
    Setup(Box<SetupOptions>),
    /// Deploy a pipeline with its secrets and preferences: the one that comes with Downbeat, or a file
    #[command(after_help = setup::deploy_help())]
    Deploy(Box<DeployOptions>),
    /// List, show and export the pipelines of the namespace
    #[command(after_help = setup::pipelines_help())]
    Pipelines(PipelinesOptions),
    /// List the last runs, or show one of them
    #[command(after_help = runs::runs_help())]
    Runs(RunsOptions),
    /// Print the log of a task, and follow it
    #[command(after_help = runs::logs_help())]
    Logs(LogsOptions),
    /// Write what the journal holds, also if it is damaged
    Export(ExportOptions),
    /// Remove old runs and their logs
    #[command(after_help = prune::help())]
    Prune(PruneOptions),
    /// Print a config.toml with every setting, its meaning and its default
    Config(ConfigOptions),
    /// Print the script that completes commands and options in a shell
    Completions(CompletionsOptions),
    /// Print the manual page, for `man -l -`
    Man,
}

/// How things are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people; a run has progress bars on a terminal
    #[default]
    Text,
    /// For programs: one JSON object per line (docs/json.md)
    Json,
}

/// What an option takes stands in its own text: the list of clap would make each help several screens long.
fn without_lists(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let has_value = !arg.is_positional() && arg.get_action().takes_values();
            arg.hide_possible_values(has_value)
        })
        .mut_subcommands(without_lists)
}

impl Cli {
    /// All commands and options.
    pub fn grammar() -> clap::Command {
        without_lists(Self::command())
    }

    /// The folder that a line names with `--home`, also one that is not understood otherwise.
    pub fn home_of(line: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
        let words: Vec<_> = line.into_iter().collect();
        let within = words
            .iter()
            .find_map(|word| word.to_str()?.strip_prefix("--home=").map(PathBuf::from));
        let mut pairs = words.iter().zip(words.iter().skip(1));
        within.or_else(|| {
            pairs
                .find(|(name, _)| *name == "--home")
                .map(|(_, folder)| folder.into())
        })
    }

    /// Whether a line asks for JSON, also one that is not understood otherwise.
    pub fn asks_for_json(line: impl IntoIterator<Item = impl Into<OsString>>) -> bool {
        let words: Vec<_> = line.into_iter().map(Into::into).collect();
        let mut pairs = words.iter().zip(words.iter().skip(1));
        words.iter().any(|word| word == "--output=json")
            || pairs.any(|(name, value)| name == "--output" && value == "json")
    }

    /// How the command prints what it has to say.
    pub fn output(&self) -> Output {
        match &self.mode {
            Some(Mode::Run(options)) => options.driving.output,
            Some(Mode::Doctor(options)) => options.output,
            Some(Mode::Init(options)) => options.new.output,
            Some(Mode::Profile(options)) => options.what.output(),
            Some(Mode::Variables(options)) => options.what.output(),
            Some(Mode::Setup(options)) => options.flags.output,
            Some(Mode::Deploy(options)) => options.flags.output,
            Some(Mode::Pipelines(options)) => options.output(),
            Some(Mode::Runs(options)) => options.output,
            Some(Mode::Logs(options)) => options.output,
            Some(Mode::Prune(options)) => options.output,
            Some(Mode::Resume(options)) => options.driving.output,
            Some(Mode::Attach(options)) => options.output,
            Some(Mode::Retry(options)) => options.driving.output,
            Some(Mode::Mark(options)) => options.output,
            Some(
                Mode::Demo(_)
                | Mode::Sandbox(_)
                | Mode::Export(_)
                | Mode::Config(_)
                | Mode::Completions(_)
                | Mode::Man,
            )
            | None => Output::Text,
        }
    }

    fn given_arguments(&self) -> Option<&GivenArguments> {
        match &self.mode {
            Some(Mode::Run(options)) => options.args.as_ref(),
            Some(Mode::Resume(options)) => options.args.as_ref(),
            Some(Mode::Retry(options)) => options.args.as_ref(),
            _ => None,
        }
    }

    /// Reads a command line; [`Choice::set`] then holds the values before and after the command.
    ///
    /// # Errors
    /// A wrong line, or `--help` or `--version`: `exit()` of the error prints it and ends with 2 or 0.
    pub fn read(line: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, clap::Error> {
        Self::read_with(line, &Places::default())
    }

    /// The same, where the help says that the files are in these places.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn read_with(
        line: impl IntoIterator<Item = impl Into<OsString>>,
        places: &Places,
    ) -> Result<Self, clap::Error> {
        let line: Vec<OsString> = line.into_iter().map(Into::into).collect();
        let command = Self::grammar()
            .color(talk::color_of(&line))
            .after_help(help(places));
        let mut cli = Self::from_arg_matches(&command.try_get_matches_from(line)?)?;
        cli.choice.is_headless = !matches!(cli.mode, None | Some(Mode::Demo(_)));
        let source = cli.given_arguments().map(GivenArguments::source);
        if let Some(Err(reason)) = source {
            let reason = format!("--args: {reason}");
            return Err(Self::command().error(ErrorKind::ValueValidation, reason));
        }
        let refused = match &cli.mode {
            Some(_) if cli.choice.linear => {
                Some("the commands print lines anyway: leave --linear out, or the command")
            }
            _ if cli.choice.talk.quiet && cli.output() == Output::Json => {
                Some("--quiet leaves nothing of the JSON: leave it out")
            }
            Some(Mode::Run(options)) => {
                cli.choice.set.extend(options.set.iter().cloned());
                None
            }
            Some(Mode::Profile(options)) if !options.takes_settings() && !cli.choice.set.is_empty() => {
                Some("downbeat profile shows what a profile says: leave --set out")
            }
            Some(Mode::Profile(options)) if options.names_twice(cli.choice.profile.as_deref()) => {
                Some("the profile is named twice: leave --profile out")
            }
            Some(Mode::Logs(_)) if !cli.choice.set.is_empty() => {
                Some("downbeat logs prints what was: leave --set out")
            }
            Some(Mode::Doctor(options)) => {
                cli.choice.set.extend(options.set.iter().cloned());
                None
            }
            Some(Mode::Resume(_) | Mode::Attach(_) | Mode::Retry(_) | Mode::Mark(_))
                if !cli.choice.set.is_empty() =>
            {
                Some("a run keeps the variables that it began with: leave --set out")
            }
            Some(Mode::Sandbox(_)) if cli.choice.profile.is_some() || !cli.choice.set.is_empty() => {
                Some("downbeat sandbox serves no profile: leave --profile and --set out")
            }
            Some(Mode::Runs(_)) if !cli.choice.set.is_empty() => {
                Some("downbeat runs lists what was: leave --set out")
            }
            Some(Mode::Export(_)) if !cli.choice.set.is_empty() => {
                Some("downbeat export writes what was: leave --set out")
            }
            Some(Mode::Prune(_)) if !cli.choice.set.is_empty() => {
                Some("downbeat prune starts nothing: leave --set out")
            }
            _ => None,
        };
        if let Some(reason) = refused {
            return Err(Self::command().error(ErrorKind::ArgumentConflict, reason));
        }
        Ok(cli)
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE, such as max_active_pipelines=3".into()),
    }
}

#[cfg(test)]
mod tests;
