//! A run of some rows only: whatever happens, no other row starts and nothing is emptied.

use super::*;
use domain::key::KeyColumns;
use domain::state::RunState;

fn request_of(only: &[&str]) -> RunRequest {
    let mut variables = Variables::default();
    variables.set_by_name("dag_timeout_minutes", "40").unwrap();
    RunRequest {
        only: only
            .iter()
            .map(|name| KeyColumns::default().parse_name(name).unwrap())
            .collect(),
        ..request(variables)
    }
}

proptest! {
    #![proptest_config(chance())]

    #[test]
    fn only_the_chosen_rows_start_and_nothing_is_emptied(
        lives in prop::collection::vec(any_life(), 4),
        commands in prop::collection::vec(any_command(4), 0..4),
        restart in prop::option::of(0..300_u64),
    ) {
        let names = ["s0", "s1", "s2", "s3"];
        let script = Script {
            lives: names.iter().zip(lives).map(|(name, life)| (task_of(name).to_string(), vec![life])).collect(),
            configuration: configuration(names.iter().map(|name| row(name, 0)).collect()),
            commands,
            restart,
            ..Script::default()
        };
        let mut server = FakeServer::new(request_of(&["u/s1", "u/s3"]), script);
        server.run_until_idle();
        let run = server.scheduler.run();
        prop_assert!(run.state.is_end());
        prop_assert_eq!(server.jobs.count(), 0);
        let tasks: Vec<_> = run.pipelines().map(|task| task.id.to_string()).collect();
        prop_assert!(tasks.is_empty() || tasks == ["start_pipeline_u_s1", "start_pipeline_u_s3"], "{:?}", tasks);
    }
}

#[test]
fn a_chosen_row_that_is_gone_by_then_ends_the_run() {
    let mut inactive = row("s1", 0);
    inactive.active = false;
    for rows in [vec![row("s0", 0)], vec![row("s0", 0), inactive]] {
        let script = Script {
            configuration_at_start: Some(configuration(vec![row("s0", 0), row("s1", 0)])),
            configuration: configuration(rows),
            ..Script::default()
        };
        let mut server = FakeServer::new(request_of(&["u/s0", "u/s1"]), script);
        server.run_until_idle();
        let run = server.scheduler.run();
        assert_eq!((run.state, run.pipelines().count()), (RunState::Failed, 0));
        let task = run.task(&task_of("get_configuration")).unwrap();
        let reason = &task.reason.as_ref().unwrap().reason;
        assert!(reason.contains("The row u/s1 was asked for"), "{reason}");
    }
}
