//! Functions of numbers, and of any type that has an order.

use super::arithmetic;
use super::entry::{Context, Entry};
use crate::cast::{to_float, to_numeric};
use crate::compare;
use crate::numeric::Numeric;
use crate::syntax::ast::Operator;
use crate::value::Value;
use std::cmp::Ordering;

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("ABS", "N -> N", abs),
    ("SIGN", "N -> N", sign),
    ("ROUND", "INT64 -> FLOAT64", round),
    ("ROUND", "NUMERIC INT64? -> NUMERIC", round),
    ("ROUND", "FLOAT64 INT64? -> FLOAT64", round),
    ("TRUNC", "NUMERIC INT64? -> NUMERIC", trunc),
    ("TRUNC", "FLOAT64 INT64? -> FLOAT64", trunc),
    ("CEIL", "INT64 -> FLOAT64", ceil),
    ("CEIL", "NUMERIC -> NUMERIC", ceil),
    ("CEIL", "FLOAT64 -> FLOAT64", ceil),
    ("CEILING", "NUMERIC -> NUMERIC", ceil),
    ("CEILING", "FLOAT64 -> FLOAT64", ceil),
    ("FLOOR", "INT64 -> FLOAT64", floor),
    ("FLOOR", "NUMERIC -> NUMERIC", floor),
    ("FLOOR", "FLOAT64 -> FLOAT64", floor),
    ("MOD", "INT64 INT64 -> INT64", modulo),
    ("MOD", "NUMERIC NUMERIC -> NUMERIC", modulo),
    ("DIV", "INT64 INT64 -> INT64", div),
    ("POW", "FLOAT64 FLOAT64 -> FLOAT64", |v, _| {
        float(v, |a| a[0].powf(a[1]))
    }),
    ("POWER", "FLOAT64 FLOAT64 -> FLOAT64", |v, _| {
        float(v, |a| a[0].powf(a[1]))
    }),
    ("SQRT", "FLOAT64 -> FLOAT64", |v, _| float(v, |a| a[0].sqrt())),
    ("EXP", "FLOAT64 -> FLOAT64", |v, _| float(v, |a| a[0].exp())),
    ("LN", "FLOAT64 -> FLOAT64", |v, _| float(v, |a| a[0].ln())),
    ("LOG", "FLOAT64 FLOAT64? -> FLOAT64", |v, _| {
        float(v, |a| a.get(1).map_or_else(|| a[0].ln(), |base| a[0].log(*base)))
    }),
    ("LOG10", "FLOAT64 -> FLOAT64", |v, _| float(v, |a| a[0].log10())),
    ("IS_NAN", "FLOAT64 -> BOOL", |v, _| {
        Ok(Value::Bool(compare::is_nan(&v[0])))
    }),
    ("IS_INF", "FLOAT64 -> BOOL", |v, _| {
        Ok(Value::Bool(matches!(v[0], Value::Float(f) if f.is_infinite())))
    }),
    ("RAND", "-> FLOAT64", random),
    ("SAFE_DIVIDE", "NUMERIC NUMERIC -> NUMERIC", |v, _| {
        Ok(safe(Operator::Divide, v))
    }),
    ("SAFE_DIVIDE", "FLOAT64 FLOAT64 -> FLOAT64", |v, _| {
        Ok(safe(Operator::Divide, v))
    }),
    ("SAFE_ADD", "N N -> N", |v, _| Ok(safe(Operator::Add, v))),
    ("SAFE_SUBTRACT", "N N -> N", |v, _| {
        Ok(safe(Operator::Subtract, v))
    }),
    ("SAFE_MULTIPLY", "N N -> N", |v, _| {
        Ok(safe(Operator::Multiply, v))
    }),
    ("SAFE_NEGATE", "N -> N", |v, _| {
        Ok(arithmetic::negative(&v[0]).unwrap_or(Value::Null))
    }),
    ("IEEE_DIVIDE", "FLOAT64 FLOAT64 -> FLOAT64", |v, _| {
        float(v, |a| a[0] / a[1])
    }),
    ("GREATEST", "T T* -> T", |v, _| {
        Ok(compare::extreme(v, Ordering::Greater))
    }),
    ("LEAST", "T T* -> T", |v, _| {
        Ok(compare::extreme(v, Ordering::Less))
    }),
    ("RANGE_BUCKET", "T ARRAY<T> -> INT64", range_bucket),
    ("GENERATE_UUID", "-> STRING", |_, _| {
        Ok(Value::Text(uuid::Uuid::new_v4().to_string()))
    }),
    ("SESSION_USER", "-> STRING", |_, context| {
        Ok(Value::Text(format!(
            "sandbox@{}.iam.gserviceaccount.com",
            context.project
        )))
    }),
    ("PARSE_NUMERIC", "STRING -> NUMERIC", |v, _| {
        to_numeric(&v[0])
            .map(numeric)
            .ok_or_else(|| "Invalid NUMERIC value".into())
    }),
    ("BIT_COUNT", "INT64 -> INT64", |v, _| {
        Ok(if let Value::Int(n) = v[0] {
            Value::Int(n.count_ones().into())
        } else {
            Value::Null
        })
    }),
];

fn numeric(number: Numeric) -> Value {
    Value::Numeric(number.to_string())
}

/// A function of floats.
///
/// # Errors
/// The result is NaN, and no argument is.
fn float(values: &[Value], compute: fn(&[f64]) -> f64) -> ValueResult {
    let numbers: Vec<f64> = values
        .iter()
        .map(|value| to_float(value).unwrap_or(f64::NAN))
        .collect();
    let result = compute(&numbers);
    if result.is_nan() && !numbers.iter().any(|number| number.is_nan()) {
        return Err(format!(
            "Floating point error in function: argument {}",
            numbers[0]
        ));
    }
    Ok(Value::Float(result))
}

