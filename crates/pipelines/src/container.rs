//! Files that carry their own schema, Avro and Parquet: bytes to columns and rows, and back.
//!
//! ```text
//! container/avro.rs       blocks of records, and how they are packed
//! container/avro/         its schema as columns; a record's bytes as a row
//! container/parquet.rs    reading, by the library's rows
//! container/parquet/      its schema as columns; rows taken apart into the file's columns
//! container/cell.rs       what both write of dates, times and decimals
//! ```
//!
//! It knows no bucket and no table. Which types BigQuery and the pipelines make of a file is decided here,
//! by [`Reading`]; whether they fit a table, by those who load it.

pub(crate) mod avro;
mod cell;
pub(crate) mod parquet;

use googlesql::value::{Column, ColumnType, Value};
use googlesql::{cast, kind};

/// What a file holds.
pub type Content = (Vec<Column>, Vec<Vec<Value>>);

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Avro object container files.
    Avro,
    /// Apache Parquet.
    Parquet,
}

/// How the types of a file are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether Avro's logical types count (`useAvroLogicalTypes`); else a date is a number of days.
    pub logical: bool,
    /// Whether Parquet's lists are arrays (`enableListInference`); else they are the groups they are made of.
    pub lists: bool,
}

impl Reading {
    /// Everything by its meaning, as pipelines do.
    pub const FULL: Self = Self {
        logical: true,
        lists: true,
    };
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    #[default]
    None,
    /// DEFLATE; in a Parquet file with gzip's frame around it.
    Deflate,
    /// Snappy.
    Snappy,
}

impl Container {
    /// The columns that a file says it has; its rows are not looked at.
    ///
    /// # Errors
    /// As [`Container::read`].
    pub fn columns(self, bytes: &[u8]) -> Result<Vec<Column>, String> {
        match self {
            Self::Avro => avro::columns(bytes),
            Self::Parquet => parquet::columns(bytes),
        }
    }

    /// The columns and rows of a file.
    ///
    /// # Errors
    /// Bytes that are no such file, and types that the sandbox does not have.
    pub fn read(self, bytes: &[u8], reading: Reading) -> Result<Content, String> {
        match self {
            Self::Avro => avro::read(bytes, reading.logical),
            Self::Parquet => parquet::read(bytes, reading.lists),
        }
    }

    /// A file of these rows. Without `logical` types an Avro file has text for dates, as BigQuery exports it.
    ///
    /// # Errors
    /// A number with more digits than the format keeps.
    pub fn write(
        self,
        columns: &[Column],
        rows: &[Vec<Value>],
        packing: Packing,
        logical: bool,
    ) -> Result<Vec<u8>, String> {
        match self {
            Self::Avro => avro::write(columns, rows, packing, logical),
            Self::Parquet => parquet::write(columns, rows, packing),
        }
    }
}

/// Why a file's rows are none of the columns that are asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A column must have values, and is not in the file.
    #[error("Missing required field: {0}.")]
    Missing(String),
    /// A column has another type in the file.
    #[error("Field {column} has changed type from {from} to {to}")]
    Kind {
        /// Its name.
        column: String,
        /// The file's type.
        from: String,
        /// The type that is asked for.
        to: String,
    },
}

/// The rows of a file as rows of these columns, by their names.
///
/// # Errors
/// A column that does not fit.
pub fn fitted((own, rows): Content, columns: &[Column]) -> Result<Vec<Vec<Value>>, Misfit> {
    let places = columns.iter().map(|column| {
        let place = own
            .iter()
            .position(|own| own.name.eq_ignore_ascii_case(&column.name));
        if place.is_none() && !column.nullable {
            return Err(Misfit::Missing(column.name.clone()));
        }
        Ok(place)
    });
    let places: Vec<_> = places.collect::<Result<_, _>>()?;
    let row = |row: Vec<Value>| {
        let cells = columns.iter().zip(&places).map(|(column, place)| {
            let Some(place) = *place else {
                return Ok(Value::Null);
            };
            let value = row.get(place).cloned().unwrap_or(Value::Null);
            let (from, to) = (&own[place].kind, &column.kind);
            converted(value, from, to).ok_or_else(|| Misfit::Kind {
                column: column.name.clone(),
                from: kind::name(from),
                to: kind::name(to),
            })
        });
        cells.collect()
    };
    rows.into_iter().map(row).collect()
}

/// A value in another type, where nothing is lost by it.
fn converted(value: Value, from: &ColumnType, to: &ColumnType) -> Option<Value> {
    use ColumnType as T;
    match (value, from, to) {
        (Value::Null, _, _) => Some(Value::Null),
        (value, from, to) if from == to => Some(value),
        (Value::Array(items), T::Array(from), T::Array(to)) => {
            let items = items.into_iter().map(|item| converted(item, from, to));
            items.collect::<Option<_>>().map(Value::Array)
        }
        (Value::Struct(values), T::Struct(from), T::Struct(to)) => {
            let rows = fitted((from.clone(), vec![values]), to).ok()?;
            rows.into_iter().next().map(Value::Struct)
        }
        (Value::Bytes(bytes), _, T::String) => String::from_utf8(bytes).ok().map(Value::Text),
        (value, T::Int64, T::Float64 | T::Numeric)
        | (value, T::String, T::Json | T::Date | T::Time | T::DateTime)
        | (value, T::Timestamp, T::DateTime)
        | (value, T::DateTime, T::Timestamp) => cast(&value, to).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
