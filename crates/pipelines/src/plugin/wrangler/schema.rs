//! Converts rows to the output schema, with the messages of the plugin's `RecordConvertor`.
//!
//! Records, arrays and maps are made of JSON. A column that is not in the schema is dropped; a field without a column is NULL. A text is converted to a
//! number, but a number is not converted to another numeric type.

use super::row::{Cell, from_json};
use googlesql::limits::MAX_DEPTH;
use googlesql::value::{Column, ColumnType, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The most types of a schema; a name counts as all the types that it stands for.
const MAX_TYPES: usize = 10_000;

/// A field of the output schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub column: Column,
    kind: Kind,
}

/// A type of CDAP's schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Date,
    Time,
    Timestamp,
    DateTime,
    /// With its scale.
    Decimal(u32),
    Record(Vec<Field>),
    /// With its items, which have the name of the field.
    Array(Box<Field>),
    /// With its values, which have the name of the field; the keys are texts.
    Map(Box<Field>),
}

/// Why a schema is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SchemaError {
    /// It is no schema.
    Invalid,
    /// The sandbox does not support a type in it.
    Unsupported(String),
}

/// Reads a schema. A record has a name under which it can be used again.
#[derive(Default)]
struct Reader {
    records: BTreeMap<String, Kind>,
    types: usize,
}

/// Parses the fields of an Avro record schema.
pub(super) fn fields(text: &str) -> Result<Vec<Field>, SchemaError> {
    let schema: Json = serde_json::from_str(text).map_err(|_| SchemaError::Invalid)?;
    Reader::default().fields(&schema, 0)
}

impl Reader {
    fn fields(&mut self, record: &Json, depth: usize) -> Result<Vec<Field>, SchemaError> {
        let fields = record
            .get("fields")
            .and_then(Json::as_array)
            .ok_or(SchemaError::Invalid)?;
        let field = |field: &Json| {
            let name = field
                .get("name")
                .and_then(Json::as_str)
                .ok_or(SchemaError::Invalid)?;
            self.field(name, field.get("type").unwrap_or(&Json::Null), depth)
        };
        fields.iter().map(field).collect()
    }

    /// A field of this type; of a union the first branch that is not `null`.
    fn field(&mut self, name: &str, json: &Json, depth: usize) -> Result<Field, SchemaError> {
        let branches = json
            .as_array()
            .map_or_else(|| vec![json], |union| union.iter().collect());
        let nullable = branches.iter().any(|branch| **branch == "null");
        let branch = branches.into_iter().find(|branch| **branch != "null");
        let kind = match branch {
            Some(branch) => self.kind(name, branch, depth)?,
            None => return Err(unsupported(name)),
        };
        let column = Column {
            nullable,
            ..Column::nullable(name, kind.column())
        };
        Ok(Field { column, kind })
    }

    fn kind(&mut self, name: &str, json: &Json, depth: usize) -> Result<Kind, SchemaError> {
        self.types += 1;
        if depth > MAX_DEPTH || self.types > MAX_TYPES {
            return Err(unsupported(name));
        }
        if let Some(kind) = simple(json) {
            return Ok(kind);
        }
        if let Some(kind) = json.as_str().and_then(|name| self.records.get(name)) {
            let kind = kind.clone();
            self.types += kind.types();
            return Ok(kind);
        }
        let inner = |key: &str| json.get(key).ok_or(SchemaError::Invalid);
        match json.get("type").and_then(Json::as_str) {
            Some("record") => {
                let kind = Kind::Record(self.fields(json, depth + 1)?);
                if let Some(own) = json.get("name").and_then(Json::as_str) {
                    self.records.insert(own.to_owned(), kind.clone());
                }
                Ok(kind)
            }
            Some("array") => Ok(Kind::Array(Box::new(self.field(
                name,
                inner("items")?,
                depth + 1,
            )?))),
            Some("map") => Ok(Kind::Map(Box::new(self.field(
                name,
                inner("values")?,
                depth + 1,
            )?))),
            Some("enum") => Ok(Kind::String),
            _ => Err(unsupported(name)),
        }
    }
}

fn unsupported(name: &str) -> SchemaError {
    SchemaError::Unsupported(format!("the type of field '{name}' in the output schema"))
}

/// A type without others in it.
fn simple(json: &Json) -> Option<Kind> {
    let text = |key: &str| json.get(key).and_then(Json::as_str);
    if let Some(logical) = text("logicalType") {
        return Some(match logical {
            "date" => Kind::Date,
            "time-micros" | "time-millis" => Kind::Time,
            "timestamp-micros" | "timestamp-millis" => Kind::Timestamp,
            "datetime" => Kind::DateTime,
            "decimal" => {
                let scale = json.get("scale").and_then(Json::as_u64).unwrap_or(0);
                Kind::Decimal(u32::try_from(scale).ok()?)
            }
            _ => return None,
        });
    }
    Some(match json.as_str().or_else(|| text("type"))? {
        "boolean" => Kind::Boolean,
        "int" => Kind::Int,
        "long" => Kind::Long,
        "float" => Kind::Float,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "string" => Kind::String,
        _ => return None,
    })
}

