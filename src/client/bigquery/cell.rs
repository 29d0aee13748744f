//! Values of rows: strings on the wire, typed here by the schema.

use super::nested;
use super::scalar::{boolean, micros, mismatch, scalar};
use super::schema::Column;
use serde::Deserialize;
use serde_json::Value;

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
pub(super) struct Row {
    #[serde(default)]
    f: Vec<Slot>,
}

#[derive(Deserialize)]
struct Slot {
    #[serde(default)]
    v: Value,
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
        "RANGE" if column.bounds == "TIMESTAMP" => range_text(&text).map(Cell::Text),
        _ => return Ok(Cell::Text(text.into_owned())),
    };
    cell.ok_or_else(|| mismatch(column))
}

/// A range of moments, which are numbers on the wire.
fn range_text(text: &str) -> Option<String> {
    let moment = |bound: Option<&str>| match bound {
        Some(text) => micros(text).map(timestamp_text),
        None => Some("UNBOUNDED".to_owned()),
    };
    let [start, end] = nested::bounds(text)?;
    Some(format!("[{}, {})", moment(start)?, moment(end)?))
}

/// A count, which travels as a string of digits.
pub(super) fn count(text: Option<&str>) -> Option<u64> {
    text.and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::schema::Schema;
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
    fn a_range_of_moments_is_in_the_words_of_its_bounds() {
        let field = json!({"name": "r", "type": "RANGE", "rangeElementType": {"type": "TIMESTAMP"}});
        let schema: Schema = serde_json::from_value(json!({"fields": [field]})).unwrap();
        let columns = schema.columns();
        let read = |text: &str| {
            let row: Row = serde_json::from_value(json!({"f": [{"v": text}]})).unwrap();
            row.cells(&columns).map(|cells| cells[0].text().unwrap())
        };
        assert_eq!(
            read("[1704164645000000, UNBOUNDED)").unwrap(),
            "[2024-01-02 03:04:05+00, UNBOUNDED)"
        );
        assert!(read("1704164645000000").is_err() && read("[soon, UNBOUNDED)").is_err());
    }

    #[test]
    fn a_row_of_another_width_is_refused() {
        let row: Row = serde_json::from_value(json!({"f": []})).unwrap();
        let schema: Schema =
            serde_json::from_value(json!({"fields": [{"name": "c", "type": "STRING"}]})).unwrap();
        assert!(row.cells(&schema.columns()).is_err());
    }
}
