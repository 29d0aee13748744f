//! A log in virtual time: lines that become readable late, and what has been read of them in the end.

use super::*;
use proptest::prelude::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap())
}

/// A log whose lines are written at these moments and readable so much later; the try ends, and the program later.
#[derive(Default)]
struct Played {
    lines: Vec<(u64, u64)>,
    ended: u64,
    never_began: bool,
    closed: Option<u64>,
}

/// What became of it: how many lines were not read, what is said of them, and when it was over.
fn play(log: &Played) -> (usize, Option<Missing>, Duration) {
    let mut settling = Settling::default();
    let mut unread: Vec<_> = log.lines.clone();
    let mut now = 0_u64;
    for _ in 0..100_000 {
        let attention = Attention {
            focused: false,
            ended: (now >= log.ended).then(|| at(log.ended)),
            never_began: log.never_began,
            closing: log
                .closed
                .filter(|closed| now >= *closed)
                .map(|closed| at(closed) + PATIENCE),
        };
        match settling.next(at(now), attention) {
            Next::Over => {
                return (
                    unread.len(),
                    settling.missing(attention),
                    at(now).since(at(log.ended)),
                );
            }
            Next::Read { after, reach } => {
                // A pause ends early where something is told from outside.
                let due = now + u64::try_from(after.as_millis()).unwrap();
                let told = [Some(log.ended), log.closed].into_iter().flatten();
                if let Some(told) = told.filter(|told| now < *told && *told < due).min() {
                    now = told;
                    continue;
                }
                now = due;
                let is_readable = |(written, late): &(u64, u64)| written + late <= now;
                let (fresh, rest): (Vec<_>, Vec<_>) = unread.into_iter().partition(is_readable);
                unread = rest;
                let oldest = fresh.iter().map(|(written, _)| at(*written)).min();
                settling.was_read(at(now), reach, at(now), oldest);
                now += 10;
            }
        }
    }
    panic!("it is never over");
}

proptest! {
    /// The end of a program that waits is bounded, and a log with all lines equally late is whole.
    #[test]
    fn a_log_that_is_late_as_a_whole_is_read_to_its_end(
        written in prop::collection::vec(0_u64..20_000, 1..30), late in 0_u64..14_000, closes: bool,
    ) {
        let ended = written.iter().max().unwrap() + 100;
        let lines = written.into_iter().map(|written| (written, late)).collect();
        let (unread, missing, after) = play(&Played { lines, ended, closed: closes.then_some(ended + 50), ..Played::default() });
        prop_assert_eq!((unread, missing), (0, None));
        prop_assert!(!closes || after < PATIENCE + QUIET, "{:?}", after);
    }

    /// However it is, what is not read is not passed over in silence while the program knows of it.
    #[test]
    fn the_end_of_the_program_is_bounded(
        lines in prop::collection::vec((0_u64..20_000, 0_u64..200_000), 0..20), closed in 0_u64..100_000,
    ) {
        let (_, missing, after) = play(&Played { lines, ended: 20_000, closed: Some(20_000 + closed), ..Played::default() });
        let limit = Duration::from_millis(closed) + PATIENCE + QUIET;
        prop_assert!(after < limit, "{:?} {:?}", after, missing);
    }
}

#[test]
fn lines_that_come_minutes_late_are_found_while_the_program_lives() {
    let lines = vec![(1_000, 0), (1_500, 50_000), (2_000, 200_000), (2_500, 800_000)];
    let (unread, missing, _) = play(&Played {
        lines,
        ended: 3_000,
        closed: None,
        ..Played::default()
    });
    assert_eq!((unread, missing), (0, None));
}

#[test]
fn what_may_be_missing_is_said() {
    let none = Played {
        lines: vec![],
        ended: 3_000,
        closed: Some(3_000),
        ..Played::default()
    };
    let (_, missing, whole) = play(&none);
    assert_eq!(missing, Some(Missing::AllLines));
    let stopped = Played {
        never_began: true,
        ..none
    };
    let (_, missing, short) = play(&stopped);
    assert_eq!(missing, Some(Missing::AllLines));
    assert!(short < whole / 4, "{short:?} {whole:?}");
    let live = Played {
        lines: vec![(1, 0)],
        ended: 90_000,
        closed: Some(3_000),
        ..Played::default()
    };
    assert_eq!(play(&live).1, Some(Missing::Live));
    // A line every second, long after the end.
    let lines = (0..200).map(|second| (second * 1_000, 0)).collect();
    let busy = Played {
        lines,
        ended: 3_000,
        closed: Some(3_000),
        ..Played::default()
    };
    assert_eq!(play(&busy).1, Some(Missing::LateLines));
}

#[test]
fn failures_lengthen_the_pauses_and_end_at_last() {
    let mut settling = Settling::default();
    let attention = Attention {
        ended: Some(at(0)),
        ..Attention::default()
    };
    let mut now = at(0);
    let mut readings = 0;
    while let Next::Read { after, .. } = settling.next(now, attention) {
        now = now + after + Duration::from_millis(10);
        settling.has_failed();
        readings += 1;
    }
    assert!((20..200).contains(&readings), "{readings}");
    assert_eq!(settling.missing(attention), Some(Missing::Unread));
}
