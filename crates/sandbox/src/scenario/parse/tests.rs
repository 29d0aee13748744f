//! Files that are accepted, and files that are refused.

use super::*;

fn messages(text: &str) -> Vec<String> {
    let errors = scenario("s", text).unwrap_err();
    errors.iter().map(ParseError::to_string).collect()
}

#[test]
fn a_whole_file_is_parsed() {
    let text = r#"
title = "all sorts"
seed = 7
[[request]]
name = "busy"
service = "cdap"
operation = ["list", "record"]
after = 2
first = 3
chance = 0.5
answer = 503
[[request]]
since = "busy"
from = "1s"
until = "2s"
reset = "after"
[[run]]
where = { data_source = "ticket", n = 1 }
per = "data_source"
skip = ["RUNNING"]
starting = "forever"
fail = { stage = "Import To BigQuery", text = "no" }
[[event]]
when = "RUNNING"
first = 1
kill = "5s"
"#;
    let read = scenario("s", text).unwrap();
    let selector = &read.requests[0].selector;
    assert_eq!(
        (selector.name.as_str(), selector.seed, selector.after),
        ("busy", 7, 2)
    );
    assert_eq!((selector.first, selector.chance), (Some(3), Some(0.5)));
    assert_eq!(read.requests[0].matcher.operations, ["list", "record"]);
    assert_eq!(read.requests[1].selector.name, "s/request-2");
    assert_eq!(read.requests[1].fault, RequestFault::Reset(Effect::Done));
    let run = &read.runs[0];
    assert_eq!(run.arguments["n"], "1");
    assert_eq!(run.fault.skip, [RunStatus::Running]);
    assert_eq!(run.fault.starting, millis(super::super::FOREVER));
    assert_eq!(run.fault.fail.as_ref().unwrap().class_name, DEFAULT_EXCEPTION);
    assert_eq!(read.events[0].fault, ServerFault::Kill(Duration::from_secs(5)));
}

#[test]
fn every_error_has_its_place_and_its_remedy() {
    let text = r#"sed = 1
[[request]]
service = "gmail"
operation = "lst"
answer = 42
reset = "before"
[[request]]
first = 0
delay = "2"
unknown = 1
[[run]]
skip = ["PENDING"]
[[event]]
at = "1s"
"#;
    let expected = [
        "1:1: The key 'sed' is unknown. Known are title, seed, request, run, event.",
        "3:11: service must be cdap, bigquery, datafusion, storage or accounts.",
        "4:13: The operation 'lst' is unknown. Known are ",
        "5:10: answer must be a whole number, at least 200.",
        "6:9: A rule must have exactly one of delay, answer,",
        "8:9: first must be a whole number, at least 1.",
        "9:9: delay must be a duration such as",
        "10:1: The key 'unknown' is unknown. Known are name,",
        "11:1: This rule does nothing",
        "12:8: Only STARTING and RUNNING",
        "13:1: A rule must have exactly one of kill, redeploy, expire_tokens.",
    ];
    let found = messages(text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn rules_have_unique_names_and_wait_for_known_rules() {
    for (text, beginning) in [
        (
            "[[run]]\nname='a'\ndeaf=true\n[[run]]\nname='a'\ndeaf=true",
            "5:6: There are two rules called 'a'.",
        ),
        (
            "[[run]]\nname='a'\nsince='b'\ndeaf=true",
            "1:1: The rule 'a' waits for the rule 'b'",
        ),
        ("[[run]\ndeaf=true", "1:"),
        (
            "[[request]]\noperation='query'\npending='1m'",
            "3:9: pending needs operation = \"insert\".",
        ),
        ("run = 1", "1:7: Write it as [[run]]."),
        (
            "[[request]]\nfrom='2s'\nuntil='1s'\ndelay='1s'",
            "3:7: until must be later than from.",
        ),
    ] {
        let found = messages(text);
        assert!(found[0].starts_with(beginning), "{text}: {found:?}");
    }
}
