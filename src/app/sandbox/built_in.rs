//! The sandbox is built in: started together with the terminal or a run, or served alone until a signal comes.

use crate::cli::{Exit, GivenSecret, Release, SandboxOptions};
use crate::client::Secret;
use crate::config::{self, Home};
use crate::signals::Signals;
use anyhow::{Context, anyhow, bail};
use domain::failure::Failure;
use sandbox::scenario::{Scenario, shipped};
use sandbox::{Personality, Sandbox, Settings, State};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The sandbox of this process, and the token that only this process has; dropping it stops it.
#[derive(Debug)]
pub(in crate::app) struct Embedded {
    sandbox: Sandbox,
    token: Secret,
}

impl Embedded {
    pub(in crate::app) fn datafusion(&self) -> &str {
        &self.sandbox.ready().datafusion
    }

    pub(in crate::app) fn bigquery(&self) -> &str {
        &self.sandbox.ready().bigquery
    }

    /// What every request to it carries.
    pub(in crate::app) fn token(&self) -> Secret {
        self.token.clone()
    }

    pub(in crate::app) async fn shutdown(self) {
        self.sandbox.shutdown().await;
    }
}

/// Every start can have the sandbox, if its scenarios can be read.
pub(in crate::app) fn check(settings: &config::Settings, _: &Home) -> anyhow::Result<()> {
    scenarios(&settings.scenario).map(drop)
}

/// Starts the sandbox of this home.
pub(in crate::app) async fn open(home: &Home, scenario: &[PathBuf]) -> Result<Embedded, Failure> {
    // 244 random bits.
    let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let settings = Settings {
        access_token: Some(token.clone()),
        scenario: scenarios(scenario).map_err(|error| Failure::permanent(format!("{error:#}")))?,
        state: State::Directory(home.sandbox()),
        ..Settings::default()
    };
    let sandbox = Sandbox::start(settings).await.map_err(|error| {
        Failure::permanent(format!("The sandbox did not start: {error}."))
            .with_remedy("Choose another folder with --home DIR.")
    })?;
    Ok(Embedded {
        sandbox,
        token: Secret::new(&token),
    })
}

/// Serves the sandbox alone.
pub(in crate::app) async fn serve(home: &Home, options: &SandboxOptions) -> anyhow::Result<Exit> {
    let state = match (&options.state, options.ephemeral) {
        (_, true) => State::Ephemeral,
        (Some(folder), _) => State::Directory(folder.clone()),
        (None, _) => State::Directory(home.sandbox()),
    };
    let source = given("--source", options.source.as_ref(), "DOWNBEAT_SANDBOX_SOURCE")?;
    let cdap_token = given(
        "--cdap-token",
        options.cdap_token.as_ref(),
        "DOWNBEAT_SANDBOX_CDAP_TOKEN",
    )?;
    let source = source.as_deref().map(str::parse).transpose();
    let source = source.map_err(|reason: String| anyhow::anyhow!("--source: {reason}"))?;
    let defaults = Settings::default();
    let speed = options.speed.unwrap_or(defaults.speed);
    let scenario = scenarios(&options.scenario)?;
    let mut signals = Signals::listen()?;
    let address = options.bind.unwrap_or(defaults.address);
    let sandbox = Sandbox::start(Settings {
        address,
        port: options.port,
        state,
        empty: options.empty,
        speed,
        scenario,
        source,
        personality: match options.cdap_version {
            Release::V6_10 => Personality::V6_10,
            Release::V6_11 => Personality::V6_11,
        },
        keep_runs: options.keep_runs,
        keep_abandoned: options.keep_abandoned,
        lab: options.lab,
        allow_network: options.allow_network,
        accept_releases: options.accept_releases,
        cdap_token,
        ..defaults
    })
    .await?;
    if !address.is_loopback() {
        let warning =
            "anyone who reaches it over the network can use it: read, change and delete all it holds";
        writeln!(
            io::stderr(),
            "downbeat: the sandbox listens on {address}; {warning}"
        )?;
    }
    let line = serde_json::to_string(sandbox.ready()).context("The ready line cannot be written.")?;
    let mut out = io::stdout();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("Standard output is closed.")?;
    signals.next().await;
    sandbox.shutdown().await;
    Ok(Exit::Success)
}

/// A secret from the command line or a file, else from a variable of the environment.
fn given(option: &str, secret: Option<&GivenSecret>, variable: &str) -> anyhow::Result<Option<String>> {
    let Some(secret) = secret else {
        return Ok(std::env::var(variable).ok().filter(|text| !text.is_empty()));
    };
    let file = match secret.place() {
        Ok(text) => return Ok(Some(text.to_owned())),
        Err(file) => file,
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{option}: the file {} cannot be read", file.display()))?;
    let text = text.trim();
    if text.is_empty() {
        bail!("{option}: the file {} is empty.", file.display());
    }
    Ok(Some(text.to_owned()))
}

/// All scenarios as one.
fn scenarios(paths: &[PathBuf]) -> anyhow::Result<Scenario> {
    let mut all = Scenario::default();
    for path in paths {
        all.merge(scenario(path)?).map_err(|name| {
            anyhow!("Two of the scenarios have a rule called '{name}'. Give one of them another name.")
        })?;
    }
    Ok(all)
}

/// A shipped scenario by its name, else a file.
fn scenario(path: &Path) -> anyhow::Result<Scenario> {
    let name = path.to_string_lossy();
    let parsed = if let Some(parsed) = shipped::parse(&name) {
        parsed
    } else {
        let text = std::fs::read_to_string(path).with_context(|| {
            let known = shipped::names();
            format!("Cannot read the scenario {name}. Name a file, or one of {known}.")
        })?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Scenario::parse(&stem, &text)
    };
    parsed.map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(|error| format!("{name}:{error}")).collect();
        anyhow!("{}", lines.join("\n"))
    })
}
