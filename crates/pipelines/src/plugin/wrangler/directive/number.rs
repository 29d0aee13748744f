//! Directives about types and numbers: `set-type`, `quantize`.

use super::super::decimal::Decimal;
use super::super::row::Cell;
use super::super::trouble::Trouble;
use super::super::usage::Arguments;
use super::{Work, changing};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<Work, Trouble>> {
    match name {
        "set-type" => Some(set_type(arguments)),
        "quantize" => Some(quantize(arguments)),
        _ => None,
    }
}

/// How a decimal is cut.
struct Cut {
    scale: Option<u32>,
    precision: Option<u32>,
    mode: String,
}

impl Cut {
    fn of(arguments: &Arguments) -> Result<Self, Trouble> {
        let scale = arguments
            .whole("scale")
            .and_then(|scale| u32::try_from(scale).ok());
        let precision = arguments.property("precision", "precision");
        let precision: Option<i64> = precision.and_then(|text| text.parse().ok());
        if precision.is_some_and(|precision| precision < 1) {
            return Err(Trouble::Failed("precision cannot be less than 1".to_owned()));
        }
        let mode = match arguments.text("rounding-mode") {
            Some(_) if scale.is_none() && precision.is_none() => {
                let said = "'rounding-mode' can only be specified when a 'scale' or 'precision' is set";
                return Err(Trouble::Failed(said.to_owned()));
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
            let said = format!("Specified rounding-mode '{mode}' is not a valid Java rounding mode");
            return Err(Trouble::Failed(said));
        }
        Ok(Self {
            scale,
            precision: precision.and_then(|precision| u32::try_from(precision).ok()),
            mode: mode.to_owned(),
        })
    }

    fn apply(&self, number: Decimal) -> Result<Decimal, Trouble> {
        let mode = self.mode.as_str();
        let cut = match (self.scale, self.precision) {
            (None, None) => Some(number),
            (Some(scale), None) => number.rescaled(scale, mode),
            (None, Some(precision)) => number.rounded(precision, mode),
            (Some(scale), Some(precision)) => {
                let whole = number.precision().saturating_sub(number.scale()).max(1);
                if precision.checked_sub(scale).is_none_or(|room| room < whole) {
                    return Err(Trouble::Failed(format!(
                        "Cannot set scale as '{scale}' and precision as '{precision}' for value '{number}' whengiven precision - scale is less than number of digits before decimal point "
                    )));
                }
                number
                    .rescaled(scale, mode)
                    .and_then(|number| number.rounded(precision, mode))
            }
        };
        let told = |given: Option<u32>| given.map_or_else(|| "null".to_owned(), |number| number.to_string());
        cut.ok_or_else(|| {
            Trouble::Failed(format!(
                "Cannot set scale as '{}' and precision '{}' for value '{number}' when rounding-mode is '{mode}'",
                told(self.scale),
                told(self.precision)
            ))
        })
    }
}

fn set_type(arguments: &Arguments) -> Result<Work, Trouble> {
    let (column, kind) = (arguments.required("column"), arguments.required("type"));
    let decimal = kind.eq_ignore_ascii_case("decimal");
    let cut = if decimal { Some(Cut::of(arguments)?) } else { None };
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

#[expect(
    clippy::cast_possible_truncation,
    reason = "Java's casts stop at the ends, too"
)]
fn convert(column: &str, kind: &str, cell: &Cell) -> Result<Cell, Trouble> {
    let unreadable = || {
        Trouble::executing(
            "set-type",
            format!("Column '{column}' cannot be converted to a '{kind}'."),
        )
    };
    let upper = kind.to_uppercase();
    let whole = |low: i64, high: i64| match cell {
        Cell::Text(text) => {
            let parsed = text
                .parse::<i64>()
                .ok()
                .filter(|number| (low..=high).contains(number));
            parsed.map(Some).ok_or_else(unreadable)
        }
        Cell::Whole(number) => Ok(Some(*number)),
        Cell::Float(number) => Ok(Some((*number as i64).clamp(low, high))),
        Cell::Decimal(text) => Ok(Decimal::parse(text)
            .and_then(Decimal::truncated)
            .map(|number| number as i64)),
        _ => Ok(None),
    };
    let float = || match cell {
        Cell::Text(text) => text.trim().parse::<f64>().map(Some).map_err(|_| unreadable()),
        #[expect(clippy::cast_precision_loss, reason = "Java's `doubleValue` loses as much")]
        Cell::Whole(number) => Ok(Some(*number as f64)),
        Cell::Float(number) => Ok(Some(*number)),
        Cell::Decimal(text) => Ok(text.parse().ok()),
        _ => Ok(None),
    };
    let converted = match upper.as_str() {
        // What does not fit is cut off, as `Long.intValue` cuts.
        "INTEGER" | "INT" | "I64" => {
            whole(i32::MIN.into(), i32::MAX.into())?.map(|number| Cell::Whole(i64::from(number as i32)))
        }
        "SHORT" | "I32" => {
            whole(i16::MIN.into(), i16::MAX.into())?.map(|number| Cell::Whole(i64::from(number as i16)))
        }
        "LONG" => whole(i64::MIN, i64::MAX)?.map(Cell::Whole),
        "FLOAT" | "DOUBLE" => float()?.map(Cell::Float),
        "DECIMAL" => match cell {
            Cell::Text(text) => Some(Decimal::parse(text).ok_or_else(unreadable)?),
            Cell::Whole(_) | Cell::Decimal(_) => Decimal::parse(&cell.text()),
            Cell::Float(number) => Decimal::parse(&super::super::row::java_double(*number)),
            _ => None,
        }
        .map(|number| Cell::Decimal(number.to_string())),
        "BOOL" | "BOOLEAN" => match cell {
            Cell::Bool(truth) => Some(Cell::Bool(*truth)),
            Cell::Text(text) => Some(Cell::Bool(text.eq_ignore_ascii_case("true"))),
            Cell::Whole(number) => Some(Cell::Bool(*number > 0)),
            Cell::Float(number) => Some(Cell::Bool(*number > 0.0)),
            Cell::Decimal(text) => Decimal::parse(text).map(|number| Cell::Bool(number.is_positive())),
            _ => None,
        },
        "STRING" => Some(Cell::Text(cell.text())),
        "BYTES" => match cell {
            Cell::Text(text) => Some(Cell::Bytes(text.clone().into_bytes())),
            Cell::Bytes(bytes) => Some(Cell::Bytes(bytes.clone())),
            Cell::Whole(number) => Some(Cell::Bytes(number.to_be_bytes().to_vec())),
            Cell::Float(number) => Some(Cell::Bytes(number.to_be_bytes().to_vec())),
            _ => None,
        },
        _ => {
            return Err(Trouble::Failed(format!(
                "Column '{column}' is of unsupported type '{upper}'. Supported types are: int, short, long, double, decimal, boolean, string, bytes"
            )));
        }
    };
    converted.ok_or_else(|| {
        Trouble::Failed(format!(
            "Column '{column}' has value of type '{}' and cannot be converted to a '{upper}'.",
            cell.class()
        ))
    })
}

