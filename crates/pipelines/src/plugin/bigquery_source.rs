//! The `BigQueryTable` source: the rows of a table, or of a view where that is allowed.

use super::{Batch, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::container::avro::schema;
use crate::event::{Failure, LogLevel};
use googlesql::QuerySettings;

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
    let warehouse = &context.stores.warehouse;
    let broken = |text: String| failure("com.google.cloud.bigquery.BigQueryException", text);
    let (dataset, table) = (context.property("dataset", ""), context.property("table", ""));
    let project = context.property("datasetProject", warehouse.project());
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
    let views = context.property("enableQueryingViews", "false") == "true";
    if found.view.is_some() && !views {
        // The words are believed, not recorded.
        return Err(failure(
            "io.cdap.cdap.etl.api.validation.ValidationException",
            format!(
                "Errors were encountered during validation. '{project}:{dataset}.{table}' is a 'VIEW' : Enable querying views to read it."
            ),
        ));
    }
    let schema = context.property("schema", "");
    let fields = if schema.is_empty() {
        "*".to_owned()
    } else {
        let columns = schema::columns(&schema).map_err(|text| context.invalid_schema(&text))?;
        columns
            .iter()
            .map(|column| format!("`{}`", column.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let filter = context.property("filter", "");
    let filter = if filter.is_empty() {
        String::new()
    } else {
        format!(" WHERE {filter}")
    };
    let sql = format!("SELECT {fields} FROM `{project}`.`{dataset}`.`{table}`{filter}");
    let outcome = warehouse
        .query(&sql, &QuerySettings::default())
        .map_err(|error| broken(error.message))?;
    context.log(
        LogLevel::Info,
        LOGGER,
        format!("Read {} rows of {project}:{dataset}.{table}", outcome.rows.len()),
    );
    Ok(Batch {
        columns: outcome.columns,
        rows: outcome.rows,
    })
}
