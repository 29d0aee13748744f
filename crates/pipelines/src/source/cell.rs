//! The columns and cells of a real server, with the types of Connector/J and the plugin's schema reader.
//!
//! It follows `DBUtils.getSchema` and `MysqlSchemaReader` of the plugin and `MysqlType` of the driver:
//! `TINYINT(1)` and `BIT(1)` are booleans, `DATETIME` and `TIMESTAMP` are timestamps, an unsigned `BIGINT` is a
//! decimal, `YEAR` is a number, data without a character set is bytes.

use super::SqlException;
use chrono::{NaiveDateTime, NaiveTime};
use googlesql::value::{Column, ColumnType, Value};
use mysql::consts::{ColumnFlags, ColumnType as Wire};

/// The character set of binary data.
const BINARY: u16 = 63;

/// How `0000-00-00` is read: the driver's `zeroDateTimeBehavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZeroDates {
    /// As an exception, the driver's default.
    Refused,
    ToNull,
    Rounded,
}

impl From<&str> for ZeroDates {
    fn from(setting: &str) -> Self {
        match setting.to_ascii_uppercase().as_str() {
            "CONVERT_TO_NULL" | "CONVERTTONULL" => Self::ToNull,
            "ROUND" => Self::Rounded,
            _ => Self::Refused,
        }
    }
}

/// How the cells of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellType {
    Bit,
    Integer,
    Decimal,
    Float,
    Date,
    Time,
    Moment,
    Text,
    Bytes,
}

impl CellType {
    pub fn from_meta(meta: &mysql::Column, tiny_is_bit: bool) -> Self {
        let unsigned = meta.flags().contains(ColumnFlags::UNSIGNED_FLAG);
        let bytes = meta.character_set() == BINARY;
        match meta.column_type() {
            Wire::MYSQL_TYPE_BIT if meta.column_length() == 1 => Self::Bit,
            Wire::MYSQL_TYPE_TINY if tiny_is_bit && meta.column_length() == 1 && !unsigned => Self::Bit,
            Wire::MYSQL_TYPE_TINY
            | Wire::MYSQL_TYPE_SHORT
            | Wire::MYSQL_TYPE_INT24
            | Wire::MYSQL_TYPE_LONG
            | Wire::MYSQL_TYPE_YEAR => Self::Integer,
            Wire::MYSQL_TYPE_LONGLONG if unsigned => Self::Decimal,
            Wire::MYSQL_TYPE_LONGLONG => Self::Integer,
            Wire::MYSQL_TYPE_DECIMAL | Wire::MYSQL_TYPE_NEWDECIMAL => Self::Decimal,
            Wire::MYSQL_TYPE_FLOAT | Wire::MYSQL_TYPE_DOUBLE => Self::Float,
            Wire::MYSQL_TYPE_DATE | Wire::MYSQL_TYPE_NEWDATE => Self::Date,
            Wire::MYSQL_TYPE_TIME | Wire::MYSQL_TYPE_TIME2 => Self::Time,
            Wire::MYSQL_TYPE_DATETIME
            | Wire::MYSQL_TYPE_DATETIME2
            | Wire::MYSQL_TYPE_TIMESTAMP
            | Wire::MYSQL_TYPE_TIMESTAMP2 => Self::Moment,
            Wire::MYSQL_TYPE_BIT | Wire::MYSQL_TYPE_GEOMETRY => Self::Bytes,
            Wire::MYSQL_TYPE_JSON | Wire::MYSQL_TYPE_ENUM | Wire::MYSQL_TYPE_SET => Self::Text,
            _ if bytes => Self::Bytes,
            _ => Self::Text,
        }
    }

    /// The column in the plugin's schema. It has the name in its table instead of an alias:
    /// `ResultSetMetaData.getColumnName` ignores aliases unless the driver is configured otherwise.
    pub fn column(self, meta: &mysql::Column, aliases: bool) -> Column {
        let original = meta.org_name_str();
        let name = if aliases || original.is_empty() {
            meta.name_str()
        } else {
            original
        };
        Column {
            nullable: !meta.flags().contains(ColumnFlags::NOT_NULL_FLAG),
            ..Column::nullable(name, self.kind())
        }
    }

    fn kind(self) -> ColumnType {
        match self {
            Self::Bit => ColumnType::Bool,
            Self::Integer => ColumnType::Int64,
            Self::Decimal => ColumnType::Numeric,
            Self::Float => ColumnType::Float64,
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            Self::Moment => ColumnType::Timestamp,
            Self::Text => ColumnType::String,
            Self::Bytes => ColumnType::Bytes,
        }
    }

