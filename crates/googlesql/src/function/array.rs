//! Functions of ARRAYs.

use super::argument::{count, int, items, text};
use super::calendar;
use super::entry::{Context, Entry};
use crate::cast;
use crate::compare;
use crate::memory;
use crate::value::Value;
use std::cmp::Ordering;

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("ARRAY_LENGTH", "ARRAY<T> -> INT64", |v, _| {
        Ok(count(items(v, 0).len()))
    }),
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

fn to_string(values: &[Value], _: &Context<'_>) -> ValueResult {
    let null_text = values.get(2).map(|_| text(values, 2).to_owned());
    let parts = items(values, 0).iter().filter_map(|item| match item {
        Value::Null => null_text.clone(),
        other => cast::text(other),
    });
    let (mut whole, between) = (String::new(), text(values, 1));
    for (index, part) in parts.enumerate() {
        if index > 0 {
            whole.push_str(between);
        }
        whole.push_str(&part);
        memory::check_size(whole.len(), "ARRAY_TO_STRING")?;
    }
    Ok(Value::Text(whole))
}

/// The largest array that `GENERATE_ARRAY` can return.
const MAX_ELEMENTS: usize = 1_048_575;

const TOO_MANY: &str = "Cannot generate arrays with more than 1048575 elements.";

fn generate(values: &[Value], _: &Context<'_>) -> ValueResult {
    let (mut at, end) = (int(values, 0), int(values, 1));
    let step = if values.len() > 2 { int(values, 2) } else { 1 };
    if step == 0 {
        return Err("Sequence step cannot be 0.".into());
    }
    let mut numbers = Vec::new();
    while (step > 0 && at <= end) || (step < 0 && at >= end) {
        numbers.push(Value::Int(at));
        if numbers.len() > MAX_ELEMENTS {
            return Err(TOO_MANY.into());
        }
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(Value::Array(numbers))
}

fn generate_dates(values: &[Value], context: &Context<'_>) -> ValueResult {
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
    let mut dates: Vec<Value> = Vec::new();
    for index in 0.. {
        let Some(count) = step.checked_mul(index).map(Value::Int) else {
            break;
        };
        // The first date is in range: what is beyond it is beyond the last one too.
        let next = match calendar::date_add(&[values[0].clone(), count, part.clone()], context) {
            Ok(next) => next,
            Err(_) if index > 0 => break,
            Err(error) => return Err(error),
        };
        let order = compare::order(&next, &values[1]);
        if (step > 0 && order == Ordering::Greater) || (step < 0 && order == Ordering::Less) {
            break;
        }
        if dates.len() == MAX_ELEMENTS {
            return Err(TOO_MANY.into());
        }
        dates.push(next);
    }
    Ok(Value::Array(dates))
}
