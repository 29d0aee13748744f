//! Statements and their outcomes.

mod aggregates;
mod arrays;
mod changes;
mod demo;
mod documentation;
mod edges;
mod folder;
mod hostile;
mod literals;
mod loads;
mod measured;
mod names;
mod queries;
mod reads;

use crate::value::{Column, ColumnType, Value};
use crate::*;

/// A warehouse with the tables of the demo.
fn warehouse() -> Warehouse {
    let warehouse = Warehouse::open(None, "p-1", "US").unwrap();
    seed(&warehouse);
    warehouse
}

fn seed(warehouse: &Warehouse) {
    let script = include_str!("../../sandbox/assets/warehouse.sql");
    let script = script.replace("PROJECT", warehouse.project());
    warehouse.seed(&script).unwrap();
}

fn run(warehouse: &Warehouse, sql: &str) -> Result<QueryOutcome, SqlError> {
    warehouse.query(sql, &QuerySettings::default())
}

fn one(sql: &str) -> Value {
    run(&warehouse(), sql).unwrap().rows[0][0].clone()
}

#[test]
fn expressions_have_values_and_types() {
    for (sql, value) in [
        (
            "SELECT TIMESTAMP('2023-04-13 10:11:26', 'UTC')",
            Value::Timestamp(1_681_380_686_000_000),
        ),
        (
            "SELECT FORMAT_TIMESTAMP('%F %T', TIMESTAMP '2023-04-13 10:11:26+00', 'UTC')",
            Value::Text("2023-04-13 10:11:26".into()),
        ),
        (
            "SELECT TIMESTAMP_SUB(TIMESTAMP '1970-01-02', INTERVAL 1 DAY)",
            Value::Timestamp(0),
        ),
        (
            "SELECT TIMESTAMP_DIFF(TIMESTAMP '1970-01-02', TIMESTAMP '1970-01-01', HOUR)",
            Value::Int(24),
        ),
        (
            "SELECT CONCAT('a', \"b\", '{\"c\"}')",
            Value::Text("ab{\"c\"}".into()),
        ),
        ("SELECT CONCAT('a', NULL)", Value::Null),
        ("SELECT SAFE_CAST('x' AS INT64)", Value::Null),
        ("SELECT CAST('12' AS INT64) + 1", Value::Int(13)),
        ("SELECT IF(TRUE, 'yes', 'no')", Value::Text("yes".into())),
        (
            "SELECT COALESCE((SELECT 'x'), ERROR('never'))",
            Value::Text("x".into()),
        ),
        (
            "SELECT is_active FROM cdf_output.configuration WHERE is_active LIMIT 1",
            Value::Bool(true),
        ),
        (
            "SELECT MAX(c.priority) FROM cdf_output.configuration AS c WHERE c.is_active",
            Value::Int(60),
        ),
        ("SELECT 1 / 2", Value::Float(0.5)),
        ("SELECT 1 < 2 AND NOT 2 IS NULL", Value::Bool(true)),
        ("SELECT 'Abc' LIKE 'a%'", Value::Bool(false)),
        (
            "SELECT CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END",
            Value::Text("b".into()),
        ),
        (
            "SELECT nothing FROM (SELECT 7 AS nothing, 8 AS key, 9 AS plan) ORDER BY key",
            Value::Int(7),
        ),
        (
            "SELECT `row` FROM (SELECT 1 AS `row`) LIMIT 1 OFFSET 0",
            Value::Int(1),
        ),
        (
            "SELECT SUM(n) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (SELECT 3 AS n)",
            Value::Int(3),
        ),
        ("SELECT SAFE_CAST('true' AS BOOL)", Value::Bool(true)),
        (
            "SELECT TIMESTAMP_TRUNC(TIMESTAMP '1970-01-02 13:00:00', DAY)",
            Value::Timestamp(86_400_000_000),
        ),
        (
            "SELECT COUNT(*) FROM cdf_output.configuration AS c WHERE c.updated_at > '2024-01-01' AND '2999-01-01' > c.updated_at",
            Value::Int(8),
        ),
        (
            "SELECT COUNT(*) FROM cdf_output.configuration WHERE updated_at < '2024-01-01'",
            Value::Int(0),
        ),
        // All rows of a statement have the same time.
        (
            "SELECT COUNT(DISTINCT updated_at) FROM cdf_output.configuration",
            Value::Int(1),
        ),
        (
            "SELECT CURRENT_TIMESTAMP() = CURRENT_TIMESTAMP",
            Value::Bool(true),
        ),
        ("WITH x AS (SELECT 1 AS n) SELECT n FROM x", Value::Int(1)),
    ] {
        assert_eq!(one(sql), value, "{sql}");
    }
}

