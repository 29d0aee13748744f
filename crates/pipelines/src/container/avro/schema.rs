//! Converts an Avro schema to columns, and columns to an Avro schema.

use crate::container::cell::PRECISION;
use googlesql::limits::MAX_DEPTH;
use googlesql::value::{Column, ColumnType};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The most types of a schema; a name counts as all the types it refers to, and a long text as several types.
const MAX_TYPES: usize = 20_000;

/// How many bytes of names, symbols and descriptions count as a type.
const TEXT_OF_A_TYPE: usize = 64;

/// How the bytes of a value are interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvroType {
    Null,
    Bool,
    /// `int` and `long`: the same bytes.
    Int,
    Float,
    Double,
    Bytes,
    Fixed(usize),
    Text,
    Enum(Vec<String>),
    Date,
    /// With the number of units per second.
    Time(i64),
    /// With the number of units per second.
    Timestamp(i64),
    /// The text of a `datetime`.
    DateTimeText,
    /// A `local-timestamp`, with the number of units per second.
    DateTime(i64),
    /// The scale, and the length in bytes if it is fixed.
    Decimal(usize, Option<usize>),
    Array(Box<AvroType>),
    Map(Box<AvroType>),
    Record(Vec<(Column, AvroType)>),
    /// The branches, of which at most one is not `null`.
    Union(Vec<AvroType>),
}

impl AvroType {
    /// The type of a column with such values.
    pub fn kind(&self) -> ColumnType {
        match self {
            Self::Null | Self::Text | Self::Enum(_) => ColumnType::String,
            Self::Bool => ColumnType::Bool,
            Self::Int => ColumnType::Int64,
            Self::Float | Self::Double => ColumnType::Float64,
            Self::Bytes | Self::Fixed(_) => ColumnType::Bytes,
            Self::Date => ColumnType::Date,
            Self::Time(_) => ColumnType::Time,
            Self::Timestamp(_) => ColumnType::Timestamp,
            Self::DateTimeText | Self::DateTime(_) => ColumnType::DateTime,
            Self::Decimal(..) => ColumnType::Numeric,
            Self::Array(item) => ColumnType::Array(Box::new(item.kind())),
            Self::Map(value) => {
                let entry = vec![
                    Column {
                        nullable: false,
                        ..Column::nullable("key", ColumnType::String)
                    },
                    Column {
                        nullable: value.nullable(),
                        ..Column::nullable("value", value.kind())
                    },
                ];
                ColumnType::Array(Box::new(ColumnType::Struct(entry)))
            }
            Self::Record(fields) => {
                ColumnType::Struct(fields.iter().map(|(column, _)| column.clone()).collect())
            }
            Self::Union(branches) => {
                let branch = branches.iter().find(|branch| **branch != Self::Null);
                branch.map_or(ColumnType::String, Self::kind)
            }
        }
    }

    fn nullable(&self) -> bool {
        matches!(self, Self::Union(branches) if branches.contains(&Self::Null)) || *self == Self::Null
    }
}

/// The fields of a record schema.
///
/// # Errors
/// A field whose type the sandbox does not support.
pub fn fields(schema: &Json, logical: bool) -> Result<Vec<(Column, AvroType)>, String> {
    let mut reader = Reader {
        definitions: BTreeMap::new(),
        remaining: MAX_TYPES,
        logical,
    };
    reader.fields(schema, MAX_DEPTH)
}

/// The columns of a record schema in JSON, with logical types: the `schema` property of a stage.
///
/// # Errors
/// As [`fields`].
pub fn columns(text: &str) -> Result<Vec<Column>, String> {
    let schema: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let fields = fields(&schema, true)?;
    Ok(fields.into_iter().map(|(column, _)| column).collect())
}

struct Reader<'a> {
    /// The definitions of named types, for references by name.
    definitions: BTreeMap<String, &'a Json>,
    remaining: usize,
    logical: bool,
}

impl<'a> Reader<'a> {
    /// Counts a type with this text.
    fn charge(&mut self, text: usize) -> Option<()> {
        self.remaining = self.remaining.checked_sub(1 + text / TEXT_OF_A_TYPE)?;
        Some(())
    }

