//! Names and keywords whose meaning depends on where they are.

use super::*;
use ColumnType as T;

#[test]
fn a_literal_can_name_its_type() {
    let sql = "SELECT NUMERIC '12.34', DATE '2024-02-29', TIME '06:00:00', DATETIME '2024-02-29 23:59:59', TIMESTAMP '2024-02-29 00:00:00+00'";
    let read = run(&warehouse(), sql).unwrap();
    let kinds: Vec<_> = read.columns.iter().map(|column| column.kind.clone()).collect();
    assert_eq!(kinds, [T::Numeric, T::Date, T::Time, T::DateTime, T::Timestamp]);
    assert_eq!(read.rows[0][0], Value::Numeric("12.34".into()));
    assert_eq!(read.rows[0][3], Value::DateTime("2024-02-29T23:59:59".into()));
}

#[test]
fn a_column_may_be_named_like_a_part_of_a_date() {
    let warehouse = Warehouse::open(None, "p", "US").unwrap();
    let run = |sql: &str| warehouse.query(sql, &QuerySettings::default()).unwrap();
    run("CREATE SCHEMA d");
    run("CREATE TABLE d.t (id INT64, day DATE, hour INT64)");
    run("INSERT INTO d.t (id, day, hour) VALUES (1, DATE '2024-02-29', 7)");
    let read = run("SELECT id, day, hour FROM d.t WHERE day >= '2024-01-01' ORDER BY day, hour");
    let expected = vec![Value::Int(1), Value::Date("2024-02-29".into()), Value::Int(7)];
    assert_eq!(read.rows, [expected]);
    let hours = "SELECT TIMESTAMP_DIFF(TIMESTAMP '2024-01-02 00:00:00', TIMESTAMP '2024-01-01 00:00:00', HOUR), hour FROM d.t";
    assert_eq!(run(hours).rows, [vec![Value::Int(24), Value::Int(7)]]);
}

#[test]
fn a_tables_name_hides_a_column_that_is_called_the_same() {
    let warehouse = Warehouse::open(None, "p", "US").unwrap();
    let run = |sql: &str| warehouse.query(sql, &QuerySettings::default()).unwrap().rows;
    run("CREATE SCHEMA d");
    run("CREATE TABLE d.status (status STRING, id INT64, spot STRUCT<x INT64>)");
    run("INSERT INTO d.status VALUES ('open', 1, STRUCT(7))");
    let open = Value::Text("open".into());
    assert_eq!(
        run("SELECT status, status.id, status.status AS again FROM d.status"),
        [[open.clone(), Value::Int(1), open]]
    );
    assert_eq!(run("SELECT status.* FROM d.status")[0].len(), 3);
    // A field that the table does not have may be the column's.
    assert_eq!(run("SELECT spot.x FROM d.status AS spot"), [[Value::Int(7)]]);
    let inner =
        "SELECT COUNT(*) FROM d.status AS a WHERE EXISTS (SELECT 1 FROM d.status AS id WHERE id.id = a.id)";
    assert_eq!(run(inner), [[Value::Int(1)]]);
}

#[test]
fn the_older_list_of_tables_is_supported() {
    let warehouse = warehouse();
    let listed = "SELECT table_id, row_count, type FROM `cdf_output.__TABLES__` WHERE table_id LIKE 'conf%' OR type = 2 ORDER BY 1 LIMIT 1";
    let rows = run(&warehouse, listed).unwrap().rows;
    assert_eq!(
        rows,
        [[Value::Text("configuration".into()), Value::Int(8), Value::Int(1)]]
    );
    let none = run(&warehouse, "SELECT * FROM nothing.__TABLES__").unwrap_err();
    assert_eq!(none.reason, "notFound");
}
