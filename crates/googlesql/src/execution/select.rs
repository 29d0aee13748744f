//! A SELECT: its clauses one after the other, each on the rows of the one before.

use super::aggregate::Aggregate;
use super::join::Join;
use super::sort::{SortKey, Sorting};
use super::window::WindowCall;
use super::{RowSource, Run, evaluate};
use crate::compare;
use crate::error::SqlError;
use crate::memory::{self, RowSet};
use crate::session::{Frame, Rows};
use crate::storage::table::{self, Scan};
use crate::value::{Row, Value};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The clauses of a SELECT, ready to run.
pub(crate) struct SelectPlan {
    pub source: RowSource,
    /// The table that the source is, if it is one.
    pub table: Option<Scan>,
    /// The join that the source is, if it is one.
    pub join: Option<Rc<Join>>,
    pub filter: Option<Run>,
    pub grouping: Option<GroupingPlan>,
    pub having: Option<Run>,
    pub windows: Vec<WindowCall>,
    pub qualify: Option<Run>,
    pub outputs: Vec<Run>,
    pub distinct: bool,
    pub order: Vec<OrderKey>,
}

/// How rows are grouped. The row of a group has its keys, then the values of its aggregates.
pub(crate) struct GroupingPlan {
    pub keys: Vec<Run>,
    pub aggregates: Vec<Aggregate>,
    /// Without GROUP BY there is one group, even of no rows.
    pub is_single_group: bool,
}

/// A key of ORDER BY.
pub(crate) enum OrderKey {
    /// The output column of this index.
    Output(usize, SortKey),
    /// An expression on the row that the output was computed from.
    Input(SortKey),
}

impl OrderKey {
    const fn sort_key(&self) -> &SortKey {
        match self {
            Self::Output(_, key) | Self::Input(key) => key,
        }
    }
}

impl SelectPlan {
    /// The output rows, for a row of the outer queries.
    ///
    /// # Errors
    /// The errors of expressions, and cancellation.
    pub fn rows(&self, outer: &Frame<'_>) -> Result<Rows, SqlError> {
        let mut rows: Rows = match (&self.filter, &self.table, &self.join) {
            (Some(condition), Some(scan), _) if outer.outer.is_none() => {
                Rc::new(filter_table(scan, condition, outer)?)
            }
            (Some(condition), _, Some(join)) => Rc::new(join.rows(outer, Some(condition))?),
            (Some(condition), ..) => Rc::new(filter((self.source)(outer)?, condition, outer)?),
            (None, ..) => (self.source)(outer)?,
        };
        if let Some(grouping) = &self.grouping {
            let groups = Rc::new(grouping.rows(&rows, outer)?);
            rows = match &self.having {
                Some(condition) => Rc::new(filter(groups, condition, outer)?),
                None => groups,
            };
        }
        if !self.windows.is_empty() {
            rows = Rc::new(self.with_windows(rows, outer)?);
        }
        if let Some(condition) = &self.qualify {
            rows = Rc::new(filter(rows, condition, outer)?);
        }
        self.output(rows, outer).map(Rc::new)
    }

    /// The rows with the value of each window call added at their end.
    fn with_windows(&self, rows: Rows, outer: &Frame<'_>) -> Result<RowSet, SqlError> {
        let mut held = outer.session.memory.hold();
        let mut columns = Vec::with_capacity(self.windows.len());
        for call in &self.windows {
            let column = call.compute(&rows, outer)?;
            held.add(column.iter().map(memory::bytes_of).sum())?;
            columns.push(column.into_iter());
        }
        let mut wider = outer.session.rows();
        memory::consume(rows, |row| {
            let mut row = row.into_owned();
            row.extend(columns.iter_mut().filter_map(Iterator::next));
            wider.push(row)
        })?;
        Ok(wider)
    }

