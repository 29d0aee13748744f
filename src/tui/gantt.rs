//! Tasks on a common time axis: which columns a piece of time takes, and where the axis has its labels. Pure; drawn by
//! `tui/view/timeline.rs`.

mod marks;

pub use marks::{NEXT, NOW, TIP, USUAL, legend, mark};

use super::eta;
use super::model::Model;
use domain::state::TaskState;
use domain::task::Task;
use domain::time::Timestamp;
use domain::timeline::{Span, SpanKind};
use std::time::Duration;

/// The distances that labels may have, in seconds.
const STEPS: [u64; 20] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800,
];

/// Columns between two labels, at least.
const GAP: u64 = 2;

/// A span of time on so many columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    from: Timestamp,
    span: Duration,
    columns: u16,
}

/// A label and the column where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The column of its moment.
    pub column: u16,
    /// The moment in UTC.
    pub label: String,
}

/// A piece of time in columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What the task does.
    pub kind: SpanKind,
    /// Its first column.
    pub from: u16,
    /// The column behind its last one.
    pub until: u16,
    /// How the try ended that ends with it.
    pub end: Option<TaskState>,
}

impl Axis {
    /// The axis from one moment to another; never empty.
    pub fn new(from: Timestamp, until: Timestamp, columns: u16) -> Self {
        Self {
            from,
            span: until.since(from).max(Duration::from_secs(1)),
            columns: columns.max(1),
        }
    }

    /// The axis of the shown run: all of it, and what is to come of a live one. It grows in steps, so that it does not
    /// move with every second.
    pub fn of_run(model: &Model, columns: u16) -> Option<Self> {
        let (run, now) = (model.shown_run()?, model.shown_now());
        if let Some(ended) = run.ended {
            return Some(Self::new(run.started, ended, columns));
        }
        let left = eta::median_left(model).unwrap_or_default();
        let due = run.tasks.iter().filter_map(|task| task.due);
        let until = due.chain([now, now + left]).max().unwrap_or(now);
        let worked = until.since(run.started);
        let seconds = worked.as_secs() + 1;
        // A twelfth of room, rounded up to a step.
        let wanted = seconds + seconds / 12;
        let step = STEPS.iter().rev().find(|step| **step * 8 <= wanted).unwrap_or(&5);
        let whole = Duration::from_secs(wanted.div_ceil(*step).saturating_mul(*step));
        Some(Self::new(run.started, run.started + whole, columns))
    }

    /// The columns of the axis.
    pub const fn columns(&self) -> u16 {
        self.columns
    }

    /// The column of a moment; that of a later one is not before it. The end of the axis is behind its last column.
    pub fn column(&self, at: Timestamp) -> u16 {
        let worked = at.since(self.from).min(self.span).as_millis();
        let column = worked * u128::from(self.columns) / self.span.as_millis().max(1);
        u16::try_from(column).unwrap_or(self.columns).min(self.columns)
    }

    /// The labels, at round moments, as many as fit.
    pub fn ticks(&self) -> Vec<Tick> {
        let fits = |step: &&u64| {
            let wide = u64::try_from(width(**step)).unwrap_or(u64::MAX);
            let columns = u128::from(**step) * 1000 * u128::from(self.columns) / self.span.as_millis().max(1);
            columns >= u128::from(wide + GAP)
        };
        let Some(step) = STEPS.iter().find(fits) else {
            return Vec::new();
        };
        let seconds = i64::try_from(*step).unwrap_or(i64::MAX);
        let first = self.from.seconds().div_euclid(seconds);
        let moments = (first..).map(|number| Timestamp::from_seconds(number.saturating_mul(seconds)));
        let end = self.from + self.span;
        let on_axis = moments
            .skip_while(|at| *at < self.from)
            .take_while(|at| *at <= end);
        let ticks = on_axis.map(|at| Tick {
            column: self.column(at),
            label: label(at, *step),
        });
        let room = |tick: &Tick| usize::from(tick.column) + tick.label.len() <= usize::from(self.columns);
        ticks.filter(room).collect()
    }
}

/// Columns of a label.
const fn width(step: u64) -> usize {
    match step {
        0..60 => 8,
        _ => 5,
    }
}

/// `10:04:30`, `10:04`, `11-30`.
fn label(at: Timestamp, step: u64) -> String {
    match step {
        0..60 => at.clock(),
        60..86_400 => at.clock().get(..5).unwrap_or_default().to_owned(),
        _ => at.stamp().get(5..10).unwrap_or_default().to_owned(),
    }
}

/// The columns of the pieces of a task. They follow each other without gap and overlap; a task that has begun has at
/// least one column. A try that is too short for a column leaves its end in the one before.
pub fn segments(spans: &[Span], axis: &Axis) -> Vec<Segment> {
    let Some(first) = spans.first() else {
        return Vec::new();
    };
    let mut segments: Vec<Segment> = Vec::new();
    let mut at = axis.column(first.from).min(axis.columns - 1);
    for span in spans {
        let until = axis.column(span.until).max(at);
        let is_last = std::ptr::eq(span, &raw const spans[spans.len() - 1]);
        if until > at || (segments.is_empty() && (span.end.is_some() || is_last)) {
            let until = until.max(at + 1);
            segments.push(Segment {
                kind: span.kind,
                from: at,
                until,
                end: span.end,
            });
            at = until;
        } else if let (Some(last), Some(end)) = (segments.last_mut(), span.end) {
            last.end = Some(end);
        }
    }
    segments
}

