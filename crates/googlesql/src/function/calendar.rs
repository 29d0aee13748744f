//! Date arithmetic: ADD, SUB, DIFF, TRUNC, EXTRACT, `LAST_DAY`, by parts from MICROSECOND to YEAR.

use super::argument::{int, text};
use super::entry::{Context, Entry};
use super::time::{date, in_zone, micros, zone};
use crate::datetime::{date_of, datetime, datetime_of, time, time_of};
use crate::value::Value;
use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("TIMESTAMP_ADD", "TIMESTAMP INT64 STRING -> TIMESTAMP", |v, _| {
        shifted_timestamp(v, 1)
    }),
    ("TIMESTAMP_SUB", "TIMESTAMP INT64 STRING -> TIMESTAMP", |v, _| {
        shifted_timestamp(v, -1)
    }),
    ("DATE_ADD", "DATE INT64 STRING -> DATE", date_add),
    ("DATE_SUB", "DATE INT64 STRING -> DATE", |v, _| {
        Ok(date(shifted(v, -1)?.date()))
    }),
    ("DATE_ADD", "TIMESTAMP INT64 STRING -> TIMESTAMP", |v, _| {
        shifted_timestamp(v, 1)
    }),
    ("DATE_SUB", "TIMESTAMP INT64 STRING -> TIMESTAMP", |v, _| {
        shifted_timestamp(v, -1)
    }),
    ("DATE_ADD", "DATETIME INT64 STRING -> DATETIME", |v, _| {
        Ok(datetime(shifted(v, 1)?))
    }),
    ("DATE_SUB", "DATETIME INT64 STRING -> DATETIME", |v, _| {
        Ok(datetime(shifted(v, -1)?))
    }),
    ("DATETIME_ADD", "DATETIME INT64 STRING -> DATETIME", |v, _| {
        Ok(datetime(shifted(v, 1)?))
    }),
    ("DATETIME_SUB", "DATETIME INT64 STRING -> DATETIME", |v, _| {
        Ok(datetime(shifted(v, -1)?))
    }),
    ("TIME_ADD", "TIME INT64 STRING -> TIME", |v, _| shifted_time(v, 1)),
    ("TIME_SUB", "TIME INT64 STRING -> TIME", |v, _| {
        shifted_time(v, -1)
    }),
    (
        "TIMESTAMP_DIFF",
        "TIMESTAMP TIMESTAMP STRING -> INT64",
        timestamp_diff,
    ),
    ("DATE_DIFF", "DATE DATE STRING -> INT64", |v, _| diff(v)),
    ("DATE_DIFF", "TIMESTAMP TIMESTAMP STRING -> INT64", timestamp_diff),
    ("DATETIME_DIFF", "DATETIME DATETIME STRING -> INT64", |v, _| {
        diff(v)
    }),
    ("TIME_DIFF", "TIME TIME STRING -> INT64", time_diff),
    (
        "TIMESTAMP_TRUNC",
        "TIMESTAMP STRING STRING? -> TIMESTAMP",
        timestamp_trunc,
    ),
    ("DATE_TRUNC", "DATE STRING -> DATE", |v, _| {
        trunc(local(v)?, text(v, 1)).map(|m| date(m.date()))
    }),
    (
        "DATE_TRUNC",
        "TIMESTAMP STRING STRING? -> TIMESTAMP",
        timestamp_trunc,
    ),
    ("DATE_TRUNC", "DATETIME STRING -> DATETIME", |v, _| {
        trunc(local(v)?, text(v, 1)).map(datetime)
    }),
    ("DATETIME_TRUNC", "DATETIME STRING -> DATETIME", |v, _| {
        trunc(local(v)?, text(v, 1)).map(datetime)
    }),
    ("TIME_TRUNC", "TIME STRING -> TIME", |v, _| {
        trunc(on_default_date(&v[0])?, text(v, 1)).map(|m| time(m.time()))
    }),
    ("LAST_DAY", "DATE STRING? -> DATE", last_day),
    ("LAST_DAY", "DATETIME STRING? -> DATE", last_day),
    ("EXTRACT", "STRING TIMESTAMP STRING? -> INT64", |v, _| {
        extract(text(v, 0), in_zone(micros(v, 1), v, 2)?.naive_local())
    }),
    ("EXTRACT", "STRING DATE -> INT64", |v, _| {
        extract(text(v, 0), local(&v[1..])?)
    }),
    ("EXTRACT", "STRING DATETIME -> INT64", |v, _| {
        extract(text(v, 0), local(&v[1..])?)
    }),
    ("EXTRACT", "STRING TIME -> INT64", |v, _| {
        extract(text(v, 0), on_default_date(&v[1])?)
    }),
];

pub(super) fn date_add(values: &[Value], _: &Context<'_>) -> ValueResult {
    Ok(date(shifted(values, 1)?.date()))
}

fn local(values: &[Value]) -> Result<NaiveDateTime, String> {
    datetime_of(&values[0]).ok_or_else(|| "Invalid date".to_owned())
}

