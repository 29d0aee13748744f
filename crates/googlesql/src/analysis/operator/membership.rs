//! `IS`, `IN` and `LIKE`.

use super::{TypedResult, not, or};
use crate::analysis::scope::Scope;
use crate::analysis::{Analyzer, Typed, coerce};
use crate::compare;
use crate::error::SqlError;
use crate::memory;
use crate::syntax::ast::{Expression, InOperand, Position, Query};
use crate::value::{ColumnType as T, Value};
use std::cmp::Ordering;

impl Analyzer<'_> {
    pub(super) fn is(
        &self,
        scope: &Scope<'_>,
        value: &Expression,
        what: Option<bool>,
        not: bool,
    ) -> TypedResult {
        let run = match what {
            None => self.expression(scope, value)?.run,
            Some(_) => self.condition(scope, value, "IS")?.run,
        };
        let expected = what.map_or(Value::Null, Value::Bool);
        Ok(Typed::new(T::Bool, move |frame| {
            Ok(Value::Bool((run(frame)? == expected) != not))
        }))
    }

    pub(super) fn is_in(
        &self,
        scope: &Scope<'_>,
        value: &Expression,
        operand: &InOperand,
        negated: bool,
        at: Position,
    ) -> TypedResult {
        let run = match operand {
            InOperand::List(items) => self.in_list(scope, value, items, at)?,
            InOperand::Unnest(array) => self.in_array(scope, value, array, at)?,
            InOperand::Query(query) => self.in_query(scope, value, query, at)?,
        }
        .run;
        Ok(Typed::new(T::Bool, move |frame| {
            Ok(if negated { not(run(frame)?) } else { run(frame)? })
        }))
    }

    fn in_list(
        &self,
        scope: &Scope<'_>,
        value: &Expression,
        items: &[Expression],
        at: Position,
    ) -> TypedResult {
        let value = self.expression(scope, value)?;
        let tests = items
            .iter()
            .map(|item| self.equal_to(&value, self.expression(scope, item)?, at))
            .collect::<Result<Vec<_>, SqlError>>()?;
        Ok(Typed::new(T::Bool, move |frame| {
            let value = (value.run)(frame)?;
            let mut found = Value::Bool(false);
            for test in &tests {
                found = or(&found, &test(&value, frame)?);
                if found == Value::Bool(true) {
                    break;
                }
            }
            Ok(found)
        }))
    }

    fn in_array(
        &self,
        scope: &Scope<'_>,
        value: &Expression,
        array: &Expression,
        at: Position,
    ) -> TypedResult {
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
        Ok(Typed::new(T::Bool, move |frame| {
            let items = match (array.run)(frame)? {
                Value::Array(items) => items,
                _ => Vec::new(),
            };
            Ok(contains(&items, &(value.run)(frame)?))
        }))
    }

    fn in_query(&self, scope: &Scope<'_>, value: &Expression, query: &Query, at: Position) -> TypedResult {
        let value = self.expression(scope, value)?;
        let relation = self.query(scope, query)?;
        let [column] = relation.columns.as_slice() else {
            return Err(self.wrong(at, "Subquery of type IN must have only one output column"));
        };
        let both = [value, Typed::cell(column.kind.clone(), 0, 0)];
        let Some(kind) = coerce::common_supertype(&both) else {
            return Err(self.no_signature("IN", &both, at));
        };
        let [value, cell] = both;
        let cell = self.coerced(&cell, &kind, at)?;
        let (Some(value), Some(cell)) = (self.coerced(&value, &kind, at)?, cell) else {
            return Err(self.no_signature("IN", &[value], at));
        };
        Ok(Typed::new(T::Bool, move |frame| {
            let rows = (relation.rows)(frame)?;
            let mut held = frame.session.memory.hold();
            held.add(rows.iter().map(|row| memory::bytes_of_row(row)).sum())?;
            let items = rows
                .iter()
                .map(|row| (cell.run)(&frame.inner(row)))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(contains(&items, &(value.run)(frame)?))
        }))
    }

    pub(super) fn like(
        &self,
        scope: &Scope<'_>,
        value: &Expression,
        pattern: &Expression,
        negated: bool,
        at: Position,
    ) -> TypedResult {
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

/// Whether a value is one of the items: NULL if a NULL leaves that open.
fn contains(items: &[Value], value: &Value) -> Value {
    let mut is_open = false;
    let found = items.iter().any(|item| {
        let unknown = *value == Value::Null || *item == Value::Null;
        is_open |= unknown;
        !unknown && compare::order(value, item) == Ordering::Equal
    });
    match (found, is_open) {
        (true, _) => Value::Bool(true),
        (false, true) => Value::Null,
        (false, false) => Value::Bool(false),
    }
}
