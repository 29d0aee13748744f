//! Schema autodetection for CSV and JSON files.

use super::record::Record;
use super::value::scalar_from_text;
use googlesql::value::{Column, ColumnType};
use serde_json::Value as Json;

/// Columns by the values of the records. A first CSV line that looks like names is removed and gives the names.
pub(super) fn detect_columns(records: &mut Vec<Record>) -> Vec<Column> {
    let names = names(records);
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let kind = detect_type(records, index, &name);
            Column::nullable(name, kind)
        })
        .collect()
}

fn names(records: &mut Vec<Record>) -> Vec<String> {
    let is_alone = records.len() == 1;
    match records.first() {
        None => Vec::new(),
        Some(Record::Cells(cells)) => {
            let is_name = |cell: &Option<String>| {
                cell.as_ref()
                    .is_some_and(|text| !text.is_empty() && type_of(text) == ColumnType::String)
            };
            if is_alone || !cells.iter().all(is_name) {
                return (0..cells.len())
                    .map(|index| format!("string_field_{index}"))
                    .collect();
            }
            let names = cells.iter().flatten().cloned().collect();
            records.remove(0);
            names
        }
        Some(Record::Object(_)) => {
            let mut names: Vec<String> = Vec::new();
            for record in records.iter() {
                if let Record::Object(Json::Object(fields)) = record {
                    let new: Vec<_> = fields.keys().filter(|name| !names.contains(name)).collect();
                    names.extend(new.into_iter().cloned());
                }
            }
            names
        }
    }
}

/// The type that all values of a column have; STRING if there is none.
fn detect_type(records: &[Record], index: usize, name: &str) -> ColumnType {
    let text = |record: &Record| match record {
        Record::Cells(cells) => cells.get(index).cloned().flatten(),
        Record::Object(object) => match &object[name] {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
    };
    let mut types: Vec<ColumnType> = Vec::new();
    for text in records.iter().filter_map(text) {
        let kind = type_of(&text);
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    match &types[..] {
        [one] => one.clone(),
        [ColumnType::Int64, ColumnType::Float64] | [ColumnType::Float64, ColumnType::Int64] => {
            ColumnType::Float64
        }
        _ => ColumnType::String,
    }
}

fn type_of(text: &str) -> ColumnType {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return ColumnType::Bool;
    }
    [
        ColumnType::Int64,
        ColumnType::Float64,
        ColumnType::Date,
        ColumnType::Timestamp,
    ]
    .into_iter()
    .find(|kind| scalar_from_text(text, kind).is_some())
    .unwrap_or(ColumnType::String)
}
