//! Words that mean one thing here and another there.

use super::*;
use ColumnType as T;

#[test]
fn a_literal_says_its_type() {
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
