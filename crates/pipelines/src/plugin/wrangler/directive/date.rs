//! Directives about dates: read by a pattern, written by one, compared.

use super::super::row::Cell;
use super::super::trouble::Trouble;
use super::super::usage::Arguments;
use super::{Work, changing, each, missing};
use crate::macros::date_format::{DateFormat, zone};
use chrono::{DateTime, NaiveDateTime, Utc};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<Work, Trouble>> {
    let of = |name: &str| arguments.required(name);
    match name {
        "parse-as-simple-date" => Some(simple(of("column"), &of("format"))),
        "parse-as-datetime" => Some(datetime(of("column"), arguments.text("format"))),
        "parse-timestamp" => Some(timestamp(of("column"), arguments.text("timeunit"))),
        "format-date" => Some(format(of("column"), &of("format"))),
        "diff-date" => diff(of("column1"), of("column2"), of("destination")),
        "timestamp-to-datetime" => to_datetime(of("column")),
        "datetime-to-timestamp" => Some(to_timestamp(of("column"), arguments.text("timezone"))),
        "current-datetime" => Some(now(of("column"), arguments.text("timezone"))),
        // It guesses at a natural language, for which there is a library of its own.
        "parse-as-date" => Some(Err(Trouble::Unsupported(
            "Directive 'parse-as-date' is not supported by the sandbox; use parse-as-simple-date".to_owned(),
        ))),
        _ => None,
    }
}

/// A pattern that Java refuses ends the recipe in `IllegalArgumentException`'s words.
fn pattern(text: &str) -> Result<DateFormat, Trouble> {
    DateFormat::new(text).map_err(Trouble::Failed)
}

fn simple(column: String, format: &str) -> Result<Work, Trouble> {
    const NAME: &str = "parse-as-simple-date";
    let (pattern, shown) = (pattern(format)?, format.to_owned());
    Ok(changing(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let cell = match &row.0[at].1 {
            Cell::Null | Cell::Moment(_) => return Ok(()),
            Cell::Text(text) => pattern.read(text, zone("UTC")).map(Cell::Moment).ok_or_else(|| {
                Trouble::record(
                    NAME,
                    format!("Failed to parse '{text}' with pattern '{shown}'"),
                    1,
                )
            })?,
            other => {
                let said = format!(
                    "Column '{column}' is of invalid type '{}'. It should be of type 'String'.",
                    other.class()
                );
                return Err(Trouble::record(NAME, said, 2));
            }
        };
        row.set(at, cell);
        Ok(())
    }))
}

fn datetime(column: String, format: Option<&str>) -> Result<Work, Trouble> {
    const NAME: &str = "parse-as-datetime";
    let (pattern, shown) = match format {
        Some(format) => (Some(pattern(format)?), format.to_owned()),
        None => (None, "yyyy-MM-dd'T'HH:mm:ss".to_owned()),
    };
    Ok(changing(move |row| {
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
            let said = format!("Value {text} for column {column} is not in expected format {shown}");
            Trouble::record(NAME, said, 2)
        })?;
        row.set(at, Cell::DateTime(moment));
        Ok(())
    }))
}

fn timestamp(column: String, unit: Option<&str>) -> Result<Work, Trouble> {
    const NAME: &str = "parse-timestamp";
    let micros = match unit.map(str::to_uppercase).as_deref() {
        None | Some("MILLISECONDS") => 1_000,
        Some("SECONDS") => 1_000_000,
        Some("MICROSECONDS") => 1,
        Some(_) => {
            let said = format!(
                "Time unit '{}' is not a supported time unit. Supported time units are [MICROSECONDS, MILLISECONDS, SECONDS]",
                unit.unwrap_or_default()
            );
            return Err(Trouble::parsing(NAME, said));
        }
    };
    Ok(changing(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let invalid = |text: &str| {
            Trouble::record(
                NAME,
                format!("Invalid timestamp '{text}'. Timestamp must be a valid long."),
                1,
            )
        };
        let number = match &row.0[at].1 {
            Cell::Null | Cell::Moment(_) => return Ok(()),
            Cell::Whole(number) => *number,
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

fn format(column: String, format: &str) -> Result<Work, Trouble> {
    const NAME: &str = "format-date";
    let pattern = pattern(format)?;
    Ok(changing(move |row| {
        let at = row.find(&column).ok_or_else(|| missing(NAME, &column))?;
        let moment = match &row.0[at].1 {
            Cell::Null => return Ok(()),
            Cell::Moment(moment) => *moment,
            Cell::Date(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
            other => {
                let said = format!(
                    "Column '{column}' has invalid type '{}'. Apply 'parse-as-date' directive first.",
                    other.class()
                );
                return Err(Trouble::executing(NAME, said));
            }
        };
        let text = pattern.write(moment, zone("UTC"));
        row.set(at, Cell::Text(text));
        Ok(())
    }))
}

/// Milliseconds from the second to the first; a column called `now` is the moment of the recipe.
fn diff(first: String, second: String, target: String) -> Option<Result<Work, Trouble>> {
    let now = Utc::now();
    each(move |row| {
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
            (Some(one), Some(other)) => Cell::Whole(one.timestamp_millis() - other.timestamp_millis()),
            _ => Cell::Null,
        };
        row.add_or_set(&target, cell);
        Ok(())
    })
}

fn to_datetime(column: String) -> Option<Result<Work, Trouble>> {
    const NAME: &str = "timestamp-to-datetime";
    each(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let moment = match &row.0[at].1 {
            Cell::Null | Cell::DateTime(_) => return Ok(()),
            Cell::Moment(moment) => moment.naive_utc(),
            other => {
                let said = format!(
                    "Value {} for column {column} expected to be timestamp but found {}",
                    other.text(),
                    other.class()
                );
                return Err(Trouble::record(NAME, said, 2));
            }
        };
        row.set(at, Cell::DateTime(moment));
        Ok(())
    })
}

fn to_timestamp(column: String, name: Option<&str>) -> Result<Work, Trouble> {
    const NAME: &str = "datetime-to-timestamp";
    if name.is_some_and(|name| !matches!(name, "UTC" | "Z" | "GMT")) {
        return Err(Trouble::unsupported(NAME, "A time zone other than UTC"));
    }
    Ok(changing(move |row| {
        let Some(at) = row.find(&column) else {
            return Ok(());
        };
        let moment = match &row.0[at].1 {
            Cell::Null | Cell::Moment(_) => return Ok(()),
            Cell::DateTime(moment) => moment.and_utc(),
            other => {
                let said = format!(
                    "Value {} for column {column} expected to be datetime but found {}",
                    other.text(),
                    other.class()
                );
                return Err(Trouble::record(NAME, said, 2));
            }
        };
        row.set(at, Cell::Moment(moment));
        Ok(())
    }))
}

fn now(column: String, name: Option<&str>) -> Result<Work, Trouble> {
    if name.is_some_and(|name| !matches!(name, "UTC" | "Z" | "GMT")) {
        return Err(Trouble::unsupported(
            "current-datetime",
            "A time zone other than UTC",
        ));
    }
    Ok(changing(move |row| {
        row.add_or_set(&column, Cell::DateTime(Utc::now().naive_utc()));
        Ok(())
    }))
}
