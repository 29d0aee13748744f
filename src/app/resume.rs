//! `downbeat resume`, `attach` and `retry`: take up one run of the journal, in the profile that it began in.

use super::{NO_SIGNALS, Startup, arguments, former, found_home, home, journal, take, target};
use crate::cli::{
    AttachOptions, Choice, Driving, Exit, GivenArguments, OnInterrupt, Output, ResumeOptions, RetryOptions,
};
use crate::config::{Home, WithoutChoice};
use crate::engine;
use crate::headless::{Console, Doing, Options, Turn};
use crate::store::Journal;
use anyhow::{Context, bail};
use domain::arguments::RuntimeArguments;
use domain::failure::{Failure, FailureKind};
use domain::id::TaskId;
use domain::remedy::Remedy;
use domain::run::Run;
use domain::settle::Unfinished;
use domain::state::RunState;

/// A run of the journal, and the settings of its profile.
pub(super) struct Found {
    pub(super) startup: Startup,
    pub(super) journal: Journal,
    pub(super) one: Unfinished,
}

impl Found {
    /// The run that a text names.
    pub(super) async fn named(choice: &Choice, text: &str, output: Output) -> anyhow::Result<Self> {
        let home = home(choice)?;
        let console = Console::of_no_run(output, choice.profile.as_deref().unwrap_or_default());
        let find = async |journal: &Journal| former::find(journal, home.data_dir(), text).await;
        let (journal, one) = journal::open(&home, console, find).await?;
        Self::of(home, choice, journal, one)
    }

    /// The run that a text names, only to be read: the home need not be writable.
    async fn named_to_read(choice: &Choice, text: &str, output: Output) -> anyhow::Result<Self> {
        let home = found_home(choice)?;
        let console = Console::of_no_run(output, choice.profile.as_deref().unwrap_or_default());
        let find = async |journal: &Journal| former::find(journal, home.data_dir(), text).await;
        let (journal, one) = journal::open_to_read(&home, console, find).await?;
        Self::of(home, choice, journal, one)
    }

    fn of(home: Home, choice: &Choice, journal: Journal, one: Unfinished) -> anyhow::Result<Self> {
        let profile = &one.run.request.profile;
        if let Some(other) = choice.profile.as_ref().filter(|other| *other != profile) {
            bail!(
                "Run {} began in profile {profile}, not in {other}. Leave --profile out.",
                one.run.id
            );
        }
        let choice = Choice {
            profile: Some(profile.clone()),
            ..choice.clone()
        };
        Ok(Self {
            startup: Startup::at(home, &choice, WithoutChoice::Refuse)?,
            journal,
            one,
        })
    }

    pub(super) fn open(&self, output: Output, doing: Doing) -> Console {
        let target = target::of(&self.startup.settings, &self.one.run.request);
        let mut console = Console::open(output, &target, &doing.into());
        console.findings(&self.startup.settings.findings);
        console
    }

    fn options(&self, choice: &Choice, on_interrupt: OnInterrupt) -> Options {
        Options {
            on_interrupt,
            allow_empty: false,
            is_sandbox: self.startup.settings.wants_sandbox(),
            program: target::program(choice),
            supplied: RuntimeArguments::default(),
        }
    }

    /// Follows the run by its journal.
    async fn watch(self, choice: &Choice, output: Output) -> anyhow::Result<Exit> {
        let (id, startup) = (self.one.run.id.clone(), &self.startup);
        let console = self.open(output, Doing::Watch(id.clone()));
        let options = self.options(choice, OnInterrupt::Leave);
        let data = startup.home.data_dir().to_owned();
        let engine = engine::attach(self.journal, data, id.clone(), startup.secrets.clone());
        let exit = console.run(engine, vec![Turn::Watch(id)], options).await;
        exit.context(NO_SIGNALS)
    }
}

pub(super) async fn attach(choice: &Choice, options: &AttachOptions) -> anyhow::Result<Exit> {
    Found::named_to_read(choice, &options.run, options.output)
        .await?
        .watch(choice, options.output)
        .await
}

pub(super) async fn resume(choice: &Choice, options: &ResumeOptions) -> anyhow::Result<Exit> {
    let Driving { output, on_interrupt } = options.driving;
    let found = match &options.run {
        Some(text) => Found::named(choice, text, output).await?,
        None => match newest(choice, output).await? {
            Ok(found) => found,
            Err(startup) => {
                let text = format!("Profile {} has no unfinished run.", startup.settings.profile);
                return Ok(Console::of_no_run(output, &startup.settings.profile).nothing(&text));
            }
        },
    };
    // Its end is all that is left to tell.
    if found.one.run.state.is_end() {
        return found.watch(choice, output).await;
    }
    let id = found.one.run.id.clone();
    let (doing, turn) = if options.stop {
        (Doing::Close(id.clone()), Turn::Close(id))
    } else {
        (Doing::carry_on(&found.one), Turn::CarryOn(id))
    };
    let console = found.open(output, doing);
    if let Err(failure) = found.one.check_resume(options.after_newer || options.stop) {
        return Ok(console.refuse(&failure));
    }
    if options.args.is_some() && !found.one.is_by_hand() {
        return Ok(console.refuse(&not_by_hand(&found.one.run)));
    }
    let mut headless_options = found.options(choice, on_interrupt);
    headless_options.supplied = read(options.args.as_ref())?.unwrap_or_default();
    let Found { startup, journal, .. } = found;
    take(&startup, journal, console, vec![turn], headless_options).await
}

