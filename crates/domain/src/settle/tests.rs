//! Every combination of unfinished runs that a start can meet.

use super::*;
use crate::arguments::RuntimeArguments;
use crate::event::{Fact, RunEvent};
use crate::request::RunRequest;
use crate::state::RunState;
use crate::variable::Variables;

fn run(id: &str, profile: &str, scope: Scope, facts: &[Fact]) -> Run {
    let request = Box::new(RunRequest::new(profile, Variables::default(), scope));
    let first = Fact::RunStarted {
        run: id.into(),
        request,
    };
    let facts = [first].into_iter().chain(facts.iter().cloned());
    let events: Vec<_> = facts
        .map(|fact| RunEvent {
            at: Timestamp::from_seconds(60),
            fact,
        })
        .collect();
    Run::replay(&events).unwrap()
}

/// A chain of profile `p`, for these rows only.
fn request(only: &[&str]) -> RunRequest {
    let mut request = run("any", "p", Scope::Chain, &[]).request;
    let columns = &request.variables.key_columns;
    request.only = only
        .iter()
        .map(|name| columns.parse_name(name).unwrap())
        .collect();
    request
}

fn chain_of(id: &str, only: &[&str]) -> Unfinished {
    let mut one = chain(id);
    one.run.request = request(only);
    one
}

fn chain(id: &str) -> Unfinished {
    Unfinished {
        run: run(id, "p", Scope::Chain, &[]),
        since: Timestamp::from_seconds(90),
        driver: None,
        overtaken_by: None,
    }
}

fn by_hand(id: &str) -> Unfinished {
    let arguments = RuntimeArguments::from_iter([("a", "b")]);
    Unfinished {
        run: run(id, "p", Scope::Single(arguments), &[]),
        ..chain(id)
    }
}

fn later(id: &str) -> RunSummary {
    RunSummary::new(&run(id, "p", Scope::Chain, &[]))
}

fn overtaken_one(one: Unfinished) -> Unfinished {
    Unfinished {
        overtaken_by: Some(later("later")),
        ..one
    }
}

fn of_profile(one: Unfinished, profile: &str) -> Unfinished {
    let mut one = one;
    one.run.request.profile = profile.into();
    one
}

/// What is closed, finished and carried on, in one word each.
fn settled(unfinished: &[Unfinished], wish: Wish) -> String {
    settled_for(unfinished, &[], wish)
}

/// The same for a start of these rows only.
fn settled_for(unfinished: &[Unfinished], only: &[&str], wish: Wish) -> String {
    let settlement = Settlement::new(unfinished, &request(only), wish).unwrap();
    let word = |id: &DagRunId| id.as_str().to_owned();
    let closes: Vec<_> = settlement.closes.iter().map(word).collect();
    let one = |id: &Option<DagRunId>| id.as_ref().map(word).unwrap_or_default();
    format!(
        "{}|{}|{}",
        closes.join(","),
        one(&settlement.finishes),
        one(&settlement.carries_on)
    )
}

