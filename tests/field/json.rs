//! JSON lines: every line that the program prints is what `docs/json.schema.json` says, and `docs/json.md` names
//! all of it.

use super::home::{Home, Told};
use super::lab::Lab;
pub use super::schema::check;
use super::schema::{CHECKER, SCHEMA, events};
use domain::event::{Fact, RunEvent};
use domain::secret::Secrets;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../docs/json.md");

/// One of each fact, as journals have recorded them.
const JOURNALS: [&str; 5] = [
    include_str!("../../crates/domain/tests/journal/chain.jsonl"),
    include_str!("../../crates/domain/tests/journal/by_hand.jsonl"),
    include_str!("../../crates/domain/tests/journal/other_facts.jsonl"),
    include_str!("../../crates/domain/tests/journal/emptied.jsonl"),
    include_str!("../../crates/domain/tests/journal/other_columns.jsonl"),
];

/// Checks all lines of a start: the first ones, the end, and that the end has the exit code. Gives the events.
fn check_all(told: &Told, first: &str, last: &str) -> BTreeSet<String> {
    let lines = told.lines();
    let events: Vec<_> = lines.iter().map(check).collect();
    assert_eq!(
        (
            events.first().map(String::as_str),
            events.last().map(String::as_str)
        ),
        (Some(first), Some(last)),
        "{}",
        told.all()
    );
    assert_eq!(lines.last().unwrap()["exit"], told.code, "{}", told.all());
    events.into_iter().collect()
}

#[test]
fn every_fact_has_its_place_in_the_schema() {
    let described = events(&serde_json::from_str(SCHEMA).unwrap());
    for name in Fact::NAMES {
        assert!(
            described.contains(*name),
            "{name} is not in docs/json.schema.json"
        );
    }
    let mut checked = BTreeSet::new();
    for recorded in JOURNALS.iter().flat_map(|text| text.lines()) {
        let event: RunEvent = serde_json::from_str(recorded).unwrap();
        let mut line = json!(event.redacted(&Secrets::default()));
        line["run"] = "r".into();
        line["time"] = event.at.to_rfc3339().into();
        checked.insert(check(&line));
        line["surprise"] = true.into();
        let strange = CHECKER.schemas.validate(&line, CHECKER.line);
        assert!(strange.is_err(), "a key that is not described passes: {line}");
    }
    assert_eq!(
        checked,
        Fact::NAMES.iter().map(|name| (*name).to_owned()).collect()
    );
}

#[test]
fn the_document_names_every_event_key_and_word() {
    fn names(schema: &Value, found: &mut BTreeSet<String>) {
        if let Some(keys) = schema["properties"].as_object() {
            found.extend(keys.keys().cloned());
        }
        let words = schema["enum"].as_array().into_iter().flatten();
        found.extend(words.filter_map(Value::as_str).map(str::to_owned));
        match schema {
            Value::Object(fields) => fields.values().for_each(|value| names(value, found)),
            Value::Array(list) => list.iter().for_each(|value| names(value, found)),
            _ => {}
        }
    }
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut all = events(&schema);
    names(&schema, &mut all);
    assert!(all.len() > 100, "{all:?}");
    let shown =
        |name: &String| DOCUMENT.contains(&format!("`{name}`")) || DOCUMENT.contains(&format!("\"{name}\""));
    let missing: Vec<_> = all.iter().filter(|name| !shown(name)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "not in docs/json.md");
}

#[test]
fn a_green_run_and_its_plan_and_its_list_are_as_described() {
    let lab = Lab::new();
    lab.configure(&[]);
    let green = lab.run(&["--output", "json"]);
    assert_eq!(green.code, 0, "{}", green.all());
    let seen = check_all(&green, "target", "summary");
    for event in ["run_started", "try_failed", "records_counted", "run_ended"] {
        assert!(seen.contains(event), "{event}: {}", green.all());
    }
    assert_eq!(green.summary()["reason"], Value::Null);

    let plan = lab.run(&["--dry-run", "--output", "json"]);
    assert_eq!(plan.code, 0, "{}", plan.all());
    check_all(&plan, "plan", "plan");
    let by_hand = lab.run(&["--dry-run", "--output", "json", "--args", "a=b,password=hush"]);
    check_all(&by_hand, "plan", "plan");

    let listed = lab.home.start(&["runs", "--output", "json"]);
    assert_eq!(listed.lines().iter().map(check).collect::<Vec<_>>(), ["run"]);
}

#[test]
fn runs_that_do_not_succeed_are_as_described() {
    let lab = Lab::new();
    lab.configure(&[("cdf_pipeline_retries", "0")]);
    let by_hand = [
        "--output",
        "json",
        "--args",
        "business_unit=hr,data_source=payroll",
    ];
    lab.play("[[run]]\nfail = { stage = 'Import To BigQuery', text = 'Quota exceeded' }\n");
    let failed = lab.run(&by_hand);
    assert_eq!(failed.code, 1, "{}", failed.all());
    assert!(check_all(&failed, "target", "summary").contains("task_failed"));

    lab.play("[[run]]\nstarting = 'forever'\n");
    let late = lab.run(&[&by_hand[..], &["--set", "cdf_pipeline_timeout_seconds=1"]].concat());
    assert_eq!(late.code, 3, "{}", late.all());
    assert!(check_all(&late, "target", "summary").contains("task_timed_out"));
    assert_eq!(late.summary()["state"], "timed_out");
}

#[test]
fn every_start_that_is_refused_ends_with_a_summary() {
    let home = Home::new();
    let refused = |arguments: &[&str], first: &str| {
        let told = home.start(&[&["run", "--output", "json"], arguments].concat());
        assert_eq!(told.code, 2, "{}", told.all());
        check_all(&told, first, "summary");
        let summary = told.summary();
        assert!(summary["reason"].is_string(), "{summary}");
        assert_eq!((&summary["run"], &summary["state"]), (&Value::Null, &Value::Null));
        told
    };
    refused(&["--profile", "nothing"], "trouble");
    refused(&["--set", "bq_truncate=perhaps"], "trouble");
    refused(&["--set", "without_a_value"], "trouble");
    refused(&["--nonsense"], "trouble");
    refused(&["--dry-run", "--profile", "nothing"], "trouble");
    let empties_itself = ["--profile", "sandbox", "--set", "bq_output_table=configuration"];
    let told = refused(&empties_itself, "target");
    assert!(told.out.contains("\"noticed\""), "{}", told.all());

    home.configure("[profile.sandbox\n");
    refused(&[], "trouble");
    home.configure("");
    std::fs::write(
        home.path().join("downbeat.db"),
        "this is not a database, and never was one",
    )
    .unwrap();
    let told = refused(&[], "target");
    assert!(told.out.contains("Move the file"), "{}", told.all());
    let listed = home.start(&["runs", "--output", "json"]);
    assert_eq!(listed.code, 2);
    check_all(&listed, "trouble", "summary");
}