/// When a task of a live run ends, if it takes as long as usual.
pub fn usual_end(model: &Model, task: &Task) -> Option<Timestamp> {
    let open = task.open_try().filter(|_| task.state.holds_place())?;
    let usual = model.run_history.shown.task(&task.id)?.usual.median()?;
    Some(open.started + open.unwatched + usual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn labels(from: i64, until: i64, columns: u16) -> Vec<(u16, String)> {
        let ticks = Axis::new(at(from), at(until), columns).ticks();
        ticks.into_iter().map(|tick| (tick.column, tick.label)).collect()
    }

    #[test]
    fn labels_are_at_round_moments() {
        let shown = |ticks: &[(u16, &str)]| -> Vec<(u16, String)> {
            ticks
                .iter()
                .map(|(column, label)| (*column, (*label).to_owned()))
                .collect()
        };
        assert_eq!(
            labels(36_010, 36_610, 60),
            shown(&[(11, "10:02"), (23, "10:04"), (35, "10:06"), (47, "10:08")])
        );
        assert_eq!(
            labels(36_000, 36_030, 40),
            shown(&[(0, "10:00:00"), (13, "10:00:10"), (26, "10:00:20")])
        );
        assert_eq!(labels(0, 10 * 86_400, 8), shown(&[]));
    }

    #[test]
    fn a_short_try_leaves_its_end() {
        let span = |kind, from, until, end| Span {
            kind,
            from: at(from),
            until: at(until),
            end,
        };
        let spans = [
            span(SpanKind::Running, 0, 50, None),
            span(SpanKind::Running, 50, 51, Some(TaskState::Failed)),
            span(SpanKind::Waiting, 51, 80, None),
        ];
        let segments = segments(&spans, &Axis::new(at(0), at(100), 10));
        let shown: Vec<_> = segments
            .iter()
            .map(|s| (s.kind, s.from, s.until, s.end))
            .collect();
        assert_eq!(
            shown,
            [
                (SpanKind::Running, 0, 5, Some(TaskState::Failed)),
                (SpanKind::Waiting, 5, 8, None),
            ]
        );
    }

    #[test]
    fn every_mark_has_one_column_and_a_twin() {
        for mark in legend() {
            assert_eq!(crate::tui::widget::text::width(mark.glyph), 1, "{mark:?}");
            assert!(mark.ascii.is_ascii() && mark.ascii.len() == 1, "{mark:?}");
        }
        let glyphs: std::collections::BTreeSet<_> = legend().map(|mark| mark.ascii).collect();
        assert_eq!(glyphs.len(), legend().count());
    }

    prop_compose! {
        fn any_spans()(start in 0_i64..5_000, parts in prop::collection::vec((0_u8..6, 0_i64..900, any::<bool>()), 1..12)) -> Vec<Span> {
            let mut from = start;
            parts.into_iter().map(|(kind, length, ends)| {
                let kind = [SpanKind::Asked, SpanKind::Provisioning, SpanKind::Starting, SpanKind::Running, SpanKind::Stopping, SpanKind::Waiting][usize::from(kind)];
                let span = Span { kind, from: at(from), until: at(from + length), end: ends.then_some(TaskState::Failed) };
                from += length;
                span
            }).collect()
        }
    }

    proptest! {
        #[test]
        fn segments_never_overlap_never_leave_the_axis_and_cover_the_whole(
            spans in any_spans(),
            until in 1_i64..12_000,
            columns in 1_u16..250,
        ) {
            let axis = Axis::new(at(0), at(until), columns);
            let segments = segments(&spans, &axis);
            prop_assert!(!segments.is_empty());
            for segment in &segments {
                prop_assert!(segment.from < segment.until && segment.until <= columns);
            }
            for pair in segments.windows(2) {
                prop_assert_eq!(pair[0].until, pair[1].from);
            }
            let begin = axis.column(spans[0].from).min(columns - 1);
            let end = axis.column(spans[spans.len() - 1].until).max(begin + 1);
            prop_assert_eq!(segments[0].from, begin);
            prop_assert_eq!(segments[segments.len() - 1].until, end);
        }

        #[test]
        fn labels_never_overlap_and_never_leave_the_axis(
            from in 0_i64..10_000_000,
            length in 1_i64..20_000_000,
            columns in 1_u16..250,
        ) {
            let axis = Axis::new(at(from), at(from + length), columns);
            let ticks = axis.ticks();
            for pair in ticks.windows(2) {
                prop_assert!(usize::from(pair[0].column) + pair[0].label.len() < usize::from(pair[1].column));
            }
            for tick in ticks {
                prop_assert!(usize::from(tick.column) + tick.label.len() <= usize::from(columns));
            }
        }
    }
}
