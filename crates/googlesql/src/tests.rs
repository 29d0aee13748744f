//! Statements and their outcomes.

mod changes;
mod documentation;
mod folder;
mod queries;
mod words;

use crate::value::{Column, ColumnType, Value};
use crate::*;
use std::sync::Arc;

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
        .map(|c| (c.name.as_str(), c.kind.clone(), c.nullable))
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
        // One moment for all rows of a statement.
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
fn views_show_the_newest_watermark() {
    let warehouse = warehouse();
    for (load, at) in [("one", "2024-01-01 00:00:00"), ("two", "2024-01-02 00:00:00")] {
        let sql = format!(
            "INSERT INTO `p-1.cdf_output.watermark` (business_unit, data_source, load_id, watermark, updated_at)
             VALUES ('hr', 'engineer', '{load}', TIMESTAMP('{at}'), TIMESTAMP('{at}'))"
        );
        assert_eq!(
            run(&warehouse, &sql)
                .unwrap()
                .changes
                .map(|changes| changes.total()),
            Some(1)
        );
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
        [[Value::Numeric("1.5".into()), Value::Null]]
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
        (
            &*truncated.statement_type,
            truncated.changes.map(|changes| changes.total())
        ),
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
fn numbers_are_compared_as_numbers_and_types_are_kept() {
    let warehouse = warehouse();
    let columns = [
        Column::nullable("salary", ColumnType::Numeric),
        Column::nullable("at", ColumnType::Timestamp),
    ];
    let row = |salary: &str| vec![Value::Numeric(salary.into()), Value::Timestamp(1)];
    let rows = [row("90.50"), row("1234.25"), row("100")];
    assert_eq!(warehouse.append("cdf_output", "pay", &columns, &rows), Ok(3));
    let sql =
        "SELECT salary, SUM(salary) OVER () AS total FROM cdf_output.pay WHERE salary > 95 ORDER BY salary";
    let outcome = run(&warehouse, sql).unwrap();
    let number = |text: &str| Value::Numeric(text.into());
    assert_eq!(
        outcome.rows,
        [
            [number("100"), number("1334.25")],
            [number("1234.25"), number("1334.25")]
        ]
    );
    let text = "INSERT INTO cdf_output.pay (at) VALUES ('yesterday')";
    let error = run(&warehouse, text).unwrap_err();
    assert!(
        error
            .message
            .ends_with("Could not cast literal \"yesterday\" to type TIMESTAMP at [1:41]"),
        "{error}"
    );
    let unknown = run(&warehouse, "SELECT `nope` FROM cdf_output.pay").unwrap_err();
    assert_eq!(unknown.message, "Unrecognized name: nope at [1:8]");
}

#[test]
fn changes_say_their_rows_and_want_a_where() {
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

#[test]
fn the_tools_own_question_has_all_types() {
    let sql = "SELECT c.*, w.watermark FROM `p-1.cdf_output.configuration` c
               LEFT JOIN `p-1.cdf_output.watermark_current` w USING (business_unit, data_source)
               WHERE c.is_active ORDER BY c.priority, 1, 2";
    let outcome = run(&warehouse(), sql).unwrap();
    assert_eq!(outcome.rows.len(), 6);
    let kinds: Vec<_> = outcome
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind.clone()))
        .collect();
    assert_eq!(kinds.len(), 12);
    assert_eq!(kinds[2], ("is_active", ColumnType::Bool));
    assert_eq!(kinds[11], ("watermark", ColumnType::Timestamp));
}

#[test]
fn the_shipped_pipelines_statements_run() {
    let pipeline: serde_json::Value =
        serde_json::from_str(include_str!("../../../assets/cdf-mysql-to-bigquery.json")).unwrap();
    let sql = |stage: &str| {
        let stages = pipeline["config"]["stages"].as_array().unwrap();
        let found = stages.iter().find(|s| s["name"] == stage).unwrap();
        let mut text = found["plugin"]["properties"]["sql"].as_str().unwrap().to_owned();
        for (name, value) in [
            ("project_id", "p-1"),
            ("bq_dataset_id", "cdf_output"),
            ("bq_watermark_table", "watermark"),
            ("bq_config_table", "configuration"),
            ("bq_output_table", "landing"),
            ("business_unit", "hr"),
            ("data_source", "engineer"),
            ("load_id", "l-1"),
            ("watermark", "1970-01-02 00:00:00"),
            (
                "logicalStartTime(yyyy-MM-dd HH:mm:ss,1m,UTC)",
                "2024-01-01 00:00:00",
            ),
        ] {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        text
    };
    let warehouse = warehouse();
    let first = run(&warehouse, &sql("Read watermark")).unwrap();
    assert_eq!(first.rows[0][0], Value::Text("1970-01-02 00:00:00".into()));
    assert!(matches!(&first.rows[0][2], Value::Text(schema) if schema.contains("full_name")));
    assert!(first.columns.iter().all(|c| c.kind == ColumnType::String));
    let rows = [vec![Value::Text("l-1".into())], vec![Value::Text("l-1".into())]];
    let columns = [Column::nullable("load_id", ColumnType::String)];
    warehouse
        .append("cdf_output", "landing", &columns, &rows)
        .unwrap();
    assert_eq!(
        run(&warehouse, &sql("Update watermark"))
            .unwrap()
            .changes
            .map(|changes| changes.total()),
        Some(1)
    );
    let loaded = run(
        &warehouse,
        "SELECT rows_loaded, watermark FROM cdf_output.watermark",
    )
    .unwrap();
    assert_eq!(
        loaded.rows,
        [[Value::Int(2), Value::Timestamp(1_704_067_200_000_000)]]
    );
    let again = run(&warehouse, &sql("Read watermark")).unwrap();
    assert_eq!(again.rows[0][0], Value::Text("2024-01-01 00:00:00".into()));
    let unknown = sql("Read watermark").replace("'engineer'", "'nobody'");
    let error = run(&warehouse, &unknown).unwrap_err();
    assert!(
        error
            .message
            .starts_with("No source_fields in the configuration table"),
        "{error}"
    );
    let checked = QuerySettings {
        dry_run: true,
        ..QuerySettings::default()
    };
    assert!(warehouse.query(&unknown, &checked).is_ok());
}

#[test]
fn many_writers_lose_nothing() {
    let warehouse = Arc::new(warehouse());
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let warehouse = warehouse.clone();
            std::thread::spawn(move || {
                for _ in 0..25 {
                    let sql = format!("INSERT INTO cdf_output.landing (load_id) VALUES ('{n}')");
                    run(&warehouse, &sql).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let sql = "SELECT COUNT(*), COUNT(DISTINCT load_id) FROM cdf_output.landing";
    assert_eq!(
        run(&warehouse, sql).unwrap().rows,
        [[Value::Int(200), Value::Int(8)]]
    );
}

#[test]
fn a_refused_load_leaves_nothing_behind() {
    let warehouse = warehouse();
    let columns = [Column::nullable("extra", ColumnType::Int64)];
    let rows = [vec![Value::Int(1)], vec![Value::Text("no number".into())]];
    assert!(
        warehouse
            .append("cdf_output", "landing", &columns, &rows)
            .is_err()
    );
    let landing = warehouse.table("cdf_output", "landing").unwrap().unwrap();
    assert_eq!((landing.rows, landing.columns.len()), (0, 4));
}
