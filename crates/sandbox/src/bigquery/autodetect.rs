//! Schema autodetection for CSV and JSON files.

use super::load_format::read_failed;
use super::record::Record;
use super::value::scalar_from_text;
use googlesql::SqlError;
use googlesql::limits::MAX_COLUMNS;
use googlesql::value::{Column, ColumnType};
use serde_json::Value as Json;
use std::collections::HashMap;

/// How many characters the name of a column may have, as at Google.
const MAX_NAME: usize = 300;

/// What the records of a job say about its columns, without the records themselves.
#[derive(Default)]
pub(super) struct Detector {
    records: usize,
    /// The first record of CSV, which may have the names.
    first: Vec<Option<String>>,
    /// The names of JSON, in the order in which they come.
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// The types that the values of each column have, but for those of CSV's first record.
    types: Vec<Vec<ColumnType>>,
}

impl Detector {
    /// Looks at the next record.
    pub fn add(&mut self, record: Record) -> Result<(), SqlError> {
        self.records += 1;
        match record {
            Record::Cells(cells) if self.records == 1 => {
                self.types = vec![Vec::new(); cells.len()];
                self.first = cells;
            }
            Record::Cells(cells) => {
                for (types, cell) in self.types.iter_mut().zip(&cells) {
                    note(types, cell.as_deref());
                }
            }
            Record::Object(object) => {
                for (name, value) in object.as_object().into_iter().flatten() {
                    let place = self.place(name)?;
                    match value {
                        Json::Null => {}
                        Json::String(text) => note(&mut self.types[place], Some(text)),
                        other => note(&mut self.types[place], Some(&other.to_string())),
                    }
                }
            }
        }
        Ok(())
    }

    fn place(&mut self, name: &str) -> Result<usize, SqlError> {
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        let place = self.names.len();
        if place == MAX_COLUMNS || name.chars().count() > MAX_NAME {
            return Err(read_failed(&format!(
                "a table has at most {MAX_COLUMNS} columns, with names of at most {MAX_NAME} characters"
            )));
        }
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        self.types.push(Vec::new());
        Ok(place)
    }

    /// The columns, and whether the first record has only their names: a first CSV line that looks like names.
    pub fn finish(mut self) -> (Vec<Column>, bool) {
        let is_name = |cell: &Option<String>| {
            cell.as_ref()
                .is_some_and(|text| !text.is_empty() && type_of(text) == ColumnType::String)
        };
        let has_header = self.records > 1 && !self.first.is_empty() && self.first.iter().all(is_name);
        if has_header {
            self.names = self.first.into_iter().flatten().collect();
        } else if !self.first.is_empty() {
            for (types, cell) in self.types.iter_mut().zip(&self.first) {
                note(types, cell.as_deref());
            }
            self.names = (0..self.first.len())
                .map(|index| format!("string_field_{index}"))
                .collect();
        }
        let columns = self.names.into_iter().zip(&self.types);
        let columns = columns.map(|(name, types)| Column::nullable(name, common_type(types)));
        (columns.collect(), has_header)
    }
}

fn note(types: &mut Vec<ColumnType>, text: Option<&str>) {
    let Some(text) = text else { return };
    let kind = type_of(text);
    if !types.contains(&kind) {
        types.push(kind);
    }
}

/// The type that all values of a column have; STRING if there is none.
fn common_type(types: &[ColumnType]) -> ColumnType {
    match types {
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
