//! STRUCT and ARRAY values as `TO_JSON_STRING` writes them.
//!
//! On the wire they are lists of cells without names and types; the schema has those. The form follows BigQuery's
//! documentation ("JSON encodings") and the open-source GoogleSQL: numbers that a double cannot hold exactly are
//! strings, a NULL field is `null`, an ARRAY is never NULL.

use super::scalar::{boolean, micros, mismatch, scalar};
use super::schema::Column;
use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Up to here, and down to its negative, a double holds every whole number.
const EXACT: i64 = 1 << 53;

/// The JSON of a value; `None` for a NULL that is no array.
pub(super) fn json(value: &Value, column: &Column) -> Result<Option<String>, String> {
    if !column.repeated {
        return one(value, column);
    }
    let items = match value {
        // BigQuery stores a NULL array as an empty one.
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        _ => return Err(mismatch(column)),
    };
    let items = items.iter().map(|item| {
        let item = item.get("v").ok_or_else(|| mismatch(column))?;
        Ok(one(item, column)?.unwrap_or_else(null))
    });
    let items = items.collect::<Result<Vec<_>, String>>()?;
    Ok(Some(format!("[{}]", items.join(","))))
}

fn null() -> String {
    "null".to_owned()
}

/// A value, or one item of an array.
fn one(value: &Value, column: &Column) -> Result<Option<String>, String> {
    if column.kind == "RECORD" {
        return record(value, column);
    }
    let Some(text) = scalar(value, column)? else {
        return Ok(None);
    };
    let json = of_kind(&column.kind, &column.bounds, &text);
    json.map(Some).ok_or_else(|| mismatch(column))
}

fn record(value: &Value, column: &Column) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let cells = value.get("f").and_then(Value::as_array);
    let Some(cells) = cells.filter(|cells| cells.len() == column.fields.len()) else {
        return Err(mismatch(column));
    };
    let fields = cells.iter().zip(&column.fields).map(|(cell, field)| {
        let value = json(cell.get("v").unwrap_or(&Value::Null), field)?;
        Ok(format!("{}:{}", quoted(&field.name), value.unwrap_or_else(null)))
    });
    let fields = fields.collect::<Result<Vec<_>, String>>()?;
    Ok(Some(format!("{{{}}}", fields.join(","))))
}

/// A scalar; `None` if the text is not of this type.
fn of_kind(kind: &str, bounds_kind: &str, text: &str) -> Option<String> {
    Some(match kind {
        "BOOLEAN" => boolean(text)?.to_string(),
        "INTEGER" => whole(text.parse().ok()?),
        "FLOAT" => float(text)?,
        "NUMERIC" | "BIGNUMERIC" => decimal(text),
        "TIMESTAMP" => {
            let moment: DateTime<Utc> = DateTime::from_timestamp_micros(micros(text)?)?;
            quoted(&format!(
                "{}Z",
                thirds(&moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())
            ))
        }
        "DATETIME" | "TIME" => quoted(&thirds(text)),
        // It is JSON already; anything else would break what is around it.
        "JSON" => serde_json::from_str::<IgnoredAny>(text)
            .ok()
            .map(|_| text.to_owned())?,
        "INTERVAL" => quoted(&duration(text)?),
        "RANGE" => {
            let bound = |bound: Option<&str>| match bound {
                Some(text) => of_kind(bounds_kind, "", text),
                None => Some(null()),
            };
            let [start, end] = bounds(text)?;
            format!(r#"{{"start":{},"end":{}}}"#, bound(start)?, bound(end)?)
        }
        // STRING, BYTES (base64 already), DATE, GEOGRAPHY, and what is newer than this program.
        _ => quoted(text),
    })
}

/// A string of JSON. Line and paragraph separators are escaped too, because JavaScript ends lines at them.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn whole(number: i64) -> String {
    if (-EXACT..=EXACT).contains(&number) {
        number.to_string()
    } else {
        format!("\"{number}\"")
    }
}

/// A number if it is whole and a double holds it, else a string with all its digits.
fn decimal(text: &str) -> String {
    let plain = match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
        None => text,
    };
    plain.parse().map_or_else(|_| quoted(plain), whole)
}

/// A FLOAT64 as C++ writes it with `%g`, with as many digits as tell it from its neighbours.
fn float(text: &str) -> Option<String> {
    let number = match text.to_ascii_lowercase().trim_start_matches('+') {
        "nan" => return Some(quoted("NaN")),
        "inf" | "infinity" => return Some(quoted("Infinity")),
        "-inf" | "-infinity" => return Some(quoted("-Infinity")),
        finite => finite.parse::<f64>().ok()?,
    };
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let precision = if digits.chars().filter(char::is_ascii_digit).count() > 15 {
        17
    } else {
        15
    };
    if (-4..precision).contains(&exponent) {
        return Some(number.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.abs()))
}

/// A time with no fraction, or with groups of three digits.
fn thirds(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.') else {
        return text.to_owned();
    };
    let digits = fraction.trim_end_matches('0');
    match digits.len() {
        0 => whole.to_owned(),
        length => format!("{whole}.{digits:0<width$}", width = length.div_ceil(3) * 3),
    }
}

/// The two bounds of `[start, end)`; `None` for an open end.
pub(super) fn bounds(text: &str) -> Option<[Option<&str>; 2]> {
    let (start, end) = text.strip_prefix('[')?.strip_suffix(')')?.split_once(", ")?;
    Some([bound(start), bound(end)])
}

fn bound(text: &str) -> Option<&str> {
    (text != "UNBOUNDED" && text != "NULL").then_some(text)
}

/// `1-2 3 4:5:6.5` as `P1Y2M3DT4H5M6.5S`. Each of the three parts has its own sign.
fn duration(text: &str) -> Option<String> {
    let mut parts = text.split(' ').map(|part| match part.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", part),
    });
    let ((sign, months), days, (time_sign, time)) = (parts.next()?, parts.next()?, parts.next()?);
    let (years, months) = months.split_once('-')?;
    let mut clock = time.splitn(3, ':').map(|number| (time_sign, number));
    let date = [(sign, years), (sign, months), days];
    let time = [clock.next()?, clock.next()?, clock.next()?];
    let (date, time) = (units(date, ['Y', 'M', 'D']), units(time, ['H', 'M', 'S']));
    Some(match (date.as_str(), time.as_str()) {
        ("", "") => "P0Y".to_owned(),
        (_, "") => format!("P{date}"),
        _ => format!("P{date}T{time}"),
    })
}

/// The parts of a duration that are not zero.
fn units(numbers: [(&str, &str); 3], units: [char; 3]) -> String {
    let parts = numbers.iter().zip(units).map(|((sign, number), unit)| {
        let number = number.trim_start_matches('0');
        let number = match number.split_once('.') {
            Some(_) => number.trim_end_matches('0').trim_end_matches('.'),
            None => number,
        };
        match number {
            "" => String::new(),
            _ if number.starts_with('.') => format!("{sign}0{number}{unit}"),
            _ => format!("{sign}{number}{unit}"),
        }
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
