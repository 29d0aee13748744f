//! Window functions: a value for each row from the rows around it.
//!
//! The value of each call becomes a column at the end of the row, before QUALIFY, SELECT and ORDER BY see it.

mod value;

use super::aggregate::{Accumulator, Aggregate};
use super::sort::{self, SortKey};
use super::{Run, evaluate};
use crate::compare;
use crate::error::SqlError;
use crate::memory;
use crate::session::Frame;
use crate::syntax::ast::{FrameBound, FrameBounds};
use crate::value::{Row, Value};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

/// The functions that need an OVER clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
}

impl WindowFunction {
    /// The function of this name, in capitals.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "ROW_NUMBER" => Self::RowNumber,
            "RANK" => Self::Rank,
            "DENSE_RANK" => Self::DenseRank,
            "PERCENT_RANK" => Self::PercentRank,
            "CUME_DIST" => Self::CumeDist,
            "NTILE" => Self::Ntile,
            "LAG" => Self::Lag,
            "LEAD" => Self::Lead,
            "FIRST_VALUE" => Self::FirstValue,
            "LAST_VALUE" => Self::LastValue,
            "NTH_VALUE" => Self::NthValue,
            _ => return None,
        })
    }
}

/// About how many bytes a row's place in its partition takes.
const POSITION_BYTES: usize = 48;

/// A window call, ready to run.
pub(crate) struct WindowCall {
    pub computation: Computation,
    pub partition: Vec<Run>,
    pub order: Vec<SortKey>,
    pub bounds: Option<FrameBounds>,
}

/// What a window call computes.
pub(crate) enum Computation {
    Aggregate(Aggregate),
    Function {
        function: WindowFunction,
        arguments: Vec<Run>,
        ignore_nulls: bool,
    },
}

/// A partition in the window's order.
struct Partition<'p> {
    /// The rows of the SELECT.
    rows: &'p [Row],
    /// The indexes of the partition's rows.
    members: &'p [usize],
    /// The positions that are equal in the window's order, group by group.
    groups: &'p [Range<usize>],
    /// The group of each position.
    group_of: &'p [usize],
    outer: &'p Frame<'p>,
}

impl WindowCall {
    /// Its value for each row, in the rows' order.
    ///
    /// # Errors
    /// The errors of its expressions, and cancellation.
    pub fn compute(&self, rows: &[Row], outer: &Frame<'_>) -> Result<Vec<Value>, SqlError> {
        let mut partitions: Vec<Vec<usize>> = Vec::new();
        let mut by_key: HashMap<u128, usize> = HashMap::new();
        let mut keys = Vec::with_capacity(rows.len());
        let mut held = outer.session.memory.hold();
        for (index, row) in rows.iter().enumerate() {
            let frame = outer.inner(row);
            let values = evaluate(&self.partition, &frame)?;
            let partition = *by_key.entry(compare::key(&values)).or_insert_with(|| {
                partitions.push(Vec::new());
                partitions.len() - 1
            });
            partitions[partition].push(index);
            let values = sort::values(&self.order, &frame)?;
            held.add(memory::bytes_of_row(&values) + POSITION_BYTES)?;
            keys.push(values);
        }
        let mut out = vec![Value::Null; rows.len()];
        for mut members in partitions {
            members.sort_by(|&a, &b| sort::compare(&self.order, &keys[a], &keys[b]));
            let are_peers =
                |a: &usize, b: &usize| sort::compare(&self.order, &keys[*a], &keys[*b]) == Ordering::Equal;
            let groups = members.chunk_by(are_peers).scan(0, |start, group| {
                let peers = *start..*start + group.len();
                *start = peers.end;
                Some(peers)
            });
            let groups: Vec<_> = groups.collect();
            let group_of = groups.iter().enumerate();
            let group_of: Vec<_> = group_of
                .flat_map(|(group, peers)| peers.clone().map(move |_| group))
                .collect();
            let partition = Partition {
                rows,
                members: &members,
                groups: &groups,
                group_of: &group_of,
                outer,
            };
            let mut running: Option<(Range<usize>, Accumulator<'_>)> = None;
            for position in 0..members.len() {
                outer.session.step()?;
                let frame = partition.frame(self.bounds.as_ref(), position);
                let value = match &self.computation {
                    Computation::Aggregate(aggregate) => {
                        partition.aggregate(aggregate, frame, &mut running)?
                    }
                    Computation::Function {
                        function,
                        arguments,
                        ignore_nulls,
                    } => value::Call {
                        function: *function,
                        arguments,
                        ignore_nulls: *ignore_nulls,
                        partition: &partition,
                        position,
                        frame,
                    }
                    .value()?,
                };
                held.add(memory::bytes_of(&value))?;
                out[members[position]] = value;
            }
        }
        Ok(out)
    }
}

impl Partition<'_> {
    fn len(&self) -> usize {
        self.members.len()
    }

    /// The row at a position of the partition.
    fn row(&self, position: usize) -> Frame<'_> {
        self.outer.inner(&self.rows[self.members[position]])
    }

    /// The aggregate of a frame's rows. Those of a frame that only grows are added once.
    fn aggregate<'a>(
        &self,
        aggregate: &'a Aggregate,
        frame: Range<usize>,
        running: &mut Option<(Range<usize>, Accumulator<'a>)>,
    ) -> Result<Value, SqlError>
    where
        Self: 'a,
    {
        let grows = |known: &Range<usize>| known.start == frame.start && known.end <= frame.end;
        let known = running.take().filter(|(known, _)| grows(known));
        let (known, mut accumulator) = known.unwrap_or_else(|| {
            (
                frame.start..frame.start,
                Accumulator::new(aggregate, self.outer.session),
            )
        });
        for position in known.end..frame.end {
            accumulator.add(&self.row(position))?;
        }
        let value = accumulator.value()?;
        *running = Some((frame, accumulator));
        Ok(value)
    }

    /// How many groups of peers are before that of a position.
    fn group(&self, position: usize) -> usize {
        self.group_of[position]
    }

    /// The positions that are equal to this one in the window's order.
    fn peers(&self, position: usize) -> Range<usize> {
        self.groups[self.group_of[position]].clone()
    }

    fn first_peer(&self, position: usize) -> usize {
        self.peers(position).start
    }

    /// The position after the last peer.
    fn peers_end(&self, position: usize) -> usize {
        self.peers(position).end
    }

    /// The positions in the window frame of a row.
    fn frame(&self, bounds: Option<&FrameBounds>, position: usize) -> Range<usize> {
        let Some(bounds) = bounds else {
            // Without ORDER BY all rows are peers, so the frame is the partition.
            return 0..self.peers_end(position);
        };
        let count = |number: i64| usize::try_from(number).unwrap_or(0);
        let start = match &bounds.start {
            FrameBound::UnboundedPreceding => 0,
            FrameBound::Preceding(number) => position.saturating_sub(count(*number)),
            FrameBound::Current if bounds.rows => position,
            FrameBound::Current => self.first_peer(position),
            FrameBound::Following(number) => (position + count(*number)).min(self.len()),
            FrameBound::UnboundedFollowing => self.len(),
        };
        let end = match &bounds.end {
            FrameBound::UnboundedPreceding => 0,
            FrameBound::Preceding(number) => (position + 1).saturating_sub(count(*number)),
            FrameBound::Current if bounds.rows => position + 1,
            FrameBound::Current => self.peers_end(position),
            FrameBound::Following(number) => (position + 1 + count(*number)).min(self.len()),
            FrameBound::UnboundedFollowing => self.len(),
        };
        start..end.max(start)
    }
}
