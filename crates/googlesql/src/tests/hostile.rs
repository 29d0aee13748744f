//! Statements that want too much: too deep, too large, too many. Each is answered, by name, with bounded memory.

use super::*;

const DEEP: &str = "Resources exceeded during query execution: Not enough resources for query planning - query is too deeply nested.";
const COMPLEX: &str = "Resources exceeded during query execution: Not enough resources for query planning - too many subqueries or query is too complex.";
const MEMORY: &str =
    "Resources exceeded during query execution: The query could not be executed in the allotted memory.";

fn refused(warehouse: &Warehouse, sql: &str) -> String {
    let shown: String = sql.chars().take(80).collect();
    match run(warehouse, sql) {
        Ok(outcome) => panic!("{shown}: {} rows", outcome.rows.len()),
        Err(error) => error.message,
    }
}

#[test]
fn depth_is_bounded_everywhere() {
    let warehouse = warehouse();
    let many = |part: &str, count: usize| part.repeat(count);
    for (sql, message) in [
        (format!("SELECT {}TRUE", many("NOT ", 10_000)), DEEP),
        (format!("SELECT {}1", many("- ", 60_000)), DEEP),
        (format!("SELECT {}1", many("+", 60_000)), DEEP),
        (format!("SELECT {}1", many("~", 60_000)), DEEP),
        (format!("SELECT 1 {}", many("- - - 1 ", 6_000)), DEEP),
        (format!("SELECT {}1", many("1 - ", 60_000)), DEEP),
        (format!("SELECT {}TRUE", many("TRUE AND ", 60_000)), DEEP),
        (format!("SELECT {}", many("[", 60_000)), DEEP),
        (format!("SELECT {}", many("(", 60_000)), DEEP),
        (format!("SELECT {}1{}", many("(", 5_000), many(")", 5_000)), DEEP),
        (
            format!("SELECT * FROM {}t{}", many("(", 60_000), many(")", 60_000)),
            DEEP,
        ),
        (
            format!("SELECT 1 FROM t{}", many(" JOIN t USING (a)", 10_000)),
            DEEP,
        ),
        (format!("SELECT 1{}", many(" UNION ALL SELECT 1", 10_000)), DEEP),
        (
            format!("{}SELECT 1{}", many("(", 60_000), many(")", 60_000)),
            DEEP,
        ),
        (format!("{}1", many("SELECT (", 60_000)), DEEP),
        (format!("SELECT CAST(NULL AS {}", many("STRUCT<", 60_000)), DEEP),
        (format!("SELECT CAST(NULL AS {}", many("ARRAY<", 60_000)), DEEP),
        (format!("SELECT a{} FROM t", many(".a", 100_000)), DEEP),
        (format!("SELECT a{}.* FROM t", many(".a", 100_000)), DEEP),
        (format!("SELECT `a{}`", many(".a", 100_000)), DEEP),
        (format!("SELECT * FROM a{}", many(".a", 100_000)), DEEP),
        (format!("SELECT a{} FROM t", many("[0]", 60_000)), DEEP),
        (
            format!("SELECT {}1{}", many("IF(TRUE, ", 10_000), many(", 2)", 10_000)),
            DEEP,
        ),
        (format!("SELECT {}1", many("CASE WHEN TRUE THEN ", 10_000)), DEEP),
        (
            format!("SELECT {}1", many("CASE WHEN FALSE THEN 1 ELSE ", 10_000)),
            DEEP,
        ),
        (format!("SELECT 1{}", many(" IS NULL", 60_000)), DEEP),
        (format!("SELECT 1{}", many(" BETWEEN 1 AND 2", 20_000)), DEEP),
        (format!("SELECT 1{}", many(" IN (1)", 20_000)), DEEP),
        (format!("SELECT {}1", many("EXISTS(SELECT ", 10_000)), DEEP),
        (format!("SELECT {}1", many("INTERVAL ", 60_000)), DEEP),
        (
            format!("CREATE TABLE cdf_output.t (a {}", many("STRUCT<a ", 60_000)),
            DEEP,
        ),
        (
            format!(
                "CREATE VIEW cdf_output.v AS {}SELECT 1",
                many("SELECT * FROM (", 10_000)
            ),
            DEEP,
        ),
        (
            format!("INSERT INTO cdf_output.t VALUES ({}", many("(", 60_000)),
            DEEP,
        ),
        (format!("WITH {}", many("a AS (WITH ", 10_000)), DEEP),
        (
            format!("SELECT {}'", many("a", 2 << 20)),
            "The query is too large.",
        ),
    ] {
        let found = refused(&warehouse, &sql);
        assert!(
            found.starts_with(message),
            "{}: {found}",
            &sql[..sql.len().min(80)]
        );
    }
    let json = format!("SELECT PARSE_JSON('{}')", many("[", 100_000));
    assert!(refused(&warehouse, &json).contains("recursion limit exceeded"));
    let nested = (0..17).fold("SELECT 1 AS a".to_owned(), |sql, _| {
        format!("SELECT STRUCT(({sql}) AS a) AS a")
    });
    assert_eq!(
        refused(&warehouse, &nested),
        "Field a nests deeper than the maximum of 15 levels"
    );
    let kind = (0..20).fold("INT64".to_owned(), |kind, _| format!("STRUCT<a {kind}>"));
    assert_eq!(
        refused(&warehouse, &format!("CREATE TABLE cdf_output.deep (a {kind})")),
        "Field a nests deeper than the maximum of 15 levels"
    );
}

