//! Values of rows: strings on the wire, typed here by the schema.

use super::nested;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// A column of a result or of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// BigQuery's older name of its type, which its answers use: `INTEGER`, `BOOLEAN`, `FLOAT`, `RECORD`.
    /// The newer spellings are turned into these.
    pub kind: String,
    /// Whether it is an array.
    pub repeated: bool,
    /// The fields of a RECORD.
    pub fields: Vec<Column>,
    /// The type of the bounds of a RANGE; empty for every other type.
    pub bounds: String,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// STRING, and all types whose text is exact: NUMERIC, FLOAT, DATE, TIME, DATETIME, BYTES, JSON ...
    Text(String),
    /// BOOLEAN.
    Bool(bool),
    /// INTEGER.
    Int(i64),
    /// TIMESTAMP, in microseconds since 1970.
    Timestamp(i64),
    /// RECORD and arrays, as the JSON that `TO_JSON_STRING` gives.
    Json(String),
}

impl Cell {
    /// As text for a person or an argument; `None` for NULL.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) | Self::Json(text) => Some(text.clone()),
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Timestamp(micros) => Some(timestamp_text(*micros)),
        }
    }
}

/// As BigQuery's own CAST prints it: `2026-11-23 10:11:12.5+00`.
fn timestamp_text(micros: i64) -> String {
    let moment = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
    let whole = moment.format("%Y-%m-%d %H:%M:%S").to_string();
    match micros.rem_euclid(1_000_000) {
        0 => format!("{whole}+00"),
        rest => format!("{whole}.{}+00", format!("{rest:06}").trim_end_matches('0')),
    }
}

#[derive(Deserialize)]
pub(super) struct Schema {
    #[serde(default)]
    pub(super) fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    fields: Vec<Field>,
    range_element_type: Option<Element>,
}

#[derive(Deserialize)]
struct Element {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(default)]
    f: Vec<Slot>,
}

#[derive(Deserialize)]
struct Slot {
    #[serde(default)]
    v: Value,
}

impl Schema {
    pub(super) fn columns(self) -> Vec<Column> {
        self.fields.into_iter().map(Column::from).collect()
    }
}

impl From<Field> for Column {
    fn from(field: Field) -> Self {
        Self {
            name: field.name,
            kind: older_name(&field.kind),
            repeated: field.mode.eq_ignore_ascii_case("REPEATED"),
            fields: field.fields.into_iter().map(Self::from).collect(),
            bounds: field
                .range_element_type
                .map_or(String::new(), |element| older_name(&element.kind)),
        }
    }
}

fn older_name(kind: &str) -> String {
    let upper = kind.to_ascii_uppercase();
    match upper.as_str() {
        "INT64" => "INTEGER".to_owned(),
        "FLOAT64" => "FLOAT".to_owned(),
        "BOOL" => "BOOLEAN".to_owned(),
        "STRUCT" => "RECORD".to_owned(),
        _ => upper,
    }
}

impl Row {
    /// The typed cells; an error when their number is not that of the columns.
    pub(super) fn cells(self, columns: &[Column]) -> Result<Vec<Cell>, String> {
        if self.f.len() != columns.len() {
            return Err(format!(
                "a row has {} cells, the schema {} columns",
                self.f.len(),
                columns.len()
            ));
        }
        let pairs = self.f.into_iter().zip(columns);
        pairs.map(|(slot, column)| cell(slot.v, column)).collect()
    }
}

fn cell(value: Value, column: &Column) -> Result<Cell, String> {
    if column.repeated || column.kind == "RECORD" {
        return Ok(nested::json(&value, column)?.map_or(Cell::Null, Cell::Json));
    }
    let Some(text) = scalar(&value, column)? else {
        return Ok(Cell::Null);
    };
    let cell = match column.kind.as_str() {
        "BOOLEAN" => boolean(&text).map(Cell::Bool),
        "INTEGER" => text.parse().ok().map(Cell::Int),
        "TIMESTAMP" => micros(&text).map(Cell::Timestamp),
        "RANGE" if column.bounds == "TIMESTAMP" => nested::bounds(&text).map(|bounds| {
            let [start, end] = bounds.map(|bound| match bound.map(micros) {
                Some(Some(micros)) => timestamp_text(micros),
                Some(None) => bound.unwrap_or_default().to_owned(),
                None => "UNBOUNDED".to_owned(),
            });
            Cell::Text(format!("[{start}, {end})"))
        }),
        _ => return Ok(Cell::Text(text.into_owned())),
    };
    cell.ok_or_else(|| mismatch(&text, column))
}

