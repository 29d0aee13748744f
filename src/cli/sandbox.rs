//! `downbeat sandbox`: its options and its help.

use clap::{Args, ValueEnum};
use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub(super) const SANDBOX_HELP: &str = "\
Once it answers it prints one line of JSON with its addresses and names, and nothing else, on standard output. Without \
--bind it listens on the loopback interface alone; it needs no credentials. Ctrl-C or SIGTERM ends it.

A command line can be seen by others on the machine. A password or token is kept from them in a file (@FILE) or in the \
environment.

A scenario makes it misbehave as real services do (docs/scenarios.md), and can be changed while it runs: GET, PUT and \
DELETE /sandbox/scenario, GET /sandbox/faults.";

/// Options of `downbeat sandbox`.
#[derive(Clone, PartialEq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct SandboxOptions {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Keep its data in this folder instead of the home's
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub state: Option<PathBuf>,
    /// Begin anew, and remove everything at the end
    #[arg(long)]
    pub ephemeral: bool,
    /// Begin with a project that has nothing: APIs off, no roles, no instance, tables, bucket or pipeline
    #[arg(long)]
    pub empty: bool,
    /// Install four plugins that are slow, chatty or broken on demand, for tests of clients
    #[arg(long)]
    pub lab: bool,
    /// How many times faster than a real instance everything happens
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub speed: Option<f64>,
    /// A real MySQL or `MariaDB` instead of the built-in source database
    // Only the sandbox parses it: this parser would repeat what it refuses, and a password with it.
    #[arg(long, value_name = "MYSQL_URL|@FILE", help = SOURCE_HELP)]
    pub source: Option<GivenSecret>,
    /// Play what goes wrong: a scenario file, or the name of a shipped one; may be repeated
    #[arg(long, value_name = "FILE|NAME")]
    pub scenario: Vec<PathBuf>,
    /// Which release of CDAP it resembles: 6.10, where a fresh run cannot be seen for up to two seconds, or 6.11
    #[arg(long, value_enum, default_value_t, value_name = "RELEASE")]
    pub cdap_version: Release,
    /// Listen on this address instead of loopback; anyone who reaches it can then use the sandbox
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<IpAddr>,
    /// Let pipelines ask servers of other machines over HTTP: `ArgumentSetter` and `HTTPCallback` reach this one only
    #[arg(long)]
    pub allow_network: bool,
    /// Take pipelines that other releases exported, with the installed versions of artifacts, as the studio's import does
    #[arg(long)]
    pub accept_releases: bool,
    /// How many ended runs to keep, with their logs and the objects that they wrote
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    pub keep_runs: usize,
    /// Leave runs RUNNING that a killed sandbox left behind, as a real server was seen to do
    #[arg(long)]
    pub keep_abandoned: bool,
    /// Let CDAP's API ask for this token; without it the API is open
    #[arg(long, value_name = "TOKEN|@FILE", help = CDAP_TOKEN_HELP)]
    pub cdap_token: Option<GivenSecret>,
}

/// A text that is a secret, or `@` and the name of the file that has it.
#[derive(Clone, PartialEq)]
pub struct GivenSecret(String);

impl GivenSecret {
    /// The text on the command line, or the file.
    pub fn place(&self) -> Result<&str, &Path> {
        match self.0.strip_prefix('@') {
            Some(file) => Err(Path::new(file)),
            None => Ok(&self.0),
        }
    }
}

impl FromStr for GivenSecret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for GivenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenSecret")
    }
}

// The address of a database may carry a password, and a token is one: neither is written.
impl fmt::Debug for SandboxOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxOptions")
            .field("port", &self.port)
            .field("state", &self.state)
            .field("ephemeral", &self.ephemeral)
            .field("empty", &self.empty)
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

const SOURCE_HELP: &str = "Read from a real MySQL or MariaDB: mysql://user[:password]@127.0.0.1[:port][/database]; also from \
    DOWNBEAT_SANDBOX_SOURCE";

const CDAP_TOKEN_HELP: &str =
    "Let CDAP's API ask for this token, without which the API is open; also from DOWNBEAT_SANDBOX_CDAP_TOKEN";

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(factor),
        _ => Err("write a number above 0, such as 10".into()),
    }
}
