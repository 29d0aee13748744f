//! Files that are read, and files that are refused.

use super::*;

fn mistakes(text: &str) -> Vec<String> {
    let mistakes = scenario("s", text).unwrap_err();
    mistakes.iter().map(Mistake::to_string).collect()
}

#[test]
fn a_whole_file_is_read() {
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
    let gate = &read.requests[0].gate;
    assert_eq!((gate.name.as_str(), gate.seed, gate.after), ("busy", 7, 2));
    assert_eq!((gate.first, gate.chance), (Some(3), Some(0.5)));
    assert_eq!(read.requests[0].fit.operations, ["list", "record"]);
    assert_eq!(read.requests[1].gate.name, "s/request-2");
    assert_eq!(read.requests[1].upset, Upset::Reset { done: true });
    let run = &read.runs[0];
    assert_eq!(run.arguments["n"], "1");
    assert_eq!(run.fate.skip, [RunStatus::Running]);
    assert_eq!(run.fate.starting, ms(super::super::FOREVER));
    assert_eq!(run.fate.fail.as_ref().unwrap().class_name, EXCEPTION);
    assert_eq!(read.events[0].happening, Happening::Kill(Duration::from_secs(5)));
}

#[test]
fn every_mistake_has_its_place_and_its_remedy() {
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
        "1:1: There is no 'sed' here; there are title, seed, request, run, event.",
        "3:11: service is cdap, bigquery, datafusion, storage or accounts.",
        "4:13: There is no operation 'lst'; there are ",
        "5:10: answer is a whole number from 200 on.",
        "6:9: A rule does exactly one of delay, answer,",
        "8:9: first is a whole number from 1 on.",
        "9:9: delay is a span such as",
        "10:1: There is no 'unknown' here; there are name,",
        "11:1: This rule does nothing",
        "12:8: Only STARTING and RUNNING",
        "13:1: An event does exactly one of kill, redeploy, expire_tokens.",
    ];
    let found = mistakes(text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn rules_have_names_of_their_own_and_wait_for_known_ones() {
    for (text, beginning) in [
        (
            "[[run]]\nname='a'\ndeaf=true\n[[run]]\nname='a'\ndeaf=true",
            "5:6: There are two rules called 'a'.",
        ),
        (
            "[[run]]\nname='a'\nsince='b'\ndeaf=true",
            "1:1: 'a' waits for the rule 'b'",
        ),
        ("[[run]\ndeaf=true", "1:"),
        ("run = 1", "1:7: Write it as [[run]]."),
        (
            "[[request]]\nfrom='2s'\nuntil='1s'\ndelay='1s'",
            "3:7: until is later than from.",
        ),
    ] {
        let found = mistakes(text);
        assert!(found[0].starts_with(beginning), "{text}: {found:?}");
    }
}
