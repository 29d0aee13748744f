//! What counters, chance, time windows and triggers decide.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn evaluator(text: &str) -> Evaluator {
    Evaluator::new(Scenario::parse("s", text).unwrap())
}

fn list<'a>() -> ApiRequest<'a> {
    ApiRequest::new("GET", "/api/v3/namespaces/n/apps/a/workflows/W/runs").unwrap()
}

fn hits(evaluator: &mut Evaluator, count: usize) -> Vec<bool> {
    (0..count)
        .map(|_| evaluator.request(&list(), SECOND).fault.is_some())
        .collect()
}

fn arguments(source: &str) -> Arguments {
    [("data_source".to_owned(), source.to_owned())].into()
}

#[test]
fn counts_decide() {
    for (selector, wanted) in [
        ("first = 2", [true, true, false, false, false, false]),
        ("after = 2", [false, false, true, true, true, true]),
        ("every = 3", [false, false, true, false, false, true]),
        (
            "after = 1\nevery = 2\nfirst = 1",
            [false, false, true, false, false, false],
        ),
    ] {
        let mut evaluator = evaluator(&format!("[[request]]\n{selector}\nreset = 'before'"));
        assert_eq!(hits(&mut evaluator, 6), wanted, "{selector}");
        assert_eq!(evaluator.rule_statuses()[0].matched, 6);
    }
}

#[test]
fn chance_is_the_same_for_a_seed_whatever_else_is_requested() {
    let text = |seed| format!("seed = {seed}\n[[request]]\noperation='list'\nchance = 0.5\nreset = 'before'");
    let alone = hits(&mut evaluator(&text(1)), 64);
    let mut mixed = evaluator(&text(1));
    let other = ApiRequest::new("GET", "/api/v3/version").unwrap();
    let among: Vec<_> = (0..64)
        .map(|_| {
            mixed.request(&other, SECOND);
            mixed.request(&list(), SECOND).fault.is_some()
        })
        .collect();
    assert_eq!(alone, among);
    assert_ne!(alone, hits(&mut evaluator(&text(2)), 64));
    let taken = alone.iter().filter(|hit| **hit).count();
    assert!((16..48).contains(&taken), "{taken} of 64");
}

#[test]
fn draws_are_spread_evenly() {
    let scenario = Scenario::parse("s", "[[request]]\nreset='before'").unwrap();
    let selector = &scenario.requests[0].selector;
    let mut tenths = [0; 10];
    for number in 0..10_000 {
        let drawn = draw(selector, "", number);
        assert!((0.0..1.0).contains(&drawn));
        let tenth = (0..10).rev().find(|t| drawn >= f64::from(*t) / 10.0).unwrap();
        tenths[usize::try_from(tenth).unwrap()] += 1;
    }
    assert!(
        tenths.iter().all(|count| (850..1150).contains(count)),
        "{tenths:?}"
    );
}

#[test]
fn windows_start_with_the_scenario_or_with_another_rule() {
    let mut evaluator = evaluator(
        "[[request]]\nname='a'\nfrom='2s'\nfirst=1\nreset='before'\n[[request]]\nsince='a'\nfrom='1s'\nuntil='2s'\nanswer=503",
    );
    let mut at = |ms| match evaluator.request(&list(), Duration::from_millis(ms)).fault {
        None => "none",
        Some(RequestFault::Reset(_)) => "reset",
        Some(_) => "answer",
    };
    let moments = [1999, 2500, 2600, 3499, 3500, 4499, 4500];
    let met: Vec<_> = moments.into_iter().map(&mut at).collect();
    assert_eq!(met, ["none", "reset", "none", "none", "answer", "answer", "none"]);
}

#[test]
fn delays_add_up_and_the_first_of_the_rest_wins() {
    let mut evaluator = evaluator(
        "[[request]]\ndelay='1s'\n[[request]]\nanswer=503\n[[request]]\ndelay='2s'\n[[request]]\nfirst=1\nanswer=500",
    );
    let decision = evaluator.request(&list(), SECOND);
    assert_eq!(decision.delay, 3 * SECOND);
    assert!(matches!(
        decision.fault,
        Some(RequestFault::Answer { status: 503, .. })
    ));
    let injected: Vec<_> = evaluator
        .rule_statuses()
        .iter()
        .map(|rule| rule.injected)
        .collect();
    assert_eq!(
        injected,
        [1, 1, 1, 0],
        "a fault that another rule preceded is not counted"
    );
    assert_eq!(evaluator.injected().0, 3);
}

#[test]
fn a_rule_that_was_preceded_has_its_turn_at_the_next_match() {
    let mut evaluator =
        evaluator("[[request]]\nevery=2\nanswer=503\n[[request]]\nname='rare'\nevery=4\nfirst=1\nanswer=500");
    let mut status = || match evaluator.request(&list(), SECOND).fault {
        Some(RequestFault::Answer { status, .. }) => status,
        _ => 0,
    };
    let met: Vec<_> = (0..8).map(|_| status()).collect();
    assert_eq!(met, [0, 503, 0, 503, 500, 503, 0, 503]);
}

#[test]
fn runs_are_counted_by_what_they_load() {
    let mut evaluator = evaluator(
        "[[run]]\nper='data_source'\nfirst=1\nstarting='1s'\n[[run]]\nwhere={data_source='a'}\nstarting='2s'\ndeaf=true",
    );
    let mut starting = |source: &str| evaluator.run(&arguments(source), SECOND).starting;
    let met: Vec<_> = ["a", "b", "a", "b"].into_iter().map(&mut starting).collect();
    assert_eq!(met, [2000, 1000, 2000, 0]);
    assert!(evaluator.run(&arguments("a"), SECOND).deaf);
}

#[test]
fn events_wait_for_their_trigger() {
    let mut evaluator = evaluator(
        "[[event]]\nat='2s'\nredeploy='a'\n[[event]]\nwhen='RUNNING'\nwhere={data_source='b'}\nfirst=1\nwait='1s'\nkill='5s'",
    );
    assert_eq!(evaluator.take_due(SECOND), []);
    evaluator.on_run_status(RunStatus::Running, &arguments("a"), SECOND);
    evaluator.on_run_status(RunStatus::Pending, &arguments("b"), SECOND);
    assert_eq!(
        evaluator.take_due(2 * SECOND),
        [ServerFault::Redeploy("a".into())]
    );
    evaluator.on_run_status(RunStatus::Running, &arguments("b"), 3 * SECOND);
    evaluator.on_run_status(RunStatus::Running, &arguments("b"), 3 * SECOND);
    assert_eq!(evaluator.take_due(3 * SECOND), []);
    assert_eq!(evaluator.take_due(4 * SECOND), [ServerFault::Kill(5 * SECOND)]);
    assert_eq!(evaluator.take_due(9 * SECOND), []);
}
