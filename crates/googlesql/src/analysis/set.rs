//! UNION, INTERSECT and EXCEPT: two queries whose columns come to one type each.

use super::{Analyst, Relation};
use crate::compare;
use crate::error::SqlError;
use crate::kind;
use crate::session::Row;
use crate::syntax::tree::{Body, Node, Place, SetOperator};
use crate::value::{Column, ColumnType as T};
use std::collections::HashSet;
use std::rc::Rc;

/// One of the two queries.
pub(super) struct Operand<'t> {
    pub relation: Relation,
    /// As it was written.
    pub body: &'t Body,
}

impl<'t> Operand<'t> {
    pub fn new(
        body: &'t Body,
        analyse: impl FnOnce(&Body) -> Result<Relation, SqlError>,
    ) -> Result<Self, SqlError> {
        let relation = analyse(body)?;
        Ok(Self { relation, body })
    }
}

impl Analyst<'_> {
    pub(super) fn set(
        &self,
        operator: SetOperator,
        distinct: bool,
        left: Operand<'_>,
        right: Operand<'_>,
        at: Place,
    ) -> Result<Relation, SqlError> {
        let (columns, left, right) = self.common(left, right, operator, at)?;
        Ok(Relation::new(columns, move |frame| {
            let (left, right) = ((left.rows)(frame)?, (right.rows)(frame)?);
            let mut seen = HashSet::new();
            let mut once = |row: &&Row| !distinct || seen.insert(compare::key(row.iter()));
            let made: Vec<Row> = if operator == SetOperator::Union {
                left.iter()
                    .chain(right.iter())
                    .filter(|row| once(row))
                    .cloned()
                    .collect()
            } else {
                let other: HashSet<String> = right.iter().map(|row| compare::key(row.iter())).collect();
                let wanted = operator == SetOperator::Intersect;
                let kept = left
                    .iter()
                    .filter(|row| other.contains(&compare::key(row.iter())) == wanted);
                kept.filter(|row| once(row)).cloned().collect()
            };
            Ok(Rc::new(made))
        }))
    }

    /// The columns that both come to, and both with their cells in these types.
    pub(super) fn common(
        &self,
        left: Operand<'_>,
        right: Operand<'_>,
        operator: SetOperator,
        at: Place,
    ) -> Result<(Vec<Column>, Relation, Relation), SqlError> {
        let name = match operator {
            SetOperator::Union => "UNION ALL",
            SetOperator::Intersect => "INTERSECT DISTINCT",
            SetOperator::Except => "EXCEPT DISTINCT",
        };
        let (a, b) = (&left.relation.columns, &right.relation.columns);
        if a.len() != b.len() {
            return Err(self.wrong(
                at,
                format!("Queries in {name} have mismatched column count; query 1 has {} columns, query 2 has {} columns", a.len(), b.len()),
            ));
        }
        let pairs = a.iter().zip(b).enumerate().map(|(i, (a, b))| {
            let common = match (is_null(left.body, i), is_null(right.body, i)) {
                (true, _) => Some(b.kind.clone()),
                (_, true) => Some(a.kind.clone()),
                _ => super::coerce::common_kinds(&a.kind, &b.kind),
            };
            let kind = common.ok_or_else(|| {
                let (a, b) = (kind::name(&a.kind), kind::name(&b.kind));
                self.wrong(
                    at,
                    format!("Column {} in {name} has incompatible types: {a}, {b}", i + 1),
                )
            })?;
            Ok(Column { kind, ..a.clone() })
        });
        let columns = pairs.collect::<Result<Vec<_>, _>>()?;
        let kinds: Rc<Vec<T>> = Rc::new(columns.iter().map(|column| column.kind.clone()).collect());
        let (left, right) = (left.relation, right.relation);
        Ok((columns, converted(left, kinds.clone()), converted(right, kinds)))
    }
}

/// Whether a query writes NULL for a column: it has any type then.
fn is_null(body: &Body, place: usize) -> bool {
    match body {
        Body::Select(select) => {
            let written = select.written(place);
            written.is_some_and(|expression| matches!(expression.node, Node::Null))
        }
        Body::Query(query) => is_null(&query.body, place),
        Body::Set { left, right, .. } => is_null(left, place) && is_null(right, place),
    }
}

/// Rows with their cells in wider types.
fn converted(relation: Relation, kinds: Rc<Vec<T>>) -> Relation {
    if relation
        .columns
        .iter()
        .zip(kinds.iter())
        .all(|(column, kind)| column.kind == *kind)
    {
        return relation;
    }
    let rows = relation.rows;
    Relation::new(relation.columns, move |frame| {
        let rows = rows(frame)?;
        let made = rows.iter().map(|row| {
            row.iter()
                .zip(kinds.iter())
                .map(|(cell, kind)| super::coerce::widened(cell.clone(), kind))
                .collect()
        });
        made.collect::<Result<Vec<Row>, SqlError>>().map(Rc::new)
    })
}
