//! Rows and schemas as BigQuery writes them: every scalar a JSON string or null, legacy type names.

use super::asked::Moments;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use googlesql::value::{Column, ColumnType, Value};
use serde_json::{Value as Json, json};

/// The largest answer in bytes, roughly: Google cuts pages at 10 MB.
const LARGEST_PAGE: usize = 10_000_000;

/// `{"fields": […]}`.
pub(super) fn schema(columns: &[Column]) -> Json {
    let field = |column: &Column| {
        let (kind, mode) = match &column.kind {
            ColumnType::Array(inner) => (&**inner, "REPEATED"),
            kind => (kind, if column.nullable { "NULLABLE" } else { "REQUIRED" }),
        };
        let mut field = json!({"name": column.name, "type": type_name(kind), "mode": mode});
        if let ColumnType::Struct(fields) = kind {
            field["fields"] = schema(&named(fields))["fields"].take();
        }
        if let Some(description) = &column.description {
            field["description"] = description.as_str().into();
        }
        field
    };
    json!({"fields": columns.iter().map(field).collect::<Vec<_>>()})
}

/// Fields that were left without a name are counted, as the columns of a result are.
fn named(fields: &[Column]) -> Vec<Column> {
    let mut fields = fields.to_vec();
    for (place, field) in fields.iter_mut().enumerate() {
        if field.name.is_empty() {
            field.name = format!("_field_{}", place + 1);
        }
    }
    fields
}

/// The legacy name, which the service answers with whatever the table was made with.
fn type_name(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool => "BOOLEAN",
        ColumnType::Int64 => "INTEGER",
        ColumnType::Float64 => "FLOAT",
        ColumnType::Numeric => "NUMERIC",
        ColumnType::String => "STRING",
        ColumnType::Bytes => "BYTES",
        ColumnType::Date => "DATE",
        ColumnType::Time => "TIME",
        ColumnType::DateTime => "DATETIME",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Json => "JSON",
        // Its elements' name stands for it: the mode says the rest.
        ColumnType::Array(inner) => type_name(inner),
        ColumnType::Struct(_) => "RECORD",
    }
}

/// As many rows as an answer may hold; at least one if there is one.
pub(super) fn rows(rows: &[Vec<Value>], moments: Moments) -> Vec<Json> {
    let mut size = 0;
    let mut encoded = Vec::new();
    for cells in rows {
        let row = record(cells, moments, &mut size);
        if size > LARGEST_PAGE && !encoded.is_empty() {
            break;
        }
        encoded.push(row);
    }
    encoded
}

/// `{"f": [{"v": …}]}`; adds to the size what it takes.
fn record(cells: &[Value], moments: Moments, size: &mut usize) -> Json {
    let cells: Vec<Json> = cells
        .iter()
        .map(|cell| json!({"v": cell_of(cell, moments, size)}))
        .collect();
    json!({"f": cells})
}

fn cell_of(value: &Value, moments: Moments, size: &mut usize) -> Json {
    *size += 9;
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| json!({"v": cell_of(item, moments, size)}))
            .collect(),
        Value::Struct(fields) => record(fields, moments, size),
        scalar => {
            let text = text(scalar, moments);
            *size += text.as_ref().map_or(0, String::len);
            Json::from(text)
        }
    }
}

/// A scalar as text; `None` is NULL.
pub(super) fn text(value: &Value, moments: Moments) -> Option<String> {
    Some(match value {
        Value::Null | Value::Array(_) | Value::Struct(_) => return None,
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Bytes(bytes) => STANDARD.encode(bytes),
        Value::Timestamp(micros) => moment(*micros, moments),
        Value::Time(text) => time(text),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::DateTime(text)
        | Value::Json(text) => text.clone(),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the default form is lossy at Google too"
)]
fn moment(micros: i64, moments: Moments) -> String {
    match moments {
        Moments::Micros => micros.to_string(),
        Moments::FloatSeconds => float(micros as f64 / 1e6),
        Moments::Iso => DateTime::from_timestamp_micros(micros)
            .map(|moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            .unwrap_or_default(),
    }
}

/// A TIME has six digits behind the point or none.
fn time(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{whole}.{fraction:0<6}"),
        None => text.to_owned(),
    }
}

/// A float as Java writes it, exponent form from ten million on: `1.704164645678901E9`.
fn float(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        "NaN".into()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.into()
    } else if size == 0.0 || (1e-3..1e7).contains(&size) {
        format!("{number:?}")
    } else {
        let text = format!("{number:E}");
        // Java always shows one digit behind the point.
        match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_or_null() {
        for (value, expected) in [
            (Value::Null, None),
            (Value::Bool(true), Some("true")),
            (Value::Int(i64::MAX), Some("9223372036854775807")),
            (Value::Float(1.5), Some("1.5")),
            (Value::Float(2.0), Some("2.0")),
            (Value::Float(1e20), Some("1.0E20")),
            (Value::Float(f64::NAN), Some("NaN")),
            (Value::Float(f64::NEG_INFINITY), Some("-Infinity")),
            (Value::Numeric("1234.5".into()), Some("1234.5")),
            (Value::Time("06:00:00".into()), Some("06:00:00")),
            (Value::Time("06:00:00.5".into()), Some("06:00:00.500000")),
            (Value::Bytes(vec![]), Some("")),
            (Value::Bytes(b"f".to_vec()), Some("Zg==")),
            (Value::Bytes(b"fo".to_vec()), Some("Zm8=")),
            (Value::Bytes(vec![0xFB, 0xFF, 0xFE]), Some("+//+")),
            (Value::Json("null".into()), Some("null")),
        ] {
            assert_eq!(text(&value, Moments::Micros).as_deref(), expected, "{value:?}");
        }
    }

    #[test]
    fn a_timestamp_has_three_forms() {
        for (micros, float, iso) in [
            (
                1_704_164_645_678_901,
                "1.704164645678901E9",
                "2024-01-02T03:04:05.678901Z",
            ),
            (0, "0.0", "1970-01-01T00:00:00Z"),
            (-86_400_000_000, "-86400.0", "1969-12-31T00:00:00Z"),
            (1_500_000, "1.5", "1970-01-01T00:00:01.500Z"),
        ] {
            let value = Value::Timestamp(micros);
            assert_eq!(text(&value, Moments::FloatSeconds).as_deref(), Some(float));
            assert_eq!(text(&value, Moments::Micros), Some(micros.to_string()));
            assert_eq!(text(&value, Moments::Iso).as_deref(), Some(iso));
        }
    }

    #[test]
    fn schemas_use_legacy_names_and_say_the_mode() {
        let columns = [
            Column {
                nullable: false,
                description: Some("why".into()),
                ..Column::nullable("a", ColumnType::Bool)
            },
            Column::nullable("b", ColumnType::Int64),
        ];
        let expected = json!({"fields": [
            {"name": "a", "type": "BOOLEAN", "mode": "REQUIRED", "description": "why"},
            {"name": "b", "type": "INTEGER", "mode": "NULLABLE"},
        ]});
        assert_eq!(schema(&columns), expected);
    }

    #[test]
    fn a_page_ends_before_it_grows_too_large() {
        let big = vec![vec![Value::Text("x".repeat(6_000_000))]; 3];
        assert_eq!(rows(&big, Moments::Micros).len(), 1);
        let small = vec![vec![Value::Int(1)]; 1000];
        assert_eq!(rows(&small, Moments::Micros).len(), 1000);
    }
}
