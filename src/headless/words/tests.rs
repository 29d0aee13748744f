//! The words of a line are those of the states and of the JSON.

use super::*;
use crate::headless::json;
use domain::arguments::RuntimeArguments;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::id::TaskId;
use domain::request::{RunRequest, Scope};
use domain::task::StopReason;
use domain::time::Timestamp;
use domain::variable::Variables;

fn at(seconds: i64, fact: Fact) -> RunEvent {
    RunEvent {
        at: Timestamp::from_seconds(seconds),
        fact,
    }
}

/// A run of one pipeline whose task `start` is at work.
fn run() -> Run {
    let request = RunRequest::new(
        "sandbox",
        Variables::default(),
        Scope::Single(RuntimeArguments::default()),
    );
    let started = Fact::RunStarted {
        run: "r".into(),
        request: Box::new(request),
    };
    let working = Fact::TryStarted { task: "start".into() };
    Run::replay(&[at(1, started), at(2, working)]).unwrap()
}

#[test]
fn every_state_of_a_task_has_the_word_that_json_has() {
    for state in TaskState::ALL {
        let mut run = run();
        run.tasks[0].state = *state;
        let json = json::summary(&run, &run.tasks[0]);
        assert_eq!(json["state"], state.as_str());
        assert!(status(&run.tasks[0]).starts_with(state.as_str()), "{state:?}");
    }
}

#[test]
fn every_state_of_a_run_has_the_word_that_json_has() {
    for state in RunState::ALL {
        let mut run = run();
        run.state = *state;
        assert!(summary(&run).starts_with(&format!("run r: {}", state.as_str())));
    }
}

#[test]
fn a_line_has_the_word_of_the_state_that_its_fact_leads_to() {
    let task = || "start".into();
    let failure = || Failure::permanent("no such table");
    for fact in [
        Fact::TaskSucceeded { task: task() },
        Fact::TryFailed {
            task: task(),
            failure: failure(),
            retry_at: Timestamp::from_seconds(9),
        },
        Fact::TaskFailed {
            task: task(),
            failure: failure(),
        },
        Fact::TaskTimedOut {
            task: task(),
            failure: failure(),
        },
        Fact::TaskStopped {
            task: task(),
            failure: failure(),
        },
        Fact::TaskLostSight {
            task: task(),
            reason: failure(),
        },
        Fact::StopIntended {
            task: task(),
            why: StopReason::Asked,
        },
        Fact::UpstreamFailed { task: task() },
        Fact::TaskSkipped {
            task: task(),
            reason: failure(),
        },
    ] {
        let mut run = run();
        run.apply(&at(3, fact.clone()));
        let word = run.tasks[0].state.as_str();
        let line = line(&run, &fact).unwrap();
        assert!(line.starts_with(&format!("start: {word}")), "{line}");
    }
}

#[test]
fn what_a_person_says_is_beside_the_state_in_every_text() {
    let mut run = run();
    let failure = Failure::permanent("No right.");
    let (task, note) = (TaskId::from("start"), Some("by hand".to_owned()));
    run.apply(&at(
        3,
        Fact::TaskFailed {
            task: task.clone(),
            failure,
        },
    ));
    let handled = Fact::TaskHandled {
        task: task.clone(),
        note,
    };
    run.apply(&at(4, handled.clone()));
    assert_eq!(
        line(&run, &handled).unwrap(),
        "start: failed, handled by a person: by hand"
    );
    assert!(stand(&run).contains("1 handled by a person"), "{}", stand(&run));
    let summary = json::summary(&run, &run.tasks[0]);
    assert_eq!(
        (&summary["state"], &summary["handled"]["note"]),
        (&"failed".into(), &"by hand".into())
    );
    run.apply(&at(5, Fact::HandlingTakenBack { task }));
    assert_eq!(
        json::summary(&run, &run.tasks[0])["handled"],
        serde_json::Value::Null
    );
    assert!(!stand(&run).contains("handled"));
}

#[test]
fn failures_are_summed_up_by_their_reasons() {
    let mut run = run();
    assert_eq!(failures(&run), [""; 0]);
    for place in 0..5 {
        let mut task = run.tasks[0].clone();
        task.id = TaskId::new(format!("start_pipeline_{place}"));
        task.state = TaskState::Failed;
        task.reason = Some(Failure::permanent(format!("Row {place} is bad.")));
        run.tasks.push(task);
    }
    assert_eq!(
        failures(&run),
        ["5 x Row 0 is bad: start_pipeline_0, start_pipeline_1, start_pipeline_2 and 2 more"]
    );
    let line = json::summary_line(&run, crate::cli::Exit::TaskFailed);
    let groups = line["failures"].as_array().unwrap();
    assert_eq!(
        (groups.len(), groups[0]["tasks"].as_array().unwrap().len()),
        (1, 5)
    );
}
