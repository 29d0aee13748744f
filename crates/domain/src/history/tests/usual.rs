//! How long something usually takes, and what is late.

use super::*;

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
}
