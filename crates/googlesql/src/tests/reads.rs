//! What a statement reads of its tables: the columns and rows that it needs.

use super::*;

/// Two tables and a view.
fn wide() -> Warehouse {
    let warehouse = Warehouse::open(None, "p-1", "US").unwrap();
    for sql in [
        "CREATE SCHEMA d",
        "CREATE TABLE d.wide (a INT64, b STRING, c STRUCT<x INT64>, d ARRAY<INT64>)",
        "INSERT INTO d.wide SELECT x, CAST(x AS STRING), STRUCT(x), [x] FROM UNNEST(GENERATE_ARRAY(1, 1000)) AS x",
        "CREATE TABLE d.names (a INT64, name STRING, other STRING)",
        "INSERT INTO d.names VALUES (1, 'one', 'x'), (2, 'two', 'y')",
        "CREATE VIEW d.seen AS SELECT * FROM d.wide",
    ] {
        run(&warehouse, sql).unwrap();
    }
    warehouse
}

#[test]
fn fewer_columns_are_read_and_the_answers_are_the_same() {
    let warehouse = wide();
    for (sql, expected) in [
        ("SELECT COUNT(*) FROM d.wide", "Int(1000)"),
        ("SELECT c.x FROM d.wide WHERE b = '7'", "Int(7)"),
        (
            "SELECT d[OFFSET(0)] FROM d.wide ORDER BY a DESC LIMIT 1",
            "Int(1000)",
        ),
        ("SELECT t.b FROM d.wide AS t WHERE t.a = 3", "Text(\"3\")"),
        (
            "SELECT name FROM d.wide JOIN d.names USING (a) WHERE b = '2'",
            "Text(\"two\")",
        ),
        (
            "SELECT n.name FROM d.names n JOIN d.wide w ON w.a = n.a AND w.b = '1'",
            "Text(\"one\")",
        ),
        (
            "SELECT (SELECT name FROM d.names n WHERE n.a = w.a) FROM d.wide w WHERE w.b = '2'",
            "Text(\"two\")",
        ),
        (
            "SELECT COUNT(*) FROM d.wide w WHERE EXISTS (SELECT 1 FROM d.names n WHERE n.a = w.a)",
            "Int(2)",
        ),
        (
            "SELECT TO_JSON_STRING(n) FROM d.names n WHERE a = 2",
            "Text(\"{\\\"a\\\":2,\\\"name\\\":\\\"two\\\",\\\"other\\\":\\\"y\\\"}\")",
        ),
        ("SELECT b FROM d.seen WHERE a = 5", "Text(\"5\")"),
        (
            "WITH w AS (SELECT * FROM d.wide) SELECT MAX(x.a) FROM w AS x, w AS y WHERE x.a = y.a",
            "Int(1000)",
        ),
        ("SELECT e FROM d.wide AS w, w.d AS e WHERE e = 9", "Int(9)"),
        (
            "SELECT COUNT(*) FROM d.wide UNION ALL SELECT COUNT(name) FROM d.names ORDER BY 1 LIMIT 1",
            "Int(2)",
        ),
        (
            "SELECT SUM(a) OVER (ORDER BY b) FROM d.names, (SELECT '1' AS b) QUALIFY TRUE LIMIT 1",
            "Int(3)",
        ),
        (
            "SELECT * EXCEPT (a, b, d) FROM (SELECT * REPLACE (7 AS a) FROM d.wide) ORDER BY c.x LIMIT 1",
            "Struct([Int(1)])",
        ),
        (
            "SELECT a + 1 AS n FROM d.wide GROUP BY n HAVING MIN(b) = '4'",
            "Int(5)",
        ),
    ] {
        let found = run(&warehouse, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(format!("{:?}", found.rows[0][0]), expected, "{sql}");
    }
}

#[test]
fn a_table_is_read_as_far_as_its_limit() {
    let warehouse = wide();
    let all = |sql: &str| run(&warehouse, sql).unwrap().rows;
    for (sql, count, first) in [
        ("SELECT a FROM d.wide LIMIT 3", 3, 1),
        ("SELECT a FROM d.wide LIMIT 3 OFFSET 10", 3, 11),
        ("SELECT a FROM d.wide LIMIT 3 OFFSET 999", 1, 1_000),
        ("(SELECT a FROM d.wide LIMIT 5) LIMIT 20", 5, 1),
        ("(SELECT a FROM d.wide LIMIT 20) LIMIT 5", 5, 1),
        ("SELECT a FROM d.wide ORDER BY a DESC LIMIT 2", 2, 1_000),
        ("SELECT a FROM d.wide WHERE a > 500 LIMIT 2", 2, 501),
        ("SELECT DISTINCT MOD(a, 2) FROM d.wide LIMIT 2", 2, 1),
        ("SELECT SUM(a) FROM d.wide LIMIT 1", 1, 500_500),
        (
            "SELECT a FROM d.wide UNION ALL SELECT a FROM d.wide LIMIT 1500",
            1_500,
            1,
        ),
        ("WITH w AS (SELECT a FROM d.wide) SELECT a FROM w LIMIT 2", 2, 1),
        ("SELECT MAX(a) OVER () FROM d.wide LIMIT 2", 2, 1_000),
        ("SELECT w.a FROM d.wide AS w, d.names LIMIT 2", 2, 1),
    ] {
        let rows = all(sql);
        assert_eq!((rows.len(), &rows[0][0]), (count, &Value::Int(first)), "{sql}");
    }
}

#[test]
fn what_is_not_needed_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
    for sql in [
        "CREATE SCHEMA d",
        "CREATE TABLE d.large (id INT64, s STRING)",
        "INSERT INTO d.large SELECT x, REPEAT('a', 1000000) FROM UNNEST(GENERATE_ARRAY(1, 100)) AS x",
        "INSERT INTO d.large SELECT x, REPEAT('a', 1000000) FROM UNNEST(GENERATE_ARRAY(101, 180)) AS x",
        "INSERT INTO d.large SELECT x, REPEAT('a', 1000000) FROM UNNEST(GENERATE_ARRAY(181, 250)) AS x",
    ] {
        run(&warehouse, sql).unwrap();
    }
    // All of it is more than a statement may hold.
    let error = run(&warehouse, "SELECT * FROM d.large").unwrap_err();
    assert_eq!(error.reason, "resourcesExceeded");
    for sql in [
        "SELECT SUM(id) FROM d.large",
        "SELECT * FROM d.large LIMIT 10",
        "SELECT * FROM d.large WHERE id = 250",
        "SELECT id, LENGTH(s) FROM d.large WHERE s LIKE 'b%' OR id = 7",
        "SELECT a.id FROM d.large AS a JOIN d.large AS b ON a.id = b.id",
        "DELETE FROM d.large WHERE s LIKE 'b%'",
        "UPDATE d.large SET s = '' WHERE id = 1",
    ] {
        run(&warehouse, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

#[test]
fn no_count_of_rows_is_too_large_for_the_storage() {
    let warehouse = wide();
    let largest = i64::MAX;
    for (sql, expected) in [
        (format!("SELECT a FROM d.names LIMIT {largest}"), 2),
        (format!("SELECT a FROM d.names LIMIT {largest} OFFSET 1"), 1),
        (format!("SELECT a FROM d.names LIMIT 1 OFFSET {largest}"), 0),
        (
            format!("SELECT a FROM d.names LIMIT {largest} OFFSET {largest}"),
            0,
        ),
    ] {
        let outcome = run(&warehouse, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(outcome.rows.len(), expected, "{sql}");
    }
    for (start, limit, expected) in [
        (0, usize::MAX, 2),
        (1_usize << 63, 1, 0),
        (usize::MAX, usize::MAX, 0),
    ] {
        let page = warehouse.page("d", "names", &[0], start, limit);
        assert_eq!(page.map(|rows| rows.len()), Ok(expected), "{start} {limit}");
    }
}
