//! An Avro schema as columns, and columns as a schema.

use crate::container::cell::PRECISION;
use googlesql::value::{Column, ColumnType};
use serde_json::{Map, Value as Json, json};

/// How deep types may lie in each other: records as deep as BigQuery's, each behind an array and a union.
const DEPTH: usize = 45;

/// How many types a schema may come to: as many as BigQuery has columns. A name stands for all it names.
const SHAPES: usize = 10_000;

/// What the bytes of a value mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
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
    /// So many of its units make a second.
    Time(i64),
    /// So many of its units make a second.
    Timestamp(i64),
    /// A `datetime`'s text.
    DateTimeText,
    /// A `local-timestamp`; so many of its units make a second.
    DateTime(i64),
    /// The digits behind its point, and its length if that is fixed.
    Decimal(usize, Option<usize>),
    Array(Box<Shape>),
    Map(Box<Shape>),
    Record(Vec<(Column, Shape)>),
    /// Its branches; one that is not `null`.
    Union(Vec<Shape>),
}

impl Shape {
    /// The type of a column of such values.
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
/// A type that the sandbox has no column for, by the field's name.
pub fn fields(schema: &Json, logical: bool) -> Result<Vec<(Column, Shape)>, String> {
    let mut reader = Reader {
        named: Map::new(),
        left: SHAPES,
        logical,
    };
    reader.fields(schema, DEPTH)
}

/// The columns of a record schema's text, everything by its meaning: what a stage of a pipeline is given.
///
/// # Errors
/// As [`fields`].
pub fn columns(text: &str) -> Result<Vec<Column>, String> {
    let schema: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let fields = fields(&schema, true)?;
    Ok(fields.into_iter().map(|(column, _)| column).collect())
}

struct Reader {
    /// The definitions of names, for where a name stands alone.
    named: Map<String, Json>,
    left: usize,
    logical: bool,
}

impl Reader {
    fn fields(&mut self, schema: &Json, depth: usize) -> Result<Vec<(Column, Shape)>, String> {
        let fields = schema.get("fields").and_then(Json::as_array).ok_or("no fields")?;
        let field = |field: &Json| {
            let name = field["name"].as_str().ok_or("a field without a name")?;
            let shape = self
                .shape(&field["type"], depth)
                .ok_or_else(|| format!("the type of {name} is not supported by the sandbox"))?;
            let column = Column {
                name: name.to_owned(),
                kind: shape.kind(),
                nullable: shape.nullable(),
                description: field["doc"].as_str().map(str::to_owned),
            };
            Ok((column, shape))
        };
        fields.iter().map(field).collect()
    }