impl Kind {
    fn column(&self) -> ColumnType {
        match self {
            Self::Boolean => ColumnType::Bool,
            Self::Int | Self::Long => ColumnType::Int64,
            Self::Float | Self::Double => ColumnType::Float64,
            Self::Bytes => ColumnType::Bytes,
            Self::String => ColumnType::String,
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            Self::Timestamp => ColumnType::Timestamp,
            Self::DateTime => ColumnType::DateTime,
            Self::Decimal(_) => ColumnType::Numeric,
            Self::Record(fields) => {
                ColumnType::Struct(fields.iter().map(|field| field.column.clone()).collect())
            }
            Self::Array(item) => ColumnType::Array(Box::new(item.column.kind.clone())),
            Self::Map(value) => {
                let key = Column {
                    nullable: false,
                    ..Column::nullable("key", ColumnType::String)
                };
                let value = Column {
                    name: "value".to_owned(),
                    ..value.column.clone()
                };
                ColumnType::Array(Box::new(ColumnType::Struct(vec![key, value])))
            }
        }
    }

    /// How many types it consists of.
    fn types(&self) -> usize {
        match self {
            Self::Record(fields) => 1 + fields.iter().map(|field| field.kind.types()).sum::<usize>(),
            Self::Array(inner) | Self::Map(inner) => 1 + inner.kind.types(),
            _ => 1,
        }
    }
}

impl Field {
    /// The value of the field for a cell.
    ///
    /// # Errors
    /// The reason that follows `Problem converting into output record. Reason : `.
    pub fn value(&self, cell: Option<&Cell>) -> Result<Value, String> {
        let name = &self.column.name;
        let cell = cell.unwrap_or(&Cell::Null);
        let blank = matches!(cell, Cell::Text(text) if text.trim().is_empty());
        if *cell == Cell::Null
            || *cell == Cell::Json(Json::Null)
            || (blank && self.kind.reads_blank_as_null())
        {
            return if self.column.nullable {
                Ok(Value::Null)
            } else {
                Err(self.cannot_set("null"))
            };
        }
        match &self.kind {
            Kind::String => Ok(Value::Text(cell.text())),
            Kind::Int | Kind::Long => self.whole(cell),
            Kind::Float | Kind::Double => self.float(cell),
            Kind::Boolean => match cell {
                Cell::Bool(truth) => Ok(Value::Bool(*truth)),
                Cell::Text(text) => Ok(Value::Bool(text.eq_ignore_ascii_case("true"))),
                // The plugin says double, by mistake.
                other => Err(wrong_class(
                    name,
                    "double",
                    "the value is nor a string or boolean",
                    other,
                )),
            },
            Kind::Bytes => match cell {
                Cell::Bytes(bytes) => Ok(Value::Bytes(bytes.clone())),
                Cell::Text(text) => Ok(Value::Bytes(text.clone().into_bytes())),
                other => Err(wrong_class(
                    name,
                    "bytes",
                    "the value is not of type bytes",
                    other,
                )),
            },
            Kind::Date | Kind::Time | Kind::Timestamp | Kind::DateTime | Kind::Decimal(_) => {
                self.logical(cell)
            }
            Kind::Record(_) | Kind::Array(_) | Kind::Map(_) => self.nested(cell),
        }
    }

