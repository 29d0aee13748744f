//! Avro's binary encoding: reads a record as a row, and writes a row as a record.

use super::schema::{AvroType, is_optional};
use crate::container::cell;
use crate::memory::{Memory, exact_row};
use googlesql::value::{Column, ColumnType, Value};

/// The most entries of a file's header.
const MAX_METADATA: usize = 10_000;

/// The bytes that are not yet read.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'b>(pub &'b [u8]);

impl<'b> Cursor<'b> {
    /// Reads the next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'b [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("the file ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    /// Reads a zigzag-encoded integer of variable length.
    pub fn long(&mut self) -> Result<i64, String> {
        let mut bits = 0_u64;
        for place in 0..10 {
            let byte = self.take(1)?[0];
            bits |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed());
            }
        }
        Err("a number is too long".into())
    }

    fn length(&mut self) -> Result<usize, String> {
        usize::try_from(self.long()?).map_err(|_| "a length is negative".into())
    }

    /// Reads bytes that follow their length.
    pub fn bytes(&mut self) -> Result<&'b [u8], String> {
        let length = self.length()?;
        self.take(length)
    }

    /// Reads a string that follows its length.
    pub fn text(&mut self) -> Result<String, String> {
        utf8(self.bytes()?.to_vec())
    }

    /// Reads the items of an array or a map, which come in blocks.
    fn items<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut items = Vec::new();
        loop {
            let mut count = self.long()?;
            if count == 0 {
                items.shrink_to_fit();
                return Ok(items);
            }
            if count < 0 {
                // A negative count is followed by the block's size in bytes.
                self.long()?;
                count = count.checked_neg().ok_or("a block is too long")?;
            }
            // An item without bytes could be claimed by the million.
            if usize::try_from(count).is_ok_and(|count| count > self.0.len()) {
                return Err("the file ends too early".into());
            }
            for _ in 0..count {
                items.push(item(self)?);
            }
        }
    }

    /// Reads the header's map.
    pub fn metadata(&mut self) -> Result<Vec<(String, &'b [u8])>, String> {
        let mut entries = 0;
        self.items(|cursor| {
            entries += 1;
            if entries > MAX_METADATA {
                return Err("the header has too many entries".into());
            }
            Ok((cursor.text()?, cursor.bytes()?))
        })
    }

    /// Reads one record.
    pub fn record(
        &mut self,
        fields: &[(Column, AvroType)],
        memory: &mut Memory,
    ) -> Result<Vec<Value>, String> {
        exact_row(fields.iter().map(|(_, avro_type)| self.value(avro_type, memory)))
    }

    fn value(&mut self, avro_type: &AvroType, memory: &mut Memory) -> Result<Value, String> {
        let value = self.measured(avro_type, memory)?;
        memory.value(&value)?;
        Ok(value)
    }

    /// The next bytes, of which there is room for a copy.
    fn copied(&mut self, memory: &Memory) -> Result<Vec<u8>, String> {
        let bytes = self.bytes()?;
        memory.check(bytes.len())?;
        Ok(bytes.to_vec())
    }

    fn measured(&mut self, avro_type: &AvroType, memory: &mut Memory) -> Result<Value, String> {
        let in_range = |value: Option<Value>| value.ok_or_else(|| "a moment is out of range".to_owned());
        Ok(match avro_type {
            AvroType::Null => Value::Null,
            AvroType::Bool => Value::Bool(self.take(1)?[0] != 0),
            AvroType::Int => Value::Int(self.long()?),
            AvroType::Float => Value::Float(f32::from_le_bytes(self.array()?).into()),
            AvroType::Double => Value::Float(f64::from_le_bytes(self.array()?)),
            AvroType::Bytes => Value::Bytes(self.copied(memory)?),
            AvroType::Fixed(size) => Value::Bytes(self.take(*size)?.to_vec()),
            AvroType::Text => Value::Text(utf8(self.copied(memory)?)?),
            AvroType::Enum(symbols) => {
                let symbol = symbols.get(self.length()?).ok_or("an enum has no such symbol")?;
                Value::Text(symbol.clone())
            }
            AvroType::Date => in_range(cell::date(self.long()?))?,
            AvroType::Time(unit) => in_range(cell::time(cell::micros(self.long()?, *unit)?))?,
            AvroType::Timestamp(unit) => Value::Timestamp(cell::micros(self.long()?, *unit)?),
            AvroType::DateTime(unit) => in_range(cell::datetime(cell::micros(self.long()?, *unit)?))?,
            AvroType::DateTimeText => {
                let text = self.text()?;
                let value = cell::canonical(text.clone(), &ColumnType::DateTime);
                value.ok_or_else(|| format!("'{text}' is not a datetime"))?
            }
            AvroType::Decimal(scale, fixed) => {
                let bytes = match fixed {
                    Some(size) => self.take(*size)?,
                    None => self.bytes()?,
                };
                cell::decimal(bytes, *scale).ok_or("a decimal has too many digits")?
            }
            AvroType::Array(item) => Value::Array(self.items(|cursor| cursor.value(item, memory))?),
            AvroType::Map(value) => Value::Array(self.items(|cursor| {
                let key = Value::Text(cursor.text()?);
                memory.value(&key)?;
                memory.take(size_of::<Value>())?;
                Ok(Value::Struct(vec![key, cursor.value(value, memory)?]))
            })?),
            AvroType::Record(fields) => Value::Struct(self.record(fields, memory)?),
            AvroType::Union(branches) => {
                let branch = branches.get(self.length()?).ok_or("a union has no such branch")?;
                self.measured(branch, memory)?
            }
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| "the file ends too early".into())
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "a string is not UTF-8".into())
}

