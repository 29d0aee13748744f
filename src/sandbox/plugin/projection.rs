//! `Projection`: drops, keeps, renames and converts fields; needs no schema at deploy time.

use super::{Batch, CORE, Definition, Properties, Role, Stage, Transform, alone, failure};
use crate::sandbox::observation::Failure;
use crate::sandbox::value::{Column, ColumnType, Value};
use std::sync::Arc;

pub(super) const DEFINITION: Definition = Definition {
    name: "Projection",
    kind: "transform",
    artifact: CORE,
    required: &[],
    check: Some(check),
    nested: alone,
    role: Role::Transform(prepare),
};

struct Projection {
    drop: Vec<String>,
    keep: Vec<String>,
    rename: Vec<(String, String)>,
    convert: Vec<(String, ColumnType)>,
}

fn check(properties: &Properties) -> Result<(), String> {
    read(properties).map(drop)
}

fn prepare(stage: &Stage) -> Result<Box<dyn Transform>, Failure> {
    let projection = read(&stage.properties);
    Ok(Box::new(projection.map_err(|text| {
        failure("java.lang.IllegalArgumentException", text)
    })?))
}

fn read(properties: &Properties) -> Result<Projection, String> {
    let list = |name: &str| {
        let text = properties.get(name).map_or("", String::as_str);
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let pairs = |name: &str| {
        let pair = |part: String| match part.split_once(':') {
            Some((left, right)) if !left.is_empty() && !right.is_empty() => {
                Ok((left.trim().to_owned(), right.trim().to_owned()))
            }
            _ => Err(format!(
                "Invalid {name} '{part}'. It must be a field and what it becomes, with a colon between."
            )),
        };
        list(name).into_iter().map(pair).collect::<Result<Vec<_>, _>>()
    };
    let projection = Projection {
        drop: list("drop"),
        keep: list("keep"),
        rename: pairs("rename")?,
        convert: pairs("convert")?
            .into_iter()
            .map(|(field, to)| Ok((field, simple(&to)?)))
            .collect::<Result<_, String>>()?,
    };
    if projection.drop.is_empty() || projection.keep.is_empty() {
        Ok(projection)
    } else {
        Err("Cannot specify both drop and keep. One should be empty or null.".into())
    }
}

fn simple(name: &str) -> Result<ColumnType, String> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "boolean" => ColumnType::Bool,
        "int" | "long" => ColumnType::Int64,
        "float" | "double" => ColumnType::Float64,
        "string" => ColumnType::String,
        "bytes" => ColumnType::Bytes,
        _ => {
            return Err(format!(
                "Only simple types are supported for the conversion, '{name}' is none."
            ));
        }
    })
}

impl Projection {
    fn field(&self, column: &Column) -> Option<Column> {
        let name = &column.name;
        if self.drop.contains(name) || (!self.keep.is_empty() && !self.keep.contains(name)) {
            return None;
        }
        let renamed = self.rename.iter().find(|(from, _)| from == name);
        let converted = self.convert.iter().find(|(field, _)| field == name);
        Some(Column {
            name: renamed.map_or(name, |(_, to)| to).clone(),
            kind: converted.map_or(column.kind, |(_, kind)| *kind),
            ..column.clone()
        })
    }
}

impl Transform for Projection {
    fn apply(&mut self, batch: Batch) -> Result<Batch, Failure> {
        let fields: Vec<Option<Column>> = batch.columns.iter().map(|column| self.field(column)).collect();
        let columns: Vec<Column> = fields.iter().flatten().cloned().collect();
        for (index, column) in columns.iter().enumerate() {
            if columns[..index].iter().any(|earlier| earlier.name == column.name) {
                let text = format!("Duplicate field name: {}", column.name);
                return Err(failure("java.lang.IllegalArgumentException", text));
            }
        }
        let mut rows = Vec::with_capacity(batch.rows.len());
        for row in batch.rows {
            let cells = row.into_iter().zip(fields.iter().zip(batch.columns.iter()));
            let kept = cells.filter_map(|(value, (to, from))| Some((value, from, to.as_ref()?)));
            let row: Result<Vec<_>, _> = kept.map(|(value, from, to)| converted(value, from, to)).collect();
            rows.push(row?);
        }
        Ok(Batch {
            columns: Arc::new(columns),
            rows,
        })
    }
}

fn converted(value: Value, from: &Column, to: &Column) -> Result<Value, Failure> {
    if from.kind == to.kind || value == Value::Null {
        return Ok(value);
    }
    let text = match &value {
        Value::Text(text) | Value::Numeric(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        _ => return Err(refused(&value, to)),
    };
    let converted = match to.kind {
        ColumnType::String => Some(Value::Text(text)),
        ColumnType::Int64 => text.parse().ok().map(Value::Int),
        ColumnType::Float64 => text.parse().ok().map(Value::Float),
        ColumnType::Bool => text.parse().ok().map(Value::Bool),
        ColumnType::Bytes => Some(Value::Bytes(text.into_bytes())),
        _ => None,
    };
    converted.ok_or_else(|| refused(&value, to))
}

fn refused(value: &Value, to: &Column) -> Failure {
    let text = format!(
        "Cannot convert field '{}' with value {value:?} to {:?}.",
        to.name, to.kind
    );
    failure("java.lang.IllegalArgumentException", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(pairs: &[(&str, &str)]) -> Result<Batch, String> {
        let properties = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let columns = vec![
            Column::nullable("a", ColumnType::Int64),
            Column::nullable("b", ColumnType::String),
        ];
        let rows = vec![
            vec![Value::Int(1), Value::Text("2".into())],
            vec![Value::Null, Value::Null],
        ];
        let batch = Batch {
            columns: Arc::new(columns),
            rows,
        };
        read(&properties)?
            .apply(batch)
            .map_err(|failure| failure.message.unwrap())
    }

    #[test]
    fn fields_are_dropped_kept_renamed_and_converted() {
        let names = |pairs: &[(&str, &str)]| {
            let batch = project(pairs).unwrap();
            batch
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&[("drop", "a")]), ["b"]);
        assert_eq!(names(&[("keep", "a")]), ["a"]);
        assert_eq!(names(&[("rename", "a:x, b:a")]), ["x", "a"]);
        let batch = project(&[("convert", "a:string,b:long")]).unwrap();
        assert_eq!(batch.rows[0], [Value::Text("1".into()), Value::Int(2)]);
        assert_eq!(batch.rows[1], [Value::Null, Value::Null]);
        assert_eq!(batch.columns[0].kind, ColumnType::String);
    }

    #[test]
    fn nonsense_is_refused() {
        for pairs in [
            &[("drop", "a"), ("keep", "b")][..],
            &[("rename", "a")],
            &[("convert", "a:date")],
            &[("rename", "a:b")],
        ] {
            assert!(project(pairs).is_err(), "{pairs:?}");
        }
    }
}
