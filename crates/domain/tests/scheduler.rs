//! The scheduler against a scripted server in virtual time: scenario files, and chance.
//!
//! A scenario is a file in `tests/scenarios/`; its form is in `scheduler/scenario.rs`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]
#![expect(
    clippy::disallowed_methods,
    reason = "the scenarios are files; the core under test reads none"
)]

#[path = "scheduler/by_hand.rs"]
mod by_hand;
#[path = "scheduler/deployment.rs"]
mod deployment;
#[path = "scheduler/fake_job.rs"]
mod fake_job;
#[path = "scheduler/fake_run.rs"]
mod fake_run;
#[path = "scheduler/fake_server.rs"]
mod fake_server;
#[path = "scheduler/former_process.rs"]
mod former_process;
#[path = "scheduler/handling.rs"]
mod handling;
#[path = "scheduler/life.rs"]
mod life;
#[path = "scheduler/order.rs"]
mod order;
#[path = "scheduler/perform.rs"]
mod perform;
#[path = "scheduler/recall.rs"]
mod recall;
#[path = "scheduler/retry.rs"]
mod retry;
#[path = "scheduler/scenario.rs"]
mod scenario;
#[path = "scheduler/some_rows.rs"]
mod some_rows;
#[path = "scheduler/transitions.rs"]
mod transitions;
#[path = "scheduler/truncate.rs"]
mod truncate;

use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::event::Fact;
use domain::failure::{Failure, FailureKind};
use domain::finding::{Finding, Severity};
use domain::handling::Handling;
use domain::id::TaskId;
use domain::key::RowName;
use domain::plan::{Plan, Preflight};
use domain::request::{RunRequest, Scope};
use domain::row::{Configuration, ConfigurationRow, task_id};
use domain::run::Run;
use domain::state::TaskState;
use domain::task::Try;
use domain::variable::Variables;
use fake_job::JobLife;
use fake_server::{FakeServer, LOADED, Life, Script};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn task_of(name: &str) -> TaskId {
    match name {
        "start" | "truncate_table" | "get_configuration" | "filter_arguments" | "end" => TaskId::new(name),
        source => task_id("u", source),
    }
}

fn row(source: &str, priority: i64) -> ConfigurationRow {
    ConfigurationRow {
        task: task_id("u", source),
        name: RowName::usual("u", source),
        active: true,
        priority,
        timeout: None,
        max_retries: None,
        description: None,
        arguments: RuntimeArguments::from_iter([
            ("business_unit", "u"),
            ("data_source", source),
            ("db_password", PASSWORD),
        ]),
    }
}

/// What every start must send, and no journal may hold.
const PASSWORD: &str = "hunter2-of-the-row";

fn request(mut variables: Variables) -> RunRequest {
    variables.bq_output_table = "landing".into();
    RunRequest::new("test", variables, Scope::Chain)
}

fn failure(kind: &str) -> Failure {
    let kind = match kind {
        "transient" => FailureKind::Transient,
        "permanent" => FailureKind::Permanent,
        "ambiguous" => FailureKind::Ambiguous,
        "unsent" => FailureKind::Unsent,
        "unidentified" => FailureKind::Unidentified,
        other => panic!("no such failure: {other}"),
    };
    Failure {
        kind,
        reason: "scripted".into(),
        remedies: Vec::new(),
    }
}

fn any_life() -> impl Strategy<Value = Life> {
    let answer = prop_oneof![
        5 => Just("started"), 1 => Just("refused"), 1 => Just("busy"), 1 => Just("unsent"),
        1 => Just("unidentified"), 3 => Just("lost"),
        1 => Just("void"), 1 => Just("replayed"),
    ];
    let late = prop_oneof![3 => Just(0), 1 => 0..400_u64];
    let end =
        prop_oneof![5 => Just("COMPLETED"), 3 => Just("FAILED"), 1 => Just("KILLED"), 1 => Just("REJECTED")];
    (
        answer,
        end,
        0..30_u64,
        0..900_u64,
        any::<bool>(),
        0..4_u64,
        prop::bool::weighted(0.1),
        late,
    )
        .prop_map(
            |(answer, end, pending, running, lasting, hidden, deaf, late)| Life {
                late: if answer == "lost" { late } else { 0 },
                answer: answer.into(),
                end: end.into(),
                pending,
                running,
                lasting,
                hidden,
                deaf,
                ..Life::default()
            },
        )
}

