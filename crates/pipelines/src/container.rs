//! Files that contain their own schema, Avro and Parquet: bytes to columns and rows, and back.
//!
//! ```text
//! container/avro.rs       blocks of records and their compression
//! container/avro/         the schema as columns; the binary encoding of a record
//! container/parquet.rs    row groups, read and written through the parquet crate
//! container/parquet/      the schema as columns; record shredding and assembly
//! container/cell.rs       dates, times and decimals, for both formats
//! ```
//!
//! This module knows neither buckets nor tables. [`ReadOptions`] decide which types a file's columns have;
//! whether they fit a table is checked by the load job.

pub(crate) mod avro;
mod cell;
pub(crate) mod parquet;

use googlesql::value::{Column, ColumnType, Value};
use googlesql::{cast, kind};

/// The columns and the rows of a file.
pub type Content = (Vec<Column>, Vec<Vec<Value>>);

/// A file format that contains its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Avro object container files.
    Avro,
    /// Apache Parquet.
    Parquet,
}

/// How the types of a file are interpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Whether Avro's logical types are used (`useAvroLogicalTypes`); otherwise a date is a number of days.
    pub logical_types: bool,
    /// Whether Parquet's lists are arrays (`enableListInference`); otherwise they stay nested groups.
    pub list_inference: bool,
}

impl ReadOptions {
    /// Every logical type is used, as pipelines do.
    pub(crate) const FULL: Self = Self {
        logical_types: true,
        list_inference: true,
    };
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Codec {
    /// Not compressed.
    #[default]
    None,
    /// DEFLATE in Avro files, gzip in Parquet files.
    Deflate,
    /// Snappy.
    Snappy,
}

impl Container {
    /// The columns of a file; its rows are not read.
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
    /// Bytes that are not such a file, and types that the sandbox does not support.
    pub fn read(self, bytes: &[u8], options: ReadOptions) -> Result<Content, String> {
        match self {
            Self::Avro => avro::read(bytes, options.logical_types),
            Self::Parquet => parquet::read(bytes, options.list_inference),
        }
    }

    /// A file of these rows. Without `logical_types` an Avro file has strings for dates, as BigQuery exports them.
    ///
    /// # Errors
    /// A number with more digits than the format can store.
    pub fn write(
        self,
        columns: &[Column],
        rows: &[Vec<Value>],
        codec: Codec,
        logical_types: bool,
    ) -> Result<Vec<u8>, String> {
        match self {
            Self::Avro => avro::write(columns, rows, codec, logical_types),
            Self::Parquet => parquet::write(columns, rows, codec),
        }
    }
}

/// Why the columns of a file do not match the wanted columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaMismatch {
    /// A column that cannot be NULL is missing in the file.
    #[error("Missing required field: {0}.")]
    Missing(String),
    /// A column has another type in the file.
    #[error("Field {column} has changed type from {from} to {to}")]
    Kind {
        /// The column's name.
        column: String,
        /// The type in the file.
        from: String,
        /// The wanted type.
        to: String,
    },
}

/// Converts the rows of a file to rows of these columns, which are matched by name.
///
/// # Errors
/// A column that does not match.
pub fn convert_rows((own, rows): Content, columns: &[Column]) -> Result<Vec<Vec<Value>>, SchemaMismatch> {
    let places = columns.iter().map(|column| {
        let place = own
            .iter()
            .position(|own| own.name.eq_ignore_ascii_case(&column.name));
        if place.is_none() && !column.nullable {
            return Err(SchemaMismatch::Missing(column.name.clone()));
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
            convert_value(value, from, to).ok_or_else(|| SchemaMismatch::Kind {
                column: column.name.clone(),
                from: kind::name(from),
                to: kind::name(to),
            })
        });
        cells.collect()
    };
    rows.into_iter().map(row).collect()
}

/// Converts a value to another type; `None` where that could lose information.
fn convert_value(value: Value, from: &ColumnType, to: &ColumnType) -> Option<Value> {
    use ColumnType as T;
    match (value, from, to) {
        (Value::Null, _, _) => Some(Value::Null),
        (value, from, to) if from == to => Some(value),
        (Value::Array(items), T::Array(from), T::Array(to)) => {
            let items = items.into_iter().map(|item| convert_value(item, from, to));
            items.collect::<Option<_>>().map(Value::Array)
        }
        (Value::Struct(values), T::Struct(from), T::Struct(to)) => {
            let rows = convert_rows((from.clone(), vec![values]), to).ok()?;
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
