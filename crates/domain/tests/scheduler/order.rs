//! Pipelines start in the order of the plan.

use super::*;

/// Rows in any order, with names that have `_` in the unit as well as in the source.
fn any_rows() -> impl Strategy<Value = Vec<ConfigurationRow>> {
    let name = || prop::sample::select(vec!["a", "b", "a_b", "b_a", "z"]);
    let one = (name(), name(), -1..2_i64, any::<bool>()).prop_map(|(unit, source, priority, active)| {
        ConfigurationRow {
            task: task_id(unit, source),
            name: RowName::usual(unit, source),
            active,
            ..row(source, priority)
        }
    });
    prop::collection::vec(one, 1..8).prop_map(|mut rows| {
        // Two rows of one task are an error of the table, and no run begins.
        let mut known = BTreeSet::new();
        rows.retain(|row| known.insert(row.task.clone()));
        rows
    })
}

/// The tasks in the order of their first starts.
fn started(server: &FakeServer) -> Vec<TaskId> {
    let starts = server.events.iter().filter_map(|event| match &event.fact {
        Fact::StartIntended { task, .. } => Some(task.clone()),
        _ => None,
    });
    let mut known = BTreeSet::new();
    starts.filter(|task| known.insert(task.clone())).collect()
}

fn planned(request: &RunRequest, configuration: &Configuration) -> Vec<TaskId> {
    let plan = Plan::new(request.clone(), Some(configuration));
    plan.into_pipelines()
        .into_iter()
        .map(|pipeline| pipeline.task)
        .collect()
}

proptest! {
    #![proptest_config(chance())]

    /// What the plan shows is what the scheduler does, whatever becomes of the first try of each.
    #[test]
    fn pipelines_start_in_the_order_of_the_plan(
        rows in any_rows(),
        lives in prop::collection::vec(any_life(), 1..6),
        max_active in 1..4_u32,
    ) {
        let mut variables = Variables::default();
        variables.set_by_name("dag_timeout_minutes", "40000").unwrap();
        variables.max_active_pipelines = max_active;
        let (request, configuration) = (request(variables), configuration(rows));
        let plan = planned(&request, &configuration);
        // A start that is never found holds its place until a person decides.
        let lives = lives.into_iter().filter(|life| life.answer != "void");
        let lives: Vec<_> = lives.map(|life| Life { running: life.running % 90, ..life }).collect();
        let lives = plan.iter().zip(lives.iter().cycle());
        let script = Script {
            lives: lives.map(|(task, life)| (task.to_string(), vec![life.clone(), Life::default()])).collect(),
            configuration,
            ..Script::default()
        };
        let mut server = FakeServer::new(request, script);
        server.run_until_idle();
        prop_assert_eq!(started(&server), plan);
    }
}

/// The order of the names of tasks is not the order of the rows: `hr_b_alpha` sorts before `hr_zulu`.
#[test]
fn the_second_of_two_rows_waits_for_the_first() {
    let of = |unit: &str, source: &str| ConfigurationRow {
        task: task_id(unit, source),
        name: RowName::usual(unit, source),
        ..row(source, 1)
    };
    let variables = Variables {
        max_active_pipelines: 1,
        ..Variables::default()
    };
    let (request, configuration) = (
        request(variables),
        configuration(vec![of("hr_b", "alpha"), of("hr", "zulu")]),
    );
    let plan = planned(&request, &configuration);
    assert_eq!(plan, [task_id("hr", "zulu"), task_id("hr_b", "alpha")]);
    let script = Script {
        configuration,
        ..Script::default()
    };
    let mut server = FakeServer::new(request, script);
    server.run_until_idle();
    assert_eq!(started(&server), plan);
}
