//! The first and the last of numbers, dates and columns: each has an answer or an error of BigQuery's.

use super::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[test]
fn the_last_numbers_and_dates_overflow_by_name() {
    let warehouse = warehouse();
    let min = "-9223372036854775808";
    for (sql, expected) in [
        (format!("-({min})"), Err("int64 overflow")),
        (
            format!("CAST(ROUND(NUMERIC '1.5', {min}) AS STRING)"),
            Err("numeric overflow"),
        ),
        (
            format!("CAST(TRUNC(NUMERIC '1.5', {min}) AS STRING)"),
            Err("numeric overflow"),
        ),
        (
            "CAST(DATE_TRUNC(DATE '0001-01-01', WEEK(FRIDAY)) AS STRING)".to_owned(),
            Err("Invalid date"),
        ),
        (
            "CAST(LAST_DAY(DATE '9999-12-31', WEEK) AS STRING)".to_owned(),
            Err("WEEK"),
        ),
        (
            "CAST(PARSE_DATE('%Y', '-262143') AS STRING)".to_owned(),
            Err("Failed to parse"),
        ),
        (
            "CAST(PARSE_TIMESTAMP('%s', '8210266876799') AS STRING)".to_owned(),
            Err("Failed to parse"),
        ),
        (
            "CAST(ARRAY_LENGTH(GENERATE_DATE_ARRAY('9999-12-30', '9999-12-31')) AS STRING)".to_owned(),
            Ok("2"),
        ),
        ("TRIM('xyzzy', 'yx')".to_owned(), Ok("zz")),
        ("INITCAP('ab-cd ef', '-')".to_owned(), Ok("Ab-Cd ef")),
    ] {
        match (run(&warehouse, &format!("SELECT {sql}")), expected) {
            (Ok(outcome), Ok(text)) => assert_eq!(outcome.rows[0][0], Value::Text(text.into()), "{sql}"),
            (Err(error), Err(text)) => assert!(error.message.contains(text), "{sql}: {}", error.message),
            (found, _) => panic!("{sql}: {found:?}"),
        }
    }
    let nth = format!("SELECT NTH_VALUE(x, {min}) OVER (ORDER BY x) FROM UNNEST([1, 2]) x");
    assert!(run(&warehouse, &nth).is_err_and(|error| error.message.contains("must be positive")));
}

#[test]
fn ranks_of_many_rows_take_little_time() {
    let warehouse = warehouse();
    let sql = "SELECT SUM(a), SUM(b), SUM(c), MIN(d), MAX(e) FROM (SELECT RANK() OVER (ORDER BY DIV(x, 3)) a, \
               DENSE_RANK() OVER (ORDER BY x) b, RANK() OVER (ORDER BY x * 0) c, \
               SUM(x) OVER (PARTITION BY MOD(x, 2)) d, SUM(x) OVER (ORDER BY x) e \
               FROM UNNEST(GENERATE_ARRAY(0, 29999)) x)";
    let outcome = run(&warehouse, sql).unwrap();
    let sums: Vec<_> = outcome.rows[0].clone();
    assert_eq!(
        sums,
        [
            Value::Int(449_985_000),
            Value::Int(450_015_000),
            Value::Int(30_000),
            Value::Int(224_985_000),
            Value::Int(449_985_000),
        ]
    );
}

#[test]
fn tables_that_sqlite_does_not_take_are_refused_by_name() {
    let warehouse = warehouse();
    let columns = |count: usize| {
        let columns: Vec<_> = (0..count).map(|at| format!("c{at} INT64")).collect();
        format!("CREATE TABLE cdf_output.wide ({})", columns.join(", "))
    };
    for (sql, text) in [
        (columns(2_001), "at most 2000 columns"),
        (columns(40_000), "at most 2000 columns"),
        (
            "CREATE TABLE cdf_output.t (_rowid_ INT64)".to_owned(),
            "Invalid name",
        ),
    ] {
        let error = run(&warehouse, &sql).unwrap_err();
        assert!(error.message.contains(text), "{}", error.message);
    }
    for column in ["rowid", "oid"] {
        for sql in [
            format!("CREATE TABLE cdf_output.{column} ({column} STRING)"),
            format!("INSERT INTO cdf_output.{column} VALUES ('b'), ('a')"),
            format!("UPDATE cdf_output.{column} SET {column} = 'c' WHERE {column} = 'b'"),
        ] {
            run(&warehouse, &sql).unwrap();
        }
        let outcome = run(
            &warehouse,
            &format!("SELECT {column} FROM cdf_output.{column} ORDER BY 1"),
        )
        .unwrap();
        let found: Vec<_> = outcome.rows.concat();
        assert_eq!(found, [Value::Text("a".into()), Value::Text("c".into())]);
    }
}

#[test]
fn many_tables_of_a_with_are_too_complex() {
    let warehouse = warehouse();
    let many = |count: usize| {
        let ctes: Vec<_> = (0..count).map(|at| format!("a{at} AS (SELECT 1)")).collect();
        run(&warehouse, &format!("WITH {} SELECT 1", ctes.join(", ")))
    };
    assert!(many(500).is_ok());
    assert!(many(20_000).is_err_and(|error| error.message.contains("too many subqueries")));
}

#[test]
fn a_search_in_a_long_text_can_be_cancelled() {
    let warehouse = warehouse();
    // A statement of one row looks at it nowhere else.
    let cancelled = Arc::new(AtomicBool::new(true));
    for function in ["REGEXP_REPLACE", "REGEXP_EXTRACT_ALL"] {
        let replacement = if function == "REGEXP_REPLACE" { ", 'x'" } else { "" };
        let sql = format!("SELECT {function}(REPEAT('A', 900000), r'.*[^A-Z]|[A-Z]'{replacement})");
        let found = warehouse.query_until(&sql, &QuerySettings::default(), &cancelled);
        assert_eq!(found.unwrap_err().reason, "stopped");
    }
    let position = "SELECT REGEXP_EXTRACT('a', 'a', -9223372036854775808)";
    assert!(run(&warehouse, position).is_err_and(|error| error.message.contains("Position")));
}
