//! What earlier runs tell: tables by hand, and properties that hold for any past.

use super::usual::Quantile;
use super::*;
use crate::event::{Discovery, Fact, RunEvent};
use crate::failure::Failure;
use crate::plan::PlannedPipeline;
use crate::request::{RunRequest, Scope};
use crate::state::RunState;
use crate::variable::Variables;
use proptest::prelude::*;

const HOUR: i64 = 3600;

fn at(seconds: i64, fact: Fact) -> RunEvent {
    RunEvent {
        at: Timestamp::from_seconds(seconds),
        fact,
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The events of a run that begins at a second: its pipelines are planned in this order.
fn begun(id: &str, second: i64, places: u32, tasks: &[&str]) -> Vec<RunEvent> {
    let variables = Variables {
        cdf_pipeline_name: "mysql_to_bq".into(),
        max_active_pipelines: places,
        ..Variables::default()
    };
    let request = RunRequest {
        profile: "prod".into(),
        variables,
        scope: Scope::Chain,
        edits: [].into(),
        only: [].into(),
        allow_unresolved_sink: false,
        beside: false,
    };
    let pipelines = tasks.iter().map(|task| PlannedPipeline {
        task: (*task).into(),
        priority: 1,
        timeout: seconds(9_999),
        allowed_tries: 3,
        arguments: [("business_unit", "hr")].into_iter().collect(),
    });
    let run = Fact::RunStarted {
        run: id.into(),
        request: Box::new(request),
    };
    let planned = Fact::PipelinesPlanned {
        pipelines: pipelines.collect(),
    };
    vec![at(second, run), at(second, planned)]
}

fn start(task: &str, number: u32, second: i64) -> Vec<RunEvent> {
    let intended = Fact::StartIntended {
        task: task.into(),
        number,
        token: "t".into(),
    };
    let started = Fact::PipelineStarted {
        task: task.into(),
        run_id: "r".into(),
        found: Discovery::Answered,
    };
    vec![at(second, intended), at(second, started)]
}

fn done(task: &str, second: i64) -> RunEvent {
    at(second, Fact::TaskSucceeded { task: task.into() })
}

fn failed(task: &str, second: i64, again: Option<i64>) -> RunEvent {
    let (task, failure) = (task.into(), Failure::transient("It broke."));
    let fact = match again {
        Some(again) => Fact::TryFailed {
            task,
            failure,
            retry_at: Timestamp::from_seconds(again),
        },
        None => Fact::TaskFailed { task, failure },
    };
    at(second, fact)
}

fn ended(second: i64, state: RunState) -> RunEvent {
    at(second, Fact::RunEnded { state })
}

fn record(events: &[RunEvent]) -> RunRecord {
    let run = Run::replay(events).unwrap();
    RunRecord::new(&run, run.last_event)
}

/// A run of one pipeline that works for so many seconds, and succeeds or not.
fn one(id: &str, second: i64, works: i64, is_green: bool) -> RunRecord {
    let mut events = begun(id, second, 5, &["a"]);
    events.extend(start("a", 1, second));
    events.push(if is_green {
        done("a", second + works)
    } else {
        failed("a", second + works, None)
    });
    let state = if is_green {
        RunState::Success
    } else {
        RunState::Failed
    };
    events.push(ended(second + works, state));
    record(&events)
}

/// Runs of one pipeline, the newest first, one an hour.
fn runs(works: &[(i64, bool)]) -> Vec<RunRecord> {
    let newest = i64::try_from(works.len()).unwrap();
    let runs = (1..).zip(works).map(|(place, (works, is_green))| {
        let second = (newest - place) * HOUR;
        one(&format!("run-{second}"), second, *works, *is_green)
    });
    runs.collect()
}

fn past(records: &[RunRecord]) -> Past {
    Past::new(records, "prod", "mysql_to_bq", None)
}

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
fn what_is_usual_is_said_by_successes_alone() {
    for (works, median, p90) in [
        (&[][..], None, None),
        (&[(50, false)], None, None),
        (&[(50, true)], Some(50), Some(50)),
        (&[(10, true), (30, true)], Some(10), Some(30)),
        (
            &[(1, false), (30, true), (20, true), (10, true), (2, false)],
            Some(20),
            Some(30),
        ),
        (
            &[
                (1, true),
                (2, true),
                (3, true),
                (4, true),
                (5, true),
                (6, true),
                (7, true),
                (8, true),
                (9, true),
                (99, true),
            ],
            Some(5),
            Some(9),
        ),
    ] {
        let past = past(&runs(works));
        let usual = past
            .task(&"a".into())
            .map(|task| task.usual.clone())
            .unwrap_or_default();
        assert_eq!(
            (usual.median(), usual.p90()),
            (median.map(seconds), p90.map(seconds)),
            "{works:?}"
        );
    }
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

#[test]
fn late_is_what_takes_longer_than_nine_of_ten() {
    let late = |works: &[(i64, bool)], now: i64| {
        let mut events = begun("new", 9 * HOUR, 5, &["a"]);
        events.extend(start("a", 1, 9 * HOUR));
        let run = Run::replay(&events).unwrap();
        let task = run.task(&"a".into()).unwrap().clone();
        past(&runs(works)).late_by(&task, Timestamp::from_seconds(9 * HOUR + now))
    };
    let usual = [(10, true), (20, true), (30, true)];
    assert_eq!(late(&usual, 30), None);
    assert_eq!(late(&usual, 45), Some(seconds(15)));
    assert_eq!(late(&usual[..2], 45), None, "two successes prove nothing");
    assert_eq!(late(&[], 45), None);
}

#[test]
fn what_is_left_follows_the_plan_and_its_places() {
    // a usually takes 10 s, and so does all that has no past.
    let past = past(&runs(&[(10, true), (10, true), (10, true)]));
    let events = |places: u32| {
        let mut events = begun("new", 0, places, &["a", "b", "c"]);
        events.extend(start("a", 1, 0));
        events
    };
    let eta = |places: u32, now: i64| {
        let run = Run::replay(&events(places)).unwrap();
        past.eta(&run, Timestamp::from_seconds(now)).unwrap()
    };
    for (places, now, left, last) in [
        (1, 0, 30, "c"),
        (1, 4, 26, "c"),
        (2, 4, 16, "c"),
        (3, 4, 10, "b"),
        (0, 4, 26, "c"),
    ] {
        let eta = eta(places, now);
        assert_eq!(
            (eta.median, eta.p90),
            (seconds(left), seconds(left)),
            "{places} places"
        );
        assert_eq!(eta.last, Some(last.into()));
    }
    let mut over = events(1);
    over.push(ended(5, RunState::Failed));
    assert_eq!(
        past.eta(&Run::replay(&over).unwrap(), Timestamp::from_seconds(9)),
        None
    );
}

#[test]
fn a_try_that_waits_for_its_time_leaves_its_place_to_others() {
    let past = past(&runs(&[(10, true)]));
    let mut events = begun("new", 0, 1, &["a", "b"]);
    events.extend(start("a", 1, 0));
    events.push(failed("a", 5, Some(100)));
    let run = Run::replay(&events).unwrap();
    let eta = past.eta(&run, Timestamp::from_seconds(5)).unwrap();
    assert_eq!((eta.median, eta.last), (seconds(105), Some("a".into())));
}

#[test]
fn before_the_rows_are_read_the_whole_run_is_known() {
    let past = past(&runs(&[(10, true), (60, true), (30, true)]));
    let run = Run::replay(&begun("new", 0, 1, &[])[..1]).unwrap();
    let eta = past.eta(&run, Timestamp::from_seconds(5)).unwrap();
    assert_eq!((eta.median, eta.p90), (seconds(25), seconds(55)));
    assert_eq!(Past::default().eta(&run, Timestamp::from_seconds(5)), None);
}

#[test]
fn the_biggest_difference_comes_first() {
    let run = |id: &str, second: i64, works: &[(&str, i64, bool)]| {
        let tasks: Vec<_> = works.iter().map(|(task, ..)| *task).collect();
        let mut events = begun(id, second, 9, &tasks);
        for (task, works, is_green) in works {
            events.extend(start(task, 1, second));
            events.push(if *is_green {
                done(task, second + works)
            } else {
                failed(task, second + works, None)
            });
        }
        record(&events)
    };
    let before = run(
        "1",
        0,
        &[
            ("same", 10, true),
            ("slower", 10, true),
            ("broke", 10, true),
            ("gone", 10, true),
            ("better", 10, false),
        ],
    );
    let after = run(
        "2",
        HOUR,
        &[
            ("same", 10, true),
            ("slower", 90, true),
            ("broke", 3, false),
            ("new", 10, true),
            ("better", 10, true),
        ],
    );
    for comparison in [Comparison::new(&before, &after), Comparison::new(&after, &before)] {
        assert_eq!(comparison.before.id, "1".into());
        let pipelines = comparison.tasks.iter().filter(|difference| {
            let record = difference.after.as_ref().or(difference.before.as_ref()).unwrap();
            record.kind == TaskKind::Pipeline
        });
        let found: Vec<_> = pipelines
            .map(|found| (found.task.as_str(), found.change))
            .collect();
        assert_eq!(
            found,
            [
                ("broke", Change::Broke),
                ("better", Change::Recovered),
                ("new", Change::New),
                ("gone", Change::Gone),
                ("slower", Change::Same),
                ("same", Change::Same),
            ]
        );
        let slower = comparison
            .tasks
            .iter()
            .find(|found| found.task.as_str() == "slower")
            .unwrap();
        assert_eq!(slower.times(), Some((seconds(10), seconds(90))));
    }
}

#[test]
fn a_cell_of_the_grid_is_found_by_its_place() {
    let (newer, older) = (
        record(&begun("2", HOUR, 5, &["b", "c"])),
        record(&begun("1", 0, 5, &["a", "b"])),
    );
    let table = HistoryTable::new([Some(&newer), None, Some(&older)]);
    assert_eq!(table.tasks().len(), 8);
    let task = |record: usize, of: &RunRecord, name: &str| {
        let place = table.place(record, table.row(&name.into()).unwrap())?;
        Some(of.tasks[place].task.to_string())
    };
    assert_eq!(task(0, &newer, "b").as_deref(), Some("b"));
    assert_eq!(task(0, &newer, "a"), None);
    assert_eq!(task(1, &newer, "b"), None);
    assert_eq!(task(2, &older, "a").as_deref(), Some("a"));
    assert_eq!(task(2, &older, "c"), None);
}

proptest! {
    #[test]
    fn quantiles_are_spans_and_in_order(spans in prop::collection::vec(0_u64..1_000, 1..40)) {
        let usual = Usual::new(spans.iter().copied().map(seconds));
        let (median, p90) = (usual.median().unwrap(), usual.p90().unwrap());
        prop_assert!(median <= p90);
        for (found, tenths) in [(median, 5), (p90, 9)] {
            prop_assert!(spans.contains(&found.as_secs()));
            let within = spans.iter().filter(|span| seconds(**span) <= found).count();
            prop_assert!(within * 10 >= spans.len() * tenths);
        }
    }

    /// While time passes, what is left is never negative, and the end that follows never comes nearer.
    #[test]
    fn the_expected_end_never_comes_nearer(
        spans in prop::collection::vec(0_u64..1_000, 0..40),
        moments in prop::collection::vec(0_u64..1_200, 2..20),
    ) {
        let usual = Usual::new(spans.into_iter().map(seconds));
        let mut moments = moments;
        moments.sort_unstable();
        for quantile in [Quantile::Median, Quantile::P90] {
            let ends: Vec<_> = moments
                .iter()
                .map(|moment| seconds(*moment) + usual.left(seconds(*moment), quantile))
                .collect();
            prop_assert!(ends.is_sorted());
        }
    }

    /// The p90 is never before the median, and no end is later than if all pipelines ran one after the other.
    #[test]
    fn what_is_left_of_a_run_has_bounds(
        works in prop::collection::vec((1_i64..500, any::<bool>()), 1..20),
        places in 0_u32..8,
        tasks in 1_usize..12,
        begun_ones in 0_usize..12,
        now in 0_i64..2_000,
    ) {
        let past = past(&runs(&works));
        let names: Vec<_> = (0..tasks).map(|place| format!("t{place}")).collect();
        let names: Vec<_> = std::iter::once("a").chain(names.iter().map(String::as_str)).collect();
        let mut events = begun("new", 0, places, &names);
        for name in names.iter().take(begun_ones) {
            events.extend(start(name, 1, 0));
        }
        let run = Run::replay(&events).unwrap();
        if let Some(eta) = past.eta(&run, Timestamp::from_seconds(now)) {
            let longest = works.iter().filter(|(_, is_green)| *is_green).map(|(works, _)| *works).max();
            let longest = seconds(longest.unwrap().unsigned_abs());
            prop_assert!(eta.median <= eta.p90);
            prop_assert!(eta.p90 <= longest * u32::try_from(names.len()).unwrap());
            prop_assert!(eta.last.is_some());
        } else {
            prop_assert!(works.iter().all(|(_, is_green)| !is_green));
        }
    }

    #[test]
    fn a_run_does_not_differ_from_itself(works in prop::collection::vec((1_i64..500, any::<bool>()), 1..6)) {
        for record in runs(&works) {
            let comparison = Comparison::new(&record, &record);
            prop_assert_eq!(comparison.tasks.len(), record.tasks.len());
            prop_assert!(comparison.tasks.iter().all(|found| found.change == Change::Same));
            prop_assert!(comparison.tasks.iter().all(|found| found.times().is_some_and(|(one, other)| one == other)));
        }
    }
}
