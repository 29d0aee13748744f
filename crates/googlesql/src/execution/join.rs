//! Joins: a hash join where the condition has equal keys, else a nested loop.

use super::{RowSource, Run, evaluate};
use crate::compare;
use crate::error::SqlError;
use crate::memory::RowSet;
use crate::session::{Frame, Rows};
use crate::syntax::ast::JoinKind;
use crate::value::{Row, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// About how many bytes a key of the hash table takes.
const ENTRY_BYTES: usize = 96;

/// A join of two sources.
pub(crate) struct Join {
    pub left: RowSource,
    pub right: RowSource,
    /// Whether the right side is computed for each row of the left: an array of that row.
    pub lateral: bool,
    pub kind: JoinKind,
    /// How many columns each side has.
    pub widths: (usize, usize),
    /// The expressions that must be equal, each evaluated on its own side's row.
    pub keys: Vec<(Run, Run)>,
    /// The condition that the keys do not cover, evaluated on both rows.
    pub residual: Option<Run>,
    /// The pairs of columns that USING merges.
    pub merged: Vec<(usize, usize)>,
}

enum Side {
    Left,
    Right,
}

/// The rows of a join, as far as they pass its filter.
struct Joined<'j> {
    rows: RowSet,
    filter: Option<&'j Run>,
    outer: &'j Frame<'j>,
}

impl Joined<'_> {
    fn push(&mut self, row: Row) -> Result<(), SqlError> {
        if let Some(filter) = self.filter
            && filter(&self.outer.inner(&row))? != Value::Bool(true)
        {
            return Ok(());
        }
        self.rows.push(row)
    }
}

/// The indexes of the right side's rows by the hash of their keys.
type HashTable = HashMap<u128, Vec<usize>>;

impl Join {
    /// The joined rows, for a row of the outer queries; with a filter those for which it is TRUE. The others are never
    /// held: they may be many more.
    ///
    /// # Errors
    /// Reason `resourcesExceeded` for too many rows, and the errors of expressions.
    pub fn rows(&self, outer: &Frame<'_>, filter: Option<&Run>) -> Result<RowSet, SqlError> {
        let left = (self.left)(outer)?;
        let right = if self.lateral {
            Rc::default()
        } else {
            (self.right)(outer)?
        };
        let table = self.hash(&right, outer)?;
        let mut is_matched = vec![false; right.len()];
        let mut out = Joined {
            rows: outer.session.rows(),
            filter,
            outer,
        };
        // The hash table.
        out.rows
            .count(table.as_ref().map_or(0, |table| table.len() * ENTRY_BYTES))?;
        for row in left.iter() {
            let candidates = if self.lateral {
                (self.right)(&outer.inner(row))?
            } else {
                right.clone()
            };
            let matches = self.matches(row, &candidates, table.as_ref(), outer, &mut out)?;
            for index in &matches {
                if let Some(matched) = is_matched.get_mut(*index) {
                    *matched = true;
                }
            }
            if matches.is_empty() && matches!(self.kind, JoinKind::Left | JoinKind::Full) {
                let nulls = vec![Value::Null; self.widths.1];
                out.push(self.merge(row.iter().cloned().chain(nulls).collect()))?;
            }
        }
        if matches!(self.kind, JoinKind::Right | JoinKind::Full) {
            for (row, _) in right.iter().zip(&is_matched).filter(|(_, matched)| !**matched) {
                let nulls = vec![Value::Null; self.widths.0];
                out.push(self.merge(nulls.into_iter().chain(row.iter().cloned()).collect()))?;
            }
        }
        Ok(out.rows)
    }

    /// Adds a left row's pairs to `out`; returns the indexes of the right rows in them.
    fn matches(
        &self,
        row: &Row,
        candidates: &Rows,
        table: Option<&HashTable>,
        outer: &Frame<'_>,
        out: &mut Joined<'_>,
    ) -> Result<Vec<usize>, SqlError> {
        let indexes: Vec<usize> = match table {
            Some(table) => match self.key(row, outer, &Side::Left)? {
                Some(key) => table.get(&key).cloned().unwrap_or_default(),
                None => Vec::new(),
            },
            None => (0..candidates.len()).collect(),
        };
        let mut matches = Vec::new();
        for index in indexes {
            outer.session.step()?;
            let both: Row = row.iter().chain(&candidates[index]).cloned().collect();
            let holds = match &self.residual {
                Some(residual) => residual(&outer.inner(&both))? == Value::Bool(true),
                None => true,
            };
            // The hash table has compared the keys already.
            let equal =
                table.is_some() || self.keys.is_empty() || self.equal_keys(row, &candidates[index], outer)?;
            if holds && equal {
                matches.push(index);
                out.push(self.merge(both))?;
            }
        }
        Ok(matches)
    }

    fn equal_keys(&self, left: &Row, right: &Row, outer: &Frame<'_>) -> Result<bool, SqlError> {
        let left = self.key(left, outer, &Side::Left)?;
        let right = self.key(right, outer, &Side::Right)?;
        Ok(left.is_some() && left == right)
    }

    fn hash(&self, right: &[Row], outer: &Frame<'_>) -> Result<Option<HashTable>, SqlError> {
        if self.keys.is_empty() || self.lateral {
            return Ok(None);
        }
        let mut table = HashTable::new();
        for (index, row) in right.iter().enumerate() {
            if let Some(key) = self.key(row, outer, &Side::Right)? {
                table.entry(key).or_default().push(index);
            }
        }
        Ok(Some(table))
    }

    /// The hash of a row's keys; `None` if one is NULL or NaN, which equals nothing.
    fn key(&self, row: &[Value], outer: &Frame<'_>, side: &Side) -> Result<Option<u128>, SqlError> {
        let runs = self.keys.iter().map(|(left, right)| match side {
            Side::Left => left,
            Side::Right => right,
        });
        let values = evaluate(runs, &outer.inner(row))?;
        let unknown = values
            .iter()
            .any(|value| *value == Value::Null || compare::is_nan(value));
        Ok((!unknown).then(|| compare::key(&values)))
    }

    /// Puts the merged columns of USING before the row's own.
    fn merge(&self, row: Row) -> Row {
        if self.merged.is_empty() {
            return row;
        }
        let merged = self.merged.iter().map(|&(left, right)| {
            if row[left] == Value::Null {
                row[right].clone()
            } else {
                row[left].clone()
            }
        });
        merged.chain(row.iter().cloned()).collect()
    }
}
