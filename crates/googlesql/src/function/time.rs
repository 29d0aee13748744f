//! TIMESTAMP, DATE, DATETIME and TIME: conversions between them.

use super::argument::{int, text};
use super::entry::{Context, Entry};
use crate::cast;
use crate::datetime::{
    self, Zone, date_of, datetime, datetime_of, parse_timestamp, parse_zone, time, time_of, timestamp_of,
};
use crate::value::Value;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("CURRENT_TIMESTAMP", "-> TIMESTAMP", |_, context| {
        Ok(Value::Timestamp(context.now))
    }),
    ("CURRENT_DATE", "STRING? -> DATE", |v, context| {
        Ok(date(in_zone(context.now, v, 0)?.date_naive()))
    }),
    ("CURRENT_DATETIME", "STRING? -> DATETIME", |v, context| {
        Ok(datetime(in_zone(context.now, v, 0)?.naive_local()))
    }),
    ("CURRENT_TIME", "STRING? -> TIME", |v, context| {
        Ok(time(in_zone(context.now, v, 0)?.time()))
    }),
    ("TIMESTAMP", "TIMESTAMP -> TIMESTAMP", |v, _| Ok(v[0].clone())),
    ("TIMESTAMP", "DATETIME STRING? -> TIMESTAMP", timestamp),
    ("TIMESTAMP", "DATE STRING? -> TIMESTAMP", timestamp),
    ("TIMESTAMP", "STRING STRING? -> TIMESTAMP", timestamp),
    ("DATE", "INT64 INT64 INT64 -> DATE", date_of_parts),
    ("DATE", "TIMESTAMP STRING? -> DATE", |v, _| {
        Ok(date(in_zone(micros(v, 0), v, 1)?.date_naive()))
    }),
    ("DATE", "DATETIME -> DATE", |v, _| {
        date_of(&v[0]).map(date).ok_or_else(|| invalid("date", v))
    }),
    ("DATE", "DATE -> DATE", |v, _| Ok(v[0].clone())),
    ("DATE", "STRING -> DATE", |v, _| {
        date_of(&v[0]).map(date).ok_or_else(|| invalid("date", v))
    }),
    (
        "DATETIME",
        "INT64 INT64 INT64 INT64 INT64 INT64 -> DATETIME",
        datetime_of_parts,
    ),
    ("DATETIME", "TIMESTAMP STRING? -> DATETIME", |v, _| {
        Ok(datetime(in_zone(micros(v, 0), v, 1)?.naive_local()))
    }),
    ("DATETIME", "DATE TIME -> DATETIME", date_and_time),
    ("DATETIME", "DATETIME -> DATETIME", |v, _| Ok(v[0].clone())),
    ("DATETIME", "STRING -> DATETIME", |v, _| {
        datetime_of(&v[0])
            .map(datetime)
            .ok_or_else(|| invalid("datetime", v))
    }),
    ("TIME", "INT64 INT64 INT64 -> TIME", |v, _| {
        clock(v, 0).map(time).ok_or_else(|| invalid("time", v))
    }),
    ("TIME", "TIMESTAMP STRING? -> TIME", |v, _| {
        Ok(time(in_zone(micros(v, 0), v, 1)?.time()))
    }),
    ("TIME", "DATETIME -> TIME", |v, _| {
        time_of(&v[0]).map(time).ok_or_else(|| invalid("time", v))
    }),
    ("STRING", "TIMESTAMP STRING? -> STRING", string),
    ("STRING", "DATE -> STRING", |v, _| {
        Ok(cast::text(&v[0]).map_or(Value::Null, Value::Text))
    }),
    ("STRING", "DATETIME -> STRING", |v, _| {
        Ok(cast::text(&v[0]).map_or(Value::Null, Value::Text))
    }),
    ("STRING", "TIME -> STRING", |v, _| {
        Ok(cast::text(&v[0]).map_or(Value::Null, Value::Text))
    }),
    ("TIMESTAMP_MICROS", "INT64 -> TIMESTAMP", |v, _| scaled(v, 1)),
    ("TIMESTAMP_MILLIS", "INT64 -> TIMESTAMP", |v, _| scaled(v, 1_000)),
    ("TIMESTAMP_SECONDS", "INT64 -> TIMESTAMP", |v, _| {
        scaled(v, 1_000_000)
    }),
    ("UNIX_MICROS", "TIMESTAMP -> INT64", |v, _| {
        Ok(Value::Int(micros(v, 0)))
    }),
    ("UNIX_MILLIS", "TIMESTAMP -> INT64", |v, _| {
        Ok(Value::Int(micros(v, 0).div_euclid(1_000)))
    }),
    ("UNIX_SECONDS", "TIMESTAMP -> INT64", |v, _| {
        Ok(Value::Int(micros(v, 0).div_euclid(1_000_000)))
    }),
    ("UNIX_DATE", "DATE -> INT64", |v, _| {
        Ok(date_of(&v[0]).map_or(Value::Null, |date| {
            Value::Int((date - NaiveDate::default()).num_days())
        }))
    }),
    ("DATE_FROM_UNIX_DATE", "INT64 -> DATE", |v, _| {
        let days = chrono::TimeDelta::try_days(int(v, 0))
            .and_then(|days| NaiveDate::default().checked_add_signed(days));
        days.map(date).ok_or_else(|| invalid("date", v))
    }),
];

