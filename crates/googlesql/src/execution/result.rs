//! What a result may be: its columns have different names, and its arrays are neither NULL nor do they have NULLs.

use crate::cell::check_elements;
use crate::error::SqlError;
use crate::value::{Column, ColumnType, Row, Value};
use std::collections::HashSet;

/// How many columns a result may have, as at Google.
const MAX_COLUMNS: usize = 10_000;

/// Refuses too many columns, and two of one name: no table could have them.
pub(crate) fn check_columns(columns: &[Column]) -> Result<(), SqlError> {
    if columns.len() > MAX_COLUMNS {
        return Err(SqlError::invalid(format!(
            "Too many columns: {}. A result may have no more than {MAX_COLUMNS}",
            columns.len()
        )));
    }
    let mut seen = HashSet::new();
    for column in columns {
        if !seen.insert(column.name.to_lowercase()) {
            return Err(SqlError::invalid(format!(
                "Duplicate column names in the result are not supported when a destination table is present. Found duplicate(s): {}",
                column.name
            )));
        }
    }
    Ok(())
}

/// The rows with empty arrays for NULLs.
///
/// # Errors
/// An array has an element that is NULL.
pub(crate) fn finish(columns: &[Column], mut rows: Vec<Row>) -> Result<Vec<Row>, SqlError> {
    for (index, column) in columns.iter().enumerate().filter(|(_, c)| has_array(&c.kind)) {
        for cell in rows.iter_mut().filter_map(|row| row.get_mut(index)) {
            fill(cell, &column.kind);
            check_elements(cell, &column.name)?;
        }
    }
    Ok(rows)
}

fn has_array(kind: &ColumnType) -> bool {
    match kind {
        ColumnType::Array(_) => true,
        ColumnType::Struct(fields) => fields.iter().any(|field| has_array(&field.kind)),
        _ => false,
    }
}

/// Makes NULL arrays empty, those inside of structs too.
fn fill(value: &mut Value, kind: &ColumnType) {
    match (value, kind) {
        (value @ Value::Null, ColumnType::Array(_)) => *value = Value::Array(Vec::new()),
        (Value::Array(items), ColumnType::Array(inner)) if has_array(inner) => {
            items.iter_mut().for_each(|item| fill(item, inner));
        }
        (Value::Struct(items), ColumnType::Struct(fields)) => {
            let fields = fields.iter().map(|field| &field.kind);
            items
                .iter_mut()
                .zip(fields)
                .for_each(|(item, kind)| fill(item, kind));
        }
        _ => {}
    }
}