#[test]
fn errors_are_worded_as_bigquerys() {
    let warehouse = warehouse();
    for (sql, reason, words) in [
        (
            "SELECT * FROM cdf_output.nope",
            "notFound",
            "Not found: Table p-1:cdf_output.nope was not found in location US",
        ),
        (
            "SELECT * FROM nope.x",
            "notFound",
            "Not found: Dataset p-1:nope was not found in location US",
        ),
        (
            "TRUNCATE TABLE `p-1.cdf_output.nope`",
            "notFound",
            "Table p-1:cdf_output.nope",
        ),
        (
            "SELECT * FROM `other-project.d.t`",
            "accessDenied",
            "Access Denied: Table other-project:d.t",
        ),
        (
            "SELECT nowhere FROM cdf_output.landing",
            "invalidQuery",
            "Unrecognized name: nowhere at [1:8]",
        ),
        (
            "SELEC 1",
            "invalidQuery",
            "Syntax error: Unexpected identifier \"SELEC\" at [1:1]",
        ),
        (
            "DECLARE x INT64",
            "invalidQuery",
            "DECLARE is not supported by the sandbox at [1:1]",
        ),
        (
            "SELECT * FROM cdf_output.landing TABLESAMPLE SYSTEM (10 PERCENT)",
            "invalidQuery",
            "TABLESAMPLE is not supported by the sandbox",
        ),
        (
            "SELECT FANCY(1)",
            "invalidQuery",
            "Function not found: FANCY at [1:8]",
        ),
        (
            "SELECT PERCENTILE_CONT(x, 0.5) OVER () FROM UNNEST([1]) AS x",
            "invalidQuery",
            "Function PERCENTILE_CONT is not supported by the sandbox at [1:8]",
        ),
        (
            "SELECT * FROM `cdf_output.land*`",
            "invalidQuery",
            "A wildcard table is not supported by the sandbox at [1:15]",
        ),
        (
            "SELECT TIMESTAMP_ADD(TIMESTAMP '9999-12-31 12:00:00', INTERVAL 1 DAY)",
            "invalidQuery",
            "Timestamp overflow",
        ),
        ("SELECT ERROR('boom')", "invalidQuery", "boom"),
        (
            "INSERT INTO cdf_output.watermark (load_id) VALUES ('x')",
            "invalid",
            "Required field business_unit cannot be null",
        ),
    ] {
        let error = run(&warehouse, sql).unwrap_err();
        assert_eq!(error.reason, reason, "{sql}: {error}");
        assert!(error.message.contains(words), "{sql}: {error}");
    }
}

#[test]
fn parameters_are_bound() {
    let settings = QuerySettings {
        parameters: vec![
            Parameter {
                name: "unit".into(),
                kind: ColumnType::String,
                value: Value::Text("hr".into()),
            },
            Parameter {
                name: "least".into(),
                kind: ColumnType::Int64,
                value: Value::Int(15),
            },
        ],
        ..QuerySettings::default()
    };
    let sql = "SELECT data_source FROM cdf_output.configuration WHERE business_unit = @unit AND priority > @least ORDER BY 1";
    let rows = warehouse().query(sql, &settings).unwrap().rows;
    assert_eq!(
        rows,
        [
            [Value::Text("leave_request".into())],
            [Value::Text("payroll".into())]
        ]
    );
}

#[test]
fn changes_count_their_rows_and_need_a_where() {
    let warehouse = warehouse();
    for (sql, kind, rows) in [
        (
            "UPDATE cdf_output.configuration SET priority = 1 WHERE business_unit = 'hr'",
            "UPDATE",
            Some(3),
        ),
        (
            "DELETE cdf_output.configuration WHERE NOT is_active",
            "DELETE",
            Some(2),
        ),
        (
            "DELETE FROM `p-1.cdf_output.landing` AS o WHERE NOT EXISTS (SELECT 1 FROM `p-1.cdf_output.watermark` AS w WHERE w.load_id = o.load_id)",
            "DELETE",
            Some(0),
        ),
        (
            "INSERT cdf_output.landing (load_id) SELECT 'x'",
            "INSERT",
            Some(1),
        ),
        (
            "CREATE OR REPLACE TABLE cdf_output.t (a INT64 NOT NULL) PARTITION BY RANGE_BUCKET(a, GENERATE_ARRAY(0, 9, 1))",
            "CREATE_TABLE",
            None,
        ),
        ("DROP TABLE cdf_output.t", "DROP_TABLE", None),
        ("DROP TABLE IF EXISTS cdf_output.t", "DROP_TABLE", None),
    ] {
        let outcome = run(&warehouse, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(
            (
                &*outcome.statement_type,
                outcome.changes.map(|changes| changes.total())
            ),
            (kind, rows),
            "{sql}"
        );
    }
    let error = run(&warehouse, "DELETE FROM cdf_output.landing").unwrap_err();
    assert_eq!(error.message, "DELETE must have a WHERE clause at [1:1]");
}
