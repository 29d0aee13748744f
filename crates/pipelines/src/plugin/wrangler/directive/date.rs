//! Directives that parse, format and compare dates.

use super::super::error::DirectiveError;
use super::super::row::Cell;
use super::super::usage::Arguments;
use super::{RowFunction, missing, modify_each_row, modify_row};
use crate::macros::date_format::{DateFormat, zone};
use chrono::{DateTime, NaiveDateTime, Utc};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    match name {
        "parse-as-simple-date" => Some(simple(argument("column"), &argument("format"))),
        "parse-as-datetime" => Some(datetime(argument("column"), arguments.text("format"))),
        "parse-timestamp" => Some(timestamp(argument("column"), arguments.text("timeunit"))),
        "format-date" => Some(format(argument("column"), &argument("format"))),
        "diff-date" => diff(argument("column1"), argument("column2"), argument("destination")),
        "timestamp-to-datetime" => to_datetime(argument("column")),
        "datetime-to-timestamp" => Some(to_timestamp(argument("column"), arguments.text("timezone"))),
        "current-datetime" => Some(now(argument("column"), arguments.text("timezone"))),
        // The plugin uses a library for dates in natural language.
        "parse-as-date" => Some(Err(DirectiveError::Unsupported(
            "Directive 'parse-as-date' is not supported by the sandbox; use parse-as-simple-date".to_owned(),
        ))),
        _ => None,
    }
}

/// Compiles a pattern; an invalid one fails with the message of `IllegalArgumentException`.
fn pattern(text: &str) -> Result<DateFormat, DirectiveError> {
    DateFormat::new(text).map_err(DirectiveError::Failed)
}

fn simple(column: String, format: &str) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "parse-as-simple-date";
    let (pattern, shown) = (pattern(format)?, format.to_owned());
    Ok(modify_row(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let cell = match &row.0[at].1 {
            Cell::Null | Cell::Moment(_) => return Ok(()),
            Cell::Text(text) => pattern.read(text, zone("UTC")).map(Cell::Moment).ok_or_else(|| {
                DirectiveError::error_row(
                    NAME,
                    format!("Failed to parse '{text}' with pattern '{shown}'"),
                    1,
                )
            })?,
            other => {
                let message = format!(
                    "Column '{column}' is of invalid type '{}'. It should be of type 'String'.",
                    other.class()
                );
                return Err(DirectiveError::error_row(NAME, message, 2));
            }
        };
        row.set(at, cell);
        Ok(())
    }))
}

fn datetime(column: String, format: Option<&str>) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "parse-as-datetime";
    let (pattern, shown) = match format {
        Some(format) => (Some(pattern(format)?), format.to_owned()),
        None => (None, "yyyy-MM-dd'T'HH:mm:ss".to_owned()),
    };
    Ok(modify_row(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let text = match &row.0[at].1 {
            Cell::Null | Cell::DateTime(_) => return Ok(()),
            cell => cell.text(),
        };
        let read = match &pattern {
            Some(pattern) => pattern.read(&text, zone("UTC")).map(|moment| moment.naive_utc()),
            None => text.parse::<NaiveDateTime>().ok(),
        };
        let moment = read.ok_or_else(|| {
            let message = format!("Value {text} for column {column} is not in expected format {shown}");
            DirectiveError::error_row(NAME, message, 2)
        })?;
        row.set(at, Cell::DateTime(moment));
        Ok(())
    }))
}

fn timestamp(column: String, unit: Option<&str>) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "parse-timestamp";
    let micros = match unit.map(str::to_uppercase).as_deref() {
        None | Some("MILLISECONDS") => 1_000,
        Some("SECONDS") => 1_000_000,
        Some("MICROSECONDS") => 1,
        Some(_) => {
            let message = format!(
                "Time unit '{}' is not a supported time unit. Supported time units are [MICROSECONDS, MILLISECONDS, SECONDS]",
                unit.unwrap_or_default()
            );
            return Err(DirectiveError::parse(NAME, message));
        }
    };
    Ok(modify_row(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let invalid = |text: &str| {
            DirectiveError::error_row(
                NAME,
                format!("Invalid timestamp '{text}'. Timestamp must be a valid long."),
                1,
            )
        };
        let number = match &row.0[at].1 {
            Cell::Null | Cell::Moment(_) => return Ok(()),
            Cell::Long(number) => *number,
            Cell::Text(text) => text.parse().map_err(|_| invalid(text))?,
            other => return Err(invalid(&other.text())),
        };
        let moment = number
            .checked_mul(micros)
            .and_then(DateTime::from_timestamp_micros);
        let moment = moment.ok_or_else(|| invalid(&number.to_string()))?;
        row.set(at, Cell::Moment(moment));
        Ok(())
    }))
}

