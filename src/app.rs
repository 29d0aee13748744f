//! The composition root: puts settings, sandbox, client, store, engine and screen or printer together.
//!
//! ```text
//!  Cli ─→ Startup (home, settings) ─┬→ terminal: tui   ┐
//!                                   ├→ run: headless   ┴─→ engine ─→ client, store
//!                                   ├→ sandbox: serve until a signal
//!                                   └→ runs: list the journal
//! ```
//!
//! Nothing here knows how a run works. What the terminal is given is put together in `app/terminal.rs`,
//! what an engine is made of in `app/parts.rs`.

mod history;
mod parts;
mod sandbox;
mod terminal;

use crate::cli::{Choice, Cli, Exit, Mode, Output, RunOptions};
use crate::config::{Config, Home, Overrides, Settings, WithoutChoice};
use crate::store::{Journal, StoreError};
use crate::{engine, headless, telemetry};
use anyhow::{Context, anyhow};
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Does what the command line asks for.
///
/// # Errors
/// A sentence that says what is wrong; all of them mean exit code 2.
pub async fn start(cli: Cli) -> anyhow::Result<Exit> {
    let outcome = match &cli.mode {
        // Boxed: the screen's future is large, and is made once.
        None => Box::pin(terminal::open(Startup::load(&cli.choice, WithoutChoice::ShowSandbox)?)).await,
        Some(Mode::Run(options)) => run(Startup::load(&cli.choice, WithoutChoice::Refuse)?, options).await,
        Some(Mode::Sandbox(options)) => sandbox::serve(&home(&cli.choice)?, options).await,
        Some(Mode::Runs(options)) => history::list(&home(&cli.choice)?, options).await,
    };
    outcome.map_err(|error| match error.downcast_ref::<StoreError>() {
        Some(store) => anyhow!("{store} {}", store.hint()),
        None => error,
    })
}

fn home(choice: &Choice) -> anyhow::Result<Home> {
    let variable = std::env::var_os("DOWNBEAT_HOME").map(PathBuf::from);
    let home = Home::find(choice.home.as_deref(), variable.as_deref())?;
    home.create()?;
    Ok(home)
}

/// The folders and the settings of this start.
struct Startup {
    home: Home,
    settings: Settings,
    /// Keeps the diagnostics file open until the end.
    _log: telemetry::Guard,
}

impl Startup {
    fn load(choice: &Choice, without: WithoutChoice) -> anyhow::Result<Self> {
        let home = home(choice)?;
        let log = telemetry::start(home.diagnostics());
        let config = Config::load(&home)?;
        let overrides =
            Overrides::from_outside(choice.profile.clone(), choice.set.clone(), std::env::vars_os());
        let settings = Settings::resolve(&config, &overrides, without)?;
        sandbox::check(&settings, &home)?;
        Ok(Self {
            home,
            settings,
            _log: log,
        })
    }
}

async fn run(startup: Startup, options: &RunOptions) -> anyhow::Result<Exit> {
    let settings = &startup.settings;
    let scope = options.args.clone().map_or(Scope::Chain, Scope::Single);
    let request = RunRequest {
        profile: settings.profile.clone(),
        variables: settings.variables.clone(),
        scope,
        edits: BTreeMap::new(),
    };
    if options.dry_run {
        // Boxed: the future is large, and is made once.
        return Ok(Box::pin(dry_run(&startup, request, options.output)).await);
    }
    let mut plan = Plan::new(request.clone(), None);
    plan.add(settings.findings.iter().cloned());
    plan.findings
        .iter()
        .for_each(|finding| print_note(&headless::finding_text(finding, &settings.profile)));
    if plan.error().is_some() {
        return Ok(Exit::Usage);
    }
    let journal = Journal::open(&startup.home.database())?;
    let (parts, kept) = parts::gather(startup.home.clone(), journal, settings);
    let headless_options = headless::Options {
        output: options.output,
        on_interrupt: options.on_interrupt,
    };
    let exit = headless::run(engine::spawn(parts), request, headless_options).await;
    if let Ok(sandbox) = kept.await {
        sandbox.shutdown().await;
    }
    exit.context("Signals cannot be listened to.")
}

/// Prints the plan; neither the journal nor a lease is opened.
async fn dry_run(startup: &Startup, request: RunRequest, output: Output) -> Exit {
    let (client, kept) = parts::connect(&startup.home, &startup.settings);
    let mut plan = engine::dry_run(client, request).await;
    plan.add(startup.settings.findings.iter().cloned());
    let exit = headless::plan::print(&plan, output);
    if let Ok(sandbox) = kept.await {
        sandbox.shutdown().await;
    }
    exit
}

/// Prints a line on standard error; the reader may be gone.
fn print_note(line: &str) {
    let _ = writeln!(io::stderr(), "downbeat: {line}");
}
