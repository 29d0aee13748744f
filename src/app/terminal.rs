//! The terminal, put together: what the screen is given, and what it asks the shell for.

use super::{Startup, browser, history, journal, parts, prune, release, screen, talk, target};
use crate::cli::{Choice, Exit, Output};
use crate::config::{ConfigError, Home, KeySetting, Origin, Settings, WithoutChoice, save_variables};
use crate::headless::{Console, left_text, out};
use crate::store::{EditsFile, Journal, Lease, LogFolder, NoticeFile, StoreError, keep_copied};
use crate::tui::Outcome;
use crate::tui::action::keymap::{KeyChange, Keymap};
use crate::tui::clipboard::Clipboard;
use crate::tui::model::opened_run::OpenedRun;
use crate::tui::setup::{HaveRunsBegun, KeepText, ReadHistory, ReadRun, Save, Setup};
use crate::tui::viewer::Viewer;
use crate::{engine, tui};
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::finding::{Finding, Severity};
use domain::id::DagRunId;
use domain::run::Run;
use domain::variable::VariableName;
use domain::watched::Watched;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

/// How many former runs the history offers.
const HISTORY: u32 = 500;

/// How a screen ended.
enum End {
    /// The program ends.
    Left(Exit),
    /// The profile of this name is opened next.
    SwitchTo(String),
}

/// Opens the terminal, and after it the profiles that are gone to there.
pub(super) async fn open(choice: &Choice) -> anyhow::Result<Exit> {
    let mut choice = choice.clone();
    // The diagnostics of the first start are those of the whole program.
    let mut startups = Vec::new();
    loop {
        let startup = Startup::load(&choice, WithoutChoice::ShowSandbox)?;
        match open_one(&choice, &startup).await? {
            End::Left(exit) => return Ok(exit),
            End::SwitchTo(name) => {
                choice.profile = Some(name);
                // What the command line sets was meant for the profile that it named.
                choice.set.clear();
                startups.push(startup);
            }
        }
    }
}

async fn open_one(choice: &Choice, startup: &Startup) -> anyhow::Result<End> {
    tui::check_terminal()?;
    tui::action::keymap::set(keymap(&startup.home, &startup.keys)?);
    let Startup {
        home,
        settings,
        retention,
        secrets,
        ..
    } = startup;
    let before = Console::of_no_run(Output::Text, &settings.profile);
    let (journal, ()) = journal::open(home, before, journal::nothing).await?;
    // Before the history is read, so that it offers nothing that is gone.
    if let Some(text) = prune::tidy(home, &journal, *retention).await {
        tracing::info!("{text}");
    }
    let data = home.data_dir();
    let runs = history::last_runs(&journal, data, HISTORY).await?;
    let last_run = match runs.first() {
        Some(last) => read_run(&journal, data, &last.id).await.ok(),
        None => None,
    };
    let unfinished = unfinished(&journal, data, &settings.profile).await?;
    let logs = LogFolder::new(home.data_dir());
    let notices = NoticeFile::new(data);
    let environment = talk::environment(choice);
    let edits = EditsFile::new(data, &settings.profile);
    let kept_edits = edits.read();
    let mut findings = settings.findings.clone();
    findings.extend(kept_edits.as_ref().err().cloned().map(|failure| Finding {
        severity: Severity::Warning,
        ..Finding::from_failure("presets", failure)
    }));
    let setup = Setup {
        profile: settings.profile.clone(),
        profiles: screen::profiles(home)?,
        lacks_choice: settings.lacks_choice,
        is_sandbox: settings.wants_sandbox(),
        endpoints: target::endpoints(settings),
        credentials: parts::credentials(&settings.connection).described(),
        look: screen::look(settings, &environment),
        preferences: screen::preferences(settings, choice.linear, &environment),
        variables: settings.variables.clone(),
        origins: origins(settings),
        common_arguments: settings.arguments.clone(),
        findings,
        secret_names: settings.secret_arguments.clone(),
        last_run: last_run.map(|opened| opened.run),
        unfinished,
        history: runs,
        log_path: Box::new(move |run, task, number| logs.path(run, task, number)),
        save: save(home.clone(), settings.clone()),
        open_page: Box::new(browser::open),
        kept: kept_edits.unwrap_or_default(),
        keep_edits: Box::new(move |change| edits.change(change)),
        read_run: reader(journal.clone(), data.to_owned()),
        read_history: list_reader(journal.clone(), data.to_owned()),
        have_runs_begun: have_runs_begun(data.to_owned()),
        read_records: history::records_reader(journal.clone()),
        clipboard: Clipboard::from_environment(environment),
        keep_text: keep_text(data.join("copied")),
        viewer: Viewer::from_environment(environment),
        has_mouse: settings.screen.mouse.unwrap_or(true),
        learns: settings.screen.learn.unwrap_or(false),
        past_notices: screen::past_notices(&notices),
        keep_notices: screen::keep_notices(notices, secrets.clone()),
        // A demo reaches nothing outside of it.
        ask_for_release: release::asker(home, settings, environment).filter(|_| choice.demo.is_none()),
        local_offset: engine::local_offset,
        clock: engine::now,
    };
    let (parts, kept) = parts::gather(home.clone(), journal.clone(), settings, secrets.clone());
    let engine = engine::spawn_or_watch(parts, journal, data.to_owned(), secrets.clone());
    let outcome = Box::pin(tui::run(setup, engine)).await?;
    super::shut_down(kept).await;
    if let Outcome::SwitchTo(name) = outcome {
        return Ok(End::SwitchTo(name));
    }
    if choice.demo.is_some() {
        // Nothing is left that could be come back to.
        return Ok(End::Left(Exit::Success));
    }
    let command = target::terminal_command(choice, &settings.profile);
    let program = target::program(choice);
    Ok(End::Left(say_what_was_left(
        &outcome,
        settings.wants_sandbox(),
        &command,
        &program,
    )))
}

