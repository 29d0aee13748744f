//! Statements and what comes of them.

use super::*;
use crate::sandbox::value::ColumnType;

fn warehouse() -> Warehouse {
    let warehouse = Warehouse::open(None, "p-1", "US").unwrap();
    warehouse.seed().unwrap();
    warehouse
}

fn run(warehouse: &Warehouse, sql: &str) -> Result<QueryOutcome, SqlError> {
    warehouse.query(sql, &QuerySettings::default())
}

fn one(sql: &str) -> Value {
    run(&warehouse(), sql).unwrap().rows[0][0].clone()
}

#[test]
fn the_seed_has_eight_rows_six_of_them_active() {
    let warehouse = warehouse();
    warehouse.seed().unwrap();
    let sql = "SELECT COUNT(*), COUNTIF(is_active) FROM `p-1.cdf_output.configuration`";
    assert_eq!(
        run(&warehouse, sql).unwrap().rows,
        [[Value::Int(8), Value::Int(6)]]
    );
    let described = warehouse.table("cdf_output", "configuration").unwrap().unwrap();
    let kinds: Vec<_> = described
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind, c.nullable))
        .collect();
    assert_eq!(kinds[2], ("is_active", ColumnType::Bool, false));
    assert_eq!(kinds[10], ("updated_at", ColumnType::Timestamp, true));
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
        ("WITH x AS (SELECT 1 AS n) SELECT n FROM x", Value::Int(1)),
    ] {
        assert_eq!(one(sql), value, "{sql}");
    }
}

#[test]
fn views_show_the_newest_watermark() {
    let warehouse = warehouse();
    for (load, at) in [("one", "2024-01-01 00:00:00"), ("two", "2024-01-02 00:00:00")] {
        let sql = format!(
            "INSERT INTO `p-1.cdf_output.watermark` (business_unit, data_source, load_id, watermark, updated_at)
             VALUES ('hr', 'engineer', '{load}', TIMESTAMP('{at}'), TIMESTAMP('{at}'))"
        );
        assert_eq!(run(&warehouse, &sql).unwrap().affected_rows, Some(1));
    }
    let outcome = run(&warehouse, "SELECT * FROM `p-1.cdf_output.watermark_current`").unwrap();
    assert_eq!(outcome.rows.len(), 1);
    assert!(
        outcome.columns.iter().all(|c| !c.name.starts_with("__")),
        "{:?}",
        outcome.columns
    );
    assert_eq!(outcome.rows[0][2], Value::Text("two".into()));
    assert!(matches!(outcome.rows[0][3], Value::Timestamp(_)));
}

#[test]
fn loads_add_columns_and_refuse_other_types() {
    let warehouse = warehouse();
    let columns = [
        Column::nullable("load_id", ColumnType::String),
        Column::nullable("salary", ColumnType::Numeric),
    ];
    let rows = [vec![Value::Text("a".into()), Value::Numeric("1.50".into())]];
    assert_eq!(warehouse.append("cdf_output", "landing", &columns, &rows), Ok(1));
    let sql = "SELECT salary, business_unit FROM cdf_output.landing";
    assert_eq!(
        run(&warehouse, sql).unwrap().rows,
        [[Value::Numeric("1.50".into()), Value::Null]]
    );
    let wrong = [Column::nullable("salary", ColumnType::String)];
    let error = warehouse
        .append("cdf_output", "landing", &wrong, &[vec![Value::Null]])
        .unwrap_err();
    assert!(
        error
            .message
            .contains("Field salary has changed type from NUMERIC to STRING"),
        "{error}"
    );
    let truncated = run(&warehouse, "TRUNCATE TABLE `p-1`.`cdf_output`.`landing`").unwrap();
    assert_eq!(
        (truncated.statement_type, truncated.affected_rows),
        ("TRUNCATE_TABLE", Some(1))
    );
}

#[test]
fn what_is_wrong_is_said_in_bigquerys_words() {
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
            "Syntax error: Unexpected \"SELEC\" at [1:1]",
        ),
        (
            "MERGE x USING y",
            "invalidQuery",
            "MERGE is not supported by the sandbox at [1:1]",
        ),
        (
            "SELECT * FROM UNNEST([1])",
            "invalidQuery",
            "UNNEST is not supported by the sandbox",
        ),
        (
            "SELECT FANCY(1)",
            "invalidQuery",
            "Function not found: FANCY at [1:8]",
        ),
        ("SELECT ERROR('boom')", "invalidQuery", "boom"),
        (
            "INSERT INTO cdf_output.watermark (load_id) VALUES ('x')",
            "invalidQuery",
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
            ("unit".into(), Value::Text("hr".into())),
            ("least".into(), Value::Int(15)),
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
