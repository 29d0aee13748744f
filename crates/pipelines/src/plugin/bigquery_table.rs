//! The `BigQueryTable` sink: collects rows and appends them with one load job at the end, or merges them by keys.

use super::{Batch, GOOGLE, Implementation, Plugin, Sink, StageContext, failure, too_large};
use crate::container::avro::schema;
use crate::event::{Failure, LogLevel};
use crate::memory::Memory;
use googlesql::value::{Column, Row, Value};
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

/// What happens to rows whose keys are already in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Insert,
    /// Updates the rows with the same keys.
    Update(Vec<String>),
    /// Updates the rows with the same keys and inserts the others.
    Upsert(Vec<String>),
}

fn open(context: &StageContext<'_>) -> Result<Box<dyn Sink>, Failure> {
    let operation = operation(context)?;
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
        stage: context.stage.to_owned(),
        warehouse: context.stores.warehouse.clone(),
        dataset: context.property("dataset", ""),
        table: context.property("table", ""),
        operation,
        order: names(context, "dedupeBy"),
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

/// The names in a property with commas.
fn names(context: &StageContext<'_>, property: &str) -> Vec<String> {
    let all = context.property(property, "");
    let names = all.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn operation(context: &StageContext<'_>) -> Result<Operation, Failure> {
    let keys = names(context, "relationTableKey");
    let name = context.property("operation", "insert").to_ascii_lowercase();
    let operation = match name.as_str() {
        "insert" => return Ok(Operation::Insert),
        "update" => Operation::Update(keys.clone()),
        "upsert" => Operation::Upsert(keys.clone()),
        other => return Err(context.unsupported("operation", other)),
    };
    if keys.is_empty() {
        // The message of `AbstractBigQuerySinkConfig` is assumed, not recorded.
        return Err(failure(
            "io.cdap.cdap.etl.api.validation.ValidationException",
            "Errors were encountered during validation. Table key must be set if the operation is 'Update' or 'Upsert'.",
        ));
    }
    Ok(operation)
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
    stage: String,
    warehouse: Arc<Warehouse>,
    dataset: String,
    table: String,
    operation: Operation,
    /// The order, such as `name` or `name DESC`, by which one of several rows with the same keys is chosen.
    order: Vec<String>,
    how: LoadOptions,
    /// The columns of the given schema, or of the first batch.
    columns: Option<Vec<Column>>,
    rows: Vec<Vec<Value>>,
}

impl Sink for LoadJob {
    fn write(&mut self, batch: &Batch, memory: &mut Memory) -> Result<(), Failure> {
        let columns = self.columns.get_or_insert_with(|| batch.columns.clone());
        let indices: Vec<Option<usize>> = columns
            .iter()
            .map(|wanted| batch.columns.iter().position(|c| c.name == wanted.name))
            .collect();
        for row in &batch.rows {
            let cells = indices.iter();
            let row: Row = cells
                .map(|index| index.map_or(Value::Null, |i| row[i].clone()))
                .collect();
            memory.row(&row).map_err(|text| too_large(&self.stage, &text))?;
            self.rows.push(row);
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<Option<i64>, Failure> {
        // Without files there is no load job and no count at all (measured).
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
    /// Loads the rows into a staging table, merges that and drops it, as the real plugin does.
    fn merge(&self, columns: &[Column], keys: &[String], inserts: bool) -> Result<u64, SqlError> {
        // Creates the table and its new columns, as an insert without rows does.
        self.warehouse
            .load(&self.dataset, &self.table, columns, &[], self.how)?;
        let staging = format!("{}_{}", self.table, uuid::Uuid::new_v4().simple());
        self.warehouse.load(
            &self.dataset,
            &staging,
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
             FROM `{0}`.`{staging}`) WHERE row_number_ = 1) S ON {3}",
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
        let drop = format!("DROP TABLE `{}`.`{staging}`", self.dataset);
        self.warehouse.query(&drop, &QuerySettings::default())?;
        Ok(merged?.changes.map_or(0, |changes| changes.total()))
    }
}