    fn fields(&mut self, schema: &'a Json, depth: usize) -> Result<Vec<(Column, AvroType)>, String> {
        let fields = schema.get("fields").and_then(Json::as_array).ok_or("no fields")?;
        let field = |field: &'a Json| {
            let name = field["name"].as_str().ok_or("a field without a name")?;
            let doc = field["doc"].as_str();
            let avro_type = self
                .charge(name.len() + doc.map_or(0, str::len))
                .and_then(|()| self.avro_type(&field["type"], depth))
                .ok_or_else(|| format!("the type of {name} is not supported by the sandbox"))?;
            let column = Column {
                name: name.to_owned(),
                kind: avro_type.kind(),
                nullable: avro_type.nullable(),
                description: doc.map(str::to_owned),
            };
            Ok((column, avro_type))
        };
        fields.iter().map(field).collect()
    }

    fn avro_type(&mut self, schema: &'a Json, depth: usize) -> Option<AvroType> {
        let depth = depth.checked_sub(1)?;
        self.charge(0)?;
        if let Some(branches) = schema.as_array() {
            let avro_types: Option<Vec<_>> = branches
                .iter()
                .map(|branch| self.avro_type(branch, depth))
                .collect();
            let avro_types = avro_types?;
            let real = avro_types
                .iter()
                .filter(|avro_type| **avro_type != AvroType::Null)
                .count();
            return (real <= 1).then_some(AvroType::Union(avro_types));
        }
        let plain = schema.as_str().or_else(|| schema["type"].as_str());
        let Some(plain) = plain else {
            // `{"type": {"type": …}}` means the inner type.
            return self.avro_type(schema.get("type").filter(|inner| !inner.is_null())?, depth);
        };
        if let Some(name) = schema["name"].as_str() {
            self.definitions.insert(name.to_owned(), schema);
            if let Some(space) = schema["namespace"].as_str() {
                self.definitions.insert(format!("{space}.{name}"), schema);
            }
        }
        let logical = schema["logicalType"].as_str().filter(|_| self.logical);
        if let Some(avro_type) = logical.and_then(|logical| logical_type(logical, plain, schema)) {
            return Some(avro_type);
        }
        Some(match plain {
            "null" => AvroType::Null,
            "boolean" => AvroType::Bool,
            "int" | "long" => AvroType::Int,
            "float" => AvroType::Float,
            "double" => AvroType::Double,
            "bytes" => AvroType::Bytes,
            "string" => AvroType::Text,
            "fixed" => AvroType::Fixed(size(schema)?),
            "enum" => {
                let symbols = schema["symbols"].as_array()?.iter();
                let symbol = |symbol: &Json| {
                    let symbol = symbol.as_str()?;
                    self.charge(symbol.len())?;
                    Some(symbol.to_owned())
                };
                AvroType::Enum(symbols.map(symbol).collect::<Option<_>>()?)
            }
            "array" => AvroType::Array(Box::new(self.avro_type(&schema["items"], depth)?)),
            "map" => AvroType::Map(Box::new(self.avro_type(&schema["values"], depth)?)),
            "record" => AvroType::Record(self.fields(schema, depth).ok()?),
            name => {
                let definition = *self.definitions.get(name)?;
                self.avro_type(definition, depth)?
            }
        })
    }
}

/// The type of a logical type; `None` if the plain type is used.
fn logical_type(logical: &str, plain: &str, schema: &Json) -> Option<AvroType> {
    Some(match (logical, plain) {
        ("date", "int") => AvroType::Date,
        ("time-millis", "int") => AvroType::Time(1_000),
        ("time-micros", "long") => AvroType::Time(1_000_000),
        ("timestamp-millis", "long") => AvroType::Timestamp(1_000),
        ("timestamp-micros", "long") => AvroType::Timestamp(1_000_000),
        ("timestamp-nanos", "long") => AvroType::Timestamp(1_000_000_000),
        ("local-timestamp-millis", "long") => AvroType::DateTime(1_000),
        ("local-timestamp-micros", "long") => AvroType::DateTime(1_000_000),
        ("datetime", "string") => AvroType::DateTimeText,
        ("decimal", "bytes" | "fixed") => {
            let scale = usize::try_from(schema["scale"].as_u64().unwrap_or(0)).ok()?;
            let fixed = if plain == "fixed" {
                Some(size(schema)?)
            } else {
                None
            };
            (scale <= PRECISION).then_some(AvroType::Decimal(scale, fixed))?
        }
        _ => return None,
    })
}

fn size(schema: &Json) -> Option<usize> {
    usize::try_from(schema["size"].as_u64()?).ok()
}

