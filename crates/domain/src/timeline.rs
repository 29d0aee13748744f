//! The time of a task in pieces: asked for, provisioning, starting, running, stopping, waiting for the next try.
//!
//! The pieces of a task follow each other without gap and overlap, from its first try to its end or to now. They say
//! when something was seen, which is a little later than when it was so.

use crate::pipeline::PipelineState;
use crate::state::TaskState;
use crate::task::{Task, TaskKind, Try};
use crate::time::Timestamp;

/// What a task does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpanKind {
    /// Its start was sent, and is not confirmed yet.
    Asked,
    /// Its cluster is being made.
    Provisioning,
    /// Its program is being launched.
    Starting,
    /// It is at work.
    Running,
    /// It is to stop, and has not ended.
    Stopping,
    /// A try is over, and the next one has not begun.
    Waiting,
}

/// A piece of a task's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What the task does.
    pub kind: SpanKind,
    /// When it begins.
    pub from: Timestamp,
    /// When it is over.
    pub until: Timestamp,
    /// How the try ended that ends with it.
    pub end: Option<TaskState>,
}

/// The pieces of a task's time; none before its first try.
pub fn spans(task: &Task, now: Timestamp) -> Vec<Span> {
    let Some(first) = task.tries.first() else {
        return Vec::new();
    };
    let mut spans = Spans {
        all: Vec::new(),
        at: first.started,
    };
    for (place, one) in task.tries.iter().enumerate() {
        spans.until(SpanKind::Waiting, one.started);
        spans.add_try(task.kind, one, now);
        if one.ended.is_some() {
            let is_last = place + 1 == task.tries.len();
            // A try that another one followed did not succeed.
            let is_end = is_last && task.state.is_end();
            spans.end(if is_end { task.state } else { TaskState::Failed });
        }
    }
    if task.state == TaskState::UpForRetry {
        spans.until(SpanKind::Waiting, now);
    }
    spans.all
}

struct Spans {
    all: Vec<Span>,
    /// The end of the last one.
    at: Timestamp,
}

impl Spans {
    /// Goes on until this moment; not back, and not for no time at all.
    fn until(&mut self, kind: SpanKind, until: Timestamp) {
        if until <= self.at {
            return;
        }
        match self.all.last_mut() {
            Some(last) if last.kind == kind && last.end.is_none() => last.until = until,
            _ => self.all.push(Span {
                kind,
                from: self.at,
                until,
                end: None,
            }),
        }
        self.at = until;
    }

    fn add_try(&mut self, task: TaskKind, one: &Try, now: Timestamp) {
        let end = one.ended.unwrap_or(now);
        let mut kind = match task {
            TaskKind::Pipeline => SpanKind::Asked,
            _ => SpanKind::Running,
        };
        let stops = one.stop_asked.unwrap_or(end).min(end);
        if let Some(accepted) = one.accepted {
            self.until(kind, accepted.min(stops));
            kind = SpanKind::Provisioning;
        }
        for phase in &one.phases {
            self.until(kind, phase.since.min(stops));
            kind = of_state(&phase.state).unwrap_or(kind);
        }
        self.until(kind, stops);
        self.until(SpanKind::Stopping, end);
    }

    fn end(&mut self, state: TaskState) {
        if let Some(last) = self.all.last_mut() {
            last.end = Some(state);
        } else {
            // It was over in the moment in which it began.
            self.all.push(Span {
                kind: SpanKind::Running,
                from: self.at,
                until: self.at,
                end: Some(state),
            });
        }
    }
}

