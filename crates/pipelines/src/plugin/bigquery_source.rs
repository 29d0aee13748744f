//! The `BigQueryTable` source: the rows of a table, or of a view where that is allowed.

use super::{Batch, GOOGLE, Plugin, Task, Work, failure};
use crate::container::avro::schema;
use crate::event::{Failure, LogLevel};
use googlesql::QuerySettings;

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.source.BigQuerySource";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "BigQueryTable",
    "batchsource",
    GOOGLE,
    &["referenceName", "dataset", "table"],
    Work::Source(read),
)];

fn read(task: &Task<'_>) -> Result<Batch, Failure> {
    for property in ["partitionFrom", "partitionTo"] {
        let value = task.property(property, "");
        if !value.is_empty() {
            return Err(task.unsupported(property, &value));
        }
    }
    let warehouse = &task.stores.warehouse;
    let broken = |text: String| failure("com.google.cloud.bigquery.BigQueryException", text);
    let (dataset, table) = (task.property("dataset", ""), task.property("table", ""));
    let project = task.property("datasetProject", warehouse.project());
    let found = warehouse
        .table(&dataset, &table)
        .map_err(|error| broken(error.message))?;
    let Some(found) = found else {
        return Err(failure(
            "io.cdap.cdap.etl.api.validation.ValidationException",
            format!(
                "Errors were encountered during validation. BigQuery table '{project}:{dataset}.{table}' does not exist."
            ),
        ));
    };
    let views = task.property("enableQueryingViews", "false") == "true";
    if found.view.is_some() && !views {
        // The words are believed, not recorded.
        return Err(failure(
            "io.cdap.cdap.etl.api.validation.ValidationException",
            format!(
                "Errors were encountered during validation. '{project}:{dataset}.{table}' is a 'VIEW' : Enable querying views to read it."
            ),
        ));
    }
    let schema = task.property("schema", "");
    let fields = if schema.is_empty() {
        "*".to_owned()
    } else {
        let columns = schema::columns(&schema).map_err(|text| task.invalid_schema(&text))?;
        columns
            .iter()
            .map(|column| format!("`{}`", column.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let filter = task.property("filter", "");
    let filter = if filter.is_empty() {
        String::new()
    } else {
        format!(" WHERE {filter}")
    };
    let sql = format!("SELECT {fields} FROM `{project}`.`{dataset}`.`{table}`{filter}");
    let outcome = warehouse
        .query(&sql, &QuerySettings::default())
        .map_err(|error| broken(error.message))?;
    task.say(
        LogLevel::Info,
        LOGGER,
        format!("Read {} rows of {project}:{dataset}.{table}", outcome.rows.len()),
    );
    Ok(Batch {
        columns: outcome.columns,
        rows: outcome.rows,
    })
}