/// The newest unfinished run of the profile.
async fn newest(choice: &Choice, output: Output) -> anyhow::Result<Result<Found, Startup>> {
    let startup = Startup::load(choice, WithoutChoice::Refuse)?;
    let (home, profile) = (&startup.home, &startup.settings.profile);
    let unfinished = async |journal: &Journal| {
        Ok(former::unfinished(journal, home.data_dir(), |run| run.profile == *profile).await?)
    };
    let console = Console::of_no_run(output, profile);
    let (journal, found) = journal::open(home, console, unfinished).await?;
    let newest = found.into_iter().next();
    Ok(match newest {
        Some(one) => Ok(Found {
            startup,
            journal,
            one,
        }),
        None => Err(startup),
    })
}

pub(super) async fn retry(choice: &Choice, options: &RetryOptions) -> anyhow::Result<Exit> {
    let Driving { output, on_interrupt } = options.driving;
    let found = Found::named(choice, &options.run, output).await?;
    let run = &found.one.run;
    let mut console = found.open(output, Doing::Retry(run.id.clone()));
    if !run.state.is_end() {
        let failure = found
            .one
            .check_resume(true)
            .err()
            .unwrap_or_else(|| not_over(run));
        return Ok(console.refuse(&failure));
    }
    let tasks = match run.named_tasks(&options.tasks) {
        Ok(tasks) => tasks,
        Err(failure) => return Ok(console.refuse(&failure)),
    };
    let later = found.one.overtaken_by.as_ref().filter(|_| !options.after_newer);
    let possible = match run.check_retry(&tasks, later) {
        Ok(possible) => possible,
        Err(failure) => return Ok(console.refuse(&failure)),
    };
    if possible.is_empty() {
        return Ok(console.nothing(&nothing_to_retry(run)));
    }
    let given = read(options.args.as_ref())?;
    let (tasks, arguments) = match given.map(|given| changed(run, &tasks, &given)).transpose() {
        Ok(Some((task, arguments))) => (vec![task], Some(arguments)),
        Ok(None) => (tasks, None),
        Err(failure) => return Ok(console.refuse(&failure)),
    };
    if let Some(alone) = run.left_alone().filter(|_| tasks.is_empty()) {
        console.note(&alone);
    }
    let turn = Turn::Retry {
        run: run.id.clone(),
        tasks,
        arguments,
    };
    let headless_options = found.options(choice, on_interrupt);
    let Found { startup, journal, .. } = found;
    take(&startup, journal, console, vec![turn], headless_options).await
}

fn nothing_to_retry(run: &Run) -> String {
    if let Some(alone) = run.left_alone() {
        return format!(
            "Run {} has nothing else to try again. {alone} Name a task to try it again.",
            run.id
        );
    }
    let how = match run.state {
        RunState::Success => "succeeded",
        RunState::Empty => "found no active row",
        _ => return format!("Run {} has no task that can be tried again.", run.id),
    };
    format!("Run {} {how}: it has nothing to try again.", run.id)
}

fn read(given: Option<&GivenArguments>) -> anyhow::Result<Option<RuntimeArguments>> {
    given.map(arguments::read).transpose()
}

/// The task whose arguments change, and all its arguments then. Those that are masked stay as they are.
fn changed(
    run: &Run,
    tasks: &[TaskId],
    given: &RuntimeArguments,
) -> Result<(TaskId, RuntimeArguments), Failure> {
    let pipelines: Vec<_> = run.pipelines().collect();
    let task = match (tasks, pipelines.as_slice()) {
        ([name], _) => pipelines.iter().find(|task| task.id == *name).copied(),
        ([], [only]) => Some(*only),
        _ => None,
    };
    let task = task.ok_or_else(|| {
        Failure::permanent("--args changes the arguments of one pipeline.").with_remedy("Name its task.")
    })?;
    let mut arguments = task.arguments.clone();
    for (name, value) in given.iter() {
        arguments.insert(name, value);
    }
    Ok((task.id.clone(), arguments))
}

fn not_by_hand(run: &Run) -> Failure {
    Failure::permanent(format!(
        "--args gives secrets to a pipeline by hand, and run {} is a chain.",
        run.id
    ))
    .with_remedy("Leave it out: a chain reads its secrets from the configuration table again.")
}

fn not_over(run: &Run) -> Failure {
    let reason = format!("Run {} is not over: its tasks cannot be tried again yet.", run.id);
    Failure::new(FailureKind::Held, reason).with_remedy(Remedy::ResumeRun(run.id.clone()))
}