fn on_default_date(value: &Value) -> Result<NaiveDateTime, String> {
    let time = time_of(value).ok_or("Invalid time")?;
    Ok(NaiveDate::default().and_time(time))
}

/// The length of a date part in microseconds; `None` for those whose length varies.
fn length(part: &str) -> Option<i64> {
    Some(match part {
        "MICROSECOND" => 1,
        "MILLISECOND" => 1_000,
        "SECOND" => 1_000_000,
        "MINUTE" => 60_000_000,
        "HOUR" => 3_600_000_000,
        "DAY" => 86_400_000_000,
        _ => return None,
    })
}

fn invalid_part(part: &str) -> String {
    format!("A valid date part name is required but found {part}")
}

/// `TIMESTAMP_ADD` if `direction` is 1, `TIMESTAMP_SUB` if it is -1.
fn shifted_timestamp(values: &[Value], direction: i64) -> ValueResult {
    let part = text(values, 2).to_ascii_uppercase();
    let Some(span) = length(&part) else {
        return Err(format!("TIMESTAMP_ADD does not support the {part} date part"));
    };
    let sum = int(values, 1)
        .checked_mul(span * direction)
        .and_then(|span| micros(values, 0).checked_add(span));
    let inside = sum.filter(|micros| (-62_135_596_800_000_000..253_402_300_800_000_000).contains(micros));
    inside
        .map(Value::Timestamp)
        .ok_or_else(|| "Timestamp overflow: the result is outside of the years 1 to 9999".into())
}

fn shifted(values: &[Value], direction: i64) -> Result<NaiveDateTime, String> {
    let from = local(values)?;
    let part = text(values, 2).to_ascii_uppercase();
    let overflow = || format!("Adding {} {part} to {from} causes overflow", int(values, 1));
    let count = int(values, 1).checked_mul(direction).ok_or_else(overflow)?;
    let months = match part.as_str() {
        "MONTH" => Some(1),
        "QUARTER" => Some(3),
        "YEAR" => Some(12),
        _ => None,
    };
    let result = if let Some(months) = months {
        let months = count
            .checked_mul(months)
            .and_then(|count| i32::try_from(count).ok())
            .ok_or_else(overflow)?;
        let span = Months::new(months.unsigned_abs());
        if months < 0 {
            from.checked_sub_months(span)
        } else {
            from.checked_add_months(span)
        }
    } else {
        let span = match (part.as_str(), length(&part)) {
            ("WEEK", _) => 7 * 86_400_000_000,
            (_, Some(span)) => span,
            _ => return Err(invalid_part(&part)),
        };
        count
            .checked_mul(span)
            .and_then(|span| from.checked_add_signed(TimeDelta::microseconds(span)))
    };
    result
        .filter(|result| is_in_range(result.date()))
        .ok_or_else(overflow)
}

/// A TIME wraps around at midnight.
fn shifted_time(values: &[Value], direction: i64) -> ValueResult {
    let part = text(values, 2).to_ascii_uppercase();
    let span = length(&part)
        .filter(|_| part != "DAY")
        .ok_or_else(|| invalid_part(&part))?;
    let span = int(values, 1)
        .checked_mul(span * direction)
        .ok_or("Time overflow")?;
    let from = time_of(&values[0]).ok_or("Invalid time")?;
    Ok(time(from.overflowing_add_signed(TimeDelta::microseconds(span)).0))
}

fn timestamp_diff(values: &[Value], _: &Context<'_>) -> ValueResult {
    let part = text(values, 2).to_ascii_uppercase();
    let span =
        length(&part).ok_or_else(|| format!("TIMESTAMP_DIFF does not support the {part} date part"))?;
    let apart = micros(values, 0)
        .checked_sub(micros(values, 1))
        .ok_or("Timestamp overflow")?;
    Ok(Value::Int(apart / span))
}

fn time_diff(values: &[Value], _: &Context<'_>) -> ValueResult {
    let part = text(values, 2).to_ascii_uppercase();
    let span = length(&part)
        .filter(|_| part != "DAY")
        .ok_or_else(|| invalid_part(&part))?;
    let (Some(a), Some(b)) = (time_of(&values[0]), time_of(&values[1])) else {
        return Ok(Value::Null);
    };
    Ok(Value::Int((a - b).num_microseconds().unwrap_or(0) / span))
}

/// How many boundaries of the part lie between two days or local times.
fn diff(values: &[Value]) -> ValueResult {
    let (a, b) = (local(values)?, local(&values[1..])?);
    let part = text(values, 2).to_ascii_uppercase();
    let months = |moment: NaiveDateTime| i64::from(moment.year()) * 12 + i64::from(moment.month0());
    let number = match part.as_str() {
        "YEAR" => i64::from(a.year() - b.year()),
        "QUARTER" => months(a).div_euclid(3) - months(b).div_euclid(3),
        "MONTH" => months(a) - months(b),
        "ISOYEAR" => i64::from(a.iso_week().year() - b.iso_week().year()),
        "DAY" => (a.date() - b.date()).num_days(),
        _ if week_start(&part).is_some() => {
            let (a, b) = (trunc(a, &part)?, trunc(b, &part)?);
            (a - b).num_weeks()
        }
        _ => {
            let span = length(&part).ok_or_else(|| invalid_part(&part))?;
            let whole = |moment: NaiveDateTime| moment.and_utc().timestamp_micros().div_euclid(span);
            whole(a) - whole(b)
        }
    };
    Ok(Value::Int(number))
}

