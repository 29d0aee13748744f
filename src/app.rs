//! The composition root: puts settings, sandbox, client, store, engine and screen or printer together.
//!
//! ```text
//!  Cli ─→ Startup (home, settings) ─┬→ terminal: tui                ┐
//!                                   ├→ run, resume, retry: headless ┴─→ engine ─→ client, store
//!                                   ├→ attach: headless, by the journal alone
//!                                   ├→ sandbox: serve until a signal
//!                                   ├→ runs, logs, mark, export, prune: look after the journal
//!                                   ├→ setup, deploy, pipelines: make a project ready, without an engine
//!                                   └→ init, profile, variables: look after config.toml
//! ```
//!
//! Nothing here knows how a run works. What the terminal is given is put together in `app/terminal.rs`,
//! what an engine is made of in `app/parts.rs`, where a run takes place in `app/target.rs`, how the journal is
//! waited for in `app/journal.rs`, which of its runs a start takes up in `app/former.rs`, and when it is asked for a newer
//! version in `app/release.rs`.

mod arguments;
mod browser;
mod demo;
mod doctor;
mod export;
mod former;
mod history;
mod init;
mod journal;
mod logs;
mod mark;
mod parts;
mod pipelines;
mod profile;
mod prune;
mod release;
mod resume;
mod run;
mod sandbox;
mod saved;
mod screen;
mod setup;
mod talk;
mod target;
mod terminal;
mod variables;

use crate::cli::{Choice, Cli, Exit, Mode, Output, Places};
use crate::client::credentials::{Outside, gcloud_project};
use crate::config::{Config, Home, KeySetting, Overrides, Settings, WithoutChoice};
use crate::engine::SharedSecrets;
use crate::headless::{Console, Turn};
use crate::store::{Journal, StoreError};
use crate::{cli, config, engine, headless, telemetry};
use anyhow::Context;
use domain::failure::Failure;
use domain::retention::Retention;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Why nothing can be driven on this machine.
const NO_SIGNALS: &str = "Signals cannot be listened to.";

/// What the embedded sandbox may take to end its runs.
const SANDBOX_END: Duration = Duration::from_secs(1);

/// Where the files of this machine are, for the help.
pub fn places(home: Option<&Path>) -> Places {
    let home = match at(home) {
        Ok(home) => home,
        Err(error) => {
            return Places {
                settings: format!("{error:#}"),
                ..Places::default()
            };
        }
    };
    let settings = home.config_file().display().to_string();
    Places {
        settings: if home.config_file().exists() {
            settings
        } else {
            format!("{settings}; `downbeat init` writes it")
        },
        data: home.data_dir().display().to_string(),
        diagnostics: home.diagnostics().display().to_string(),
    }
}

/// Executes the command line. An error is printed as text or JSON, as `--output` says.
pub async fn start(cli: Cli) -> Exit {
    headless::set_manner(talk::manner(&cli.choice));
    let outcome = match &cli.mode {
        // Boxed: the screen's future is large, and is made once.
        None => Box::pin(terminal::open(&cli.choice)).await,
        // Boxed for the same reason.
        Some(Mode::Run(options)) => Box::pin(run::run(&cli.choice, options)).await,
        Some(Mode::Resume(options)) => Box::pin(resume::resume(&cli.choice, options)).await,
        Some(Mode::Attach(options)) => Box::pin(resume::attach(&cli.choice, options)).await,
        Some(Mode::Retry(options)) => Box::pin(resume::retry(&cli.choice, options)).await,
        Some(Mode::Mark(options)) => mark::mark(&cli.choice, options).await,
        Some(Mode::Demo(options)) => demo::open(&cli.choice, options).await,
        // Boxed for the same reason.
        Some(Mode::Doctor(options)) => Box::pin(doctor::doctor(&cli.choice, options)).await,
        Some(Mode::Sandbox(options)) => serve(&cli.choice, options).await,
        Some(Mode::Init(options)) => init::add(
            &cli.choice,
            cli.choice.profile.as_deref(),
            &options.new,
            "downbeat init",
        ),
        Some(Mode::Profile(options)) => profile::profile(&cli.choice, options),
        Some(Mode::Variables(options)) => variables::variables(&cli.choice, options),
        Some(Mode::Runs(options)) => history::runs(&cli.choice, options).await,
        Some(Mode::Logs(options)) => logs::logs(&cli.choice, options).await,
        Some(Mode::Export(options)) => export(&cli.choice, options).await,
        Some(Mode::Prune(options)) => prune(&cli.choice, options).await,
        // Boxed: their futures are large.
        Some(Mode::Setup(options)) => Box::pin(setup::setup(&cli.choice, options)).await,
        Some(Mode::Deploy(options)) => Box::pin(setup::deploy(&cli.choice, options)).await,
        Some(Mode::Pipelines(options)) => Box::pin(pipelines::pipelines(&cli.choice, options)).await,
        Some(Mode::Config(options)) if options.schema => {
            print(format!("{:#}\n", config::schema()).as_bytes())
        }
        Some(Mode::Config(_)) => print(config::template().as_bytes()),
        Some(Mode::Completions(options)) => print(&cli::completions(options.shell)),
        Some(Mode::Man) => cli::manual().map_err(Into::into).and_then(|page| print(&page)),
    };
    outcome.unwrap_or_else(|error| {
        let profile = cli.choice.profile.as_deref().unwrap_or_default();
        headless::refuse(&failure(&error), profile, cli.output())
    })
}

