//! A run that is resumed from a journal without secrets: where each value comes from then.

use super::fake_server::{FakeServer, Life, Script};
use super::{PASSWORD, configuration, request, row, task_of};
use domain::arguments::{MASK, RuntimeArguments};
use domain::command::RunCommand;
use domain::failure::Failure;
use domain::remedy::Remedy;
use domain::request::{RunRequest, Scope};
use domain::row::Configuration;
use domain::secret::Secrets;
use domain::state::{RunState, TaskState};
use domain::variable::Variables;
use std::collections::BTreeMap;

/// Two rows, one at a time; the program is killed while the first one runs.
fn script() -> Script {
    Script {
        configuration: configuration(vec![row("a", 0), row("b", 1)]),
        restart: Some(20),
        ..Script::default()
    }
}

fn one_at_a_time() -> RunRequest {
    let variables = Variables {
        max_active_pipelines: 1,
        dag_timeout_minutes: 600.0,
        ..Variables::default()
    };
    request(variables)
}

fn play(request: RunRequest, script: Script) -> FakeServer {
    let mut server = FakeServer::new(request, script);
    server.run_until_idle();
    server
}

fn failure<'a>(server: &'a FakeServer, source: &str) -> &'a Failure {
    let task = server.scheduler.run().task(&task_of(source)).unwrap();
    assert_eq!(task.state, TaskState::Failed, "{:?}", task.reason);
    task.reason.as_ref().unwrap()
}

/// What is asked for, and that nobody is sent to a new run, which would empty the table again.
fn asked(failure: &Failure) -> &[String] {
    assert!(!failure.remedies.contains(&Remedy::StartRun));
    failure
        .remedies
        .iter()
        .find_map(|remedy| match remedy {
            Remedy::GiveArguments { names, .. } => Some(names.as_slice()),
            _ => None,
        })
        .unwrap_or_default()
}

impl FakeServer {
    /// What the journal keeps.
    pub fn forget_secrets(&mut self) {
        let mut secrets = Secrets::default();
        self.script
            .configuration
            .rows
            .iter()
            .for_each(|row| secrets.learn(&row.arguments));
        for event in &mut self.events {
            *event = event.redacted(&secrets);
        }
        let faults = std::mem::take(&mut self.script.later_faults);
        self.script.faults.insert("configuration".into(), faults);
        if let Some(later) = self.script.later.take() {
            self.script.configuration = later;
        }
    }
}

#[test]
fn the_table_gives_the_values_again() {
    let server = play(one_at_a_time(), script());
    assert_eq!(server.scheduler.run().state, RunState::Success);
    assert_eq!(server.sent[&task_of("b")]["db_password"], PASSWORD);
    assert_eq!(server.jobs.truncations(), 1);
    assert_eq!(server.server_runs(task_of("b").as_str()), 1);
}

#[test]
fn an_adopted_run_needs_no_value_and_what_has_none_does_not_hold_up_the_others() {
    let later = configuration(vec![row("b", 1)]);
    let mut script = script();
    script.configuration = configuration(vec![row("a", 0), row("b", 1), row("c", 2)]);
    script.later = Some(later);
    let server = play(one_at_a_time(), script);
    let state = |source: &str| server.scheduler.run().task(&task_of(source)).unwrap().state;
    assert_eq!((state("a"), state("b")), (TaskState::Success, TaskState::Success));
    let failure = failure(&server, "c");
    assert_eq!(asked(failure), ["db_password"]);
    assert!(failure.reason.contains("no row"), "{}", failure.reason);
}

