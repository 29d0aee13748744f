//! `Projection`: drops, keeps, renames and converts columns (core-plugins 2.12.0), with the plugin's error messages.
//!
//! Its properties do not support macros, so they are validated at deploy time. What depends on the input schema is
//! checked when the first rows arrive.

use super::{Batch, CORE, Implementation, Plugin, StageContext, failure};
use crate::event::Failure;
use googlesql::value::{ColumnType, Value};
use std::collections::BTreeMap;

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "Projection",
    "transform",
    CORE,
    &[],
    Implementation::Transform(apply),
)];

/// A type that a column can be converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE", ascii_case_insensitive)]
enum SimpleType {
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
}

impl SimpleType {
    const fn column(self) -> ColumnType {
        match self {
            Self::Boolean => ColumnType::Bool,
            Self::Int | Self::Long => ColumnType::Int64,
            Self::Float | Self::Double => ColumnType::Float64,
            Self::Bytes => ColumnType::Bytes,
            Self::String => ColumnType::String,
        }
    }
}

/// The settings in the properties.
#[derive(Debug, Default)]
struct Settings {
    drop: Vec<String>,
    keep: Vec<String>,
    rename: Vec<(String, String)>,
    convert: Vec<(String, SimpleType)>,
}

impl Settings {
    fn from_properties(properties: &BTreeMap<String, String>) -> Result<Self, String> {
        let given = |name: &str| properties.get(name).map_or("", String::as_str);
        let list = |name: &str| -> Vec<String> {
            let parts = given(name).split(',').map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let mut settings = Self {
            drop: list("drop"),
            keep: list("keep"),
            ..Self::default()
        };
        if !settings.drop.is_empty() && !settings.keep.is_empty() {
            return Err("Cannot specify both drop and keep.".to_owned());
        }
        for (from, to) in pairs(given("rename"))? {
            if let Some((_, old)) = settings.rename.iter().find(|(name, _)| *name == from) {
                return Err(format!("Cannot rename '{from}' to both '{old}' and '{to}'."));
            }
            if settings.rename.iter().any(|(_, other)| *other == to) {
                return Err(format!("Cannot rename more than one field to '{to}'."));
            }
            settings.rename.push((from, to));
        }
        for (name, word) in pairs(given("convert"))? {
            let other = ["NULL", "ENUM", "ARRAY", "MAP", "RECORD", "UNION"];
            let Ok(kind) = word.parse::<SimpleType>() else {
                let upper = word.to_uppercase();
                return Err(if other.contains(&upper.as_str()) {
                    format!("Cannot convert field '{name}' to a '{word}'. Only simple types are supported.")
                } else {
                    // The message of `Enum.valueOf`.
                    format!("No enum constant io.cdap.cdap.api.data.schema.Schema.Type.{upper}")
                });
            };
            if settings.convert.iter().any(|(other, _)| *other == name) {
                return Err(format!("Cannot convert '{name}' to multiple types."));
            }
            settings.convert.push((name, kind));
        }
        Ok(settings)
    }
}

/// Parses `a:b,c:d`, with the errors of `KeyValueListParser`.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once(':') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(format!("Invalid syntax for key-value pair in list: {part}. It is expected to be a key followed by a : followed by a value.")),
        })
        .collect()
}

/// Validates the properties at deploy time.
pub(crate) fn configure(properties: &BTreeMap<String, String>) -> Result<(), String> {
    Settings::from_properties(properties).map(drop)
}

fn apply(context: &StageContext<'_>, batch: Batch) -> Result<Batch, Failure> {
    let settings = Settings::from_properties(context.properties).map_err(|text| invalid(&text))?;
    let dropped = |name: &String| {
        settings.drop.contains(name) || (!settings.keep.is_empty() && !settings.keep.contains(name))
    };
    let mut output = Batch::default();
    let mut places: Vec<(usize, Option<SimpleType>)> = Vec::new();
    for (at, column) in batch.columns.iter().enumerate() {
        if dropped(&column.name) {
            continue;
        }
        let mut made = column.clone();
        if let Some((_, to)) = settings.rename.iter().find(|(from, _)| *from == column.name) {
            made.name.clone_from(to);
        }
        let kind = settings.convert.iter().find(|(name, _)| *name == column.name);
        let kind = kind.map(|(_, kind)| *kind);
        if let Some(kind) = kind {
            check_convertible(&column.name, &column.kind, kind)?;
            made.kind = kind.column();
        }
        places.push((at, kind));
        output.columns.push(made);
    }
    if places.is_empty() && !batch.columns.is_empty() {
        return Err(invalid(
            "'Fields to drop' cannot contain all the fields of the input schema.",
        ));
    }
    for row in &batch.rows {
        let cells = places.iter().map(|(at, kind)| match kind {
            None => Ok(row[*at].clone()),
            Some(kind) => convert(&batch.columns[*at].name, &row[*at], *kind),
        });
        output.rows.push(cells.collect::<Result<_, _>>()?);
    }
    Ok(output)
}

