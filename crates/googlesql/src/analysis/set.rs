//! UNION, INTERSECT and EXCEPT: both queries are coerced to common column types.

use super::{Analyzer, Relation, coerce};
use crate::compare;
use crate::error::SqlError;
use crate::kind;
use crate::memory;
use crate::syntax::ast::{Node, Position, QueryBody, SetOperator};
use crate::value::{Column, ColumnType as T, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// One of the two queries.
pub(super) struct Operand<'t> {
    pub relation: Relation,
    /// Its syntax tree.
    pub body: &'t QueryBody,
}

impl Analyzer<'_> {
    pub(super) fn set_operation(
        &self,
        operator: SetOperator,
        distinct: bool,
        left: Operand<'_>,
        right: Operand<'_>,
        at: Position,
    ) -> Result<Relation, SqlError> {
        let (columns, left, right) = self.coerce_operands(left, right, operator, at)?;
        Ok(Relation::new(columns, move |frame| {
            let (left, right) = ((left.rows)(frame)?, (right.rows)(frame)?);
            let mut seen = HashSet::new();
            let mut once = |row: &[Value]| !distinct || seen.insert(compare::key(row.iter()));
            let mut combined = frame.session.rows();
            if operator == SetOperator::Union {
                for rows in [left, right] {
                    memory::consume(rows, |row| {
                        if once(&row) {
                            combined.push(row.into_owned())?;
                        }
                        Ok(())
                    })?;
                }
            } else {
                let other: HashSet<u128> = right.iter().map(|row| compare::key(row.iter())).collect();
                let wanted = operator == SetOperator::Intersect;
                let kept = left
                    .iter()
                    .filter(|row| other.contains(&compare::key(row.iter())) == wanted);
                for row in kept.filter(|row| once(row)) {
                    combined.push(row.clone())?;
                }
            }
            Ok(Rc::new(combined))
        }))
    }

    /// The columns of the result, and both relations with their values in these types.
    pub(super) fn coerce_operands(
        &self,
        left: Operand<'_>,
        right: Operand<'_>,
        operator: SetOperator,
        at: Position,
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
                _ => coerce::common_column_type(&a.kind, &b.kind),
            };
            let kind = common.ok_or_else(|| {
                let (a, b) = (kind::name(&a.kind), kind::name(&b.kind));
                self.wrong(
                    at,
                    format!("Column {} in {name} has incompatible types: {a}, {b}", i + 1),
                )
            })?;
            Ok::<_, SqlError>(Column { kind, ..a.clone() })
        });
        let columns = pairs.collect::<Result<Vec<_>, _>>()?;
        let kinds: Rc<Vec<T>> = Rc::new(columns.iter().map(|column| column.kind.clone()).collect());
        let (left, right) = (left.relation, right.relation);
        Ok((columns, converted(left, kinds.clone()), converted(right, kinds)))
    }
}

/// Whether a column is a literal NULL in the query's text, which coerces to any type.
fn is_null(body: &QueryBody, index: usize) -> bool {
    match body {
        QueryBody::Select(select) => {
            let output = select.output_expression(index);
            output.is_some_and(|expression| matches!(expression.node, Node::Null))
        }
        QueryBody::Query(query) => is_null(&query.body, index),
        QueryBody::Set { left, right, .. } => is_null(left, index) && is_null(right, index),
    }
}

/// The relation with its values in wider types.
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
        let mut widened = frame.session.rows();
        memory::consume(rows(frame)?, |row| {
            let cells = row.iter().zip(kinds.iter());
            let cells = cells.map(|(cell, kind)| coerce::widen(cell.clone(), kind));
            widened.push(cells.collect::<Result<_, SqlError>>()?)
        })?;
        Ok(Rc::new(widened))
    })
}