#[test]
fn a_value_that_is_gone_is_asked_for_and_a_person_can_give_it() {
    let mut gone = row("b", 1);
    gone.arguments.remove("db_password");
    let mut script = script();
    script.later = Some(configuration(vec![row("a", 0), gone]));
    let given = RunCommand::GiveArguments {
        task: task_of("b"),
        arguments: RuntimeArguments::from_iter([("db_password", PASSWORD)]),
    };
    let server = play(one_at_a_time(), script.clone());
    assert!(failure(&server, "b").reason.contains("no value"));
    assert_eq!(server.scheduler.run().state, RunState::Failed);

    script.commands = vec![(200, given)];
    let server = play(one_at_a_time(), script);
    assert_eq!(server.scheduler.run().state, RunState::Success);
    assert_eq!(server.jobs.truncations(), 1);
}

#[test]
fn a_value_that_is_refused_is_asked_for_again() {
    let mut gone = row("b", 1);
    gone.arguments.remove("db_password");
    let mut script = script();
    script.later = Some(configuration(vec![row("a", 0), gone]));
    script.any_password = true;
    let given = |password: &str| RunCommand::GiveArguments {
        task: task_of("b"),
        arguments: RuntimeArguments::from_iter([("db_password", password)]),
    };
    let refused = Life {
        end: "FAILED".into(),
        unauthorised: true,
        ..Life::default()
    };
    script.lives = BTreeMap::from([(task_of("b").to_string(), vec![refused, Life::default()])]);
    script.commands = vec![(200, given("mistyped"))];
    let server = play(one_at_a_time(), script.clone());
    assert_eq!(asked(failure(&server, "b")), ["db_password"]);
    script.commands.push((400, given(PASSWORD)));
    let server = play(one_at_a_time(), script);
    assert_eq!(server.scheduler.run().state, RunState::Success);
    assert_eq!(server.sent[&task_of("b")]["db_password"], PASSWORD);
}

#[test]
fn what_a_person_typed_is_not_replaced_by_the_row() {
    let mut request = one_at_a_time();
    let mut typed = row("b", 1).arguments;
    typed.insert("db_password", "typed-by-hand");
    let mut unchanged = row("a", 0).arguments;
    unchanged.insert("db_password", MASK);
    unchanged.insert("note", "x");
    request.edits = BTreeMap::from([(task_of("a"), unchanged), (task_of("b"), typed)]);
    let mut script = script();
    // Its first try fails after the restart.
    let failing = Life {
        end: "FAILED".into(),
        ..Life::default()
    };
    script.lives = BTreeMap::from([(task_of("a").to_string(), vec![failing, Life::default()])]);
    script.any_password = true;
    let server = play(request, script);
    assert_eq!(server.sent[&task_of("a")]["db_password"], PASSWORD);
    assert_eq!(asked(failure(&server, "b")), ["db_password"]);
}

#[test]
fn a_pipeline_by_hand_asks() {
    let arguments = [
        ("business_unit", "u"),
        ("data_source", "a"),
        ("db_password", PASSWORD),
    ];
    let mut request = one_at_a_time();
    request.scope = Scope::Single(RuntimeArguments::from_iter(arguments));
    let failing = Life {
        end: "FAILED".into(),
        ..Life::default()
    };
    let script = Script {
        lives: BTreeMap::from([(task_of("a").to_string(), vec![failing])]),
        configuration: Configuration::default(),
        restart: Some(10),
        ..Script::default()
    };
    let server = play(request, script);
    let failure = failure(&server, "a");
    assert_eq!(asked(failure), ["db_password"]);
    assert!(
        failure.reason.contains("for this run alone"),
        "{}",
        failure.reason
    );
}

#[test]
fn a_table_that_cannot_be_read_for_a_while_is_waited_for() {
    let mut script = script();
    let broken = || Failure::transient("503");
    script.later_faults = vec![broken(), broken()];
    let server = play(one_at_a_time(), script.clone());
    assert_eq!(server.scheduler.run().state, RunState::Success);

    script.later_faults = vec![Failure::permanent("403")];
    let server = play(one_at_a_time(), script);
    let failure = failure(&server, "b");
    assert!(failure.reason.contains("403"), "{}", failure.reason);
    assert!(matches!(failure.remedies[..], [Remedy::Retry(_)]), "{failure:?}");
}
