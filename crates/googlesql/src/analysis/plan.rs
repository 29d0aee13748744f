//! A SELECT that runs: its clauses one after the other, each on the rows of the one before.

use super::Run;
use super::sort::{self, KeySource, SortKey};
use super::source::RowsOf;
use super::window::WindowCall;
use crate::compare;
use crate::error::SqlError;
use crate::session::{Frame, Row, Rows};
use crate::value::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// Keys and aggregates of groups.
pub(super) type Groups = (Vec<Run>, Vec<super::grouping::Aggregate>);

pub(super) struct Plan {
    pub source: RowsOf,
    pub filter: Option<Run>,
    pub groups: Option<Groups>,
    pub always_one: bool,
    pub having: Option<Run>,
    pub windows: Vec<WindowCall>,
    pub qualify: Option<Run>,
    pub outputs: Vec<Run>,
    pub order: Vec<(KeySource, SortKey)>,
    pub distinct: bool,
}

impl Plan {
    /// The rows, for a row of the queries around.
    ///
    /// # Errors
    /// What an expression complains of.
    pub fn rows(&self, outer: &Frame<'_>) -> Result<Rows, SqlError> {
        let source = (self.source)(outer)?;
        let mut rows: Rows = match &self.filter {
            Some(filter) => Rc::new(kept(source.iter(), filter, outer)?),
            None => source,
        };
        if let Some(groups) = &self.groups {
            let grouped = self.grouped(&rows, groups, outer)?;
            rows = Rc::new(match &self.having {
                Some(having) => kept(grouped.iter(), having, outer)?,
                None => grouped,
            });
        }
        if !self.windows.is_empty() {
            // Each call may look at those before it: SUM(ROW_NUMBER() …) is not allowed, so none does.
            let columns = self
                .windows
                .iter()
                .map(|call| call.compute(&rows, outer))
                .collect::<Result<Vec<_>, _>>()?;
            let wider = rows.iter().enumerate().map(|(i, row)| {
                row.iter()
                    .cloned()
                    .chain(columns.iter().map(|column| column[i].clone()))
                    .collect()
            });
            rows = Rc::new(wider.collect());
        }
        if let Some(qualify) = &self.qualify {
            rows = Rc::new(kept(rows.iter(), qualify, outer)?);
        }
        self.shown(&rows, outer)
    }

    fn grouped(
        &self,
        rows: &[Row],
        (keys, aggregates): &Groups,
        outer: &Frame<'_>,
    ) -> Result<Vec<Row>, SqlError> {
        let mut groups: Vec<(Row, Vec<usize>)> = Vec::new();
        let mut found: HashMap<String, usize> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            outer.session.step()?;
            let frame = outer.inner(row);
            let values = keys.iter().map(|key| key(&frame)).collect::<Result<Row, _>>()?;
            let group = *found.entry(compare::key(&values)).or_insert_with(|| {
                groups.push((values, Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(place);
        }
        if groups.is_empty() && self.always_one {
            groups.push((Vec::new(), Vec::new()));
        }
        let mut out = Vec::with_capacity(groups.len());
        for (mut row, members) in groups {
            for aggregate in aggregates {
                row.push(aggregate.compute(members.iter().map(|&member| outer.inner(&rows[member])))?);
            }
            out.push(row);
        }
        Ok(out)
    }

    fn shown(&self, rows: &[Row], outer: &Frame<'_>) -> Result<Rows, SqlError> {
        let mut made = Vec::with_capacity(rows.len());
        let mut seen = std::collections::HashSet::new();
        for row in rows {
            outer.session.step()?;
            let frame = outer.inner(row);
            let shown = self
                .outputs
                .iter()
                .map(|run| run(&frame))
                .collect::<Result<Row, _>>()?;
            if self.distinct && !seen.insert(compare::key(&shown)) {
                continue;
            }
            let keys = self.order.iter().map(|(source, _)| match source {
                KeySource::Output(place) => Ok(shown.get(*place).cloned().unwrap_or(Value::Null)),
                KeySource::Row(key) => (key.run)(&frame),
            });
            let keys = keys.collect::<Result<Vec<_>, SqlError>>()?;
            made.push((keys, shown));
        }
        if !self.order.is_empty() {
            let by: Vec<SortKey> = self.order.iter().map(|(_, key)| key.clone()).collect();
            made.sort_by(|(a, _), (b, _)| sort::compare(&by, a, b));
        }
        Ok(Rc::new(made.into_iter().map(|(_, row)| row).collect()))
    }
}

/// The rows for which the condition is TRUE.
fn kept<'r>(
    rows: impl Iterator<Item = &'r Row>,
    condition: &Run,
    outer: &Frame<'_>,
) -> Result<Vec<Row>, SqlError> {
    let mut kept = Vec::new();
    for row in rows {
        outer.session.step()?;
        if condition(&outer.inner(row))? == Value::Bool(true) {
            kept.push(row.clone());
        }
    }
    Ok(kept)
}
