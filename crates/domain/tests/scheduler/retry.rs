//! Retries by a person: with other arguments, of a run that was over, in another process.

use super::fake_server::{FakeServer, Life, Script};
use super::{PASSWORD, configuration, request, row, task_of};
use domain::arguments::MASK;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::remedy::Remedy;
use domain::state::{RunState, TaskState};
use domain::variable::Variables;
use std::collections::{BTreeMap, BTreeSet};

/// The run fails, ends, and is loaded again by another process.
fn play(retries: Vec<(u64, RunCommand)>) -> FakeServer {
    let failing = Life {
        end: "FAILED".into(),
        lasting: true,
        ..Life::default()
    };
    let script = Script {
        lives: BTreeMap::from([(task_of("a").to_string(), vec![failing, Life::default()])]),
        configuration: configuration(vec![row("a", 0)]),
        restart: Some(100),
        any_password: true,
        commands: retries,
        ..Script::default()
    };
    let mut server = FakeServer::new(request(Variables::default()), script);
    server.run_until_idle();
    server
}

fn retry(arguments: &[(&str, &str)]) -> RunCommand {
    RunCommand::Retry {
        task: task_of("a"),
        arguments: Some(arguments.iter().copied().collect()),
    }
}

/// What each retry has changed.
fn changes(server: &FakeServer) -> Vec<BTreeSet<String>> {
    let retries = server.events.iter().filter_map(|event| match &event.fact {
        Fact::RetryAsked { changed, .. } => Some(changed.clone()),
        _ => None,
    });
    retries.collect()
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn a_retry_takes_the_arguments_of_the_form_and_says_what_changed() {
    let form = [
        ("business_unit", "u"),
        ("data_source", "a"),
        ("db_password", MASK),
        ("note", "new"),
    ];
    for second in [60, 200] {
        let server = play(vec![(second, retry(&form))]);
        assert_eq!(server.scheduler.run().state, RunState::Success);
        assert_eq!(changes(&server), [names(["note"])]);
        let sent = &server.sent[&task_of("a")];
        assert_eq!(
            (sent["note"].as_str(), sent["db_password"].as_str()),
            ("new", PASSWORD)
        );
        assert_eq!(server.jobs.count(), 1);
    }
}

#[test]
fn an_argument_that_the_form_removes_is_not_sent() {
    let server = play(vec![(
        200,
        retry(&[("business_unit", "u"), ("db_password", MASK)]),
    )]);
    assert_eq!(changes(&server), [names(["data_source"])]);
    assert!(!server.sent[&task_of("a")].contains_key("data_source"));
}

#[test]
fn without_other_arguments_nothing_is_said_to_have_changed() {
    let task = task_of("a");
    let server = play(vec![(
        200,
        RunCommand::Retry {
            task,
            arguments: None,
        },
    )]);
    assert_eq!(changes(&server), [names([])]);
    assert_eq!(server.sent[&task_of("a")]["db_password"], PASSWORD);
}

/// The value is on no disk and in no table: after a restart it is asked for, and the row's is not taken for it.
#[test]
fn a_password_that_was_given_with_a_retry_is_not_replaced_by_the_row() {
    let form = [
        ("business_unit", "u"),
        ("data_source", "a"),
        ("db_password", "given"),
    ];
    let failing = Life {
        end: "FAILED".into(),
        lasting: true,
        ..Life::default()
    };
    let script = Script {
        lives: BTreeMap::from([(task_of("a").to_string(), vec![failing])]),
        configuration: configuration(vec![row("a", 0)]),
        restart: Some(150),
        any_password: true,
        commands: vec![(60, retry(&form)), (200, RunCommand::RetryAll)],
        ..Script::default()
    };
    let mut server = FakeServer::new(request(Variables::default()), script);
    server.run_until_idle();
    assert_eq!(server.sent[&task_of("a")]["db_password"], "given");
    let task = server.scheduler.run().task(&task_of("a")).unwrap();
    assert_eq!(task.state, TaskState::Failed);
    let remedies = &task.reason.as_ref().unwrap().remedies;
    assert!(
        remedies
            .iter()
            .any(|remedy| matches!(remedy, Remedy::GiveArguments { .. })),
        "{remedies:?}"
    );
}

/// The first one fails in the step in which it is asked for, for want of its password. The run must not end before the
/// second one is asked for.
#[test]
fn several_retries_are_one_step() {
    let failing = Life {
        end: "FAILED".into(),
        lasting: true,
        ..Life::default()
    };
    let lives = [
        ("a", vec![failing.clone()]),
        ("b", vec![failing, Life::default()]),
    ];
    let form = [
        ("business_unit", "u"),
        ("data_source", "a"),
        ("db_password", "given"),
    ];
    let plain = |name| RunCommand::Retry {
        task: task_of(name),
        arguments: None,
    };
    let both = RunCommand::together(vec![plain("a"), plain("b")]).unwrap();
    let script = Script {
        lives: lives
            .map(|(name, lives)| (task_of(name).to_string(), lives))
            .into(),
        configuration: configuration(vec![row("a", 0), row("b", 0)]),
        restart: Some(150),
        any_password: true,
        commands: vec![(60, retry(&form)), (200, both)],
        ..Script::default()
    };
    let mut server = FakeServer::new(request(Variables::default()), script);
    server.run_until_idle();
    let state = |name| server.scheduler.run().task(&task_of(name)).unwrap().state;
    assert_eq!((state("a"), state("b")), (TaskState::Failed, TaskState::Success));
    let asked = |event: &RunEvent| match &event.fact {
        Fact::RetryAsked { task, .. } => Some(task.to_string()),
        Fact::RunEnded { .. } => Some("end".into()),
        _ => None,
    };
    let story: Vec<_> = server.events.iter().filter_map(asked).collect();
    let (a, b) = (task_of("a").to_string(), task_of("b").to_string());
    assert_eq!(story, ["end", &a, "end", &a, &b, "end"]);
}

#[test]
fn a_retry_has_as_many_tries_as_the_row_gives() {
    for (of_row, tries) in [(Some(0), 1), (Some(2), 3), (None, 2)] {
        let failing = Life {
            end: "FAILED".into(),
            ..Life::default()
        };
        let mut of_table = row("a", 0);
        of_table.max_retries = of_row;
        let script = Script {
            lives: BTreeMap::from([(task_of("a").to_string(), vec![failing])]),
            configuration: configuration(vec![of_table]),
            commands: vec![(5_000, RunCommand::RetryAll)],
            ..Script::default()
        };
        let variables = Variables {
            cdf_pipeline_retries: 1,
            ..Variables::default()
        };
        let mut server = FakeServer::new(request(variables), script);
        server.run_until_idle();
        let used = server.scheduler.run().task(&task_of("a")).unwrap().tries.len();
        assert_eq!(used, 2 * tries, "{of_row:?}");
    }
}
