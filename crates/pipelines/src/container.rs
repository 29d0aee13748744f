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

use crate::memory::{Memory, exact_row};
use bytes::Bytes;
use googlesql::memory::{bytes_of, bytes_of_row};
use googlesql::value::{Column, ColumnType, Row, Value};
use googlesql::{cast, kind};
use std::io::Write;

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
    pub fn columns(self, bytes: &Bytes) -> Result<Vec<Column>, String> {
        match self {
            Self::Avro => avro::columns(bytes),
            Self::Parquet => parquet::columns(bytes),
        }
    }

    /// The columns and rows of a file. The rows are taken from `memory`, which the files that are read together share.
    ///
    /// # Errors
    /// Bytes that are not such a file, types that the sandbox does not support, and rows that take too much memory.
    pub fn read(self, bytes: &Bytes, options: ReadOptions, memory: &mut Memory) -> Result<Content, String> {
        match self {
            Self::Avro => avro::read(bytes, options.logical_types, memory),
            Self::Parquet => parquet::read(bytes, options.list_inference, memory),
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
        let mut out = Vec::new();
        self.write_to(&mut out, (columns, rows), codec, logical_types)?;
        Ok(out)
    }

    /// Writes the file of [`Container::write`] piece by piece, so that it is nowhere as a whole.
    ///
    /// # Errors
    /// As [`Container::write`], and what the writer says.
    pub fn write_to(
        self,
        out: &mut (dyn Write + Send),
        (columns, rows): (&[Column], &[Row]),
        codec: Codec,
        logical_types: bool,
    ) -> Result<(), String> {
        match self {
            Self::Avro => avro::write(out, (columns, rows), codec, logical_types),
            Self::Parquet => parquet::write(out, (columns, rows), codec),
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
    /// The columns match, but their rows take too much memory.
    #[error("{0}")]
    TooLarge(String),
}

/// Converts the rows of a file to rows of these columns, which are matched by name. What the rows take was taken from
/// `memory`, and is taken for the new rows then.
///
/// # Errors
/// A column that does not match, and rows that take too much memory: a short row can become a long one.
pub fn convert_rows(
    (own, rows): Content,
    columns: &[Column],
    memory: &mut Memory,
) -> Result<Vec<Row>, SchemaMismatch> {
    let places = places(&own, columns)?;
    let mut converted = Vec::with_capacity(rows.len());
    for row in rows {
        let (before, old) = (memory.taken(), bytes_of_row(&row));
        let row = convert_row(row, (&own, &places), columns, memory)?;
        memory
            .finish_row(before.saturating_sub(old), &row)
            .map_err(SchemaMismatch::TooLarge)?;
        converted.push(row);
    }
    Ok(converted)
}

/// Where each of the wanted columns is among a file's own.
fn places(own: &[Column], columns: &[Column]) -> Result<Vec<Option<usize>>, SchemaMismatch> {
    let place = |column: &Column| {
        let place = own
            .iter()
            .position(|own| own.name.eq_ignore_ascii_case(&column.name));
        if place.is_none() && !column.nullable {
            return Err(SchemaMismatch::Missing(column.name.clone()));
        }
        Ok(place)
    };
    columns.iter().map(place).collect()
}

fn convert_row(
    row: Row,
    (own, places): (&[Column], &[Option<usize>]),
    columns: &[Column],
    memory: &mut Memory,
) -> Result<Row, SchemaMismatch> {
    memory
        .take(size_of::<Value>().saturating_mul(columns.len()))
        .map_err(SchemaMismatch::TooLarge)?;
    let cells = columns.iter().zip(places).map(|(column, place)| {
        let Some(place) = *place else {
            return Ok(Value::Null);
        };
        let value = row.get(place).cloned().unwrap_or(Value::Null);
        let (from, to) = (&own[place].kind, &column.kind);
        convert_value(value, from, to, memory).map_err(|refusal| match refusal {
            Unconverted::Kind => SchemaMismatch::Kind {
                column: column.name.clone(),
                from: kind::name(from),
                to: kind::name(to),
            },
            Unconverted::TooLarge(text) => SchemaMismatch::TooLarge(text),
        })
    });
    exact_row(cells)
}

/// Why a value is not converted.
enum Unconverted {
    /// That could lose information.
    Kind,
    /// What becomes of it takes too much memory.
    TooLarge(String),
}

/// Converts a value to another type. What a converted value takes beyond its place is taken from `memory`.
fn convert_value(
    value: Value,
    from: &ColumnType,
    to: &ColumnType,
    memory: &mut Memory,
) -> Result<Value, Unconverted> {
    use ColumnType as T;
    match (value, from, to) {
        (Value::Null, _, _) => Ok(Value::Null),
        (value, from, to) if from == to => Ok(value),
        (Value::Array(items), T::Array(from), T::Array(to)) => {
            let items = items.into_iter();
            let items = items.map(|item| convert_value(item, from, to, memory));
            exact_row(items).map(Value::Array)
        }
        (Value::Struct(values), T::Struct(from), T::Struct(to)) => {
            let convert = |memory| {
                let places = places(from, to)?;
                convert_row(values, (from, &places), to, memory)
            };
            convert(memory)
                .map(Value::Struct)
                .map_err(|refusal| match refusal {
                    SchemaMismatch::TooLarge(text) => Unconverted::TooLarge(text),
                    SchemaMismatch::Missing(_) | SchemaMismatch::Kind { .. } => Unconverted::Kind,
                })
        }
        (Value::Bytes(bytes), _, T::String) => String::from_utf8(bytes)
            .map(Value::Text)
            .map_err(|_| Unconverted::Kind),
        (value, T::Int64, T::Float64 | T::Numeric)
        | (value, T::String, T::Json | T::Date | T::Time | T::DateTime)
        | (value, T::Timestamp, T::DateTime)
        | (value, T::DateTime, T::Timestamp) => {
            let value = cast(&value, to).map_err(|_| Unconverted::Kind)?;
            memory
                .take(bytes_of(&value) - size_of::<Value>())
                .map_err(Unconverted::TooLarge)?;
            Ok(value)
        }
        _ => Err(Unconverted::Kind),
    }
}

#[cfg(test)]
mod tests;
