//! What a person says of tasks: it changes no state and starts nothing, and a retry of everything leaves them alone.

use super::fake_server::{FakeServer, Life, Script};
use super::{any_life, chance, configuration, request, row, task_of};
use domain::command::RunCommand;
use domain::event::Fact;
use domain::handling::Handling;
use domain::id::TaskId;
use domain::run::Run;
use domain::scheduler::{Input, Step};
use domain::state::{RunState, TaskState};
use domain::variable::Variables;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A run of these rows, played to its end.
fn ended(lives: Vec<Vec<Life>>, commands: Vec<(u64, RunCommand)>) -> FakeServer {
    let rows = (0..lives.len()).map(|i| row(&format!("s{i}"), 0)).collect();
    let name = |i| task_of(&format!("s{i}")).to_string();
    let script = Script {
        lives: lives
            .into_iter()
            .enumerate()
            .map(|(i, lives)| (name(i), lives))
            .collect(),
        configuration: configuration(rows),
        commands,
        ..Script::default()
    };
    let variables = Variables {
        cdf_pipeline_retries: 0,
        ..Variables::default()
    };
    let mut server = FakeServer::new(request(variables), script);
    server.run_until_idle();
    server
}

fn command(server: &mut FakeServer, command: RunCommand) -> Step {
    server.scheduler.step(server.now, Input::Command(command))
}

fn mark(tasks: &[TaskId], handling: Handling) -> RunCommand {
    let tasks = tasks.to_vec();
    RunCommand::Mark { tasks, handling }
}

fn states(run: &Run) -> Vec<(TaskId, TaskState)> {
    run.tasks
        .iter()
        .map(|task| (task.id.clone(), task.state))
        .collect()
}

fn retried(step: &Step) -> BTreeSet<TaskId> {
    let asked = step.events.iter().filter_map(|event| match &event.fact {
        Fact::RetryAsked { task, .. } => Some(task.clone()),
        _ => None,
    });
    asked.collect()
}

fn not_green(run: &Run) -> BTreeSet<TaskId> {
    run.retryable().map(|task| task.id.clone()).collect()
}

proptest! {
    #![proptest_config(chance())]

    #[test]
    fn marking_changes_no_state_and_a_retry_of_everything_leaves_the_marked_alone(
        lives in prop::collection::vec(prop::collection::vec(any_life(), 1..3), 1..6),
        marked in prop::collection::btree_set(0..6_usize, 0..6),
        taken_back in prop::collection::btree_set(0..6_usize, 0..3),
        stopped in prop::option::of(0..300_u64),
    ) {
        let mut server = ended(lives, stopped.into_iter().map(|at| (at, RunCommand::Stop)).collect());
        let before = server.scheduler.run().clone();
        prop_assert!(before.state.is_end());
        let tasks = |places: &BTreeSet<usize>| -> Vec<_> { places.iter().map(|i| task_of(&format!("s{i}"))).collect() };
        for (tasks, handling) in [(tasks(&marked), Handling::done("loaded by hand")), (tasks(&taken_back), Handling::TakenBack)] {
            let step = command(&mut server, mark(&tasks, handling));
            prop_assert!(step.effects.is_empty() && step.wake_at.is_none(), "{step:?}");
            let run = server.scheduler.run();
            prop_assert_eq!((states(run), run.state, run.outcome(), run.ended), (states(&before), before.state, before.outcome(), before.ended));
        }
        let handled: BTreeSet<_> = server.scheduler.run().handled().map(|task| task.id.clone()).collect();
        let green = |id: &TaskId| before.task(id).is_none_or(|task| task.state == TaskState::Success);
        let said: BTreeSet<_> = tasks(&marked).into_iter().filter(|id| !tasks(&taken_back).contains(id) && !green(id)).collect();
        prop_assert_eq!(&handled, &said);
        let wanted: BTreeSet<_> = not_green(&before).difference(&handled).cloned().collect();
        let step = command(&mut server, RunCommand::RetryAll);
        let (run, asked) = (server.scheduler.run(), retried(&step));
        prop_assert!(asked.is_subset(&wanted), "{asked:?}");
        // A task of the chain that is tried again clears those behind it.
        let is_open = |id: &TaskId| run.task(id).is_some_and(|task| !task.is_over());
        prop_assert!(wanted.difference(&asked).all(is_open), "{asked:?} of {wanted:?}");
        for id in &handled {
            prop_assert_eq!(run.task(id).map(|task| task.state), before.task(id).map(|task| task.state));
            prop_assert!(run.task(id).is_some_and(|task| task.handled().is_some()));
        }
    }
}

fn failing() -> Vec<Life> {
    vec![
        Life {
            end: "FAILED".into(),
            lasting: true,
            ..Life::default()
        },
        Life::default(),
    ]
}

#[test]
fn a_marked_task_is_still_tried_again_by_its_name_and_is_open_then() {
    let mut server = ended(vec![failing(), failing()], Vec::new());
    let (one, all) = (task_of("s0"), [task_of("s0"), task_of("s1")]);
    let step = command(&mut server, mark(&all, Handling::done(" by hand ")));
    let facts: Vec<_> = step.events.iter().map(|event| event.fact.clone()).collect();
    let said = |task: &TaskId| Fact::TaskHandled {
        task: task.clone(),
        note: Some("by hand".into()),
    };
    assert_eq!(facts, [said(&all[0]), said(&all[1])]);
    assert_eq!(
        server.scheduler.run().left_alone().unwrap(),
        format!("2 handled by a person are left alone: {}, {}.", all[0], all[1])
    );
    assert_eq!(server.scheduler.run().check_retry(&[], None), Ok(Vec::new()));
    assert!(
        command(&mut server, mark(&all, Handling::done("by hand")))
            .events
            .is_empty(),
        "it was said"
    );
    assert!(command(&mut server, RunCommand::RetryAll).events.is_empty());
    assert_eq!(server.scheduler.run().state, RunState::Failed);
    assert_eq!(
        server
            .scheduler
            .run()
            .check_retry(std::slice::from_ref(&one), None),
        Ok(vec![one.clone()])
    );
    let again = RunCommand::Retry {
        task: one.clone(),
        arguments: None,
    };
    assert_eq!(retried(&command(&mut server, again)), [one.clone()].into());
    let handled: Vec<_> = server
        .scheduler
        .run()
        .handled()
        .map(|task| task.id.clone())
        .collect();
    assert_eq!(handled, [task_of("s1")]);
}

#[test]
fn what_goes_on_or_succeeded_cannot_be_marked() {
    let lives = vec![vec![Life::default()], failing()];
    let names = ["start", "end", "s0"].map(task_of);
    let early = vec![(20, mark(&[task_of("s0"), task_of("s1")], Handling::done("")))];
    let mut server = ended(lives, early);
    assert!(
        !server
            .events
            .iter()
            .any(|event| matches!(event.fact, Fact::TaskHandled { .. }))
    );
    assert!(
        command(&mut server, mark(&names, Handling::done("")))
            .events
            .is_empty()
    );
}
