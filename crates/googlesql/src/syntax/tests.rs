//! What is parsed, and syntax errors.

use super::*;

#[test]
fn common_statements_are_parsed() {
    for sql in [
        "SELECT a, b AS c, t.* EXCEPT (x), * REPLACE (1 AS q) FROM `p.d.t` AS t, UNNEST([1,2,3]) AS e WITH OFFSET AS o WHERE e IN UNNEST(@arr)",
        "SELECT STRUCT(1 AS a, 'x' AS b), ARRAY<INT64>[1,2], [1,2][OFFSET(0)], arr[SAFE_ORDINAL(1)], STRUCT<a INT64, b STRING>(1,'x'), ARRAY(SELECT x FROM t), s.f.g FROM my-proj.ds.tab",
        "MERGE INTO ds.t AS T USING (SELECT * FROM x) S ON T.id=S.id WHEN MATCHED AND S.del THEN DELETE WHEN MATCHED THEN UPDATE SET a=S.a, T.b=1 WHEN NOT MATCHED BY TARGET THEN INSERT (id,a) VALUES(id,a) WHEN NOT MATCHED BY SOURCE THEN DELETE",
        "MERGE ds.t T USING ds.s S ON FALSE WHEN NOT MATCHED THEN INSERT ROW WHEN NOT MATCHED BY SOURCE THEN DELETE",
        "CREATE OR REPLACE TABLE `p.d.t` (id INT64 NOT NULL OPTIONS(description='x'), a ARRAY<STRUCT<x INT64, y ARRAY<STRING>>>, n NUMERIC(10,2) DEFAULT 1, PRIMARY KEY (id) NOT ENFORCED) PARTITION BY DATE(ts) CLUSTER BY a, b OPTIONS(expiration_timestamp=NULL, labels=[('a','b')])",
        "CREATE TABLE IF NOT EXISTS d.t PARTITION BY x AS SELECT 1 AS x;",
        "CREATE SCHEMA IF NOT EXISTS `p.d` OPTIONS(location='EU')",
        "DROP SCHEMA IF EXISTS d CASCADE",
        "DROP TABLE IF EXISTS a-b.c.d",
        "ALTER TABLE d.t ADD COLUMN IF NOT EXISTS c STRING, ADD COLUMN d INT64",
        "ALTER TABLE d.t SET OPTIONS (description='x')",
        "ALTER TABLE d.t ALTER COLUMN x SET DATA TYPE NUMERIC, ALTER COLUMN x DROP NOT NULL",
        "SELECT DATE_ADD(d, INTERVAL 1 DAY), TIMESTAMP_TRUNC(ts, HOUR), EXTRACT(DAYOFWEEK FROM d AT TIME ZONE 'UTC'), DATE_DIFF(a,b,WEEK(MONDAY)), DATE '2020-01-01', b'x', r'\\d', '''x''', B\"\\x41\", rb'a'",
        "SELECT ROW_NUMBER() OVER w, SUM(x) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) = 1 WINDOW w AS (PARTITION BY x)",
        "(SELECT 1 UNION ALL SELECT 2) EXCEPT DISTINCT SELECT 3 ORDER BY 1 LIMIT 10 OFFSET 2",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n+1 FROM r WHERE n<3) SELECT * FROM r JOIN b USING (x) LEFT JOIN c ON TRUE CROSS JOIN d, e",
        "INSERT INTO d.t (a,b) VALUES (1,DEFAULT),(2,'x')",
        "INSERT d.t (SELECT * FROM x)",
        "UPDATE d.t AS x SET a=1, x.b = y.c, s.f = 2 FROM d.y AS y WHERE x.id=y.id",
        "DELETE d.t AS q WHERE q.a=1",
        "SELECT COUNT(DISTINCT x), ARRAY_AGG(x IGNORE NULLS ORDER BY y DESC LIMIT 1)[OFFSET(0)], ANY_VALUE(x HAVING MAX y) FROM t GROUP BY ALL",
        "SELECT ((SELECT 1) + 1) * (2), ((SELECT 1)), (1, 2) IN ((1, 2)), 1 << 2, a || b, -9223372036854775808, .5, 1e3, 0x1F, x IS NOT TRUE, a IS NOT DISTINCT FROM b",
        "SELECT day, hour, date, timestamp, value, type, offset, `group` FROM t HAVING COUNT(*) > 1 ORDER BY x DESC NULLS LAST,",
    ] {
        let read = statement(sql.trim_end_matches(','));
        assert!(read.is_ok(), "{sql}: {}", read.unwrap_err());
    }
}

