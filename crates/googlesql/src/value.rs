//! Values, types, columns and rows: what tables, queries and pipelines exchange.

use serde::{Deserialize, Serialize};

/// The values of one row, in the order of its columns.
pub type Row = Vec<Value>;

/// A value. Dates and times are text in BigQuery's canonical form; a timestamp is a number, so that
/// it can be compared without parsing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BOOL.
    Bool(bool),
    /// INT64.
    Int(i64),
    /// FLOAT64.
    Float(#[serde(with = "bits")] f64),
    /// NUMERIC or DECIMAL, as plain decimal text: `1234.50`.
    Numeric(String),
    /// STRING.
    Text(String),
    /// BYTES.
    Bytes(Vec<u8>),
    /// DATE: `2024-02-29`.
    Date(String),
    /// TIME: `06:00:00` or with six fraction digits.
    Time(String),
    /// DATETIME: `2024-02-29T23:59:59`, no zone.
    DateTime(String),
    /// TIMESTAMP, in microseconds since 1970 in UTC.
    Timestamp(i64),
    /// JSON text.
    Json(String),
    /// ARRAY.
    Array(Vec<Value>),
    /// STRUCT: the values of its fields, in order.
    Struct(Vec<Value>),
}

/// A FLOAT64 as its bits: JSON has no infinity and does not keep every number exactly.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        number.to_bits().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

/// The type of a column, by BigQuery's standard names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    /// BOOL.
    Bool,
    /// INT64.
    Int64,
    /// FLOAT64.
    Float64,
    /// NUMERIC.
    Numeric,
    /// STRING.
    String,
    /// BYTES.
    Bytes,
    /// DATE.
    Date,
    /// TIME.
    Time,
    /// DATETIME.
    DateTime,
    /// TIMESTAMP.
    Timestamp,
    /// JSON.
    Json,
    /// ARRAY of these; a column of it has the mode REPEATED.
    Array(Box<ColumnType>),
    /// STRUCT of these fields; a field's name may be empty.
    Struct(Vec<Column>),
}

/// A column of a table, of a query result or of a pipeline's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, in the spelling it was defined with.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// The description from its OPTIONS.
    pub description: Option<String>,
}

impl Column {
    /// A nullable column without a description.
    pub fn nullable(name: impl Into<String>, kind: ColumnType) -> Self {
        Self {
            name: name.into(),
            kind,
            nullable: true,
            description: None,
        }
    }
}