    /// Converts a cell of the text protocol.
    pub fn value(self, cell: mysql::Value, zero: ZeroDates) -> Result<Value, SqlException> {
        let bytes = match cell {
            mysql::Value::NULL => return Ok(Value::Null),
            mysql::Value::Bytes(bytes) => bytes,
            // The text protocol sends only bytes and NULL.
            other => other.as_sql(true).into_bytes(),
        };
        if self == Self::Bytes {
            return Ok(Value::Bytes(bytes));
        }
        if self == Self::Bit {
            return Ok(Value::Bool(bytes.iter().any(|byte| !matches!(byte, 0 | b'0'))));
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match self {
            Self::Integer => text.parse().map(Value::Int).map_err(|_| unreadable(&text)),
            Self::Decimal => Ok(Value::Numeric(text)),
            Self::Float => text.parse().map(Value::Float).map_err(|_| unreadable(&text)),
            Self::Date | Self::Moment if text.starts_with("0000-00-00") => match zero {
                ZeroDates::Refused => Err(data("java.sql.SQLException", "Zero date value prohibited".into())),
                ZeroDates::ToNull => Ok(Value::Null),
                ZeroDates::Rounded if self == Self::Date => Ok(Value::Date("0001-01-01".into())),
                ZeroDates::Rounded => moment("0001-01-01 00:00:00"),
            },
            Self::Date => Ok(Value::Date(text)),
            Self::Time => time(text),
            Self::Moment => moment(&text),
            Self::Text | Self::Bytes | Self::Bit => Ok(Value::Text(text)),
        }
    }
}

fn moment(text: &str) -> Result<Value, SqlException> {
    NaiveDateTime::parse_from_str(text, "%F %T%.f")
        .map(|moment| Value::Timestamp(moment.and_utc().timestamp_micros()))
        .map_err(|_| unreadable(text))
}

/// Converts a `TIME`, which is a duration for MySQL and a time of day for JDBC.
fn time(text: String) -> Result<Value, SqlException> {
    if NaiveTime::parse_from_str(&text, "%T%.f").is_ok() {
        return Ok(Value::Time(text));
    }
    Err(data(
        "java.sql.SQLDataException",
        format!(
            "The value '{text}' is an invalid TIME value. JDBC Time objects represent a wall-clock time and not a duration as MySQL treats them. If you are treating this type as a duration, consider retrieving this value as a string and dealing with it according to your requirements."
        ),
    ))
}

/// A value that cannot be parsed; the driver's own message is not known.
fn unreadable(text: &str) -> SqlException {
    data(
        "java.sql.SQLDataException",
        format!("Cannot read the value '{text}'"),
    )
}

fn data(class_name: &'static str, message: String) -> SqlException {
    SqlException { class_name, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(wire: Wire, length: u32, set: u16, flags: ColumnFlags) -> mysql::Column {
        mysql::Column::new(wire)
            .with_column_length(length)
            .with_character_set(set)
            .with_flags(flags)
            .with_name(b"alias")
            .with_org_name(b"column")
    }

    #[test]
    fn types_are_those_of_the_plugin() {
        let (none, unsigned) = (ColumnFlags::empty(), ColumnFlags::UNSIGNED_FLAG);
        for (wire, length, set, flags, kind) in [
            (Wire::MYSQL_TYPE_TINY, 1, BINARY, none, ColumnType::Bool),
            (Wire::MYSQL_TYPE_TINY, 4, BINARY, none, ColumnType::Int64),
            (
                Wire::MYSQL_TYPE_LONGLONG,
                20,
                BINARY,
                unsigned,
                ColumnType::Numeric,
            ),
            (Wire::MYSQL_TYPE_LONGLONG, 20, BINARY, none, ColumnType::Int64),
            (Wire::MYSQL_TYPE_NEWDECIMAL, 14, BINARY, none, ColumnType::Numeric),
            (Wire::MYSQL_TYPE_YEAR, 4, BINARY, unsigned, ColumnType::Int64),
            (Wire::MYSQL_TYPE_DATETIME, 19, BINARY, none, ColumnType::Timestamp),
            (Wire::MYSQL_TYPE_BLOB, 65_535, BINARY, none, ColumnType::Bytes),
            (Wire::MYSQL_TYPE_BLOB, 65_535, 45, none, ColumnType::String),
            (Wire::MYSQL_TYPE_BIT, 1, BINARY, unsigned, ColumnType::Bool),
            (Wire::MYSQL_TYPE_BIT, 8, BINARY, unsigned, ColumnType::Bytes),
        ] {
            let meta = meta(wire, length, set, flags);
            let column = CellType::from_meta(&meta, true).column(&meta, false);
            assert_eq!((column.name.as_str(), column.kind), ("column", kind), "{wire:?}");
        }
        let tiny = meta(Wire::MYSQL_TYPE_TINY, 1, BINARY, ColumnFlags::NOT_NULL_FLAG);
        let column = CellType::from_meta(&tiny, false).column(&tiny, true);
        assert_eq!(
            (column.name.as_str(), column.kind, column.nullable),
            ("alias", ColumnType::Int64, false)
        );
    }

    #[test]
    fn unusual_values_are_read_as_by_the_driver() {
        let read = |source: CellType, text: &str, zero| source.value(mysql::Value::Bytes(text.into()), zero);
        let zero = "0000-00-00 00:00:00";
        assert_eq!(
            read(CellType::Moment, zero, ZeroDates::Refused)
                .unwrap_err()
                .message,
            "Zero date value prohibited"
        );
        assert_eq!(read(CellType::Moment, zero, ZeroDates::ToNull), Ok(Value::Null));
        assert_eq!(
            read(CellType::Date, "0000-00-00", ZeroDates::Rounded),
            Ok(Value::Date("0001-01-01".into()))
        );
        assert_eq!(
            read(CellType::Moment, "1970-01-01 00:00:01.000002", ZeroDates::Refused),
            Ok(Value::Timestamp(1_000_002))
        );
        let long = read(CellType::Time, "30:00:00", ZeroDates::Refused).unwrap_err();
        assert!(
            long.message
                .starts_with("The value '30:00:00' is an invalid TIME value.")
        );
        assert_eq!(
            CellType::Bit.value(mysql::Value::Bytes(vec![1]), ZeroDates::Refused),
            Ok(Value::Bool(true))
        );
    }
}
