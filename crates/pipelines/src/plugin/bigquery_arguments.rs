//! `BigQueryArgumentSetter`: sets the columns of the one row that meets the conditions as arguments.

use super::bigquery_execute::text;
use super::{ActionResult, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::event::{Failure, LogLevel};
use googlesql::value::{Column, ColumnType, Value};
use googlesql::{Parameter, QuerySettings, SqlError, parse_timestamp};

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
    let columns = table_columns(context)?;
    let conditions = context.property("argumentSelectionConditions", "");
    let parameters = parse_conditions(&conditions, &columns)?;
    let names = context.property("argumentsColumns", "");
    let names: Vec<&str> = names.split(',').collect();
    check_columns(&names, &columns)?;
    let (columns, row) = select_row(context, &names, parameters)?;
    let arguments = columns.into_iter().zip(row).map(argument);
    Ok(ActionResult {
        arguments: arguments.collect::<Result<_, _>>()?,
        processed: 0,
    })
}

fn bigquery_exception(error: SqlError) -> Failure {
    failure("com.google.cloud.bigquery.BigQueryException", error.message)
}

fn table_columns(context: &StageContext<'_>) -> Result<Vec<Column>, Failure> {
    let warehouse = &context.stores.warehouse;
    let (dataset, table) = (context.property("dataset", ""), context.property("table", ""));
    let description = warehouse.table(&dataset, &table).map_err(bigquery_exception)?;
    let Some(description) = description else {
        let project = context.property("datasetProject", warehouse.project());
        return Err(invalid(&format!(
            "BigQuery table '{project}:{dataset}.{table}' does not exist."
        )));
    };
    Ok(description.columns)
}

/// The columns and values of the one row that meets the conditions.
fn select_row(
    context: &StageContext<'_>,
    names: &[&str],
    parameters: Vec<Parameter>,
) -> Result<(Vec<Column>, Vec<Value>), Failure> {
    let (dataset, table) = (context.property("dataset", ""), context.property("table", ""));
    let tests: Vec<_> = parameters
        .iter()
        .map(|parameter| format!("{0} = @{0} ", parameter.name))
        .collect();
    let sql = format!(
        "Select {} from {dataset}.{table} where {}",
        names.join(" ,"),
        tests.join(" AND ")
    );
    let job = uuid::Uuid::new_v4();
    context.log(LogLevel::Info, LOGGER, format!("Executing SQL as job {job}."));
    let settings = QuerySettings {
        parameters,
        ..QuerySettings::default()
    };
    let outcome = context
        .stores
        .warehouse
        .query(&sql, &settings)
        .map_err(bigquery_exception)?;
    let count = outcome.rows.len();
    match (outcome.rows.into_iter().next(), count) {
        (Some(row), 1) => Ok((outcome.columns, row)),
        _ => Err(broken(format!(
            "The query result total rows should be \"1\" but is \"{count}\""
        ))),
    }
}

/// The argument of one column of the row.
fn argument((column, value): (Column, Value)) -> Result<(String, String), Failure> {
    let is_supported = matches!(
        column.kind,
        ColumnType::Bool
            | ColumnType::String
            | ColumnType::Float64
            | ColumnType::Int64
            | ColumnType::Numeric
            | ColumnType::Timestamp
    );
    if !is_supported {
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
    Ok((column.name, value))
}

/// Parses `feed=marketing;date=20200427`; each value gets the type of its column.
fn parse_conditions(text: &str, columns: &[Column]) -> Result<Vec<Parameter>, Failure> {
    if text.is_empty() {
        return Err(invalid("Arguments Selection Conditions is empty."));
    }
    let mut parameters = Vec::new();
    let mut missing = Vec::new();
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            // The exact message of the parser is not known.
            return Err(invalid(&format!("Invalid key value pair '{pair}'.")));
        };
        let (name, value) = (name.trim(), value.trim());
        match columns.iter().find(|column| column.name == name) {
            Some(column) => parameters.push(Parameter {
                name: name.to_owned(),
                kind: column.kind.clone(),
                value: parse_value(value, &column.kind)
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

fn parse_value(text: &str, kind: &ColumnType) -> Option<Value> {
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

fn check_columns(wanted: &[&str], columns: &[Column]) -> Result<(), Failure> {
    // The plugin does not trim the names.
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
