//! `IS`, `IN` and `LIKE`: whether a value is one of some, or looks like something.

use super::{Made, not, or};
use crate::analysis::scope::Scope;
use crate::analysis::{Analyst, Typed};
use crate::compare;
use crate::error::SqlError;
use crate::syntax::tree::{Among, Expression, Operator, Place};
use crate::value::{ColumnType as T, Value};
use std::cmp::Ordering;

impl Analyst<'_> {
    pub(super) fn is(&self, scope: &Scope<'_>, value: &Expression, what: Option<bool>, not: bool) -> Made {
        let run = match what {
            None => self.expression(scope, value)?.run,
            Some(_) => self.condition(scope, value, "IS")?.run,
        };
        let expected = what.map_or(Value::Null, Value::Bool);
        Ok(Typed::new(T::Bool, move |frame| {
            Ok(Value::Bool((run(frame)? == expected) != not))
        }))
    }

    pub(super) fn among(
        &self,
        scope: &Scope<'_>,
        value: &Expression,
        among: &Among,
        negated: bool,
        at: Place,
    ) -> Made {
        let found = match among {
            Among::List(items) => {
                let tests = items
                    .iter()
                    .map(|item| Ok(self.compared(scope, Operator::Equal, value, item, at)?.run))
                    .collect::<Result<Vec<_>, SqlError>>()?;
                Typed::new(T::Bool, move |frame| {
                    let mut found = Value::Bool(false);
                    for test in &tests {
                        found = or(&found, &test(frame)?);
                        if found == Value::Bool(true) {
                            break;
                        }
                    }
                    Ok(found)
                })
            }
            Among::Unnest(array) => {
                let value = self.expression(scope, value)?;
                let array = self.expression(scope, array)?;
                let wanted = T::Array(Box::new(value.kind.clone()));
                let (value, array) = match (self.coerced(&array, &wanted, at)?, &array.kind) {
                    (Some(array), _) => (value, array),
                    (None, T::Array(inner)) => match self.coerced(&value, inner, at)? {
                        Some(value) => (value, array),
                        None => return Err(self.no_signature("IN UNNEST", &[value, array], at)),
                    },
                    _ => return Err(self.no_signature("IN UNNEST", &[value, array], at)),
                };
                Typed::new(T::Bool, move |frame| {
                    let items = match (array.run)(frame)? {
                        Value::Array(items) => items,
                        _ => Vec::new(),
                    };
                    Ok(within(&(value.run)(frame)?, items.iter()))
                })
            }
            Among::Query(query) => {
                let value = self.expression(scope, value)?;
                let relation = self.query(scope, query)?;
                let [column] = relation.columns.as_slice() else {
                    return Err(self.wrong(at, "Subquery of type IN must have only one output column"));
                };
                let Some(kind) =
                    crate::analysis::coerce::common(&[value.clone(), Typed::cell(column.kind.clone(), 0, 0)])
                else {
                    let both = [value, Typed::cell(column.kind.clone(), 0, 0)];
                    return Err(self.no_signature("IN", &both, at));
                };
                let cell = self.coerced(&Typed::cell(column.kind.clone(), 0, 0), &kind, at)?;
                let (Some(value), Some(cell)) = (self.coerced(&value, &kind, at)?, cell) else {
                    return Err(self.no_signature("IN", &[value], at));
                };
                Typed::new(T::Bool, move |frame| {
                    let rows = (relation.rows)(frame)?;
                    let items = rows
                        .iter()
                        .map(|row| (cell.run)(&frame.inner(row)))
                        .collect::<Result<Vec<_>, _>>()?;
                    Ok(within(&(value.run)(frame)?, items.iter()))
                })
            }
        };
        let run = found.run;
        Ok(Typed::new(T::Bool, move |frame| {
            Ok(if negated { not(run(frame)?) } else { run(frame)? })
        }))
    }

    pub(super) fn like(
        &self,
        scope: &Scope<'_>,
        value: &Expression,
        pattern: &Expression,
        negated: bool,
        at: Place,
    ) -> Made {
        let (value, pattern) = self.pair(scope, value, pattern, "LIKE", at)?;
        if !matches!(value.kind, T::String | T::Bytes) {
            return Err(self.no_signature("LIKE", &[value, pattern], at));
        }
        Ok(Typed::new(T::Bool, move |frame| {
            let found = match ((value.run)(frame)?, (pattern.run)(frame)?) {
                (Value::Text(text), Value::Text(pattern)) => {
                    let letters: Vec<char> = text.chars().collect();
                    let pattern: Vec<char> = pattern.chars().collect();
                    Value::Bool(compare::like(&letters, &pattern).map_err(SqlError::invalid)?)
                }
                (Value::Bytes(bytes), Value::Bytes(pattern)) => {
                    let wide = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<Vec<_>>();
                    Value::Bool(compare::like(&wide(&bytes), &wide(&pattern)).map_err(SqlError::invalid)?)
                }
                _ => Value::Null,
            };
            Ok(if negated { not(found) } else { found })
        }))
    }
}

/// Whether a value is among others: NULL if it may be.
pub(super) fn within<'v>(value: &Value, mut others: impl Iterator<Item = &'v Value>) -> Value {
    let mut unsure = false;
    let found = others.any(|other| {
        let unknown = *value == Value::Null || *other == Value::Null;
        unsure |= unknown;
        !unknown && compare::order(value, other) == Ordering::Equal
    });
    match (found, unsure) {
        (true, _) => Value::Bool(true),
        (false, true) => Value::Null,
        (false, false) => Value::Bool(false),
    }
}
