//! The value of each aggregate function, from its arguments without those that are left out.

use super::AggregateFunction as F;
use crate::cast::{to_float, to_numeric};
use crate::compare;
use crate::numeric::Numeric;
use crate::value::{ColumnType, Value};
use std::cmp::Ordering;

type ValueResult = Result<Value, String>;

/// The aggregate's value. `kind` is its type; the values of `MAX_BY` and `MIN_BY` are pairs of the value to compare and
/// the value to return.
///
/// # Errors
/// The sum is too large for its type.
pub(super) fn reduce(
    function: F,
    kind: &ColumnType,
    values: Vec<Value>,
    separator: Option<&Value>,
) -> ValueResult {
    Ok(match function {
        F::Count | F::ApproxCountDistinct => count(values.len()),
        F::CountIf => count(values.iter().filter(|value| **value == Value::Bool(true)).count()),
        F::Min => compare::extreme(&values, Ordering::Less),
        F::Max => compare::extreme(&values, Ordering::Greater),
        F::MinBy => extreme_by(&values, Ordering::Less),
        F::MaxBy => extreme_by(&values, Ordering::Greater),
        F::AnyValue => values.into_iter().next().unwrap_or(Value::Null),
        F::ArrayConcatAgg => {
            let items = values.into_iter().flat_map(|value| match value {
                Value::Array(items) => items,
                _ => Vec::new(),
            });
            Value::Array(items.collect())
        }
        F::LogicalAnd | F::LogicalOr | F::ArrayAgg | F::StringAgg if values.is_empty() => Value::Null,
        F::LogicalAnd => Value::Bool(values.iter().all(|value| *value == Value::Bool(true))),
        F::LogicalOr => Value::Bool(values.contains(&Value::Bool(true))),
        F::ArrayAgg => Value::Array(values),
        F::StringAgg => join(&values, separator),
        F::Sum | F::Avg | F::StdDev if values.is_empty() => Value::Null,
        F::Sum if *kind == ColumnType::Int64 => return sum_of_ints(&values),
        F::Sum | F::Avg if *kind == ColumnType::Numeric => return statistic_of_numerics(function, &values),
        F::Sum | F::Avg | F::StdDev => statistic_of_floats(function, &values),
    })
}

/// The values without those that cannot change the aggregate's value.
pub(super) fn compact(function: F, values: Vec<Value>) -> Vec<Value> {
    match function {
        F::Min => vec![compare::extreme(&values, Ordering::Less)],
        F::Max => vec![compare::extreme(&values, Ordering::Greater)],
        F::MinBy => extreme_pair(&values, Ordering::Less)
            .cloned()
            .into_iter()
            .collect(),
        F::MaxBy => extreme_pair(&values, Ordering::Greater)
            .cloned()
            .into_iter()
            .collect(),
        F::AnyValue => values.into_iter().take(1).collect(),
        _ => values,
    }
}

fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The second value of the pair whose first is the smallest or largest.
fn extreme_by(pairs: &[Value], wanted: Ordering) -> Value {
    match extreme_pair(pairs, wanted) {
        Some(Value::Struct(pair)) => pair.last().cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

fn extreme_pair(pairs: &[Value], wanted: Ordering) -> Option<&Value> {
    let first = |pair: &Value| match pair {
        Value::Struct(pair) => pair.first().cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    };
    pairs.iter().reduce(|best, pair| {
        if compare::order(&first(pair), &first(best)) == wanted {
            pair
        } else {
            best
        }
    })
}

fn join(values: &[Value], separator: Option<&Value>) -> Value {
    if let Some(Value::Bytes(_)) = values.first() {
        let separator = match separator {
            Some(Value::Bytes(separator)) => separator.clone(),
            _ => b",".to_vec(),
        };
        let parts = values.iter().map(|value| match value {
            Value::Bytes(bytes) => bytes.as_slice(),
            _ => &[],
        });
        return Value::Bytes(parts.collect::<Vec<_>>().join(separator.as_slice()));
    }
    let separator = match separator {
        Some(Value::Text(separator)) => separator.as_str(),
        _ => ",",
    };
    let parts = values.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    Value::Text(parts.collect::<Vec<_>>().join(separator))
}

fn sum_of_ints(values: &[Value]) -> ValueResult {
    let mut total = 0_i64;
    for value in values {
        if let Value::Int(number) = value {
            total = total.checked_add(*number).ok_or("int64 overflow in SUM")?;
        }
    }
    Ok(Value::Int(total))
}

fn statistic_of_numerics(function: F, values: &[Value]) -> ValueResult {
    let mut total = Numeric::ZERO;
    for value in values {
        let number = to_numeric(value).ok_or("Invalid NUMERIC value")?;
        total = total.add(number).ok_or("numeric overflow: SUM")?;
    }
    if function == F::Avg {
        let count = Numeric::from_int(i64::try_from(values.len()).unwrap_or(i64::MAX));
        total = total.divide(count).ok_or("numeric overflow: AVG")?;
    }
    Ok(Value::Numeric(total.to_string()))
}

fn statistic_of_floats(function: F, values: &[Value]) -> Value {
    let numbers: Vec<f64> = values.iter().filter_map(to_float).collect();
    let total: f64 = numbers.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "no table here has 2^53 rows")]
    let count = numbers.len() as f64;
    match function {
        F::Sum => Value::Float(total),
        F::Avg => Value::Float(total / count),
        // The standard deviation of a sample needs two values.
        _ if numbers.len() < 2 => Value::Null,
        _ => {
            let mean = total / count;
            let spread: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
            Value::Float((spread / (count - 1.0)).sqrt())
        }
    }
}
