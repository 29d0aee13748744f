//! `BigQueryExecute`: one statement as a job; with `rowAsArguments` its first row becomes arguments.

use super::{Done, GOOGLE, Plugin, Task, Work, failure};
use crate::sandbox::observation::{Failure, Level};
use crate::sandbox::value::Value;
use crate::sandbox::warehouse::QuerySettings;

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.action.BigQueryExecute";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "BigQueryExecute",
    "action",
    GOOGLE,
    &["sql"],
    Work::Action(run),
)];

fn run(task: &Task<'_>) -> Result<Done, Failure> {
    if task.property("dialect", "standard") != "standard" {
        return Err(task.unsupported("dialect", "legacy"));
    }
    if task.property("storeResults", "false") == "true" {
        return Err(task.unsupported("storeResults", "true"));
    }
    let warehouse = &task.stores.warehouse;
    let job = uuid::Uuid::new_v4();
    task.say(Level::Info, LOGGER, format!("Executing SQL as job {job}."));
    let outcome = warehouse
        .query(&task.property("sql", ""), &QuerySettings::default())
        .map_err(|error| failure("com.google.cloud.bigquery.BigQueryException", error.message))?;
    let place = format!(
        "project={}, job={job}, location={}",
        warehouse.project(),
        warehouse.location()
    );
    task.say(
        Level::Info,
        LOGGER,
        format!("Job JobId{{{place}}} processed 0 bytes"),
    );
    let mut done = Done {
        arguments: Vec::new(),
        processed: i64::try_from(outcome.rows.len()).unwrap_or(i64::MAX),
    };
    if task.property("rowAsArguments", "false") == "true" {
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

/// `getStringValue()`: the value as BigQuery sends it, a TIMESTAMP in seconds.
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
