//! The columns and rows of the configuration table, and everything that is wrong with them.

use super::lab::{Lab, has_all};
use super::pipeline::{pipeline, source, statement, trash};
use serde_json::Value;

/// A pipeline that writes its argument `sourceTable` into the table `seen`, and nothing else.
fn spelling_pipeline() -> Value {
    let take = "INSERT INTO cdf_output.seen (v) VALUES ('${sourceTable}')";
    pipeline(&[statement("Take", take, false), source("seen"), trash("Out")])
}

#[test]
fn columns_of_mixed_case_reach_the_pipeline_as_they_are_spelled() {
    let lab = Lab::at_speed("50");
    lab.sql("CREATE TABLE cdf_output.seen (v STRING)");
    lab.sql("CREATE TABLE cdf_output.out (a INT64)");
    lab.sql(
        "CREATE TABLE cdf_output.spelled (Business_Unit STRING, data_source STRING, IS_ACTIVE BOOL, \
         sourceTable STRING, Priority INT64)",
    );
    lab.sql("INSERT cdf_output.spelled VALUES ('hr', 'payroll', TRUE, 'T1', 5)");
    lab.deploy("spelling", &spelling_pipeline());
    lab.configure(&[
        ("bq_config_table", "'spelled'"),
        ("bq_output_table", "'out'"),
        ("cdf_pipeline_name", "'spelling'"),
    ]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&["start_pipeline_hr_payroll"]);
    assert_eq!(lab.sql("SELECT v FROM cdf_output.seen"), [["T1"]]);
    let arguments = lab.arguments("spelling").remove(0);
    let of_the_row: Vec<_> = arguments
        .iter()
        .filter(|(name, _)| !name.contains('.'))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !name.starts_with("bq_") && *name != "project_id")
        .collect();
    assert_eq!(
        of_the_row,
        [
            ("Business_Unit", "hr"),
            ("data_source", "payroll"),
            ("sourceTable", "T1")
        ]
    );
    let written = std::fs::read_to_string(lab.home.path().join("config.toml")).unwrap();
    has_all(&written, &["Business_Unit", "sourceTable"]);

    let told = lab.run(&["--args", "BUSINESS_UNIT=hr,Data_Source=leave,sourceTable=T2"]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&["start_pipeline_hr_leave"]);
    assert_eq!(lab.sql("SELECT v FROM cdf_output.seen WHERE v = 'T2'").len(), 1);
}

