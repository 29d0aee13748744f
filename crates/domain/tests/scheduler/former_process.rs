//! What a former process has left of a run: nothing of it is given up, or started anew, before it was looked at.

use super::*;
use domain::event::{Discovery, RunEvent};
use domain::pipeline::{PipelineRun, PipelineState, RunArguments, TOKEN_ARGUMENT};
use domain::plan::PlannedPipeline;
use domain::scheduler::{Answer, Effect, Input, Scheduler, Step};
use domain::state::RunState;
use domain::task::StopReason;
use domain::time::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + second)
}

/// A scheduler for a run of which these facts are in the journal, a second apart.
fn left_behind(facts: impl IntoIterator<Item = Fact>) -> Scheduler {
    let begin = Fact::RunStarted {
        run: "r".into(),
        request: Box::new(request(Variables::default())),
    };
    let facts = [begin].into_iter().chain(facts).zip(0..);
    let events: Vec<_> = facts
        .map(|(fact, second)| RunEvent { at: at(second), fact })
        .collect();
    Scheduler::resumed(Run::replay(&events).unwrap())
}

fn planned() -> Fact {
    Fact::PipelinesPlanned {
        pipelines: vec![PlannedPipeline {
            task: "a".into(),
            priority: 1,
            timeout: Duration::from_secs(60),
            allowed_tries: 1,
            arguments: RuntimeArguments::default(),
        }],
    }
}

fn intended(token: &str) -> Fact {
    Fact::StartIntended {
        task: "a".into(),
        number: 1,
        token: token.into(),
    }
}

fn started(run: &str) -> Fact {
    Fact::PipelineStarted {
        task: "a".into(),
        run_id: run.into(),
        found: Discovery::Answered,
    }
}

fn has(step: &Step, wanted: fn(&Fact) -> bool) -> bool {
    step.events.iter().any(|event| wanted(&event.fact))
}

fn is_given_up(fact: &Fact) -> bool {
    matches!(fact, Fact::TaskGivenUp { .. })
}

#[test]
fn a_run_that_is_closed_hours_later_gives_up_nothing_unseen() {
    let truncate = || TaskId::from("truncate_table");
    let stopping = |task: TaskId| Fact::StopIntended {
        task,
        why: StopReason::Asked,
    };
    let emptying = vec![
        Fact::TryStarted { task: "start".into() },
        Fact::TaskSucceeded { task: "start".into() },
        Fact::TryStarted { task: truncate() },
        Fact::TruncateIntended { job: "job".into() },
        Fact::RunStopAsked,
        stopping(truncate()),
    ];
    let filling = vec![
        planned(),
        intended("r/a/1.0"),
        started("p"),
        Fact::RunStopAsked,
        stopping("a".into()),
    ];
    for facts in [emptying, filling] {
        let mut scheduler = left_behind(facts);
        let first = scheduler.step(at(36_000), Input::Command(RunCommand::Stop));
        assert!(matches!(first.events[0].fact, Fact::WatchResumed { since } if since < at(10)));
        let second = scheduler.step(at(36_001), Input::Begin);
        for step in [&first, &second] {
            assert!(!has(step, is_given_up), "{step:#?}");
        }
        let stops = |effect: &Effect| matches!(effect, Effect::CancelTruncate { .. } | Effect::Stop { .. });
        assert!(first.effects.iter().any(stops), "{first:#?}");
    }
}

#[test]
fn a_retry_waits_for_the_late_run_that_nobody_has_seen_end() {
    let lost = "r/a/1.0";
    let mut scheduler = left_behind([
        planned(),
        intended(lost),
        Fact::StartDoubted {
            task: "a".into(),
            reason: failure("ambiguous"),
        },
        Fact::StartRepeated {
            task: "a".into(),
            token: lost.into(),
            again_at: at(4),
        },
        intended("r/a/1.1"),
        started("own"),
        Fact::LateRunFound {
            task: "a".into(),
            token: lost.into(),
            run_id: "late".into(),
            kept: false,
        },
        Fact::TaskFailed {
            task: "a".into(),
            failure: failure("permanent"),
        },
        Fact::RunEnded {
            state: RunState::Failed,
        },
    ]);
    scheduler.step(at(90_000), Input::Begin);
    let retry = RunCommand::Retry {
        task: "a".into(),
        arguments: None,
    };
    let step = scheduler.step(at(90_001), Input::Command(retry));
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    let lists = |effect: &Effect| matches!(effect, Effect::List { .. });
    assert!(step.effects.iter().any(lists), "{step:#?}");

    // It has loaded its rows since: it is the one of the try.
    let step = scheduler.step(
        at(90_002),
        listed(vec![listed_run("late", lost, PipelineState::Completed)]),
    );
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    assert!(
        has(&step, |fact| matches!(fact, Fact::TaskSucceeded { .. })),
        "{step:#?}"
    );
}