pub(super) fn date(date: NaiveDate) -> Value {
    Value::Date(date.to_string())
}

fn invalid(what: &str, values: &[Value]) -> String {
    let shown: Vec<_> = values.iter().filter_map(cast::text).collect();
    format!("Invalid {what}: '{}'", shown.join(", "))
}

pub(super) fn micros(values: &[Value], index: usize) -> i64 {
    values.get(index).and_then(timestamp_of).unwrap_or(0)
}

/// The time zone that an argument names; UTC if it is missing.
///
/// # Errors
/// An unknown time zone.
pub(super) fn zone(values: &[Value], index: usize) -> Result<Zone, String> {
    match values.get(index) {
        None => Ok(Zone::UTC),
        Some(_) => parse_zone(text(values, index))
            .ok_or_else(|| format!("Invalid time zone: {}", text(values, index))),
    }
}

/// A timestamp in the time zone that an argument names.
pub(super) fn in_zone(micros: i64, values: &[Value], index: usize) -> Result<DateTime<FixedOffset>, String> {
    let zone = zone(values, index)?;
    zone.local(micros)
        .ok_or_else(|| format!("Invalid timestamp: {micros}"))
}

fn timestamp(values: &[Value], _: &Context<'_>) -> ValueResult {
    let zone = zone(values, 1)?;
    if let Value::Text(text) = &values[0] {
        if let Some(local) = datetime::parse_datetime(text) {
            return zone
                .micros(local)
                .map(Value::Timestamp)
                .ok_or_else(|| invalid("timestamp", &values[..1]));
        }
        return parse_timestamp(text)
            .map(Value::Timestamp)
            .ok_or_else(|| invalid("timestamp", &values[..1]));
    }
    let local = datetime_of(&values[0]).and_then(|local| zone.micros(local));
    local
        .map(Value::Timestamp)
        .ok_or_else(|| invalid("timestamp", &values[..1]))
}

fn part(values: &[Value], index: usize) -> Option<u32> {
    u32::try_from(int(values, index)).ok()
}

fn day(values: &[Value]) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(
        i32::try_from(int(values, 0)).ok()?,
        part(values, 1)?,
        part(values, 2)?,
    )
}

fn clock(values: &[Value], from: usize) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(
        part(values, from)?,
        part(values, from + 1)?,
        part(values, from + 2)?,
    )
}

fn date_of_parts(values: &[Value], _: &Context<'_>) -> ValueResult {
    day(values).map(date).ok_or_else(|| invalid("date", values))
}

fn datetime_of_parts(values: &[Value], _: &Context<'_>) -> ValueResult {
    let result = day(values).and_then(|day| Some(day.and_time(clock(values, 3)?)));
    result.map(datetime).ok_or_else(|| invalid("datetime", values))
}

fn date_and_time(values: &[Value], _: &Context<'_>) -> ValueResult {
    let result = date_of(&values[0]).and_then(|day| Some(day.and_time(time_of(&values[1])?)));
    result.map(datetime).ok_or_else(|| invalid("datetime", values))
}

fn scaled(values: &[Value], factor: i64) -> ValueResult {
    let micros = int(values, 0).checked_mul(factor);
    // From the year 1 to the year 9999.
    let inside = micros.filter(|micros| (-62_135_596_800_000_000..253_402_300_800_000_000).contains(micros));
    inside
        .map(Value::Timestamp)
        .ok_or_else(|| format!("Input value {} is out of range for a TIMESTAMP", int(values, 0)))
}

fn string(values: &[Value], _: &Context<'_>) -> ValueResult {
    let local = in_zone(micros(values, 0), values, 1)?;
    let text = datetime::timestamp_text((local.naive_local().and_utc()).timestamp_micros());
    let offset = local.offset().local_minus_utc();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    let offset = if minutes == 0 {
        format!("{sign}{hours:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}")
    };
    Ok(Value::Text(format!("{}{offset}", text.trim_end_matches("+00"))))
}
