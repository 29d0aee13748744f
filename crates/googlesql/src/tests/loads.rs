//! Rows that are loaded, and several writers.

use super::*;
use std::sync::Arc;

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
