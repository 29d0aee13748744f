//! Literals and parameters.

use super::*;

#[test]
fn a_decimal_literal_keeps_its_digits_when_it_becomes_a_numeric() {
    let warehouse = warehouse();
    let run = |sql: &str| run(&warehouse, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    run("CREATE TABLE cdf_output.exact (a NUMERIC)");
    run("INSERT cdf_output.exact (a) VALUES (0.1), (12345678901234.123456789)");
    run("INSERT cdf_output.exact (a) SELECT -12345678901234.123456789");
    run("UPDATE cdf_output.exact SET a = 98765432109876.987654321 WHERE a = 0.1");
    run("CREATE TABLE cdf_output.again AS SELECT CAST(20000000000000000.000000001 AS NUMERIC) AS a");
    for (sql, expected) in [
        (
            "SELECT STRING_AGG(CAST(a AS STRING) ORDER BY a) FROM cdf_output.exact",
            "-12345678901234.123456789,12345678901234.123456789,98765432109876.987654321",
        ),
        (
            "SELECT CAST(a AS STRING) FROM cdf_output.again",
            "20000000000000000.000000001",
        ),
        (
            "SELECT CAST(12345678901234567890.12345678 AS NUMERIC) || ''",
            "12345678901234567890.12345678",
        ),
        (
            "SELECT CAST(NUMERIC '1' + 12345678901234.123456789 AS STRING)",
            "12345678901235.123456789",
        ),
        ("SELECT CAST(COALESCE(NUMERIC '1', 2.5) + 1e3 AS STRING)", "1001"),
        (
            "SELECT CAST(CAST(1.0000000005 AS BIGNUMERIC) AS STRING)",
            "1.000000001",
        ),
        // As a FLOAT64 it has the digits of one.
        (
            "SELECT CAST(12345678901234.123456789 AS STRING)",
            "12345678901234.123",
        ),
    ] {
        assert_eq!(run(sql).rows[0][0], Value::Text(expected.into()), "{sql}");
    }
    let error = super::run(&warehouse, "INSERT cdf_output.exact VALUES (1e40)").unwrap_err();
    assert!(
        error
            .message
            .contains("Could not cast literal \"1e40\" to type NUMERIC"),
        "{error}"
    );
}

#[test]
fn the_name_of_a_parameter_may_be_in_backticks() {
    let parameter = |name: &str| Parameter {
        name: name.into(),
        kind: ColumnType::String,
        value: Value::Text("x".into()),
    };
    let settings = QuerySettings {
        parameters: vec![parameter("a"), parameter("param 1")],
        ..QuerySettings::default()
    };
    let warehouse = warehouse();
    for sql in [
        "SELECT @`a`",
        "SELECT @`param 1`",
        "SELECT CONCAT(@`A`, '')",
        "SELECT 'x' LIMIT 1",
    ] {
        let found = warehouse.query(sql, &settings).unwrap();
        assert_eq!(found.rows[0][0], Value::Text("x".into()), "{sql}");
    }
    let error = warehouse.query("SELECT @`b`", &settings).unwrap_err();
    assert!(
        error.message.starts_with("Query parameter 'b' not found"),
        "{error}"
    );
}