#[test]
fn what_is_written_once_is_analysed_and_computed_once() {
    let warehouse = warehouse();
    let many = |part: &str, count: usize| part.repeat(count);
    for (sql, expected) in [
        (
            format!(
                "SELECT 1{}",
                many(" BETWEEN 0 AND 2", 1) + &many(" BETWEEN FALSE AND TRUE", 2_000)
            ),
            Value::Bool(true),
        ),
        (
            format!("SELECT 1 IN (1, 2){}", many(" IN (TRUE, FALSE)", 2_000)),
            Value::Bool(true),
        ),
        (
            format!(
                "SELECT {}1{}",
                many("CASE ", 50),
                many(" WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 3 END", 50)
            ),
            Value::Int(1),
        ),
        (
            format!("SELECT {}1{}", many("NULLIF(", 50), many(", 2)", 50)),
            Value::Int(1),
        ),
        (
            format!("SELECT DATE '2024-01-01'{}", many(" + INTERVAL 1 DAY", 366)),
            Value::Date("2025-01-01".into()),
        ),
        (
            format!(
                "SELECT {}TIMESTAMP '2024-02-29 12:00:00'{}",
                many("EXTRACT(DATE FROM TIMESTAMP(", 20),
                many("))", 20)
            ),
            Value::Date("2024-02-29".into()),
        ),
        (
            format!("SELECT '{}' LIKE '{}b'", many("a", 5_000), many("%a", 200)),
            Value::Bool(false),
        ),
        (
            format!("SELECT '{0}' LIKE '{0}'", many("a", 400_000)),
            Value::Bool(true),
        ),
        ("SELECT 'a_%' LIKE r'%\\_\\%'".to_owned(), Value::Bool(true)),
    ] {
        let found = run(&warehouse, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(found.rows[0][0], expected, "{}", &sql[..sql.len().min(80)]);
    }
}

#[test]
fn planning_has_an_end() {
    let warehouse = warehouse();
    // Each view reads the one before twenty times.
    let mut create = "CREATE VIEW cdf_output.v0 AS SELECT 1 AS a".to_owned();
    for level in 1..=15 {
        match run(&warehouse, &create) {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.message, COMPLEX);
                assert!(level > 3);
                create.clear();
                break;
            }
        }
        let read = vec![format!("SELECT a FROM cdf_output.v{}", level - 1); 20].join(" UNION ALL ");
        create = format!("CREATE VIEW cdf_output.v{level} AS {read}");
    }
    assert!(create.is_empty());
    // Each query has twice the type of the one before.
    let doubling: Vec<_> = (1..=12)
        .map(|level| format!("q{level} AS (SELECT q{0} AS x, q{0} AS y FROM q{0})", level - 1))
        .collect();
    let with = format!("WITH q0 AS (SELECT 1 AS x, 2 AS y), {}", doubling.join(", "));
    run(&warehouse, &format!("{with} SELECT 1 FROM q12")).unwrap();
    let wide = vec!["q12"; 500].join(", ");
    assert_eq!(
        refused(&warehouse, &format!("{with} SELECT [{wide}] FROM q12")),
        COMPLEX
    );
    let columns: Vec<_> = (0..10_001).map(|n| format!("1 AS c{n}")).collect();
    let message = refused(&warehouse, &format!("SELECT {}", columns.join(", ")));
    assert!(message.starts_with("Too many columns: 10001."), "{message}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_value_has_a_largest_size() {
    let warehouse = warehouse();
    let megabyte = "REPEAT('a', 1000000)";
    let ten = [megabyte; 10].join(" || ");
    let run = |sql: &str| run(&warehouse, sql);
    assert_eq!(
        run(&format!("SELECT LENGTH({ten})")).unwrap().rows[0][0],
        Value::Int(10_000_000)
    );
    let exceeded = |what: &str| format!("Output of {what} exceeds max allowed output size of 10MB");
    let eleven = [megabyte; 11].join(", ");
    let commas = "REPEAT(',', 1000000)";
    for (sql, message) in [
        (format!("SELECT {ten} || {megabyte}"), exceeded("CONCAT")),
        (format!("SELECT CONCAT({eleven})"), exceeded("CONCAT")),
        (
            format!("SELECT CAST({ten} AS BYTES) || CAST({ten} AS BYTES)"),
            exceeded("CONCAT"),
        ),
        (
            "SELECT REPEAT('a', 10000000)".into(),
            "Output of REPEAT exceeds max allowed output size of 1MB".into(),
        ),
        (
            format!("SELECT REPLACE({megabyte}, 'a', {megabyte})"),
            exceeded("REPLACE"),
        ),
        (
            format!("SELECT REGEXP_REPLACE({megabyte}, 'a', {megabyte})"),
            exceeded("REGEXP_REPLACE"),
        ),
        (
            format!("SELECT REGEXP_REPLACE({megabyte}, '(a)', r'\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1')"),
            exceeded("REGEXP_REPLACE"),
        ),
        (format!("SELECT SPLIT({ten}, '')"), exceeded("SPLIT")),
        (
            format!("SELECT REGEXP_EXTRACT_ALL({ten}, 'a')"),
            exceeded("REGEXP_EXTRACT_ALL"),
        ),
        (
            format!("SELECT ARRAY_TO_STRING(SPLIT({commas}), {megabyte})"),
            exceeded("ARRAY_TO_STRING"),
        ),
        (format!("SELECT [{eleven}]"), exceeded("ARRAY")),
        (
            format!("SELECT ARRAY(SELECT {ten} FROM UNNEST([1, 2]))"),
            exceeded("ARRAY"),
        ),
        (
            format!("SELECT STRING_AGG({megabyte}) FROM UNNEST(GENERATE_ARRAY(1, 1000))"),
            exceeded("STRING_AGG"),
        ),
        (
            format!("SELECT STRING_AGG('a', {megabyte}) FROM UNNEST(GENERATE_ARRAY(1, 1000))"),
            exceeded("STRING_AGG"),
        ),
        (
            format!("SELECT ARRAY_AGG({megabyte}) FROM UNNEST(GENERATE_ARRAY(1, 1000))"),
            exceeded("ARRAY_AGG"),
        ),
        (
            "SELECT ARRAY_CONCAT_AGG(GENERATE_ARRAY(1, 1000000)) FROM UNNEST(GENERATE_ARRAY(1, 1000))".into(),
            exceeded("ARRAY_CONCAT_AGG"),
        ),
        (
            "SELECT ARRAY_CONCAT(GENERATE_ARRAY(1, 1000000), GENERATE_ARRAY(1, 1000000))".into(),
            exceeded("CONCAT"),
        ),
        ("SELECT FORMAT('%2147483648d', 1)".into(), exceeded("FORMAT")),
        ("SELECT FORMAT('%-70000000s', 'a')".into(), exceeded("FORMAT")),
        ("SELECT FORMAT('%*d', 2147483648, 1)".into(), exceeded("FORMAT")),
        ("SELECT FORMAT('%.2147483648f', 1.5)".into(), exceeded("FORMAT")),
        (
            "SELECT FORMAT('%99999999999999999999999d', 1)".into(),
            "Invalid width or precision in FORMAT: 99999999999999999999999".into(),
        ),
        (format!("SELECT FORMAT('%s%s', {ten}, {ten})"), exceeded("FORMAT")),
        (
            format!("SELECT FORMAT('%T', REPLACE({ten}, 'a', '\\n'))"),
            exceeded("FORMAT"),
        ),
        (
            "SELECT FORMAT('%5000000d%5000000d%5000000d', 1, 2, 3)".into(),
            exceeded("FORMAT"),
        ),
        (format!("SELECT TO_HEX(CAST({ten} AS BYTES))"), exceeded("TO_HEX")),
        (
            format!("SELECT TO_BASE64(CAST({ten} AS BYTES))"),
            exceeded("TO_BASE64"),
        ),
        (
            format!("SELECT TO_JSON_STRING(REPLACE({ten}, 'a', '\"'))"),
            exceeded("TO_JSON_STRING"),
        ),
        (
            format!("SELECT TO_JSON(REPLACE({ten}, 'a', '\"'))"),
            exceeded("TO_JSON"),
        ),
        (
            format!(
                "SELECT TO_JSON_STRING(ARRAY(SELECT AS STRUCT x AS {} FROM UNNEST(GENERATE_ARRAY(1, 2000)) x))",
                "a".repeat(200_000)
            ),
            exceeded("TO_JSON_STRING"),
        ),
        (
            "SELECT TO_JSON(ARRAY(SELECT TIMESTAMP_MICROS(x) FROM UNNEST(GENERATE_ARRAY(1, 500000)) x))".into(),
            exceeded("TO_JSON"),
        ),
        (
            "SELECT PARSE_JSON('[' || REPEAT('{\"a\":0},', 100000) || '0]')".into(),
            "Resources exceeded during query execution: The JSON value could not be read in the allotted memory."
                .into(),
        ),
        (
            format!("SELECT FORMAT_DATE({megabyte}, DATE '2024-01-01')"),
            exceeded("FORMAT"),
        ),
        (
            "SELECT LPAD('a', 2000000)".into(),
            "Output of LPAD or RPAD exceeds max allowed output size of 1MB".into(),
        ),
        (
            "SELECT GENERATE_ARRAY(1, 2000000)".into(),
            "Cannot generate arrays with more than 1048575 elements.".into(),
        ),
    ] {
        let error = run(&sql).map(|outcome| outcome.rows.len()).unwrap_err();
        let shown = &sql[..sql.len().min(120)];
        assert_eq!(error.message, message, "{shown}");
    }
    let padded = run("SELECT FORMAT('%70000d', 1), FORMAT('%.70000f', 1.5), FORMAT('%*d', 5, 42)").unwrap();
    let lengths = padded.rows[0]
        .iter()
        .map(|value| cast::text(value).unwrap().len());
    assert_eq!(lengths.collect::<Vec<_>>(), [70_000, 70_002, 5]);
    // What is too large is not NULL.
    let error = run(&format!(
        "SELECT SAFE.CONCAT({ten}, (SELECT STRING_AGG({ten}) FROM UNNEST([1, 2])))"
    ));
    assert!(error.is_ok_and(|outcome| outcome.rows[0][0] == Value::Null));
}

