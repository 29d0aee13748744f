//! The directives `set-type` and `quantize`.

use super::super::decimal::Decimal;
use super::super::error::DirectiveError;
use super::super::row::Cell;
use super::super::usage::Arguments;
use super::{RowFunction, modify_row};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    match name {
        "set-type" => Some(set_type(arguments)),
        "quantize" => Some(quantize(arguments)),
        _ => None,
    }
}

/// How `set-type` rounds a decimal.
struct Rounding {
    scale: Option<u32>,
    precision: Option<u32>,
    mode: String,
}

impl Rounding {
    fn from_arguments(arguments: &Arguments) -> Result<Self, DirectiveError> {
        let scale = arguments
            .integer("scale")
            .and_then(|scale| u32::try_from(scale).ok());
        let precision = arguments.property("precision", "precision");
        let precision: Option<i64> = precision.and_then(|text| text.parse().ok());
        if precision.is_some_and(|precision| precision < 1) {
            return Err(DirectiveError::Failed(
                "precision cannot be less than 1".to_owned(),
            ));
        }
        let mode = match arguments.text("rounding-mode") {
            Some(_) if scale.is_none() && precision.is_none() => {
                let message = "'rounding-mode' can only be specified when a 'scale' or 'precision' is set";
                return Err(DirectiveError::Failed(message.to_owned()));
            }
            Some(mode) => mode,
            None => "HALF_EVEN",
        };
        let known = [
            "UP",
            "DOWN",
            "CEILING",
            "FLOOR",
            "HALF_UP",
            "HALF_DOWN",
            "HALF_EVEN",
            "UNNECESSARY",
        ];
        if !known.contains(&mode) {
            let message = format!("Specified rounding-mode '{mode}' is not a valid Java rounding mode");
            return Err(DirectiveError::Failed(message));
        }
        Ok(Self {
            scale,
            precision: precision.and_then(|precision| u32::try_from(precision).ok()),
            mode: mode.to_owned(),
        })
    }

    fn apply(&self, number: Decimal) -> Result<Decimal, DirectiveError> {
        let mode = self.mode.as_str();
        let cut = match (self.scale, self.precision) {
            (None, None) => Some(number),
            (Some(scale), None) => number.with_scale(scale, mode),
            (None, Some(precision)) => number.with_precision(precision, mode),
            (Some(scale), Some(precision)) => {
                let whole = number.precision().saturating_sub(number.scale()).max(1);
                if precision.checked_sub(scale).is_none_or(|room| room < whole) {
                    return Err(DirectiveError::Failed(format!(
                        "Cannot set scale as '{scale}' and precision as '{precision}' for value '{number}' whengiven precision - scale is less than number of digits before decimal point "
                    )));
                }
                number
                    .with_scale(scale, mode)
                    .and_then(|number| number.with_precision(precision, mode))
            }
        };
        let shown = |given: Option<u32>| given.map_or_else(|| "null".to_owned(), |number| number.to_string());
        cut.ok_or_else(|| {
            DirectiveError::Failed(format!(
                "Cannot set scale as '{}' and precision '{}' for value '{number}' when rounding-mode is '{mode}'",
                shown(self.scale),
                shown(self.precision)
            ))
        })
    }
}

fn set_type(arguments: &Arguments) -> Result<RowFunction, DirectiveError> {
    let (column, kind) = (arguments.required("column"), arguments.required("type"));
    let decimal = kind.eq_ignore_ascii_case("decimal");
    let cut = if decimal {
        Some(Rounding::from_arguments(arguments)?)
    } else {
        None
    };
    Ok(Box::new(move |mut row, _| {
        let Some(at) = row.find(&column) else {
            return Ok(vec![row]);
        };
        let cell = &row.0[at].1;
        if *cell == Cell::Null || matches!(cell, Cell::Text(text) if text.trim().is_empty()) {
            return Ok(vec![row]);
        }
        let converted = convert(&column, &kind, cell)?;
        let converted = match (&cut, &converted) {
            (Some(cut), Cell::Decimal(text)) => match Decimal::parse(text) {
                Some(number) => Cell::Decimal(cut.apply(number)?.to_string()),
                None => converted,
            },
            _ => converted,
        };
        row.set(at, converted);
        Ok(vec![row])
    }))
}

/// Converts a cell to the type that `set-type` names.
fn convert(column: &str, kind: &str, cell: &Cell) -> Result<Cell, DirectiveError> {
    let unreadable = || {
        DirectiveError::execution(
            "set-type",
            format!("Column '{column}' cannot be converted to a '{kind}'."),
        )
    };
    let upper = kind.to_uppercase();
    let converted = match upper.as_str() {
        "INTEGER" | "INT" | "I64" => to_long(cell, 32),
        "SHORT" | "I32" => to_long(cell, 16),
        "LONG" => to_long(cell, 64),
        "FLOAT" | "DOUBLE" => to_double(cell),
        "DECIMAL" => to_decimal(cell),
        "BOOL" | "BOOLEAN" => Ok(to_boolean(cell)),
        "STRING" => Ok(Some(Cell::Text(cell.text()))),
        "BYTES" => Ok(to_bytes(cell)),
        _ => {
            return Err(DirectiveError::Failed(format!(
                "Column '{column}' is of unsupported type '{upper}'. Supported types are: int, short, long, double, decimal, boolean, string, bytes"
            )));
        }
    };
    converted.map_err(|_: Unreadable| unreadable())?.ok_or_else(|| {
        DirectiveError::Failed(format!(
            "Column '{column}' has value of type '{}' and cannot be converted to a '{upper}'.",
            cell.class()
        ))
    })
}

