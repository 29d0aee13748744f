//! The command line: types and help only. `app.rs` does what a command says, `config.rs` reads the values.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use domain::arguments::{RuntimeArguments, parse_pairs};
use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  downbeat                                  the terminal; with nothing configured, on the sandbox
  downbeat --profile prod                   the terminal, on [profile.prod] of config.toml
  downbeat run --profile prod               one run of all active rows, for cron and CI
  downbeat run --set bq_truncate=false      the same with one variable changed
  downbeat run --dry-run                    what a run would do, without doing it
  downbeat run --args business_unit=hr,data_source=engineer
                                            one pipeline by hand
  downbeat sandbox --ephemeral              a local Data Fusion and BigQuery for other clients

A value is taken from --set, else DOWNBEAT_<VARIABLE> in the environment (DOWNBEAT_PROJECT_ID),
else the profile, else the default. DOWNBEAT_PROFILE and DOWNBEAT_HOME can be set instead of the options.

Exit codes:
  0 success   1 a task failed   2 usage or configuration   3 timed out   130 interrupted";

/// Runs a Data Fusion pipeline once per active row of a BigQuery table, and shows it live.
///
/// Without a command the terminal opens.
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "downbeat", version, after_help = EXAMPLES, max_term_width = 100)]
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
    #[arg(long, short, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Keep all files (settings, journal, logs, sandbox) in this folder
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Change one variable for this start; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

/// The commands beside the terminal.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Mode {
    /// Do one run without the terminal, and print what happens line by line
    #[command(after_help = RUN_HELP)]
    Run(RunOptions),
    /// Serve a local Data Fusion, CDAP, BigQuery and source database
    #[command(after_help = SANDBOX_HELP)]
    Sandbox(SandboxOptions),
    /// List the last runs
    Runs(RunsOptions),
}

const RUN_HELP: &str = "\
The run checks everything first; the output table is emptied only if all is sound.
With --dry-run it ends there: with 0, or with 2 if the run could not start.

Exit codes:
  0    every pipeline of the run completed
  1    a task failed; the reason is on the last lines
  2    the settings or the configuration table are wrong; nothing was started or emptied
  3    dag_timeout_minutes or cdf_pipeline_timeout_seconds was over
  130  interrupted (Ctrl-C, SIGTERM)";

const SANDBOX_HELP: &str = "\
Once it answers it prints one line of JSON with its addresses and names, and nothing else, on
standard output. It listens on the loopback interface only and needs no credentials.

A scenario makes it misbehave as real services do (docs/scenarios.md), and can be changed while it
runs: GET, PUT and DELETE /sandbox/scenario, GET /sandbox/faults.";

/// Options of `downbeat run`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct RunOptions {
    /// Change one variable for this run; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Print what the run would do and what prevents it; start and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print what happens: for people, or one JSON object per line
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// Run one pipeline with these arguments instead of the whole chain; write a comma in a value as \,
    #[arg(long, value_name = "NAME=VALUE,...", value_parser = parse_pairs)]
    pub args: Option<RuntimeArguments>,
    /// What becomes of running pipelines when this program is interrupted
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub on_interrupt: OnInterrupt,
}

/// Options of `downbeat sandbox`.
#[derive(Clone, PartialEq, Args)]
pub struct SandboxOptions {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Keep its data in this folder instead of the home's
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub state: Option<PathBuf>,
    /// Begin empty and remove everything at the end
    #[arg(long)]
    pub ephemeral: bool,
    /// Install four plugins that are slow, chatty or broken on demand, for tests of clients
    #[arg(long)]
    pub lab: bool,
    /// How many times faster than a real instance everything happens
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub speed: Option<f64>,
    /// A real MySQL or `MariaDB` instead of the built-in source database
    // Only the sandbox parses it: this parser would repeat what it refuses, and a password with it.
    #[arg(long, value_name = "MYSQL_URL", help = SOURCE_HELP)]
    pub source: Option<String>,
    /// Play what goes wrong: a scenario file, or the name of a shipped one; may be repeated
    #[arg(long, value_name = "FILE|NAME")]
    pub scenario: Vec<PathBuf>,
    /// Which release of CDAP it resembles
    #[arg(long, value_enum, default_value_t, value_name = "RELEASE")]
    pub cdap_version: Release,
    /// Listen on this address instead of loopback; anyone who reaches it can then use the sandbox
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<IpAddr>,
    /// Let CDAP's API ask for this token; without it the API is open
    #[arg(long, value_name = "TOKEN")]
    pub cdap_token: Option<String>,
}

// The address of a database may carry a password, and a token is one: neither is written.
impl fmt::Debug for SandboxOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxOptions")
            .field("port", &self.port)
            .field("state", &self.state)
            .field("ephemeral", &self.ephemeral)
            .field("speed", &self.speed)
            .field("scenario", &self.scenario)
            .finish_non_exhaustive()
    }
}

/// A release of CDAP that was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Release {
    /// A fresh run cannot be seen for up to two seconds
    #[value(name = "6.10")]
    V6_10,
    /// A fresh run is seen at once, with the system's arguments first
    #[default]
    #[value(name = "6.11")]
    V6_11,
}

