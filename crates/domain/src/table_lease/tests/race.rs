//! Several holders, interleaved at random, through a model of a table and its `If-Match`: what one of them does
//! on its lease never overlaps with what another one does.

use super::world::*;
use super::*;
use proptest::prelude::*;

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Answered),
        2 => Just(Fate::AnswerLost),
        1 => Just(Fate::Late),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Look),
        6 => fate().prop_map(Op::Write),
        6 => Just(Op::Act),
        1 => fate().prop_map(Op::Release),
        1 => any::<usize>().prop_map(Op::Arrive),
        1 => Just(Op::Clear),
    ]
}

/// Mostly moments, sometimes minutes, sometimes an hour's sleep.
fn pause() -> impl Strategy<Value = Millis> {
    prop_oneof![8 => 0..2_000_i64, 3 => 0..300_000_i64, 1 => 0..4_000_000_i64]
}

fn steps() -> impl Strategy<Value = Vec<(usize, Op, Millis)>> {
    proptest::collection::vec((0..3_usize, op(), pause()), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn never_two_at_once(
        steps in steps(),
        count in 2..=3_usize,
        skews in proptest::collection::vec(-SKEW..=SKEW, 3),
    ) {
        let mut world = World::new(&skews[..count]);
        for (who, op, pause) in steps {
            world.now += pause;
            world.step(who % count, op);
            prop_assert_eq!(world.overlap(), None, "acts: {:?}", &world.acts);
            prop_assert_eq!(world.interleaved(), None, "acts: {:?}", &world.acts);
        }
    }
}

/// Between the last act of a holder and the first moment of the next one a request has time to arrive, whichever
/// servers have answered the two.
#[test]
fn margin_and_grace_are_long_enough() {
    let moments = || (0..800_000).step_by(200);
    for (first, next) in [(0, 0), (SKEW, -SKEW), (-SKEW, SKEW), (SKEW, SKEW)] {
        let mut world = World::new(&[first, next]);
        world.step(0, Op::Look);
        world.step(0, Op::Write(Fate::Answered));
        let holder = &world.holders[0];
        let last = moments().filter(|now| holder.lease.may_act(holder.at_most(*now).unwrap()));
        let other = &world.holders[1].lease;
        let free = |now: &Millis| {
            let decision = other.decide(&world.table.labels, date(*now, next));
            matches!(decision, Decision::Expired(_))
        };
        let (last, first_of_next) = (last.last().unwrap(), moments().find(free).unwrap());
        assert!(first_of_next - last >= IN_FLIGHT, "{last} {first_of_next}");
    }
}

/// The property above says something: the holders do act, one after the other.
#[test]
fn a_lease_goes_from_one_to_the_next() {
    let mut world = World::new(&[0, 0]);
    let expiry = i64::try_from((TERM + GRACE).as_millis()).unwrap() + 2_000;
    for (pause, who, op) in [
        (0, 0, Op::Look),
        (0, 1, Op::Look),
        (1, 0, Op::Write(Fate::Answered)),
        (1, 1, Op::Write(Fate::Answered)),
        (1, 0, Op::Act),
        (1, 1, Op::Act),
        // The first one stands still for longer than its lease lasts.
        (expiry, 1, Op::Look),
        (0, 1, Op::Write(Fate::Answered)),
        (0, 1, Op::Act),
        (0, 0, Op::Act),
        (0, 0, Op::Look),
        (0, 0, Op::Write(Fate::Answered)),
        (0, 0, Op::Act),
    ] {
        world.now += pause;
        world.step(who, op);
    }
    let who: Vec<usize> = world.acts.iter().map(|(who, _)| *who).collect();
    assert_eq!(who, [0, 1]);
    assert!(world.holders[0].is_over);
}
