//! A row while directives change it: named cells with Java's values, like the plugin's `Row`.
//!
//! Names are case-insensitive. Integers have no width here because the source's rows do not distinguish `int` and
//! `long`, so an error message with the class of a value says `Long`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use googlesql::value::{Column, ColumnType, Value};
use serde_json::Value as Json;

/// A value with the type that it has in Java.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Long(i64),
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
    /// Converts a value of a batch, as `StructuredToRowTransformer`.
    pub fn from_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number) => Self::Long(*number),
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
            // `from_typed` knows the names of a record's fields.
            Value::Array(_) | Value::Struct(_) => Self::Null,
            Value::Json(text) => {
                serde_json::from_str(text).map_or_else(|_| Self::Text(text.clone()), Self::Json)
            }
        }
    }

    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        let inside = match self {
            Self::Text(text) | Self::Decimal(text) => ALLOCATED + text.len(),
            Self::Bytes(bytes) => ALLOCATED + bytes.len(),
            Self::Json(json) => json_size(json),
            _ => 0,
        };
        size_of::<Self>() + inside
    }

    /// The class name of the value, as `Class.getSimpleName()`.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "Boolean",
            Self::Long(_) => "Long",
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

    /// The value as text, as `toString()`.
    pub fn text(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(truth) => truth.to_string(),
            Self::Long(number) => number.to_string(),
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

/// The time in the format of `LocalTime.toString`, which omits seconds that are zero.
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

/// The number in the format of `Double.toString`: at least one digit after the point, an exponent from ten million.
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

/// Converts a JSON value to a cell, as the plugin does.
pub(super) fn from_json(json: Json) -> Cell {
    match json {
        Json::Null => Cell::Null,
        Json::Bool(truth) => Cell::Bool(truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Cell::Long(whole),
            (None, Some(float)) => Cell::Float(float),
            (None, None) => Cell::Text(number.to_string()),
        },
        Json::String(text) => Cell::Text(text),
        other => Cell::Json(other),
    }
}

/// Converts a cell to a JSON value.
pub(super) fn json(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(truth) => Json::Bool(*truth),
        Cell::Long(number) => Json::from(*number),
        Cell::Float(number) => Json::from(*number),
        Cell::Decimal(text) => text
            .parse::<f64>()
            .map_or_else(|_| Json::from(text.as_str()), Json::from),
        Cell::Json(json) => json.clone(),
        other => Json::String(other.text()),
    }
}

/// About what an allocation takes beside its content: most texts of a hostile recipe are short.
const ALLOCATED: usize = 24;

/// The size of a JSON value. It was parsed, so that it does not nest deeper than the parser allows.
fn json_size(json: &Json) -> usize {
    let inside = match json {
        Json::String(text) => ALLOCATED + text.len(),
        Json::Array(items) => items.iter().map(json_size).sum(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, value)| 2 * (ALLOCATED + name.len()) + json_size(value))
            .sum(),
        _ => 0,
    };
    size_of::<Json>() + inside
}

/// The cell of a value with its type: records and arrays are JSON.
fn from_typed(value: &Value, kind: &ColumnType) -> Cell {
    match (value, kind) {
        (Value::Array(_), ColumnType::Array(_)) | (Value::Struct(_), ColumnType::Struct(_)) => {
            Cell::Json(to_json(value, kind))
        }
        _ => Cell::from_value(value),
    }
}

fn to_json(value: &Value, kind: &ColumnType) -> Json {
    match (value, kind) {
        (Value::Array(items), ColumnType::Array(kind)) => {
            items.iter().map(|item| to_json(item, kind)).collect()
        }
        (Value::Struct(values), ColumnType::Struct(columns)) => {
            let fields = columns.iter().zip(values);
            let fields = fields.map(|(column, value)| (column.name.clone(), to_json(value, &column.kind)));
            Json::Object(fields.collect())
        }
        (value, _) => json(&Cell::from_value(value)),
    }
}

/// The cells of a row with their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row(pub Vec<(String, Cell)>);

impl Row {
    pub fn from_values(columns: &[Column], values: &[Value]) -> Self {
        let cell =
            |(column, value): (&Column, &Value)| (column.name.clone(), from_typed(value, &column.kind));
        Self(columns.iter().zip(values).map(cell).collect())
    }

    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        let cells = self.0.iter();
        cells
            .map(|(name, cell)| size_of::<String>() + ALLOCATED + name.len() + cell.size())
            .sum()
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
    fn values_have_javas_text() {
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
    fn names_are_case_insensitive() {
        let mut row = Row(vec![("Größe".into(), Cell::Null)]);
        row.add_or_set("GRÖßE", Cell::Bool(true));
        assert_eq!(row.0, [("Größe".to_owned(), Cell::Bool(true))]);
    }
}
