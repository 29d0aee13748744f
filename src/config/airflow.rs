//! The JSON of `airflow variables export`: an object of names and values, as Airflow writes it.
//!
//! Airflow writes a value as JSON where its text is JSON (`10`, a list) and as a text otherwise; one with a description is
//! `{"value": …, "description": …}`. What has other names is never changed here, and its values are never repeated.

use domain::variable::{VariableName, Variables};
use serde_json::{Map, Value};

/// What such a file says of the variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AirflowVariables {
    /// Those that are ours, in their order, with texts that [`Variables::set`] takes.
    pub variables: Vec<(VariableName, String)>,
    /// The other names, in the order of the alphabet.
    pub others: Vec<String>,
}

impl AirflowVariables {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it, one sentence each. No value of another name is repeated.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        let object = object(text).map_err(|fault| vec![fault])?;
        let others = object
            .keys()
            .filter(|name| VariableName::from_name(name).is_err());
        let others = others.cloned().collect();
        let (mut variables, mut faults) = (Vec::new(), Vec::new());
        for name in VariableName::ALL {
            let Some(value) = object.get(name.as_str()) else {
                continue;
            };
            let text = text_of(described(value).unwrap_or(value));
            match Variables::fault(*name, &text) {
                Some(fault) => faults.push(format!("{name}: {fault}")),
                None => variables.push((*name, text)),
            }
        }
        if faults.is_empty() {
            Ok(Self { variables, others })
        } else {
            Err(faults)
        }
    }
}

/// The text of a file with the values of these variables. What `before` has beside them stays.
///
/// # Errors
/// Why `before` is no such file.
pub fn airflow_json(
    variables: &Variables,
    names: &[VariableName],
    before: Option<&str>,
) -> Result<String, String> {
    let mut object = before.map_or_else(|| Ok(Map::new()), object)?;
    for name in names {
        let value = value_of(&variables.text(*name));
        match object.get_mut(name.as_str()) {
            Some(Value::Object(fields)) if is_described(fields) => _ = fields.insert("value".into(), value),
            _ => _ = object.insert(name.to_string(), value),
        }
    }
    Ok(indented(&Value::Object(object)) + "\n")
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    let hint = "Write it with `airflow variables export FILE.json`.";
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(format!("It is not an object of names and values. {hint}")),
        Err(error) => Err(format!(
            "It is not JSON: line {}, column {}. {hint}",
            error.line(),
            error.column()
        )),
    }
}

/// The value of one with a description.
fn described(value: &Value) -> Option<&Value> {
    let fields = value.as_object().filter(|fields| is_described(fields))?;
    fields.get("value")
}

fn is_described(fields: &Map<String, Value>) -> bool {
    let is_known = |name: &String| name == "value" || name == "description";
    fields.contains_key("value") && fields.keys().all(is_known)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// As Airflow decides it: JSON if the text is JSON.
fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// With four spaces, as Airflow does, so that two files can be compared line by line.
fn indented(value: &Value) -> String {
    let mut bytes = Vec::new();
    let form = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, form);
    // Writing into memory cannot fail, and what was made of text is text.
    let _ = serde::Serialize::serialize(value, &mut writer);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As `airflow variables export` wrote it: numbers, lists, a description, a Python list, names of other DAGs.
    const EXPORTED: &str = r#"{
    "bq_config_max_results": 20,
    "bq_location": "US",
    "cdf_pipeline_run_arguments": [
        {
            "business_unit": "hr",
            "data_source": "engineer"
        }
    ],
    "dag_retry_interval_minutes": 0.5,
    "other_dag_password": "hunter2",
    "project_id": {
        "description": "Ours.",
        "value": "my-project"
    },
    "zones": [
        1,
        2
    ]
}
"#;

    #[test]
    fn our_names_are_read_and_the_others_are_named() {
        let read = AirflowVariables::read(EXPORTED).unwrap();
        let texts: Vec<_> = read
            .variables
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let arguments = r#"[{"business_unit":"hr","data_source":"engineer"}]"#;
        let expected = [
            ("bq_config_max_results", "20"),
            ("bq_location", "US"),
            ("cdf_pipeline_run_arguments", arguments),
            ("dag_retry_interval_minutes", "0.5"),
            ("project_id", "my-project"),
        ];
        assert_eq!(texts, expected);
        assert_eq!(read.others, ["other_dag_password", "zones"]);
        let python = r#"{"cdf_pipeline_run_arguments": "[{'business_unit': 'hr'}]"}"#;
        assert_eq!(AirflowVariables::read(python).unwrap().variables.len(), 1);
    }

    #[test]
    fn an_export_after_an_import_gives_everything_back() {
        let read = AirflowVariables::read(EXPORTED).unwrap();
        let mut variables = Variables::default();
        for (name, text) in &read.variables {
            variables.set(*name, text).unwrap();
        }
        let names: Vec<_> = read.variables.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            airflow_json(&variables, &names, Some(EXPORTED)).unwrap(),
            EXPORTED
        );
    }

    #[test]
    fn all_faults_are_named_and_no_foreign_value_is() {
        let text =
            r#"{"bq_config_max_results": "many", "dag_timeout_minutes": [], "their_password": "hunter2"}"#;
        let faults = AirflowVariables::read(text).unwrap_err().join(" ");
        for words in ["bq_config_max_results: ", "dag_timeout_minutes: "] {
            assert!(faults.contains(words), "{faults}");
        }
        for text in ["[1]", "a: b", "{\"their_password\": \"hunter2\"", ""] {
            let faults = AirflowVariables::read(text).unwrap_err().join(" ");
            assert!(
                faults.contains("airflow variables export") && !faults.contains("hunter2"),
                "{faults}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(table in "[A-Za-z_][A-Za-z0-9_]{0,12}", seconds in 1u64..100_000, note in "[ -~é\\n]{0,20}") {
            let mut wanted = Variables::default();
            let list = serde_json::to_string(&[std::collections::BTreeMap::from([("note", note)])]).unwrap();
            for (name, text) in [
                ("bq_output_table", table),
                ("cdf_pipeline_timeout_seconds", seconds.to_string()),
                ("cdf_pipeline_run_arguments", list),
            ] {
                wanted.set_by_name(name, &text).unwrap();
            }
            let text = airflow_json(&wanted, VariableName::ALL, None).unwrap();
            let mut read = Variables::default();
            for (name, text) in AirflowVariables::read(&text).unwrap().variables {
                read.set(name, &text).unwrap();
            }
            prop_assert_eq!(read, wanted);
        }
    }
}
