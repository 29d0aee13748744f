//! What is kept of a task, and which runs are the past of another one.

use super::*;

#[test]
fn a_record_says_what_became_of_a_task_and_how_long_it_worked() {
    let mut events = begun("r", 0, 5, &["a", "b"]);
    events.extend(start("a", 1, 10));
    events.push(failed("a", 40, Some(100)));
    events.extend(start("a", 2, 100));
    events.push(done("a", 120));
    events.push(ended(120, RunState::Success));
    let record = record(&events);
    let task = record.task(&"a".into()).unwrap();
    assert_eq!((task.state, task.tries), (TaskState::Success, 2));
    // The minute between the tries is a pause, not work.
    assert_eq!((task.working, task.last_try), (seconds(50), seconds(20)));
    assert_eq!(task.reason.as_deref(), Some("It broke."));
    assert_eq!(record.task(&"b".into()).unwrap().state, TaskState::Scheduled);

    let written = serde_json::to_string(task).unwrap();
    assert_eq!(serde_json::from_str::<TaskRecord>(&written).unwrap(), *task);
    let least = r#"{"task":"a","kind":"pipeline","state":"failed"}"#;
    assert_eq!(serde_json::from_str::<TaskRecord>(least).unwrap().tries, 0);
}

#[test]
fn time_that_nobody_watched_is_not_work() {
    let mut events = begun("r", 0, 5, &["a"]);
    events.extend(start("a", 1, 10));
    let since = Timestamp::from_seconds(20);
    events.push(at(1_020, Fact::WatchResumed { since }));
    events.push(done("a", 1_030));
    assert_eq!(record(&events).task(&"a".into()).unwrap().working, seconds(20));
}

#[test]
fn the_last_twenty_states_are_kept_the_newest_last() {
    let works: Vec<_> = (0..30).map(|place| (10 + place, place != 0)).collect();
    let past = past(&runs(&works));
    let last = &past.task(&"a".into()).unwrap().last;
    assert_eq!(last.len(), 20);
    assert_eq!(last[19].state, TaskState::Failed);
    assert!(last[..19].iter().all(|task| task.state == TaskState::Success));
    assert!(last.is_sorted_by_key(|task| task.started));
}

#[test]
fn only_comparable_runs_before_it_are_the_past_of_a_run() {
    let mut records = runs(&[(40, true), (30, true), (20, true), (10, true)]);
    records[1].summary.profile = "dev".into();
    records[2].summary.pipeline = "another".into();
    let run = Run::replay(&begun("new", 9 * HOUR, 5, &["a"])).unwrap();
    assert_eq!(Past::of(&records, &run).runs(), 2);
    let second = &records[3].summary;
    let of_second = Past::new(
        &records,
        "prod",
        "mysql_to_bq",
        Some((&second.id, second.started)),
    );
    assert_eq!(of_second.runs(), 0);
    assert_eq!(of_second.task(&"a".into()), None);
}