/// The keys of the screen, as `[keys]` changes them.
fn keymap(home: &Home, settings: &[KeySetting]) -> Result<Keymap, ConfigError> {
    let changes = settings.iter().map(|setting| KeyChange {
        action: setting.action().to_owned(),
        keys: setting.keys().map(str::to_owned).collect(),
    });
    Keymap::changed(&changes.collect::<Vec<_>>()).map_err(|faults| ConfigError::Text {
        path: home.config_file(),
        faults: faults
            .into_iter()
            .map(|fault| settings[fault.change].fault(fault.key, fault.message))
            .collect(),
    })
}

/// Says on the shell what was left and how to come back.
fn say_what_was_left(outcome: &Outcome, is_sandbox: bool, command: &str, program: &str) -> Exit {
    let text = match outcome {
        Outcome::Left | Outcome::SwitchTo(_) => return Exit::Success,
        Outcome::RunEnded { run, .. } => {
            let ending = tui::summary::ending(run);
            format!(
                "Run {} ended: {ending} `{command}` opens the terminal again.",
                run.id
            )
        }
        Outcome::LostRows { run, .. } => run.lost_rows().unwrap_or_default(),
        Outcome::Ended => {
            format!("A signal ended the terminal; no run was going on. `{command}` opens it again.")
        }
        Outcome::LeftRunning(run) => left_text(run, is_sandbox, program),
    };
    // After a hangup there is no reader.
    out::line(io::stderr(), &format!("downbeat: {text}"));
    match outcome {
        Outcome::LostRows { by_signal: false, .. } | Outcome::RunEnded { by_signal: false, .. } => {
            Exit::Success
        }
        _ => Exit::Interrupted,
    }
}

async fn read_run(journal: &Journal, data: &Path, id: &DagRunId) -> Result<OpenedRun, Failure> {
    let events = journal.events(id).await.map_err(|error| error.failure())?;
    let unknown = || StoreError::UnknownRun { run: id.clone() }.failure();
    let run = Run::replay(&events).ok_or_else(unknown)?;
    let watched = history::watched(data, &run);
    if !matches!(watched, Some(Watched::By(_))) {
        complete_logs(data, id, events).await;
    }
    let overtaken_by = journal.overtaking(id).await.map_err(|error| error.failure())?;
    Ok(OpenedRun {
        run,
        watched,
        overtaken_by,
    })
}

/// Adds to the logs of the control tasks what the process that drove the run has not written, or could not, because it
/// was of a version that wrote none. The run is shown all the same if that is not possible.
pub(super) async fn complete_logs(data: &Path, id: &DagRunId, events: Vec<RunEvent>) {
    let (logs, id) = (LogFolder::new(data), id.clone());
    let completed =
        tokio::task::spawn_blocking(move || engine::complete_control_logs(&logs, &id, &events)).await;
    if let Ok(Err(error)) = completed {
        tracing::warn!("The logs of a run's control tasks are not complete: {error}");
    }
}

/// The newest run without an end of this profile: the services of another one do not know it.
async fn unfinished(journal: &Journal, data: &Path, profile: &str) -> anyhow::Result<Option<OpenedRun>> {
    let unfinished = journal.unfinished().await?.into_iter();
    let newest = unfinished
        .filter(|run| run.profile == profile)
        .map(|run| run.id)
        .next();
    Ok(match newest {
        Some(id) => read_run(journal, data, &id).await.ok(),
        None => None,
    })
}

/// The screen asks for one run at a time, and can wait for a few milliseconds.
fn reader(journal: Journal, data: PathBuf) -> ReadRun {
    Box::new(move |id| wait(read_run(&journal, &data, id)))
}

fn list_reader(journal: Journal, data: PathBuf) -> ReadHistory {
    Box::new(move || wait(history::last_runs(&journal, &data, HISTORY)).map_err(|error| error.failure()))
}

/// By the files of the locks: whoever begins or takes up a run writes one. Its first fact comes a moment later.
fn have_runs_begun(data: PathBuf) -> HaveRunsBegun {
    const MOMENT: Duration = Duration::from_secs(10);
    let mut seen = Lease::last_taken(&data);
    Box::new(move || {
        let now = Lease::last_taken(&data);
        let is_new = |at: SystemTime| at.elapsed().is_ok_and(|age| age < MOMENT);
        let has_changed = now != seen || now.is_some_and(is_new);
        seen = now;
        has_changed
    })
}

/// The name of a file is the moment, in a form that every file system takes.
fn keep_text(folder: PathBuf) -> KeepText {
    Box::new(move |text| {
        let name = engine::now().to_rfc3339().replace(':', "-");
        keep_copied(&folder, &name, text).map_err(|error| error.failure())
    })
}

fn wait<T>(reading: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| Handle::current().block_on(reading))
}

fn save(home: Home, mut settings: Settings) -> Save {
    Box::new(move |changes| {
        let texts: BTreeMap<_, _> = changes.iter().cloned().collect();
        save_variables(&home, &settings.profile, &texts)
            .map_err(|error| Failure::permanent(error.to_string()))?;
        for (name, text) in changes {
            // The form has judged the text already.
            let _ = settings.edit(*name, text);
        }
        settings.mark_saved();
        Ok(origins(&settings))
    })
}

/// A value that is the default has no word.
fn origins(settings: &Settings) -> BTreeMap<VariableName, String> {
    let origins = VariableName::ALL
        .iter()
        .map(|name| (*name, settings.origin(*name)));
    origins
        .filter(|(_, origin)| *origin != Origin::Default)
        .map(|(name, origin)| (name, origin.word().to_owned()))
        .collect()
}