/// The schema of these columns, with decimals of this scale.
///
/// Without `logical` types, dates and times are strings with a `sqlType`, as BigQuery exports them.
pub fn schema(columns: &[Column], scale: usize, logical: bool) -> Json {
    record_json("Root", columns, scale, logical)
}

fn record_json(name: &str, columns: &[Column], scale: usize, logical: bool) -> Json {
    let field = |(place, column): (usize, &Column)| {
        // Each record needs a unique name, so it includes the name of the outer record.
        let inner = format!("{name}_{place}");
        let kind = type_json(&column.kind, &inner, scale, logical);
        let kind = if is_optional(column) {
            json!(["null", kind])
        } else {
            kind
        };
        let mut field = json!({"name": column.name, "type": kind});
        if let Some(description) = &column.description {
            field["doc"] = description.as_str().into();
        }
        field
    };
    let fields: Vec<_> = columns.iter().enumerate().map(field).collect();
    json!({"type": "record", "name": name, "fields": fields})
}

/// Whether the type of a column is a union with `null`; an ARRAY's never is.
pub fn is_optional(column: &Column) -> bool {
    column.nullable && !matches!(column.kind, ColumnType::Array(_))
}

fn type_json(kind: &ColumnType, name: &str, scale: usize, logical: bool) -> Json {
    let date_or_time = |logical_type: &str, plain: &str, sql: &str| {
        if logical {
            json!({"type": plain, "logicalType": logical_type})
        } else {
            json!({"type": "string", "sqlType": sql})
        }
    };
    match kind {
        ColumnType::Bool => json!("boolean"),
        ColumnType::Int64 => json!("long"),
        ColumnType::Float64 => json!("double"),
        ColumnType::String => json!("string"),
        ColumnType::Json => json!({"type": "string", "sqlType": "JSON"}),
        ColumnType::Bytes => json!("bytes"),
        ColumnType::Numeric => {
            json!({"type": "bytes", "logicalType": "decimal", "precision": PRECISION, "scale": scale})
        }
        ColumnType::Date => date_or_time("date", "int", "DATE"),
        ColumnType::Time => date_or_time("time-micros", "long", "TIME"),
        ColumnType::DateTime => date_or_time("datetime", "string", "DATETIME"),
        ColumnType::Timestamp if logical => json!({"type": "long", "logicalType": "timestamp-micros"}),
        ColumnType::Timestamp => json!("long"),
        ColumnType::Array(item) => json!({"type": "array", "items": type_json(item, name, scale, logical)}),
        ColumnType::Struct(fields) => record_json(name, fields, scale, logical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_converted_to_columns() {
        let text = r#"{"type": "record", "name": "r", "fields": [
            {"name": "id", "type": "long"},
            {"name": "day", "type": [{"type": "int", "logicalType": "date"}, "null"]},
            {"name": "kind", "type": {"type": "enum", "name": "K", "namespace": "n", "symbols": ["A", "B"]}},
            {"name": "again", "type": ["null", "n.K"]},
            {"name": "tags", "type": {"type": "map", "values": "int"}},
            {"name": "spot", "type": {"type": "record", "name": "S", "fields": [{"name": "x", "type": "double"}]}}
        ]}"#;
        let columns = columns(text).unwrap();
        let kinds: Vec<_> = columns
            .iter()
            .map(|column| (&*column.name, column.nullable))
            .collect();
        assert_eq!(
            kinds,
            [
                ("id", false),
                ("day", true),
                ("kind", false),
                ("again", true),
                ("tags", false),
                ("spot", false)
            ]
        );
        assert_eq!(columns[1].kind, ColumnType::Date);
        assert_eq!(columns[3].kind, ColumnType::String);
        assert!(matches!(&columns[4].kind, ColumnType::Array(entry)
            if matches!(&**entry, ColumnType::Struct(fields) if fields[1].kind == ColumnType::Int64)));
    }

    #[test]
    fn an_unsupported_type_is_named() {
        for kind in [
            json!(["int", "string"]),
            json!("Nobody"),
            json!({"type": "record", "name": "R", "fields": [{"name": "inner", "type": "R"}]}),
        ] {
            let schema = json!({"type": "record", "name": "r", "fields": [{"name": "odd", "type": kind}]});
            assert_eq!(
                fields(&schema, true).unwrap_err(),
                "the type of odd is not supported by the sandbox"
            );
        }
    }
}
