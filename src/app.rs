//! The composition root: settings, sandbox, client, store, engine and a face, wired to one program.
//!
//! ```text
//!  Cli ─→ Setting (home, settings) ─┬→ terminal: tui   ┐
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
use crate::config::{Config, Home, Overrides, Settings};
use crate::store::Journal;
use crate::{engine, headless, telemetry};
use anyhow::Context;
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Does what the command line asks for.
///
/// # Errors
/// A sentence for the person in front of it; all of them mean exit code 2.
pub async fn start(cli: Cli) -> anyhow::Result<Exit> {
    match &cli.mode {
        // Boxed: the screen's future is large, and is made once.
        None => Box::pin(terminal::open(Setting::load(&cli.choice)?)).await,
        Some(Mode::Run(options)) => run(Setting::load(&cli.choice)?, options).await,
        Some(Mode::Sandbox(options)) => sandbox::serve(&home(&cli.choice)?, options).await,
        Some(Mode::Runs(options)) => history::list(&home(&cli.choice)?, options).await,
    }
}

fn home(choice: &Choice) -> anyhow::Result<Home> {
    let variable = std::env::var_os("DOWNBEAT_HOME").map(PathBuf::from);
    let home = Home::find(choice.home.as_deref(), variable.as_deref())?;
    home.create()?;
    Ok(home)
}

/// Where we are, and what is in effect.
struct Setting {
    home: Home,
    settings: Settings,
    /// Keeps the diagnostics file open until the end.
    _log: telemetry::Guard,
}

impl Setting {
    fn load(choice: &Choice) -> anyhow::Result<Self> {
        let home = home(choice)?;
        let log = telemetry::start(home.diagnostics());
        let config = Config::load(&home)?;
        let overrides = Overrides::gather(choice.profile.clone(), choice.set.clone(), std::env::vars_os());
        let settings = Settings::resolve(&config, &overrides)?;
        sandbox::check(&settings, &home)?;
        Ok(Self {
            home,
            settings,
            _log: log,
        })
    }
}

async fn run(setting: Setting, options: &RunOptions) -> anyhow::Result<Exit> {
    let settings = &setting.settings;
    let scope = options.args.clone().map_or(Scope::Chain, Scope::Single);
    let request = RunRequest {
        profile: settings.profile.clone(),
        variables: settings.variables.clone(),
        scope,
        edits: BTreeMap::new(),
    };
    if options.dry_run {
        // Boxed: the future is large, and is made once.
        return Ok(Box::pin(dry_run(&setting, request, options.output)).await);
    }
    let mut plan = Plan::new(request.clone(), None);
    plan.add(settings.findings.iter().cloned());
    plan.findings
        .iter()
        .for_each(|finding| tell(&headless::finding_text(finding, &settings.profile)));
    if plan.error().is_some() {
        return Ok(Exit::Usage);
    }
    let journal = Journal::open(&setting.home.database())?;
    let (parts, kept) = parts::gather(setting.home.clone(), journal, settings);
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
async fn dry_run(setting: &Setting, request: RunRequest, output: Output) -> Exit {
    let (client, kept) = parts::connect(&setting.home, &setting.settings);
    let mut plan = engine::dry_run(client, request).await;
    plan.add(setting.settings.findings.iter().cloned());
    let exit = headless::plan::print(&plan, output);
    if let Ok(sandbox) = kept.await {
        sandbox.shutdown().await;
    }
    exit
}

/// A line for the person, on standard error; the reader of a pipe may be gone.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "downbeat: {line}");
}
