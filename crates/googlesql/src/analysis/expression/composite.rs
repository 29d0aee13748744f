//! Arrays, structs and subqueries as values.

use super::{TypedResult, implied_name};
use crate::analysis::scope::Scope;
use crate::analysis::{Analyzer, Literal, Typed};
use crate::error::SqlError;
use crate::execution::evaluate;
use crate::kind;
use crate::memory;
use crate::syntax::ast::{Expression, Position, Query};
use crate::value::{Column, ColumnType as T, Value};

impl Analyzer<'_> {
    pub(super) fn array(
        &self,
        scope: &Scope<'_>,
        kind: Option<&T>,
        items: &[Expression],
        at: Position,
    ) -> TypedResult {
        let mut values = items
            .iter()
            .map(|item| self.expression(scope, item))
            .collect::<Result<Vec<_>, _>>()?;
        let inner = if let Some(kind) = kind {
            for (typed, tree) in values.iter_mut().zip(items) {
                let from = kind::name(&typed.kind);
                *typed = self.coerced(typed, kind, tree.at)?.ok_or_else(|| {
                    self.wrong(
                        tree.at,
                        format!(
                            "Array element type {from} does not coerce to {}",
                            kind::name(kind)
                        ),
                    )
                })?;
            }
            kind.clone()
        } else {
            let (inner, unified) = self.unified(values, "Array elements of types", at)?;
            values = unified;
            inner
        };
        if matches!(inner, T::Array(_)) {
            return Err(self.wrong(
                at,
                "Cannot construct array with element type ARRAY because nested arrays are not supported",
            ));
        }
        let empty = values.is_empty() && kind.is_none();
        let mut typed = Typed::new(T::Array(Box::new(inner)), move |frame| {
            let items = evaluate(values.iter().map(|item| &item.run), frame)?;
            array_of(items)
        });
        if empty {
            typed.literal = Literal::EmptyArray;
        }
        Ok(typed)
    }

    pub(super) fn struct_constructor(
        &self,
        scope: &Scope<'_>,
        fields: Option<&[Column]>,
        items: &[(Option<String>, Expression)],
        at: Position,
    ) -> TypedResult {
        let mut values = items
            .iter()
            .map(|(_, item)| self.expression(scope, item))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(fields) = fields {
            if fields.len() != items.len() {
                return Err(self.wrong(at, "STRUCT type has a different number of fields than values"));
            }
            for ((typed, field), (_, tree)) in values.iter_mut().zip(fields).zip(items) {
                let from = kind::name(&typed.kind);
                *typed = self.coerced(typed, &field.kind, tree.at)?.ok_or_else(|| {
                    self.wrong(
                        tree.at,
                        format!(
                            "Struct field of type {from} does not coerce to {}",
                            kind::name(&field.kind)
                        ),
                    )
                })?;
            }
            return Ok(Typed::from_fields(fields.to_vec(), values));
        }
        let fields = items.iter().zip(&values).map(|((name, tree), typed)| {
            let name = name.clone().or_else(|| implied_name(tree)).unwrap_or_default();
            Column::nullable(name, typed.kind.clone())
        });
        Ok(Typed::from_fields(fields.collect(), values))
    }

    pub(super) fn array_query(&self, scope: &Scope<'_>, query: &Query) -> TypedResult {
        let relation = self.query(scope, query)?;
        let [column] = relation.columns.as_slice() else {
            return Err(self.wrong(query.at, "ARRAY subquery cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values"));
        };
        let kind = T::Array(Box::new(column.kind.clone()));
        Ok(Typed::new(kind, move |frame| {
            let rows = (relation.rows)(frame)?;
            let mut items = frame.session.memory.hold();
            items.add(rows.iter().map(|row| memory::bytes_of(&row[0])).sum())?;
            array_of(rows.iter().map(|row| row[0].clone()).collect())
        }))
    }

    pub(super) fn scalar_query(&self, scope: &Scope<'_>, query: &Query, at: Position) -> TypedResult {
        let relation = self.query(scope, query)?;
        let [column] = relation.columns.as_slice() else {
            return Err(self.wrong(at, "Scalar subquery cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values"));
        };
        Ok(Typed::new(column.kind.clone(), move |frame| {
            let rows = (relation.rows)(frame)?;
            match rows.as_slice() {
                [] => Ok(Value::Null),
                [row] => Ok(row[0].clone()),
                _ => Err(SqlError::invalid(
                    "Scalar subquery produced more than one element",
                )),
            }
        }))
    }
}

/// The array of these elements, if it is not too large.
fn array_of(items: Vec<Value>) -> Result<Value, SqlError> {
    let array = Value::Array(items);
    memory::check_size(memory::size(&array), "ARRAY").map_err(SqlError::invalid)?;
    Ok(array)
}
