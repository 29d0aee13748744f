//! The `BigQueryTable` sink: rows are gathered, and appended by one load job at the end, or merged by their keys.

use super::{Batch, GOOGLE, Implementation, Plugin, Sink, StageContext, failure};
use crate::container::avro::schema;
use crate::event::{Failure, LogLevel};
use googlesql::value::{Column, Value};
use googlesql::{LoadOptions, QuerySettings, SqlError, Warehouse, WriteDisposition};
use std::sync::Arc;

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.sink.BigQueryOutputFormat";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "BigQueryTable",
    "batchsink",
    GOOGLE,
    &["referenceName", "dataset", "table"],
    Implementation::Sink(open),
)];

/// What becomes of rows whose keys the table has.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Insert,
    /// Rows with the same keys are changed.
    Update(Vec<String>),
    /// So they are, and the others are added.
    Upsert(Vec<String>),
}

fn open(context: &StageContext<'_>) -> Result<Box<dyn Sink>, Failure> {
    let names = |property: &str| -> Vec<String> {
        let all = context.property(property, "");
        all.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let keys = names("relationTableKey");
    let operation = match context
        .property("operation", "insert")
        .to_ascii_lowercase()
        .as_str()
    {
        "insert" => Operation::Insert,
        "update" => Operation::Update(keys),
        "upsert" => Operation::Upsert(keys),
        other => return Err(context.unsupported("operation", other)),
    };
    if let Operation::Update(keys) | Operation::Upsert(keys) = &operation
        && keys.is_empty()
    {
        // As `AbstractBigQuerySinkConfig` is believed to say it.
        return Err(failure(
            "io.cdap.cdap.etl.api.validation.ValidationException",
            "Errors were encountered during validation. Table key must be set if the operation is 'Update' or 'Upsert'.",
        ));
    }
    let partition = context.property("partitionFilter", "");
    if !partition.is_empty() {
        return Err(context.unsupported("partitionFilter", &partition));
    }
    let schema = context.property("schema", "");
    let columns = if schema.is_empty() {
        None
    } else {
        Some(schema::columns(&schema).map_err(|text| context.invalid_schema(&text))?)
    };
    context.log(
        LogLevel::Info,
        LOGGER,
        format!("Importing into table '{}'", context.property("table", "")),
    );
    let truncates = context.property("truncateTable", "false") == "true";
    Ok(Box::new(LoadJob {
        warehouse: context.stores.warehouse.clone(),
        dataset: context.property("dataset", ""),
        table: context.property("table", ""),
        operation,
        order: names("dedupeBy"),
        how: LoadOptions {
            write: if truncates {
                WriteDisposition::Truncate
            } else {
                WriteDisposition::Append
            },
            create: true,
            add_fields: context.property("allowSchemaRelaxation", "false") == "true",
        },
        columns,
        rows: Vec::new(),
    }))
}

impl StageContext<'_> {
    pub(super) fn invalid_schema(&self, text: &str) -> Failure {
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
    operation: Operation,
    /// `name` or `name DESC`: which of several rows with the same keys is taken.
    order: Vec<String>,
    how: LoadOptions,
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

    fn commit(mut self: Box<Self>) -> Result<Option<i64>, Failure> {
        // No files, no load job: an empty window leaves no count at all (measured).
        if self.rows.is_empty() {
            return Ok(None);
        }
        let columns = self.columns.take().unwrap_or_default();
        let loaded = match &self.operation {
            Operation::Insert => {
                self.warehouse
                    .load(&self.dataset, &self.table, &columns, &self.rows, self.how)
            }
            Operation::Update(keys) => self.merge(&columns, keys, false),
            Operation::Upsert(keys) => self.merge(&columns, keys, true),
        };
        loaded.map(|count| Some(i64::try_from(count).unwrap_or(i64::MAX))).map_err(|error| {
            let text = format!("Error occurred while importing data to BigQuery '{}'. There are total 1 error(s) for BigQuery job {}. Please look at BigQuery job logs for more information.", error.message, uuid::Uuid::new_v4());
            let inner = failure("java.lang.RuntimeException", text);
            Failure { class_name: "java.io.IOException".into(), message: Some("Failed to import GCS into BigQuery. ".into()), cause: Some(Box::new(inner)) }
        })
    }
}

impl LoadJob {
    /// Loads into a table of its own, merges that, and takes it away again, as the real one does.
    fn merge(&self, columns: &[Column], keys: &[String], inserts: bool) -> Result<u64, SqlError> {
        // The table comes into being, and gets its new columns, as with an insert of nothing.
        self.warehouse
            .load(&self.dataset, &self.table, columns, &[], self.how)?;
        let staged = format!("{}_{}", self.table, uuid::Uuid::new_v4().simple());
        self.warehouse.load(
            &self.dataset,
            &staged,
            columns,
            &self.rows,
            LoadOptions::default(),
        )?;
        let quoted = |name: &str| format!("`{name}`");
        let list = |shown: &dyn Fn(&str) -> String, names: &[String], between: &str| {
            names
                .iter()
                .map(|name| shown(name))
                .collect::<Vec<_>>()
                .join(between)
        };
        let all: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let others: Vec<String> = all.iter().filter(|name| !keys.contains(name)).cloned().collect();
        let order = if self.order.is_empty() {
            String::new()
        } else {
            format!("ORDER BY {}", self.order.join(", "))
        };
        let mut sql = format!(
            "MERGE `{0}`.`{1}` T USING (SELECT * EXCEPT (row_number_) FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {2} {order}) AS row_number_ \
             FROM `{0}`.`{staged}`) WHERE row_number_ = 1) S ON {3}",
            self.dataset,
            self.table,
            list(&quoted, keys, ", "),
            list(&|name| format!("T.`{name}` = S.`{name}`"), keys, " AND "),
        );
        if !others.is_empty() {
            sql.push_str(" WHEN MATCHED THEN UPDATE SET ");
            sql.push_str(&list(&|name| format!("`{name}` = S.`{name}`"), &others, ", "));
        }
        if inserts {
            let (names, values) = (
                list(&quoted, &all, ", "),
                list(&|name| format!("S.`{name}`"), &all, ", "),
            );
            sql.extend([
                " WHEN NOT MATCHED THEN INSERT (",
                &names,
                ") VALUES (",
                &values,
                ")",
            ]);
        }
        let merged = self.warehouse.query(&sql, &QuerySettings::default());
        let drop = format!("DROP TABLE `{}`.`{staged}`", self.dataset);
        self.warehouse.query(&drop, &QuerySettings::default())?;
        Ok(merged?.changes.map_or(0, |changes| changes.total()))
    }
}
