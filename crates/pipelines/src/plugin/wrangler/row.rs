//! A row under way: named cells, as the plugin's `Row` holds them, with Java's values.
//!
//! Names are found without regard to case. Whole numbers have no width here: the source's rows do not
//! say `int` or `long`, so a message that names a value's class says `Long`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use googlesql::value::{Column, Value};
use serde_json::Value as Json;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Whole(i64),
    Float(f64),
    /// `BigDecimal`, as plain decimal text.
    Decimal(String),
    Text(String),
    Bytes(Vec<u8>),
    /// `LocalDate`.
    Date(NaiveDate),
    /// `LocalTime`.
    Time(NaiveTime),
    /// `LocalDateTime`.
    DateTime(NaiveDateTime),
    /// `ZonedDateTime`, in UTC.
    Moment(DateTime<Utc>),
    /// `JsonObject` or `JsonArray`.
    Json(Json),
}

impl Cell {
    /// What a row of the sandbox holds, as `StructuredToRowTransformer` hands it over.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number) => Self::Whole(*number),
            Value::Float(number) => Self::Float(*number),
            Value::Numeric(text) => Self::Decimal(text.clone()),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Value::Date(text) => text.parse().map_or_else(|_| Self::Text(text.clone()), Self::Date),
            Value::Time(text) => text.parse().map_or_else(|_| Self::Text(text.clone()), Self::Time),
            Value::DateTime(text) => text
                .parse()
                .map_or_else(|_| Self::Text(text.clone()), Self::DateTime),
            Value::Timestamp(micros) => {
                DateTime::from_timestamp_micros(*micros).map_or(Self::Null, Self::Moment)
            }
            // A record or an array: no column of a Wrangler's input has such a type here.
            Value::Array(_) | Value::Struct(_) => Self::Null,
            Value::Json(text) => {
                serde_json::from_str(text).map_or_else(|_| Self::Text(text.clone()), Self::Json)
            }
        }
    }

    /// `Class.getSimpleName()`.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "Boolean",
            Self::Whole(_) => "Long",
            Self::Float(_) => "Double",
            Self::Decimal(_) => "BigDecimal",
            Self::Text(_) => "String",
            Self::Bytes(_) => "byte[]",
            Self::Date(_) => "LocalDate",
            Self::Time(_) => "LocalTime",
            Self::DateTime(_) => "LocalDateTime",
            Self::Moment(_) => "ZonedDateTime",
            Self::Json(Json::Array(_)) => "JsonArray",
            Self::Json(_) => "JsonObject",
        }
    }

    /// `toString()`.
    pub fn text(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(truth) => truth.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Float(number) => java_double(*number),
            Self::Decimal(text) | Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Date(day) => day.to_string(),
            Self::Time(time) => clock(*time),
            Self::DateTime(moment) => format!("{}T{}", moment.date(), clock(moment.time())),
            Self::Moment(moment) => {
                let plain = moment.naive_utc();
                format!("{}T{}Z[UTC]", plain.date(), clock(plain.time()))
            }
            Self::Json(json) => json.to_string(),
        }
    }
}

/// `LocalTime.toString`: seconds only if there are any.
fn clock(time: NaiveTime) -> String {
    use chrono::Timelike;
    match (time.second(), time.nanosecond()) {
        (0, 0) => time.format("%H:%M").to_string(),
        (_, 0) => time.format("%H:%M:%S").to_string(),
        (_, nanos) if nanos % 1_000_000 == 0 => time.format("%H:%M:%S%.3f").to_string(),
        (_, nanos) if nanos % 1_000 == 0 => time.format("%H:%M:%S%.6f").to_string(),
        _ => time.format("%H:%M:%S%.9f").to_string(),
    }
}

/// `Double.toString`: a digit behind the point at least, an exponent from ten million on.
pub(super) fn java_double(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        "NaN".into()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        }
    } else if size == 0.0 || (1e-3..1e7).contains(&size) {
        format!("{number:?}")
    } else {
        let text = format!("{number:E}");
        let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
        let point = if digits.contains('.') { "" } else { ".0" };
        format!("{digits}{point}E{exponent}")
    }
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row(pub Vec<(String, Cell)>);

impl Row {
    pub fn of(columns: &[Column], values: &[Value]) -> Self {
        let names = columns.iter().map(|column| column.name.clone());
        Self(names.zip(values.iter().map(Cell::of)).collect())
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        let wanted = name.to_lowercase();
        self.0
            .iter()
            .position(|(found, _)| found.to_lowercase() == wanted)
    }

    pub fn get(&self, name: &str) -> Option<&Cell> {
        self.find(name).map(|at| &self.0[at].1)
    }

    pub fn add(&mut self, name: impl Into<String>, cell: Cell) {
        self.0.push((name.into(), cell));
    }

    pub fn set(&mut self, at: usize, cell: Cell) {
        if let Some((_, old)) = self.0.get_mut(at) {
            *old = cell;
        }
    }

    pub fn add_or_set(&mut self, name: &str, cell: Cell) {
        match self.find(name) {
            Some(at) => self.set(at, cell),
            None => self.add(name, cell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_java_tells_them() {
        let moment = DateTime::from_timestamp(1_681_380_806, 5_000_000).unwrap();
        for (cell, text) in [
            (Cell::Float(3.0), "3.0"),
            (Cell::Float(1.5e10), "1.5E10"),
            (Cell::Float(1e-5), "1.0E-5"),
            (Cell::Moment(moment), "2023-04-13T10:13:26.005Z[UTC]"),
            (Cell::Time(NaiveTime::MIN), "00:00"),
        ] {
            assert_eq!(cell.text(), text);
        }
    }

    #[test]
    fn names_have_no_case() {
        let mut row = Row(vec![("Größe".into(), Cell::Null)]);
        row.add_or_set("GRÖßE", Cell::Bool(true));
        assert_eq!(row.0, [("Größe".to_owned(), Cell::Bool(true))]);
    }
}