    /// A record, an array or a map from JSON.
    fn nested(&self, cell: &Cell) -> Result<Value, String> {
        let name = &self.column.name;
        let refused = |kind: &str| {
            Err(format!(
                "Unable decode object '{name}' with schema type '{kind}'."
            ))
        };
        match (&self.kind, cell) {
            (Kind::Record(fields), Cell::Json(Json::Object(values))) => {
                let values = fields
                    .iter()
                    .map(|field| field.inner(values.get(&field.column.name)));
                values.collect::<Result<_, _>>().map(Value::Struct)
            }
            (Kind::Array(item), Cell::Json(Json::Array(items))) => {
                let items = items.iter().map(|value| item.inner(Some(value)));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            (Kind::Map(value), Cell::Json(Json::Object(entries))) => {
                let entries = entries.iter().map(|(key, inner)| {
                    let inner = value.inner(Some(inner))?;
                    Ok(Value::Struct(vec![Value::Text(key.clone()), inner]))
                });
                entries.collect::<Result<_, _>>().map(Value::Array)
            }
            (Kind::Array(_), _) => Err(format!("Unable to decode array '{name}'")),
            (Kind::Map(_), _) => refused("MAP"),
            _ => refused("RECORD"),
        }
    }

    /// The value of the field for JSON, which has no dates and no decimals.
    fn inner(&self, json: Option<&Json>) -> Result<Value, String> {
        match (&self.kind, json) {
            (
                Kind::Date | Kind::Time | Kind::Timestamp | Kind::DateTime | Kind::Decimal(_),
                Some(json @ (Json::String(_) | Json::Number(_))),
            ) => {
                let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
                googlesql::cast(&Value::Text(text.clone()), &self.column.kind)
                    .map_err(|_| self.cannot_set(&text))
            }
            (_, json) => self.value(json.cloned().map(from_json).as_ref()),
        }
    }

    fn whole(&self, cell: &Cell) -> Result<Value, String> {
        let name = &self.column.name;
        let int = self.kind == Kind::Int;
        let fits = |number: i64| !int || i32::try_from(number).is_ok();
        match cell {
            Cell::Long(number) if fits(*number) => Ok(Value::Int(*number)),
            Cell::Text(text) => {
                let word = if int { "integer" } else { "long" };
                let parsed = text.parse::<i64>().ok().filter(|number| fits(*number));
                let parsed = parsed
                    .ok_or_else(|| format!("Unable to convert '{text}' to {word} for field name '{name}'"))?;
                Ok(Value::Int(parsed))
            }
            other if int => Err(wrong_class(
                name,
                "integer",
                "the value is not a integer or string",
                other,
            )),
            other => Err(wrong_class(
                name,
                "long",
                "the value is nor a string or long",
                other,
            )),
        }
    }

    fn float(&self, cell: &Cell) -> Result<Value, String> {
        let name = &self.column.name;
        let word = if self.kind == Kind::Float {
            "float"
        } else {
            "double"
        };
        match cell {
            #[expect(clippy::cast_precision_loss, reason = "Java's `doubleValue` loses as much")]
            Cell::Long(number) => Ok(Value::Float(*number as f64)),
            Cell::Float(number) => Ok(Value::Float(*number)),
            Cell::Decimal(text) if word == "double" => Ok(Value::Float(text.parse().unwrap_or_default())),
            Cell::Text(text) => text
                .trim()
                .parse()
                .map(Value::Float)
                .map_err(|_| format!("Unable to convert '{text}' to {word} for field name '{name}'")),
            other => Err(wrong_class(
                name,
                word,
                &format!("the value is nor a string or {word}"),
                other,
            )),
        }
    }

    /// Values of logical types are not converted; one that does not match is refused when the record is built.
    fn logical(&self, cell: &Cell) -> Result<Value, String> {
        match (&self.kind, cell) {
            (Kind::Date, Cell::Date(day)) => Ok(Value::Date(day.to_string())),
            (Kind::Time, Cell::Time(time)) => Ok(Value::Time(time.format("%H:%M:%S%.f").to_string())),
            (Kind::Timestamp, Cell::Moment(moment)) => Ok(Value::Timestamp(moment.timestamp_micros())),
            (Kind::DateTime, Cell::DateTime(moment)) => {
                Ok(Value::DateTime(moment.format("%FT%H:%M:%S%.f").to_string()))
            }
            (Kind::DateTime, Cell::Text(text)) => match text.parse::<chrono::NaiveDateTime>() {
                Ok(_) => Ok(Value::DateTime(text.clone())),
                Err(_) => Err(self.cannot_set(text)),
            },
            (Kind::Decimal(scale), Cell::Decimal(text)) => {
                let digits = text.split_once('.').map_or(0, |(_, tail)| tail.len());
                if digits > *scale as usize {
                    return Err(format!(
                        "Field '{}' has scale '{digits}' which is not equal to schema scale '{scale}'.",
                        self.column.name
                    ));
                }
                Ok(Value::Numeric(text.clone()))
            }
            (_, other) => Err(self.cannot_set(&other.text())),
        }
    }

    fn cannot_set(&self, value: &str) -> String {
        let kind = match &self.kind {
            Kind::Boolean => "boolean",
            Kind::Int => "int",
            Kind::Long => "long",
            Kind::Float => "float",
            Kind::Double => "double",
            Kind::Bytes => "bytes",
            Kind::String => "string",
            Kind::Date => "date",
            Kind::Time => "time of day in microseconds",
            Kind::Timestamp => "timestamp in microseconds",
            Kind::DateTime => "datetime in ISO-8601 format without timezone",
            Kind::Decimal(_) => "decimal",
            Kind::Record(_) => "record",
            Kind::Array(_) => "array",
            Kind::Map(_) => "map",
        };
        format!(
            "Field '{}' of type '{kind}' cannot be set to '{value}'. Make sure the value is being set is inline with the specified schema.",
            self.column.name
        )
    }
}

impl Kind {
    /// Whether a blank text is read as NULL.
    const fn reads_blank_as_null(&self) -> bool {
        matches!(
            self,
            Self::Boolean | Self::Int | Self::Long | Self::Float | Self::Double | Self::Bytes
        )
    }
}

fn wrong_class(name: &str, kind: &str, but: &str, cell: &Cell) -> String {
    format!(
        "Schema specifies field '{name}' is {kind}, but {but}. It is of type '{}'",
        cell.class()
    )
}

#[cfg(test)]
mod tests;
