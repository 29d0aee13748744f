//! A SELECT: its clauses one after the other, each on the rows of the one before.

use super::aggregate::Aggregate;
use super::sort::{self, SortKey};
use super::window::WindowCall;
use super::{RowSource, Run, evaluate};
use crate::compare;
use crate::error::SqlError;
use crate::session::{Frame, Rows};
use crate::value::{Row, Value};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The clauses of a SELECT, ready to run.
pub(crate) struct SelectPlan {
    pub source: RowSource,
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
        let source = (self.source)(outer)?;
        let mut rows: Rows = match &self.filter {
            Some(condition) => Rc::new(filter(&source, condition, outer)?),
            None => source,
        };
        if let Some(grouping) = &self.grouping {
            let groups = grouping.rows(&rows, outer)?;
            rows = Rc::new(match &self.having {
                Some(condition) => filter(&groups, condition, outer)?,
                None => groups,
            });
        }
        if !self.windows.is_empty() {
            rows = Rc::new(self.with_windows(&rows, outer)?);
        }
        if let Some(condition) = &self.qualify {
            rows = Rc::new(filter(&rows, condition, outer)?);
        }
        self.output(&rows, outer)
    }

    /// The rows with the value of each window call added at their end.
    fn with_windows(&self, rows: &[Row], outer: &Frame<'_>) -> Result<Vec<Row>, SqlError> {
        let columns = self
            .windows
            .iter()
            .map(|call| call.compute(rows, outer))
            .collect::<Result<Vec<_>, _>>()?;
        let wider = rows.iter().enumerate().map(|(i, row)| {
            row.iter()
                .cloned()
                .chain(columns.iter().map(|column| column[i].clone()))
                .collect()
        });
        Ok(wider.collect())
    }

    /// SELECT, DISTINCT and ORDER BY.
    fn output(&self, rows: &[Row], outer: &Frame<'_>) -> Result<Rows, SqlError> {
        let mut keyed = Vec::with_capacity(rows.len());
        let mut seen = HashSet::new();
        for row in rows {
            outer.session.step()?;
            let frame = outer.inner(row);
            let output = evaluate(&self.outputs, &frame)?;
            if self.distinct && !seen.insert(compare::key(&output)) {
                continue;
            }
            let keys = self.order.iter().map(|key| match key {
                OrderKey::Output(index, _) => Ok(output.get(*index).cloned().unwrap_or(Value::Null)),
                OrderKey::Input(key) => key.value(&frame),
            });
            let keys = keys.collect::<Result<Vec<_>, SqlError>>()?;
            keyed.push((keys, output));
        }
        if !self.order.is_empty() {
            let by: Vec<SortKey> = self.order.iter().map(|key| key.sort_key().clone()).collect();
            keyed.sort_by(|(a, _), (b, _)| sort::compare(&by, a, b));
        }
        Ok(Rc::new(keyed.into_iter().map(|(_, row)| row).collect()))
    }
}

impl GroupingPlan {
    /// How many columns the row of a group has.
    pub const fn width(&self) -> usize {
        self.keys.len() + self.aggregates.len()
    }

    fn rows(&self, rows: &[Row], outer: &Frame<'_>) -> Result<Vec<Row>, SqlError> {
        let mut groups: Vec<(Row, Vec<usize>)> = Vec::new();
        let mut by_key: HashMap<String, usize> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            outer.session.step()?;
            let keys = evaluate(&self.keys, &outer.inner(row))?;
            let group = *by_key.entry(compare::key(&keys)).or_insert_with(|| {
                groups.push((keys, Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(index);
        }
        if groups.is_empty() && self.is_single_group {
            groups.push((Vec::new(), Vec::new()));
        }
        let mut out = Vec::with_capacity(groups.len());
        for (mut row, members) in groups {
            for aggregate in &self.aggregates {
                row.push(aggregate.compute(members.iter().map(|&member| outer.inner(&rows[member])))?);
            }
            out.push(row);
        }
        Ok(out)
    }
}

/// The rows for which the condition is TRUE.
fn filter(rows: &[Row], condition: &Run, outer: &Frame<'_>) -> Result<Vec<Row>, SqlError> {
    let mut kept = Vec::new();
    for row in rows {
        outer.session.step()?;
        if condition(&outer.inner(row))? == Value::Bool(true) {
            kept.push(row.clone());
        }
    }
    Ok(kept)
}