fn quantize(arguments: &Arguments) -> Result<Work, Trouble> {
    const NAME: &str = "quantize";
    let (source, target) = (arguments.required("source"), arguments.required("destination"));
    let mut ranges = Vec::new();
    for (low, high, value) in arguments.ranges("ranges") {
        let bounds = low.parse::<f64>().ok().zip(high.parse::<f64>().ok());
        let (low, high) =
            bounds.ok_or_else(|| Trouble::unsupported(NAME, format!("The range {low}:{high}")))?;
        ranges.push((low, high, value.clone()));
    }
    Ok(changing(move |row| {
        let wanted = "'String', 'Float' or 'Double'.";
        let number = match row.get(&source) {
            None => {
                return Err(Trouble::executing(
                    NAME,
                    format!("Column '{source}' does not exist."),
                ));
            }
            Some(Cell::Null) => {
                let said = format!("Column '{source}' has null value. It should be a non-null {wanted}");
                return Err(Trouble::executing(NAME, said));
            }
            Some(Cell::Float(number)) => *number,
            Some(Cell::Text(text)) => text.trim().parse().map_err(|_| {
                let said = format!("Column '{source}' has invalid type. It should be of type {wanted}");
                Trouble::executing(NAME, said)
            })?,
            Some(other) => {
                let said = format!(
                    "Column '{source}' has invalid type '{}'. It should be of type {wanted}",
                    other.class()
                );
                return Err(Trouble::executing(NAME, said));
            }
        };
        // The last range that was put in wins where two meet.
        let found = ranges
            .iter()
            .rev()
            .find(|(low, high, _)| (*low..=*high).contains(&number));
        let cell = found.map_or(Cell::Null, |(_, _, value)| Cell::Text(value.clone()));
        row.add_or_set(&target, cell);
        Ok(())
    }))
}
