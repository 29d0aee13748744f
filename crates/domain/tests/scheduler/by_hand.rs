//! One pipeline by hand: nothing is emptied, and a retry starts it once more.

use super::*;
use domain::state::RunState;

#[test]
fn a_retry_starts_one_run() {
    let arguments = [
        ("business_unit", "u"),
        ("data_source", "a"),
        ("db_password", PASSWORD),
    ];
    let mut request = request(Variables::default());
    assert!(
        request.variables.bq_truncate,
        "as it is unless somebody changes it"
    );
    request.scope = Scope::Single(RuntimeArguments::from_iter(arguments));
    let broken = Life {
        end: "FAILED".into(),
        lasting: true,
        ..Life::default()
    };
    let retry = RunCommand::Retry {
        task: task_of("a"),
        arguments: None,
    };
    let script = Script {
        lives: BTreeMap::from([(task_of("a").to_string(), vec![broken, Life::default()])]),
        commands: vec![(100, retry)],
        ..Script::default()
    };
    let mut server = FakeServer::new(request, script);
    server.run_until_idle();
    assert_eq!(server.scheduler.run().state, RunState::Success);
    assert_eq!(server.server_runs(task_of("a").as_str()), 2);
    assert_eq!(server.scheduler.run().pipelines().count(), 1);
    assert_eq!(server.jobs.count(), 0);
}
