//! The `BigQueryTable` sink: rows are gathered and appended by one load job at the end.

use super::{Batch, GOOGLE, Plugin, Sink, Task, Work, failure};
use crate::sandbox::observation::{Failure, Level};
use crate::sandbox::value::{Column, ColumnType, Value};
use crate::sandbox::warehouse::Warehouse;
use serde_json::Value as Json;
use std::sync::Arc;

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.sink.BigQueryOutputFormat";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "BigQueryTable",
    "batchsink",
    GOOGLE,
    &["referenceName", "dataset", "table"],
    Work::Sink(open),
)];

fn open(task: &Task<'_>) -> Result<Box<dyn Sink>, Failure> {
    for (property, supported) in [("operation", "insert"), ("truncateTable", "false")] {
        let value = task.property(property, supported);
        if value != supported {
            return Err(task.unsupported(property, &value));
        }
    }
    let schema = task.property("schema", "");
    let columns = if schema.is_empty() {
        None
    } else {
        Some(avro(&schema).map_err(|text| task.invalid_schema(&text))?)
    };
    task.say(
        Level::Info,
        LOGGER,
        format!("Importing into table '{}'", task.property("table", "")),
    );
    Ok(Box::new(LoadJob {
        warehouse: task.stores.warehouse.clone(),
        dataset: task.property("dataset", ""),
        table: task.property("table", ""),
        columns,
        rows: Vec::new(),
    }))
}

impl Task<'_> {
    fn invalid_schema(&self, text: &str) -> Failure {
        failure(
            "java.lang.IllegalArgumentException",
            format!("Invalid schema of stage '{}': {text}", self.stage),
        )
    }
}

struct LoadJob {
    warehouse: Arc<Warehouse>,
    dataset: String,
    table: String,
    /// The columns of the given schema, or of the first batch.
    columns: Option<Vec<Column>>,
    rows: Vec<Vec<Value>>,
}

impl Sink for LoadJob {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let columns = self.columns.get_or_insert_with(|| batch.columns.clone());
        let places: Vec<Option<usize>> = columns
            .iter()
            .map(|wanted| batch.columns.iter().position(|c| c.name == wanted.name))
            .collect();
        for row in &batch.rows {
            self.rows.push(
                places
                    .iter()
                    .map(|place| place.map_or(Value::Null, |i| row[i].clone()))
                    .collect(),
            );
        }
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<Option<i64>, Failure> {
        // No files, no load job: an empty window leaves no count at all (measured).
        if self.rows.is_empty() {
            return Ok(None);
        }
        let columns = self.columns.unwrap_or_default();
        let loaded = self
            .warehouse
            .append(&self.dataset, &self.table, &columns, &self.rows);
        loaded.map(|count| Some(i64::try_from(count).unwrap_or(i64::MAX))).map_err(|error| {
            let text = format!("Error occurred while importing data to BigQuery '{}'. There are total 1 error(s) for BigQuery job {}. Please look at BigQuery job logs for more information.", error.message, uuid::Uuid::new_v4());
            let inner = failure("java.lang.RuntimeException", text);
            Failure { class_name: "java.io.IOException".into(), message: Some("Failed to import GCS into BigQuery. ".into()), cause: Some(Box::new(inner)) }
        })
    }
}

/// The columns of an Avro record schema.
fn avro(text: &str) -> Result<Vec<Column>, String> {
    let schema: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let fields = schema.get("fields").and_then(Json::as_array).ok_or("no fields")?;
    fields
        .iter()
        .map(|field| {
            let name = field
                .get("name")
                .and_then(Json::as_str)
                .ok_or("a field without a name")?;
            let mut kinds = match field.get("type") {
                Some(Json::Array(union)) => union.clone(),
                Some(one) => vec![one.clone()],
                None => Vec::new(),
            };
            let nullable = kinds.iter().any(|kind| kind == "null");
            kinds.retain(|kind| kind != "null");
            let kind = kinds
                .first()
                .and_then(column_type)
                .ok_or_else(|| format!("the type of {name} is not supported by the sandbox"))?;
            Ok(Column {
                name: name.to_owned(),
                kind,
                nullable,
                description: None,
            })
        })
        .collect()
}

fn column_type(avro: &Json) -> Option<ColumnType> {
    let logical = avro.get("logicalType").and_then(Json::as_str);
    let plain = avro.as_str().or_else(|| avro.get("type")?.as_str())?;
    Some(match (logical, plain) {
        (Some("date"), _) => ColumnType::Date,
        (Some("timestamp-micros" | "timestamp-millis"), _) => ColumnType::Timestamp,
        (Some("time-micros" | "time-millis"), _) => ColumnType::Time,
        (Some("datetime"), _) => ColumnType::DateTime,
        (Some("decimal"), _) => ColumnType::Numeric,
        (_, "string") => ColumnType::String,
        (_, "int" | "long") => ColumnType::Int64,
        (_, "float" | "double") => ColumnType::Float64,
        (_, "boolean") => ColumnType::Bool,
        (_, "bytes") => ColumnType::Bytes,
        _ => return None,
    })
}
