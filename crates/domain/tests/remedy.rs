//! Remedies as the journal and the JSON lines hold them: readable for older versions and from them.

use domain::failure::Failure;
use domain::finding::Finding;
use domain::id::TaskId;
use domain::remedy::Remedy;
use serde_json::json;

#[test]
fn what_older_versions_wrote_is_read_and_written_alike() {
    for (old, remedies) in [
        (json!({"kind": "permanent", "reason": "It broke."}), vec![]),
        (
            json!({"kind": "transient", "reason": "It broke.", "remedy": "R starts it again."}),
            vec![Remedy::from("R starts it again.")],
        ),
    ] {
        let failure: Failure = serde_json::from_value(old.clone()).unwrap();
        assert_eq!(failure.remedies, remedies);
        assert_eq!(serde_json::to_value(&failure).unwrap(), old);
    }
    for remedy in ["", "Correct it."] {
        let old = json!({"severity": "warning", "about": "a", "message": "b", "remedy": remedy});
        let finding: Finding = serde_json::from_value(old.clone()).unwrap();
        assert_eq!(finding.remedies.is_empty(), remedy.is_empty());
        assert_eq!(serde_json::to_value(&finding).unwrap(), old);
    }
}

#[test]
fn actions_stand_beside_the_text_and_come_back() {
    let task = || TaskId::from("a");
    let failure = Failure::permanent("It broke.").with_remedies([
        Remedy::from("Wait."),
        Remedy::Retry(task()),
        Remedy::GiveUp(task()),
        Remedy::GiveArguments {
            task: task(),
            names: vec!["db_password".into()],
        },
        Remedy::StartRun,
        Remedy::StopRun,
    ]);
    let written = serde_json::to_value(&failure).unwrap();
    let given = json!({"give_arguments": {"task": "a", "names": ["db_password"]}});
    let actions = json!([{"retry": "a"}, {"give_up": "a"}, given, "start_run", "stop_run"]);
    assert_eq!(
        (&written["remedy"], &written["actions"]),
        (&json!("Wait."), &actions)
    );
    assert_eq!(serde_json::from_value::<Failure>(written).unwrap(), failure);
}

#[test]
fn an_action_of_a_newer_version_is_left_out() {
    let newer = json!({"kind": "permanent", "reason": "x", "actions": ["make_coffee", "start_run"]});
    let failure: Failure = serde_json::from_value(newer).unwrap();
    assert_eq!(failure.remedies, [Remedy::StartRun]);
}