fn safe(operator: Operator, values: &[Value]) -> Value {
    arithmetic::compute(operator, &values[0], &values[1]).unwrap_or(Value::Null)
}

fn abs(values: &[Value], _: &Context<'_>) -> ValueResult {
    Ok(match &values[0] {
        Value::Int(number) => Value::Int(
            number
                .checked_abs()
                .ok_or_else(|| format!("int64 overflow: ABS({number})"))?,
        ),
        Value::Float(number) => Value::Float(number.abs()),
        other => to_numeric(other).map_or(Value::Null, |number| numeric(number.absolute())),
    })
}

fn sign(values: &[Value], _: &Context<'_>) -> ValueResult {
    Ok(match &values[0] {
        Value::Int(number) => Value::Int(number.signum()),
        Value::Float(number) if *number == 0.0 || number.is_nan() => Value::Float(*number),
        Value::Float(number) => Value::Float(number.signum()),
        other => to_numeric(other).map_or(Value::Null, |number| numeric(Numeric::from_int(number.signum()))),
    })
}

fn digits(values: &[Value]) -> i64 {
    match values.get(1) {
        Some(Value::Int(digits)) => *digits,
        _ => 0,
    }
}

/// A float rounded to `digits` decimal places.
fn to_digits(number: f64, digits: i64, round: fn(f64) -> f64) -> f64 {
    let Ok(digits) = i32::try_from(digits) else {
        return number;
    };
    let unit = 10_f64.powi(digits);
    let result = round(number * unit) / unit;
    if result.is_finite() { result } else { number }
}

fn round(values: &[Value], _: &Context<'_>) -> ValueResult {
    match &values[0] {
        Value::Numeric(_) => {
            let result = to_numeric(&values[0]).and_then(|number| number.round(digits(values)));
            result
                .map(numeric)
                .ok_or_else(|| "numeric overflow in ROUND".into())
        }
        other => Ok(Value::Float(to_digits(
            to_float(other).unwrap_or(f64::NAN),
            digits(values),
            f64::round,
        ))),
    }
}

fn trunc(values: &[Value], _: &Context<'_>) -> ValueResult {
    match &values[0] {
        Value::Numeric(_) => {
            let result = to_numeric(&values[0]).and_then(|number| number.truncate(digits(values)));
            result
                .map(numeric)
                .ok_or_else(|| "numeric overflow in TRUNC".into())
        }
        other => Ok(Value::Float(to_digits(
            to_float(other).unwrap_or(f64::NAN),
            digits(values),
            f64::trunc,
        ))),
    }
}

fn ceil(values: &[Value], _: &Context<'_>) -> ValueResult {
    match &values[0] {
        Value::Numeric(_) => {
            let result = to_numeric(&values[0]).and_then(Numeric::ceiling);
            result
                .map(numeric)
                .ok_or_else(|| "numeric overflow in CEIL".into())
        }
        other => Ok(Value::Float(to_float(other).unwrap_or(f64::NAN).ceil())),
    }
}

fn floor(values: &[Value], _: &Context<'_>) -> ValueResult {
    match &values[0] {
        Value::Numeric(_) => {
            let result = to_numeric(&values[0]).and_then(Numeric::floor);
            result
                .map(numeric)
                .ok_or_else(|| "numeric overflow in FLOOR".into())
        }
        other => Ok(Value::Float(to_float(other).unwrap_or(f64::NAN).floor())),
    }
}

fn modulo(values: &[Value], _: &Context<'_>) -> ValueResult {
    match (&values[0], &values[1]) {
        (Value::Int(a), Value::Int(b)) => match b {
            0 => Err(format!("division by zero: MOD({a}, {b})")),
            _ => Ok(Value::Int(a.wrapping_rem(*b))),
        },
        (a, b) => {
            let (Some(a), Some(b)) = (to_numeric(a), to_numeric(b)) else {
                return Ok(Value::Null);
            };
            a.modulo(b)
                .map(numeric)
                .ok_or_else(|| format!("division by zero: MOD({a}, {b})"))
        }
    }
}

fn div(values: &[Value], _: &Context<'_>) -> ValueResult {
    match (&values[0], &values[1]) {
        (Value::Int(a), Value::Int(0)) => Err(format!("division by zero: DIV({a}, 0)")),
        (Value::Int(a), Value::Int(b)) => a
            .checked_div(*b)
            .map(Value::Int)
            .ok_or_else(|| format!("int64 overflow: DIV({a}, {b})")),
        _ => Ok(Value::Null),
    }
}

#[expect(clippy::cast_precision_loss, reason = "53 of 64 random bits are as random")]
fn random(_: &[Value], _: &Context<'_>) -> ValueResult {
    let (bits, _) = uuid::Uuid::new_v4().as_u64_pair();
    Ok(Value::Float(
        (bits.rotate_left(20) >> 11) as f64 / (1_u64 << 53) as f64,
    ))
}

fn range_bucket(values: &[Value], _: &Context<'_>) -> ValueResult {
    let Value::Array(bounds) = &values[1] else {
        return Ok(Value::Null);
    };
    let below = bounds
        .iter()
        .filter(|bound| compare::order(bound, &values[0]) != Ordering::Greater)
        .count();
    Ok(Value::Int(i64::try_from(below).unwrap_or(i64::MAX)))
}
