//! A run of some rows only: the table keeps what it has, and gets what is new of these rows.

use super::{BEGINNING, Stores, distinct, window_end};
use crate::home::Home;
use crate::stores::ACTIVE;
use serde_json::{Value, json};

#[test]
fn a_run_of_some_rows_adds_theirs_and_empties_nothing() {
    let home = Home::new();
    let stores = Stores::of(&home);
    let whole = home.start(&["run", "--output", "json"]);
    assert_eq!(whole.code, 0, "{}", whole.all());
    let end = window_end(&whole);
    for (unit, source) in ACTIVE {
        stores.arrive(unit, source, -1, &end);
    }

    let dry = home.start(&["run", "--dry-run", "--only", "hr/engineer", "--output", "json"]);
    let plan = &dry.lines()[0];
    assert_eq!(
        (dry.code, &plan["emptied_table"]),
        (0, &Value::Null),
        "{}",
        dry.all()
    );
    assert_eq!(
        plan["only"],
        json!([{"business_unit": "hr", "data_source": "engineer"}])
    );
    assert_eq!(plan["left_out"].as_array().unwrap().len(), 7);

    let some = home.start(&["run", "--only", "hr/engineer", "--output", "json"]);
    assert_eq!(some.code, 0, "{}", some.all());
    let summary = some.summary();
    let tasks = summary["tasks"].as_array().unwrap();
    let state = |name: &str| {
        let task = tasks.iter().find(|task| task["task"] == name);
        task.map(|task| task["state"].clone())
    };
    assert_eq!(state("truncate_table"), Some("skipped".into()));
    assert_eq!(state("start_pipeline_hr_engineer"), Some("success".into()));
    assert_eq!(tasks.len(), 6, "{summary}");
    assert_eq!(summary["truncated_at"], Value::Null);
    let mut expected = stores.sources(BEGINNING, &end);
    expected.extend(stores.source("hr", "engineer", &end, &window_end(&some)));
    assert_eq!(distinct(stores.warehouse("landing")), expected);

    for (name, words) in [
        ("hr/enginer", "Names like it are hr/engineer"),
        ("hr/nothing", "does not have it"),
    ] {
        let refused = home.start(&["run", "--only", name]);
        assert_eq!(refused.code, 2, "{}", refused.all());
        assert!(refused.all().contains(words), "{}", refused.all());
    }
    assert_eq!(distinct(stores.warehouse("landing")), expected);
}
