//! The `BigQueryTable` source: reads a table, or a view if that is enabled.

use super::{Batch, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::container::avro::schema;
use crate::event::{Failure, LogLevel};
use googlesql::{QuerySettings, SqlError};

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.source.BigQuerySource";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "BigQueryTable",
    "batchsource",
    GOOGLE,
    &["referenceName", "dataset", "table"],
    Implementation::Source(read),
)];

fn read(context: &StageContext<'_>) -> Result<Batch, Failure> {
    for property in ["partitionFrom", "partitionTo"] {
        let value = context.property(property, "");
        if !value.is_empty() {
            return Err(context.unsupported(property, &value));
        }
    }
    let (dataset, table) = (context.property("dataset", ""), context.property("table", ""));
    let warehouse = &context.stores.warehouse;
    let project = context.property("datasetProject", warehouse.project());
    check_table(context, &project)?;
    let fields = selected_fields(context)?;
    let filter = context.property("filter", "");
    let filter = if filter.is_empty() {
        String::new()
    } else {
        format!(" WHERE {filter}")
    };
    let sql = format!("SELECT {fields} FROM `{project}`.`{dataset}`.`{table}`{filter}");
    let outcome = warehouse
        .query(&sql, &QuerySettings::default())
        .map_err(bigquery_exception)?;
    let text = format!("Read {} rows of {project}:{dataset}.{table}", outcome.rows.len());
    context.log(LogLevel::Info, LOGGER, text);
    Ok(Batch {
        columns: outcome.columns,
        rows: outcome.rows,
    })
}

fn bigquery_exception(error: SqlError) -> Failure {
    failure("com.google.cloud.bigquery.BigQueryException", error.message)
}

fn invalid(text: &str) -> Failure {
    failure(
        "io.cdap.cdap.etl.api.validation.ValidationException",
        format!("Errors were encountered during validation. {text}"),
    )
}

/// Checks that the table exists, and that a view may be read.
fn check_table(context: &StageContext<'_>, project: &str) -> Result<(), Failure> {
    let (dataset, table) = (context.property("dataset", ""), context.property("table", ""));
    let found = context.stores.warehouse.table(&dataset, &table);
    let Some(found) = found.map_err(bigquery_exception)? else {
        return Err(invalid(&format!(
            "BigQuery table '{project}:{dataset}.{table}' does not exist."
        )));
    };
    let views_enabled = context.property("enableQueryingViews", "false") == "true";
    if found.view.is_some() && !views_enabled {
        // This message is assumed, not recorded.
        return Err(invalid(&format!(
            "'{project}:{dataset}.{table}' is a 'VIEW' : Enable querying views to read it."
        )));
    }
    Ok(())
}

/// The columns of the stage's schema for a SELECT, or `*`.
fn selected_fields(context: &StageContext<'_>) -> Result<String, Failure> {
    let schema = context.property("schema", "");
    if schema.is_empty() {
        return Ok("*".to_owned());
    }
    let columns = schema::columns(&schema).map_err(|text| context.invalid_schema(&text))?;
    let names = columns.iter().map(|column| format!("`{}`", column.name));
    Ok(names.collect::<Vec<_>>().join(", "))
}
