//! Dates, times and timestamps: parsing, formatting and time zones.

use crate::value::Value;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc};

/// The microseconds since 1970 of a timestamp in GoogleSQL's form; UTC if the text has no time zone.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(zoned) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
        return Some(zoned.timestamp_micros());
    }
    if let Some(local) = parse_datetime(text.strip_suffix(['Z', 'z']).unwrap_or(text)) {
        return Some(local.and_utc().timestamp_micros());
    }
    // A time zone's name after a space, or an offset with or without a space.
    if let Some((local, zone)) = text.rsplit_once(' ')
        && let (Some(local), Some(zone)) = (parse_datetime(local), parse_zone(zone))
    {
        return zone.micros(local);
    }
    let sign = text.rfind(['+', '-']).filter(|at| *at > 9)?;
    let local = parse_datetime(text[..sign].trim_end())?;
    parse_zone(&text[sign..])?.micros(local)
}

/// `2024-02-29`, perhaps with `T` or a space and a time.
pub(crate) fn parse_datetime(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return parse_date(text)?.and_hms_opt(0, 0, 0);
    };
    Some(parse_date(date)?.and_time(parse_time(time)?))
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|b| b.is_ascii_digit())
    };
    if year.len() != 4 || !plain(year, 4) || !plain(month, 2) || !plain(day, 2) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
}

/// A time zone by name or by offset.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zone {
    Named(chrono_tz::Tz),
    Fixed(FixedOffset),
}

/// `UTC`, `Europe/Berlin`, `+02:00`, `-8`.
pub(crate) fn parse_zone(text: &str) -> Option<Zone> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return text.parse().ok().map(Zone::Named),
    };
    let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "0"));
    let seconds = hours.parse::<i32>().ok().filter(|h| *h <= 14)? * 3600
        + minutes.parse::<i32>().ok().filter(|m| *m < 60)? * 60;
    FixedOffset::east_opt(sign * seconds).map(Zone::Fixed)
}

impl Zone {
    pub const UTC: Self = Self::Named(chrono_tz::UTC);

    /// The microseconds since 1970 of a local time; of two, the earlier.
    pub fn micros(self, local: NaiveDateTime) -> Option<i64> {
        let found = match self {
            Self::Named(zone) => zone
                .from_local_datetime(&local)
                .earliest()
                .map(|time| time.timestamp_micros()),
            Self::Fixed(zone) => zone
                .from_local_datetime(&local)
                .earliest()
                .map(|time| time.timestamp_micros()),
        };
        // A local time that a change of clocks skips is taken as if the change came later.
        found.or_else(|| Some(self.micros(local - chrono::TimeDelta::hours(1))? + 3_600_000_000))
    }

    /// The local time.
    pub fn local(self, micros: i64) -> Option<DateTime<FixedOffset>> {
        let utc: DateTime<Utc> = DateTime::from_timestamp_micros(micros)?;
        Some(match self {
            Self::Named(zone) => {
                let local = utc.with_timezone(&zone);
                local.with_timezone(&local.offset().fix())
            }
            Self::Fixed(zone) => utc.with_timezone(&zone),
        })
    }
}

/// A TIMESTAMP as text: `2024-02-29 23:59:59.123456+00`.
pub(crate) fn timestamp_text(micros: i64) -> String {
    let Some(utc) = DateTime::from_timestamp_micros(micros) else {
        return String::new();
    };
    format!(
        "{}{}+00",
        utc.format("%Y-%m-%d %H:%M:%S"),
        fraction(utc.naive_utc().time())
    )
}

/// The fraction of a second with three or six digits, or none.
fn fraction(time: NaiveTime) -> String {
    match time.nanosecond() / 1_000 % 1_000_000 {
        0 => String::new(),
        micros if micros % 1_000 == 0 => format!(".{:03}", micros / 1_000),
        micros => format!(".{micros:06}"),
    }
}

/// A DATETIME in its canonical form.
pub(crate) fn datetime(datetime: NaiveDateTime) -> Value {
    Value::DateTime(format!(
        "{}{}",
        datetime.format("%Y-%m-%dT%H:%M:%S"),
        fraction(datetime.time())
    ))
}

/// A TIME in its canonical form.
pub(crate) fn time(time: NaiveTime) -> Value {
    Value::Time(format!("{}{}", time.format("%H:%M:%S"), fraction(time)))
}

pub(crate) fn date_of(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Date(text) => parse_date(text),
        Value::Text(text) => parse_date(text.trim()),
        Value::DateTime(text) => Some(parse_datetime(text)?.date()),
        Value::Timestamp(micros) => Some(DateTime::from_timestamp_micros(*micros)?.date_naive()),
        _ => None,
    }
}

pub(crate) fn datetime_of(value: &Value) -> Option<NaiveDateTime> {
    match value {
        Value::DateTime(text) | Value::Text(text) | Value::Date(text) => parse_datetime(text),
        Value::Timestamp(micros) => Some(DateTime::from_timestamp_micros(*micros)?.naive_utc()),
        _ => None,
    }
}

pub(crate) fn time_of(value: &Value) -> Option<NaiveTime> {
    match value {
        Value::Time(text) | Value::Text(text) => parse_time(text.trim()),
        Value::DateTime(_) | Value::Timestamp(_) => Some(datetime_of(value)?.time()),
        _ => None,
    }
}

pub(crate) fn timestamp_of(value: &Value) -> Option<i64> {
    match value {
        Value::Timestamp(micros) => Some(*micros),
        Value::Text(text) => parse_timestamp(text),
        Value::Date(_) | Value::DateTime(_) => Some(datetime_of(value)?.and_utc().timestamp_micros()),
        _ => None,
    }
}