/// The day on which weeks of this part begin.
fn week_start(part: &str) -> Option<Weekday> {
    Some(match part {
        "WEEK" | "WEEK(SUNDAY)" => Weekday::Sun,
        "ISOWEEK" | "WEEK(MONDAY)" => Weekday::Mon,
        "WEEK(TUESDAY)" => Weekday::Tue,
        "WEEK(WEDNESDAY)" => Weekday::Wed,
        "WEEK(THURSDAY)" => Weekday::Thu,
        "WEEK(FRIDAY)" => Weekday::Fri,
        "WEEK(SATURDAY)" => Weekday::Sat,
        _ => return None,
    })
}

fn trunc(moment: NaiveDateTime, part: &str) -> Result<NaiveDateTime, String> {
    let part = part.to_ascii_uppercase();
    let day = moment.date();
    let first = |year, month| NaiveDate::from_ymd_opt(year, month, 1);
    let start = match part.as_str() {
        "YEAR" => first(day.year(), 1),
        "QUARTER" => first(day.year(), day.month0() / 3 * 3 + 1),
        "MONTH" => first(day.year(), day.month()),
        "DAY" => Some(day),
        "ISOYEAR" => NaiveDate::from_isoywd_opt(day.iso_week().year(), 1, Weekday::Mon),
        _ => {
            if let Some(start) = week_start(&part) {
                Some(day.week(start).first_day())
            } else {
                let span = length(&part).ok_or_else(|| invalid_part(&part))?;
                let micros = moment.and_utc().timestamp_micros();
                let start = chrono::DateTime::from_timestamp_micros(micros.div_euclid(span) * span);
                return start
                    .map(|start| start.naive_utc())
                    .ok_or_else(|| "Invalid date".into());
            }
        }
    };
    start
        .filter(|day| is_in_range(*day))
        .map(|day| day.and_time(NaiveTime::MIN))
        .ok_or_else(|| "Invalid date".into())
}

/// BigQuery's dates are those of the years 1 to 9999.
pub(super) fn is_in_range(day: NaiveDate) -> bool {
    (1..=9999).contains(&day.year())
}

fn timestamp_trunc(values: &[Value], _: &Context<'_>) -> ValueResult {
    let zone = zone(values, 2)?;
    let local = in_zone(micros(values, 0), values, 2)?;
    let start = trunc(local.naive_local(), text(values, 1))?;
    zone.micros(start)
        .map(Value::Timestamp)
        .ok_or_else(|| "Invalid timestamp".into())
}

fn last_day(values: &[Value], _: &Context<'_>) -> ValueResult {
    let day = date_of(&values[0]).ok_or("Invalid date")?;
    let part = if values.len() > 1 {
        text(values, 1).to_ascii_uppercase()
    } else {
        "MONTH".into()
    };
    let start = trunc(day.and_time(NaiveTime::MIN), &part)?.date();
    let next = match part.as_str() {
        "YEAR" => start.checked_add_months(Months::new(12)),
        "QUARTER" => start.checked_add_months(Months::new(3)),
        "MONTH" => start.checked_add_months(Months::new(1)),
        "ISOYEAR" => NaiveDate::from_isoywd_opt(start.iso_week().year() + 1, 1, Weekday::Mon),
        _ => week_start(&part).and_then(|_| start.checked_add_days(Days::new(7))),
    };
    next.and_then(|day| day.pred_opt())
        .filter(|day| is_in_range(*day))
        .map(date)
        .ok_or_else(|| invalid_part(&part))
}

fn extract(part: &str, moment: NaiveDateTime) -> ValueResult {
    let number = match part.to_ascii_uppercase().as_str() {
        "MICROSECOND" => i64::from(moment.nanosecond() / 1_000),
        "MILLISECOND" => i64::from(moment.nanosecond() / 1_000_000),
        "SECOND" => moment.second().into(),
        "MINUTE" => moment.minute().into(),
        "HOUR" => moment.hour().into(),
        "DAYOFWEEK" => i64::from(moment.weekday().num_days_from_sunday()) + 1,
        "DAY" => moment.day().into(),
        "DAYOFYEAR" => moment.ordinal().into(),
        "ISOWEEK" => moment.iso_week().week().into(),
        "MONTH" => moment.month().into(),
        "QUARTER" => i64::from(moment.month0() / 3) + 1,
        "YEAR" => moment.year().into(),
        "ISOYEAR" => moment.iso_week().year().into(),
        // Week 1 begins on the first such day of the year; the days before are week 0.
        other => match week_start(other) {
            Some(start) => {
                let into = i64::from(moment.weekday().days_since(start));
                (i64::from(moment.ordinal0()) - into + 7).div_euclid(7)
            }
            None => return Err(invalid_part(other)),
        },
    };
    Ok(Value::Int(number))
}
