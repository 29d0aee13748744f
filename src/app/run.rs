//! `downbeat run`: settles the unfinished runs of its output table, then carries one on or begins a new one.

use super::{Startup, arguments, failure, former, journal, parts, prune, shut_down, take, target};
use crate::cli::{Choice, Driving, Exit, RunOptions};
use crate::config::{Settings, WithoutChoice};
use crate::engine;
use crate::headless::{Console, Doing, Opening, Options, Turn, plan};
use crate::store::{Journal, StoreError};
use domain::arguments::RuntimeArguments;
use domain::failure::Failure;
use domain::finding::{Finding, Severity, refusal};
use domain::key::RowName;
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use domain::settle::{Settlement, Unfinished, Wish, against_by_hand};
use domain::summary::RunSummary;
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn run(choice: &Choice, options: &RunOptions) -> anyhow::Result<Exit> {
    let Driving { output, on_interrupt } = options.driving;
    let startup = Startup::load(choice, WithoutChoice::Refuse)?;
    let settings = &startup.settings;
    let request = requested(settings, options)?;
    if options.dry_run {
        return dry_run(&startup, request, options).await;
    }
    let open = |opening: &Opening, request| Console::open(output, &target::of(settings, request), opening);
    let nothing = Opening::from(Doing::New);
    let mut plan = Plan::new(request.clone(), None);
    plan.add(settings.findings.iter().cloned());
    // The run repeats what is found about its variables, so that this is printed here only if there is no run.
    if let Some(failure) = refusal(&plan.findings) {
        let mut console = open(&nothing, &request);
        console.findings(&plan.findings);
        return Ok(console.end_refused(&failure));
    }
    let before = Console::of_no_run(output, &request.profile);
    let read = async |journal: &Journal| Ok(look(&startup, journal, &request).await?);
    let (journal, unfinished) = match journal::open(&startup.home, before, read).await {
        Ok(found) => found,
        Err(error) => return Ok(open(&nothing, &request).refuse(&failure(&error))),
    };
    let settlement = match settle(&unfinished, &request, wish(options)) {
        Ok(settlement) => settlement,
        Err(failure) => return Ok(open(&nothing, &request).refuse(&failure)),
    };
    let opening = Opening::new(&settlement, &unfinished);
    let mut console = open(&opening, carried(&settlement, &unfinished).unwrap_or(&request));
    console.findings(&settings.findings);
    if let Some(text) = prune::tidy(&startup.home, &journal, startup.retention).await {
        console.note(&text);
    }
    let headless_options = Options {
        on_interrupt,
        allow_empty: options.allow_empty,
        is_sandbox: settings.wants_sandbox(),
        program: target::program(choice),
        supplied: RuntimeArguments::default(),
    };
    take(
        &startup,
        journal,
        console,
        turns(settlement, request),
        headless_options,
    )
    .await
}

fn requested(settings: &Settings, options: &RunOptions) -> anyhow::Result<RunRequest> {
    Ok(RunRequest {
        profile: settings.profile.clone(),
        variables: settings.variables.clone(),
        scope: match &options.args {
            Some(given) => Scope::Single(arguments::read(given)?),
            None => Scope::Chain,
        },
        arguments: settings.arguments.clone(),
        edits: BTreeMap::new(),
        only: named(settings, &options.only)?,
        allow_unresolved_sink: options.allow_unresolved_sink,
        beside: options.beside,
    })
}

/// The rows that are asked for.
fn named(settings: &Settings, only: &[String]) -> anyhow::Result<BTreeSet<RowName>> {
    let columns = &settings.variables.key_columns;
    let names = only.iter().map(|text| {
        let name = columns.parse_name(text);
        name.map_err(|message| anyhow::anyhow!("--only '{text}': {message}."))
    });
    names.collect()
}

fn wish(options: &RunOptions) -> Wish {
    match (options.fresh, options.no_resume) {
        (true, _) => Wish::Fresh,
        (false, true) => Wish::Refuse,
        (false, false) => Wish::CarryOn,
    }
}

/// The unfinished runs of the request's output table.
async fn look(
    startup: &Startup,
    journal: &Journal,
    request: &RunRequest,
) -> Result<Vec<Unfinished>, StoreError> {
    let table = RunSummary::table_of(&request.variables);
    let is_wanted = |run: &RunSummary| run.output_table == table;
    former::unfinished(journal, startup.home.data_dir(), is_wanted).await
}

fn settle(unfinished: &[Unfinished], request: &RunRequest, wish: Wish) -> Result<Settlement, Failure> {
    match request.scope {
        Scope::Chain => Settlement::new(unfinished, request, wish),
        // A pipeline by hand has no place in the chain: it takes up nothing, and closes nothing.
        Scope::Single(_) if request.beside => Ok(Settlement::default()),
        Scope::Single(_) => against_by_hand(unfinished).map_or_else(|| Ok(Settlement::default()), Err),
    }
}

/// What the run was asked for that is carried on.
fn carried<'a>(settlement: &Settlement, unfinished: &'a [Unfinished]) -> Option<&'a RunRequest> {
    let id = settlement.carries_on.as_ref()?;
    let found = unfinished.iter().find(|one| one.run.id == *id)?;
    Some(&found.run.request)
}

fn turns(settlement: Settlement, request: RunRequest) -> Vec<Turn> {
    let last = match settlement.carries_on {
        Some(run) => Turn::CarryOn(run),
        None => Turn::Start(Box::new(request)),
    };
    let closes = settlement.closes.into_iter().map(Turn::Close);
    let finishes = settlement.finishes.into_iter().map(Turn::CarryOn);
    closes.chain(finishes).chain([last]).collect()
}

/// Prints the plan; no lease is taken, and nothing is written.
async fn dry_run(startup: &Startup, request: RunRequest, options: &RunOptions) -> anyhow::Result<Exit> {
    let output = options.driving.output;
    let database = startup.home.database();
    let unfinished = match Journal::open_to_read(&database)? {
        Some(journal) => look(startup, &journal, &request).await?,
        None => Vec::new(),
    };
    let settled = settle(&unfinished, &request, wish(options));
    let settlement = settled.clone().unwrap_or_default();
    let opening = Opening::new(&settlement, &unfinished);
    let target = target::of(
        &startup.settings,
        carried(&settlement, &unfinished).unwrap_or(&request),
    );
    let going_on = settlement.carries_on.as_ref();
    if let Some(one) = unfinished.iter().find(|one| Some(&one.run.id) == going_on) {
        return Ok(plan::print_carried(&one.run, &opening, &target, output));
    }
    let (client, kept) = parts::connect(&startup.home, &startup.settings);
    let settled_first = settlement.closes.iter().chain(&settlement.finishes);
    let settled_first = settled_first.cloned().collect();
    let mut plan = engine::dry_run(client, &startup.secrets, request, &settled_first).await;
    plan.add(startup.settings.findings.iter().cloned());
    plan.add(
        settled
            .err()
            .map(|failure| Finding::from_failure("run", failure).with_severity(Severity::Error)),
    );
    let exit = plan::print(&plan, &opening, &target, output, options.allow_empty);
    shut_down(kept).await;
    Ok(exit)
}