    fn shape(&mut self, schema: &Json, depth: usize) -> Option<Shape> {
        let depth = depth.checked_sub(1)?;
        self.left = self.left.checked_sub(1)?;
        if let Some(branches) = schema.as_array() {
            let shapes: Option<Vec<_>> = branches.iter().map(|branch| self.shape(branch, depth)).collect();
            let shapes = shapes?;
            let real = shapes.iter().filter(|shape| **shape != Shape::Null).count();
            return (real <= 1).then_some(Shape::Union(shapes));
        }
        let plain = schema.as_str().or_else(|| schema["type"].as_str());
        let Some(plain) = plain else {
            // `{"type": {"type": …}}` is the type inside.
            return self.shape(schema.get("type").filter(|inner| !inner.is_null())?, depth);
        };
        if let Some(name) = schema["name"].as_str() {
            self.named.insert(name.to_owned(), schema.clone());
            if let Some(space) = schema["namespace"].as_str() {
                self.named.insert(format!("{space}.{name}"), schema.clone());
            }
        }
        let logical = schema["logicalType"].as_str().filter(|_| self.logical);
        if let Some(shape) = logical.and_then(|logical| meaning(logical, plain, schema)) {
            return Some(shape);
        }
        Some(match plain {
            "null" => Shape::Null,
            "boolean" => Shape::Bool,
            "int" | "long" => Shape::Int,
            "float" => Shape::Float,
            "double" => Shape::Double,
            "bytes" => Shape::Bytes,
            "string" => Shape::Text,
            "fixed" => Shape::Fixed(size(schema)?),
            "enum" => {
                let symbols = schema["symbols"].as_array()?.iter();
                Shape::Enum(
                    symbols
                        .map(|symbol| Some(symbol.as_str()?.to_owned()))
                        .collect::<Option<_>>()?,
                )
            }
            "array" => Shape::Array(Box::new(self.shape(&schema["items"], depth)?)),
            "map" => Shape::Map(Box::new(self.shape(&schema["values"], depth)?)),
            "record" => Shape::Record(self.fields(schema, depth).ok()?),
            name => {
                let definition = self.named.get(name)?.clone();
                self.shape(&definition, depth)?
            }
        })
    }
}

/// What a logical type makes of a plain one; `None` leaves the plain one as it is.
fn meaning(logical: &str, plain: &str, schema: &Json) -> Option<Shape> {
    Some(match (logical, plain) {
        ("date", "int") => Shape::Date,
        ("time-millis", "int") => Shape::Time(1_000),
        ("time-micros", "long") => Shape::Time(1_000_000),
        ("timestamp-millis", "long") => Shape::Timestamp(1_000),
        ("timestamp-micros", "long") => Shape::Timestamp(1_000_000),
        ("timestamp-nanos", "long") => Shape::Timestamp(1_000_000_000),
        ("local-timestamp-millis", "long") => Shape::DateTime(1_000),
        ("local-timestamp-micros", "long") => Shape::DateTime(1_000_000),
        ("datetime", "string") => Shape::DateTimeText,
        ("decimal", "bytes" | "fixed") => {
            let scale = usize::try_from(schema["scale"].as_u64().unwrap_or(0)).ok()?;
            let fixed = if plain == "fixed" {
                Some(size(schema)?)
            } else {
                None
            };
            (scale <= PRECISION).then_some(Shape::Decimal(scale, fixed))?
        }
        _ => return None,
    })
}

fn size(schema: &Json) -> Option<usize> {
    usize::try_from(schema["size"].as_u64()?).ok()
}

/// The schema of these columns; decimals have so many digits behind the point.
///
/// Without `logical` types the days and times of a calendar are text that says what it was, as BigQuery
/// exports it.
pub fn schema(columns: &[Column], scale: usize, logical: bool) -> Json {
    record("Root", columns, scale, logical)
}

fn record(name: &str, columns: &[Column], scale: usize, logical: bool) -> Json {
    let field = |(place, column): (usize, &Column)| {
        // Each record has a name of its own, made of those around it.
        let inner = format!("{name}_{place}");
        let kind = of(&column.kind, &inner, scale, logical);
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

/// Whether a column's values are a union with `null`: an ARRAY never is.
pub fn is_optional(column: &Column) -> bool {
    column.nullable && !matches!(column.kind, ColumnType::Array(_))
}

fn of(kind: &ColumnType, name: &str, scale: usize, logical: bool) -> Json {
    let calendar = |named: &str, plain: &str, sql: &str| {
        if logical {
            json!({"type": plain, "logicalType": named})
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
        ColumnType::Date => calendar("date", "int", "DATE"),
        ColumnType::Time => calendar("time-micros", "long", "TIME"),
        ColumnType::DateTime => calendar("datetime", "string", "DATETIME"),
        ColumnType::Timestamp if logical => json!({"type": "long", "logicalType": "timestamp-micros"}),
        ColumnType::Timestamp => json!("long"),
        ColumnType::Array(item) => json!({"type": "array", "items": of(item, name, scale, logical)}),
        ColumnType::Struct(fields) => record(name, fields, scale, logical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_says_columns() {
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
    fn what_has_no_column_is_named() {
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