    /// SELECT, DISTINCT and ORDER BY.
    fn output(&self, rows: Rows, outer: &Frame<'_>) -> Result<RowSet, SqlError> {
        let mut sorting = Sorting::new(outer.session);
        let mut unsorted = outer.session.rows();
        let mut seen = HashSet::new();
        memory::consume(rows, |row| {
            outer.session.step()?;
            let frame = outer.inner(&row);
            let output = evaluate(&self.outputs, &frame)?;
            if self.distinct {
                if !seen.insert(compare::key(&output)) {
                    return Ok(());
                }
                unsorted.count(2 * size_of::<u128>())?;
            }
            if self.order.is_empty() {
                return unsorted.push(output);
            }
            let keys = self.order.iter().map(|key| match key {
                OrderKey::Output(index, _) => Ok(output.get(*index).cloned().unwrap_or(Value::Null)),
                OrderKey::Input(key) => key.value(&frame),
            });
            let mut keys = keys.collect::<Result<Vec<_>, SqlError>>()?;
            keys.shrink_to_fit();
            sorting.push(keys, output)
        })?;
        if self.order.is_empty() {
            return Ok(unsorted);
        }
        let by: Vec<SortKey> = self.order.iter().map(|key| key.sort_key().clone()).collect();
        Ok(sorting.finish(&by))
    }
}

impl GroupingPlan {
    /// How many columns the row of a group has.
    pub const fn width(&self) -> usize {
        self.keys.len() + self.aggregates.len()
    }

    fn rows(&self, rows: &[Row], outer: &Frame<'_>) -> Result<RowSet, SqlError> {
        let mut groups: Vec<(Row, Vec<usize>)> = Vec::new();
        let mut by_key: HashMap<u128, usize> = HashMap::new();
        let mut out = outer.session.rows();
        for (index, row) in rows.iter().enumerate() {
            outer.session.step()?;
            let keys = evaluate(&self.keys, &outer.inner(row))?;
            let key = compare::key(&keys);
            out.count(size_of::<usize>())?;
            let group = if let Some(group) = by_key.get(&key) {
                *group
            } else {
                out.count(memory::bytes_of_row(&keys) + GROUP_BYTES)?;
                groups.push((keys, Vec::new()));
                by_key.insert(key, groups.len() - 1);
                groups.len() - 1
            };
            groups[group].1.push(index);
        }
        drop(by_key);
        if groups.is_empty() && self.is_single_group {
            groups.push((Vec::new(), Vec::new()));
        }
        for (mut row, members) in groups {
            let bytes = memory::bytes_of_row(&row) + GROUP_BYTES + members.len() * size_of::<usize>();
            for aggregate in &self.aggregates {
                let rows = members.iter().map(|&member| outer.inner(&rows[member]));
                row.push(aggregate.compute(outer.session, rows)?);
            }
            drop(members);
            out.push(row)?;
            out.release(bytes);
        }
        Ok(out)
    }
}

/// About how many bytes a group takes beside its keys.
const GROUP_BYTES: usize = 128;

/// The rows of a table for which the condition is TRUE. The others are let go as they are read.
fn filter_table(scan: &Scan, condition: &Run, outer: &Frame<'_>) -> Result<RowSet, SqlError> {
    let mut kept = outer.session.rows();
    table::read(outer.session.connection, scan, |row| {
        outer.session.step()?;
        if condition(&outer.inner(&row))? == Value::Bool(true) {
            kept.push(row)?;
        }
        Ok(())
    })?;
    Ok(kept)
}

/// The rows for which the condition is TRUE.
fn filter(rows: Rows, condition: &Run, outer: &Frame<'_>) -> Result<RowSet, SqlError> {
    let mut kept = outer.session.rows();
    memory::consume(rows, |row| {
        outer.session.step()?;
        if condition(&outer.inner(&row))? == Value::Bool(true) {
            kept.push(row.into_owned())?;
        }
        Ok(())
    })?;
    Ok(kept)
}
