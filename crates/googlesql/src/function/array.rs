//! Functions of ARRAYs.

use super::text::{count, int, text};
use super::{Context, Line};
use crate::cast;
use crate::compare;
use crate::value::Value;
use std::cmp::Ordering;

type Out = Result<Value, String>;

pub(super) const LINES: &[Line] = &[
    ("ARRAY_LENGTH", "ARRAY<T> -> INT64", |v, _| {
        Ok(count(items(v, 0).len()))
    }),
    ("ARRAY_CONCAT", "ARRAY<T> ARRAY<T>* -> ARRAY<T>", concat),
    ("ARRAY_REVERSE", "ARRAY<T> -> ARRAY<T>", |v, _| {
        Ok(Value::Array(items(v, 0).iter().rev().cloned().collect()))
    }),
    ("ARRAY_FIRST", "ARRAY<T> -> T", |v, _| {
        items(v, 0)
            .first()
            .cloned()
            .ok_or_else(|| "ARRAY_FIRST cannot get the first element of an empty array".into())
    }),
    ("ARRAY_LAST", "ARRAY<T> -> T", |v, _| {
        items(v, 0)
            .last()
            .cloned()
            .ok_or_else(|| "ARRAY_LAST cannot get the last element of an empty array".into())
    }),
    ("ARRAY_INCLUDES", "ARRAY<T> T -> BOOL", |v, _| {
        Ok(Value::Bool(
            items(v, 0)
                .iter()
                .any(|item| compare::order(item, &v[1]) == Ordering::Equal),
        ))
    }),
    (
        "ARRAY_TO_STRING",
        "ARRAY<STRING> STRING STRING? -> STRING",
        to_string,
    ),
    ("GENERATE_ARRAY", "INT64 INT64 INT64? -> ARRAY<INT64>", generate),
    ("GENERATE_DATE_ARRAY", "DATE DATE -> ARRAY<DATE>", generate_dates),
    (
        "GENERATE_DATE_ARRAY",
        "DATE DATE INT64 STRING -> ARRAY<DATE>",
        generate_dates,
    ),
];

fn items(values: &[Value], index: usize) -> &[Value] {
    match values.get(index) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

pub(super) fn concat(values: &[Value], _: &Context<'_>) -> Out {
    Ok(Value::Array(
        (0..values.len())
            .flat_map(|i| items(values, i).to_vec())
            .collect(),
    ))
}

fn to_string(values: &[Value], _: &Context<'_>) -> Out {
    let instead = values.get(2).map(|_| text(values, 2).to_owned());
    let parts = items(values, 0).iter().filter_map(|item| match item {
        Value::Null => instead.clone(),
        other => cast::text(other),
    });
    Ok(Value::Text(parts.collect::<Vec<_>>().join(text(values, 1))))
}

/// How many elements an array may have that a function makes.
const MOST: usize = 1_048_575;

fn generate(values: &[Value], _: &Context<'_>) -> Out {
    let (mut at, end) = (int(values, 0), int(values, 1));
    let step = if values.len() > 2 { int(values, 2) } else { 1 };
    if step == 0 {
        return Err("Sequence step cannot be 0.".into());
    }
    let mut made = Vec::new();
    while (step > 0 && at <= end) || (step < 0 && at >= end) {
        made.push(Value::Int(at));
        if made.len() > MOST {
            return Err("Cannot generate arrays with more than 1048575 elements.".into());
        }
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(Value::Array(made))
}

fn generate_dates(values: &[Value], context: &Context<'_>) -> Out {
    let (step, part) = if values.len() > 2 {
        (values[2].clone(), values[3].clone())
    } else {
        (Value::Int(1), Value::Text("DAY".into()))
    };
    let Value::Int(step) = step else {
        return Ok(Value::Null);
    };
    if step == 0 {
        return Err("Sequence step cannot be 0.".into());
    }
    let add = super::of_name("DATE_ADD")
        .next()
        .ok_or("DATE_ADD is missing")?
        .compute;
    let mut made: Vec<Value> = Vec::new();
    for turn in 0.. {
        let count = Value::Int(step * turn);
        let next = add(&[values[0].clone(), count, part.clone()], context)?;
        let order = compare::order(&next, &values[1]);
        if (step > 0 && order == Ordering::Greater)
            || (step < 0 && order == Ordering::Less)
            || made.len() > MOST
        {
            break;
        }
        made.push(next);
    }
    Ok(Value::Array(made))
}
