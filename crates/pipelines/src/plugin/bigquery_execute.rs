//! `BigQueryExecute`: runs one statement; `rowAsArguments` sets its first row as arguments, `dataset` and `table`
//! store its result.

use super::{ActionResult, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::event::{Failure, LogLevel};
use googlesql::value::Value;
use googlesql::{LoadOptions, QueryOutcome, QuerySettings, SqlError, WriteDisposition};

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.action.BigQueryExecute";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "BigQueryExecute",
    "action",
    GOOGLE,
    &["sql"],
    Implementation::Action(run),
)];

fn run(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    if context.property("dialect", "standard") != "standard" {
        return Err(context.unsupported("dialect", "legacy"));
    }
    let warehouse = &context.stores.warehouse;
    let job = uuid::Uuid::new_v4();
    context.log(LogLevel::Info, LOGGER, format!("Executing SQL as job {job}."));
    let outcome = warehouse
        .query(&context.property("sql", ""), &QuerySettings::default())
        .map_err(bigquery_exception)?;
    store(context, &outcome)?;
    let place = format!(
        "project={}, job={job}, location={}",
        warehouse.project(),
        warehouse.location()
    );
    context.log(
        LogLevel::Info,
        LOGGER,
        format!("Job JobId{{{place}}} processed 0 bytes"),
    );
    let mut done = ActionResult {
        arguments: Vec::new(),
        processed: i64::try_from(outcome.rows.len()).unwrap_or(i64::MAX),
    };
    if context.property("rowAsArguments", "false") == "true" {
        let Some(row) = outcome.rows.into_iter().next() else {
            return Err(failure(
                "java.lang.RuntimeException",
                "The query result does not contain any row.",
            ));
        };
        for (column, value) in outcome.columns.into_iter().zip(row) {
            let text = text(value).ok_or_else(|| {
                failure(
                    "java.lang.NullPointerException",
                    format!("Column {} is NULL", column.name),
                )
            })?;
            done.arguments.push((column.name, text));
        }
    }
    Ok(done)
}

fn bigquery_exception(error: SqlError) -> Failure {
    failure("com.google.cloud.bigquery.BigQueryException", error.message)
}

/// Stores the result in the given table, if there is one. The table must be empty or missing, because the plugin
/// leaves the job's `writeDisposition` at BigQuery's default `WRITE_EMPTY`. That `storeResults` is true by default,
/// and the message for a statement without a result, are assumed, not recorded.
fn store(context: &StageContext<'_>, outcome: &QueryOutcome) -> Result<(), Failure> {
    let (dataset, table) = (context.property("dataset", ""), context.property("table", ""));
    if dataset.is_empty() || table.is_empty() || context.property("storeResults", "true") != "true" {
        return Ok(());
    }
    if outcome.statement_type != "SELECT" {
        let text = "Cannot set destination table in jobs with DML statements";
        return Err(bigquery_exception(SqlError::invalid(text)));
    }
    let how = LoadOptions {
        write: WriteDisposition::Empty,
        create: true,
        add_fields: false,
    };
    let put = context
        .stores
        .warehouse
        .load(&dataset, &table, &outcome.columns, &outcome.rows, how);
    put.map(|_| ()).map_err(bigquery_exception)
}

/// The value as BigQuery sends it (`getStringValue()`), a TIMESTAMP in seconds.
pub(super) fn text(value: Value) -> Option<String> {
    Some(match value {
        Value::Null | Value::Bytes(_) | Value::Array(_) | Value::Struct(_) => return None,
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Timestamp(micros) => format!(
            "{}.{:06}",
            micros.div_euclid(1_000_000),
            micros.rem_euclid(1_000_000)
        ),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::DateTime(text)
        | Value::Json(text) => text,
    })
}
