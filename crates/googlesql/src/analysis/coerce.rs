//! Implicit coercion, and the common supertype of several expressions.

use super::{Analyzer, Literal, Typed};
use crate::cast::{self, cast};
use crate::error::SqlError;
use crate::kind;
use crate::syntax::ast::Position;
use crate::value::{ColumnType as T, Value};
use std::rc::Rc;

/// Whether any expression of one type coerces to the other: INT64 to NUMERIC, NUMERIC to FLOAT64.
/// Source: "Conversion rules" of the GoogleSQL reference.
fn widens(from: &T, to: &T) -> bool {
    matches!(
        (from, to),
        (T::Int64, T::Numeric | T::Float64) | (T::Numeric, T::Float64) | (T::Date, T::DateTime)
    )
}

/// Whether a literal of one type coerces to the other, beyond that.
fn literal_coerces(from: &T, to: &T) -> bool {
    matches!(
        (from, to),
        (
            T::String,
            T::Date | T::DateTime | T::Time | T::Timestamp | T::Bytes
        ) | (T::Float64, T::Numeric)
            | (T::Date, T::Timestamp)
    )
}

impl Analyzer<'_> {
    /// The expression coerced to a type; `None` if its type does not coerce.
    ///
    /// # Errors
    /// A literal whose type coerces, but whose value cannot be read so.
    pub(crate) fn coerced(&self, typed: &Typed, to: &T, at: Position) -> Result<Option<Typed>, SqlError> {
        if &typed.kind == to {
            return Ok(Some(typed.clone()));
        }
        if typed.literal == Literal::Null {
            let run = typed.run.clone();
            let mut coerced = Typed::from_run(to.clone(), run);
            coerced.literal = Literal::Null;
            return Ok(Some(coerced));
        }
        if typed.literal == Literal::EmptyArray && matches!(to, T::Array(_)) {
            return Ok(Some(Typed::from_run(to.clone(), typed.run.clone())));
        }
        if let Some(value) = &typed.literal_for(to)
            && literal_coerces(&typed.kind, to)
        {
            return if let Ok(value) = cast(value, to) {
                Ok(Some(Typed::constant(to.clone(), value)))
            } else {
                let text = cast::text(value).unwrap_or_default();
                let message = format!("Could not cast literal \"{text}\" to type {}", kind::name(to));
                Err(self.wrong(at, message))
            };
        }
        if widens(&typed.kind, to) {
            let (run, target) = (typed.run.clone(), to.clone());
            let mut coerced = Typed::new(to.clone(), move |frame| {
                cast(&run(frame)?, &target).map_err(SqlError::invalid)
            });
            if let Literal::Value(value) = &typed.literal
                && let Ok(value) = cast(value, to)
            {
                coerced.literal = Literal::Value(value);
            }
            return Ok(Some(coerced));
        }
        Ok(coerced_inside(typed, to))
    }

    /// All expressions coerced to their common supertype; `what` names them in the error.
    pub(super) fn unified(
        &self,
        all: Vec<Typed>,
        what: &str,
        at: Position,
    ) -> Result<(T, Vec<Typed>), SqlError> {
        let kind = common_supertype(&all).ok_or_else(|| {
            let kinds: Vec<_> = all.iter().map(|typed| kind::name(&typed.kind)).collect();
            self.wrong(
                at,
                format!("{what} have no common supertype: {}", kinds.join(", ")),
            )
        })?;
        let mut coerced = Vec::with_capacity(all.len());
        for typed in &all {
            match self.coerced(typed, &kind, at)? {
                Some(typed) => coerced.push(typed),
                None => return Err(self.wrong(at, format!("{what} have no common supertype"))),
            }
        }
        Ok((kind, coerced))
    }
}

/// An array or struct with its parts coerced.
fn coerced_inside(typed: &Typed, to: &T) -> Option<Typed> {
    if !fits(&typed.kind, to) {
        return None;
    }
    let (run, target) = (Rc::clone(&typed.run), to.clone());
    Some(Typed::new(to.clone(), move |frame| {
        convert(run(frame)?, &target).map_err(SqlError::invalid)
    }))
}

/// Whether arrays and structs of one type coerce to the other: the same shape, whose parts coerce.
fn fits(from: &T, to: &T) -> bool {
    match (from, to) {
        (T::Array(a), T::Array(b)) => a == b || fits(a, b),
        (T::Struct(a), T::Struct(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|(a, b)| a.kind == b.kind || fits(&a.kind, &b.kind))
        }
        _ => from == to || widens(from, to),
    }
}

fn convert(value: Value, to: &T) -> Result<Value, String> {
    match (value, to) {
        (Value::Array(items), T::Array(kind)) => items
            .into_iter()
            .map(|item| convert(item, kind))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        (Value::Struct(items), T::Struct(fields)) => {
            let parts = items
                .into_iter()
                .zip(fields)
                .map(|(item, field)| convert(item, &field.kind));
            parts.collect::<Result<_, _>>().map(Value::Struct)
        }
        (value, _) => cast(&value, to),
    }
}

/// The type to which all of these coerce; INT64 if all are NULL.
pub(super) fn common_supertype(all: &[Typed]) -> Option<T> {
    let typed_ones: Vec<&Typed> = all
        .iter()
        .filter(|typed| !matches!(typed.literal, Literal::Null | Literal::EmptyArray))
        .collect();
    let Some(first) = typed_ones.first() else {
        let empty = all.iter().find(|typed| typed.literal == Literal::EmptyArray);
        return Some(empty.or(all.first()).map_or(T::Int64, |typed| typed.kind.clone()));
    };
    // The type of an expression that is not a literal is preferred.
    let not_literals: Vec<&&Typed> = typed_ones
        .iter()
        .filter(|typed| typed.literal == Literal::No)
        .collect();
    let candidates = not_literals
        .iter()
        .chain(typed_ones.iter().collect::<Vec<_>>().iter())
        .map(|typed| typed.kind.clone())
        .collect::<Vec<_>>();
    let suits_all = |to: &T| {
        typed_ones.iter().all(|typed| {
            let literal = matches!(typed.literal, Literal::Value(_)) && literal_coerces(&typed.kind, to);
            fits(&typed.kind, to) || literal
        })
    };
    let found = candidates.iter().find(|kind| suits_all(kind)).cloned();
    found
        .or_else(|| [T::Numeric, T::Float64].into_iter().find(suits_all))
        .or_else(|| {
            let same = typed_ones.iter().all(|typed| typed.kind == first.kind);
            same.then(|| first.kind.clone())
        })
}

/// The common supertype of two columns of a set operation.
pub(super) fn common_column_type(left: &T, right: &T) -> Option<T> {
    if left == right || fits(right, left) {
        return Some(left.clone());
    }
    fits(left, right).then(|| right.clone())
}

/// A value in a wider type.
pub(super) fn widen(value: Value, to: &T) -> Result<Value, SqlError> {
    convert(value, to).map_err(SqlError::invalid)
}
