//! Keys with other signs than letters, digits and `_`: refused where the pipeline pastes them into SQL, wherever that is.

use super::deployment::{deployed, judged, messages, sink, stage};
use super::*;
use crate::finding::Severity;
use serde_json::{Value, json};

fn out() -> Value {
    sink(&json!({"dataset": "cdf_output", "table": "landing"}))
}

/// A row whose unit is of letters and whose source is not.
fn odd() -> ConfigurationRow {
    row("hr", "order-lines v1.2", 1)
}

#[test]
fn a_key_in_sql_is_refused_wherever_it_is_pasted() {
    let paste = "data_source of hr.order-lines v1.2 may hold letters, digits and _ only: the pipeline pastes it into SQL, in ";
    for (plugin, properties, preferences, place) in [
        (
            "MySQL",
            json!({"importQuery": "SELECT * FROM `${data_source}`"}),
            vec![],
            Some("Read (importQuery)"),
        ),
        // Quoted or not, in a property of another name, through a preference, and where one macro makes the name of another.
        (
            "Odd",
            json!({"text": "select 1 from t where s = '${data_source}'"}),
            vec![],
            Some("Read (text)"),
        ),
        (
            "Odd",
            json!({"query": "${q}"}),
            vec![("q", "x ${data_source}")],
            Some("Read (query)"),
        ),
        (
            "Odd",
            json!({"text": "${q}"}),
            vec![("q", "DELETE FROM ${data_source}")],
            Some("Read (text)"),
        ),
        (
            "Database",
            json!({"tableName": "${data_source}"}),
            vec![],
            Some("Read (tableName)"),
        ),
        (
            "BigQueryTable",
            json!({"filter": "a = '${data_source}'"}),
            vec![],
            Some("Read (filter)"),
        ),
        // No SQL gets it.
        (
            "GCSFile",
            json!({"path": "gs://b/${data_source}/", "format": "csv"}),
            vec![],
            None,
        ),
        (
            "Odd",
            json!({"importQuery": "SELECT * FROM ${business_unit}"}),
            vec![],
            None,
        ),
        ("Odd", json!({"label": "from ${data_source}"}), vec![], None),
    ] {
        let pipeline = deployed(
            &[stage("Read", plugin, "batchsource", &properties), out()],
            &preferences,
        );
        let plan = judged(request(Scope::Chain), vec![odd()], &pipeline);
        let errors = messages(&plan, Severity::Error);
        let expected = place.map(|place| format!("{paste}{place}."));
        assert_eq!(
            errors,
            expected.iter().map(String::as_str).collect::<Vec<_>>(),
            "{properties}"
        );
        let sound = judged(
            request(Scope::Chain),
            vec![row("hr", "order_lines", 1)],
            &pipeline,
        );
        assert_eq!(sound.error(), None, "{properties}");
    }
}

#[test]
fn an_edit_and_a_pipeline_by_hand_are_looked_at_as_well_and_other_arguments_are_not() {
    let query = json!({"importQuery": "SELECT * FROM ${data_source} WHERE ${note}"});
    let pipeline = deployed(&[stage("Read", "MySQL", "batchsource", &query), out()], &[]);
    let mut sound = row("hr", "orders", 1);
    sound.arguments.insert("note", "a > 1; b");
    let mut edited = request(Scope::Chain);
    assert_eq!(
        judged(edited.clone(), vec![sound.clone()], &pipeline).error(),
        None
    );
    let mut arguments = sound.arguments.clone();
    arguments.insert("data_source", "orders; DROP TABLE x");
    edited.edits.insert(sound.task.clone(), arguments.clone());
    let plan = judged(edited, vec![sound], &pipeline);
    assert!(
        plan.error()
            .is_some_and(|error| error.message.contains("pastes it into SQL"))
    );
    let by_hand = judged(request(Scope::Single(arguments)), Vec::new(), &pipeline);
    assert!(
        by_hand
            .error()
            .is_some_and(|error| error.message.contains("pastes it into SQL"))
    );
}

#[test]
fn keys_of_other_columns_are_meant_too() {
    let query = json!({"importQuery": "SELECT * FROM ${Table_Name}"});
    let pipeline = deployed(&[stage("Read", "MySQL", "batchsource", &query), out()], &[]);
    let mut request = request(Scope::Chain);
    request
        .variables
        .set_by_name("key_columns", "table_name")
        .unwrap();
    let name = request.variables.key_columns.name(["a-b"]);
    let row = ConfigurationRow {
        task: name.task(),
        name,
        arguments: [("Table_Name", "a-b"), ("data_source", "c-d")]
            .into_iter()
            .collect(),
        ..row("x", "y", 1)
    };
    let plan = judged(request, vec![row], &pipeline);
    assert_eq!(
        messages(&plan, Severity::Error),
        [
            "Table_Name of a-b may hold letters, digits and _ only: the pipeline pastes it into SQL, in Read (importQuery)."
        ]
    );
}
