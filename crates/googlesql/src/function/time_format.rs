//! FORMAT and PARSE functions of dates and times.

use super::argument::text;
use super::calendar::is_in_range;
use super::entry::{Context, Entry};
use super::time::{date, in_zone, micros, zone};
use crate::datetime::{datetime, datetime_of, time, time_of};
use crate::memory;
use crate::value::Value;
use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    (
        "FORMAT_TIMESTAMP",
        "STRING TIMESTAMP STRING? -> STRING",
        |v, _| {
            let local = in_zone(micros(v, 1), v, 2)?;
            formatted(
                text(v, 0),
                |items| local.format_with_items(items.iter()).to_string(),
                local.naive_local(),
            )
        },
    ),
    ("FORMAT_DATETIME", "STRING DATETIME -> STRING", |v, _| {
        format_local(v, datetime_of(&v[1]))
    }),
    ("FORMAT_DATE", "STRING DATE -> STRING", |v, _| {
        format_local(v, datetime_of(&v[1]))
    }),
    ("FORMAT_TIME", "STRING TIME -> STRING", |v, _| {
        format_local(
            v,
            time_of(&v[1]).and_then(|time| Some(NaiveDate::from_ymd_opt(1970, 1, 1)?.and_time(time))),
        )
    }),
    (
        "PARSE_TIMESTAMP",
        "STRING STRING STRING? -> TIMESTAMP",
        parse_timestamp,
    ),
    ("PARSE_DATETIME", "STRING STRING -> DATETIME", |v, _| {
        Ok(datetime(parsed(v)?.0))
    }),
    ("PARSE_DATE", "STRING STRING -> DATE", |v, _| {
        Ok(date(parsed(v)?.0.date()))
    }),
    ("PARSE_TIME", "STRING STRING -> TIME", |v, _| {
        Ok(time(parsed(v)?.0.time()))
    }),
];

fn format_local(values: &[Value], local: Option<NaiveDateTime>) -> ValueResult {
    let Some(local) = local else {
        return Ok(Value::Null);
    };
    let utc = local.and_utc();
    formatted(
        text(values, 0),
        |items| utc.format_with_items(items.iter()).to_string(),
        local,
    )
}

/// The format with GoogleSQL's own specifiers replaced by chrono's, or by their text for this time.
fn translated(pattern: &str, local: NaiveDateTime) -> String {
    use chrono::{Datelike, Timelike};
    let fraction = |digits: usize| {
        format!("{:09}", local.nanosecond() % 1_000_000_000)
            .chars()
            .take(digits)
            .collect::<String>()
    };
    let seconds = format!("{:02}", local.second());
    let mut pattern = pattern.to_owned();
    for digits in 1..=6 {
        pattern = pattern.replace(
            &format!("%E{digits}S"),
            &format!("{seconds}.{}", fraction(digits)),
        );
    }
    let trimmed = fraction(9).trim_end_matches('0').to_owned();
    let exact = if trimmed.is_empty() {
        seconds
    } else {
        format!("{seconds}.{trimmed}")
    };
    pattern
        .replace("%E*S", &exact)
        .replace("%E4Y", "%Y")
        .replace("%Ez", "%:z")
        .replace("%Q", &((local.month() - 1) / 3 + 1).to_string())
        .replace("%p", if local.hour() < 12 { "AM" } else { "PM" })
        .replace("%P", if local.hour() < 12 { "am" } else { "pm" })
}

fn formatted(pattern: &str, write: impl FnOnce(&[Item<'_>]) -> String, local: NaiveDateTime) -> ValueResult {
    // A specifier of two characters becomes forty at most.
    memory::check_size(pattern.len().saturating_mul(20), "FORMAT")?;
    let pattern = translated(pattern, local);
    let items: Vec<Item<'_>> = StrftimeItems::new(&pattern).collect();
    if items.contains(&Item::Error) {
        return Err(format!("Format '{pattern}' is not supported by the sandbox"));
    }
    Ok(Value::Text(write(&items)))
}

/// The local time of a text in a format, and its offset from UTC in seconds if it has one. What the format
/// leaves out is taken from the first of January 1970.
fn parsed(values: &[Value]) -> Result<(NaiveDateTime, Option<i32>), String> {
    let pattern = text(values, 0)
        .replace("%E*S", "%S%.f")
        .replace("%E4Y", "%Y")
        .replace("%Ez", "%:z");
    let pattern = (1..=6).fold(pattern, |pattern, digits| {
        pattern.replace(&format!("%E{digits}S"), "%S%.f")
    });
    let given = text(values, 1);
    let failed = || format!("Failed to parse input string \"{given}\"");
    let items: Vec<Item<'_>> = StrftimeItems::new(&pattern).collect();
    if items.contains(&Item::Error) {
        return Err(format!("Format '{pattern}' is not supported by the sandbox"));
    }
    let mut fields = Parsed::new();
    chrono::format::parse(&mut fields, given.trim(), items.iter()).map_err(|_| failed())?;
    if let Some(seconds) = fields.timestamp {
        let utc = DateTime::from_timestamp(seconds, 0).filter(|utc| is_in_range(utc.date_naive()));
        let utc = utc.ok_or_else(failed)?;
        return Ok((utc.naive_utc(), Some(0)));
    }
    let offset = fields.offset;
    if fields.year.is_none() && fields.year_mod_100.is_none() {
        fields.set_year(1970).map_err(|_| failed())?;
    }
    if fields.month.is_none() && fields.ordinal.is_none() {
        fields.set_month(1).map_err(|_| failed())?;
    }
    if fields.day.is_none() && fields.ordinal.is_none() {
        fields.set_day(1).map_err(|_| failed())?;
    }
    let date = fields
        .to_naive_date()
        .ok()
        .filter(|day| is_in_range(*day))
        .ok_or_else(failed)?;
    if fields.hour_mod_12.is_none() {
        fields.set_hour(0).map_err(|_| failed())?;
    }
    if fields.minute.is_none() {
        fields.set_minute(0).map_err(|_| failed())?;
    }
    let time = fields.to_naive_time().map_err(|_| failed())?;
    Ok((date.and_time(time), offset))
}

fn parse_timestamp(values: &[Value], _: &Context<'_>) -> ValueResult {
    let zone = zone(values, 2)?;
    let (local, offset) = parsed(values)?;
    let micros = match offset {
        Some(seconds) => Some(local.and_utc().timestamp_micros() - i64::from(seconds) * 1_000_000),
        None => zone.micros(local),
    };
    micros
        .map(Value::Timestamp)
        .ok_or_else(|| format!("Failed to parse input string \"{}\"", text(values, 1)))
}