#[test]
fn syntax_errors_have_their_position() {
    for (sql, message) in [
        (
            "SELEC 1",
            "Syntax error: Unexpected identifier \"SELEC\" at [1:1]",
        ),
        ("SELECT FROM t", "Syntax error: Unexpected keyword FROM at [1:8]"),
        (
            "SELECT 1\nFROM",
            "Syntax error: Unexpected end of statement at [2:5]",
        ),
        (
            "SELECT (1",
            "Syntax error: Expected \")\" but got end of statement at [1:10]",
        ),
        (
            "SELECT 1 1",
            "Syntax error: Expected end of input but got integer literal \"1\" at [1:10]",
        ),
        (
            "SELECT 1; SELECT 2",
            "A script of several statements is not supported by the sandbox at [1:11]",
        ),
        (
            "EXPORT DATA OPTIONS(uri='x') AS SELECT 1",
            "EXPORT is not supported by the sandbox at [1:1]",
        ),
        (
            "CREATE FUNCTION f() AS (1)",
            "CREATE FUNCTION is not supported by the sandbox at [1:1]",
        ),
        (
            "CREATE TABLE d.t (a GEOGRAPHY)",
            "Type GEOGRAPHY is not supported by the sandbox at [1:21]",
        ),
        ("CREATE TABLE d.t (a INT65)", "Type not found: INT65 at [1:21]"),
        (
            "SELECT * FROM (SELECT 'a' AS k) PIVOT(COUNT(*) FOR k IN ('a'))",
            "PIVOT is not supported by the sandbox at [1:33]",
        ),
        (
            "SELECT @@project_id",
            "System variable @@project_id is not supported by the sandbox at [1:8]",
        ),
        (
            "SELECT * FROM d.t FOR SYSTEM_TIME AS OF x",
            "FOR SYSTEM_TIME AS OF is not supported by the sandbox at [1:19]",
        ),
        (
            "SELECT 1 UNION SELECT 2",
            "Syntax error: Expected keyword ALL or keyword DISTINCT but got keyword SELECT at [1:16]",
        ),
        (
            "SELECT 99999999999999999999",
            "Invalid integer literal: 99999999999999999999 at [1:8]",
        ),
        ("", "Syntax error: Unexpected end of statement"),
        ("SELECT '\\q'", "Syntax error: Illegal escape sequence at [1:8]"),
    ] {
        assert_eq!(statement(sql).unwrap_err().message, message, "{sql}");
    }
    let deep = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(
        statement(&deep)
            .unwrap_err()
            .message
            .contains("too deeply nested")
    );
}

#[test]
fn statements_of_the_largest_depth_and_length_run() {
    use crate::value::Value;
    use crate::{QuerySettings, Warehouse};
    let warehouse = Warehouse::open(None, "p", "US").unwrap();
    let run = |sql: &str| {
        warehouse
            .query(sql, &QuerySettings::default())
            .map(|outcome| outcome.rows[0][0].clone())
    };
    let deep = format!("SELECT {}1{}", "IF(TRUE, (".repeat(28), "), 2)".repeat(28));
    assert_eq!(run(&deep), Ok(Value::Int(1)));
    let long = |count: usize, between: &str| format!("SELECT {}", vec!["1"; count].join(between));
    assert_eq!(run(&long(5_000, " + ")), Ok(Value::Int(5_000)));
    assert_eq!(run(&format!("{} = 1", long(1, ""))), Ok(Value::Bool(true)));
    let unions = vec!["SELECT 1"; 2_000].join(" UNION ALL ");
    assert_eq!(
        run(&format!("SELECT COUNT(*) FROM ({unions})")),
        Ok(Value::Int(2_000))
    );
    let ors = vec!["1 = 2"; 2_000].join(" OR ");
    assert_eq!(run(&format!("SELECT {ors}")), Ok(Value::Bool(false)));
    let list = vec!["1"; 20_000].join(", ");
    assert_eq!(run(&format!("SELECT 1 IN ({list})")), Ok(Value::Bool(true)));
    for between in [" + ", " < ", " AND ", "."] {
        let error = run(&long(20_000, between)).unwrap_err();
        assert!(
            error.message.contains("too deeply nested") || between == ".",
            "{error}"
        );
    }
}

#[test]
fn a_query_is_known_by_its_first_word() {
    for (sql, expected) in [
        ("select 1", true),
        (" ( (\n(SELECT 1)", true),
        ("WITH a AS (SELECT 1) SELECT * FROM a", true),
        ("-- SELECT\n# SELECT\n/* INSERT */ (/*/ DELETE */ Select 1)", true),
        ("/* SELECT */ INSERT INTO a SELECT 1", false),
        ("/* SELECT 1", false),
        ("-- SELECT 1", false),
        ("SELECTED", false),
        ("", false),
    ] {
        assert_eq!(is_query(sql), expected, "{sql}");
    }
}
