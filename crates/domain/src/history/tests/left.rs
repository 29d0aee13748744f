//! What is left of a live run, and how much of it is done.

use super::*;

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
fn what_is_done_counts_by_its_usual_time() {
    // a usually takes 10 s, and so does all that has no past.
    let past = past(&runs(&[(10, true), (10, true), (10, true)]));
    let mut events = begun("new", 0, 5, &["a", "b", "c", "d"]);
    let percent = |past: &Past, events: &[RunEvent], now: i64| {
        past.percent(&Run::replay(events).unwrap(), Timestamp::from_seconds(now))
    };
    assert_eq!(percent(&past, &events, 0), Some(0));
    events.extend(start("a", 1, 0));
    assert_eq!(percent(&past, &events, 5), Some(12), "half of one of four");
    assert_eq!(percent(&past, &events, 500), Some(24), "late is not done");
    events.push(done("a", 10));
    assert_eq!(percent(&past, &events, 10), Some(25));
    assert_eq!(percent(&Past::default(), &events, 10), Some(25), "all alike");
    for task in ["b", "c", "d"] {
        events.extend(start(task, 1, 10));
        events.push(failed(task, 20, None));
    }
    assert_eq!(percent(&past, &events, 20), Some(100), "nothing is awaited");
    assert_eq!(
        percent(&past, &begun("new", 0, 5, &[]), 0),
        None,
        "no pipeline is known"
    );
}

proptest! {
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

    /// It never goes back while time passes, and is whole only when all is over.
    #[test]
    fn what_is_done_only_grows(
        works in prop::collection::vec((1_i64..500, any::<bool>()), 0..20),
        tasks in 1_usize..12,
        begun_ones in 0_usize..12,
        over in 0_usize..12,
        moments in prop::collection::vec(0_i64..2_000, 1..9),
    ) {
        let past = past(&runs(&works));
        let names: Vec<_> = (0..tasks).map(|place| format!("t{place}")).collect();
        let names: Vec<_> = std::iter::once("a").chain(names.iter().map(String::as_str)).collect();
        let mut events = begun("new", 0, 20, &names);
        for name in names.iter().take(begun_ones.max(over)) {
            events.extend(start(name, 1, 0));
        }
        events.extend(names.iter().take(over).map(|name| done(name, 1)));
        let run = Run::replay(&events).unwrap();
        let mut moments = moments;
        moments.sort_unstable();
        let percents: Vec<_> = moments.iter().map(|now| past.percent(&run, Timestamp::from_seconds(*now)).unwrap()).collect();
        prop_assert!(percents.is_sorted());
        prop_assert!(percents.iter().all(|percent| (*percent == 100) == (over >= names.len())));
    }
}
