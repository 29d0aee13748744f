//! What waits for the journal keeps its order, and nothing is executed before it is written.

use super::*;
use crate::event::Fact;
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A step with so many events and effects; each bears its number.
fn step(numbers: &mut u64, events: usize, effects: usize) -> Step {
    let mut next = || -> String {
        *numbers += 1;
        format!("{numbers}")
    };
    Step {
        events: (0..events)
            .map(|_| RunEvent {
                at: at(0),
                fact: Fact::TryStarted {
                    task: next().as_str().into(),
                },
            })
            .collect(),
        effects: (0..effects)
            .map(|_| Effect::LookAt {
                task: next().as_str().into(),
                run_id: "run".into(),
            })
            .collect(),
        wake_at: None,
    }
}

fn event_number(event: &RunEvent) -> u64 {
    match &event.fact {
        Fact::TryStarted { task } => task.as_str().parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn effect_number(effect: &Effect) -> u64 {
    match effect {
        Effect::LookAt { task, .. } => task.as_str().parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_effect_leaves_when_its_event_is_written() {
    let (mut outbox, mut numbers) = (Outbox::default(), 0);
    assert!(outbox.put(at(0), step(&mut numbers, 1, 1)).is_empty());
    assert_eq!(outbox.to_write(at(0)).unwrap().len(), 1);
    assert_eq!(outbox.to_write(at(0)), None, "one write at a time");
    assert_eq!(outbox.written(at(1)).len(), 1);
    assert!(outbox.is_empty());
    assert_eq!(outbox.put(at(1), step(&mut numbers, 0, 2)).len(), 2);
}

#[test]
fn a_failed_write_is_repeated_with_what_came_since() {
    let (mut outbox, mut numbers) = (Outbox::default(), 0);
    assert!(outbox.put(at(0), step(&mut numbers, 1, 1)).is_empty());
    outbox.to_write(at(0)).unwrap();
    assert!(outbox.put(at(0), step(&mut numbers, 2, 0)).is_empty());
    outbox.failed(at(0));
    assert_eq!(outbox.to_write(at(0)), None);
    assert_eq!(outbox.write_at(), Some(at(1)));
    assert_eq!(outbox.to_write(at(1)).unwrap().len(), 3);
    assert_eq!(outbox.unwritten(), 3);
    assert_eq!(outbox.written(at(1)).len(), 1);
}

#[test]
fn what_is_put_during_a_write_waits_for_the_next() {
    let (mut outbox, mut numbers) = (Outbox::default(), 0);
    assert!(outbox.put(at(0), step(&mut numbers, 1, 1)).is_empty());
    outbox.to_write(at(0)).unwrap();
    // The first only asks for something, and is as good as written when its forerunner is; the second is not.
    assert!(outbox.put(at(0), step(&mut numbers, 0, 1)).is_empty());
    assert!(outbox.put(at(0), step(&mut numbers, 1, 1)).is_empty());
    let left = outbox.written(at(1));
    assert_eq!(left.iter().map(effect_number).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(outbox.to_write(at(1)).unwrap().len(), 1);
    let left = outbox.written(at(1));
    assert_eq!(left.iter().map(effect_number).collect::<Vec<_>>(), [5]);
}

#[test]
fn pauses_grow_to_half_a_minute_and_begin_anew() {
    let (mut outbox, mut numbers) = (Outbox::default(), 0);
    assert!(outbox.put(at(0), step(&mut numbers, 1, 0)).is_empty());
    let mut now = at(0);
    for _ in 0..7 {
        outbox.to_write(now).unwrap();
        outbox.failed(now);
        now = outbox.write_at().unwrap();
    }
    assert_eq!(now, at(1 + 2 + 4 + 8 + 16 + 30 + 30));
    outbox.to_write(now).unwrap();
    assert!(outbox.written(now).is_empty());
    assert!(outbox.put(now, step(&mut numbers, 1, 0)).is_empty());
    outbox.to_write(now).unwrap();
    outbox.failed(now);
    assert_eq!(outbox.write_at(), Some(now + Duration::from_secs(1)));
}

#[test]
fn the_clock_of_the_run_stands_still_while_the_disk_is_in_the_way() {
    let (mut outbox, mut numbers) = (Outbox::default(), 0);
    assert_eq!(outbox.moment(at(100)), at(100));
    assert!(outbox.put(at(100), step(&mut numbers, 1, 0)).is_empty());
    assert_eq!(
        (outbox.moment(at(103)), outbox.is_stuck(at(103))),
        (at(103), false)
    );
    outbox.to_write(at(100)).unwrap();
    outbox.failed(at(104));
    assert_eq!(
        (outbox.moment(at(7_000)), outbox.is_stuck(at(7_000))),
        (at(105), true)
    );
    outbox.to_write(at(7_000)).unwrap();
    assert!(outbox.written(at(7_001)).is_empty());
    assert_eq!(
        (outbox.moment(at(7_001)), outbox.is_stuck(at(7_001))),
        (at(7_001), false)
    );
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Put(usize, usize),
    Write,
    Written,
    Failed,
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0..3_usize, 0..3_usize).prop_map(|(events, effects)| Act::Put(events, effects)),
        3 => Just(Act::Write),
        2 => Just(Act::Written),
        2 => Just(Act::Failed),
        1 => (0..40_i64).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 0..60)
}

proptest! {
    /// Numbers are given in order, an event before the effects of its step: every effect leaves once, in order, and
    /// after all events with a smaller number are on disk.
    #[test]
    fn nothing_leaves_before_it_is_written_and_nothing_is_lost(acts in acts()) {
        let (mut outbox, mut numbers, mut now) = (Outbox::default(), 0, at(0));
        let (mut events, mut effects) = (Vec::new(), Vec::new());
        let (mut on_disk, mut executed) = (Vec::new(), Vec::new());
        let mut writing: Option<Vec<RunEvent>> = None;
        // At the end the disk works again.
        let end = [Act::Written, Act::Wait(40), Act::Write, Act::Written];
        for act in acts.into_iter().chain(end).chain(end) {
            let leaving = match act {
                Act::Put(new_events, new_effects) => {
                    let step = step(&mut numbers, new_events, new_effects);
                    events.extend(step.events.iter().map(event_number));
                    effects.extend(step.effects.iter().map(effect_number));
                    outbox.put(now, step)
                }
                Act::Write => {
                    let begun = outbox.to_write(now);
                    prop_assert!(begun.is_none() || writing.is_none());
                    writing = writing.or(begun);
                    Vec::new()
                }
                Act::Written => match writing.take() {
                    Some(batch) => {
                        on_disk.extend(batch.iter().map(event_number));
                        outbox.written(now)
                    }
                    None => Vec::new(),
                },
                Act::Failed => {
                    if writing.take().is_some() {
                        outbox.failed(now);
                        prop_assert!(outbox.write_at().is_some_and(|again| again > now));
                    }
                    Vec::new()
                }
                Act::Wait(seconds) => {
                    now = now + Duration::from_secs(seconds.unsigned_abs());
                    Vec::new()
                }
            };
            for number in leaving.iter().map(effect_number) {
                let needed = events.iter().filter(|event| **event < number);
                prop_assert!(needed.clone().all(|event| on_disk.contains(event)), "{number} left too early");
                executed.push(number);
            }
            prop_assert!(events.starts_with(&on_disk), "the order on disk is that of the steps");
            prop_assert!(effects.starts_with(&executed));
            prop_assert_eq!(outbox.unwritten(), events.len() - on_disk.len());
        }
        prop_assert!(outbox.is_empty());
        prop_assert_eq!(on_disk, events);
        prop_assert_eq!(executed, effects);
    }
}
