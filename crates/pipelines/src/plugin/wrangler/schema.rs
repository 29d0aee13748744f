//! Converts rows to the output schema, with the messages of the plugin's `RecordConvertor`.
//!
//! A column that is not in the schema is dropped; a field without a column is NULL. A text is converted to a
//! number, but a number is not converted to another numeric type.

use super::row::Cell;
use googlesql::value::{Column, ColumnType, Value};
use serde_json::Value as Json;

/// A field of the output schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub column: Column,
    kind: Kind,
}

/// A type of CDAP's schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// Parses the fields of an Avro record schema.
pub(super) fn fields(text: &str) -> Result<Vec<Field>, String> {
    let schema: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let fields = schema.get("fields").and_then(Json::as_array).ok_or("no fields")?;
    fields.iter().map(field).collect()
}

fn field(json: &Json) -> Result<Field, String> {
    let name = json
        .get("name")
        .and_then(Json::as_str)
        .ok_or("a field without a name")?;
    let mut kinds = match json.get("type") {
        Some(Json::Array(union)) => union.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let nullable = kinds.iter().any(|kind| kind == "null");
    kinds.retain(|kind| kind != "null");
    let kind = kinds
        .first()
        .and_then(kind)
        .ok_or_else(|| format!("the type of field '{name}' is not supported by the sandbox"))?;
    let column = Column {
        nullable,
        ..Column::nullable(name, kind.column())
    };
    Ok(Field { column, kind })
}

fn kind(json: &Json) -> Option<Kind> {
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
    const fn column(self) -> ColumnType {
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
        match self.kind {
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
        match (self.kind, cell) {
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
                if digits > scale as usize {
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
        let kind = match self.kind {
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
        };
        format!(
            "Field '{}' of type '{kind}' cannot be set to '{value}'. Make sure the value is being set is inline with the specified schema.",
            self.column.name
        )
    }
}

impl Kind {
    /// Whether a blank text is read as NULL.
    const fn reads_blank_as_null(self) -> bool {
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
mod tests {
    use super::*;

    fn one(kind: &str) -> Field {
        let schema =
            format!(r#"{{"type":"record","name":"r","fields":[{{"name":"f","type":[{kind},"null"]}}]}}"#);
        fields(&schema).unwrap().remove(0)
    }

    #[test]
    fn cells_are_converted_or_refused_with_the_plugins_message() {
        let text = |text: &str| Cell::Text(text.into());
        let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}"#;
        for (kind, cell, expected) in [
            (r#""int""#, text("12"), Ok(Value::Int(12))),
            (r#""int""#, text(" "), Ok(Value::Null)),
            (
                r#""int""#,
                text("x"),
                Err("Unable to convert 'x' to integer for field name 'f'"),
            ),
            (
                r#""int""#,
                Cell::Float(1.0),
                Err(
                    "Schema specifies field 'f' is integer, but the value is not a integer or string. It is of type 'Double'",
                ),
            ),
            (r#""string""#, Cell::Long(5), Ok(Value::Text("5".into()))),
            (r#""string""#, text(""), Ok(Value::Text(String::new()))),
            (r#""double""#, Cell::Decimal("1.5".into()), Ok(Value::Float(1.5))),
            (r#""boolean""#, text("TRUE"), Ok(Value::Bool(true))),
            (
                decimal,
                Cell::Decimal("1.25".into()),
                Ok(Value::Numeric("1.25".into())),
            ),
        ] {
            assert_eq!(
                one(kind).value(Some(&cell)),
                expected.map_err(str::to_owned),
                "{kind} {cell:?}"
            );
        }
        assert_eq!(one(r#""long""#).value(None), Ok(Value::Null));
    }

    #[test]
    fn a_missing_required_field_is_an_error() {
        let schema = r#"{"type":"record","name":"r","fields":[{"name":"f","type":"string"}]}"#;
        let field = fields(schema).unwrap().remove(0);
        assert!(field.value(None).unwrap_err().contains("cannot be set to 'null'"));
        assert!(fields(r#"{"fields":[{"name":"m","type":{"type":"map"}}]}"#).is_err());
    }
}
