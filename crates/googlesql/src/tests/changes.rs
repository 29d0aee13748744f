//! Statements that change rows and tables.

use super::*;

fn fresh(setup: &[&str]) -> Warehouse {
    let warehouse = Warehouse::open(None, "p", "US").unwrap();
    run(&warehouse, "CREATE SCHEMA d").unwrap();
    for sql in setup {
        run(&warehouse, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    warehouse
}

fn all(warehouse: &Warehouse, sql: &str) -> Vec<Vec<Value>> {
    run(warehouse, sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
        .rows
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn a_merge_inserts_updates_and_deletes() {
    let warehouse = fresh(&[
        "CREATE TABLE d.t (id INT64, name STRING, at TIMESTAMP DEFAULT TIMESTAMP '2024-01-01')",
        "CREATE TABLE d.s (id INT64, name STRING, gone BOOL)",
        "INSERT INTO d.t (id, name) VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four')",
        "INSERT INTO d.s VALUES (1, 'uno', FALSE), (2, 'x', TRUE), (5, 'cinco', FALSE), (6, 'no', TRUE)",
    ]);
    let merge = "MERGE d.t AS t USING d.s AS s ON t.id = s.id
        WHEN MATCHED AND s.gone THEN DELETE
        WHEN MATCHED THEN UPDATE SET name = s.name
        WHEN NOT MATCHED AND NOT s.gone THEN INSERT (id, name) VALUES (id, name)
        WHEN NOT MATCHED BY SOURCE AND t.id = 4 THEN DELETE";
    let outcome = run(&warehouse, merge).unwrap();
    assert_eq!(
        (
            &*outcome.statement_type,
            outcome.changes.map(|changes| changes.total())
        ),
        ("MERGE", Some(4))
    );
    assert_eq!(
        all(&warehouse, "SELECT id, name FROM d.t ORDER BY id"),
        [
            [Value::Int(1), text("uno")],
            [Value::Int(3), text("three")],
            [Value::Int(5), text("cinco")]
        ]
    );
    let twice = "MERGE d.t USING (SELECT 1 AS id UNION ALL SELECT 1) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'x'";
    let error = run(&warehouse, twice).unwrap_err();
    assert_eq!(
        error.message,
        "UPDATE/MERGE must match at most one source row for each target row"
    );
    run(&warehouse, "MERGE d.s USING (SELECT 9 AS id, 'r' AS name, TRUE AS gone) x ON FALSE WHEN NOT MATCHED THEN INSERT ROW").unwrap();
    assert_eq!(
        all(&warehouse, "SELECT name FROM d.s WHERE id = 9"),
        [[text("r")]]
    );
}

#[test]
fn defaults_and_required_columns_are_kept() {
    let warehouse = fresh(&[
        "CREATE TABLE d.t (id INT64 NOT NULL, n INT64 DEFAULT 1 + 1, tags ARRAY<STRING>, s STRUCT<a INT64, b STRING>)",
        "INSERT d.t (id) VALUES (1)",
        "INSERT d.t (id, n, s) VALUES (2, DEFAULT, (1, 'x')), (3, NULL, NULL)",
        "UPDATE d.t SET n = DEFAULT, s.b = 'y', s.a = s.a + 1 WHERE id = 2",
        "UPDATE d.t AS t SET t.n = x.n FROM (SELECT 3 AS id, 30 AS n) AS x WHERE x.id = t.id",
    ]);
    assert_eq!(
        all(&warehouse, "SELECT n, ARRAY_LENGTH(tags), s FROM d.t ORDER BY id"),
        [
            [Value::Int(2), Value::Int(0), Value::Null],
            [
                Value::Int(2),
                Value::Int(0),
                Value::Struct(vec![Value::Int(2), text("y")])
            ],
            [Value::Int(30), Value::Int(0), Value::Null]
        ]
    );
    run(&warehouse, "CREATE TABLE d.dated (day DATE, price NUMERIC)").unwrap();
    run(
        &warehouse,
        "INSERT d.dated SELECT NULL, 1.5 UNION ALL SELECT NULL, 2.5",
    )
    .unwrap_err();
    run(&warehouse, "INSERT d.dated SELECT NULL, 1.5").unwrap();
    run(
        &warehouse,
        "INSERT d.dated SELECT '2024-02-29', NULL FROM d.t LIMIT 1",
    )
    .unwrap();
    let dated = all(&warehouse, "SELECT * FROM d.dated ORDER BY day");
    assert_eq!(
        dated,
        [
            [Value::Null, Value::Numeric("1.5".into())],
            [Value::Date("2024-02-29".into()), Value::Null]
        ]
    );
    for (sql, message) in [
        ("INSERT d.t (n) VALUES (1)", "Required field id cannot be null"),
        (
            "INSERT d.t (id) VALUES ('x')",
            "Value has type STRING which cannot be inserted into column id, which has type INT64 at [1:25]",
        ),
        (
            "INSERT d.t (id) SELECT n FROM (SELECT 'x' AS n)",
            "Query column 1 has type STRING which cannot be inserted into column id, which has type INT64 at [1:17]",
        ),
        (
            "INSERT d.dated (day) SELECT NULL FROM d.t QUALIFY ROW_NUMBER() OVER (ORDER BY id) = 1",
            "Query column 1 has type INT64 which cannot be inserted into column day, which has type DATE at [1:22]",
        ),
        (
            "INSERT d.t (id, n) VALUES (1)",
            "Inserted row has wrong column count; Has 1, expected 2 at [1:28]",
        ),
        (
            "INSERT d.t (nope) VALUES (1)",
            "Column nope is not present in table d.t at [1:13]",
        ),
        (
            "UPDATE d.t SET id = 1",
            "UPDATE must have a WHERE clause at [1:1]",
        ),
        (
            "UPDATE d.t SET id = 'a' WHERE TRUE",
            "Value has type STRING which cannot be inserted into column id, which has type INT64 at [1:21]",
        ),
    ] {
        assert_eq!(run(&warehouse, sql).unwrap_err().message, message, "{sql}");
    }
    assert_eq!(all(&warehouse, "SELECT COUNT(*) FROM d.t"), [[Value::Int(3)]]);
}

#[test]
fn a_statement_that_fails_leaves_nothing_behind() {
    let warehouse = fresh(&["CREATE TABLE d.t (id INT64 NOT NULL)"]);
    assert!(run(&warehouse, "INSERT d.t VALUES (1), (2), (NULL)").is_err());
    assert!(
        run(
            &warehouse,
            "CREATE TABLE d.u AS SELECT 1 / (id - 1) AS x FROM UNNEST([2, 1]) AS id"
        )
        .is_err()
    );
    assert_eq!(all(&warehouse, "SELECT COUNT(*) FROM d.t"), [[Value::Int(0)]]);
    assert_eq!(warehouse.tables("d").unwrap(), ["t"]);
}

#[test]
fn tables_are_created_from_queries_and_altered() {
    let warehouse = fresh(&[
        "CREATE TABLE d.t AS SELECT 1 AS id, [STRUCT('a' AS k, 1.5 AS v)] AS kv",
        "CREATE OR REPLACE TABLE d.t AS SELECT id + 1 AS id, kv FROM d.t",
        "ALTER TABLE d.t ADD COLUMN note STRING DEFAULT 'n' OPTIONS (description = 'why'), ADD COLUMN IF NOT EXISTS id INT64",
        "INSERT d.t (id) VALUES (9)",
        "ALTER TABLE d.t RENAME COLUMN id TO number",
        "ALTER TABLE d.t ALTER COLUMN number SET DATA TYPE NUMERIC",
        "ALTER TABLE d.t SET OPTIONS (description = 'a table')",
        "CREATE TABLE d.copy COPY d.t",
        "ALTER TABLE d.t DROP COLUMN kv",
        "ALTER TABLE d.copy RENAME TO moved",
        "CREATE VIEW d.v AS SELECT number, kv[SAFE_OFFSET(0)].v AS v FROM d.moved;",
    ]);
    assert_eq!(
        all(&warehouse, "SELECT * FROM d.t ORDER BY number"),
        [
            [Value::Numeric("2".into()), Value::Null],
            [Value::Numeric("9".into()), text("n")]
        ]
    );
    assert_eq!(
        all(&warehouse, "SELECT v FROM d.v WHERE number = 2"),
        [[Value::Float(1.5)]]
    );
    assert_eq!(warehouse.tables("d").unwrap(), ["moved", "t", "v"]);
    let table = warehouse.table("d", "t").unwrap().unwrap();
    assert_eq!(table.description.as_deref(), Some("a table"));
    assert_eq!(table.columns[1].description.as_deref(), Some("why"));
    let view = warehouse.table("d", "v").unwrap().unwrap();
    assert_eq!(
        view.view.as_deref(),
        Some("SELECT number, kv[SAFE_OFFSET(0)].v AS v FROM d.moved")
    );
    let kinds: Vec<_> = view
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind.clone()))
        .collect();
    assert_eq!(
        kinds,
        [("number", ColumnType::Numeric), ("v", ColumnType::Float64)]
    );
    for (sql, message) in [
        ("CREATE TABLE d.t (a INT64)", "Already Exists: Table p:d.t"),
        (
            "DROP TABLE d.v",
            "p:d.v is a VIEW, not a TABLE; it cannot be dropped with DROP TABLE",
        ),
        (
            "TRUNCATE TABLE d.v",
            "Cannot modify p:d.v: it is a VIEW, not a TABLE",
        ),
        (
            "ALTER TABLE d.t ALTER COLUMN note SET DATA TYPE INT64",
            "ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type (STRING) is assignable to the new type (INT64) at [1:17]",
        ),
        ("DROP SCHEMA d", "Dataset p:d is still in use"),
    ] {
        assert_eq!(run(&warehouse, sql).unwrap_err().message, message, "{sql}");
    }
    run(&warehouse, "DROP SCHEMA d CASCADE").unwrap();
    assert!(warehouse.datasets().unwrap().is_empty());
}

#[test]
fn all_values_come_back_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Warehouse::open(Some(folder.path()), "p", "US").unwrap();
    let sql = "SELECT NUMERIC '12345678901234567890.123456789' AS n, DATE '2024-02-29' AS d, TIME '06:00:00.5' AS t, DATETIME '2024-02-29 23:59:59' AS dt,
        TIMESTAMP '2024-02-29 00:00:00.000001+00' AS ts, JSON '{\"a\":[1]}' AS j, b'\\x00\\xff' AS b, TRUE AS bo, 1e300 AS f,
        [STRUCT(1 AS x, ['p', 'q'] AS y)] AS a, STRUCT(DATE '2024-01-01' AS d, NUMERIC '0.1' AS n) AS s";
    let first = open();
    run(&first, "CREATE SCHEMA d").unwrap();
    run(&first, &format!("CREATE TABLE d.t AS {sql}")).unwrap();
    let expected = run(&first, sql).unwrap();
    drop(first);
    let again = run(&open(), "SELECT * FROM d.t").unwrap();
    assert_eq!(again.rows, expected.rows);
    assert_eq!(again.columns, expected.columns);
}
