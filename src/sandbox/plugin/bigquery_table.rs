//! `BigQueryTable` sink: gathers the records and appends them as one load job at the end.

use super::{Batch, Definition, Desk, GOOGLE_CLOUD, Role, Sink, Stage, alone, avro, failure};
use crate::sandbox::observation::{Failure, Level};
use crate::sandbox::value::{Column, ColumnType, Value};

pub(super) const DEFINITION: Definition = Definition {
    name: "BigQueryTable",
    kind: "batchsink",
    artifact: GOOGLE_CLOUD,
    required: &["dataset", "table"],
    check: None,
    nested: alone,
    role: Role::Sink(prepare),
};

const OUTPUT: &str = "io.cdap.plugin.gcp.bigquery.sink.BigQueryOutputFormat";

struct Load {
    stage: String,
    dataset: String,
    table: String,
    /// As the schema says, or as the first records are.
    columns: Option<Vec<Column>>,
    rows: Vec<Vec<Value>>,
}

fn prepare(stage: &Stage, desk: &mut Desk<'_>) -> Result<Box<dyn Sink>, Failure> {
    let operation = stage.text("operation").unwrap_or("insert");
    if !operation.eq_ignore_ascii_case("insert") {
        return Err(stage.unsupported(&format!("operation '{operation}'")));
    }
    if stage.flag("truncateTable") {
        return Err(stage.unsupported("truncateTable"));
    }
    let (dataset, table) = (stage.required("dataset")?, stage.required("table")?);
    let columns = stage.text("schema").map(avro::columns).transpose();
    let columns = columns.map_err(|text| failure("java.lang.IllegalArgumentException", text))?;
    // Looked up before any record is read.
    let existing = desk.world.tables.columns(dataset, table);
    let existing = existing.map_err(|text| failure("com.google.cloud.bigquery.BigQueryException", text))?;
    if let (Some(columns), Some(existing), false) = (&columns, existing, stage.flag("allowSchemaRelaxation"))
    {
        let known = |column: &&Column| !existing.iter().any(|e| e.name.eq_ignore_ascii_case(&column.name));
        let new: Vec<_> = columns
            .iter()
            .filter(known)
            .map(|column| column.name.as_str())
            .collect();
        if !new.is_empty() {
            let text = format!(
                "Errors were encountered during validation. The output schema does not match the BigQuery table \
                 schema for '{dataset}.{table}' table. The table does not contain the '{}' column(s).",
                new.join("','")
            );
            return Err(failure(
                "io.cdap.cdap.etl.api.validation.ValidationException",
                text,
            ));
        }
    }
    Ok(Box::new(Load {
        stage: stage.name.clone(),
        dataset: dataset.into(),
        table: table.into(),
        columns,
        rows: Vec::new(),
    }))
}

impl Sink for Load {
    fn check(&self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        // The real one forgets to fill in its own place holder, too (measured).
        desk.say(Level::Info, OUTPUT, Some(&self.stage), "Using output path '%s'.");
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let columns = self.columns.get_or_insert_with(|| batch.columns.to_vec());
        let places: Vec<(Option<usize>, &Column)> = columns
            .iter()
            .map(|column| {
                (
                    batch.columns.iter().position(|field| field.name == column.name),
                    column,
                )
            })
            .collect();
        for row in &batch.rows {
            let cells = places.iter().map(|(place, column)| {
                let value = place
                    .and_then(|place| row.get(place))
                    .cloned()
                    .unwrap_or(Value::Null);
                fitting(value, column)
            });
            self.rows.push(cells.collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    fn commit(&mut self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        // Without files there is no load job.
        let Some(columns) = self.columns.as_ref().filter(|_| !self.rows.is_empty()) else {
            return Ok(());
        };
        let job = uuid::Uuid::new_v4();
        let loaded = desk
            .world
            .tables
            .append(&self.dataset, &self.table, columns, &self.rows);
        let loaded = loaded.map_err(|message| load_failure(&message, &job.to_string()))?;
        let text = format!(
            "Job {job} loaded {loaded} rows into {}.{}",
            self.dataset, self.table
        );
        desk.say(Level::Info, OUTPUT, Some(&self.stage), text);
        desk.count(
            &self.stage,
            "records.updated",
            usize::try_from(loaded).unwrap_or(usize::MAX),
        );
        Ok(())
    }
}

fn load_failure(message: &str, job: &str) -> Failure {
    let text = format!(
        "Error occurred while importing data to BigQuery '{message}'. There are total 1 error(s) for BigQuery job {job}. \
         Please look at BigQuery job logs for more information."
    );
    Failure {
        class_name: "java.io.IOException".into(),
        message: Some("Failed to import GCS into BigQuery. ".into()),
        cause: Some(Box::new(failure("java.io.IOException", text))),
    }
}

/// The value in its column's type, where no information is lost.
fn fitting(value: Value, column: &Column) -> Result<Value, Failure> {
    let fits = matches!(
        (&value, column.kind),
        (Value::Null, _)
            | (Value::Bool(_), ColumnType::Bool)
            | (Value::Int(_), ColumnType::Int64)
            | (Value::Float(_), ColumnType::Float64)
            | (Value::Numeric(_), ColumnType::Numeric)
            | (Value::Text(_), ColumnType::String)
            | (Value::Bytes(_), ColumnType::Bytes)
            | (Value::Date(_), ColumnType::Date)
            | (Value::Time(_), ColumnType::Time)
            | (Value::DateTime(_), ColumnType::DateTime)
            | (Value::Timestamp(_), ColumnType::Timestamp)
            | (Value::Json(_), ColumnType::Json)
    );
    if fits {
        return Ok(value);
    }
    match (&value, column.kind) {
        (Value::Int(number), ColumnType::Numeric) => Ok(Value::Numeric(number.to_string())),
        (Value::Int(0 | 1), ColumnType::Bool) => Ok(Value::Bool(value == Value::Int(1))),
        _ => {
            let text = format!(
                "Field '{}' of value {value:?} is not of type {:?}.",
                column.name, column.kind
            );
            Err(failure("java.lang.ClassCastException", text))
        }
    }
}
