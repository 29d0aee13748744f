//! The job that empties the output table, under chance: one in a run, and its end is seen before anything follows.

use super::*;
use domain::state::RunState;
use domain::task::TaskKind;

fn any_life() -> impl Strategy<Value = JobLife> {
    let late = prop_oneof![3 => Just(0), 1 => 0..900_u64];
    let times = (late, 0..1500_u64, 0..900_u64);
    (times, prop::bool::weighted(0.2), prop::bool::weighted(0.2)).prop_map(
        |((late, pending, running), fails, deaf)| JobLife {
            late,
            pending,
            running,
            fails,
            deaf,
        },
    )
}

fn any_command() -> impl Strategy<Value = (u64, RunCommand)> {
    let retry = |name: &'static str| RunCommand::Retry {
        task: task_of(name),
        arguments: None,
    };
    let command = prop_oneof![
        Just(RunCommand::Stop),
        Just(RunCommand::StopTask(task_of("truncate_table"))),
        Just(retry("truncate_table")),
        Just(retry("get_configuration")),
        Just(retry("a")),
    ];
    (0..4000_u64, command)
}

proptest! {
    #![proptest_config(chance())]

    /// Whatever becomes of the job, of its requests and of this program: there is one at most, no pipeline starts while
    /// it is undecided (the server checks that at each start), and the run does not end before its end was seen, unless
    /// it says so.
    #[test]
    fn the_table_is_emptied_once_or_not_at_all(
        truncate in any_life(),
        faults in prop::collection::vec(prop::sample::select(vec!["transient", "ambiguous", "permanent"]), 0..4),
        blind in prop::collection::vec((0..2500_u64, 0..1500_u64), 0..3),
        commands in prop::collection::vec(any_command(), 0..4),
        restart in prop::option::of(0..2000_u64),
    ) {
        let mut variables = Variables::default();
        variables.set_by_name("dag_timeout_minutes", "40").unwrap();
        let script = Script {
            truncate,
            faults: BTreeMap::from([("truncate".into(), faults.iter().map(|kind| failure(kind)).collect())]),
            blind: blind.into_iter().map(|(from, length)| (from, from + length)).collect(),
            commands,
            restart,
            configuration: configuration(vec![row("a", 0)]),
            ..Script::default()
        };
        let mut server = FakeServer::new(request(variables), script);
        server.run_until_idle();
        let run = server.scheduler.run();
        let task = run.single(TaskKind::TruncateTable).unwrap();
        prop_assert!(run.state.is_end(), "{:#?}", run);
        prop_assert!(server.jobs.count() <= 1);
        match task.state {
            TaskState::Success => prop_assert_eq!(server.jobs.truncations(), 1),
            TaskState::Unknown => {
                prop_assert!(task.given_up && run.stop.is_some());
                prop_assert!(run.state != RunState::Success && run.pipelines().next().is_none());
            }
            _ => prop_assert_eq!(server.jobs.truncations(), 0, "{:?}", task),
        }
        let is_short = matches!(run.state, RunState::Failed | RunState::TimedOut | RunState::Stopped);
        prop_assert_eq!(run.needed_restore().is_some(), is_short && task.state == TaskState::Success);
    }
}
