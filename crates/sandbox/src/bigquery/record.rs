//! Records of files and of tabledata.insertAll, before they have types, and the rows that they become.

use super::value::{from_json, scalar_from_text};
use googlesql::kind::name as type_name;
use googlesql::value::{Column, ColumnType, Value};
use pipelines::memory::exact_row;
use serde_json::Value as Json;

/// A record: a text for each column, `None` for NULL, or a JSON object.
pub(super) enum Record {
    Cells(Vec<Option<String>>),
    Object(Json),
}

/// How strictly a record has to fit the schema.
#[derive(Clone, Copy)]
pub(super) struct RowOptions {
    /// Extra values are dropped.
    pub ignore_unknown_values: bool,
    /// Missing trailing values are NULL.
    pub allow_jagged_rows: bool,
}

impl Record {
    /// A row of these columns, or why the record does not fit them.
    pub fn row(&self, columns: &[Column], options: RowOptions) -> Result<Vec<Value>, String> {
        match self {
            Self::Cells(cells) => row_from_cells(cells, columns, options),
            Self::Object(object) => row_from_object(object, columns, options.ignore_unknown_values),
        }
    }
}

fn row_from_cells(
    cells: &[Option<String>],
    columns: &[Column],
    options: RowOptions,
) -> Result<Vec<Value>, String> {
    let (found, expected) = (cells.len(), columns.len());
    if found > expected && !options.ignore_unknown_values {
        return Err(format!(
            "Too many values in line. Found {found} column(s) while expected {expected}."
        ));
    }
    if found < expected && !options.allow_jagged_rows {
        return Err(format!(
            "Too few values in line. Found {found} column(s) while expected {expected}."
        ));
    }
    let texts = columns.iter().enumerate();
    exact_row(texts.map(|(index, column)| cell(cells.get(index).and_then(Option::as_deref), column)))
}

/// A row of these columns out of a JSON object, or why the object does not fit them.
pub(super) fn row_from_object(
    object: &Json,
    columns: &[Column],
    ignore_unknown_values: bool,
) -> Result<Vec<Value>, String> {
    let fields = object.as_object().into_iter().flatten();
    let is_known = |name: &str| {
        columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
    };
    if let Some((name, _)) = fields.clone().find(|(name, _)| !is_known(name))
        && !ignore_unknown_values
    {
        return Err(format!("No such field: {name}."));
    }
    let value = |column: &Column| {
        let mut fields = fields.clone();
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
        let found = found.map_or(&Json::Null, |(_, value)| value);
        if matches!(column.kind, ColumnType::Array(_) | ColumnType::Struct(_)) {
            return from_json(found, &column.kind).ok_or_else(|| unparsable(&found.to_string(), column));
        }
        let text = match found {
            Json::Null => None,
            Json::String(text) if column.kind != ColumnType::Json => Some(text.clone()),
            other => Some(other.to_string()),
        };
        cell(text.as_deref(), column)
    };
    exact_row(columns.iter().map(value))
}

fn cell(text: Option<&str>, column: &Column) -> Result<Value, String> {
    match text {
        None if column.nullable => Ok(Value::Null),
        None => Err(format!("Missing required field: {}.", column.name)),
        // Blanks around a text are part of it.
        Some(text) if column.kind == ColumnType::String => Ok(Value::Text(text.to_owned())),
        Some(text) => scalar_from_text(text.trim(), &column.kind).ok_or_else(|| unparsable(text, column)),
    }
}

fn unparsable(text: &str, column: &Column) -> String {
    format!(
        "Could not parse '{text}' as {} for field {}",
        type_name(&column.kind),
        column.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_no_more_room_than_it_needs() {
        let columns = [Column::nullable("a", ColumnType::String)];
        let options = RowOptions {
            ignore_unknown_values: false,
            allow_jagged_rows: false,
        };
        for record in [
            Record::Cells(vec![Some("x".into())]),
            Record::Object(serde_json::json!({"a": "x"})),
        ] {
            assert_eq!(record.row(&columns, options).unwrap().capacity(), 1);
        }
    }
}