fn format(column: String, format: &str) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "format-date";
    let pattern = pattern(format)?;
    Ok(modify_row(move |row| {
        let at = row.find(&column).ok_or_else(|| missing(NAME, &column))?;
        let moment = match &row.0[at].1 {
            Cell::Null => return Ok(()),
            Cell::Moment(moment) => *moment,
            Cell::Date(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
            other => {
                let message = format!(
                    "Column '{column}' has invalid type '{}'. Apply 'parse-as-date' directive first.",
                    other.class()
                );
                return Err(DirectiveError::execution(NAME, message));
            }
        };
        let text = pattern.write(moment, zone("UTC"));
        row.set(at, Cell::Text(text));
        Ok(())
    }))
}

/// The milliseconds from the second to the first date; a column named `now` is the current time.
fn diff(first: String, second: String, target: String) -> Option<Result<RowFunction, DirectiveError>> {
    let now = Utc::now();
    modify_each_row(move |row| {
        let moment = |column: &String| {
            if column.eq_ignore_ascii_case("now") {
                return Ok(Some(now));
            }
            match row.get(column).ok_or_else(|| missing("diff-date", column))? {
                Cell::Moment(moment) => Ok(Some(*moment)),
                _ => Ok(None),
            }
        };
        let cell = match (moment(&first)?, moment(&second)?) {
            (Some(one), Some(other)) => Cell::Long(one.timestamp_millis() - other.timestamp_millis()),
            _ => Cell::Null,
        };
        row.add_or_set(&target, cell);
        Ok(())
    })
}

fn to_datetime(column: String) -> Option<Result<RowFunction, DirectiveError>> {
    const NAME: &str = "timestamp-to-datetime";
    modify_each_row(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let moment = match &row.0[at].1 {
            Cell::Null | Cell::DateTime(_) => return Ok(()),
            Cell::Moment(moment) => moment.naive_utc(),
            other => {
                let message = format!(
                    "Value {} for column {column} expected to be timestamp but found {}",
                    other.text(),
                    other.class()
                );
                return Err(DirectiveError::error_row(NAME, message, 2));
            }
        };
        row.set(at, Cell::DateTime(moment));
        Ok(())
    })
}

fn to_timestamp(column: String, name: Option<&str>) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "datetime-to-timestamp";
    if name.is_some_and(|name| !matches!(name, "UTC" | "Z" | "GMT")) {
        return Err(DirectiveError::unsupported(NAME, "A time zone other than UTC"));
    }
    Ok(modify_row(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let moment = match &row.0[at].1 {
            Cell::Null | Cell::Moment(_) => return Ok(()),
            Cell::DateTime(moment) => moment.and_utc(),
            other => {
                let message = format!(
                    "Value {} for column {column} expected to be datetime but found {}",
                    other.text(),
                    other.class()
                );
                return Err(DirectiveError::error_row(NAME, message, 2));
            }
        };
        row.set(at, Cell::Moment(moment));
        Ok(())
    }))
}

fn now(column: String, name: Option<&str>) -> Result<RowFunction, DirectiveError> {
    if name.is_some_and(|name| !matches!(name, "UTC" | "Z" | "GMT")) {
        return Err(DirectiveError::unsupported(
            "current-datetime",
            "A time zone other than UTC",
        ));
    }
    Ok(modify_row(move |row| {
        row.add_or_set(&column, Cell::DateTime(Utc::now().naive_utc()));
        Ok(())
    }))
}