fn listed_run(id: &str, token: &str, state: PipelineState) -> PipelineRun {
    let token = (TOKEN_ARGUMENT.to_owned(), token.to_owned());
    PipelineRun {
        id: id.into(),
        cluster_ended: state.is_end(),
        state,
        starting: at(2),
        arguments: RunArguments::Visible([token].into()),
    }
}

fn listed(runs: Vec<PipelineRun>) -> Input {
    Input::Answer(Answer::Listed(Ok(runs)))
}

fn starts(effect: &Effect) -> bool {
    matches!(effect, Effect::Start { .. })
}

/// A task that was left with this run, in a DAG run that is over; another process has begun to try it again.
fn tried_again() -> Scheduler {
    let left = [
        planned(),
        intended("r/a/1.0"),
        started("p"),
        Fact::TaskGivenUp {
            task: "a".into(),
            reason: failure("permanent"),
        },
        Fact::RunEnded {
            state: RunState::Failed,
        },
    ];
    let mut scheduler = left_behind(left);
    scheduler.step(at(90_000), Input::Begin);
    let step = scheduler.step(at(90_001), Input::Command(RunCommand::RetryAll));
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    assert!(
        step.effects
            .iter()
            .any(|effect| matches!(effect, Effect::List { since } if *since <= at(2))),
        "{step:#?}"
    );
    scheduler
}

/// What the first list shows decides whether the task is tried again at all.
#[test]
fn a_retry_looks_for_the_run_that_the_task_was_left_with() {
    for (state, starts_anew, is_followed) in [
        (Some(PipelineState::Running), false, true),
        (Some(PipelineState::Completed), false, true),
        (Some(PipelineState::Failed), true, false),
        (Some(PipelineState::Killed), true, false),
        (None, true, false),
    ] {
        let mut scheduler = tried_again();
        let runs = state.clone().map(|state| listed_run("p", "r/a/1.0", state));
        let step = scheduler.step(at(90_002), listed(runs.into_iter().collect()));
        assert_eq!(
            step.effects.iter().any(starts),
            starts_anew,
            "{state:?} {step:#?}"
        );
        let task = scheduler.run().task(&"a".into()).unwrap();
        let is_own = task.tries.len() == 1 && task.current().unwrap().pipeline_run == Some("p".into());
        assert_eq!(is_own, is_followed, "{state:?} {task:#?}");
        assert_eq!(
            task.state == TaskState::Success,
            state == Some(PipelineState::Completed),
            "{task:#?}"
        );
    }
}

#[test]
fn a_retry_waits_while_the_earlier_run_cannot_be_looked_for() {
    let mut scheduler = tried_again();
    let broken = Answer::Listed(Err(failure("transient")));
    let step = scheduler.step(at(90_002), Input::Answer(broken));
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    assert!(has(
        &step,
        |fact| matches!(fact, Fact::Noticed { finding } if finding.message.contains("not started again yet"))
    ));

    // A young record hides whose it is, also that of the run itself.
    let mut hidden = listed_run("p", "", PipelineState::Running);
    hidden.arguments = RunArguments::Hidden;
    for second in 90_004..90_200 {
        let step = scheduler.step(at(second), Input::Timer);
        assert!(!step.effects.iter().any(starts), "{step:#?}");
        let lists = |effect: &Effect| matches!(effect, Effect::List { .. });
        if step.effects.iter().any(lists) {
            let step = scheduler.step(at(second), listed(vec![hidden.clone()]));
            assert!(!step.effects.iter().any(starts), "{step:#?}");
        }
    }
}

/// It had no one to be followed by when it completed.
#[test]
fn a_retry_takes_a_late_run_that_completed_after_the_task_was_left() {
    let doubted = [
        planned(),
        intended("r/a/1.0"),
        Fact::StartDoubted {
            task: "a".into(),
            reason: failure("ambiguous"),
        },
        Fact::TaskGivenUp {
            task: "a".into(),
            reason: failure("permanent"),
        },
        Fact::LateRunFound {
            task: "a".into(),
            token: "r/a/1.0".into(),
            run_id: "late".into(),
            kept: false,
        },
        Fact::LateRunEnded {
            task: "a".into(),
            run_id: "late".into(),
            state: PipelineState::Completed,
        },
        Fact::RunEnded {
            state: RunState::Failed,
        },
    ];
    let mut scheduler = left_behind(doubted);
    scheduler.step(at(90_000), Input::Begin);
    let step = scheduler.step(at(90_001), Input::Command(RunCommand::RetryAll));
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    let completed = listed_run("late", "r/a/1.0", PipelineState::Completed);
    let step = scheduler.step(at(90_002), listed(vec![completed]));
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    assert_eq!(
        scheduler.run().task(&"a".into()).unwrap().state,
        TaskState::Success
    );
}
