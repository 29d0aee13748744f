//! The values of expressions: numbers, truth, JSON, and the errors of an evaluation.

use crate::plugin::wrangler::decimal::Decimal;
use crate::plugin::wrangler::row::Cell;
use googlesql::limits::MAX_VALUE_BYTES;
use regex::Regex;

/// Why an evaluation failed.
#[derive(Debug)]
pub(super) enum EvalError {
    /// JEXL throws an exception at this column.
    Jexl(usize),
    /// A text is not a number.
    TypeMismatch(String),
    /// A function throws an exception with this message.
    Function(String),
    /// The sandbox does not support this.
    Unsupported(String),
}

/// The truth of a value; `None` for null, which is an error in strict arithmetic.
pub(super) fn truth(cell: &Cell) -> Option<bool> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Bool(truth) => *truth,
        Cell::Long(number) => *number != 0,
        Cell::Float(number) => *number != 0.0 && !number.is_nan(),
        Cell::Text(text) => text.eq_ignore_ascii_case("true"),
        Cell::Decimal(text) => {
            Decimal::parse(text).is_some_and(|d| d.precision() > 1 || d.truncated() != Some(0))
        }
        _ => false,
    })
}

#[derive(Clone, Copy)]
pub(super) enum Number {
    Long(i64),
    Float(f64),
    Decimal(Decimal),
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "Java's `doubleValue` loses as much")]
    pub fn float(self) -> f64 {
        match self {
            Self::Long(number) => number as f64,
            Self::Float(number) => number,
            Self::Decimal(number) => number.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    pub fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Long(number) => Decimal::parse(&number.to_string()),
            Self::Float(number) => Decimal::parse(&number.to_string()),
            Self::Decimal(number) => Some(number),
        }
    }
}

/// The number in a cell. A text with a point or an exponent is a floating-point number, another one an integer.
pub(super) fn number(cell: &Cell) -> Result<Number, EvalError> {
    let no_number = |text: &str| EvalError::TypeMismatch(format!("For input string: \"{text}\""));
    match cell {
        Cell::Long(number) => Ok(Number::Long(*number)),
        Cell::Float(number) => Ok(Number::Float(*number)),
        Cell::Bool(truth) => Ok(Number::Long((*truth).into())),
        Cell::Decimal(text) => Decimal::parse(text).map(Number::Decimal).ok_or_else(too_large),
        Cell::Text(text) if text.is_empty() => Ok(Number::Long(0)),
        Cell::Text(text) if text.contains(['.', 'e', 'E']) => {
            text.parse().map(Number::Float).map_err(|_| no_number(text))
        }
        Cell::Text(text) => text.parse().map(Number::Long).map_err(|_| no_number(text)),
        other => Err(EvalError::TypeMismatch(format!(
            "For input string: \"{}\"",
            other.text()
        ))),
    }
}

/// A text with each match replaced. `most` is how many matches are.
///
/// # Errors
/// A text that is longer than a value may be; it is measured before it is made.
pub(in crate::plugin::wrangler) fn replaced(
    text: &str,
    pattern: &Regex,
    by: &str,
    most: usize,
) -> Result<String, String> {
    // A group is a part of its match, and `$` names one.
    let groups = by.matches('$').count();
    let (mut out, mut from) = (String::new(), 0);
    for found in pattern.captures_iter(text).take(most) {
        let Some(whole) = found.get(0) else {
            continue;
        };
        let longest = out.len() + whole.start() - from + by.len() + groups.saturating_mul(whole.len());
        if longest > MAX_VALUE_BYTES {
            return Err(format!("A text of more than {MAX_VALUE_BYTES} bytes"));
        }
        out.push_str(&text[from..whole.start()]);
        found.expand(by, &mut out);
        from = whole.end();
    }
    out.push_str(&text[from..]);
    Ok(out)
}

pub(super) fn too_large() -> EvalError {
    EvalError::Unsupported("A number of more digits than 64 bits hold".to_owned())
}