/// A text that does not have the form of the wanted type.
struct Unreadable;

/// A converted cell; `None` if its class cannot be converted.
type Converted = Result<Option<Cell>, Unreadable>;

/// Converts to an integer of this width; the excess bits of a number are cut off, as by `Long.intValue`.
#[expect(clippy::cast_possible_truncation, reason = "Java's casts truncate too")]
fn to_long(cell: &Cell, bits: u32) -> Converted {
    let excess = i64::BITS - bits;
    let (low, high) = (i64::MIN >> excess, i64::MAX >> excess);
    let number = match cell {
        Cell::Text(text) => {
            let number = text.parse::<i64>().ok();
            let number = number.filter(|number| (low..=high).contains(number));
            Some(number.ok_or(Unreadable)?)
        }
        Cell::Long(number) => Some(*number),
        Cell::Float(number) => Some((*number as i64).clamp(low, high)),
        Cell::Decimal(text) => Decimal::parse(text)
            .and_then(Decimal::truncated)
            .map(|number| number as i64),
        _ => None,
    };
    // The shifts keep the low bits and extend their sign.
    Ok(number.map(|number| Cell::Long(number << excess >> excess)))
}

fn to_double(cell: &Cell) -> Converted {
    Ok(match cell {
        Cell::Text(text) => Some(text.trim().parse().map_err(|_| Unreadable)?),
        #[expect(clippy::cast_precision_loss, reason = "Java's `doubleValue` loses as much")]
        Cell::Long(number) => Some(*number as f64),
        Cell::Float(number) => Some(*number),
        Cell::Decimal(text) => text.parse().ok(),
        _ => None,
    }
    .map(Cell::Float))
}

fn to_decimal(cell: &Cell) -> Converted {
    let number = match cell {
        Cell::Text(text) => Some(Decimal::parse(text).ok_or(Unreadable)?),
        Cell::Long(_) | Cell::Decimal(_) => Decimal::parse(&cell.text()),
        Cell::Float(number) => Decimal::parse(&super::super::row::java_double(*number)),
        _ => None,
    };
    Ok(number.map(|number| Cell::Decimal(number.to_string())))
}

fn to_boolean(cell: &Cell) -> Option<Cell> {
    match cell {
        Cell::Bool(truth) => Some(*truth),
        Cell::Text(text) => Some(text.eq_ignore_ascii_case("true")),
        Cell::Long(number) => Some(*number > 0),
        Cell::Float(number) => Some(*number > 0.0),
        Cell::Decimal(text) => Decimal::parse(text).map(Decimal::is_positive),
        _ => None,
    }
    .map(Cell::Bool)
}

fn to_bytes(cell: &Cell) -> Option<Cell> {
    match cell {
        Cell::Text(text) => Some(text.clone().into_bytes()),
        Cell::Bytes(bytes) => Some(bytes.clone()),
        Cell::Long(number) => Some(number.to_be_bytes().to_vec()),
        Cell::Float(number) => Some(number.to_be_bytes().to_vec()),
        _ => None,
    }
    .map(Cell::Bytes)
}

fn quantize(arguments: &Arguments) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "quantize";
    let (source, target) = (arguments.required("source"), arguments.required("destination"));
    let mut ranges = Vec::new();
    for (low, high, value) in arguments.ranges("ranges") {
        let bounds = low.parse::<f64>().ok().zip(high.parse::<f64>().ok());
        let (low, high) =
            bounds.ok_or_else(|| DirectiveError::unsupported(NAME, format!("The range {low}:{high}")))?;
        ranges.push((low, high, value.clone()));
    }
    Ok(modify_row(move |row| {
        let wanted = "'String', 'Float' or 'Double'.";
        let number = match row.get(&source) {
            None => {
                return Err(DirectiveError::execution(
                    NAME,
                    format!("Column '{source}' does not exist."),
                ));
            }
            Some(Cell::Null) => {
                let message = format!("Column '{source}' has null value. It should be a non-null {wanted}");
                return Err(DirectiveError::execution(NAME, message));
            }
            Some(Cell::Float(number)) => *number,
            Some(Cell::Text(text)) => text.trim().parse().map_err(|_| {
                let message = format!("Column '{source}' has invalid type. It should be of type {wanted}");
                DirectiveError::execution(NAME, message)
            })?,
            Some(other) => {
                let message = format!(
                    "Column '{source}' has invalid type '{}'. It should be of type {wanted}",
                    other.class()
                );
                return Err(DirectiveError::execution(NAME, message));
            }
        };
        // Where two ranges overlap, the last one counts.
        let found = ranges
            .iter()
            .rev()
            .find(|(low, high, _)| (*low..=*high).contains(&number));
        let cell = found.map_or(Cell::Null, |(_, _, value)| Cell::Text(value.clone()));
        row.add_or_set(&target, cell);
        Ok(())
    }))
}
