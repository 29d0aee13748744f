//! Arithmetic operators and their overflows.

use crate::cast::{self, to_float, to_numeric};
use crate::datetime::date_of;
use crate::numeric::Numeric;
use crate::syntax::ast::Operator;
use crate::value::Value;
use chrono::TimeDelta;

/// The operator on two numbers of one type; NULL if one is NULL.
pub(crate) fn compute(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Int(a), Value::Int(b)) => ints(operator, *a, *b),
        (Value::Numeric(_), Value::Numeric(_)) => {
            let (a, b) = (to_numeric(left), to_numeric(right));
            let (Some(a), Some(b)) = (a, b) else {
                return Err("Invalid NUMERIC value".into());
            };
            let result = match operator {
                Operator::Add => a.add(b),
                Operator::Subtract => a.add(b.negate()),
                Operator::Multiply => a.multiply(b),
                Operator::Divide if b == Numeric::ZERO => return Err(division_by_zero(left, right)),
                _ => a.divide(b),
            };
            result
                .map(|number| Value::Numeric(number.to_string()))
                .ok_or_else(|| {
                    format!(
                        "numeric overflow: {} {} {}",
                        text(left),
                        sign(operator),
                        text(right)
                    )
                })
        }
        _ => {
            let (a, b) = (
                to_float(left).unwrap_or(f64::NAN),
                to_float(right).unwrap_or(f64::NAN),
            );
            let result = match operator {
                Operator::Add => a + b,
                Operator::Subtract => a - b,
                Operator::Multiply => a * b,
                _ if b == 0.0 => return Err(division_by_zero(left, right)),
                _ => a / b,
            };
            if result.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(format!("floating point overflow: {a} {} {b}", sign(operator)));
            }
            Ok(Value::Float(result))
        }
    }
}

fn ints(operator: Operator, a: i64, b: i64) -> Result<Value, String> {
    let shift = || u32::try_from(b).map_err(|_| "Bitwise shift by negative offset.".to_owned());
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::BitAnd => Some(a & b),
        Operator::BitOr => Some(a | b),
        Operator::BitXor => Some(a ^ b),
        Operator::ShiftLeft => Some(a.checked_shl(shift()?).unwrap_or(0)),
        // A logical shift: zeros come in from the left, for negative numbers too.
        Operator::ShiftRight => Some(a.cast_unsigned().checked_shr(shift()?).unwrap_or(0).cast_signed()),
        _ => None,
    };
    result
        .map(Value::Int)
        .ok_or_else(|| format!("int64 overflow: {a} {} {b}", sign(operator)))
}

fn division_by_zero(left: &Value, right: &Value) -> String {
    format!("division by zero: {} / {}", text(left), text(right))
}

fn text(value: &Value) -> String {
    cast::text(value).unwrap_or_default()
}

const fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        _ => "/",
    }
}

pub(crate) fn negative(value: &Value) -> Result<Value, String> {
    match value {
        Value::Int(number) => number
            .checked_neg()
            .map(Value::Int)
            .ok_or_else(|| format!("int64 overflow: -({number})")),
        Value::Float(number) => Ok(Value::Float(-number)),
        Value::Numeric(_) => {
            let number = to_numeric(value).ok_or("Invalid NUMERIC value")?;
            Ok(Value::Numeric(number.negate().to_string()))
        }
        _ => Ok(Value::Null),
    }
}

/// A DATE plus or minus a number of days.
pub(crate) fn add_days(operator: Operator, date: &Value, count: &Value) -> Result<Value, String> {
    let (Some(date), Value::Int(count)) = (date_of(date), count) else {
        return Ok(Value::Null);
    };
    let count = if operator == Operator::Subtract {
        -count
    } else {
        *count
    };
    let moved = TimeDelta::try_days(count).and_then(|days| date.checked_add_signed(days));
    moved
        .map(|date| Value::Date(date.to_string()))
        .ok_or_else(|| "Date overflow".to_owned())
}