/// The primitive type of a column; `int` and `long` are not distinguished.
pub(super) const fn primitive(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool => "BOOLEAN",
        ColumnType::Int64 | ColumnType::Timestamp | ColumnType::Time => "LONG",
        ColumnType::Date => "INT",
        ColumnType::Float64 => "DOUBLE",
        ColumnType::Numeric | ColumnType::Bytes => "BYTES",
        ColumnType::String | ColumnType::DateTime | ColumnType::Json => "STRING",
        ColumnType::Array(_) => "ARRAY",
        ColumnType::Struct(_) => "RECORD",
    }
}

fn check_convertible(name: &str, from: &ColumnType, to: SimpleType) -> Result<(), Failure> {
    let fine = match from {
        ColumnType::String | ColumnType::Bytes => true,
        ColumnType::Bool => matches!(to, SimpleType::Boolean | SimpleType::String | SimpleType::Bytes),
        // An INT64 may be an `int` or a `long`.
        ColumnType::Int64 | ColumnType::Float64 => to != SimpleType::Boolean,
        // How the plugin converts logical types is not known.
        ColumnType::Numeric
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::DateTime
        | ColumnType::Timestamp
        | ColumnType::Json
        | ColumnType::Array(_)
        | ColumnType::Struct(_) => false,
    };
    if fine {
        return Ok(());
    }
    Err(invalid(&format!(
        "Cannot convert field '{name}' from type '{}' to type '{}'.",
        primitive(from),
        <&str>::from(to)
    )))
}

/// Converts a value; a text that is not a number fails with Java's message.
fn convert(name: &str, value: &Value, to: SimpleType) -> Result<Value, Failure> {
    #[expect(clippy::cast_precision_loss, reason = "Java's `doubleValue` loses as much")]
    #[expect(clippy::cast_possible_truncation, reason = "`Math.round` saturates too")]
    Ok(match (value, to) {
        (Value::Null, _) => Value::Null,
        (Value::Text(text), _) => return parse(text, to),
        (Value::Bool(truth), SimpleType::String) => Value::Text(truth.to_string()),
        (Value::Bool(truth), SimpleType::Bytes) => Value::Bytes(vec![if *truth { 0xff } else { 0 }]),
        (Value::Int(number), SimpleType::Float | SimpleType::Double) => Value::Float(*number as f64),
        (Value::Int(number), SimpleType::String) => Value::Text(number.to_string()),
        (Value::Int(number), SimpleType::Bytes) => Value::Bytes(number.to_be_bytes().to_vec()),
        (Value::Int(number), SimpleType::Int) if i32::try_from(*number).is_err() => {
            return Err(invalid(&format!(
                "Cannot convert field '{name}' from type 'LONG' to type 'INT'."
            )));
        }
        (Value::Float(number), SimpleType::Int | SimpleType::Long) => {
            Value::Int((number + 0.5).floor() as i64)
        }
        (Value::Float(number), SimpleType::String) => Value::Text(super::wrangler::double(*number)),
        (Value::Float(number), SimpleType::Bytes) => Value::Bytes(number.to_be_bytes().to_vec()),
        (Value::Bytes(bytes), SimpleType::String) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        (Value::Bytes(bytes), SimpleType::Boolean) => {
            Value::Bool(bytes.first().is_some_and(|byte| *byte != 0))
        }
        (Value::Bytes(bytes), SimpleType::Int | SimpleType::Long) => Value::Int(
            bytes
                .iter()
                .fold(0, |number, byte| number << 8 | i64::from(*byte)),
        ),
        (Value::Bytes(bytes), SimpleType::Float | SimpleType::Double) => {
            match <[u8; 8]>::try_from(bytes.as_slice()) {
                Ok(eight) => Value::Float(f64::from_be_bytes(eight)),
                Err(_) => {
                    return Err(failure(
                        "java.lang.IllegalArgumentException",
                        format!(
                            "offset (0) + length (8) exceed the capacity of the array: {}",
                            bytes.len()
                        ),
                    ));
                }
            }
        }
        (same, _) => same.clone(),
    })
}

/// Converts a text, as `StructuredRecord.Builder.convertAndSet`.
fn parse(text: &str, to: SimpleType) -> Result<Value, Failure> {
    let input = |kind: &str| {
        if kind == "double" && text.trim().is_empty() {
            "empty String".to_owned()
        } else {
            format!("For input string: \"{text}\"")
        }
    };
    let broken = |kind: &str| failure("java.lang.NumberFormatException", input(kind));
    Ok(match to {
        SimpleType::Boolean => Value::Bool(text.eq_ignore_ascii_case("true")),
        SimpleType::Int => Value::Int(text.parse::<i32>().map_err(|_| broken("int"))?.into()),
        SimpleType::Long => Value::Int(text.parse().map_err(|_| broken("long"))?),
        SimpleType::Float | SimpleType::Double => {
            Value::Float(text.trim().parse().map_err(|_| broken("double"))?)
        }
        SimpleType::Bytes => Value::Bytes(text.as_bytes().to_vec()),
        SimpleType::String => Value::Text(text.to_owned()),
    })
}

fn invalid(text: &str) -> Failure {
    failure(
        "io.cdap.cdap.etl.api.validation.ValidationException",
        format!("Errors were encountered during validation. {text}"),
    )
}

#[cfg(test)]
mod tests;