/// Writes records of the schema that [`super::schema::schema`] returns for the same columns.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    /// The scale of decimals.
    pub scale: usize,
    /// Whether dates are written as numbers, otherwise as strings.
    pub logical: bool,
}

impl Writer {
    /// Writes one record.
    pub fn record(self, columns: &[Column], row: &[Value], out: &mut Vec<u8>) -> Result<(), String> {
        for (column, value) in columns.iter().zip(row) {
            if is_optional(column) {
                long(i64::from(*value != Value::Null), out);
                if *value == Value::Null {
                    continue;
                }
            }
            self.value(value, &column.kind, out)
                .map_err(|text| format!("{}: {text}", column.name))?;
        }
        Ok(())
    }

    fn value(self, value: &Value, kind: &ColumnType, out: &mut Vec<u8>) -> Result<(), String> {
        let number =
            |number: Option<i64>, text: &str| number.ok_or_else(|| format!("'{text}' is not a date or time"));
        match (value, kind) {
            (Value::Bool(truth), _) => out.push(u8::from(*truth)),
            (Value::Int(number) | Value::Timestamp(number), _) => long(*number, out),
            (Value::Float(number), _) => out.extend(number.to_le_bytes()),
            (Value::Numeric(text), _) => {
                let digits = cell::unscaled(text, self.scale)?.to_be_bytes();
                bytes(shortest(&digits), out);
            }
            (Value::Date(text), _) if self.logical => long(number(cell::days(text), text)?, out),
            (Value::Time(text), _) if self.logical => long(number(cell::micros_of_time(text), text)?, out),
            (
                Value::Text(text)
                | Value::Json(text)
                | Value::DateTime(text)
                | Value::Date(text)
                | Value::Time(text),
                _,
            ) => bytes(text.as_bytes(), out),
            (Value::Bytes(content), _) => bytes(content, out),
            (Value::Array(items), ColumnType::Array(kind)) => {
                if !items.is_empty() {
                    long(i64::try_from(items.len()).unwrap_or(i64::MAX), out);
                }
                for item in items {
                    self.value(item, kind, out)?;
                }
                long(0, out);
            }
            // An ARRAY that is NULL is written as an empty one.
            (Value::Null, ColumnType::Array(_)) => long(0, out),
            (Value::Struct(values), ColumnType::Struct(fields)) => self.record(fields, values, out)?,
            _ => return Err("NULL where the schema allows none".into()),
        }
        Ok(())
    }
}

/// Writes a zigzag-encoded integer of variable length.
pub fn long(number: i64, out: &mut Vec<u8>) {
    let mut bits = ((number << 1) ^ (number >> 63)).cast_unsigned();
    loop {
        let [low, ..] = bits.to_le_bytes();
        bits >>= 7;
        if bits == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Writes bytes after their length.
pub fn bytes(content: &[u8], out: &mut Vec<u8>) {
    long(i64::try_from(content.len()).unwrap_or(i64::MAX), out);
    out.extend(content);
}

/// A two's complement number without redundant sign bytes.
fn shortest(mut bytes: &[u8]) -> &[u8] {
    while let [first, second, ..] = bytes
        && matches!((first, second >> 7), (0, 0) | (0xff, 1))
    {
        bytes = &bytes[1..];
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zigzag() {
        for (number, expected) in [
            (0, &[0][..]),
            (-1, &[1]),
            (64, &[0x80, 1]),
            (
                i64::MIN,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ),
        ] {
            let mut out = Vec::new();
            long(number, &mut out);
            assert_eq!(out, expected);
            assert_eq!(Cursor(&out).long(), Ok(number));
        }
        assert!(Cursor(&[0x80; 11]).long().is_err());
        assert_eq!(shortest(&[0, 0, 0x80]), [0, 0x80]);
        assert_eq!(shortest(&[0xff, 0xff]), [0xff]);
    }

    #[test]
    fn a_wrong_length_is_an_error() {
        let mut lie = Vec::new();
        long(i64::MAX, &mut lie);
        for avro_type in [
            AvroType::Bytes,
            AvroType::Array(Box::new(AvroType::Null)),
            AvroType::Text,
        ] {
            assert!(
                Cursor(&lie).value(&avro_type, &mut Memory::default()).is_err(),
                "{avro_type:?}"
            );
        }
    }
}
