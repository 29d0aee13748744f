//! `BigQueryArgumentSetter`: the columns of the one row that meets the conditions become arguments.

use super::bigquery_execute::text;
use super::{ActionResult, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::event::{Failure, LogLevel};
use googlesql::value::{Column, ColumnType, Value};
use googlesql::{Parameter, QuerySettings, parse_timestamp};

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.action.BigQueryArgumentSetter";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "BigQueryArgumentSetter",
    "action",
    GOOGLE,
    &[
        "dataset",
        "table",
        "argumentSelectionConditions",
        "argumentsColumns",
    ],
    Implementation::Action(run),
)];

fn invalid(text: &str) -> Failure {
    failure(
        "io.cdap.cdap.etl.api.validation.ValidationException",
        format!("Errors were encountered during validation. {text}"),
    )
}

fn broken(text: impl Into<String>) -> Failure {
    failure("java.lang.RuntimeException", text)
}

fn run(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let warehouse = &context.stores.warehouse;
    let (dataset, table) = (context.property("dataset", ""), context.property("table", ""));
    let description = warehouse
        .table(&dataset, &table)
        .map_err(|error| failure("com.google.cloud.bigquery.BigQueryException", error.message))?;
    let Some(description) = description else {
        let project = context.property("datasetProject", warehouse.project());
        return Err(invalid(&format!(
            "BigQuery table '{project}:{dataset}.{table}' does not exist."
        )));
    };
    let conditions = context.property("argumentSelectionConditions", "");
    let parameters = conditions_of(&conditions, &description.columns)?;
    let wanted = context.property("argumentsColumns", "");
    let wanted: Vec<&str> = wanted.split(',').collect();
    check(&wanted, &description.columns)?;
    let tests: Vec<_> = parameters
        .iter()
        .map(|parameter| format!("{0} = @{0} ", parameter.name))
        .collect();
    let sql = format!(
        "Select {} from {dataset}.{table} where {}",
        wanted.join(" ,"),
        tests.join(" AND ")
    );
    let job = uuid::Uuid::new_v4();
    context.log(LogLevel::Info, LOGGER, format!("Executing SQL as job {job}."));
    let settings = QuerySettings {
        parameters,
        ..QuerySettings::default()
    };
    let outcome = warehouse
        .query(&sql, &settings)
        .map_err(|error| failure("com.google.cloud.bigquery.BigQueryException", error.message))?;
    let count = outcome.rows.len();
    let mut rows = outcome.rows.into_iter();
    let (Some(row), 1) = (rows.next(), count) else {
        return Err(broken(format!(
            "The query result total rows should be \"1\" but is \"{count}\""
        )));
    };
    let mut done = ActionResult::default();
    for (column, value) in outcome.columns.into_iter().zip(row) {
        let supported = matches!(
            column.kind,
            ColumnType::Bool
                | ColumnType::String
                | ColumnType::Float64
                | ColumnType::Int64
                | ColumnType::Numeric
                | ColumnType::Timestamp
        );
        if !supported {
            return Err(invalid(&format!(
                "Field '{}'  with type '{}' , is not supported.",
                column.name,
                googlesql::kind::name(&column.kind)
            )));
        }
        let value = text(value).ok_or_else(|| Failure {
            class_name: "java.lang.NullPointerException".to_owned(),
            message: None,
            cause: None,
        })?;
        done.arguments.push((column.name, value));
    }
    Ok(done)
}

/// `feed=marketing;date=20200427`, each with the type of its column.
fn conditions_of(text: &str, columns: &[Column]) -> Result<Vec<Parameter>, Failure> {
    if text.is_empty() {
        return Err(invalid("Arguments Selection Conditions is empty."));
    }
    let mut parameters = Vec::new();
    let mut missing = Vec::new();
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            // The words of the parser are not known.
            return Err(invalid(&format!("Invalid key value pair '{pair}'.")));
        };
        let (name, value) = (name.trim(), value.trim());
        match columns.iter().find(|column| column.name == name) {
            Some(column) => parameters.push(Parameter {
                name: name.to_owned(),
                kind: column.kind.clone(),
                value: typed(value, &column.kind)
                    .ok_or_else(|| broken(format!("Invalid value for {name}: {value}")))?,
            }),
            None => missing.push(name),
        }
    }
    if missing.is_empty() {
        return Ok(parameters);
    }
    Err(broken(format!(
        "Columns: \" {} \"do not exist in table. Argument selections columns must exist in table.",
        missing.join(" ,")
    )))
}

fn typed(text: &str, kind: &ColumnType) -> Option<Value> {
    Some(match kind {
        ColumnType::Bool => Value::Bool(text.to_lowercase().parse().ok()?),
        ColumnType::Int64 => Value::Int(text.parse().ok()?),
        ColumnType::Float64 => Value::Float(text.parse().ok()?),
        ColumnType::Numeric => Value::Numeric(text.to_owned()),
        ColumnType::String => Value::Text(text.to_owned()),
        ColumnType::Date => Value::Date(text.to_owned()),
        ColumnType::Time => Value::Time(text.to_owned()),
        ColumnType::DateTime => Value::DateTime(text.to_owned()),
        ColumnType::Timestamp => Value::Timestamp(parse_timestamp(text)?),
        _ => return None,
    })
}

fn check(wanted: &[&str], columns: &[Column]) -> Result<(), Failure> {
    // A name with a blank before it is another name to the plugin.
    let known = |name: &&&str| columns.iter().any(|column| column.name == **name);
    let missing: Vec<&str> = wanted.iter().filter(|name| !known(name)).copied().collect();
    let (noun, verb) = match missing.len() {
        0 => return Ok(()),
        1 => ("Column", "does"),
        _ => ("Columns", "do"),
    };
    Err(invalid(&format!(
        "{noun}: \"{}\" {verb} not exist in table. Argument columns must exist in table.",
        missing.join(" ,")
    )))
}
