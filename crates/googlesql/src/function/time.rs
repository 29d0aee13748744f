//! TIMESTAMP, DATE, DATETIME and TIME: made of each other, written and read in formats.

use super::text::{int, text};
use super::{Context, Line};
use crate::moment::{
    self, Zone, date_of, datetime, datetime_of, parse_timestamp, time, time_of, timestamp_of, zone_of,
};
use crate::value::Value;
use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

type Out = Result<Value, String>;

pub(super) const LINES: &[Line] = &[
    ("CURRENT_TIMESTAMP", "-> TIMESTAMP", |_, context| {
        Ok(Value::Timestamp(context.session.now))
    }),
    ("CURRENT_DATE", "STRING? -> DATE", |v, context| {
        Ok(date(there(context.session.now, v, 0)?.date_naive()))
    }),
    ("CURRENT_DATETIME", "STRING? -> DATETIME", |v, context| {
        Ok(datetime(there(context.session.now, v, 0)?.naive_local()))
    }),
    ("CURRENT_TIME", "STRING? -> TIME", |v, context| {
        Ok(time(there(context.session.now, v, 0)?.time()))
    }),
    ("TIMESTAMP", "TIMESTAMP -> TIMESTAMP", |v, _| Ok(v[0].clone())),
    ("TIMESTAMP", "DATETIME STRING? -> TIMESTAMP", timestamp),
    ("TIMESTAMP", "DATE STRING? -> TIMESTAMP", timestamp),
    ("TIMESTAMP", "STRING STRING? -> TIMESTAMP", timestamp),
    ("DATE", "INT64 INT64 INT64 -> DATE", date_of_parts),
    ("DATE", "TIMESTAMP STRING? -> DATE", |v, _| {
        Ok(date(there(micros(v, 0), v, 1)?.date_naive()))
    }),
    ("DATE", "DATETIME -> DATE", |v, _| {
        date_of(&v[0]).map(date).ok_or_else(|| bad("date", v))
    }),
    ("DATE", "DATE -> DATE", |v, _| Ok(v[0].clone())),
    ("DATE", "STRING -> DATE", |v, _| {
        date_of(&v[0]).map(date).ok_or_else(|| bad("date", v))
    }),
    (
        "DATETIME",
        "INT64 INT64 INT64 INT64 INT64 INT64 -> DATETIME",
        datetime_of_parts,
    ),
    ("DATETIME", "TIMESTAMP STRING? -> DATETIME", |v, _| {
        Ok(datetime(there(micros(v, 0), v, 1)?.naive_local()))
    }),
    ("DATETIME", "DATE TIME -> DATETIME", date_and_time),
    ("DATETIME", "DATETIME -> DATETIME", |v, _| Ok(v[0].clone())),
    ("DATETIME", "STRING -> DATETIME", |v, _| {
        datetime_of(&v[0]).map(datetime).ok_or_else(|| bad("datetime", v))
    }),
    ("TIME", "INT64 INT64 INT64 -> TIME", |v, _| {
        clock(v, 0).map(time).ok_or_else(|| bad("time", v))
    }),
    ("TIME", "TIMESTAMP STRING? -> TIME", |v, _| {
        Ok(time(there(micros(v, 0), v, 1)?.time()))
    }),
    ("TIME", "DATETIME -> TIME", |v, _| {
        time_of(&v[0]).map(time).ok_or_else(|| bad("time", v))
    }),
    (
        "FORMAT_TIMESTAMP",
        "STRING TIMESTAMP STRING? -> STRING",
        |v, _| {
            let there = there(micros(v, 1), v, 2)?;
            written(
                text(v, 0),
                |items| there.format_with_items(items.iter()).to_string(),
                there.naive_local(),
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
        parse_moment,
    ),
    ("PARSE_DATETIME", "STRING STRING -> DATETIME", |v, _| {
        Ok(datetime(read(v)?.0))
    }),
    ("PARSE_DATE", "STRING STRING -> DATE", |v, _| {
        Ok(date(read(v)?.0.date()))
    }),
    ("PARSE_TIME", "STRING STRING -> TIME", |v, _| {
        Ok(time(read(v)?.0.time()))
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
        days.map(date).ok_or_else(|| bad("date", v))
    }),
];

pub(super) fn date(date: NaiveDate) -> Value {
    Value::Date(date.to_string())
}

fn bad(what: &str, values: &[Value]) -> String {
    let shown: Vec<_> = values.iter().filter_map(crate::cast::text).collect();
    format!("Invalid {what}: '{}'", shown.join(", "))
}

pub(super) fn micros(values: &[Value], index: usize) -> i64 {
    values.get(index).and_then(timestamp_of).unwrap_or(0)
}

/// The zone that an argument names; UTC if there is none.
///
/// # Errors
/// No zone is called so.
pub(super) fn zone(values: &[Value], index: usize) -> Result<Zone, String> {
    match values.get(index) {
        None => Ok(Zone::UTC),
        Some(_) => {
            zone_of(text(values, index)).ok_or_else(|| format!("Invalid time zone: {}", text(values, index)))
        }
    }
}

/// A moment in the zone that an argument names.
pub(super) fn there(micros: i64, values: &[Value], index: usize) -> Result<DateTime<FixedOffset>, String> {
    let zone = zone(values, index)?;
    zone.local(micros)
        .ok_or_else(|| format!("Invalid timestamp: {micros}"))
}

fn timestamp(values: &[Value], _: &Context<'_>) -> Out {
    let zone = zone(values, 1)?;
    if let Value::Text(text) = &values[0] {
        if let Some(local) = moment::parse_datetime(text) {
            return zone
                .micros(local)
                .map(Value::Timestamp)
                .ok_or_else(|| bad("timestamp", &values[..1]));
        }
        return parse_timestamp(text)
            .map(Value::Timestamp)
            .ok_or_else(|| bad("timestamp", &values[..1]));
    }
    let local = datetime_of(&values[0]).and_then(|local| zone.micros(local));
    local
        .map(Value::Timestamp)
        .ok_or_else(|| bad("timestamp", &values[..1]))
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

fn date_of_parts(values: &[Value], _: &Context<'_>) -> Out {
    day(values).map(date).ok_or_else(|| bad("date", values))
}

fn datetime_of_parts(values: &[Value], _: &Context<'_>) -> Out {
    let made = day(values).and_then(|day| Some(day.and_time(clock(values, 3)?)));
    made.map(datetime).ok_or_else(|| bad("datetime", values))
}

fn date_and_time(values: &[Value], _: &Context<'_>) -> Out {
    let made = date_of(&values[0]).and_then(|day| Some(day.and_time(time_of(&values[1])?)));
    made.map(datetime).ok_or_else(|| bad("datetime", values))
}

fn scaled(values: &[Value], factor: i64) -> Out {
    let micros = int(values, 0).checked_mul(factor);
    // From the year 1 to the year 9999.
    let inside = micros.filter(|micros| (-62_135_596_800_000_000..253_402_300_800_000_000).contains(micros));
    inside
        .map(Value::Timestamp)
        .ok_or_else(|| format!("Input value {} is out of range for a TIMESTAMP", int(values, 0)))
}

pub(super) fn string(values: &[Value], _: &Context<'_>) -> Out {
    let there = there(micros(values, 0), values, 1)?;
    let text = moment::timestamp_text((there.naive_local().and_utc()).timestamp_micros());
    let offset = there.offset().local_minus_utc();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    let offset = if minutes == 0 {
        format!("{sign}{hours:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}")
    };
    Ok(Value::Text(format!("{}{offset}", text.trim_end_matches("+00"))))
}

fn format_local(values: &[Value], local: Option<NaiveDateTime>) -> Out {
    let Some(local) = local else {
        return Ok(Value::Null);
    };
    let utc = local.and_utc();
    written(
        text(values, 0),
        |items| utc.format_with_items(items.iter()).to_string(),
        local,
    )
}

/// A format's text as chrono reads it: GoogleSQL's own letters are put in its words.
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

fn written(pattern: &str, write: impl FnOnce(&[Item<'_>]) -> String, local: NaiveDateTime) -> Out {
    let pattern = translated(pattern, local);
    let items: Vec<Item<'_>> = StrftimeItems::new(&pattern).collect();
    if items.contains(&Item::Error) {
        return Err(format!("Format '{pattern}' is not supported by the sandbox"));
    }
    Ok(Value::Text(write(&items)))
}

/// What a text says in a format, and its offset from UTC in seconds if it says one. What the format
/// leaves out is as on the first of January 1970.
fn read(values: &[Value]) -> Result<(NaiveDateTime, Option<i32>), String> {
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
    let mut parsed = Parsed::new();
    chrono::format::parse(&mut parsed, given.trim(), items.iter()).map_err(|_| failed())?;
    if let Some(seconds) = parsed.timestamp {
        let moment = DateTime::from_timestamp(seconds, 0).ok_or_else(failed)?;
        return Ok((moment.naive_utc(), Some(0)));
    }
    let offset = parsed.offset;
    if parsed.year.is_none() && parsed.year_mod_100.is_none() {
        parsed.set_year(1970).map_err(|_| failed())?;
    }
    if parsed.month.is_none() && parsed.ordinal.is_none() {
        parsed.set_month(1).map_err(|_| failed())?;
    }
    if parsed.day.is_none() && parsed.ordinal.is_none() {
        parsed.set_day(1).map_err(|_| failed())?;
    }
    let date = parsed.to_naive_date().map_err(|_| failed())?;
    if parsed.hour_mod_12.is_none() {
        parsed.set_hour(0).map_err(|_| failed())?;
    }
    if parsed.minute.is_none() {
        parsed.set_minute(0).map_err(|_| failed())?;
    }
    let time = parsed.to_naive_time().map_err(|_| failed())?;
    Ok((date.and_time(time), offset))
}

fn parse_moment(values: &[Value], _: &Context<'_>) -> Out {
    let zone = zone(values, 2)?;
    let (local, offset) = read(values)?;
    let micros = match offset {
        Some(seconds) => Some(local.and_utc().timestamp_micros() - i64::from(seconds) * 1_000_000),
        None => zone.micros(local),
    };
    micros
        .map(Value::Timestamp)
        .ok_or_else(|| format!("Failed to parse input string \"{}\"", text(values, 1)))
}
