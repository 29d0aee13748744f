//! The values of one leaf column, read and written through the parquet crate.

use super::error_text;
use super::guard::Chunk;
use crate::container::cell;
use crate::memory::Memory;
use googlesql::value::{ColumnType, Value};
use parquet::basic::Type as Physical;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::file::writer::SerializedColumnWriter;

/// How many records are read at once.
const BATCH_SIZE: usize = 8_192;

/// The most bytes that they have together if values repeat each other.
const MAX_REPEATED: usize = 16 << 20;

/// The type of a leaf.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    pub physical: Physical,
    pub meaning: Meaning,
}

/// What the values of a leaf mean. An `i64` is the number of units per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Bool,
    Int,
    /// With the number of bits.
    Unsigned(u8),
    Float,
    /// A half-precision float of two bytes.
    Half,
    Text,
    Json,
    Bytes,
    Date,
    Time(i64),
    Timestamp(i64),
    DateTime(i64),
    /// With the scale.
    Decimal(usize),
}

impl Meaning {
    /// The type of a column with such values.
    pub const fn kind(self) -> ColumnType {
        match self {
            Self::Bool => ColumnType::Bool,
            Self::Int | Self::Unsigned(_) => ColumnType::Int64,
            Self::Float | Self::Half => ColumnType::Float64,
            Self::Text => ColumnType::String,
            Self::Json => ColumnType::Json,
            Self::Bytes => ColumnType::Bytes,
            Self::Date => ColumnType::Date,
            Self::Time(_) => ColumnType::Time,
            Self::Timestamp(_) => ColumnType::Timestamp,
            Self::DateTime(_) => ColumnType::DateTime,
            Self::Decimal(_) => ColumnType::Numeric,
        }
    }
}

/// The values of a leaf column that is written.
#[derive(Debug, Default)]
pub struct ShreddedColumn<'v> {
    pub def_levels: Vec<i16>,
    pub rep_levels: Vec<i16>,
    /// Only the values that are not NULL.
    pub values: Vec<&'v Value>,
}

/// The values of a leaf column that was read.
#[derive(Debug, Default)]
pub struct LeafColumn {
    pub def_levels: Vec<i16>,
    /// Empty if nothing is repeated.
    pub rep_levels: Vec<i16>,
    /// Only the values that are not NULL, in pieces, so that those that have become rows can be let go.
    pub values: Vec<Vec<Value>>,
}

/// How many values of a leaf are held at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many fields on the way to the leaf can be absent.
    pub max_def_level: i16,
    /// How many can be repeated: without one a record has one value.
    pub max_rep_level: i16,
    /// The most values in a piece.
    pub piece: usize,
    /// What is read.
    pub chunk: Chunk,
}

impl Limits {
    /// How many records are read at once, and how many values they have at most.
    fn batch(self) -> Result<(usize, usize), String> {
        let Chunk {
            values,
            largest,
            repeats,
        } = self.chunk;
        let is_list = self.max_rep_level > 0;
        let mut records = BATCH_SIZE;
        if repeats {
            records = (MAX_REPEATED / largest.max(1)).clamp(1, BATCH_SIZE);
            if is_list && values > records {
                return Err("lists of values that repeat each other are not supported by the sandbox".into());
            }
        }
        let at_once = if is_list { values } else { values.min(records) };
        Ok((records, at_once))
    }
}

impl LeafColumn {
    /// How many bytes its levels take.
    const fn bytes_of_levels(&self) -> usize {
        size_of::<i16>() * (self.def_levels.len() + self.rep_levels.len())
    }

    fn push(&mut self, value: Value, piece: usize) {
        match self.values.last_mut().filter(|last| last.len() < piece) {
            Some(last) => last.push(value),
            None => self.values.push(vec![value]),
        }
    }
}

/// A value as the parquet crate returns it.
enum Raw {
    Bool(bool),
    Int(i64),
    Float(f64),
    Bytes(Vec<u8>),
}

