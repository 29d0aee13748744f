//! `downbeat setup` and `downbeat deploy`: look, say what would be made, ask, make it step by step.
//!
//! ```text
//!   look at each step ─→ plan ─→ may it? ─→ for each step: look again ─→ make or wait ─→ look again
//!   setup/look.rs                setup/ask.rs              setup/make.rs, setup/instance.rs
//! ```
//!
//! What a step needs is judged by `domain::setup`. Nothing is remembered between two starts: what is there is the state,
//! and an instance that is being made is found again by its operation.

mod ask;
mod instance;
mod look;
mod make;
mod report;
mod site;

use super::{Startup, parts, refuse_if_read_only, shut_down};
use crate::cli::{Choice, DeployFlags, DeployOptions, Exit, Output, SetupOptions};
use crate::config::WithoutChoice;
use crate::signals::Signals;
use domain::failure::Failure;
use domain::finding::refusal;
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use domain::setup::{Need, Step};
use report::Report;
use site::{Site, Wishes};
use std::path::Path;

pub(super) use site::SHIPPED;

/// Why it ends early.
enum Stopped {
    /// A step failed, or cannot be made.
    Failed(Failure),
    /// It takes too long; what was begun goes on.
    TimedOut(String),
    /// The person who was asked has ended it.
    Interrupted,
}

impl<E: Into<Failure>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) async fn setup(choice: &Choice, options: &SetupOptions) -> anyhow::Result<Exit> {
    let wishes = Wishes {
        edition: options.edition.into(),
        bucket: options.bucket.clone(),
        makes_instance: true,
    };
    let steps = Step::ALL
        .into_iter()
        .filter(|step| !(options.no_roles && *step == Step::Roles));
    start(
        choice,
        &options.flags,
        options.pipeline.as_deref(),
        wishes,
        steps.collect(),
        "setup",
    )
    .await
}

pub(super) async fn deploy(choice: &Choice, options: &DeployOptions) -> anyhow::Result<Exit> {
    let steps = Step::OF_DEPLOY.to_vec();
    start(
        choice,
        &options.flags,
        options.file.as_deref(),
        Wishes::default(),
        steps,
        "deploy",
    )
    .await
}

async fn start(
    choice: &Choice,
    flags: &DeployFlags,
    file: Option<&Path>,
    wishes: Wishes,
    steps: Vec<Step>,
    command: &'static str,
) -> anyhow::Result<Exit> {
    let startup = Startup::load(choice, WithoutChoice::Refuse)?;
    let settings = &startup.settings;
    if !flags.dry_run {
        refuse_if_read_only(settings, "made or deployed with it")?;
    }
    let request = RunRequest::new(&*settings.profile, settings.variables.clone(), Scope::Chain);
    let mut report = Report::new(flags, &settings.profile, command);
    if let Some(failure) = refusal(&Plan::new(request, None).findings) {
        return Ok(report.refuse(&failure));
    }
    let file = site::read(file)?;
    let secrets = ask::given(&site::secret_keys(&file), flags)?;
    let can_ask = ask::can_ask(flags);
    let mut signals = Signals::listen()?;
    let (client, kept) = parts::connect(&startup.home, settings);
    let work = async {
        let client = client.await?;
        let mut site = Site::new(client, settings, file, wishes, secrets, flags, can_ask);
        carry_out(
            &mut site,
            &steps,
            flags,
            settings.connection.protected == Some(true),
            &mut report,
        )
        .await
    };
    let ended = tokio::select! {
        ended = work => Some(ended),
        _ = signals.next() => None,
    };
    let exit = match ended {
        None | Some(Err(Stopped::Interrupted)) => report.interrupted(),
        Some(Ok(exit)) => exit,
        Some(Err(Stopped::TimedOut(text))) => report.timed_out(&text),
        Some(Err(Stopped::Failed(failure))) => report.failed(&failure),
    };
    shut_down(kept).await;
    Ok(exit)
}

async fn carry_out(
    site: &mut Site,
    steps: &[Step],
    flags: &DeployFlags,
    is_protected: bool,
    report: &mut Report,
) -> Result<Exit, Stopped> {
    let mut needs = Vec::new();
    for step in steps {
        needs.push((*step, site.look(*step).await?));
    }
    report.plan(site, &needs);
    if needs.iter().all(|(_, need)| matches!(need, Need::Present(_))) {
        return Ok(report.nothing_to_do());
    }
    if flags.dry_run {
        return Ok(report.dry(&needs));
    }
    let blocked = needs.iter().find_map(|(_, need)| match need {
        Need::Blocked { why, remedy } => Some(Failure::permanent(why).with_remedy(remedy.clone())),
        _ => None,
    });
    if let Some(failure) = blocked {
        return Err(failure.into());
    }
    if !ask::may_begin(site.profile(), is_protected, flags).await? {
        return Ok(report.declined());
    }
    if needs
        .iter()
        .any(|(step, need)| *step == Step::Secret && matches!(need, Need::Make(_) | Need::Later(_)))
    {
        site.ask_for_secrets().await?;
    }
    for (step, _) in needs.iter().filter(|(_, need)| !matches!(need, Need::Present(_))) {
        site.make(*step, report).await?;
    }
    Ok(report.done(site))
}

impl From<crate::cli::InstanceEdition> for crate::client::fusion::Edition {
    fn from(edition: crate::cli::InstanceEdition) -> Self {
        match edition {
            crate::cli::InstanceEdition::Developer => Self::Developer,
            crate::cli::InstanceEdition::Basic => Self::Basic,
            crate::cli::InstanceEdition::Enterprise => Self::Enterprise,
        }
    }
}

/// Whether lines are printed for people.
fn is_text(output: Output) -> bool {
    output == Output::Text
}