/// Ends before anything else could: `text` says why.
pub fn refuse(text: &str, output: Output) -> Exit {
    headless::refuse(&Failure::permanent(text), "", output)
}

/// What an error of the start means. Most stay until somebody changes something; the store knows better.
fn failure(error: &anyhow::Error) -> Failure {
    error
        .downcast_ref::<StoreError>()
        .map_or_else(|| Failure::permanent(format!("{error:#}")), StoreError::failure)
}

async fn serve(choice: &Choice, options: &cli::SandboxOptions) -> anyhow::Result<Exit> {
    sandbox::serve(&home(choice)?, options).await
}

async fn export(choice: &Choice, options: &cli::ExportOptions) -> anyhow::Result<Exit> {
    export::write(&found_home(choice)?, options).await
}

async fn prune(choice: &Choice, options: &cli::PruneOptions) -> anyhow::Result<Exit> {
    prune::prune(&found_home(choice)?, options).await
}

/// Prints a text as it is. A reader that has enough ends nothing badly.
fn print(text: &[u8]) -> anyhow::Result<Exit> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Success),
    }
}

/// The home, with all its folders.
fn home(choice: &Choice) -> anyhow::Result<Home> {
    let home = found_home(choice)?;
    home.create()?;
    Ok(home)
}

/// The home as it is: who only reads makes nothing.
fn found_home(choice: &Choice) -> anyhow::Result<Home> {
    at(choice.home.as_deref())
}

fn at(folder: Option<&Path>) -> anyhow::Result<Home> {
    let variable = std::env::var_os("DOWNBEAT_HOME").map(PathBuf::from);
    Ok(Home::find(folder, variable.as_deref())?)
}

/// The file, and what is in effect with this command line and environment.
fn resolved(home: &Home, choice: &Choice, without: WithoutChoice) -> anyhow::Result<(Config, Settings)> {
    let config = Config::load(home)?;
    // The environment may name a project; a demo has nothing to do with it.
    let is_taken = |name: &OsString| choice.demo.is_none() || Overrides::is_of_screen(name);
    let environment = std::env::vars_os().filter(|(name, _)| is_taken(name));
    let mut overrides = Overrides::from_outside(choice.profile.clone(), choice.set.clone(), environment);
    overrides.gcloud_project = gcloud_project(&Outside::default());
    let mut settings = Settings::resolve(&config, &overrides, without)?;
    if let Some(demo) = &choice.demo {
        settings.scenario.clone_from(&demo.scenario);
    }
    Ok((config, settings))
}

/// The folders and the settings of this start.
struct Startup {
    home: Home,
    settings: Settings,
    retention: Retention,
    keys: Vec<KeySetting>,
    secrets: SharedSecrets,
    /// Keeps the diagnostics file open until the end.
    _log: telemetry::Guard,
}

impl Startup {
    fn load(choice: &Choice, without: WithoutChoice) -> anyhow::Result<Self> {
        Self::at(home(choice)?, choice, without)
    }

    /// In a home as it is. Where nothing can be written, there are no diagnostics.
    fn at(home: Home, choice: &Choice, without: WithoutChoice) -> anyhow::Result<Self> {
        let secrets = SharedSecrets::default();
        let struck = secrets.clone();
        let clean = Arc::new(move |text: &str| struck.strike(text));
        let log = telemetry::start(home.diagnostics(), &talk::diagnostics(choice), clean);
        let (config, mut settings) = resolved(&home, choice, without)?;
        settings.findings.extend(talk::fault());
        tracing::info!(
            file = %home.config_file().display(), profile = settings.profile, data = %home.data_dir().display(),
            "the settings are read"
        );
        secrets.add_names(settings.secret_arguments.iter().cloned());
        sandbox::check(&settings, &home)?;
        Ok(Self {
            home,
            settings,
            retention: config.retention(),
            keys: config.keys().to_vec(),
            secrets,
            _log: log,
        })
    }
}

/// Refuses what a read-only profile does not allow; `what` ends the sentence: "nothing is …".
fn refuse_if_read_only(settings: &Settings, what: &str) -> anyhow::Result<()> {
    if settings.connection.read_only == Some(true) {
        anyhow::bail!(
            "The profile {} is read-only: nothing is {what}. Choose another profile, or remove read_only from it in \
             config.toml.",
            settings.profile
        );
    }
    Ok(())
}

/// Takes the turns with an engine for these settings, and prints until the end.
async fn take(
    startup: &Startup,
    journal: Journal,
    console: Console,
    turns: Vec<Turn>,
    options: headless::Options,
) -> anyhow::Result<Exit> {
    refuse_if_read_only(&startup.settings, "started, stopped or emptied with it")?;
    let Startup {
        home,
        settings,
        secrets,
        ..
    } = startup;
    let (parts, kept) = parts::gather(home.clone(), journal, settings, secrets.clone());
    let exit = console.run(engine::spawn(parts), turns, options).await;
    shut_down(kept).await;
    exit.context(NO_SIGNALS)
}

/// Ends the embedded sandbox, if there is one. One that hangs does not keep the program from ending.
async fn shut_down(kept: oneshot::Receiver<sandbox::Embedded>) {
    let ending = async {
        if let Ok(sandbox) = kept.await {
            sandbox.shutdown().await;
        }
    };
    let _ = timeout(SANDBOX_END, ending).await;
}
