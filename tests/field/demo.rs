//! The demo itself, and the lab's own tools, so that what the other cases find is not the lab's fault.

use super::lab::{Lab, PROFILE};
use serde_json::Value;

#[test]
fn the_shipped_configuration_fills_the_output_table() {
    let lab = Lab::new();
    lab.configure(&[]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(lab.count("landing") > 0, "{}", told.all());
    let tries = lab.arguments("cdf_mysql_to_bigquery");
    assert_eq!(tries.len(), 7, "six pipelines, one of them twice: {tries:?}");
    assert!(
        tries
            .iter()
            .all(|arguments| arguments.contains_key("data_source"))
    );
}

#[test]
fn the_tools_of_the_lab_take_effect() {
    let lab = Lab::at_speed("50");
    lab.configure(&[("bq_config_table", "'other'"), ("bq_truncate", "false")]);
    lab.sql("CREATE TABLE cdf_output.other (a INT64, b STRING)");
    lab.sql("INSERT cdf_output.other VALUES (1, NULL), (2, 'x')");
    assert_eq!(lab.count("other"), 2);
    let rows = lab.sql("SELECT a, b FROM cdf_output.other ORDER BY a");
    assert_eq!(
        rows,
        [vec!["1".into(), Value::Null], vec!["2".into(), "x".into()]]
    );

    let shipped = include_str!("../../assets/cdf-mysql-to-bigquery.json");
    lab.deploy("copy", &serde_json::from_str(shipped).unwrap());
    lab.sandbox.get("/api/v3/namespaces/default/apps/copy");
    assert!(lab.arguments("copy").is_empty());

    assert!(
        !lab.files_with(PROFILE).is_empty(),
        "config.toml names the profile"
    );
    lab.play("[[request]]\noperation = 'query'\nanswer = 503\n");
    let asked = || lab.sandbox.ask("POST", "/bigquery/v2/projects/p/queries", "{}").0;
    assert_eq!(asked(), 503);
    lab.play_nothing();
    assert_ne!(asked(), 503);
}
