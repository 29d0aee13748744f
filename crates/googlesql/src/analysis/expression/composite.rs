//! Arrays and structs, written out or made of queries.

use super::{Made, implied_name};
use crate::analysis::scope::Scope;
use crate::analysis::{Analyst, Loose, Typed};
use crate::error::SqlError;
use crate::kind;
use crate::syntax::tree::{Expression, Place, Query};
use crate::value::{Column, ColumnType, Value};
use ColumnType as T;

impl Analyst<'_> {
    pub(super) fn array(&self, scope: &Scope<'_>, kind: Option<&T>, items: &[Expression], at: Place) -> Made {
        let mut made = items
            .iter()
            .map(|item| self.expression(scope, item))
            .collect::<Result<Vec<_>, _>>()?;
        let inner = if let Some(kind) = kind {
            for (typed, tree) in made.iter_mut().zip(items) {
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
            let (inner, unified) = self.unified(made, "Array elements of types", at)?;
            made = unified;
            inner
        };
        if matches!(inner, T::Array(_)) {
            return Err(self.wrong(
                at,
                "Cannot construct array with element type ARRAY because nested arrays are not supported",
            ));
        }
        let empty = made.is_empty() && kind.is_none();
        let mut typed = Typed::new(T::Array(Box::new(inner)), move |frame| {
            made.iter()
                .map(|item| (item.run)(frame))
                .collect::<Result<_, _>>()
                .map(Value::Array)
        });
        if empty {
            typed.loose = Loose::Null;
        }
        Ok(typed)
    }

    pub(super) fn structure(
        &self,
        scope: &Scope<'_>,
        fields: Option<&[Column]>,
        items: &[(Option<String>, Expression)],
        at: Place,
    ) -> Made {
        let mut made = items
            .iter()
            .map(|(_, item)| self.expression(scope, item))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(fields) = fields {
            if fields.len() != items.len() {
                return Err(self.wrong(at, "STRUCT type has a different number of fields than values"));
            }
            for ((typed, field), (_, tree)) in made.iter_mut().zip(fields).zip(items) {
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
            return Ok(struct_of(fields.to_vec(), made));
        }
        let fields = items.iter().zip(&made).map(|((name, tree), typed)| {
            let name = name.clone().or_else(|| implied_name(tree)).unwrap_or_default();
            Column::nullable(name, typed.kind.clone())
        });
        Ok(struct_of(fields.collect(), made))
    }

    pub(super) fn array_query(&self, scope: &Scope<'_>, query: &Query) -> Made {
        let relation = self.query(scope, query)?;
        let [column] = relation.columns.as_slice() else {
            return Err(self.wrong(query.at, "ARRAY subquery cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values"));
        };
        let kind = T::Array(Box::new(column.kind.clone()));
        Ok(Typed::new(kind, move |frame| {
            let rows = (relation.rows)(frame)?;
            Ok(Value::Array(rows.iter().map(|row| row[0].clone()).collect()))
        }))
    }

    pub(super) fn scalar_query(&self, scope: &Scope<'_>, query: &Query, at: Place) -> Made {
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

/// Values as the fields of one STRUCT.
pub(in crate::analysis) fn struct_of(fields: Vec<Column>, values: Vec<Typed>) -> Typed {
    let all = values.iter().map(|typed| match &typed.loose {
        Loose::Literal(value) => Some(value.clone()),
        _ => None,
    });
    let literal: Option<Vec<Value>> = all.collect();
    let mut typed = Typed::new(T::Struct(fields), move |frame| {
        values
            .iter()
            .map(|value| (value.run)(frame))
            .collect::<Result<_, _>>()
            .map(Value::Struct)
    });
    if let Some(values) = literal {
        typed.loose = Loose::Literal(Value::Struct(values));
    }
    typed
}