impl Leaf {
    /// Reads all values of a leaf in one row group.
    pub fn read(
        self,
        reader: ColumnReader,
        limits: Limits,
        memory: &mut Memory,
    ) -> Result<LeafColumn, String> {
        let bytes = |data: &[u8]| Raw::Bytes(data.to_vec());
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.all(reader, (limits, memory), |it| Raw::Bool(*it)),
            ColumnReader::Int32ColumnReader(reader) => {
                self.all(reader, (limits, memory), |it| Raw::Int((*it).into()))
            }
            ColumnReader::Int64ColumnReader(reader) => self.all(reader, (limits, memory), |it| Raw::Int(*it)),
            ColumnReader::Int96ColumnReader(reader) => {
                self.all(reader, (limits, memory), |it| Raw::Int(it.to_micros()))
            }
            ColumnReader::FloatColumnReader(reader) => {
                self.all(reader, (limits, memory), |it| Raw::Float((*it).into()))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                self.all(reader, (limits, memory), |it| Raw::Float(*it))
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.all(reader, (limits, memory), |it| bytes(it.data()))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.all(reader, (limits, memory), |it| bytes(it.data()))
            }
        }
    }

    fn all<T: DataType>(
        self,
        mut reader: ColumnReaderImpl<T>,
        (limits, memory): (Limits, &mut Memory),
        raw: impl Fn(&T::T) -> Raw,
    ) -> Result<LeafColumn, String> {
        let (mut column, mut values) = (LeafColumn::default(), Vec::new());
        let (batch, at_once) = limits.batch()?;
        memory.check(at_once.saturating_mul(size_of::<T::T>() + size_of::<Value>()))?;
        loop {
            let before = column.bytes_of_levels();
            let (def_levels, rep_levels) = (&mut column.def_levels, &mut column.rep_levels);
            let read = reader.read_records(batch, Some(def_levels), Some(rep_levels), &mut values);
            let (records, _, _) = read.map_err(error_text)?;
            if records == 0 {
                break;
            }
            memory.take(column.bytes_of_levels() - before)?;
            for value in values.drain(..) {
                let value = self.value(raw(&value))?;
                memory.value(&value)?;
                column.push(value, limits.piece);
            }
        }
        if limits.max_def_level == 0 {
            // A leaf that is always present has no levels in the file.
            let count = column.values.iter().map(Vec::len).sum();
            memory.take(size_of::<i16>() * count)?;
            column.def_levels = vec![0; count];
        }
        Ok(column)
    }

    fn value(self, raw: Raw) -> Result<Value, String> {
        let out_of_range = || "a moment is out of range".to_owned();
        let text = |bytes| String::from_utf8(bytes).map_err(|_| "a string is not UTF-8".to_owned());
        Ok(match (self.meaning, raw) {
            (Meaning::Bool, Raw::Bool(truth)) => Value::Bool(truth),
            (Meaning::Int, Raw::Int(number)) => Value::Int(number),
            (Meaning::Unsigned(32), Raw::Int(number)) => Value::Int(number & 0xffff_ffff),
            (Meaning::Unsigned(_), Raw::Int(number)) if number >= 0 => Value::Int(number),
            (Meaning::Unsigned(_), Raw::Int(_)) => return Err("a number is beyond INT64".into()),
            (Meaning::Float, Raw::Float(number)) => Value::Float(number),
            (Meaning::Half, Raw::Bytes(bytes)) => {
                let bytes = bytes.try_into().map_err(|_| "a half float has two bytes")?;
                Value::Float(half_to_f64(u16::from_le_bytes(bytes)))
            }
            (Meaning::Text, Raw::Bytes(bytes)) => Value::Text(text(bytes)?),
            (Meaning::Json, Raw::Bytes(bytes)) => Value::Json(text(bytes)?),
            (Meaning::Bytes, Raw::Bytes(bytes)) => Value::Bytes(bytes),
            (Meaning::Date, Raw::Int(days)) => cell::date(days).ok_or_else(out_of_range)?,
            (Meaning::Time(unit), Raw::Int(number)) => {
                cell::time(cell::micros(number, unit)?).ok_or_else(out_of_range)?
            }
            (Meaning::Timestamp(unit), Raw::Int(number)) => Value::Timestamp(cell::micros(number, unit)?),
            (Meaning::DateTime(unit), Raw::Int(number)) => {
                cell::datetime(cell::micros(number, unit)?).ok_or_else(out_of_range)?
            }
            (Meaning::Decimal(scale), Raw::Int(number)) => cell::scaled(number.into(), scale),
            (Meaning::Decimal(scale), Raw::Bytes(bytes)) => {
                cell::decimal(&bytes, scale).ok_or("a decimal has too many digits")?
            }
            _ => return Err("a type does not fit its column".into()),
        })
    }

    /// Writes all values of a leaf in one row group.
    pub fn write(
        self,
        leaves: &ShreddedColumn<'_>,
        writer: &mut SerializedColumnWriter<'_>,
    ) -> Result<(), String> {
        match self.physical {
            Physical::BOOLEAN => write_values::<BoolType>(leaves, writer, |value| match value {
                Value::Bool(truth) => Some(*truth),
                _ => None,
            }),
            Physical::INT32 => write_values::<Int32Type>(leaves, writer, |value| match value {
                Value::Date(text) => i32::try_from(cell::days(text)?).ok(),
                _ => None,
            }),
            Physical::INT64 => write_values::<Int64Type>(leaves, writer, |value| match value {
                Value::Int(number) | Value::Timestamp(number) => Some(*number),
                Value::Time(text) => cell::micros_of_time(text),
                Value::DateTime(text) => cell::micros_of_datetime(text),
                _ => None,
            }),
            Physical::DOUBLE => write_values::<DoubleType>(leaves, writer, |value| match value {
                Value::Float(number) => Some(*number),
                _ => None,
            }),
            Physical::FIXED_LEN_BYTE_ARRAY => {
                write_values::<FixedLenByteArrayType>(leaves, writer, |value| {
                    let (Value::Numeric(text), Meaning::Decimal(scale)) = (value, self.meaning) else {
                        return None;
                    };
                    let digits = cell::unscaled(text, scale).ok()?;
                    Some(digits.to_be_bytes().to_vec().into())
                })
            }
            _ => write_values::<ByteArrayType>(leaves, writer, |value| match value {
                Value::Text(text) | Value::Json(text) => Some(text.as_str().into()),
                Value::Bytes(bytes) => Some(bytes.clone().into()),
                _ => None,
            }),
        }
    }
}

fn write_values<T: DataType>(
    leaves: &ShreddedColumn<'_>,
    writer: &mut SerializedColumnWriter<'_>,
    raw: impl Fn(&Value) -> Option<T::T>,
) -> Result<(), String> {
    let values = leaves.values.iter().map(|value| {
        raw(value).ok_or("a value does not fit its column: a decimal of a Parquet file keeps 38 digits")
    });
    let values: Vec<T::T> = values.collect::<Result<_, _>>()?;
    let batch = writer.typed::<T>();
    batch
        .write_batch(&values, Some(&leaves.def_levels), Some(&leaves.rep_levels))
        .map_err(error_text)?;
    Ok(())
}

/// Converts a half-precision float: five bits of exponent and ten of fraction.
fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = ((bits >> 10) & 0x1f, f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(i32::from(exponent) - 15),
    }
}