/// Nothing for an end: what the run did last goes on until that was seen.
const fn of_state(state: &PipelineState) -> Option<SpanKind> {
    Some(match state {
        PipelineState::Pending => SpanKind::Provisioning,
        PipelineState::Starting => SpanKind::Starting,
        PipelineState::Stopping => SpanKind::Stopping,
        PipelineState::Completed
        | PipelineState::Failed
        | PipelineState::Killed
        | PipelineState::Rejected => return None,
        PipelineState::Running
        | PipelineState::Suspended
        | PipelineState::Resuming
        | PipelineState::Other(_) => SpanKind::Running,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Phase, StopReason};
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn task(kind: TaskKind, state: TaskState, tries: Vec<Try>) -> Task {
        let mut task = Task::new(kind, "t".into(), 3, Duration::from_secs(60));
        (task.state, task.tries) = (state, tries);
        task
    }

    fn a_try(started: i64, phases: &[(PipelineState, i64)], ended: Option<i64>) -> Try {
        let phases = phases.iter().map(|(state, since)| Phase {
            state: state.clone(),
            since: at(*since),
        });
        Try {
            phases: phases.collect(),
            ended: ended.map(at),
            ..Try::begin(1, at(started))
        }
    }

    fn shown(task: &Task, now: i64) -> Vec<(SpanKind, i64, i64, Option<TaskState>)> {
        let spans = spans(task, at(now)).into_iter();
        spans
            .map(|span| (span.kind, span.from.seconds(), span.until.seconds(), span.end))
            .collect()
    }

    #[test]
    fn phases_waits_and_ends_are_pieces() {
        use PipelineState as P;
        let first = a_try(0, &[(P::Pending, 2), (P::Running, 5), (P::Failed, 9)], Some(10));
        let mut second = a_try(20, &[(P::Starting, 21)], None);
        second.stop = Some(StopReason::Asked);
        second.stop_asked = Some(at(24));
        let stopping = task(TaskKind::Pipeline, TaskState::Stopping, vec![first, second]);
        assert_eq!(
            shown(&stopping, 30),
            [
                (SpanKind::Asked, 0, 2, None),
                (SpanKind::Provisioning, 2, 5, None),
                (SpanKind::Running, 5, 10, Some(TaskState::Failed)),
                (SpanKind::Waiting, 10, 20, None),
                (SpanKind::Asked, 20, 21, None),
                (SpanKind::Starting, 21, 24, None),
                (SpanKind::Stopping, 24, 30, None),
            ]
        );
        // Until it is seen for the first time, it is what its row says.
        let mut accepted = a_try(0, &[(P::Starting, 9)], None);
        accepted.accepted = Some(at(1));
        let running = task(TaskKind::Pipeline, TaskState::Running, vec![accepted]);
        assert_eq!(
            shown(&running, 12),
            [
                (SpanKind::Asked, 0, 1, None),
                (SpanKind::Provisioning, 1, 9, None),
                (SpanKind::Starting, 9, 12, None),
            ]
        );
        let done = task(TaskKind::Start, TaskState::Success, vec![a_try(3, &[], Some(3))]);
        assert_eq!(
            shown(&done, 30),
            [(SpanKind::Running, 3, 3, Some(TaskState::Success))]
        );
    }

    fn any_state() -> impl Strategy<Value = PipelineState> {
        prop_oneof![
            Just(PipelineState::Pending),
            Just(PipelineState::Starting),
            Just(PipelineState::Running),
            Just(PipelineState::Stopping),
            Just(PipelineState::Failed),
        ]
    }

    prop_compose! {
        /// Tries in any order of times: a clock that was wrong must not make pieces overlap.
        fn any_try()(
            started in 0_i64..100,
            phases in prop::collection::vec((any_state(), 0_i64..100), 0..5),
            ended in prop::option::of(0_i64..100),
        ) -> Try {
            a_try(started, &phases, ended)
        }
    }

    proptest! {
        #[test]
        fn pieces_follow_each_other_and_cover_the_whole(
            tries in prop::collection::vec(any_try(), 1..5),
            waits in any::<bool>(),
            now in 100_i64..200,
        ) {
            let state = if waits { TaskState::UpForRetry } else { TaskState::Running };
            let first = tries[0].started;
            let last = tries.iter().map(|one| one.ended.unwrap_or(at(now)).max(one.started)).max().unwrap();
            let task = task(TaskKind::Pipeline, state, tries);
            let spans = spans(&task, at(now));
            for pair in spans.windows(2) {
                prop_assert_eq!(pair[0].until, pair[1].from);
            }
            prop_assert!(spans.iter().all(|span| span.from <= span.until));
            if let (Some(begin), Some(end)) = (spans.first(), spans.last()) {
                prop_assert_eq!(begin.from, first);
                let whole = if waits { at(now).max(last) } else { last };
                prop_assert_eq!(end.until, whole.max(first));
            }
        }
    }
}
