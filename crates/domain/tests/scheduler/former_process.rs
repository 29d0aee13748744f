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
    let starts = |effect: &Effect| matches!(effect, Effect::Start { .. });
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    let lists = |effect: &Effect| matches!(effect, Effect::List { .. });
    assert!(step.effects.iter().any(lists), "{step:#?}");

    // It has loaded its rows since: it is the one of the try.
    let token = (TOKEN_ARGUMENT.to_owned(), lost.to_owned());
    let late = PipelineRun {
        id: "late".into(),
        state: PipelineState::Completed,
        starting: at(2),
        cluster_ended: true,
        arguments: RunArguments::Visible([token].into()),
    };
    let listed = Answer::Listed(Ok(vec![late]));
    let step = scheduler.step(at(90_002), Input::Answer(listed));
    assert!(!step.effects.iter().any(starts), "{step:#?}");
    assert!(
        has(&step, |fact| matches!(fact, Fact::TaskSucceeded { .. })),
        "{step:#?}"
    );
}