#[test]
fn a_statement_has_a_memory() {
    let warehouse = warehouse();
    let megabyte = "REPEAT('a', 1000000)";
    let many = "UNNEST(GENERATE_ARRAY(1, 10000))";
    for sql in [
        format!("SELECT {megabyte} FROM {many}"),
        format!("SELECT x, {megabyte} AS y FROM {many} AS x ORDER BY y"),
        format!("SELECT DISTINCT x || {megabyte} FROM {many} AS x"),
        format!("SELECT COUNT(*) FROM {many} AS a, {many} AS b"),
        format!("SELECT a.x FROM (SELECT 1 AS x FROM {many}) a JOIN (SELECT 1 AS x FROM {many}) b ON a.x = b.x"),
        format!("SELECT x, ANY_VALUE({megabyte}) FROM {many} AS x GROUP BY x"),
        format!("SELECT {megabyte} || x FROM {many} AS x GROUP BY 1"),
        format!("SELECT MAX({megabyte}) OVER (PARTITION BY x) FROM {many} AS x"),
        format!("SELECT x, ROW_NUMBER() OVER (ORDER BY {megabyte}) FROM {many} AS x"),
        format!("SELECT SAFE.LENGTH(a.y) FROM (SELECT {megabyte} AS y FROM {many}) AS a"),
        format!("WITH RECURSIVE r AS (SELECT 1 AS n, {megabyte} AS s UNION ALL SELECT n + 1, s FROM r WHERE n < 400) SELECT COUNT(*) FROM r"),
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r, UNNEST([1, 2])) SELECT COUNT(*) FROM r".into(),
        format!("SELECT {megabyte} AS a FROM {many} UNION ALL SELECT 'b'"),
        format!("SELECT {megabyte} IN (SELECT {megabyte} FROM {many})"),
        format!("CREATE TABLE cdf_output.large AS SELECT {megabyte} AS a FROM {many}"),
        format!("INSERT INTO cdf_output.configuration (business_unit) SELECT {megabyte} FROM {many}"),
        format!("INSERT INTO cdf_output.configuration (business_unit) VALUES {}", vec![format!("({megabyte})"); 400].join(", ")),
        format!("MERGE cdf_output.configuration USING (SELECT {megabyte} AS s FROM {many}) ON FALSE WHEN NOT MATCHED THEN INSERT (business_unit) VALUES (s)"),
        format!("SELECT {}", (0..400).map(|n| format!("{megabyte} AS c{n}")).collect::<Vec<_>>().join(", ")),
        format!("SELECT STRUCT({})", vec![megabyte; 400].join(", ")),
    ] {
        assert_eq!(refused(&warehouse, &sql), MEMORY, "{}", &sql[..sql.len().min(120)]);
    }
    // What a statement held is free afterwards, and so is what a row needed.
    for sql in [
        format!("SELECT SUM(LENGTH({megabyte})) FROM UNNEST(GENERATE_ARRAY(1, 1000))"),
        format!("SELECT MAX({megabyte}) FROM UNNEST(GENERATE_ARRAY(1, 2000))"),
        format!("SELECT MAX_BY(x, {megabyte}) FROM UNNEST(GENERATE_ARRAY(1, 2000)) AS x"),
        format!("SELECT COUNT(DISTINCT x || {megabyte}) FROM UNNEST(GENERATE_ARRAY(1, 300)) AS x"),
    ] {
        assert_eq!(run(&warehouse, &sql).unwrap().rows.len(), 1, "{sql}");
    }
}
