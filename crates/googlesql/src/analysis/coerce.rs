//! Which type may stand for which, and the one that several have in common.

use super::{Analyst, Loose, Typed};
use crate::cast::cast;
use crate::error::SqlError;
use crate::kind;
use crate::syntax::tree::Place;
use crate::value::{ColumnType, Value};
use std::rc::Rc;

use ColumnType as T;

/// Whether a value of one type is one of the other without a word: INT64 is a NUMERIC, a NUMERIC is a FLOAT64.
/// Source: "Conversion rules" of the GoogleSQL reference.
fn widens(from: &T, to: &T) -> bool {
    matches!(
        (from, to),
        (T::Int64, T::Numeric | T::Float64) | (T::Numeric, T::Float64) | (T::Date, T::DateTime)
    )
}

/// What a literal may be read as, beyond that.
fn literal_reads(from: &T, to: &T) -> bool {
    matches!(
        (from, to),
        (
            T::String,
            T::Date | T::DateTime | T::Time | T::Timestamp | T::Bytes
        ) | (T::Float64, T::Numeric)
            | (T::Date, T::Timestamp)
    )
}

impl Analyst<'_> {
    /// The expression as one of this type; `None` if it cannot be one.
    ///
    /// # Errors
    /// A literal that could be one by its type, but not by its value.
    pub(crate) fn coerced(&self, typed: &Typed, to: &T, at: Place) -> Result<Option<Typed>, SqlError> {
        if &typed.kind == to {
            return Ok(Some(typed.clone()));
        }
        if typed.loose == Loose::Null {
            let run = typed.run.clone();
            return Ok(Some(Typed {
                kind: to.clone(),
                run,
                loose: Loose::Null,
            }));
        }
        if let Loose::Literal(value) = &typed.loose
            && literal_reads(&typed.kind, to)
        {
            return if let Ok(value) = cast(value, to) {
                Ok(Some(Typed::constant(to.clone(), value)))
            } else {
                let text = crate::cast::text(value).unwrap_or_default();
                let message = format!("Could not cast literal \"{text}\" to type {}", kind::name(to));
                Err(self.wrong(at, message))
            };
        }
        if widens(&typed.kind, to) {
            let (run, target) = (typed.run.clone(), to.clone());
            let mut made = Typed::new(to.clone(), move |frame| {
                cast(&run(frame)?, &target).map_err(SqlError::invalid)
            });
            if let Loose::Literal(value) = &typed.loose
                && let Ok(value) = cast(value, to)
            {
                made.loose = Loose::Literal(value);
            }
            return Ok(Some(made));
        }
        Ok(coerced_inside(typed, to))
    }

    /// All of them in the type that they have in common.
    ///
    /// # Errors
    /// None; `what` says what they are the parts of.
    pub(super) fn unified(
        &self,
        all: Vec<Typed>,
        what: &str,
        at: Place,
    ) -> Result<(T, Vec<Typed>), SqlError> {
        let kind = common(&all).ok_or_else(|| {
            let kinds: Vec<_> = all.iter().map(|typed| kind::name(&typed.kind)).collect();
            self.wrong(
                at,
                format!("{what} have no common supertype: {}", kinds.join(", ")),
            )
        })?;
        let mut made = Vec::with_capacity(all.len());
        for typed in &all {
            match self.coerced(typed, &kind, at)? {
                Some(typed) => made.push(typed),
                None => return Err(self.wrong(at, format!("{what} have no common supertype"))),
            }
        }
        Ok((kind, made))
    }
}

/// Arrays and structs, part by part.
fn coerced_inside(typed: &Typed, to: &T) -> Option<Typed> {
    if !fits(&typed.kind, to) {
        return None;
    }
    let (run, target) = (Rc::clone(&typed.run), to.clone());
    Some(Typed::new(to.clone(), move |frame| {
        into(run(frame)?, &target).map_err(SqlError::invalid)
    }))
}

/// Whether a composed value can be one of the other type: the same shape, parts that are or widen.
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

fn into(value: Value, to: &T) -> Result<Value, String> {
    match (value, to) {
        (Value::Array(items), T::Array(kind)) => items
            .into_iter()
            .map(|item| into(item, kind))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        (Value::Struct(items), T::Struct(fields)) => {
            let parts = items
                .into_iter()
                .zip(fields)
                .map(|(item, field)| into(item, &field.kind));
            parts.collect::<Result<_, _>>().map(Value::Struct)
        }
        (value, _) => cast(&value, to),
    }
}

/// The type that all of these have or widen to; INT64 for nothing but NULLs.
pub(crate) fn common(all: &[Typed]) -> Option<T> {
    let firm: Vec<&Typed> = all.iter().filter(|typed| typed.loose != Loose::Null).collect();
    let Some(first) = firm.first() else {
        return Some(all.first().map_or(T::Int64, |typed| typed.kind.clone()));
    };
    // A column's type goes before a literal's.
    let fixed: Vec<&&Typed> = firm.iter().filter(|typed| typed.loose == Loose::No).collect();
    let candidates = fixed
        .iter()
        .chain(firm.iter().collect::<Vec<_>>().iter())
        .map(|typed| typed.kind.clone())
        .collect::<Vec<_>>();
    let serves = |to: &T| {
        firm.iter().all(|typed| {
            let literal = matches!(typed.loose, Loose::Literal(_)) && literal_reads(&typed.kind, to);
            fits(&typed.kind, to) || literal
        })
    };
    let found = candidates.iter().find(|kind| serves(kind)).cloned();
    found
        .or_else(|| [T::Numeric, T::Float64].into_iter().find(serves))
        .or_else(|| {
            let same = firm.iter().all(|typed| typed.kind == first.kind);
            same.then(|| first.kind.clone())
        })
}

/// The type that two columns have in common: of a UNION's.
pub(super) fn common_kinds(left: &T, right: &T) -> Option<T> {
    if left == right || fits(right, left) {
        return Some(left.clone());
    }
    fits(left, right).then(|| right.clone())
}

/// A row's cell in a wider type.
pub(super) fn widened(value: Value, to: &T) -> Result<Value, SqlError> {
    into(value, to).map_err(SqlError::invalid)
}
