//! `BigQueryExecute`: runs one SQL statement; the first row's columns may become arguments.

use super::{Definition, Desk, GOOGLE_CLOUD, Role, Stage, alone, failure};
use crate::sandbox::observation::{Failure, Level};
use crate::sandbox::value::Value;

const LOGGER: &str = "io.cdap.plugin.gcp.bigquery.action.BigQueryExecute";
const ERROR: &str = "com.google.cloud.bigquery.BigQueryException";

pub(super) const DEFINITION: Definition = Definition {
    name: "BigQueryExecute",
    kind: "action",
    artifact: GOOGLE_CLOUD,
    required: &["dialect", "location", "mode", "rowAsArguments", "sql", "useCache"],
    check: None,
    nested: alone,
    role: Role::Action(run),
};

fn run(stage: &Stage, desk: &mut Desk<'_>) -> Result<Vec<(String, String)>, Failure> {
    if stage.text("dialect") == Some("legacy") {
        return Err(stage.unsupported("dialect 'legacy'"));
    }
    if stage.flag("storeResults") && stage.text("table").is_some() {
        return Err(stage.unsupported("storing results in a table"));
    }
    let sql = stage.required("sql")?;
    desk.world.tables.check(sql).map_err(|message| {
        let text = format!("Errors were encountered during validation. {message}.");
        failure("io.cdap.cdap.etl.api.validation.ValidationException", text)
    })?;
    let job = uuid::Uuid::new_v4();
    let name = Some(stage.name.as_str());
    desk.say(Level::Info, LOGGER, name, format!("Executing SQL as job {job}."));
    let answer = desk.world.tables.query(sql);
    let (columns, rows) = answer.map_err(|message| failure(ERROR, message))?;
    let project = stage.text("project").unwrap_or("auto-detect");
    let location = stage.text("location").unwrap_or("US");
    let done = format!("Job JobId{{project={project}, job={job}, location={location}}} processed 0 bytes");
    desk.say(Level::Info, LOGGER, name, done);
    desk.count(&stage.name, "records.processed", rows.len());
    if !stage.flag("rowAsArguments") {
        return Ok(Vec::new());
    }
    let Some(row) = rows.into_iter().next() else {
        let text =
            "The query result does not contain any row or schema, will not save the results in the arguments";
        desk.say(Level::Warn, LOGGER, name, text);
        return Ok(Vec::new());
    };
    let cells = columns.into_iter().zip(row);
    cells
        .map(|(column, value)| Ok((column.name, string_value(&value)?)))
        .collect()
}

/// A cell as `FieldValue.getStringValue()` gives it: the raw text of BigQuery's JSON.
fn string_value(value: &Value) -> Result<String, Failure> {
    Ok(match value {
        Value::Null => {
            return Err(Failure {
                class_name: "java.lang.NullPointerException".into(),
                message: None,
                cause: None,
            });
        }
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::DateTime(text)
        | Value::Json(text) => text.clone(),
        // Seconds as a double: `1.681380686E9`.
        Value::Timestamp(micros) => seconds(*micros),
        Value::Bytes(bytes) => super::json_line::base64(bytes),
    })
}

fn seconds(micros: i64) -> String {
    let negative = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let plain = format!("{negative}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let number: f64 = plain.parse().unwrap_or_default();
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, power)) if !digits.contains('.') => format!("{digits}.0E{power}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_the_text_of_bigquerys_json() {
        let table = [
            (Value::Bool(true), "true"),
            (Value::Int(-5), "-5"),
            (Value::Text("2024-01-01 00:00:00".into()), "2024-01-01 00:00:00"),
            (Value::Timestamp(1_681_380_686_000_000), "1.681380686E9"),
            (Value::Timestamp(2_000_000_000_000_000), "2.0E9"),
            (Value::Bytes(b"hello".to_vec()), "aGVsbG8="),
        ];
        for (value, expected) in table {
            assert_eq!(string_value(&value).unwrap(), expected);
        }
        let null = string_value(&Value::Null).unwrap_err();
        assert_eq!(null.class_name, "java.lang.NullPointerException");
    }
}