/// The text of a value that is neither a RECORD nor an array; `None` for NULL.
pub(super) fn scalar<'a>(value: &'a Value, column: &Column) -> Result<Option<Cow<'a, str>>, String> {
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
        Value::Array(_) | Value::Object(_) => return Err(mismatch("a list", column)),
    })
}

/// What is wrong with a value.
pub(super) fn mismatch(text: &str, column: &Column) -> String {
    format!(
        "the column {} holds '{text}', which is not a valid {}",
        column.name, column.kind
    )
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

/// Microseconds as an integer, as asked for; or seconds as a float, as servers send that ignore it.
pub(super) fn micros(text: &str) -> Option<i64> {
    if let Ok(micros) = text.parse::<i64>() {
        return Some(micros);
    }
    let seconds: f64 = text.parse().ok()?;
    let micros = (seconds * 1e6).round();
    if !micros.is_finite() || micros.abs() > 9.0e18 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within i64 above")]
    let whole = micros as i64;
    Some(whole)
}

/// A count, which travels as a string of digits.
pub(super) fn count(text: Option<&str>) -> Option<u64> {
    text.and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn typed(kind: &str, value: Value) -> Result<Cell, String> {
        let schema: Schema =
            serde_json::from_value(json!({"fields": [{"name": "c", "type": kind}]})).unwrap();
        let row: Row = serde_json::from_value(json!({"f": [{"v": value}]})).unwrap();
        Ok(row.cells(&schema.columns())?.remove(0))
    }

    #[test]
    fn cells_are_typed_by_both_spellings() {
        let text = |text: &str| Cell::Text(text.to_owned());
        for (kind, value, cell) in [
            ("STRING", json!("a"), text("a")),
            ("STRING", json!(null), Cell::Null),
            ("BOOL", json!("true"), Cell::Bool(true)),
            ("BOOLEAN", json!("F"), Cell::Bool(false)),
            ("INT64", json!("9223372036854775807"), Cell::Int(i64::MAX)),
            ("INTEGER", json!(5), Cell::Int(5)),
            ("FLOAT", json!("1.5e300"), text("1.5e300")),
            ("NUMERIC", json!("0.10"), text("0.10")),
            (
                "TIMESTAMP",
                json!("1704164645678901"),
                Cell::Timestamp(1_704_164_645_678_901),
            ),
            (
                "TIMESTAMP",
                json!("1.704164645678901E9"),
                Cell::Timestamp(1_704_164_645_678_901),
            ),
            ("TIMESTAMP", json!("-0.5"), Cell::Timestamp(-500_000)),
        ] {
            assert_eq!(typed(kind, value.clone()), Ok(cell), "{kind} {value}");
        }
        for (kind, value) in [
            ("BOOLEAN", "yes"),
            ("INTEGER", "1.0"),
            ("TIMESTAMP", "soon"),
            ("TIMESTAMP", "NaN"),
        ] {
            assert!(typed(kind, json!(value)).is_err(), "{kind} {value}");
        }
    }

    #[test]
    fn timestamps_print_as_bigquery_prints_them() {
        for (micros, text) in [
            (0, "1970-01-01 00:00:00+00"),
            (1_704_164_645_678_900, "2024-01-02 03:04:05.6789+00"),
            (-500_000, "1969-12-31 23:59:59.5+00"),
        ] {
            assert_eq!(Cell::Timestamp(micros).text().as_deref(), Some(text));
        }
        assert_eq!(Cell::Null.text(), None);
    }

    #[test]
    fn a_row_of_another_width_is_refused() {
        let row: Row = serde_json::from_value(json!({"f": []})).unwrap();
        let schema: Schema =
            serde_json::from_value(json!({"fields": [{"name": "c", "type": "STRING"}]})).unwrap();
        assert!(row.cells(&schema.columns()).is_err());
    }
}
