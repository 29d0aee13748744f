//! NULL arrays: an expression can be one, a result and a table cannot.

use super::*;

#[test]
fn a_result_has_empty_arrays_for_nulls_and_none_with_nulls() {
    let warehouse = warehouse();
    let empty = || Value::Array(Vec::new());
    for (sql, expected) in [
        ("SELECT CAST(NULL AS ARRAY<INT64>)", empty()),
        ("SELECT CAST([] AS ARRAY<INT64>) IS NULL", Value::Bool(false)),
        ("SELECT CAST([] AS ARRAY<STRING>)", empty()),
        ("SELECT [] IS NULL", Value::Bool(false)),
        ("SELECT CAST(NULL AS ARRAY<INT64>) IS NULL", Value::Bool(true)),
        ("SELECT ARRAY_LENGTH(CAST([] AS ARRAY<DATE>))", Value::Int(0)),
        ("SELECT ARRAY_LENGTH([])", Value::Int(0)),
        ("SELECT IF(FALSE, ['a'], [])", empty()),
        ("SELECT IF(FALSE, ['a'], NULL)", empty()),
        (
            "SELECT ARRAY_CONCAT([], ['a'])",
            Value::Array(vec![Value::Text("a".into())]),
        ),
        (
            "SELECT ARRAY_AGG(x) FROM UNNEST(CAST([] AS ARRAY<INT64>)) AS x",
            empty(),
        ),
        (
            "SELECT STRUCT(CAST(NULL AS ARRAY<INT64>) AS a)",
            Value::Struct(vec![empty()]),
        ),
        (
            "SELECT [STRUCT(CAST(NULL AS ARRAY<INT64>) AS a)]",
            Value::Array(vec![Value::Struct(vec![empty()])]),
        ),
        ("SELECT CAST(NULL AS STRUCT<a ARRAY<INT64>>)", Value::Null),
        ("SELECT ARRAY_LENGTH([1, NULL])", Value::Int(2)),
    ] {
        assert_eq!(run(&warehouse, sql).unwrap().rows[0][0], expected, "{sql}");
    }
    for sql in [
        "SELECT [1, NULL] AS a",
        "SELECT [STRUCT([1, NULL])] AS a",
        "SELECT ARRAY(SELECT NULL) AS a",
    ] {
        let error = run(&warehouse, sql).unwrap_err();
        assert_eq!(
            error.message, "Array cannot have a null element; error in writing field a",
            "{sql}"
        );
    }
    let error = run(&warehouse, "SELECT [] + 1").unwrap_err();
    assert!(
        error.message.starts_with("No matching signature for operator +"),
        "{error}"
    );
}

#[test]
fn a_table_keeps_empty_arrays_for_nulls() {
    let warehouse = warehouse();
    let run = |sql: &str| run(&warehouse, sql);
    run("CREATE TABLE cdf_output.lists (id INT64, a ARRAY<INT64>, s STRUCT<b ARRAY<STRING>, c INT64>)")
        .unwrap();
    run("INSERT INTO cdf_output.lists VALUES (1, NULL, STRUCT<ARRAY<STRING>, INT64>(NULL, 1)), (2, [], STRUCT<b ARRAY<STRING>, c INT64>([], 2)), (3, [7], NULL)").unwrap();
    run("INSERT INTO cdf_output.lists (id) VALUES (4)").unwrap();
    run("UPDATE cdf_output.lists SET a = NULL WHERE id = 3").unwrap();
    let nulls = "SELECT COUNTIF(a IS NULL), COUNTIF(s.b IS NULL) FROM cdf_output.lists";
    // The two without a STRUCT have none of its fields either.
    assert_eq!(run(nulls).unwrap().rows[0], [Value::Int(0), Value::Int(2)]);
    let error = run("INSERT INTO cdf_output.lists (a) VALUES ([1, NULL])").unwrap_err();
    assert_eq!(
        error.message,
        "Array cannot have a null element; error in writing field a"
    );
    let error = run("CREATE TABLE cdf_output.more AS SELECT [CAST(NULL AS STRING)] AS names").unwrap_err();
    assert_eq!(
        error.message,
        "Array cannot have a null element; error in writing field names"
    );
}