/// The columns of every type that the sandbox has, each with a value.
const NESTED: [(&str, &str); 10] = [
    ("s STRUCT<a INT64, B STRING>", "STRUCT(1, 'x')"),
    ("arr ARRAY<STRING>", r#"['a', 'b"c\\d\n']"#),
    ("ints ARRAY<INT64>", "[9007199254740992, 9007199254740993, -1]"),
    (
        "floats ARRAY<FLOAT64>",
        "[1.0, 0.1, 1e20, CAST('nan' AS FLOAT64), CAST('-inf' AS FLOAT64)]",
    ),
    (
        "numbers ARRAY<NUMERIC>",
        "[NUMERIC '2.50', NUMERIC '3', NUMERIC '-0.001']",
    ),
    (
        "moments ARRAY<TIMESTAMP>",
        "[TIMESTAMP '2024-01-02 03:04:05.678901+00', TIMESTAMP '1969-12-31 23:59:59.5+00', TIMESTAMP '2024-01-02 00:00:00+00']",
    ),
    (
        "others ARRAY<STRUCT<d DATE, t DATETIME, b BYTES, f BOOL, j JSON>>",
        r#"[STRUCT(DATE '2024-02-29', DATETIME '2024-02-29T23:59:59', b'hi', TRUE, JSON '{"a":[1,null]}')]"#,
    ),
    (
        "deep STRUCT<x STRUCT<y ARRAY<STRUCT<z INT64, tags ARRAY<STRING>>>>>",
        "STRUCT(STRUCT([STRUCT(1, ['p']), STRUCT(2, ARRAY<STRING>[])]))",
    ),
    (
        "holes STRUCT<a INT64, b STRUCT<c STRING>>",
        "STRUCT<a INT64, b STRUCT<c STRING>>(NULL, NULL)",
    ),
    ("none ARRAY<INT64>", "[]"),
];

#[test]
fn structs_and_arrays_arrive_as_to_json_string_gives_them() {
    let lab = Lab::at_speed("50");
    let columns: Vec<_> = NESTED.iter().map(|(column, _)| *column).collect();
    let values: Vec<_> = NESTED.iter().map(|(_, value)| *value).collect();
    let (columns, values) = (columns.join(", "), values.join(", "));
    lab.sql(&format!(
        "CREATE TABLE cdf_output.nested (business_unit STRING, data_source STRING, is_active BOOL, {columns}, gone STRUCT<a INT64>)"
    ));
    lab.sql(&format!(
        "INSERT cdf_output.nested VALUES ('hr', 'payroll', TRUE, {values}, NULL)"
    ));
    lab.configure(&[("bq_config_table", "'nested'"), ("bq_truncate", "false")]);
    let told = lab.run(&[]);
    let arguments = lab.arguments("cdf_mysql_to_bigquery");
    let arguments = arguments.first().unwrap_or_else(|| panic!("{}", told.all()));
    for (column, _) in NESTED {
        let name = column.split(' ').next().unwrap();
        let expected = lab.sql(&format!("SELECT TO_JSON_STRING({name}) FROM cdf_output.nested"));
        assert_eq!(arguments[name], expected[0][0], "{name}");
    }
    assert_eq!(arguments["s"], r#"{"a":1,"B":"x"}"#);
    assert_eq!(arguments["ints"], r#"[9007199254740992,"9007199254740993",-1]"#);
    assert!(!arguments.contains_key("gone"), "NULL is left out");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let lab = Lab::at_speed("50");
    lab.sql("CREATE TABLE cdf_output.bad (business_unit STRING, data_source STRING, is_active BOOL, priority STRING)");
    lab.sql(
        "INSERT cdf_output.bad VALUES ('hr', 'a:b', TRUE, NULL), ('hr', 'c/d', TRUE, 'soon'), \
         ('x', 'payroll', TRUE, NULL), ('x', 'payroll', TRUE, NULL), ('y', 'z', TRUE, NULL)",
    );
    lab.sql("CREATE TABLE cdf_output.filled (a INT64)");
    lab.sql("INSERT cdf_output.filled VALUES (1), (2)");
    lab.configure(&[("bq_config_table", "'bad'"), ("bq_output_table", "'filled'")]);
    let words = [
        "business_unit and data_source of hr.a:b may hold letters",
        "business_unit and data_source of hr.c/d may hold letters",
        "priority of hr.c/d is 'soon', which is not a valid number. Correct it",
        "The configuration has x.payroll twice. Delete or rename one of the rows.",
    ];
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&words);
    told.has(&["errors were found, in hr.a:b, hr.c/d"]);

    let told = lab.run(&["--output", "json"]);
    assert_eq!(told.code, 2, "{}", told.all());
    let errors: Vec<_> = told
        .lines()
        .into_iter()
        .filter(|line| line["event"] == "noticed" && line["finding"]["severity"] == "error")
        .map(|line| line["finding"].clone())
        .collect();
    for (about, word) in ["hr.a:b", "hr.c/d", "hr.c/d", "x.payroll"].iter().zip(words) {
        let message = word.split(". ").next().unwrap();
        let is_it = |finding: &&Value| {
            finding["about"] == *about && finding["message"].as_str().unwrap().contains(message)
        };
        assert_eq!(errors.iter().filter(is_it).count(), 1, "{word}: {errors:#?}");
        assert!(
            errors.iter().all(|finding| finding["remedy"] != ""),
            "{errors:#?}"
        );
    }
    let summary = told.summary();
    let start = &summary["tasks"][0];
    assert_eq!(start["task"], "start");
    has_all(
        start["reason"].as_str().unwrap(),
        &["errors were found", "Correct all of them"],
    );

    let told = lab.run(&["--dry-run"]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&words);
    told.has(&["start_pipeline_y_z"]);
    assert_eq!(lab.count("filled"), 2, "nothing was emptied");
}

#[test]
fn what_is_missing_in_several_places_is_told_at_once() {
    let lab = Lab::at_speed("50");
    lab.sql("CREATE TABLE cdf_output.keyless (data_source STRING, note STRING)");
    lab.configure(&[
        ("bq_config_table", "'keyless'"),
        ("bq_output_table", "'nowhere'"),
        ("cdf_pipeline_name", "'nothing'"),
    ]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    let words = [
        "The configuration table has no columns business_unit and is_active.",
        "cdf_output.nowhere",
        "The pipeline nothing is not deployed in the namespace default.",
        "start: failed: 3 errors were found, in ",
    ];
    told.has(&words);
}

#[test]
fn a_configuration_table_that_cannot_be_read_empties_nothing() {
    let lab = Lab::at_speed("50");
    lab.sql("CREATE TABLE cdf_output.filled (a INT64)");
    lab.sql("INSERT cdf_output.filled VALUES (1), (2)");
    lab.configure(&[("bq_output_table", "'filled'"), ("bq_config_table", "'gone'")]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    assert!(told.all().contains("gone"), "{}", told.all());
    assert_eq!(lab.count("filled"), 2, "{}", told.all());
    assert!(lab.arguments("cdf_mysql_to_bigquery").is_empty());
}
