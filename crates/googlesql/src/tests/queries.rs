//! SELECT with all its clauses, expressions and functions.

use super::*;
use ColumnType as T;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A warehouse with two small tables.
fn shop() -> Warehouse {
    let warehouse = Warehouse::open(None, "p", "US").unwrap();
    for sql in [
        "CREATE SCHEMA d",
        "CREATE TABLE d.orders (id INT64 NOT NULL, customer STRING, total NUMERIC, placed DATE, tags ARRAY<STRING>, ship STRUCT<city STRING, zip INT64>)",
        "CREATE TABLE d.customers (name STRING, level INT64)",
        "INSERT INTO d.orders VALUES
           (1, 'ada', 10.10, '2024-01-01', ['a', 'b'], ('Paris', 75001)),
           (2, 'bob', 20.20, '2024-01-02', [], ('Rome', NULL)),
           (3, 'ada', 30.30, '2024-02-01', ['b'], NULL),
           (4, NULL, 0.4, NULL, NULL, NULL)",
        "INSERT INTO d.customers VALUES ('ada', 1), ('cyd', 2)",
    ] {
        run(&warehouse, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    warehouse
}

/// The rows as text, a row a line.
fn table(warehouse: &Warehouse, sql: &str) -> String {
    let outcome = run(warehouse, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let rows = outcome
        .rows
        .iter()
        .map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" "));
    rows.collect::<Vec<_>>().join("\n")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Value::Struct(items) => format!("({})", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        other => cast::text(other).unwrap(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn clauses_have_their_results() {
    let shop = shop();
    for (sql, expected) in [
        (
            "SELECT customer, SUM(total), COUNT(*) FROM d.orders GROUP BY customer ORDER BY customer",
            "- 0.4 1\nada 40.4 2\nbob 20.2 1",
        ),
        (
            "SELECT customer AS who, COUNT(*) AS n FROM d.orders GROUP BY who HAVING n > 1",
            "ada 2",
        ),
        (
            "SELECT customer, EXTRACT(MONTH FROM placed) AS m, MAX(id) FROM d.orders GROUP BY ALL ORDER BY 3 DESC LIMIT 2",
            "- - 4\nada 2 3",
        ),
        (
            "SELECT o.id, c.level FROM d.orders AS o JOIN d.customers AS c ON c.name = o.customer ORDER BY o.id",
            "1 1\n3 1",
        ),
        (
            "SELECT o.id, c.level FROM d.orders o LEFT JOIN d.customers c ON c.name = o.customer AND o.id > 1 ORDER BY 1",
            "1 -\n2 -\n3 1\n4 -",
        ),
        (
            "SELECT name, COUNT(o.id) FROM d.orders o RIGHT JOIN d.customers c ON c.name = o.customer GROUP BY name ORDER BY name",
            "ada 2\ncyd 0",
        ),
        (
            "SELECT COALESCE(customer, name) AS who FROM d.orders FULL JOIN d.customers ON name = customer WHERE level IS NULL OR id IS NULL ORDER BY who NULLS LAST",
            "bob\ncyd\n-",
        ),
        (
            "SELECT * FROM (SELECT 'ada' AS name, 7 AS x) JOIN d.customers USING (name)",
            "ada 7 1",
        ),
        (
            "SELECT id FROM d.orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY placed DESC) = 1 ORDER BY id",
            "2\n3\n4",
        ),
        (
            "SELECT id, SUM(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), LAG(id) OVER w, FIRST_VALUE(id) OVER w FROM d.orders WINDOW w AS (ORDER BY id) ORDER BY id",
            "1 10.1 - 1\n2 30.3 1 1\n3 50.5 2 1\n4 30.7 3 1",
        ),
        (
            "SELECT customer, RANK() OVER (ORDER BY COUNT(*) DESC), SUM(COUNT(*)) OVER () FROM d.orders WHERE customer IS NOT NULL GROUP BY customer ORDER BY 1",
            "ada 1 3\nbob 2 3",
        ),
        (
            "SELECT id, tag FROM d.orders, UNNEST(tags) AS tag ORDER BY id, tag",
            "1 a\n1 b\n3 b",
        ),
        (
            "SELECT o.id, tag, place FROM d.orders AS o, o.tags AS tag WITH OFFSET AS place WHERE place > 0",
            "1 b 1",
        ),
        (
            "SELECT o.id, tag FROM d.orders o LEFT JOIN UNNEST(o.tags) tag ORDER BY 1, 2",
            "1 a\n1 b\n2 -\n3 b\n4 -",
        ),
        (
            "SELECT x, y FROM UNNEST([STRUCT(1 AS x, 'p' AS y), (2, 'q')]) WHERE x > 1",
            "2 q",
        ),
        (
            "SELECT ARRAY(SELECT id FROM d.orders WHERE customer = c.name ORDER BY id) FROM d.customers c ORDER BY name",
            "[1,3]\n[]",
        ),
        (
            "SELECT ARRAY_AGG(id ORDER BY id DESC LIMIT 2), STRING_AGG(DISTINCT customer, '/' ORDER BY customer), ANY_VALUE(id HAVING MAX total) FROM d.orders",
            "[4,3] ada/bob 3",
        ),
        (
            "SELECT ship.city, ship FROM d.orders WHERE id = 2",
            "Rome (Rome,-)",
        ),
        ("SELECT ship.* FROM d.orders WHERE id = 1", "Paris 75001"),
        (
            "SELECT * EXCEPT (tags, ship, placed) REPLACE (id * 2 AS id) FROM d.orders WHERE id = 2",
            "4 bob 20.2",
        ),
        (
            "SELECT id FROM d.orders WHERE customer IN (SELECT name FROM d.customers) ORDER BY id",
            "1\n3",
        ),
        (
            "SELECT id FROM d.orders WHERE customer NOT IN ('ada') OR 'b' IN UNNEST(tags) ORDER BY id",
            "1\n2\n3",
        ),
        (
            "SELECT name FROM d.customers c WHERE EXISTS (SELECT 1 FROM d.orders o WHERE o.customer = c.name)",
            "ada",
        ),
        (
            "SELECT name, (SELECT MAX(total) FROM d.orders WHERE customer = name) FROM d.customers ORDER BY name",
            "ada 30.3\ncyd -",
        ),
        (
            "SELECT 1 AS n UNION ALL SELECT 2.5 UNION ALL SELECT 1 ORDER BY n",
            "1\n1\n2.5",
        ),
        (
            "SELECT ARRAY_AGG(STRUCT(n, t) ORDER BY n DESC LIMIT 1)[OFFSET(0)].* FROM UNNEST([STRUCT(1 AS n, 'a' AS t), (2, 'b')])",
            "2 b",
        ),
        (
            "SELECT TO_JSON_STRING(STRUCT(1 AS z, [STRUCT('x' AS b, 2 AS a)] AS y)), TO_JSON(STRUCT(1 AS z, 2 AS y, 3 AS z))",
            "{\"z\":1,\"y\":[{\"b\":\"x\",\"a\":2}]} {\"y\":2,\"z\":3}",
        ),
        (
            // A number that a double does not hold exactly is a string.
            "SELECT TO_JSON_STRING([9007199254740992, 9007199254740993]), TO_JSON_STRING([NUMERIC '2.50', NUMERIC '3']), \
             TO_JSON_STRING([1.0, 1e20, 0.00005, CAST('-inf' AS FLOAT64), CAST('nan' AS FLOAT64)])",
            "[9007199254740992,\"9007199254740993\"] [\"2.5\",3] [1,1e+20,5e-05,\"-Infinity\",\"NaN\"]",
        ),
        (
            // NULL takes the type of the other query.
            "SELECT DATE '2024-02-29' AS d, NULL UNION ALL (SELECT NULL, NULL UNION ALL SELECT NULL, 'x') ORDER BY d, 2",
            "- -\n- x\n2024-02-29 -",
        ),
        (
            "SELECT customer FROM d.orders INTERSECT DISTINCT SELECT name FROM d.customers",
            "ada",
        ),
        (
            "SELECT name FROM d.customers EXCEPT DISTINCT SELECT customer FROM d.orders",
            "cyd",
        ),
        (
            "SELECT DISTINCT customer FROM d.orders ORDER BY customer DESC",
            "bob\nada\n-",
        ),
        (
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM (SELECT * FROM r) WHERE n < 4) SELECT SUM(n) FROM r",
            "10",
        ),
        (
            "WITH a AS (SELECT 2 AS x), b AS (SELECT x * 2 AS y FROM a) SELECT x, y FROM a, b",
            "2 4",
        ),
        ("SELECT AS STRUCT 1 AS a, 'b' AS b", "(1,b)"),
        ("SELECT c FROM d.customers AS c ORDER BY level LIMIT 1", "(ada,1)"),
        (
            "SELECT COUNT(DISTINCT customer), COUNTIF(total > 15), AVG(total), LOGICAL_OR(id = 9) FROM d.orders",
            "2 2 15.25 false",
        ),
        (
            "SELECT SUM(id), COUNT(*), MAX(customer) FROM d.orders WHERE FALSE",
            "- 0 -",
        ),
        (
            "SELECT table_name, column_name, data_type FROM d.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'customers' ORDER BY ordinal_position",
            "customers name STRING\ncustomers level INT64",
        ),
    ] {
        assert_eq!(table(&shop, sql), expected, "{sql}");
    }
}

#[test]
fn every_expression_has_a_type_before_it_has_a_value() {
    let settings = QuerySettings {
        dry_run: true,
        ..QuerySettings::default()
    };
    let outcome = shop().query(
        "SELECT id / 2, total + 1, placed, tags, ship, NULL, CURRENT_TIMESTAMP(), [1.5], STRUCT(1, 'x' AS y), total > 1, IF(id = 1, 1, 2.5), COUNT(*) OVER () FROM d.orders",
        &settings,
    );
    let outcome = outcome.unwrap();
    let kinds: Vec<_> = outcome
        .columns
        .iter()
        .map(|column| kind::name(&column.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            "FLOAT64",
            "NUMERIC",
            "DATE",
            "ARRAY<STRING>",
            "STRUCT<city STRING, zip INT64>",
            "INT64",
            "TIMESTAMP",
            "ARRAY<FLOAT64>",
            "STRUCT<INT64, y STRING>",
            "BOOL",
            "FLOAT64",
            "INT64"
        ]
    );
    let names: Vec<_> = outcome
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names[..6], ["f0_", "f1_", "placed", "tags", "ship", "f2_"]);
    assert!(outcome.rows.is_empty());
}

#[test]
fn functions_compute() {
    let warehouse = shop();
    for (expression, expected) in [
        ("10 / 4", "2.5"),
        ("NUMERIC '0.1' + NUMERIC '0.2'", "0.3"),
        (
            "NUMERIC '12345678901234567890.123456789' * 2",
            "24691357802469135780.246913578",
        ),
        (
            "ROUND(2.5), ROUND(-2.345, 2), TRUNC(1.9), CEIL(1.1), FLOOR(-1.1), MOD(-7, 3), DIV(7, 2)",
            "3 -2.35 1 2 -2 -1 3",
        ),
        (
            "SAFE_DIVIDE(1, 0), SAFE.SUBSTR('x', 1, -1), SAFE_CAST('x' AS DATE)",
            "- - -",
        ),
        ("GREATEST(1, 3, 2), LEAST('b', 'a'), GREATEST(1, NULL)", "3 a -"),
        ("1 < 2 AND NULL, NULL OR TRUE, NOT NULL", "- true -"),
        (
            "1 BETWEEN 0 AND 2, 'a' NOT LIKE '%b_', NULL IS NULL, 1 IS DISTINCT FROM NULL",
            "true true true true",
        ),
        (
            "CONCAT('a', 1, TRUE), 'a' || 'b', UPPER('ß'), LPAD('7', 3, '0'), REPEAT('ab', 2), REVERSE('abc')",
            "a1true ab SS 007 abab cba",
        ),
        (
            "SUBSTR('hello', 2, 3), SUBSTR('hello', -3), STRPOS('hello', 'l'), LEFT('hello', 2), RIGHT('hello', 2)",
            "ell llo 3 he lo",
        ),
        (
            "SPLIT('a,b', ','), ARRAY_TO_STRING(['x', NULL, 'y'], '-', '?'), ARRAY_LENGTH([1, 2])",
            "[a,b] x-?-y 2",
        ),
        (
            "[1, 2][OFFSET(1)], [1, 2][ORDINAL(1)], [1][SAFE_OFFSET(9)], ['a'][0]",
            "2 1 - a",
        ),
        (
            "REGEXP_CONTAINS('ab1', r'\\d'), REGEXP_EXTRACT('k=v', r'k=(.)'), REGEXP_REPLACE('a1b2', r'(\\d)', r'<\\1>')",
            "true v a<1>b<2>",
        ),
        (
            "JSON_VALUE('{\"a\": {\"b\": [1, \"x\"]}}', '$.a.b[1]'), JSON_QUERY('{\"a\": {}}', '$.a'), TO_JSON_STRING(STRUCT(1 AS a, [DATE '2024-01-01'] AS b))",
            "x {} {\"a\":1,\"b\":[\"2024-01-01\"]}",
        ),
        ("(JSON '{\"a\": [5]}').a[0], INT64(JSON '5') + 1", "5 6"),
        (
            "DATE_ADD(DATE '2024-01-31', INTERVAL 1 MONTH), DATE '2024-01-01' + 1, DATE_SUB('2024-03-01', INTERVAL 1 DAY)",
            "2024-02-29 2024-01-02 2024-02-29",
        ),
        (
            "DATE_DIFF(DATE '2024-03-01', DATE '2023-12-31', MONTH), DATE_DIFF('2024-01-07', '2024-01-06', WEEK), DATE_TRUNC(DATE '2024-05-17', QUARTER), LAST_DAY(DATE '2024-02-03')",
            "3 1 2024-04-01 2024-02-29",
        ),
        (
            "EXTRACT(DAYOFWEEK FROM DATE '2024-01-07'), EXTRACT(HOUR FROM TIMESTAMP '2024-01-01 12:00:00+02'), EXTRACT(HOUR FROM TIMESTAMP '2024-07-01 12:00:00' AT TIME ZONE 'Europe/Berlin'), EXTRACT(DATE FROM DATETIME '2024-01-01T05:00:00')",
            "1 10 14 2024-01-01",
        ),
        (
            "TIMESTAMP '2024-01-01' + INTERVAL 90 MINUTE, TIMESTAMP_TRUNC(TIMESTAMP '2024-05-17 13:14:15', MONTH), DATETIME_ADD(DATETIME '2024-01-01 00:00:00', INTERVAL 1 SECOND)",
            "2024-01-01 01:30:00+00 2024-05-01 00:00:00+00 2024-01-01 00:00:01",
        ),
        (
            "FORMAT_DATE('%Y%m%d', DATE '2024-02-03'), FORMAT_TIMESTAMP('%FT%H:%M:%E3SZ', TIMESTAMP '2024-01-01 00:00:01.5'), PARSE_DATE('%d/%m/%Y', '03/02/2024'), PARSE_TIMESTAMP('%Y-%m-%d %H', '2024-01-01 05')",
            "20240203 2024-01-01T00:00:01.500Z 2024-02-03 2024-01-01 05:00:00+00",
        ),
        (
            "UNIX_SECONDS(TIMESTAMP '1970-01-01 00:01:00'), TIMESTAMP_MILLIS(1500), DATE(2024, 2, 29), DATE(TIMESTAMP '2024-01-01 23:00:00', 'Asia/Tokyo')",
            "60 1970-01-01 00:00:01.500+00 2024-02-29 2024-01-02",
        ),
        (
            "GENERATE_ARRAY(1, 7, 3), GENERATE_DATE_ARRAY('2024-01-30', '2024-02-01')",
            "[1,4,7] [2024-01-30,2024-01-31,2024-02-01]",
        ),
        (
            "TO_HEX(MD5('a')), TO_BASE64(b'\\xff'), FROM_HEX('41'), SAFE_CONVERT_BYTES_TO_STRING(b'a')",
            "0cc175b9c0f1b6a831c399e269772661 /w== A a",
        ),
        (
            "CAST(1.5 AS INT64), CAST('0x1F' AS INT64), CAST(TRUE AS STRING), CAST(1e20 AS STRING), CAST('1.25' AS NUMERIC), CAST(DATE '2024-01-01' AS TIMESTAMP)",
            "2 31 true 1e+20 1.25 2024-01-01 00:00:00+00",
        ),
        (
            "FORMAT('%d-%s %05.1f %t', 7, 'x', 2.25, DATE '2024-01-01'), NULLIF(1, 1), IFNULL(NULL, 'z'), CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END",
            "7-x 002.2 2024-01-01 - z b",
        ),
        ("5 & 3, 5 | 3, 5 ^ 3, 1 << 4, ~0, -(-5)", "1 7 6 16 -1 5"),
        (
            "(1, 'a') = (1, 'a'), STRUCT(1 AS x).x, (SELECT AS STRUCT 1 AS a, 2 AS b).b",
            "true 1 2",
        ),
    ] {
        let sql = format!("SELECT {expression}");
        assert_eq!(table(&warehouse, &sql), expected, "{sql}");
    }
}

#[test]
fn errors_have_their_position() {
    let shop = shop();
    for (sql, message) in [
        (
            "SELECT custmer FROM d.orders",
            "Unrecognized name: custmer; Did you mean customer? at [1:8]",
        ),
        (
            "SELECT id\nFROM d.orders AS o, d.customers AS c WHERE o.nme = 1",
            "Name nme not found inside o at [2:44]",
        ),
        (
            "SELECT id FROM d.orders a, d.orders b",
            "Column name id is ambiguous at [1:8]",
        ),
        (
            "SELECT customer, COUNT(*) FROM d.orders",
            "SELECT list expression references column customer which is neither grouped nor aggregated at [1:8]",
        ),
        (
            "SELECT 1 FROM d.orders WHERE 1 = customer",
            "No matching signature for operator = for argument types: INT64, STRING at [1:30]",
        ),
        (
            "SELECT LENGTH(1)",
            "No matching signature for function LENGTH for argument types: INT64 at [1:8]",
        ),
        (
            "SELECT id FROM d.orders WHERE id",
            "WHERE clause should return type BOOL, but returns INT64 at [1:31]",
        ),
        (
            "SELECT SUM(id) FROM d.orders WHERE SUM(id) > 1",
            "Aggregate function SUM not allowed here at [1:36]",
        ),
        (
            "SELECT ROW_NUMBER() FROM d.orders",
            "Analytic function ROW_NUMBER cannot be called without an OVER clause at [1:8]",
        ),
        (
            "SELECT SUM(id) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM d.orders",
            "RANGE between numbers is not supported by the sandbox at [1:8]",
        ),
        ("SELECT 1 / 0", "division by zero: 1 / 0"),
        (
            "SELECT 9223372036854775807 + 1",
            "int64 overflow: 9223372036854775807 + 1",
        ),
        ("SELECT CAST('x' AS INT64)", "Bad int64 value: x"),
        (
            "SELECT [1][OFFSET(3)]",
            "Array index 3 is out of bounds (overflow)",
        ),
        (
            "SELECT (SELECT id FROM d.orders)",
            "Scalar subquery produced more than one element",
        ),
        (
            "SELECT 1 UNION ALL SELECT 1, 2",
            "Queries in UNION ALL have mismatched column count; query 1 has 1 columns, query 2 has 2 columns at [1:10]",
        ),
        ("SELECT @nope", "Query parameter 'nope' not found at [1:8]"),
        (
            "SELECT id FROM d.orders ORDER BY 2",
            "ORDER BY is out of SELECT column number range: 2 at [1:34]",
        ),
        ("SELECT DATE '2024-13-01'", "Invalid DATE literal at [1:8]"),
        (
            "SELECT placed > 'soon' FROM d.orders",
            "Could not cast literal \"soon\" to type DATE at [1:8]",
        ),
        (
            "SELECT * FROM d.INFORMATION_SCHEMA.PARTITIONS",
            "INFORMATION_SCHEMA.PARTITIONS is not supported by the sandbox at [1:15]",
        ),
    ] {
        let error = run(&shop, sql).unwrap_err();
        assert_eq!(error.message, message, "{sql}");
    }
}

#[test]
fn a_cancelled_query_ends() {
    let warehouse = shop();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    let canceller = std::thread::spawn(move || flag.store(true, Ordering::Relaxed));
    let sql = "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 100000)) a WHERE (SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 100000)) b WHERE a = b) > 1";
    let error = warehouse
        .query_until(sql, &QuerySettings::default(), &stop)
        .unwrap_err();
    canceller.join().unwrap();
    assert_eq!(error.reason, "stopped");
}

#[test]
fn parameters_may_be_arrays_structs_and_null() {
    let parameter = |name: &str, kind: &str, value: Value| Parameter {
        name: name.into(),
        kind: syntax::kind(kind).unwrap(),
        value,
    };
    let settings = QuerySettings {
        parameters: vec![
            parameter(
                "ids",
                "ARRAY<INT64>",
                Value::Array(vec![Value::Int(1), Value::Int(3)]),
            ),
            parameter(
                "s",
                "STRUCT<a INT64, b STRING>",
                Value::Struct(vec![Value::Int(7), Value::Text("x".into())]),
            ),
            parameter("none", "DATE", Value::Null),
            parameter("n", "INT64", Value::Int(1)),
        ],
        ..QuerySettings::default()
    };
    let sql = "SELECT id, @s.b, @none FROM d.orders WHERE id IN UNNEST(@IDS) ORDER BY id LIMIT @n";
    let outcome = shop().query(sql, &settings).unwrap();
    assert_eq!(
        outcome.rows,
        [[Value::Int(1), Value::Text("x".into()), Value::Null]]
    );
    assert_eq!(outcome.columns[2].kind, T::Date);
}