fn any_command(rows: usize) -> impl Strategy<Value = (u64, RunCommand)> {
    let command = prop_oneof![
        1 => Just(RunCommand::Stop),
        3 => (0..rows).prop_map(|i| RunCommand::StopTask(task_of(&format!("s{i}")))),
        1 => Just(RunCommand::RetryAll),
        3 => (0..rows).prop_map(|i| RunCommand::Retry { task: task_of(&format!("s{i}")), arguments: None }),
        1 => (0..rows).prop_map(|i| RunCommand::Mark { tasks: vec![task_of(&format!("s{i}"))], handling: Handling::done("") }),
    ];
    (0..1200_u64, command)
}

/// The same cases on every day, so that a change is judged by what it changes; `PROPTEST_CASES=5000 cargo
/// test --test scheduler` tries others. Cases that failed stay in the file of regressions.
fn chance() -> ProptestConfig {
    let usual = ProptestConfig {
        cases: 250,
        rng_seed: RngSeed::Fixed(20_231_123),
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        ProptestConfig::default()
    } else {
        usual
    }
}

proptest! {
    #![proptest_config(chance())]

    /// Whatever the server and the people do: the run ends, no try has two live runs, every transition
    /// is legal, a replay of every prefix is the run (the server checks the last three after each step).
    #[test]
    fn every_run_ends(
        lives in prop::collection::vec(prop::collection::vec(any_life(), 1..4), 1..5),
        blind in prop::collection::vec((0..900_u64, 0..200_u64), 0..3),
        commands in prop::collection::vec(any_command(4), 0..4),
        restart in prop::option::of(0..300_u64),
        down in prop_oneof![2 => Just(0), 1 => 0..3000_u64],
        asleep in prop::option::of((0..900_u64, 0..9000_u64)),
        clock in prop::option::of((0..900_u64, -7200..7200_i64)),
        retries in 0..3_u32,
    ) {
        let mut variables = Variables::default();
        for (name, text) in [("cdf_pipeline_timeout_seconds", "300"), ("dag_timeout_minutes", "20"), ("max_active_pipelines", "2")] {
            variables.set_by_name(name, text).unwrap();
        }
        variables.cdf_pipeline_retries = retries;
        let rows: Vec<_> = (0..lives.len()).map(|i| row(&format!("s{i}"), 0)).collect();
        let script = Script {
            lives: lives.into_iter().enumerate().map(|(i, lives)| (task_of(&format!("s{i}")).to_string(), lives)).collect(),
            blind: blind.into_iter().map(|(from, length)| (from, from + length)).collect(),
            commands,
            configuration: configuration(rows),
            restart,
            down,
            asleep: asleep.into_iter().map(|(from, length)| (from, from + length)).collect(),
            clock: clock.into_iter().collect(),
            ..Script::default()
        };
        let mut server = FakeServer::new(request(variables), script);
        server.run_until_idle();
        prop_assert!(server.scheduler.run().state.is_end(), "{:#?}", server.scheduler.run());
        prop_assert!(server.jobs.count() <= 1);
        let run = server.scheduler.run();
        for task in run.pipelines() {
            let is_said = run.notices.iter().any(|(_, finding)| finding.about == task.id.as_str() && finding.severity == Severity::Error);
            prop_assert!(server.completed(task.id.as_str()) <= 1 || is_said, "{:#?} {:#?}", task, run.notices);
        }
    }
}

fn configuration(rows: Vec<ConfigurationRow>) -> Configuration {
    Configuration {
        total_rows: rows.len() as u64,
        rows,
        findings: Vec::new(),
    }
}

/// Promise 8: the cost of watching does not grow with what is watched.
#[test]
fn one_list_serves_any_number_of_runs() {
    let lists = |count: usize| {
        let rows: Vec<_> = (0..count).map(|i| row(&format!("s{i}"), 0)).collect();
        let mut variables = Variables::default();
        variables.set_by_name("max_active_pipelines", "1000").unwrap();
        let configuration = configuration(rows);
        let mut server = FakeServer::new(
            request(variables),
            Script {
                configuration,
                ..Script::default()
            },
        );
        server.run_until_idle();
        server.lists
    };
    let (few, many) = (lists(2), lists(60));
    assert!(many <= few + 3, "{few} lists for 2 runs, {many} for 60");
}
