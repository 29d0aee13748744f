//! The schema of a CSV or JSON file that nobody gave one: `autodetect`.

use super::intake::Raw;
use super::parameter::scalar;
use googlesql::value::{Column, ColumnType};
use serde_json::Value as Json;

/// Columns by what the records look like; a first line of CSV that looks like no data gives the names.
pub(super) fn detected(raw: &mut Vec<Raw>) -> Vec<Column> {
    let Some(first) = raw.first() else {
        return Vec::new();
    };
    let names: Vec<String> = match first {
        Raw::Cells(cells) => {
            let is_name = |cell: &Option<String>| {
                cell.as_ref()
                    .is_some_and(|text| kind_of(text) == ColumnType::String && !text.is_empty())
            };
            if raw.len() > 1 && cells.iter().all(is_name) {
                let names = cells.iter().flatten().cloned().collect();
                raw.remove(0);
                names
            } else {
                (0..cells.len())
                    .map(|place| format!("string_field_{place}"))
                    .collect()
            }
        }
        Raw::Object(_) => {
            let mut names: Vec<String> = Vec::new();
            for record in raw.iter() {
                if let Raw::Object(Json::Object(fields)) = record {
                    names.extend(
                        fields
                            .keys()
                            .filter(|name| !names.contains(name))
                            .cloned()
                            .collect::<Vec<_>>(),
                    );
                }
            }
            names
        }
    };
    let texts = |place: usize, name: &str| -> Vec<String> {
        let text = |record: &Raw| match record {
            Raw::Cells(cells) => cells.get(place).cloned().flatten(),
            Raw::Object(object) => match &object[name] {
                Json::Null => None,
                Json::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            },
        };
        raw.iter().filter_map(text).collect()
    };
    let column = |(place, name): (usize, &String)| {
        let mut kinds: Vec<ColumnType> = Vec::new();
        for text in texts(place, name) {
            let kind = kind_of(&text);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let kind = match &kinds[..] {
            [one] => one.clone(),
            [ColumnType::Int64, ColumnType::Float64] | [ColumnType::Float64, ColumnType::Int64] => {
                ColumnType::Float64
            }
            _ => ColumnType::String,
        };
        Column::nullable(name.clone(), kind)
    };
    names.iter().enumerate().map(column).collect()
}

fn kind_of(text: &str) -> ColumnType {
    let order = [
        ColumnType::Int64,
        ColumnType::Float64,
        ColumnType::Date,
        ColumnType::Timestamp,
    ];
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return ColumnType::Bool;
    }
    order
        .into_iter()
        .find(|kind| scalar(text, kind).is_some())
        .unwrap_or(ColumnType::String)
}