#[test]
fn the_newest_that_none_has_overtaken_is_carried_on_and_the_others_are_closed() {
    for (unfinished, carry_on, fresh) in [
        (vec![], "||", "||"),
        (vec![chain("b")], "||b", "b||"),
        (
            vec![chain("c"), overtaken_one(chain("b")), chain("a")],
            "a,b||c",
            "a,b,c||",
        ),
        (
            vec![overtaken_one(chain("c")), overtaken_one(chain("b"))],
            "b,c||",
            "b,c||",
        ),
        (vec![by_hand("b")], "|b|", "b||"),
        (vec![by_hand("b"), overtaken_one(chain("a"))], "a|b|", "a,b||"),
        // It has done nothing yet, so that the chain can still be carried on.
        (vec![by_hand("b"), chain("a")], "b||a", "a,b||"),
        (vec![chain("b"), by_hand("a")], "a||b", "a,b||"),
        (
            vec![chain("b"), overtaken_one(of_profile(chain("a"), "q"))],
            "||b",
            "b||",
        ),
    ] {
        assert_eq!(settled(&unfinished, Wish::CarryOn), carry_on, "{unfinished:?}");
        assert_eq!(settled(&unfinished, Wish::Fresh), fresh, "{unfinished:?}");
    }
    assert!(
        Settlement::new(&[], &request(&[]), Wish::Refuse)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_run_of_some_rows_stands_for_no_other_run() {
    let some = |id| chain_of(id, &["hr/engineer"]);
    for (unfinished, only, expected) in [
        (vec![some("b")], vec!["hr/engineer"], "||b"),
        (vec![some("b")], vec!["hr/engineer", "hr/payroll"], "|b|"),
        (vec![some("b")], vec![], "|b|"),
        (vec![overtaken_one(some("b"))], vec![], "b||"),
        (vec![some("b"), overtaken_one(chain("a"))], vec![], "a|b|"),
    ] {
        assert_eq!(
            settled_for(&unfinished, &only, Wish::CarryOn),
            expected,
            "{only:?}"
        );
    }
    let failure = Settlement::new(&[chain("b")], &request(&["hr/engineer"]), Wish::CarryOn).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Held);
    assert!(failure.reason.contains("runs all active rows"), "{failure:?}");
    assert_eq!(settled_for(&[chain("b")], &["hr/engineer"], Wish::Fresh), "b||");
}

#[test]
fn what_stands_against_a_start_says_what_to_do() {
    let driven = Unfinished {
        driver: Some("process 7 with run b".into()),
        ..chain("b")
    };
    let foreign = of_profile(chain("b"), "q");
    for (one, wish, words, remedy) in [
        (
            driven.clone(),
            Wish::CarryOn,
            "process 7",
            Remedy::WatchRun("b".into()),
        ),
        (driven, Wish::Fresh, "process 7", Remedy::WatchRun("b".into())),
        (
            foreign.clone(),
            Wish::CarryOn,
            "profile q",
            Remedy::ResumeRun("b".into()),
        ),
        (foreign, Wish::Fresh, "profile q", Remedy::ResumeRun("b".into())),
        (
            chain("b"),
            Wish::Refuse,
            "since 1970",
            Remedy::ResumeRun("b".into()),
        ),
        (chain("b"), Wish::Refuse, "since 1970", Remedy::StartFresh),
        (
            overtaken_one(chain("b")),
            Wish::Refuse,
            "since 1970",
            Remedy::CloseRun("b".into()),
        ),
    ] {
        let failure = Settlement::new(&[one], &request(&[]), wish).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Held, "{failure:?}");
        assert!(failure.reason.contains(words), "{failure:?}");
        assert!(failure.remedies.contains(&remedy), "{failure:?}");
    }
}

#[test]
fn a_pipeline_by_hand_does_not_overtake_a_chain_unasked() {
    let driven = Unfinished {
        driver: Some("process 7".into()),
        ..chain("b")
    };
    for (one, stands_against) in [
        (chain("b"), true),
        (by_hand("b"), false),
        (overtaken_one(chain("b")), false),
        // Its lock says so already.
        (driven, false),
    ] {
        let failure = against_by_hand(std::slice::from_ref(&one));
        assert_eq!(failure.is_some(), stands_against, "{one:?}");
    }
    let failure = against_by_hand(&[chain("b")]).unwrap();
    assert!(failure.remedies.contains(&Remedy::RunBeside), "{failure:?}");
}

#[test]
fn an_overtaken_run_is_resumed_only_if_that_is_wanted() {
    let overtaken = overtaken_one(chain("a"));
    let failure = overtaken.check_resume(false).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Held);
    assert_eq!(
        failure.remedies,
        [Remedy::CloseRun("a".into()), Remedy::AfterNewer]
    );
    assert_eq!(overtaken.check_resume(true), Ok(()));
    assert_eq!(chain("a").check_resume(false), Ok(()));
    let driven = Unfinished {
        driver: Some("process 7".into()),
        ..overtaken
    };
    assert!(driven.check_resume(true).is_err());
}

#[test]
fn a_retry_is_of_tasks_that_exist_and_did_not_succeed() {
    let failed = Fact::TaskFailed {
        task: "start".into(),
        failure: Failure::permanent("It broke."),
    };
    let ended = Fact::RunEnded {
        state: RunState::Failed,
    };
    let run = run("r", "p", Scope::Chain, &[failed, ended]);
    assert_eq!(run.check_retry(&[], None), Ok(vec!["start".into()]));
    assert_eq!(run.check_retry(&["start".into()], None), Ok(vec!["start".into()]));
    for (names, later, words) in [
        (
            vec!["nothing"],
            None,
            "has no task nothing. Its tasks are start, truncate_table, get_",
        ),
        (vec!["start", "end"], None, "It has nothing to try again"),
        (
            vec!["start"],
            Some("later"),
            "The later run later of 1970-01-01 00:01:00 UTC has emptied or filled",
        ),
    ] {
        let names: Vec<TaskId> = names.into_iter().map(Into::into).collect();
        let later = later.map(self::later);
        let failure = run.check_retry(&names, later.as_ref()).unwrap_err();
        let text = failure.text(|list| match list {
            [Remedy::Text(text)] => text.clone(),
            _ => String::new(),
        });
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn an_overtaken_run_that_succeeded_has_nothing_to_try_again() {
    let ended = Fact::RunEnded {
        state: RunState::Success,
    };
    let green = run("r", "p", Scope::Chain, &[ended]);
    assert_eq!(green.check_retry(&[], Some(&later("later"))), Ok(vec![]));
}