const SOURCE_HELP: &str =
    "Read from a real MySQL or MariaDB: mysql://user[:password]@127.0.0.1[:port][/database]";

/// Options of `downbeat runs`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct RunsOptions {
    /// For people, or one JSON object per line
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// How many runs to list, the last ones first
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// How things are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Progress bars on a terminal, plain lines elsewhere
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// What becomes of live pipeline runs at an interrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnInterrupt {
    /// Stop them and wait for their ends
    #[default]
    Stop,
    /// Leave them running; the next start finds them again
    Leave,
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Success = 0,
    /// A task failed.
    TaskFailed = 1,
    /// The command line or the settings are wrong.
    Usage = 2,
    /// A time limit was reached.
    TimedOut = 3,
    /// Ctrl-C or a signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Cli {
    /// Reads a command line; [`Choice::set`] then holds the values before and after the command.
    ///
    /// # Errors
    /// A wrong line, or `--help` or `--version`: `exit()` of the error prints it and ends with 2 or 0.
    pub fn read(line: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut cli = Self::try_parse_from(line)?;
        let refused = match &cli.mode {
            Some(Mode::Run(options)) => {
                cli.choice.set.extend(options.set.iter().cloned());
                None
            }
            Some(Mode::Sandbox(_)) if cli.choice.profile.is_some() || !cli.choice.set.is_empty() => {
                Some("downbeat sandbox serves no profile: leave --profile and --set out")
            }
            Some(Mode::Runs(_)) if !cli.choice.set.is_empty() => {
                Some("downbeat runs lists what was: leave --set out")
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

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(factor),
        _ => Err("write a number above 0, such as 10".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(line.split(' '))
    }

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_said_is_the_terminal() {
        let cli = read("downbeat").unwrap();
        assert_eq!((cli.mode, cli.choice), (None, Choice::default()));
    }

    #[test]
    fn settings_before_and_after_the_command_both_count() {
        let cli = read("downbeat --home /h --set a=1 run --set b=x=y --profile prod").unwrap();
        let set: Vec<_> = cli
            .choice
            .set
            .iter()
            .map(|(n, t)| (n.as_str(), t.as_str()))
            .collect();
        assert_eq!(set, [("a", "1"), ("b", "x=y")]);
        assert_eq!(cli.choice.profile.as_deref(), Some("prod"));
        assert_eq!(cli.choice.home, Some(PathBuf::from("/h")));
    }

    #[test]
    fn one_pipeline_by_hand() {
        let cli = read(
            "downbeat run --dry-run --args business_unit=hr,data_source=engineer --output json --on-interrupt leave",
        );
        let Some(Mode::Run(options)) = cli.unwrap().mode else {
            panic!("no run")
        };
        let expected = [("business_unit", "hr"), ("data_source", "engineer")];
        assert_eq!(options.args, Some(expected.into_iter().collect()));
        assert!(options.dry_run);
        assert_eq!(
            (options.output, options.on_interrupt),
            (Output::Json, OnInterrupt::Leave)
        );
    }

    #[test]
    fn wrong_lines_end_with_2_and_a_reason() {
        for (line, words) in [
            ("downbeat --set a", "NAME=VALUE"),
            ("downbeat --set =1", "NAME=VALUE"),
            ("downbeat run --args hr", "not name=value"),
            ("downbeat run --args downbeat.token=1", "choose another name"),
            ("downbeat run --output yaml", "text, json"),
            ("downbeat sandbox --state d --ephemeral", "cannot be used with"),
            ("downbeat sandbox --cdap-version 6.9", "6.10, 6.11"),
            ("downbeat sandbox --bind everywhere", "--bind"),
            ("downbeat sandbox --speed 0", "above 0"),
            ("downbeat sandbox --speed NaN", "above 0"),
            ("downbeat sandbox --scenario", "a value is required"),
            ("downbeat --profile p sandbox", "serves no profile"),
            ("downbeat --set a=1 runs", "lists what was"),
            ("downbeat runs --limit 0", "0 is not in"),
            ("downbeat rum", "run"),
        ] {
            let error = read(line).unwrap_err();
            assert_eq!(error.exit_code(), i32::from(Exit::Usage as u8), "{line}");
            assert!(error.to_string().contains(words), "{line}: {error}");
        }
    }

    #[test]
    fn no_password_and_no_token_is_written() {
        let cli = read("downbeat sandbox --source mysql://u:s3cret@127.0.0.1/ --cdap-token s3cret").unwrap();
        assert!(!format!("{cli:?}").contains("s3cret"), "{cli:?}");
    }

    #[test]
    fn help_teaches() {
        for (line, words) in [
            ("downbeat --help", "Exit codes"),
            ("downbeat --help", "downbeat run --profile prod"),
            ("downbeat run --help", "130  interrupted"),
            ("downbeat sandbox --help", "one line of JSON"),
        ] {
            let error = read(line).unwrap_err();
            assert_eq!(error.exit_code(), 0);
            assert!(error.to_string().contains(words), "{line}: {error}");
        }
    }
}
