//! Dates, times and decimals as the numbers that files store.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use googlesql::cast;
use googlesql::value::{ColumnType, Value};

/// The most digits of a decimal in a file.
pub(super) const PRECISION: usize = 38;

/// The scale of a NUMERIC.
pub(super) const SCALE: usize = 9;

/// Microseconds per second.
const SECOND: i64 = 1_000_000;

/// The DATE of a number of days since 1970.
pub(super) fn date(days: i64) -> Option<Value> {
    let day = NaiveDate::default().checked_add_signed(chrono::TimeDelta::try_days(days)?)?;
    canonical(day.to_string(), &ColumnType::Date)
}

/// The TIME of a number of microseconds since midnight.
pub(super) fn time(micros: i64) -> Option<Value> {
    let second = u32::try_from(micros.div_euclid(SECOND)).ok()?;
    let rest = u32::try_from(micros.rem_euclid(SECOND)).ok()?;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(second, rest * 1000)?;
    canonical(time.to_string(), &ColumnType::Time)
}

/// The DATETIME of a number of microseconds since 1970, without a time zone.
pub(super) fn datetime(micros: i64) -> Option<Value> {
    let moment = DateTime::from_timestamp_micros(micros)?.naive_utc();
    canonical(
        moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        &ColumnType::DateTime,
    )
}

/// Converts a number of units to microseconds; `unit` is the number of units per second.
pub(super) fn micros(number: i64, unit: i64) -> Result<i64, String> {
    let whole = i128::from(number) * i128::from(SECOND);
    i64::try_from(whole.div_euclid(i128::from(unit))).map_err(|_| "a moment is out of range".into())
}

/// Casts a text to a type.
pub(super) fn canonical(text: String, kind: &ColumnType) -> Option<Value> {
    cast(&Value::Text(text), kind).ok()
}

/// The days since 1970 of a DATE.
pub(super) fn days(text: &str) -> Option<i64> {
    let day: NaiveDate = text.parse().ok()?;
    Some(day.signed_duration_since(NaiveDate::default()).num_days())
}

/// The microseconds since midnight of a TIME.
pub(super) fn micros_of_time(text: &str) -> Option<i64> {
    let time: NaiveTime = text.parse().ok()?;
    Some(i64::from(time.num_seconds_from_midnight()) * SECOND + i64::from(time.nanosecond() / 1000))
}

/// The microseconds since 1970 of a DATETIME.
pub(super) fn micros_of_datetime(text: &str) -> Option<i64> {
    let moment: NaiveDateTime = text.parse().ok()?;
    Some(moment.and_utc().timestamp_micros())
}

/// The NUMERIC of a two's complement number with this scale.
pub(super) fn decimal(bytes: &[u8], scale: usize) -> Option<Value> {
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let spare = bytes.len().saturating_sub(16);
    let (over, kept) = bytes.split_at(spare);
    // A number of more than sixteen bytes has more than 38 digits.
    if over.iter().any(|byte| *byte != sign) {
        return None;
    }
    let mut whole = [sign; 16];
    whole[16 - kept.len()..].copy_from_slice(kept);
    Some(scaled(i128::from_be_bytes(whole), scale))
}

/// The NUMERIC of an unscaled number.
pub(super) fn scaled(unscaled: i128, scale: usize) -> Value {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    Value::Numeric(format!("{sign}{whole}{point}{rest}"))
}

/// The unscaled number of a NUMERIC with this scale.
pub(super) fn unscaled(text: &str, scale: usize) -> Result<i128, String> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{rest:0<scale$}");
    let number = digits.parse().ok().filter(|_| {
        let significant = digits.trim_start_matches(['-', '0']).len();
        rest.len() <= scale && significant <= PRECISION
    });
    number.ok_or_else(|| format!("{text} has more digits than a decimal of precision {PRECISION}"))
}

/// The scale that the values need, at least that of a NUMERIC.
pub(super) fn scale_of(rows: &[Vec<Value>]) -> usize {
    rows.iter().flatten().map(fraction_digits).fold(SCALE, usize::max)
}

fn fraction_digits(value: &Value) -> usize {
    match value {
        Value::Numeric(text) => text.split_once('.').map_or(0, |(_, rest)| rest.len()),
        Value::Array(items) | Value::Struct(items) => items.iter().map(fraction_digits).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_twos_complement() {
        for (text, bytes) in [
            ("0", &[0][..]),
            ("1.5", &[0x05, 0xdc]),
            ("-0.001", &[0xff]),
            ("-1.024", &[0xfc, 0x00]),
        ] {
            assert_eq!(decimal(bytes, 3), Some(Value::Numeric(text.into())));
            let whole = unscaled(text, 3).unwrap().to_be_bytes();
            assert!(whole.ends_with(bytes), "{text}");
        }
        let long = "9".repeat(29);
        assert_eq!(
            scaled(unscaled(&long, 9).unwrap(), 9),
            Value::Numeric(long.clone())
        );
        assert!(unscaled(&format!("9{long}"), 9).is_err());
        assert!(unscaled("0.0000000001", 9).is_err());
        assert_eq!(decimal(&[0x7f; 17], 0), None);
        assert_eq!(decimal(&[], 0), None);
    }

    #[test]
    fn dates_and_times_are_numbers() {
        for (value, number) in [("1969-12-31", -1), ("2024-02-29", 19_782)] {
            assert_eq!(date(number), Some(Value::Date(value.into())));
            assert_eq!(days(value), Some(number));
        }
        assert_eq!(time(3_723_000_001), Some(Value::Time("01:02:03.000001".into())));
        assert_eq!(micros_of_time("01:02:03.000001"), Some(3_723_000_001));
        assert_eq!(time(-1), None);
        let moment = "2024-02-29T23:59:59.500";
        let micros = micros_of_datetime(moment).unwrap();
        assert_eq!(datetime(micros), Some(Value::DateTime(moment.into())));
        assert_eq!(date(i64::MAX), None);
    }
}
